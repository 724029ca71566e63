package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// DoneTrigger is the prefix of the triggers that completions start: done:RULE-ID.
const DoneTrigger = "done:"

// The numbers of hexadecimal digits in the ID of an event. 40 bits are few: of a million events two would have one ID.
// Of ten thousand million that is true of 80 bits.
const (
	idDigits    = 20
	oldIDDigits = 10
)

// ID returns the event's identity: the one under which it is on record, or else "e" and twenty hexadecimal digits,
// derived from the trigger, the subjects, the unit and the ref, or the time where there is no ref. The title is no part
// of it, and with a ref the time is not either, so that correcting them leaves the event itself.
func (e Event) ID() string {
	if e.Record != "" {
		return e.Record
	}
	return e.derived(idDigits)
}

// OldID returns the ID that the event has if it was recorded while IDs had ten digits.
func (e Event) OldID() string { return e.derived(oldIDDigits) }

func (e Event) derived(digits int) string {
	what := e.Ref
	if what == "" {
		what = e.At.UTC().Format(time.RFC3339)
	}
	if e.Subject != "" {
		what += "\x00" + e.Subject
	}
	sum := sha256.Sum256([]byte(e.Trigger + "\x00" + e.Unit + "\x00" + what))
	return "e" + hex.EncodeToString(sum[:])[:digits]
}

// Subjects returns the names of the event's subjects.
func (e Event) Subjects() []string { return strings.Fields(e.Subject) }

// isEventID reports whether s has the shape of an event's ID.
func isEventID(s string) bool {
	if len(s) != 1+idDigits && len(s) != 1+oldIDDigits || s[0] != 'e' {
		return false
	}
	return strings.Trim(s[1:], "0123456789abcdef") == ""
}
