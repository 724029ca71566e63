package scheduler

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qixian/rules"
)

// The reasons for which a person's word about a deadline is refused, beside what it says itself.
var (
	ErrNotFound     = errors.New("no such deadline")
	ErrClosed       = errors.New("not open any more")
	ErrNotAnswering = errors.New("only the answering unit closes it")
	ErrOnShow       = errors.New("on show")
	ErrRepeated     = errors.New("on record already")
)

// ErrStale says that a deadline was changed after it was read: what was decided about it is to be decided anew.
var ErrStale = errors.New("changed by somebody else in the meantime")

// maxTries bounds how often something is decided anew. Whenever one who decides finds that he was too late another was
// in time, so it is the number of those who may meet.
const maxTries = 10

// decide runs f, which reads, decides and writes, until what it has read still holds as it writes.
func decide(f func() error) error {
	var err error
	for range maxTries {
		if err = f(); !errors.Is(err, ErrStale) {
			return err
		}
	}
	return err
}

// Completed is what a completion came to.
type Completed struct {
	Deadline Deadline   // as it was before
	Closed   bool       // false: a quota that needs more
	Late     bool       // 逾期办结
	Opened   []Deadline // by what follows from it: a later step, the next interval
}

// Complete records a unit's word that the duty of the deadline with this key is met, with what it asks:
// the published URL or, where nothing is published online, a note; a note and no link where it is handled; or, where it
// is prepared, a note or nothing. With per: unit the unit is needed, unless only one deadline is open; otherwise
// it must be one that answers, if it is given. A link that [PublishedLink] refuses is a
// RefusedLink.
func (s *Scheduler) Complete(ctx context.Context, now time.Time, by, key, unit, link, note string) (Completed, error) {
	wrong := s.checkClock(ctx, now)
	if wrong != nil && !errors.Is(wrong, ErrClock) {
		return Completed{}, fmt.Errorf("complete %s: %w", key, wrong)
	}
	return s.completeBy(ctx, now, wrong, by, key, unit, link, note)
}

// completeBy is Complete where it is known whether the clock is wrong: by one that is, nothing is opened that follows.
func (s *Scheduler) completeBy(
	ctx context.Context,
	now time.Time,
	wrong error,
	by, key, unit, link, note string,
) (Completed, error) {
	note, err := Plain(note)
	if err != nil {
		return Completed{}, fmt.Errorf("complete %s: note: %w", key, err)
	}
	d := s.desk()
	if err := s.loadEvents(ctx, d); err != nil {
		return Completed{}, fmt.Errorf("complete %s: %w", key, err)
	}
	var done Completed
	err = decide(func() (err error) {
		done, err = s.complete(ctx, d, now, wrong, by, key, unit, link, note)
		return err
	})
	if err != nil {
		return Completed{}, fmt.Errorf("complete %s: %w", key, err)
	}
	return done, nil
}

// complete is one try of Complete.
func (s *Scheduler) complete(
	ctx context.Context,
	d *desk,
	now time.Time,
	wrong error,
	by, key, unit, link, note string,
) (Completed, error) {
	dl, err := s.pick(ctx, d, key, unit)
	if err != nil {
		return Completed{}, err
	}
	note = d.noteOr(dl, link, note)
	if err := d.mayComplete(dl, now, link, note); err != nil {
		return Completed{}, err
	}
	if link != "" {
		if link, err = PublishedLink(link); err != nil {
			return Completed{}, err
		}
	}
	if dl.Completions > 0 {
		said, err := s.o.Store.History(ctx, dl.ID)
		if err != nil {
			return Completed{}, fmt.Errorf("read completions: %w", err)
		}
		if err := repeated(said.Completions, link, note); err != nil {
			return Completed{}, err
		}
	}
	who := dl.Unit
	if who == "" && unit != "" {
		who, _ = d.Catalogue.Canonical(unit)
	}
	if who == "" && len(dl.Answering) == 1 {
		who = dl.Answering[0]
	}
	var c Closing
	if err := d.close(&c, dl, Completion{At: now, By: by, Unit: who, URL: link, Note: note}); err != nil {
		return Completed{}, err
	}
	if wrong != nil && len(c.Follow) > 0 {
		return Completed{}, wrong
	}
	if err := s.o.Store.Complete(ctx, c); err != nil {
		return Completed{}, fmt.Errorf("record completion: %w", err)
	}
	return Completed{
		Deadline: dl,
		Closed:   dl.Completions+1 >= dl.Needed,
		Late:     c.Completions[0].Late,
		Opened:   c.Follow,
	}, nil
}

