package compose_test

import (
	"fmt"
	"html"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/wording"
)

// soil puts s into every string that v holds, by whatever field.
func soil(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + s)
	case reflect.Slice:
		for i := range v.Len() {
			soil(v.Index(i), s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			soil(v.Elem(), s)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, f := range v.Fields() {
			soil(f, s)
		}
	}
}

// TestInjection puts what would break a header, a line or a tag into every field of every letter.
func TestInjection(t *testing.T) {
	c := newComposer(t)
	const nasty = "\r\nBcc: x@example.invalid\u2028\x00\x1b[31m\u202e\xff\"'><script>alert(1)</script><!--{{.Key}}𠮷😀"
	for name, l := range letters() {
		t.Run(name, func(t *testing.T) {
			kind := l.Kind
			soil(reflect.ValueOf(&l).Elem(), "x")
			l.Kind = kind
			plain := mail(t, c, l)
			soil(reflect.ValueOf(&l).Elem(), nasty)
			l.Kind = kind
			m := mail(t, c, l)
			checkMail(t, m)
			if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "{{.Key}}") {
				t.Errorf("HTML runs what a field holds:\n%s", m.HTML)
			}
			if got, want := strings.Count(m.Text, "\n"), strings.Count(plain.Text, "\n"); got != want {
				t.Errorf("text has %d lines, without the injection %d", got, want)
			}
		})
	}
}

// checkMail holds what is true of every mail.
func checkMail(t testing.TB, m compose.Mail) {
	t.Helper()
	if n := utf8.RuneCountInString(m.Subject); n == 0 || n > 60 {
		t.Errorf("subject has %d characters: %s", n, m.Subject)
	}
	if !strings.HasPrefix(m.Subject, "【") {
		t.Errorf("subject has no tag: %s", m.Subject)
	}
	for part, s := range map[string]string{"subject": m.Subject, "text": m.Text, "HTML": m.HTML} {
		if !utf8.ValidString(s) {
			t.Errorf("%s is no UTF-8", part)
		}
		for _, r := range s {
			if unicode.IsControl(r) && (r != '\n' || part == "subject") || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%s holds %U", part, r)
			}
		}
	}
	checkBalance(t, m.HTML)
}

var (
	comment = regexp.MustCompile(`<!--.*?-->`)
	tag     = regexp.MustCompile(`<(/?)([a-zA-Z]+)((?:[^<>"]|"[^"]*")*)>`)
	void    = []string{"meta", "br"}
)

