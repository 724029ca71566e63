package scheduler_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// TestNumberMisheard holds that every wrong digit and every swap of two neighbours gives no number.
func TestNumberMisheard(t *testing.T) {
	for try := range 60 {
		n := scheduler.NumberOf("air-quality@2018-09", "县环保局", try)
		text := strconv.Itoa(n)
		if got, is, err := scheduler.ParseNumber(text); got != n || !is || err != nil {
			t.Fatalf("%s reads as %d, %t, %v", text, got, is, err)
		}
		for i := range text {
			for d := '0'; d <= '9'; d++ {
				wrong := text[:i] + string(d) + text[i+1:]
				if _, _, err := scheduler.ParseNumber(wrong); wrong != text && !errors.Is(err, scheduler.ErrNumber) {
					t.Errorf("%s for %s is taken", wrong, text)
				}
			}
			if i > 0 && text[i] != text[i-1] {
				swapped := text[:i-1] + text[i:i+1] + text[i-1:i] + text[i+1:]
				if _, _, err := scheduler.ParseNumber(swapped); !errors.Is(err, scheduler.ErrNumber) {
					t.Errorf("%s for %s is taken", swapped, text)
				}
			}
		}
	}
}

// TestNumberOf holds that numbers are five digits as long as those last, the same for the same deadline, and that there
// is always another.
func TestNumberOf(t *testing.T) {
	seen := map[int]bool{}
	for try := range 200 {
		n := scheduler.NumberOf("a@2018", "", try)
		if got, want := len(
			strconv.Itoa(n),
		), min(
			5+try/8,
			9,
		); got != want ||
			n != scheduler.NumberOf("a@2018", "", try) {
			t.Errorf("try %d gives %d", try, n)
		}
		seen[n] = true
	}
	if len(seen) < 190 || scheduler.NumberOf("a@2018", "", 0) == scheduler.NumberOf("a@2018", "甲", 0) {
		t.Errorf("%d numbers of 200", len(seen))
	}
}

// TestParseNumber reads what people type, and leaves keys alone.
func TestParseNumber(t *testing.T) {
	n := scheduler.NumberOf("a@2018", "", 0)
	text := strconv.Itoa(n)
	wide := ""
	for _, c := range text {
		wide += string(c - '0' + '０')
	}
	for _, typed := range []string{text, wide, " " + text + " ", text[:2] + " " + text[2:]} {
		if got, is, err := scheduler.ParseNumber(typed); got != n || !is || err != nil {
			t.Errorf("%q reads as %d, %t, %v", typed, got, is, err)
		}
	}
	for _, key := range []string{"", "a@2018", "air-quality@2018-09", "-1", "+12345", "1e4", "１２３４５@2018", "一二三四五"} {
		if _, is, err := scheduler.ParseNumber(key); is || err != nil {
			t.Errorf("%q is taken for a number: %v", key, err)
		}
	}
	for _, bad := range []string{"1", "1234", "0" + text, "1234567890", fmt.Sprint(n + 1), "99999999999999999999999"} {
		if _, is, err := scheduler.ParseNumber(bad); !is || !errors.Is(err, scheduler.ErrNumber) {
			t.Errorf("%q: %t, %v", bad, is, err)
		}
	}
}

// TestNumberOfAnotherUnit refuses a number beside the name of a unit whose deadline it is not.
func TestNumberOfAnotherUnit(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), overridden(t, `
obligations:
  town: {new: true, row: 0, title: 各单位公开, clause: 按月, kind: periodic, rule: {every: month}, lead: [县财政局, 县教育局], responsible: [], per: unit}
`))
	r.pass("2018-09-04 09:00")
	const key = "town@2018-09"
	number := strconv.Itoa(find(r, key, "县财政局").Number)
	for _, unit := range []string{"", "县财政局"} {
		if got, of, err := r.s.Named(t.Context(), number, unit); got != key || of != "县财政局" || err != nil {
			t.Errorf("%s of %q is %s of %s, %v", number, unit, got, of, err)
		}
	}
	for _, unit := range []string{"县教育局", "县民政局"} {
		_, _, err := r.s.Named(t.Context(), number, unit)
		if others, ok := errors.AsType[*scheduler.OthersError](err); !ok || others.Unit != "县财政局" {
			t.Errorf("%s of %s: %v", number, unit, err)
		}
	}
}
