package command

import (
	"strings"
	"testing"
)

// TestPasswordOfWindows holds that neither a byte order mark nor a Windows line end becomes part of a password that is
// piped in.
func TestPasswordOfWindows(t *testing.T) {
	for _, text := range []string{"correct horse", "correct horse\n", "correct horse\r\n", "\ufeffcorrect horse\r\n"} {
		s := &session{in: strings.NewReader(text)}
		if got, err := s.askPassword(); err != nil || got != "correct horse" {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
