package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
)

// belatedAfter is how late a notice is before its letter says so: less is a restart, not a stop.
const belatedAfter = 24 * time.Hour

// items words a reminder for a letter of the given kind: one item, or, in what the office has in copy, one for each
// unit that is late.
func (d *desk) items(r Ripe, kind notify.Kind, now time.Time) []compose.Item {
	it := d.item(r.Deadline, now)
	it.Stage = stageWord(r.Reminder.Stage)
	_, late := lateness(r.Reminder.Stage)
	it.Overtaken = r.Deadline.RecordedLate() && r.Deadline.ByHour() && !late
	if d.belated(r, now) {
		it.Belated = r.Reminder.At
	}
	if c, from, ok := movedFrom(r.Reminder.Stage); ok {
		it.Moved = &compose.Move{
			From:      from,
			Why:       causeText[c],
			Extended:  c == byExtension,
			Withdrawn: c == byWithdrawal,
		}
		switch c {
		case byExtension:
			e := d.granted[r.Deadline.ID]
			it.Moved.Why, it.Moved.Extended = cmp.Or(e.Reason, d.o.Office+"已同意延期"), !e.Correction
		case byEvent, byWithdrawal:
			it.Moved.Why = cmp.Or(d.reasons[r.Deadline.Event], causeText[c])
		case byResumption:
			it.Moved.Why = cmp.Or(d.explain(r.Deadline).resumed, it.Moved.Why)
			if e, ok := d.granted[r.Deadline.ID]; ok && r.Deadline.ExtendedTo.After(e.To) &&
				!calendar.DateOf(from).After(e.From) {
				it.Moved.Why = fmt.Sprintf(
					"延期%d天：%s；另%d天：%s",
					e.To.Sub(e.From), e.Reason, r.Deadline.ExtendedTo.Sub(e.To), it.Moved.Why,
				)
			}
		case byNotice:
			if n, ok := d.newNotice(r.Deadline, calendar.DateOf(from), r.Reminder.At); ok {
				it.Moved.Why = n.Chinese() + "载入后重新推算"
			}
		}
	}
	if it.Stage == waitStage && r.Deadline.Paused() {
		it.Then = d.explain(r.Deadline).then
	}
	if it.Stage == doneStage {
		it.Closed, it.Late = r.Deadline.ClosedAt, r.Deadline.Late
	}
	switch {
	case kind == notify.Correction && !slices.Contains(r.Deadline.Told(), r.Reminder.Unit): // a unit extended it itself
		return copies(it, r.Deadline)
	case kind == notify.Fallback:
		it.For = r.Reminder.Unit
	case kind == notify.Digest && isCopy(r):
		return copies(it, r.Deadline)
	}
	return []compose.Item{it}
}

var causeText = map[cause]string{
	byNotice:   "国务院办公厅节假日安排通知载入后重新推算",
	byCounting: "本系统推算到期日的办法已更正，按更正后的办法重新推算",
	byRule:     "本事项的期限规则或适用范围已调整",
	byEvent:    "起算事由的时间已更正",

	byPause:      "办理时限暂停计算",
	byResumption: "恢复计时，暂停的天数不计入办理时限",
}

// belated reports whether a reminder that was tracked in time goes out a day or more later than it could have.
func (d *desk) belated(r Ripe, now time.Time) bool {
	at := r.Reminder.At
	if at.IsZero() || r.Deadline.OpenedAt.After(at) {
		return false
	}
	if day := calendar.DateOf(
		at,
	); !r.Reminder.Immediate &&
		(!d.Calendar.IsWorkday(day) || !at.Before(day.At(d.o.WorkTo))) {
		// a correction is found at any hour, and goes out when people work
		at = d.Calendar.OnOrAfter(day.AddDays(1)).At(d.o.DigestAt)
	}
	return now.Sub(at) >= belatedAfter
}

// copies makes the copies of a late item, for the office and for lead units that do not answer: one for each unit that
// answers for it. An item that nobody answers for, such as that of a group without members, is the office's own.
func copies(it compose.Item, dl Deadline) []compose.Item {
	if len(dl.Answering) == 0 {
		return []compose.Item{it}
	}
	var all []compose.Item
	for _, u := range dl.Answering {
		it.Copy, it.For = true, u
		all = append(all, it)
	}
	return all
}

