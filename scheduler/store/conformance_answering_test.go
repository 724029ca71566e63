package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

func completionsTellOnce(t *testing.T, s *store.Store) {
	d := track(t, s, deadline("a"))[0]
	c := closing(completion(d, now))
	c.Told = []scheduler.Reminder{{DeadlineID: d.ID, Stage: "done", Unit: "文庙街道", At: now, State: scheduler.Pending}}
	if err := s.Complete(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	rs := ripe(t, s, now.AddDate(0, 1, 0), false)
	if len(rs) != 1 || rs[0].Reminder.Stage != "done" || rs[0].Deadline.State != scheduler.Done {
		t.Fatalf("told of the end is %+v", rs)
	}
	if ok, err := s.Promise(
		t.Context(),
		now,
		scheduler.Promise{Carried: []int64{rs[0].Reminder.ID}, Messages: []notify.Message{message("told")}},
	); !ok ||
		err != nil {
		t.Fatal(ok, err)
	}
	// Taken back and done again, it is not told again.
	d = find(t, s, "a", "")
	h, err := s.History(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	d.Completions--
	if err := s.Undo(t.Context(), now, scheduler.Undoing{Completion: h.Completions[0], Deadline: d}); err != nil {
		t.Fatal(err)
	}
	again := closing(completion(find(t, s, "a", ""), now.AddDate(0, 0, 1)))
	again.Told = c.Told
	if err := s.Complete(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if rs := ripe(t, s, now.AddDate(0, 1, 0), false); len(rs) > 0 {
		t.Errorf("told again: %+v", rs)
	}
}

func answeringFromBefore(t *testing.T, s *store.Store) {
	lead, none, own := deadline("lead"), deadline("none"), deadline("own")
	none.Lead, own.Unit = nil, "文庙街道"
	track(t, s, lead, none, own)
	if _, err := s.SQL().ExecContext(t.Context(), "UPDATE deadlines SET answering_units = ''"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key, unit string
		want      []string
	}{{"lead", "", lead.Lead}, {"none", "", none.Responsible}, {"own", "文庙街道", []string{"文庙街道"}}} {
		if diff := cmp.Diff(tt.want, find(t, s, tt.key, tt.unit).Answering); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.key, diff)
		}
	}
}
