package store_test

import (
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// doubtsToldOnce keeps one doubt for each message, without words, which changes nothing of it, until a promise has told
// of it.
func doubtsToldOnce(t *testing.T, s *store.Store) {
	one := mailed(t, s, "digest/1", "m1@example.invalid", "a@example.invalid")
	two := mailed(t, s, "digest/2", "m2@example.invalid", "b@example.invalid")
	for i, m := range []notify.Message{one, two, one} {
		b := scheduler.Bounce{
			Status:    []string{"5.1.1", "", "5.2.1"}[i],
			Permanent: true,
			Mailbox:   true,
			Text:      "words of a stranger",
		}
		if fresh, err := s.NoteDoubt(
			t.Context(),
			now.Add(time.Duration(i)*time.Second),
			m,
			b,
		); err != nil ||
			fresh != (i < 2) {
			t.Errorf("doubt %d is new: %t, %v", i, fresh, err)
		}
	}
	if got := byID(t, s, one.MessageID).Message.Ended; got != "" {
		t.Errorf("a doubt has made it %q", got)
	}
	if said, err := s.Said(t.Context(), one); said != "" || err != nil {
		t.Errorf("of a doubt is kept %q, %v", said, err)
	}
	doubts, err := s.Doubts(t.Context(), 10)
	if err != nil || len(doubts) != 2 || doubts[0].Message.Key != one.Key || doubts[0].Status != "5.1.1" ||
		doubts[1].Message.Key != two.Key {
		t.Fatalf("doubts: %+v, %v", doubts, err)
	}
	if some, err := s.Doubts(t.Context(), 1); err != nil || len(some) != 1 {
		t.Errorf("one of them: %+v, %v", some, err)
	}
	told := scheduler.Promise{Messages: []notify.Message{message("trouble/1")}, Doubts: []string{doubts[0].ID}}
	if ok, err := s.Promise(t.Context(), now, told); !ok || err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
	if left, err := s.Doubts(t.Context(), 10); err != nil || len(left) != 1 || left[0].Message.Key != two.Key {
		t.Errorf("still to be told: %+v, %v", left, err)
	}
	// A bounce that counts is another row, and its words are the last ones.
	if fresh, err := s.NoteBounce(
		t.Context(),
		now,
		one,
		scheduler.Bounce{Status: "5.1.1", Permanent: true, Mailbox: true, Text: "550 no such user"},
	); !fresh ||
		err != nil {
		t.Errorf("a bounce that counts is new: %t, %v", fresh, err)
	}
	if said, err := s.Said(t.Context(), one); said != "550 no such user" || err != nil {
		t.Errorf("said: %q, %v", said, err)
	}
}
