package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// recompute returns dl as its occurrence now computes it, given what that would be if it were tracked afresh, and
// whether anything differs. A due date that moved adds the telling of it to everybody told. What was promised is never
// listed again, and neither is a stage before one that was promised.
func (d *desk) recompute(dl, fresh Deadline, o rules.Occurrence, now time.Time) (Deadline, bool, error) {
	mover := moverOf(dl.Plan, fresh.Plan)
	if d.moved[dl.Event] {
		mover = byEvent
	}
	next := dl
	// the days on which it stood are no part of the extension
	if !dl.ExtendedTo.IsZero() && !dl.Fixed && fresh.Stood != dl.Stood {
		to, err := d.Calendar.Add(dl.ExtendedTo, fresh.Stood-dl.Stood)
		if err != nil {
			return dl, false, fmt.Errorf("put off the extended date: %w", err)
		}
		next.ExtendedTo = to.Date
	}
	next.Stood = fresh.Stood
	next.Title = fresh.Title
	next.Due, next.Lead, next.Responsible, next.Plan = fresh.Due, fresh.Lead, fresh.Responsible, fresh.Plan
	next.Answering = fresh.Answering
	if was := d.canonical(dl.Answering); !slices.Equal(was, next.Answering) {
		next.Answered = append(slices.Clip(dl.Answered), Answered{Units: was, Until: now})
	}
	if !next.ExtendedTo.IsZero() && !fresh.Due.Date.Before(next.ExtendedTo) {
		next.ExtendedTo, next.Fixed = fresh.ExtendedTo, false // the rule itself now allows as long
	}
	next.PausedSince = calendar.Date{}
	if !next.Fixed {
		next.PausedSince = standing(o, next.ExtendedTo)
	}
	listed := fresh.Reminders
	switch {
	case next.Paused():
		listed = d.waiting(o, next)
	case !next.ExtendedTo.IsZero():
		var err error
		if listed, err = d.extended(o, next, now); err != nil {
			return dl, false, err
		}
	}
	next.Reminders = d.stillToCome(dl, next, listed)
	next.Reminders = append(next.Reminders, tellings(dl, next, mover, now)...)
	return next, changed(dl, next), nil
}

// canonical returns units by the names that the catalogue has for them now.
func (d *desk) canonical(units []string) []string {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = d.unit(u)
	}
	return names
}

// twin returns the deadline of o that is dl: the one of its unit.
func (d *desk) twin(dl Deadline, o rules.Occurrence, now time.Time) (Deadline, bool) {
	ds := d.deadlines(o, now)
	i := slices.IndexFunc(ds, func(x Deadline) bool { return x.Unit == dl.Unit })
	if i < 0 {
		return Deadline{}, false
	}
	return ds[i], true
}

// stillToCome keeps of the listed reminders those that come after the last stage that was promised to their unit, and
// lets escalations go on where they had come to, or begin anew where the due date has moved past them.
func (d *desk) stillToCome(old, next Deadline, listed []Reminder) []Reminder {
	told := toldSoFar(old, next, listed)
	var rs []Reminder
	for _, r := range listed {
		t := told[r.Unit]
		if n, ok := lateness(r.Stage); ok {
			if t.chasedTo >= n {
				r = d.escalation(next, r.Unit, rules.NextEscalation(t.chasedTo, next.ByHour()))
			}
			if t.anew { // late1 of the other due date was told, and is told of this one too
				r.Stage = extendedStage(stageWord(r.Stage), next.DueDate())
			}
		} else if !r.At.After(t.last) {
			continue
		}
		r.DeadlineID = old.ID
		rs = append(rs, r)
	}
	return rs
}

// told is how far one unit has been told of a deadline.
type told struct {
	last     time.Time // of the last promised stage up to due, as it would be now
	chasedTo int       // the last promised escalation that counts for the due date of now; 0: none
	anew     bool      // escalations were promised that count for another due date
}

// toldSoFar returns, by unit, how far old has been told, seen from what it is next and the reminders listed for that.
func toldSoFar(old, next Deadline, listed []Reminder) map[string]told {
	listedAt := map[unitStage]time.Time{}
	for _, r := range listed {
		listedAt[unitStage{r.Unit, r.Stage}] = r.At
	}
	units := map[string]told{}
	for _, r := range old.Reminders {
		_, _, telling := movedFrom(r.Stage)
		if telling || r.State != Promised && r.State != Superseded {
			continue
		}
		t := units[r.Unit]
		n, late := lateness(r.Stage)
		switch {
		case late && countsFor(r, next):
			t.chasedTo = max(t.chasedTo, n)
		case late:
			t.anew = true
		default:
			at, ok := listedAt[unitStage{r.Unit, r.Stage}]
			if !ok {
				at = r.At
			}
			if at.After(t.last) {
				t.last = at
			}
		}
		units[r.Unit] = t
	}
	return units
}

