package scheduler

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"qixian/rules"
)

// chosen are the ripe reminders of one unit that a letter is to carry, and those that it settles without telling them.
type chosen struct {
	unit    string
	items   []Ripe  // one for each deadline, and one more where its due date moved
	settled []int64 // earlier stages of the same deadlines, and what need not be told any more
}

// choose groups ripe reminders by unit, in the order of the units' names, and keeps of each deadline the latest stage
// only.
func choose(ripe []Ripe, now time.Time) []chosen {
	units := map[string]*chosen{}
	for _, rs := range byDeadline(ripe) {
		u := units[rs[0].Reminder.Unit]
		if u == nil {
			u = &chosen{unit: rs[0].Reminder.Unit}
			units[u.unit] = u
		}
		for i, r := range rs {
			if i < len(rs)-1 || notBehind(r) || tooLate(r, now) {
				u.settled = append(u.settled, r.Reminder.ID)
			} else {
				u.items = append(u.items, r)
			}
		}
	}
	all := make([]chosen, 0, len(units))
	for _, u := range units {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b chosen) int { return strings.Compare(a.unit, b.unit) })
	return all
}

// byDeadline groups reminders that stand for each other: one deadline's to one unit, the tellings of a moved due date
// apart. Each group is in the order of time; the groups are in the order of due date, key and unit.
func byDeadline(ripe []Ripe) [][]Ripe {
	type group struct {
		deadline int64
		unit     string
		moved    bool
	}
	index := map[group]int{}
	var groups [][]Ripe
	for _, r := range ripe {
		_, _, moved := movedFrom(r.Reminder.Stage)
		g := group{r.Deadline.ID, r.Reminder.Unit, moved}
		i, ok := index[g]
		if !ok {
			i = len(groups)
			index[g] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b Ripe) int { return a.Reminder.At.Compare(b.Reminder.At) })
	}
	slices.SortStableFunc(groups, func(a, b []Ripe) int {
		x, y := a[0].Deadline, b[0].Deadline
		return cmp.Or(x.dueTime().Compare(y.dueTime()), strings.Compare(x.Key, y.Key), strings.Compare(x.Unit, y.Unit))
	})
	return groups
}

// notBehind reports whether r is a quota's half-time that need not be told: half of the quota, rounded up, is done.
func notBehind(r Ripe) bool {
	return stageWord(r.Reminder.Stage) == rules.HalfTime.String() && r.Deadline.Completions >= (r.Deadline.Needed+1)/2
}

// tooLate reports whether r is a stage before due of a deadline that is late, to a unit that cannot close it: from then
// on those who can are pressed.
func tooLate(r Ripe, now time.Time) bool {
	_, late := lateness(r.Reminder.Stage)
	_, _, moved := movedFrom(r.Reminder.Stage)
	return !late && !moved && r.Deadline.State == Open && r.Deadline.IsLate(now) &&
		!slices.Contains(r.Deadline.Answering, r.Reminder.Unit)
}

// next returns the escalations that follow those of the chosen items.
func (d *desk) next(items []Ripe, now time.Time) []Reminder {
	var rs []Reminder
	for _, r := range items {
		if n, ok := lateness(r.Reminder.Stage); ok {
			next := d.nextEscalation(r.Deadline, r.Reminder.Unit, n, now)
			next.Stage = following(next.Stage, r.Reminder.Stage)
			rs = append(rs, next)
		}
	}
	return rs
}
