package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestSigningKey holds that a database is of one signing key, the first, until another is adopted on record.
func TestSigningKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		s := storetest.Open(t, driver)
		if key, err := s.SigningKey(t.Context()); key != "" || err != nil {
			t.Fatalf("a new database is of key %q, %v", key, err)
		}
		for range 2 {
			if err := s.HoldKey(t.Context(), "11aa"); err != nil {
				t.Fatal(err)
			}
		}
		err := s.HoldKey(t.Context(), "22bb")
		if other, ok := errors.AsType[*store.OtherKeyError](
			err,
		); !ok || other.Database != "11aa" ||
			other.Host != "22bb" {
			t.Fatalf("another key: %v", err)
		}
		if adopted, err := s.AdoptKey(t.Context(), "11aa", entry("key.adopt")); adopted || err != nil {
			t.Errorf("its own key was adopted: %v, %v", adopted, err)
		}
		if adopted, err := s.AdoptKey(t.Context(), "22bb", entry("key.adopt")); !adopted || err != nil {
			t.Fatalf("adopted: %v, %v", adopted, err)
		}
		if err := s.HoldKey(t.Context(), "22bb"); err != nil {
			t.Error(err)
		}
		if err := s.HoldKey(t.Context(), "11aa"); err == nil {
			t.Error("the old key still passes")
		}
		if n := len(rowsOf(t, s, "audit")); n != 1 {
			t.Errorf("%d audit entries", n)
		}
	})
}

// TestRestoreOtherKey refuses the backup of another signing key's database, and leaves nothing behind, unless the
// host's is adopted.
func TestRestoreOtherKey(t *testing.T) {
	directions(t, func(t *testing.T, from, to store.Options) {
		source := storetest.Reopen(t, from)
		if err := source.HoldKey(t.Context(), "11aa"); err != nil {
			t.Fatal(err)
		}
		file := backUp(t, from)
		for _, host := range []string{"", "22bb"} {
			_, err := store.Restore(
				t.Context(),
				to,
				bytes.NewReader(file),
				store.RestoreOptions{Now: now, Resend: time.Minute, Key: store.HostKey{Fingerprint: host}},
			)
			if other, ok := errors.AsType[*store.OtherKeyError](
				err,
			); !ok || other.Database != "11aa" ||
				other.Host != host {
				t.Fatalf("on a host with key %q: %v", host, err)
			}
		}
		adopt := entry("key.adopt")
		if _, err := store.Restore(t.Context(), to, bytes.NewReader(file), store.RestoreOptions{
			Now: now, Resend: time.Minute, Key: store.HostKey{Fingerprint: "22bb", Adopt: &adopt},
		}); err != nil {
			t.Fatal(err)
		}
		s := storetest.Reopen(t, to)
		if key, err := s.SigningKey(t.Context()); key != "22bb" || err != nil {
			t.Errorf("restored, it is of key %q, %v", key, err)
		}
		if n := len(rowsOf(t, s, "audit")); n != 1 {
			t.Errorf("%d audit entries", n)
		}
	})
}
