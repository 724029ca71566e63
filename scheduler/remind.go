package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
)

// atWork reports whether mail other than an hour rule's may go out: within the working hours of a working day.
func (d *desk) atWork(now time.Time) bool {
	day := calendar.DateOf(now)
	return d.Calendar.IsWorkday(day) && !now.Before(day.At(d.o.WorkFrom)) && now.Before(day.At(d.o.WorkTo))
}

// breakIn promises hour rules' reminders, at any hour, and closes the times on show that are over.
func (p *pass) breakIn(ctx context.Context) error {
	return decide(func() error { return p.promiseHourly(ctx) })
}

func (p *pass) promiseHourly(ctx context.Context) error {
	var over []Deadline
	err := p.ripe(ctx, p.now, true, func(ripe []Ripe) []draft {
		ripe = slices.DeleteFunc(ripe, func(r Ripe) bool {
			if r.Reminder.Stage == closingStage {
				over = append(over, r.Deadline)
			}
			return r.Reminder.Stage == closingStage
		})
		return p.hourly(ripe, p.now)
	})
	if err != nil {
		err = fmt.Errorf("remind of hour rules: %w", err)
	}
	return errors.Join(err, p.closeShown(ctx, over))
}

// ripe promises what write makes of the reminders that are ripe, of some units at a time and last of those whose mail
// goes to the office together. A letter that fails holds up no other.
func (p *pass) ripe(ctx context.Context, now time.Time, immediate bool, write func([]Ripe) []draft) error {
	var stranded []Ripe
	var failed []error
	loaded := false
	load := func() (err error) {
		if !loaded {
			err = p.s.loadEvents(ctx, p.desk)
		}
		loaded = err == nil
		return err
	}
	err := p.store.Ripe(ctx, now, immediate, func(ripe []Ripe) error {
		if err := load(); err != nil {
			return err
		}
		if err := p.loadExtensions(ctx, ripe); err != nil {
			return err
		}
		var reachable []Ripe
		for _, r := range ripe {
			if p.reachable(r.Reminder.Unit) {
				reachable = append(reachable, r)
			} else {
				stranded = append(stranded, r)
			}
		}
		failed = append(failed, p.promise(ctx, write(reachable)))
		return ctx.Err()
	})
	if err == nil && len(stranded) > 0 {
		err = p.promise(ctx, write(stranded))
	}
	return errors.Join(append(failed, err)...)
}

// loadExtensions fetches why those deadlines were extended whose reminders tell of that, or of more than that.
func (p *pass) loadExtensions(ctx context.Context, ripe []Ripe) error {
	for _, r := range ripe {
		if c, _, ok := movedFrom(r.Reminder.Stage); !ok || c != byExtension && c != byResumption {
			continue
		}
		said, err := p.store.History(ctx, r.Deadline.ID)
		if err != nil {
			return fmt.Errorf("find why %s was extended: %w", r.Deadline.Key, err)
		}
		if n := len(said.Extensions); n > 0 {
			p.granted[r.Deadline.ID] = said.Extensions[n-1]
		}
	}
	return nil
}

// closeShown closes times on show, and opens what follows them, in one transaction: all of them, or none if somebody
// else has closed one.
func (p *pass) closeShown(ctx context.Context, ds []Deadline) error {
	if len(ds) == 0 {
		return nil
	}
	var c Closing
	for _, dl := range ds {
		if err := p.close(&c, dl, Completion{At: p.now, By: self, Unit: dl.Unit, Note: "公示期满"}); err != nil {
			return err
		}
	}
	if err := p.store.Complete(ctx, c); err != nil {
		return fmt.Errorf("close times on show: %w", err)
	}
	p.report.Closed += len(ds)
	return nil
}

