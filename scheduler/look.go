package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
)

// View is one deadline, and all that there is to say of it.
type View struct {
	Row
	Duty           string // the clause, quoted, with where it is in the table
	Basis, Assumed string // as the rule or its obligation has them
	Note           string // likewise
	Asks           string // what the unit does and reports
	Act            rules.Act
	Occasion       string              // what started its clock, with title, number and time; empty for a period's
	Why            string              // why it is due then, zh-CN
	Paused         string              // since when its clock stands, and why, zh-CN; empty: it runs
	Provisional    string              // why the date may move yet; empty: it will not
	Answers        bool                // the unit may report it done, or ask for more time
	OnShow         bool                // it closes itself
	Late           bool                // open, and due no more
	Extend         *compose.Extendable // how far it may be extended; nil: no bound is set, or it may not be
	History        History
	Asked          Request // for a later due date, waiting for an answer; its zero value: none
}

// Look returns the deadline with this key as the unit sees it. It fails with ErrNotFound if the unit is told of none.
func (s *Scheduler) Look(ctx context.Context, now time.Time, key, unit string) (View, error) {
	d := s.desk()
	unit = d.unit(unit)
	v, err := s.look(ctx, d, now, key, func(dl Deadline) bool {
		return slices.Contains(dl.Told(), unit) && (dl.Unit == "" || dl.Unit == unit)
	})
	if err != nil {
		return View{}, fmt.Errorf("look at %s: %w", key, err)
	}
	v.Answers = v.Deadline.Answers(unit)
	if v.Asked.ID != "" && d.unit(v.Asked.Unit) != unit {
		v.Asked = Request{}
	}
	return v, nil
}

// Inspect returns the deadline with this key, with per: unit that of the unit, as the office sees it, who answers for
// everybody.
func (s *Scheduler) Inspect(ctx context.Context, now time.Time, key, unit string) (View, error) {
	v, err := s.look(ctx, s.desk(), now, key, func(dl Deadline) bool { return dl.Unit == unit })
	if err != nil {
		return View{}, fmt.Errorf("inspect %s: %w", key, err)
	}
	v.Answers = true
	return v, nil
}

// look is what Look and Inspect have in common: all but who answers.
func (s *Scheduler) look(
	ctx context.Context,
	d *desk,
	now time.Time,
	key string,
	which func(Deadline) bool,
) (View, error) {
	if err := s.loadAddresses(ctx, d); err != nil {
		return View{}, err
	}
	if err := s.loadEvents(ctx, d); err != nil {
		return View{}, err
	}
	ds, err := s.o.Store.Find(ctx, key, "")
	if err != nil {
		return View{}, err
	}
	i := slices.IndexFunc(ds, which)
	if i < 0 {
		return View{}, ErrNotFound
	}
	dl := ds[i]
	v := View{Row: d.row(dl, now, nil), Act: d.asks(dl), OnShow: d.onShow(dl)}
	v.Late = dl.State == Open && dl.IsLate(now) && !v.OnShow
	it := d.item(dl, now)
	v.Paused, v.Extend = it.Paused, it.Extend
	v.Duty, v.Basis, v.Assumed, v.Note = compose.Source(it), it.Basis, it.Assumed, it.Note
	v.Asks, v.Why, v.Provisional = compose.Asks(it), it.Why, it.Provisional
	v.Occasion = compose.Occasion(it)
	if v.History, err = s.o.Store.History(ctx, dl.ID); err != nil {
		return View{}, err
	}
	rs, err := s.Requests(ctx)
	if err != nil {
		return View{}, err
	}
	for _, r := range rs {
		if r.Deadline.ID == dl.ID {
			v.Asked = r
		}
	}
	return v, nil
}

// Mail returns a message as it was written, by the key that a reminder has of it, or ErrNotFound.
func (s *Scheduler) Mail(ctx context.Context, key string) (notify.Message, error) {
	m, err := s.o.Store.Mail(ctx, key)
	if err != nil {
		return notify.Message{}, fmt.Errorf("show mail: %w", err)
	}
	return m, nil
}