// checkBalance holds that every tag is closed, in order, and that no stray < is left over.
func checkBalance(t testing.TB, doc string) {
	t.Helper()
	doc = comment.ReplaceAllString(strings.TrimPrefix(doc, "<!DOCTYPE html>"), "")
	var open []string
	for _, m := range tag.FindAllStringSubmatch(doc, -1) {
		switch name := strings.ToLower(m[2]); {
		case slices.Contains(void, name):
		case m[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("</%s> closes none of %v", name, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Fatalf("left open: %v", open)
	}
	if rest := tag.ReplaceAllString(doc, ""); strings.ContainsAny(rest, "<>") {
		t.Fatalf("stray < or > in %q", rest)
	}
}

// words returns what a reader of the HTML part sees, without white space.
func words(doc string) string {
	_, doc, _ = strings.Cut(doc, "<body")
	return squeeze(html.UnescapeString(tag.ReplaceAllString(comment.ReplaceAllString("<body"+doc, ""), "")))
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// TestPartsAgree holds that both parts know every fact of every letter.
func TestPartsAgree(t *testing.T) {
	c := newComposer(t)
	for name, l := range letters() {
		t.Run(name, func(t *testing.T) {
			m := mail(t, c, l)
			checkMail(t, m)
			text, page := squeeze(m.Text), words(m.HTML)
			for _, fact := range factsOf(l) {
				if fact = strings.TrimSuffix(squeeze(fact), "。"); !strings.Contains(text, fact) {
					t.Errorf("text lacks %q", fact)
				}
				if !strings.Contains(page, fact) {
					t.Errorf("HTML lacks %q", fact)
				}
			}
		})
	}
}

func factsOf(l compose.Letter) []string {
	facts := append([]string{l.Unit, l.Office}, l.Notes...)
	for _, it := range l.Items {
		if slices.Contains(it.Responsible, l.Unit) && l.Kind != notify.Correction { // who takes part needs a line
			facts = append(facts, it.Title, it.Due.Format("1月2日"), it.Lead[0], wording.Row(it.Row))
			continue
		}
		facts = append(facts, it.Title, it.Due.Format("1月2日"), it.For)
		if l.Kind != notify.Overview {
			facts = append(facts, it.Key)
			facts = append(
				facts,
				it.Due.Format("2006年1月2日"),
				it.Clause,
				it.Why,
				it.Basis,
				it.Assumed,
				it.Provisional,
				it.Lead[0],
				wording.Row(it.Row),
			)
		}
		if it.Moved != nil {
			facts = append(facts, it.Moved.From.Format("2006年1月2日"), it.Moved.Why)
		}
		if it.Event != nil {
			facts = append(facts, it.Event.Ref, it.Event.Title, it.Event.Trigger)
		}
	}
	for _, u := range l.Unreached {
		facts = append(facts, u.Unit, u.Why)
	}
	for _, p := range l.Problems {
		facts = append(facts, p.Where, p.Text)
	}
	if o := l.Overview; o != nil {
		facts = append(append(facts, o.Table, o.Delivery), o.NoAddress...)
		for _, a := range o.Assumed {
			facts = append(facts, a.Figure)
		}
		for _, c := range o.Changes {
			facts = append(append(facts, c.Of...), c.Units...)
		}
		for _, n := range o.Loaded {
			facts = append(facts, n.Name, fmt.Sprint(n.N))
		}
		facts = append(facts, o.File)
	}
	return facts
}

func TestManyItems(t *testing.T) {
	c := newComposer(t)
	items := many(200)
	for i := range items {
		items[i].Lead = []string{"县环保局"}
	}
	m := mail(t, c, letter(notify.Digest, "县环保局", items...))
	checkMail(t, m)
	for i := range 200 {
		key := fmt.Sprintf("sample-%03d@2018-09", i)
		if strings.Count(m.Text, key) != 1 || strings.Count(m.HTML, key) != 1 {
			t.Errorf("%s is not in each part once", key)
		}
	}
}

// TestLongNames holds that nothing is cut but the subject.
func TestLongNames(t *testing.T) {
	it := airQuality()
	it.Title = strings.Repeat("长𠮷", 300)
	it.Lead = []string{strings.Repeat("局", 500)}
	m := mail(t, newComposer(t), letter(notify.Digest, "县环保局", it))
	checkMail(t, m)
	if !strings.Contains(m.Text, it.Title) || !strings.Contains(m.HTML, it.Title) {
		t.Error("the title is cut in the body")
	}
	if !strings.HasSuffix(m.Subject, "… 9月30日到期（还有5个工作日）") {
		t.Errorf("the subject does not keep its end: %s", m.Subject)
	}
}

func TestNothingToSay(t *testing.T) {
	unmoved := letter(notify.Correction, "县环保局", airQuality())
	for name, l := range map[string]compose.Letter{
		"digest": letter(notify.Digest, "县环保局"), "immediate": letter(notify.Immediate, "县环保局"),
		"correction": letter(notify.Correction, "县环保局"), "fallback": letter(notify.Fallback, office),
		"overview": letter(notify.Overview, office), "trouble": letter(notify.Trouble, office),
		"request": letter(notify.Request, office, airQuality()), "answer": letter(notify.Answer, office),
		"unknown kind": letter("gossip", office), "correction without an old date": unmoved,
	} {
		if m, err := newComposer(t).Compose(l); err == nil {
			t.Errorf("%s: composed %q, want an error", name, m.Subject)
		}
	}
}

// TestPure holds that a letter is left as it was and says the same every time, whatever the order of its items.
func TestPure(t *testing.T) {
	c := newComposer(t)
	l := letters()["digest-office"]
	first := mail(t, c, l)
	slices.Reverse(l.Items[1:15])
	for _, it := range l.Items[1:15] {
		if !it.Copy || len(it.Responsible) != 1 {
			t.Fatalf("the letter's own item was changed: %v", it.Responsible)
		}
	}
	if again := mail(t, c, letters()["digest-office"]); !cmp.Equal(again, first) {
		t.Error("the same letter reads otherwise the second time")
	}
	mixed := letters()["digest-mixed"]
	want := mail(t, c, mixed)
	slices.Reverse(mixed.Items)
	if got := mail(t, c, mixed); !cmp.Equal(got, want) {
		t.Error("the order of the items shows in the mail")
	}
}

func FuzzCompose(f *testing.F) {
	c := newComposer(f)
	f.Add("环境空气质量状况", "air-quality@2018-09", "2018年9月", "<b>", -3, int64(1537837200000), uint8(0))
	f.Add("x\r\nBcc: y", "", "2018-Q9", "\xff\u202e", 5, int64(-1), uint8(0xff))
	f.Fuzz(func(t *testing.T, title, key, period, word string, left int, due int64, flags uint8) {
		it := compose.Item{
			Key:       key,
			Title:     title,
			Period:    period,
			Clause:    word,
			Why:       word,
			Left:      left,
			Due:       time.UnixMilli(due),
			Stage:     word,
			ByHour:    flags&1 != 0,
			OnShow:    flags&2 != 0,
			PerUnit:   flags&4 != 0,
			Copy:      flags&8 != 0,
			Lead:      []string{word},
			ActionURL: word,
		}
		if flags&16 != 0 {
			it.For = word
		}
		if flags&32 != 0 {
			it.Moved = &compose.Move{From: time.UnixMilli(due / 2), Why: word}
		}
		for _, kind := range []notify.Kind{notify.Digest, notify.Immediate, notify.Correction, notify.Fallback} {
			if kind == notify.Correction && it.Moved == nil {
				continue
			}
			checkMail(t, mail(t, c, letter(kind, word, it)))
		}
	})
}
