package scheduler

import (
	"fmt"

	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
)

// CapError says that a due date lies beyond what extensions may come to. Only a correction goes further.
type CapError struct {
	Cap   rules.Cap
	Limit calendar.Date // the last day to which the deadline may be extended
	Hours bool          // it runs by the hour, and its rule has no cap of its own
}

// Error says how far it may be, and what else there is.
func (e *CapError) Error() string {
	why := e.Cap.Article
	if e.Hours {
		why = "an hour rule without a cap of its own"
	}
	return fmt.Sprintf(
		"the latest possible date is %s (%s; most: %s); to correct a mistake or to follow a court's order, use --correction with a --reason",
		e.Limit,
		why,
		e.Cap.Most,
	)
}

// Chinese says the same to a unit or the office, whose name is given.
func (e *CapError) Chinese(office string) string {
	which := e.Cap.Article + "规定"
	if e.Hours {
		which = "以小时计的事项"
	}
	return fmt.Sprintf(
		"%s最多延期%s，最迟为%s，未作登记。登记有误或者另有法院裁判等情形的，由%s写明理由更正到期日。",
		which,
		e.Cap.Most.Chinese(),
		e.Limit.Chinese(),
		office,
	)
}

// capOf returns how far dl may be extended; false if its rule sets no bound.
func (d *desk) capOf(dl Deadline) (CapError, bool, error) {
	r, ok := d.rule(dl)
	if !ok {
		return CapError{}, false, nil
	}
	c := r.EffectiveCap()
	if c == nil {
		return CapError{}, false, nil
	}
	limit, err := d.Planner.Limit(c, dl.Due)
	if err != nil {
		return CapError{}, false, fmt.Errorf("reckon how far it may be extended: %w", err)
	}
	return CapError{Cap: *c, Limit: limit, Hours: r.Cap == nil}, true, nil
}

// extendable says how far dl may be extended, for a mail; nil where it may not be, or no bound is set.
func (d *desk) extendable(dl Deadline) *compose.Extendable {
	bound, capped, err := d.capOf(dl)
	if err != nil || !capped || dl.State != Open || dl.Paused() || !bound.Limit.After(dl.DueDate()) {
		return nil
	}
	x := compose.Extendable{Latest: bound.Limit.At(0), Own: bound.Cap.By == rules.ByUnit, Note: bound.Cap.Note}
	if !bound.Hours {
		x.Rule = bound.Cap.Chinese()
	}
	return &x
}

// decidesItself reports whether dl's extensions are the unit's own to decide.
func (d *desk) decidesItself(dl Deadline) bool {
	r, ok := d.rule(dl)
	return ok && r.Cap != nil && r.Cap.By == rules.ByUnit
}