// item words a deadline.
func (d *desk) item(dl Deadline, now time.Time) compose.Item {
	it := d.named(dl, now)
	why := d.explain(dl)
	it.Extend = d.extendable(dl)
	if it.Paused != "" {
		it.Paused = cmp.Or(why.paused, it.Paused)
	}
	it.Why = why.short
	if !why.due.IsZero() && why.due != dl.Due.Date && !dl.ByHour() && dl.ExtendedTo.IsZero() {
		it.Why += "；重新推算时已来不及，以" + dl.Due.Chinese() + "为准"
	}
	if dl.ExtendedTo.IsZero() {
		it.Provisional = why.provisional
	}
	return it
}

// named words a deadline, all but why it is due then, which takes its time.
func (d *desk) named(dl Deadline, now time.Time) compose.Item {
	it := compose.Item{
		Key:         dl.Key,
		Number:      dl.Number,
		Title:       dl.Title,
		Row:         dl.Row,
		Period:      d.periodName(dl),
		Due:         dl.dueTime(),
		ByHour:      dl.ByHour(),
		Left:        d.Planner.WorkdaysLeft(calendar.DateOf(now), dl.due()),
		OnShow:      d.onShow(dl),
		Lead:        dl.Lead,
		Responsible: dl.Responsible,
		Answering:   dl.Answering,
		PerUnit:     dl.Unit != "",
		Needed:      dl.Needed,
		Completions: dl.Completions,
	}
	if ob, ok := d.Catalogue.Obligation(dl.Obligation); ok {
		texts := ob.Texts
		if r, ok := d.rule(dl); ok {
			texts = ob.TextsOf(&r)
		}
		it.Title, it.Clause, it.Basis = texts.Title, texts.Clause, texts.Basis
		it.Assumed, it.Note = texts.Assumed, texts.Note
		it.Act, it.NothingNew = compose.Act(ob.Act), ob.NothingNew
		it.Addition = ob.Addition
		for _, part := range ob.Parts {
			it.Also = append(it.Also, compose.Clause{Row: part.Row, Text: part.Clause})
		}
		it.PerUnit = ob.Per == rules.PerUnit
	}
	if e, ok := d.events[dl.Event]; ok && dl.Event != "" {
		it.Event = &compose.Event{Trigger: d.triggerTitle(dl, e), Ref: e.Ref, Title: e.Title, At: e.At}
		if isDone(e.Trigger) { // its ref is the key of what was done, which tells a clerk nothing
			it.Event.Ref = ""
		}
	}
	it.Extended = !dl.ExtendedTo.IsZero()
	if dl.Paused() && dl.State == Open {
		it.Paused = fmt.Sprintf("自%s起", dl.PausedSince.Chinese())
	}
	return it
}

// periodName is a deadline's period in words, with whose data is due; empty for an event's.
func (d *desk) periodName(dl Deadline) string {
	return d.Catalogue.PeriodChinese(dl.Obligation, dl.Rule, dl.Period)
}

// triggerTitle returns what has happened, as those whom dl concerns are told.
func (d *desk) triggerTitle(dl Deadline, e rules.Event) string {
	if isDone(e.Trigger) {
		return "上一环节办结"
	}
	r, _ := d.rule(dl)
	return d.Catalogue.Occasion(e, r)
}

// explained is what letters say of how a due date was come by.
type explained struct {
	short, provisional string
	paused, resumed    string
	then               string        // what is to be done of a clock that has stood for long
	due                calendar.Date // as its rule has it
}

// explain returns why dl is due when it is, once for each key.
func (d *desk) explain(dl Deadline) explained {
	if why, ok := d.why[dl.Key]; ok {
		return why
	}
	var why explained
	if o, err := d.find(dl); err == nil { // a deadline whose rule is gone is about to be withdrawn: it needs no reason
		x := d.Planner.Explain(o)
		why = explained{
			short: x.Short, provisional: x.Provisional, paused: x.Paused, resumed: x.Resumed, due: o.Due.Date,
		}
		if o.Stands != nil {
			why.then = o.Stands.Pause.Then
		}
	}
	d.why[dl.Key] = why
	return why
}
