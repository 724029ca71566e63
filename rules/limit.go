package rules

import (
	"qixian/rules/calendar"
	"qixian/rules/document"
)

// What a catalogue may hold: ten times what a province has, and little enough that it is loaded in seconds.
const (
	maxBytes = 32 << 20 // of the files of one layer, together
	maxUnits = 10000    // groups among them; also names in one list
	maxList  = 10000    // rows, triggers, obligations
	maxOf    = 50       // rules of one obligation, dates of one later_of
	maxParts = 30       // parts or subjects of one trigger: the names of all its subjects are a column of the store
	maxTold  = 500000   // units that are told, counted for every rule, and anew for each change of a group's members
)

// tooMuch reports a catalogue that is too large, and ends its reading: what would follow from it is of no interest.
func (l *loader) tooMuch(at document.Position, format string, args ...any) {
	if !l.stopped {
		l.problems.Add(at, format, args...)
	}
	l.stopped = true
}

// enough reports whether reading is at its end, before its time: there is too much of something, or there are more
// mistakes than are told.
func (l *loader) enough() bool { return l.stopped || l.problems.Full() }

// bound reports a list of more than so many.
func (l *loader) bound(n document.Node, what string, length, most int) {
	if length > most {
		l.tooMuch(
			n.Position(),
			"there are more than %d %s; that is more than this program takes",
			most,
			document.Term(what),
		)
	}
}

// told counts how many are told of everything, as the planner will have them, and stops counting at what is too much.
func (l *loader) told(c *Catalogue) {
	changes := c.membershipChanges()
	sum := 0
	for _, o := range c.Obligations {
		for i := range len(changes) + 1 {
			on := calendar.NewDate(1, 1, 1)
			if i > 0 {
				on = changes[i-1]
			}
			sum += len(o.Rules) * (len(c.Expand(o.Lead, on)) + len(c.Expand(o.Responsible, on)))
			if sum > maxTold {
				l.tooMuch(
					l.obligations[o.ID].places[""],
					"with %s, the units that are told of each rule, one by one, are more than %d, in a catalogue of %d rules and %d units whose groups change on %d days",
					o.ID,
					maxTold,
					c.rules(),
					len(c.Units),
					len(changes),
				)
				return
			}
		}
	}
}

func (c *Catalogue) rules() int {
	n := 0
	for _, o := range c.Obligations {
		n += len(o.Rules)
	}
	return n
}
