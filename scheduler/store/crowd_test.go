package store

import (
	"testing"
)

// TestCrowd holds that one who is alone takes what has waited longest, and one in a crowd looks further down, but not
// without end.
func TestCrowd(t *testing.T) {
	var c crowd
	if c.width() != 0 {
		t.Errorf("alone, the width is %d", c.width())
	}
	c.met()
	if c.width() != 1 {
		t.Errorf("having met one, the width is %d", c.width())
	}
	for range 100 {
		c.met()
	}
	if c.width() != maxWidth {
		t.Errorf("in a crowd, the width is %d", c.width())
	}
	for range 4 * maxWidth {
		c.missed()
	}
	if c.width() != 0 {
		t.Errorf("alone again, the width is %d", c.width())
	}
}

func TestChoose(t *testing.T) {
	seen := map[int64]bool{}
	for range 1000 {
		got := choose([]int64{1, 2, 3}, 2)
		if len(got) != 2 || got[0] >= got[1] {
			t.Fatalf("chose %v", got)
		}
		seen[got[0]], seen[got[1]] = true, true
	}
	if len(seen) != 3 {
		t.Errorf("only %v are ever chosen", seen)
	}
	if got := choose([]int64{1}, 2); len(got) != 1 {
		t.Errorf("of one, %v are chosen", got)
	}
}
