package scheduler_test

import (
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// breaking panics at the letters of one unit.
type breaking struct {
	scheduler.Composer
	unit string
}

func (b breaking) Compose(l compose.Letter) (compose.Mail, error) {
	if l.Unit == b.unit {
		panic("a template that divides by nothing")
	}
	return b.Composer.Compose(l)
}

// TestLetterPanics has the writing of one unit's letter panic: it is an error that names the letter, and all others get
// theirs; once it is mended, so does the unit.
func TestLetterPanics(t *testing.T) {
	p := small(t, 2019, contacts{})
	whole := p.Composer
	r := newRig(t, storetest.Open(t, "sqlite"), p)
	r.pass("2018-09-03 09:00")
	broken := *p
	broken.Composer = breaking{whole, bureau}
	r.s.Swap(&broken)
	letters, err := r.tryAt(moment(t, "2018-09-25 09:00"))
	if err == nil || !strings.Contains(err.Error(), "write digest/2018-09-25/"+bureau+": panic: a template") {
		t.Errorf("the pass ends with %v", err)
	}
	of := func(unit string) func(scheduler.Letter) bool {
		return func(l scheduler.Letter) bool { return l.Unit == unit && l.Kind == notify.Digest }
	}
	if slices.ContainsFunc(letters, of(bureau)) || !slices.ContainsFunc(letters, of("县财政局")) {
		t.Errorf("promised are %v", lines(letters))
	}
	r.s.Swap(p)
	if letters := r.passAt(moment(t, "2018-09-25 09:01")); len(letters) != 1 || !of(bureau)(letters[0]) {
		t.Errorf("then %v", lines(letters))
	}
}
