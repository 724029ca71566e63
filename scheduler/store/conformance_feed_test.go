package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qixian/scheduler"
	"qixian/scheduler/store"
)

func feedsOnce(t *testing.T, s *store.Store) {
	has := func(want ...scheduler.Feed) {
		t.Helper()
		got, err := s.Feeds(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	issue := func(fs ...scheduler.Feed) {
		t.Helper()
		if err := s.IssueFeeds(t.Context(), fs); err != nil {
			t.Fatal(err)
		}
	}
	has()
	first := scheduler.Feed{Unit: "县环保局", Number: 1, Serial: "A", Issued: now}
	other := scheduler.Feed{Unit: "县财政局", Number: 1, Serial: "B", Issued: now}
	issue(first)
	late := first // another daemon has found none either
	late.Serial = "C"
	issue(late, other)
	has(first, other)

	revoked := first
	revoked.Revoked, revoked.RevokedBy, revoked.Reason = now.Add(time.Hour), "office:主任", "误转"
	again := revoked
	again.Revoked, again.RevokedBy = now.Add(2*time.Hour), "root"
	unknown := revoked
	unknown.Number = 7
	for _, tt := range []struct {
		f    scheduler.Feed
		want bool
	}{{revoked, true}, {again, false}, {unknown, false}} {
		if got, err := s.RevokeFeed(t.Context(), tt.f, entry("feed.revoke")); err != nil || got != tt.want {
			t.Errorf("revoking %+v: %t, %v", tt.f, got, err)
		}
	}
	second := scheduler.Feed{Unit: "县环保局", Number: 2, Serial: "D", Issued: now.Add(time.Hour)}
	issue(second)
	has(revoked, second, other)
	if trail := auditTrail(t, s); len(trail) != 1 {
		t.Errorf("the audit trail has %v", trail)
	}
	if err := s.IssueFeeds(
		t.Context(),
		[]scheduler.Feed{{Unit: strings.Repeat("长", 200), Number: 1, Serial: "E"}},
	); err == nil {
		t.Error("a unit whose name does not fit is taken")
	}
}