// morning promises the corrections and digests of a working day, from the office's hour on. On the day of the first
// start it does so as soon as anybody is at work.
func (p *pass) morning(ctx context.Context) error {
	first := p.today == p.firstMorning()
	justStarted := first && p.today == calendar.DateOf(p.started)
	opens := p.today.At(p.o.DigestAt)
	if !p.atWork(p.now) || p.now.Before(opens) && !justStarted {
		return nil
	}
	until := p.now
	if until.Before(opens) { // what is due at the office's hour goes along: no second digest follows today
		until = opens
	}
	var started time.Time
	if first {
		started = p.started
	}
	var asked error
	var copied []Ripe // of units that are to see how others are late: after those
	err := p.ripe(ctx, until, false, func(ripe []Ripe) []draft {
		told, failed := p.chasedLater(ctx, p.unsettled(ripe))
		asked = errors.Join(asked, failed)
		own, others := p.apart(told)
		copied = append(copied, others...)
		return p.daily(own, p.now, started)
	})
	err = errors.Join(err, asked)
	if len(copied) > 0 && ctx.Err() == nil {
		waiting, failed := p.waiting(ctx, until)
		if failed == nil {
			copied = slices.DeleteFunc(copied, func(r Ripe) bool { return isCopy(r) && waiting[r.Deadline.ID] })
			failed = p.promise(ctx, p.daily(copied, p.now, started))
		}
		err = errors.Join(err, failed)
	}
	if err != nil {
		return fmt.Errorf("remind: %w", err)
	}
	return nil
}

