package store_test

import (
	"errors"
	"testing"
	"time"

	"qixian/scheduler"
	"qixian/scheduler/store"
)

// eventsStopClocks holds that an event and what it does to clocks are recorded together or not at all, that what stands
// is neither late nor missed, extended or not, and that a withdrawal names the event whose deadlines follow.
func eventsStopClocks(t *testing.T, s *store.Store) {
	first, stop := event("e0000000001", now), event("e0000000002", now)
	plain, extended := deadline("a@"+first.ID), deadline("b@"+first.ID)
	plain.Event, extended.Event = first.ID, first.ID
	extended.ExtendedTo = day(10, 31)
	both := []scheduler.Deadline{plain, extended}
	if err := s.AddEvents(t.Context(), []scheduler.Event{first}, both, nil, nil); err != nil {
		t.Fatal(err)
	}
	after := time.Date(2018, time.December, 3, 9, 0, 0, 0, now.Location())
	counts := func(what string, want int) {
		t.Helper()
		c, err := s.Condition(t.Context(), after)
		tally, tallyErr := s.Tally(t.Context(), day(9, 1), day(10, 31))
		if err != nil || tallyErr != nil || c.Late != want || tally.Missed != want {
			t.Errorf("%s: %d late, %d missed, want %d (%v, %v)", what, c.Late, tally.Missed, want, err, tallyErr)
		}
	}
	counts("running", 2)
	paused := func() []scheduler.Deadline {
		ds := []scheduler.Deadline{find(t, s, plain.Key, plain.Unit), find(t, s, extended.Key, extended.Unit)}
		for i := range ds {
			ds[i].PausedSince, ds[i].Stood, ds[i].Reminders = day(9, 25), 3, nil
		}
		return ds
	}
	stale := paused()
	stale[1].Version--
	err := s.AddEvents(t.Context(), []scheduler.Event{stop}, nil, stale, nil)
	if es, _ := s.Events(t.Context(), 0); !errors.Is(err, scheduler.ErrStale) || len(es) != 1 {
		t.Errorf("of another version: %v, %d events", err, len(es))
	}
	counts("refused", 2)
	if err := s.AddEvents(
		t.Context(),
		[]scheduler.Event{stop},
		nil,
		paused(),
		[]scheduler.Entry{entry("event.add")},
	); err != nil {
		t.Fatal(err)
	}
	counts("standing", 0)
	ds := paused()
	for i := range ds {
		got := find(t, s, ds[i].Key, ds[i].Unit)
		if got.PausedSince != day(9, 25) || got.Stood != 3 ||
			len(got.Reminders) > 0 && got.Reminders[0].State == scheduler.Pending {
			t.Errorf("kept as %+v", got)
		}
		ds[i].PausedSince, ds[i].Stood = plain.PausedSince, 0
	}
	stop.Withdrawn, stop.Reason = now, "误录"
	change := scheduler.EventChange{Event: stop, Of: first.ID, Moved: ds[:1]}
	if err := s.ChangeEvent(t.Context(), now, change); !errors.Is(err, scheduler.ErrStale) {
		t.Errorf("one is left out: %v", err)
	}
	change.Moved = ds
	if err := s.ChangeEvent(t.Context(), now, change); err != nil {
		t.Fatal(err)
	}
	counts("running again", 2)
}
