package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"qixian/rules/calendar"
)

// field is one key of a rule with its value, as YAML has them: a string, an int, true, a mapping or a list.
type field struct {
	key   string
	value any
}

type (
	mapping []field
	list    []any
	text    string // what needs quotes in YAML
)

// add appends a field unless its value is the zero one, which YAML leaves out.
func (m *mapping) add(key string, value any, zero bool) {
	if !zero {
		*m = append(*m, field{key, value})
	}
}

// String returns the rule in one line, as an administrator would write it: {every: month, due: {day: 10}}. It is YAML
// that reads back as the same rule.
func (r Rule) String() string {
	var b strings.Builder
	writeFlow(&b, r.form())
	return b.String()
}

// MarshalJSON writes the rule as an administrator would write it, with the keys and values of the YAML.
func (r Rule) MarshalJSON() ([]byte, error) { return json.Marshal(r.form()) }

// Fingerprint returns ten hexadecimal digits that change when the rule changes or when other units are told.
func (r Rule) Fingerprint(lead, responsible []string) string {
	words := []string{r.ID, r.String(), strings.Join(lead, "\n"), strings.Join(responsible, "\n")}
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:5])
}

// form returns the rule's fields in the order of ruleKeys.
func (r Rule) form() mapping {
	var m mapping
	m.add("every", string(r.Every), r.Every == "")
	m.add("due", r.Due.form(), r.Due == PeriodDay{})
	m.add("at_least", r.AtLeast, r.AtLeast == 0)
	m.add("months", monthForm(r.Months), r.Months == nil)
	m.add("by", r.By.String(), r.By == MonthDay{})
	m.add("years", string(r.Years), r.Years == EveryYear)
	m.add("after", r.afterForm(), r.After == "")
	m.add("within", r.Within.String(), r.Within.IsZero())
	m.add("on_show", r.OnShow.String(), r.OnShow.IsZero())
	m.add("before", r.Before, r.Before == "")
	m.add("ahead", r.Ahead.String(), r.Ahead.IsZero())
	m.add("interval", r.Interval.String(), r.Interval.IsZero())
	m.add("since", r.Since.String(), r.Since.IsZero())
	m.add("later_of", r.formsOf(r.LaterOf), r.LaterOf == nil)
	m.add("earlier_of", r.formsOf(r.EarlierOf), r.EarlierOf == nil)
	if r.Cap != nil {
		m.add("cap", r.Cap.form(), false)
	}
	m.add("pause", pauseForm(r.Pause), r.Pause == nil)
	m.add("roll", string(r.Roll), r.Roll == calendar.Roll(""))
	m.add("stages", stageForm(r.Stages), r.Stages == nil)
	m.add("from", r.From.String(), r.From.IsZero())
	m.add("until", r.Until.String(), r.Until.IsZero())
	return m
}

// afterForm returns the trigger, or {done: NAME}: by its name alone where the rule is of the same obligation.
func (r Rule) afterForm() any {
	id, ok := strings.CutPrefix(r.After, DoneTrigger)
	if !ok {
		return r.After
	}
	if own, named := strings.CutSuffix(r.ID, "."+r.Name); named && r.Name != "" {
		id = strings.TrimPrefix(id, own+".")
	}
	return mapping{{"done", id}}
}

// formsOf returns members of r, which have no ID of their own.
func (r Rule) formsOf(members []Rule) list {
	forms := make(list, len(members))
	for i, m := range members {
		m.ID, m.Name = r.ID, r.Name
		forms[i] = m.form()
	}
	return forms
}

func (d PeriodDay) form() mapping {
	var m mapping
	m.add("following", true, !d.Following)
	m.add("month", d.Month, d.Month == 0)
	m.add("day", d.Day, d.Day == 0)
	m.add("workday", d.Workday, d.Workday == 0)
	if d.Weekday > 0 {
		m.add("weekday", weekdays[d.Weekday-1], false)
	}
	m.add("after_end", d.AfterEnd.String(), d.AfterEnd.IsZero())
	return m
}

func monthForm(months []int) list {
	numbers := make(list, len(months))
	for i, m := range months {
		numbers[i] = m
	}
	return numbers
}

func stageForm(stages []Stage) list {
	words := make(list, len(stages))
	for i, s := range stages {
		words[i] = s.String()
		if s == OnDue {
			words[i] = 0
		}
	}
	return words
}

// String returns the date as YAML has it: 07-31, or 2018-07-31.
func (d MonthDay) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", d.Month, d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// writeFlow writes a value in YAML's flow style. Of a rule's values only a text needs quotes: the others are kebab-case
// words, spans and dates.
func writeFlow(b *strings.Builder, value any) {
	switch v := value.(type) {
	case mapping:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(f.key + ": ")
			writeFlow(b, f.value)
		}
		b.WriteByte('}')
	case list:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writeFlow(b, item)
		}
		b.WriteByte(']')
	case text:
		quoted, _ := json.Marshal(string(v)) // a string always marshals, and JSON's are YAML's too
		b.Write(quoted)
	default:
		fmt.Fprint(b, v)
	}
}

// MarshalJSON writes the fields as an object, in their order.
func (m mapping) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", f.key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
