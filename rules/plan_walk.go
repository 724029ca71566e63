package rules

import (
	"cmp"
	"errors"
	"fmt"

	"qixian/rules/calendar"
)

// walk goes through the occurrences of a range, and holds the one that is being made.
type walk struct {
	p        *Planner
	from, to calendar.Date // both inclusive
	f        func(*Occurrence)
	o        Occurrence
}

// between goes through the occurrences of one rule that fall due in the range. The error is that of the first period
// that cannot be reckoned; those after it are gone through nonetheless.
func (w *walk) between(s *schedule) error {
	if !s.rule.Interval.IsZero() {
		return w.firstInterval(s)
	}
	var missing error
	for pd := s.rule.earliestPeriod(w.from); !pd.first.IsZero(); pd = pd.next() {
		if first, _ := s.rule.reach(pd); first.AddDays(-longestBreak).After(w.to) {
			break
		}
		missing = cmp.Or(missing, w.within(s, pd))
	}
	return missing
}

// within hands over the occurrence of a rule for one period, if there is one that falls due in the range.
func (w *walk) within(s *schedule, pd period) error {
	if !w.p.applies(s.rule, pd) {
		return nil
	}
	got, err := w.p.inPeriod(s.rule, pd)
	if _, last := s.rule.reach(pd); err != nil && last.Before(w.from) && errors.Is(err, calendar.ErrBeforeCoverage) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reckon %s@%s: %w", s.rule.ID, pd, err)
	}
	if !w.holds(s.rule, got.due.Date) {
		return nil
	}
	w.begin()
	return w.finish(w.p.forPeriod(&w.o, s, pd, got.due))
}

// firstInterval hands over the first occurrence of a rolling interval, which its Since starts, if it falls due in the
// range.
func (w *walk) firstInterval(s *schedule) error {
	if since := s.rule.Since; since.IsZero() || since.After(w.to) {
		return nil
	}
	w.begin()
	err := w.p.sinceFirst(&w.o, s)
	past := errors.Is(err, calendar.ErrBeforeCoverage) &&
		s.rule.Since.AddDays(inSpan(s.rule.Interval, "").days+longestBreak).Before(w.from)
	if past || err == nil && !w.holds(s.rule, w.o.Due.Date) {
		return nil
	}
	return w.finish(err)
}

// holds reports whether a due date lies in the range and in the rule's validity.
func (w *walk) holds(r *Rule, due calendar.Date) bool {
	return !due.Before(w.from) && !due.After(w.to) && r.validOn(due)
}

// begin makes room for the next occurrence, where the last one was.
func (w *walk) begin() { w.o = Occurrence{Reminders: w.o.Reminders[:0]} }

// finish hands over the occurrence, unless making it has failed.
func (w *walk) finish(err error) error {
	if err == nil {
		w.f(&w.o)
	}
	return err
}
