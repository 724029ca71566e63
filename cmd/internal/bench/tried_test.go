package bench_test

import (
	"strings"
	"testing"
	"time"

	"qixian/notify"
)

// TestContenders has those that need nothing installed send a few mails each, near and far.
func TestContenders(t *testing.T) {
	if !tried {
		t.Skip("run in CI, where the program is built for it")
	}
	const few = 20
	s := newSink(t)
	away := far(t, s.address(), time.Millisecond)
	for name, send := range map[string]func(ms []notify.Message){
		"the daemon":         func(ms []notify.Message) { newPost(t, s.address(), connections, nil).send(t, s, 1, ms) },
		"the daemon, far":    func(ms []notify.Message) { newPost(t, away, connections, nil).send(t, s, 1, ms) },
		"go-mail alone":      func(ms []notify.Message) { sendByGoMail(t, s, s.address(), connections, ms) },
		"go-mail alone, far": func(ms []notify.Message) { sendByGoMail(t, s, away, connections, ms) },
	} {
		send(fresh(few))
		if distinct, doubled, size := s.counted(); distinct < few || doubled > 0 || size < 3000 || size > 6000 {
			t.Errorf("%s: %d mails, %d twice, of %d bytes", name, distinct, doubled, size)
		}
	}
}

// TestPrint prints a table, and nothing where there is none.
func TestPrint(t *testing.T) {
	var out strings.Builder
	table{}.print(&out)
	if out.Len() > 0 {
		t.Errorf("printed %q", out.String())
	}
	table{
		{what: "mails a second", ours: "5", theirs: "go-mail alone 10", ratio: "0.50", goal: "≥ 0.75"},
		{what: "idle, MB", ours: "31", reached: true},
	}.print(
		&out,
	)
	for _, want := range []string{"| mails a second | 5 | go-mail alone 10 | 0.50 | ≥ 0.75 | no |\n", "| idle, MB | 31 |  |  |  | yes |\n", "cores of"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
