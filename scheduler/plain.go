package scheduler

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// MostWords is how many characters a note, a reason, a title or a reference may have.
const MostWords = 500

// Why what somebody writes is not taken.
var (
	ErrLong    = fmt.Errorf("want at most %d characters", MostWords)
	ErrNothing = errors.New("want words that can be seen")
)

// Plain returns what somebody writes about a deadline or an event as it is kept, whether he writes it by the web, in a
// mail or on the command line: on one line, without control characters and marks that cannot be seen or change the
// direction of writing. What is too long is cut off, and ErrLong.
func Plain(text string) (string, error) {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
	text = strings.Join(strings.Fields(text), " ")
	if rs := []rune(text); len(rs) > MostWords {
		return strings.TrimSpace(string(rs[:MostWords])), ErrLong
	}
	return text, nil
}

// Reason is Plain for a reason, which is kept for good and must say something.
func Reason(text string) (string, error) {
	reason, err := Plain(text)
	if err != nil {
		return reason, fmt.Errorf("reason: %w", err)
	}
	if reason == "" {
		return "", fmt.Errorf("want a reason; it is kept for good: %w", ErrNothing)
	}
	return reason, nil
}
