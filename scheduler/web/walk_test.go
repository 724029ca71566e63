package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/report"
	"qixian/seeds"
)

// ownDuties are the duties of the table that the unit does whose event it is, though the office leads, or the service
// centre: who drafts interprets, who publishes reviews, who receives an application replies.
var ownDuties = []string{
	"decision-draft",
	"decision-feedback",
	"meeting-openness-opinion",
	"video-conference-broadcast",
	"video-conference-published",
	"meeting-decisions",
	"interpretation-plan",
	"policy-interpretation",
	"public-opinion-response",
	"catalogue-update",
	"document-openness-attribute",
	"draft-openness-attribute",
	"issued-document-attribute",
	"secrecy-review",
	"privacy-protection",
	"disclosure-request-reply",
	"policy-publication",
	"hotline-case",
	"online-message-reply",
	"service-info-rectification",
}

// tablePlan is the shipped catalogue and calendar, with mails that may be replied to.
func tablePlan(t *testing.T) *scheduler.Plan {
	t.Helper()
	c, err := rules.Load(rules.Layer{Name: "seeds", FS: seeds.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t)
	if p.Composer, err = compose.New(compose.Options{Replies: true}); err != nil {
		t.Fatal(err)
	}
	p.Catalogue, p.Fingerprint = c, "table"
	p.Planner = rules.NewPlanner(c, p.Calendar, rules.Options{TableYears: []int{2018}})
	return p
}

// TestOwnDuties walks each of these duties, by each of its rules: an event is recorded at a bureau; the bureau's mail
// asks it, as the one who closes it, for what its act asks; it closes the duty by reply, by the link of its mail and as
// the command does; and the month's report counts that for the bureau.
func TestOwnDuties(t *testing.T) {
	table := tablePlan(t)
	for _, id := range ownDuties {
		ob, ok := table.Catalogue.Obligation(id)
		if !ok {
			t.Errorf("the catalogue has no %s", id)
			continue
		}
		for i := range ob.Rules {
			rule := &ob.Rules[i]
			if !rule.From.IsZero() { // by a law that came later
				continue
			}
			t.Run(rule.ID, func(t *testing.T) {
				t.Parallel()
				w := newWalk(t, tablePlan(t), ob, rule)
				for _, way := range []func(*walker, string){(*walker).reply, (*walker).page, (*walker).command} {
					w.close(way)
				}
				w.report()
			})
		}
	}
}

// walker is a house in which one rule is walked.
type walker struct {
	*house

	t    *testing.T
	ob   *rules.Obligation
	keys []string  // of its deadlines, which three events have opened
	due  time.Time // of them all
}

func newWalk(t *testing.T, p *scheduler.Plan, ob *rules.Obligation, rule *rules.Rule) *walker {
	t.Helper()
	w := &walker{house: newHouse(t), t: t, ob: ob}
	w.set("2018-09-25 10:00")
	w.sched.Swap(p)
	w.pass()
	w.set("2018-09-26 08:59")
	trigger, at := rule.After, w.clock().Add(-9*time.Minute)
	if rule.Before != "" {
		trigger, at = rule.Before, w.clock().AddDate(0, 0, 60)
	}
	for _, ref := range []string{"甲", "乙", "丙"} {
		rec, err := w.sched.AddEvents(
			t.Context(),
			w.clock(),
			"clerk",
			[]rules.Event{{Trigger: trigger, At: at, Unit: unit, Ref: ref}},
		)
		if err != nil {
			t.Fatal(err)
		}
		for _, dl := range rec[0].Deadlines {
			if dl.Rule == rule.ID {
				w.keys, w.due = append(w.keys, dl.Key), dl.DueDate().At(0)
			}
		}
	}
	if len(w.keys) != 3 {
		t.Fatalf("three events have opened %v", w.keys)
	}
	w.pass()
	w.set("2018-09-26 09:00")
	w.pass()
	w.send("2018-09-26 09:01")
	return w
}

// letter is the mail by which a unit was told of a deadline.
func (w *walker) letter(to, key string) (scheduler.Letter, bool) {
	i := slices.IndexFunc(w.letters, func(l scheduler.Letter) bool {
		about := func(it scheduler.LetterItem) bool { return it.Key == key }
		return l.Unit == to && l.Kind != notify.Request && slices.ContainsFunc(l.Items, about)
	})
	if i < 0 {
		return scheduler.Letter{}, false
	}
	return w.letters[i], true
}

// close walks the next of the deadlines, which is closed in one way.
func (w *walker) close(way func(*walker, string)) {
	w.t.Helper()
	key := w.keys[0]
	w.keys = append(w.keys[1:], key)
	l, ok := w.letter(unit, key)
	if !ok {
		w.t.Fatalf("the bureau was not told of %s", key)
	}
	w.asks(l.Message.Text, key)
	for _, lead := range w.ob.Lead {
		if l, told := w.letter(lead, key); told {
			w.t.Errorf("%s, which leads and does not answer, was told of it:\n%s", lead, l.Message.Text)
		}
	}
	way(w, key)
	ds, err := w.store.Find(w.t.Context(), key, "")
	if err != nil || len(ds) != 1 || ds[0].State != scheduler.Done || ds[0].Late {
		w.t.Fatalf("it is not closed in time: %+v, %v", ds, err)
	}
	said := w.completions(key)
	if len(said) != 1 || said[0].Unit != unit || (said[0].URL != "") != (w.ob.Act == rules.Publish) {
		w.t.Errorf("on record is %+v", said)
	}
}

// asks holds how the mail puts it to the bureau.
func (w *walker) asks(text, key string) {
	w.t.Helper()
	item := ""
	for part := range strings.SplitSeq(text, "\n\n") {
		if strings.Contains(part, key) {
			item = part
		}
	}
	ask := map[rules.Act]string{rules.Publish: "公开网址", rules.Handle: "办理情况", rules.Prepare: "完成情况"}
	for act, words := range ask {
		if _, how, _ := strings.Cut(item, "办结方式："); strings.Contains(how, words) != (act == w.ob.Act) {
			w.t.Errorf("%s is asked for as if by %s:\n%s", key, words, item)
		}
	}
	for _, want := range []string{"〔本单位：办结〕", "办结单位：" + unit + "（本单位）", "牵头单位：" + w.ob.Lead[0]} {
		if !strings.Contains(item, want) {
			w.t.Errorf("want %s in\n%s", want, item)
		}
	}
	if strings.Contains(item, "配合") {
		w.t.Errorf("the bureau is asked to assist:\n%s", item)
	}
}

// said is what the bureau reports, by the act: a link, or words.
func (w *walker) said(key string) (link, note string) {
	switch w.ob.Act {
	case rules.Publish:
		return "https://www.example.invalid/" + url.PathEscape(key), ""
	case rules.Handle:
		return "", "办理情况：已依法答复申请人"
	default:
		return "", "已完成审查并建立审查记录"
	}
}

func (w *walker) reply(key string) {
	w.t.Helper()
	l, _ := w.letter(unit, key)
	link, note := w.said(key)
	err := w.sched.Replied(w.t.Context(), w.clock(), scheduler.Reply{
		From:      l.Message.To,
		Codes:     []string{w.ids.ReplyCode(l.Message.MessageID)},
		InReplyTo: l.Message.MessageID,
		MessageID: "reply@mail.example.invalid",
		Subject:   "回复：" + l.Subject,
		Text:      "办结 " + key + " " + link + note,
		At:        w.clock(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *walker) page(key string) {
	w.t.Helper()
	l, _ := w.letter(unit, key)
	item := w.linkIn(l.Message.Text, "i", key)
	w.get(item).wants(w.t, http.StatusOK, "登记办结", "<dt>办结单位</dt><dd>"+unit+"</dd>")
	link, note := w.said(key)
	w.ask(http.MethodPost, item+"/done", url.Values{"url": {link}, "note": {note}}).wants(w.t, http.StatusSeeOther)
}

// command is what qixian done KEY --unit does.
func (w *walker) command(key string) {
	w.t.Helper()
	link, note := w.said(key)
	if lead := w.ob.Lead[0]; lead != unit {
		if _, err := w.sched.Complete(w.t.Context(), w.clock(), "clerk", key, lead, link, note); err == nil {
			w.t.Fatalf("%s closes what is the bureau's", lead)
		}
	}
	if _, err := w.sched.Complete(w.t.Context(), w.clock(), "clerk", key, unit, link, note); err != nil {
		w.t.Fatal(err)
	}
}

// report holds whom the month's report counts the three for.
func (w *walker) report() {
	w.t.Helper()
	due := calendar.DateOf(w.due)
	b, err := w.sched.Brief(
		w.t.Context(),
		w.due.AddDate(0, 1, 7),
		scheduler.Span{Year: due.Year(), Month: due.Month()},
		false,
	)
	if err != nil {
		w.t.Fatal(err)
	}
	b.Accounts = slices.DeleteFunc(
		b.Accounts,
		func(a scheduler.Account) bool { return !slices.Contains(w.keys, a.Key) },
	)
	for _, u := range report.New(b).Units {
		if want := map[string]int{unit: 3}[u.Name]; u.Due != want || u.OnTime != want {
			w.t.Errorf("of %s the report counts %d, %d in time, want %d", u.Name, u.Due, u.OnTime, want)
		}
	}
}