// countsFor reports whether a promised escalation chased for the due date that next has: for the same extension, or
// else on a day that is after that date as well.
func countsFor(r Reminder, next Deadline) bool {
	if !next.ExtendedTo.IsZero() {
		return extendedStage(stageWord(r.Stage), next.ExtendedTo) == r.Stage
	}
	return calendar.DateOf(r.At).After(next.DueDate())
}

type unitStage struct{ unit, stage string }

// tellings returns the reminders by which the units are told that next is due at another time than old was, or that its
// clock stands or runs again. A move that has not been told yet is told from where it began. A lead unit that has not
// heard of it yet, as it does not answer, is not told of its moves either.
func tellings(old, next Deadline, c cause, now time.Time) []Reminder {
	var rs []Reminder
	for _, u := range next.Told() {
		if !old.informs(u) && !next.informs(u) {
			continue
		}
		stage, from, at := moveStage(c, old), old.dueTime(), now
		if r, ok := untold(old, u); ok {
			var was cause
			was, from, _ = movedFrom(r.Stage)
			at = r.At
			switch {
			case was != byPause && was != byResumption:
				stage = r.Stage
			case next.Stood > 0:
				stage = clockStage(byResumption, from, calendar.DateOf(now))
			default: // what stopped it is gone, and it moved for another reason
				stage = movedStage(c, from, old.ByHour())
			}
		}
		since := heardSince(old, u)
		switch {
		case next.Paused() && since == next.PausedSince:
			continue
		case next.Paused():
			stage = clockStage(byPause, from, next.PausedSince)
		case !since.IsZero():
			stage = clockStage(byResumption, from, calendar.DateOf(now))
		case from.Equal(next.dueTime()):
			continue
		case clockMoved(old, next) && next.Stood > 0:
			stage = clockStage(byResumption, from, calendar.DateOf(now))
		}
		rs = append(rs, Reminder{DeadlineID: old.ID, Stage: stage, Unit: u, At: at, State: Pending})
	}
	return rs
}

// heardSince returns since when the clock of dl stands by what a unit was told last of it; zero: it runs.
func heardSince(dl Deadline, unit string) calendar.Date {
	var last Reminder
	var since calendar.Date
	for _, r := range dl.Reminders {
		c, _, ok := movedFrom(r.Stage)
		if !ok || r.Unit != unit || r.State != Promised || c != byPause && c != byResumption || r.At.Before(last.At) {
			continue
		}
		last, since = r, calendar.Date{}
		if _, day, _ := strings.Cut(r.Stage, "@"); c == byPause {
			since, _ = calendar.ParseDate(day) // as clockStage wrote it
		}
	}
	return since
}

// informs reports whether a unit hears of d otherwise than when it is late or done, or has heard of it before.
func (d Deadline) informs(unit string) bool {
	return !slices.Contains(d.Lead, unit) || slices.Contains(d.Answering, unit) ||
		slices.ContainsFunc(d.Reminders, func(r Reminder) bool { return r.Unit == unit && r.State == Promised })
}

// untold returns the reminder by which a unit is still to be told that dl moved. One that was cancelled as dl was
// closed is such a one if dl comes back.
func untold(dl Deadline, unit string) (Reminder, bool) {
	var last Reminder
	for _, r := range dl.Reminders {
		c, _, ok := movedFrom(r.Stage)
		if !ok || c == byWithdrawal || r.Unit != unit || r.At.Before(last.At) {
			continue
		}
		// of one time, what is cancelled gave way to what is pending
		if !r.At.Equal(last.At) || last.State != Pending || r.State == Pending {
			last = r
		}
	}
	return last, last.State == Pending || last.State == Cancelled && dl.State != Open
}

// changed reports whether next is to be written: something other than what was settled already differs.
func changed(old, next Deadline) bool {
	if !sameDue(old.Due, next.Due) || old.ExtendedTo != next.ExtendedTo || old.Fixed != next.Fixed ||
		clockMoved(old, next) || old.Plan != next.Plan || old.Title != next.Title ||
		!slices.Equal(old.Lead, next.Lead) || !slices.Equal(old.Responsible, next.Responsible) ||
		!slices.Equal(old.Answering, next.Answering) {
		return true
	}
	pending := map[unitStage]time.Time{}
	for _, r := range old.Reminders {
		if r.State == Pending {
			pending[unitStage{r.Unit, r.Stage}] = r.At
		}
	}
	for _, r := range next.Reminders {
		at, ok := pending[unitStage{r.Unit, r.Stage}]
		if !ok || !at.Equal(r.At) {
			return true
		}
		delete(pending, unitStage{r.Unit, r.Stage})
	}
	return len(pending) > 0
}

func sameDue(a, b rules.Due) bool {
	return a.Date == b.Date && a.Earliest == b.Earliest && a.Provisional == b.Provisional && a.Instant.Equal(b.Instant)
}
