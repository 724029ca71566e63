package command

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"qixian/scheduler/report/sheet"
)

// screen is what every command prints on, its answers and its log. A terminal obeys control characters, and titles,
// replies of servers and notes are whatever somebody has written: of all that could move the cursor, hide text or turn
// its direction nothing passes but line ends and tabs. What is taken out leaves U+FFFD, so that one sees that something
// was there.
type screen struct {
	mu   sync.Mutex
	w    io.Writer
	rest []byte // the beginning of a character, or a carriage return, whose end is still to be written
}

// Write prints data. It counts what it was given, not what that became.
func (s *screen) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := slices.Concat(s.rest, data)
	var out bytes.Buffer
	for len(in) > 0 && (utf8.FullRune(in) && in[0] != '\r' || in[0] == '\r' && len(in) > 1) {
		r, size := utf8.DecodeRune(in)
		if lineEnd := r == '\n' || r == '\r' && in[1] == '\n'; lineEnd || r == '\t' || !unsafe(r) {
			out.WriteString(string(r))
		} else {
			out.WriteRune(unicode.ReplacementChar)
		}
		in = in[size:]
	}
	s.rest = bytes.Clone(in)
	if _, err := s.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(data), nil
}

// unsafe reports whether a terminal would obey r rather than show it: a control character (C0, DEL, C1), one that turns
// the direction of writing, or a line end of Unicode's own.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// say prints one line. Whatever its arguments hold, it stays one.
func (s *session) say(format string, args ...any) { sayTo(s.out, format, args...) }

// note prints one line beside the answer, on standard error.
func (s *session) note(format string, args ...any) { sayTo(s.err, format, args...) }

func sayTo(w io.Writer, format string, args ...any) {
	for i, a := range args {
		if v := reflect.ValueOf(a); v.Kind() == reflect.String {
			args[i] = sheet.OneLine(v.String())
		}
	}
	fmt.Fprintf(w, format+"\n", args...)
}
