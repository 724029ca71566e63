package store_test

import (
	"errors"
	"fmt"
	"testing"

	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// namesakes are keys of deadlines that all want the same number first.
func namesakes(n int) []string {
	first := map[int][]string{}
	for i := 0; ; i++ {
		key := fmt.Sprintf("air-quality@%d", i)
		number := scheduler.NumberOf(key, "", 0)
		if first[number] = append(first[number], key); len(first[number]) == n {
			return first[number]
		}
	}
}

// numbersAreUniqueAmongOpen gives a number that is taken to nobody else, and to nobody but those who are open.
func numbersAreUniqueAmongOpen(t *testing.T, s *store.Store) {
	keys := namesakes(4)
	wanted := scheduler.NumberOf(keys[0], "", 0)
	first, second := track(t, s, deadline(keys[0]))[0], track(t, s, deadline(keys[1]))[0]
	if first.Number != wanted || second.Number != scheduler.NumberOf(keys[1], "", 1) {
		t.Fatalf(
			"numbers %d and %d, want %d for the first and the next try for the second",
			first.Number,
			second.Number,
			wanted,
		)
	}
	found := func(number int) string {
		d, err := s.ByNumber(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		return d.Key
	}
	if a, b := found(first.Number), found(second.Number); a != keys[0] || b != keys[1] {
		t.Errorf("found %s and %s", a, b)
	}
	withdraw(t, s, first)
	if got := found(wanted); got != keys[0] { // it is the last that had it
		t.Errorf("found %s", got)
	}
	soon := deadline(keys[3])
	soon.OpenedAt = now.AddDate(0, 0, 119)
	if got := track(t, s, soon)[0].Number; got == wanted {
		t.Error("a number is given again while people still go by old mails")
	}
	later := deadline(keys[2])
	later.OpenedAt = now.AddDate(0, 0, 121)
	third := track(t, s, later)[0] // its number is free again
	if third.Number != wanted || found(wanted) != keys[2] {
		t.Errorf("the third has number %d, and it names %s", third.Number, found(wanted))
	}
	// open again, while another has its number
	if _, err := s.Track(t.Context(), []scheduler.Deadline{deadline(keys[0])}); err != nil {
		t.Fatal(err)
	}
	again := find(t, s, keys[0], "")
	if again.State != scheduler.Open || again.Number == wanted || again.Number == second.Number ||
		found(again.Number) != keys[0] ||
		found(wanted) != keys[2] {
		t.Errorf("open again with number %d", again.Number)
	}
	if _, err := s.ByNumber(t.Context(), 1); !errors.Is(err, scheduler.ErrNotFound) {
		t.Errorf("number 1: %v", err)
	}
}

// numbersAreGivenLater numbers what was opened before there were numbers, as it would have been.
func numbersAreGivenLater(t *testing.T, s *store.Store) {
	keys := append(namesakes(3), "other@2018")
	for _, key := range keys {
		track(t, s, deadline(key))
	}
	withdraw(t, s, find(t, s, keys[3], ""))
	if _, err := s.SQL().ExecContext(t.Context(), "UPDATE deadlines SET number = 0"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 0} {
		if got, err := s.GiveNumbers(t.Context()); got != want || err != nil {
			t.Fatalf("time %d: %d were given, %v", i+1, got, err)
		}
	}
	for i, key := range keys[:3] {
		if got, want := find(t, s, key, "").Number, scheduler.NumberOf(key, "", min(i, 1)); got != want {
			t.Errorf("%s has number %d, want %d", key, got, want)
		}
	}
	if got := find(t, s, keys[3], "").Number; got != 0 {
		t.Errorf("what is not open has number %d", got)
	}
}

// TestRaceNumbers opens deadlines that want one number from several daemons at once: each gets another, and one on
// record keeps its own.
func TestRaceNumbers(t *testing.T) {
	keys := namesakes(racers)
	storetest.Each(t, func(t *testing.T, driver string) {
		s := race(t, driver, nothing, func(s *store.Store, racer int) error {
			for i := range keys { // each in another order
				if _, err := s.Track(
					t.Context(),
					[]scheduler.Deadline{deadline(keys[(i+racer)%len(keys)])},
				); err != nil {
					return err
				}
			}
			return nil
		})
		given := map[int]string{}
		for _, key := range keys {
			n := find(t, s, key, "").Number
			if n == 0 || given[n] != "" {
				t.Errorf("%s has number %d, as %q has", key, n, given[n])
			}
			given[n] = key
		}
	})
}
