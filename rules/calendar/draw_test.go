package calendar_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"qixian/rules/calendar"
)

// TestDraw holds a year with an amended notice, one whose last days the next notice fixes, the last one covered, one
// without a notice, and one before the first.
func TestDraw(t *testing.T) {
	c := load(t)
	for _, year := range []int{2017, 2018, 2020, 2026, 2027} {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			var b strings.Builder
			if err := c.Draw(&b, year); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("testdata/draw/%d.txt", year), b.String())
		})
	}
}

func TestDrawRefuses(t *testing.T) {
	c := load(t)
	for _, year := range []int{-1, 0, 1999, 2101} {
		if err := c.Draw(io.Discard, year); !errors.Is(err, calendar.ErrRange) {
			t.Errorf("year %d: %v", year, err)
		}
	}
	r, w := io.Pipe()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(w, 2018); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a writer that fails: %v", err)
	}
}