// chasedLater leaves out that somebody is late in what was recorded today when its hour was over, if its own mail has
// asked them to make up for it.
func (p *pass) chasedLater(ctx context.Context, ripe []Ripe) ([]Ripe, error) {
	var rs []Ripe
	for _, r := range ripe {
		dl := r.Deadline
		_, late := lateness(r.Reminder.Stage)
		if late && dl.ByHour() && dl.RecordedLate() && p.today == calendar.DateOf(dl.OpenedAt) {
			found, err := p.store.Find(ctx, dl.Key, dl.Unit)
			if err != nil {
				return nil, fmt.Errorf("find what was told of %s: %w", dl.Key, err)
			}
			own := func(x Reminder) bool { return x.Immediate && x.Stage != closingStage && x.State != Cancelled }
			if slices.ContainsFunc(found, func(d Deadline) bool { return slices.ContainsFunc(d.Reminders, own) }) {
				continue
			}
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// isCopy reports whether r tells a unit that others, who answer, are late.
func isCopy(r Ripe) bool {
	_, late := lateness(r.Reminder.Stage)
	return late && len(r.Deadline.Answering) > 0 && !slices.Contains(r.Deadline.Answering, r.Reminder.Unit)
}

// apart takes the reminders of units that are told of others' being late from those of all other units. Of a unit that
// has no address the office gets both in one letter.
func (p *pass) apart(ripe []Ripe) (own, others []Ripe) {
	told := map[string]bool{}
	for _, r := range ripe {
		told[r.Reminder.Unit] = told[r.Reminder.Unit] || isCopy(r) && p.reachable(r.Reminder.Unit)
	}
	for _, r := range ripe {
		if told[r.Reminder.Unit] {
			others = append(others, r)
		} else {
			own = append(own, r)
		}
	}
	return own, others
}

// waiting returns the deadlines, by ID, whose units are late and have not been told: they had today's digest before
// that was known. Nobody else hears of it before they do.
func (p *pass) waiting(ctx context.Context, now time.Time) (map[int64]bool, error) {
	ids := map[int64]bool{}
	err := p.store.Ripe(ctx, now, false, func(ripe []Ripe) error {
		for _, r := range ripe {
			if _, late := lateness(r.Reminder.Stage); late && !isCopy(r) {
				ids[r.Deadline.ID] = true
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("find who is late and was not told: %w", err)
	}
	return ids, nil
}

// firstMorning returns the day of the first digests: the day of the first start if anybody was still at work, else the
// next working day.
func (p *pass) firstMorning() calendar.Date {
	if p.started.IsZero() {
		return calendar.Date{}
	}
	day := calendar.DateOf(p.started)
	if p.Calendar.IsWorkday(day) && p.started.Before(day.At(p.o.WorkTo)) {
		return day
	}
	return p.Calendar.OnOrAfter(day.AddDays(1))
}

// promiseTogether is how many letters are written, and promised in one transaction, at a time.
const promiseTogether = 50

// promise writes drafts and promises them, some at a time. One bad letter holds up no other.
func (p *pass) promise(ctx context.Context, drafts []draft) error {
	var errs []error
	for part := range slices.Chunk(drafts, promiseTogether) {
		var letters []written
		var ps []Promise
		for _, w := range p.writeAll(part, p.now) {
			if w.err != nil {
				errs = append(errs, w.err)
				continue
			}
			letters, ps = append(letters, w), append(ps, w.promise)
		}
		promised, failed := p.store.PromiseAll(ctx, p.now, ps)
		for i, w := range letters {
			if err := failed[i]; err != nil {
				errs = append(errs, fmt.Errorf("promise %s: %w", w.key, err))
				continue
			}
			p.s.settled.note(p.today, w.key, promised[i])
			// otherwise it was promised before, or a reminder was settled meanwhile: the next pass looks again
			if promised[i] {
				p.promised(len(ps[i].Superseded), w.letters)
			}
		}
	}
	return errors.Join(errs...)
}

// promised notes what was promised.
func (p *pass) promised(superseded int, letters []Letter) {
	p.report.Superseded += superseded
	p.report.Messages += len(letters)
	if p.s.o.Promised == nil {
		return
	}
	for _, l := range letters {
		p.s.o.Promised(l)
	}
}

// unsettled leaves out the reminders of units that have had today's digest and what else they can get today: trying
// again each minute would change nothing.
func (p *pass) unsettled(ripe []Ripe) []Ripe {
	var rs []Ripe
	for _, r := range ripe {
		unit, kind := r.Reminder.Unit, notify.Digest
		if _, _, moved := movedFrom(r.Reminder.Stage); moved {
			kind = notify.Correction
		}
		key := string(kind) + "/" + p.today.String() + "/" + unit
		if !p.reachable(unit) {
			key = "fallback/" + p.today.String()
		}
		if !p.s.settled.has(p.today, key) {
			rs = append(rs, r)
		}
	}
	return rs
}

// note counts how often a message was tried. A promise that was refused once may have met a completion made at that
// moment; refused twice, the message is there already.
func (s *settled) note(day calendar.Date, key string, promised bool) {
	if s.day != day {
		*s = settled{day: day, tries: map[string]int{}}
	}
	s.tries[key]++
	if promised {
		s.tries[key] = enoughTries
	}
}

func (s *settled) has(day calendar.Date, key string) bool {
	return s.day == day && s.tries[key] >= enoughTries
}

// tellFailed tells the office of messages that were refused for good: at once of hour rules', of the others in working
// hours.
func (p *pass) tellFailed(ctx context.Context) error {
	failed, err := p.store.Failed(ctx)
	if err != nil {
		return fmt.Errorf("find failed messages: %w", err)
	}
	if err := p.mark(ctx, failed); err != nil {
		return err
	}
	var urgent, other []notify.Message
	for _, m := range failed {
		switch {
		case m.Unit == p.o.Office: // telling the office of its own refused mail would be refused too, for ever
			p.s.o.Logger.LogAttrs(ctx, slog.LevelError, "office's mail refused", slog.String("message", m.Key))
			if _, err := p.store.Promise(ctx, p.now, Promise{Fallen: []int64{m.ID}}); err != nil {
				return fmt.Errorf("note failed message %s: %w", m.Key, err)
			}
		case m.Kind == notify.Immediate:
			urgent = append(urgent, m)
		case p.atWork(p.now):
			other = append(other, m)
		}
	}
	return errors.Join(p.tellOffice(ctx, urgent), p.tellOffice(ctx, other))
}

// tellOffice promises the office one letter in the place of all the failed messages.
func (p *pass) tellOffice(ctx context.Context, failed []notify.Message) error {
	if len(failed) == 0 {
		return nil
	}
	if err := p.s.loadEvents(ctx, p.desk); err != nil {
		return err
	}
	dr := draft{key: "fallback/" + failed[0].Key, letter: p.letter(notify.Fallback, p.o.Office, p.now)}
	for _, m := range failed {
		carried, err := p.store.Carried(ctx, LetterKey(m.Key))
		if err != nil {
			return fmt.Errorf("find what %s carried: %w", m.Key, err)
		}
		if err := p.loadExtensions(ctx, carried); err != nil {
			return err
		}
		for _, r := range carried {
			if r.Deadline.State != Open { // answered meanwhile: nothing is left to pass on
				continue
			}
			dr.letter.Items = append(dr.letter.Items, p.items(r, notify.Fallback, p.now)...)
		}
		why, said, err := p.refused(ctx, m)
		if err != nil {
			return err
		}
		dr.letter.Unreached = append(dr.letter.Unreached, compose.Unreached{Unit: m.Unit, Why: why})
		note, code, ok := p.wanted(m)
		if ok {
			dr.letter.Notes = append(dr.letter.Notes, note)
		}
		if words := strings.TrimSpace(code + " " + said); words != "" {
			dr.letter.Technical = append(dr.letter.Technical, fmt.Sprintf("%s：服务器答复 %s", m.Unit, words))
		}
		dr.promise.Fallen = append(dr.promise.Fallen, m.ID)
	}
	return p.promise(ctx, []draft{dr})
}
