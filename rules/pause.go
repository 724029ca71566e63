package rules

import (
	"fmt"
	"strings"

	"qixian/rules/document"
)

// Pause (暂停计时) is a pair of triggers, of which the first stops a rule's clock and the other lets it run again.
type Pause struct {
	Stop string
	// exactly one of them: the time goes on where it stood, or it begins anew
	Continue, Restart string
	Within            Span   // how long after its start the clock can be stopped, later it runs on; zero: until due
	Article           string // what says so, zh-CN
	Remind            Span   // how long after the stop the units that answer are reminded, once; zero: not
	Then              string // what they are to do then, zh-CN, one clause
}

// end returns the trigger that ends the pause.
func (s Pause) end() string { return s.Continue + s.Restart }

var pauseKeys = []string{"stop", "continue", "restart", "within", "article", "remind", "then"}

func (l *loader) readPauses(d *draft, n document.Node, path string) []Pause {
	items := n.Items()
	l.bound(n, "pauses in one rule", len(items), maxOf)
	if l.enough() {
		return nil
	}
	if n.IsSequence() && len(items) == 0 {
		n.Problem("pause is empty; name the events that stop the clock, or leave it out")
	}
	pauses := make([]Pause, len(items))
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.places.set(at, item.Position())
		fields := item.Fields(pauseKeys...)
		for _, key := range pauseKeys {
			v, ok := fields[key]
			if !ok {
				continue
			}
			d.places.set(at+"."+key, v.Position())
			switch s := &pauses[i]; key {
			case "stop":
				s.Stop = v.Line()
			case "continue":
				s.Continue = v.Line()
			case "restart":
				s.Restart = v.Line()
			case "within":
				s.Within = readSpan(v)
			case "article":
				s.Article = v.Line()
			case "remind":
				s.Remind = readSpan(v)
			case "then":
				s.Then = strings.TrimRight(v.Line(), "。")
			}
		}
	}
	return pauses
}

// pauses checks that each pause begins and ends with an event of its own.
func (k *checker) pauses(d *draft, r *Rule, path string) {
	if r.Pause == nil {
		return
	}
	if clock := r.Within.Clock; !r.Within.IsZero() && clock != WorkingDays && clock != CalendarDays {
		k.report(
			d.places,
			path+".pause",
			"pause needs within in working days (20wd) or days (30d); %s has no days to leave out",
			r.Within,
		)
	}
	used := map[string]bool{r.After: true}
	for i, s := range r.Pause {
		at := fmt.Sprintf("%s.pause[%d]", path, i)
		for _, key := range []string{"stop", "article"} {
			if !has(d, at, key) {
				k.report(d.places, at, "the pause has no %s; want {stop: TRIGGER, continue: TRIGGER, article: …}", key)
			}
		}
		switch {
		case s.Continue == "" && s.Restart == "":
			k.report(
				d.places,
				at,
				"the pause never ends; name under continue, or under restart where the time begins anew, the event that ends it",
			)
		case s.Continue != "" && s.Restart != "":
			k.report(d.places, at+".restart", "continue and restart are two ends of one pause; keep one")
		}
		for _, key := range []string{"within", "remind"} {
			if span := map[string]Span{"within": s.Within, "remind": s.Remind}[key]; span.Clock == Hours {
				k.report(
					d.places,
					at+"."+key,
					"%s counts hours, but a clock is stopped on a day; write working days (7wd) or days (5d)",
					span,
				)
			}
		}
		if s.Remind.IsZero() != (s.Then == "") {
			k.report(d.places, at, "remind says when, and then what is to be done; give both, or neither")
		}
		for _, key := range []string{"stop", "continue", "restart"} {
			name := map[string]string{"stop": s.Stop, "continue": s.Continue, "restart": s.Restart}[key]
			k.trigger(d, name, at+"."+key)
			if name != "" && used[name] {
				k.report(
					d.places,
					at+"."+key,
					"trigger %s stands twice in this rule; each of its events needs one meaning",
					name,
				)
			}
			used[name] = true
		}
	}
}

func pauseForm(pauses []Pause) list {
	forms := make(list, len(pauses))
	for i, s := range pauses {
		var m mapping
		m.add("stop", s.Stop, s.Stop == "")
		m.add("continue", s.Continue, s.Continue == "")
		m.add("restart", s.Restart, s.Restart == "")
		m.add("within", s.Within.String(), s.Within.IsZero())
		m.add("article", text(s.Article), s.Article == "")
		m.add("remind", s.Remind.String(), s.Remind.IsZero())
		m.add("then", text(s.Then), s.Then == "")
		forms[i] = m
	}
	return forms
}
