package command

import (
	"cmp"
	"errors"
	"slices"

	"qixian/rules"
	"qixian/rules/calendar"
)

// reckon lists what falls due from one day to another, both inclusive, by the clock and by the events given, in order
// of due date. The error joins those of the rules that cannot be reckoned; what all others make due is returned beside
// it.
func reckon(p *rules.Planner, from, to calendar.Date, events []rules.Event) ([]rules.Occurrence, error) {
	all, err := p.Occurrences(from, to)
	errs := []error{err}
	for _, e := range events {
		started, err := p.OnEvent(e)
		errs = append(errs, err)
		for _, o := range started {
			if !o.Due.Date.Before(from) && !o.Due.Date.After(to) {
				all = append(all, o)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b rules.Occurrence) int {
		return cmp.Or(a.Due.Date.Compare(b.Due.Date), a.Due.Instant.Compare(b.Due.Instant), cmp.Compare(a.Key, b.Key))
	})
	return all, errors.Join(errs...)
}

// ruleErrors takes an error apart into those of single rules, beside which the rest can be shown, and any other.
func ruleErrors(err error) (single []*rules.RuleError, other error) {
	if one, ok := err.(*rules.RuleError); ok { //nolint:errorlint // what joins others is taken apart below
		return []*rules.RuleError{one}, nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil, err
	}
	for _, e := range joined.Unwrap() {
		more, rest := ruleErrors(e)
		single, other = append(single, more...), cmp.Or(other, rest)
	}
	return single, other
}

// leftOut names the rules without which something was shown.
func (s *session) leftOut(single []*rules.RuleError) error {
	for _, e := range single {
		s.note("qixian: left out: %v", e)
	}
	if len(single) > 0 {
		return errReported
	}
	return nil
}
