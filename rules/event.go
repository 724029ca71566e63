package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// DoneTrigger is the prefix of the triggers that completions start: done:RULE-ID.
const DoneTrigger = "done:"

// ID returns the event's identity: "e" and ten hexadecimal digits, derived from the trigger, the unit and the ref, or the time where
// there is no ref. The title is no part of it, and with a ref the time is not either, so that correcting them leaves the event itself.
func (e Event) ID() string {
	what := e.Ref
	if what == "" {
		what = e.At.UTC().Format(time.RFC3339)
	}
	sum := sha256.Sum256([]byte(e.Trigger + "\x00" + e.Unit + "\x00" + what))
	return "e" + hex.EncodeToString(sum[:5])
}

// isEventID reports whether s has the shape of an event's ID.
func isEventID(s string) bool {
	if len(s) != 11 || s[0] != 'e' {
		return false
	}
	return strings.Trim(s[1:], "0123456789abcdef") == ""
}
