package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Feed is a calendar of a unit's due dates, to which calendar programs subscribe by a link in its mails. It works until
// the office revokes it; the unit has another from then on.
type Feed struct {
	Unit   string
	Number int    // of the unit's, from 1
	Serial string // random; the link is signed over it, so that it opens nothing by itself, in a backup for instance
	Issued time.Time
	// Revoked is when it was revoked; zero: it works.
	Revoked           time.Time
	RevokedBy, Reason string
}

// Feeds is the store as it remembers which calendars there are.
type Feeds interface {
	// Feeds lists all of them, by unit and number.
	Feeds(ctx context.Context) ([]Feed, error)
	// IssueFeeds records those whose unit and number nobody has recorded yet.
	IssueFeeds(ctx context.Context, fs []Feed) error
	// RevokeFeed records that a feed works no longer. It returns false if there is none or it was revoked before.
	RevokeFeed(ctx context.Context, f Feed, audit Entry) (bool, error)
}

// ErrNoFeed says that a unit has no such feed, or that it was revoked.
var ErrNoFeed = errors.New("no such calendar, or it was revoked")

// feeds makes sure that every unit has a calendar that works, for the mails that this pass writes. A unit that has none
// yet is issued one.
func (p *pass) feeds(ctx context.Context) error {
	if p.o.Links == nil {
		return nil
	}
	for range 2 { // what is issued is read again, as another daemon may have been quicker
		all, err := p.store.Feeds(ctx)
		if err != nil {
			return fmt.Errorf("list calendars: %w", err)
		}
		missing := p.missingFeeds(all)
		if len(missing) == 0 {
			return nil
		}
		if err := p.store.IssueFeeds(ctx, missing); err != nil {
			return fmt.Errorf("issue calendars: %w", err)
		}
	}
	return nil
}

// missingFeeds notes which feeds work and returns new ones for the units that have none.
func (p *pass) missingFeeds(all []Feed) []Feed {
	p.subscribed = map[string]Feed{}
	last := map[string]int{}
	for _, f := range all {
		last[f.Unit] = f.Number
		if f.Revoked.IsZero() {
			p.subscribed[p.unit(f.Unit)] = f
		}
	}
	var missing []Feed
	for _, unit := range keys(p.Catalogue.Units) {
		if _, ok := p.subscribed[unit]; !ok && !p.Catalogue.Units[unit].Group {
			missing = append(missing, Feed{Unit: unit, Number: last[unit] + 1, Serial: rand.Text(), Issued: p.now})
		}
	}
	return missing
}

// UnitFeed is a feed with the link by which programs subscribe to it.
type UnitFeed struct {
	Feed

	URL string // empty: it was revoked
}

// Feeds lists the calendars, those of a unit that is called otherwise now by its name of today: those that work, then
// the revoked ones, the last first.
func (s *Scheduler) Feeds(ctx context.Context) ([]UnitFeed, error) {
	d := s.desk()
	all, err := s.o.Store.Feeds(ctx)
	if err != nil {
		return nil, fmt.Errorf("list calendars: %w", err)
	}
	var work, revoked []UnitFeed
	for _, f := range all {
		u := UnitFeed{Feed: f}
		u.Unit = d.unit(f.Unit)
		if !f.Revoked.IsZero() {
			revoked = append(revoked, u)
			continue
		}
		if d.o.Links != nil {
			u.URL = d.o.Links.Feed(f.Unit, f.Serial)
		}
		work = append(work, u)
	}
	slices.SortStableFunc(revoked, func(a, b UnitFeed) int { return b.Revoked.Compare(a.Revoked) })
	return append(work, revoked...), nil
}

// Subscribed returns the unit whose calendar a feed is, by its name of today. The error is ErrNoFeed, or the store's.
func (s *Scheduler) Subscribed(ctx context.Context, unit, serial string) (string, error) {
	all, err := s.o.Store.Feeds(ctx)
	if err != nil {
		return "", fmt.Errorf("find calendar: %w", err)
	}
	if !slices.ContainsFunc(
		all,
		func(f Feed) bool { return f.Unit == unit && f.Serial == serial && f.Revoked.IsZero() },
	) {
		return "", fmt.Errorf("find calendar of %s: %w", unit, ErrNoFeed)
	}
	return s.desk().unit(unit), nil
}

// RevokeFeed records a person's word that a calendar is to work no longer. Programs that have subscribed to it are told
// so, and the next pass issues another. The error is ErrNoFeed, or the store's.
func (s *Scheduler) RevokeFeed(ctx context.Context, now time.Time, by, serial, reason string) error {
	reason, err := Reason(reason)
	if err != nil {
		return fmt.Errorf("revoke calendar: %w", err)
	}
	all, err := s.o.Store.Feeds(ctx)
	if err != nil {
		return fmt.Errorf("revoke calendar: %w", err)
	}
	i := slices.IndexFunc(all, func(f Feed) bool { return f.Serial == serial && f.Revoked.IsZero() })
	if i < 0 {
		return fmt.Errorf("revoke calendar: %w", ErrNoFeed)
	}
	f := all[i]
	f.Revoked, f.RevokedBy, f.Reason = now, by, reason
	audit := Entry{
		At:     now,
		By:     by,
		Action: "feed.revoke",
		Target: f.Unit,
		Detail: detail(map[string]string{"number": fmt.Sprint(f.Number), "reason": reason}),
	}
	revoked, err := s.o.Store.RevokeFeed(ctx, f, audit)
	if err != nil {
		return fmt.Errorf("revoke calendar: %w", err)
	}
	if !revoked {
		return fmt.Errorf("revoke calendar: %w", ErrNoFeed)
	}
	return nil
}
