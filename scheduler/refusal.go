package scheduler

import (
	"fmt"

	"qixian/rules"
)

// Refusal is why an event is refused.
type Refusal string

// The refusals.
const (
	UnknownTrigger Refusal = "unknown-trigger"
	UnknownUnit    Refusal = "unknown-unit"
	NoUnit         Refusal = "no-unit"    // nobody says whose it is, nor that it is every unit's
	OfGroup        Refusal = "group"      // it is a group's, not one unit's
	NoSubject      Refusal = "subject"    // its subjects are missing, or wrong
	NoTime         Refusal = "no-time"    // nobody says when it happened
	Ahead          Refusal = "ahead"      // it has not happened yet, and nothing is to be done before it
	Different      Refusal = "different"  // it is on record with another time or title
	Colliding      Refusal = "colliding"  // another event would have the same ID
	Idle           Refusal = "idle"       // it starts nothing
	Unmoved        Refusal = "unmoved"    // it is on record for that time already
	NoClock        Refusal = "no-clock"   // it stops or continues none
	BeforeClock    Refusal = "before"     // it would stop a clock that had not begun
	Stopped        Refusal = "stopped"    // it would stop a clock that stands
	NotStopped     Refusal = "running"    // it would let a clock run that does
	RunOut         Refusal = "run-out"    // it would stop a clock when it was due
	Overstayed     Refusal = "overstayed" // it would stop a clock after the days in which the law lets it
	Overtaken      Refusal = "overtaken"  // an event on record would do nothing to the clock that it starts
	Fixed          Refusal = "fixed"      // the due date was corrected, and no event moves it
	TooLong        Refusal = "too-long"   // its title or its reference
	ByWrongClock   Refusal = "clock"      // what it opens would be opened by a clock that is wrong
)

// Misfits are the refusals of events that do nothing to a clock.
var Misfits = map[rules.Misfit]Refusal{
	rules.BeforeStart:   BeforeClock,
	rules.StandsAlready: Stopped,
	rules.NotStopped:    NotStopped,
	rules.AfterDue:      RunOut,
	rules.TooLate:       Overstayed,
}

// RefusedEvent is an event that is not recorded, or not moved, for a reason that whoever records it can do something
// about.
type RefusedEvent struct {
	Why     Refusal
	Known   rules.Event     // if it is Different: as it is on record
	Unfit   rules.Unfit     // if it does nothing to a clock
	For     []string        // if it is Idle for its unit: the units that its trigger is for
	Trigger rules.Trigger   // if it has NoUnit or NoSubject: what asks for it
	Choices []rules.Trigger // if it has NoSubject: what it may name
	text    string
	cause   error
}

// Unwrap returns what the refusal is due to, such as a WrongClock; nil: nothing else.
func (e *RefusedEvent) Unwrap() error { return e.cause }

// Error says what is wrong, in English.
func (e *RefusedEvent) Error() string { return e.text }

func refused(why Refusal, format string, args ...any) *RefusedEvent {
	return &RefusedEvent{Why: why, text: fmt.Sprintf(format, args...)}
}