// pick returns the one open deadline that a person means by a key and a unit.
func (s *Scheduler) pick(ctx context.Context, d *desk, key, unit string) (Deadline, error) {
	if unit != "" {
		canonical, ok := d.Catalogue.Canonical(unit)
		if !ok {
			return Deadline{}, fmt.Errorf("unknown unit %q%s", unit, suggestion(unit, keys(d.Catalogue.Units)))
		}
		unit = canonical
	}
	all, err := s.o.Store.Find(ctx, key, "")
	if err != nil {
		return Deadline{}, fmt.Errorf("find deadline: %w", err)
	}
	if len(all) == 0 {
		if _, err := d.Planner.Find(key, nil); err != nil {
			return Deadline{}, fmt.Errorf("%w: %w", ErrNotFound, err)
		}
		return Deadline{}, fmt.Errorf("%w: it is not tracked", ErrNotFound)
	}
	if all[0].Unit == "" && all[0].State != Open && len(all) > 1 { // what all had to do is now each unit's own
		all = all[1:]
	}
	if all[0].Unit != "" {
		return pickUnit(all, unit)
	}
	dl := all[0]
	if dl.State != Open {
		return Deadline{}, closedError(dl)
	}
	if unit != "" && !dl.Answers(unit) {
		return Deadline{}, fmt.Errorf("%w: %s, not %s", ErrNotAnswering, strings.Join(dl.Answering, ", "), unit)
	}
	return dl, nil
}

// pickUnit picks among the deadlines of units.
func pickUnit(all []Deadline, unit string) (Deadline, error) {
	var open []Deadline
	var units []string
	for _, dl := range all {
		switch {
		case unit == dl.Unit && dl.State != Open:
			return Deadline{}, closedError(dl)
		case unit == dl.Unit:
			return dl, nil
		case dl.State == Open:
			open = append(open, dl)
			units = append(units, dl.Unit)
		}
	}
	switch {
	case unit != "":
		return Deadline{}, fmt.Errorf("%w of %s; open for: %s", ErrNotFound, unit, strings.Join(units, ", "))
	case len(open) == 0:
		return Deadline{}, ErrClosed
	case len(open) > 1:
		return Deadline{}, fmt.Errorf(
			"each unit answers for itself; give its number, or with --unit name one of: %s",
			strings.Join(units, ", "),
		)
	}
	return open[0], nil
}

func closedError(dl Deadline) error {
	return fmt.Errorf("%w: %s since %s", ErrClosed, dl.State, dl.ClosedAt.Format(time.DateOnly))
}

// mayComplete says why a completion is refused, if it is.
func (d *desk) mayComplete(dl Deadline, now time.Time, link, note string) error {
	if d.onShow(dl) && !dl.IsLate(now) {
		return fmt.Errorf("%w until the end of %s; it closes itself after that", ErrOnShow, dl.DueDate())
	}
	return d.wrongReport(dl, link, note)
}

// repeated refuses a completion that is on record, so that one publication does not count for two.
func repeated(said []Completion, link, note string) error {
	for _, c := range said {
		what := link
		switch {
		case link != "" && samePage(c.URL, link):
		case link == "" && c.URL == "" && strings.TrimSpace(c.Note) == note:
			what = strconv.Quote(note)
		default:
			continue
		}
		return fmt.Errorf(
			"%s is %w, since %s by %s; each publication counts once",
			what,
			ErrRepeated,
			c.At.Format(time.DateOnly),
			c.By,
		)
	}
	return nil
}

// close adds a completion of dl. If it meets the duty, and a rule counts from that, its done: event is started too.
func (d *desk) close(c *Closing, dl Deadline, word Completion) error {
	word.DeadlineID, word.Version = dl.ID, dl.Version
	word.Late = dl.IsLate(word.At) && !d.onShow(dl)
	c.Completions = append(c.Completions, word)
	c.Audit = append(
		c.Audit,
		entry(word.At, word.By, "done", dl, map[string]string{"unit": word.Unit, "url": word.URL, "note": word.Note}),
	)
	if dl.Completions+1 < dl.Needed {
		return nil
	}
	return d.follow(c, dl, word.At, word.By)
}

// follow adds what follows from dl's being done: who else is told, and what its done: event starts.
func (d *desk) follow(c *Closing, dl Deadline, at time.Time, by string) error {
	for _, u := range dl.leading() {
		c.Told = append(c.Told, Reminder{DeadlineID: dl.ID, Stage: doneStage, Unit: u, At: at, State: Pending})
	}
	e := rules.Event{
		Trigger:   rules.DoneTrigger + dl.Rule,
		At:        at.Truncate(time.Second),
		Unit:      dl.Unit,
		Ref:       dl.Key,
		Title:     dl.Title,
		Announced: at,
	}
	if e.Unit == "" {
		e.Unit = d.events[dl.Event].Unit
	}
	os, err := d.Planner.OnEvent(e)
	if err != nil {
		return fmt.Errorf("compute what follows %s: %w", dl.Key, err)
	}
	if len(os) == 0 {
		return nil
	}
	c.Started = append(c.Started, Event{ID: e.ID(), Event: e, RecordedAt: at, By: by})
	for _, o := range os {
		c.Follow = append(c.Follow, d.deadlines(o, at)...)
	}
	return nil
}
