package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
)

// RequestState is where a request for an extension stands.
type RequestState string

// The states of a request.
const (
	Asked    RequestState = "asked"    // the office has not answered
	Granted  RequestState = "granted"  // its deadline was extended, if perhaps to another day
	Refused  RequestState = "refused"  //
	Replaced RequestState = "replaced" // the unit has asked for another day since
	Lapsed   RequestState = "lapsed"   // its deadline was closed before the office was told
)

// Request (延期申请) is a unit's wish for a later due date. An extension moves a statutory duty, so that it is the office's
// to grant.
type Request struct {
	ID       string // derived from deadline, unit, day and time
	Deadline Deadline
	Unit     string // who asks
	To       calendar.Date
	Reason   string
	By       string
	At       time.Time
	State    RequestState
	Decided  time.Time // when the office answered, or it was replaced; zero before
	Remark   string    // why it was refused
}

// RequestFilter narrows a list of requests; its zero value is all that wait for the office's answer and whose deadlines
// are open.
type RequestFilter struct {
	ID     string // this one, in any state
	Untold bool   // those that somebody must be told of yet: of what is asked the office, of a refusal the unit
}

// RequestBound is how many requests there may be since a moment: the office gets a mail of each.
type RequestBound struct {
	Since      time.Time // exclusive
	OfDeadline int       // of one unit about one deadline
	OfUnit     int       // of one unit
}

// requestBound is that of one hour.
func requestBound(now time.Time) RequestBound {
	return RequestBound{Since: now.Add(-time.Hour), OfDeadline: 3, OfUnit: 30}
}

// Requests is the store as it remembers requests for extensions.
type Requests interface {
	// AddRequest records a request, in the place of one for the same deadline that waits for an answer. It reports
	// false if it is on record already, and fails with ErrOften where there are as many as may be.
	AddRequest(ctx context.Context, r Request, most RequestBound, audit Entry) (bool, error)
	// Requests lists requests, with their deadlines, in the order of time.
	Requests(ctx context.Context, f RequestFilter) ([]Request, error)
	// DecideRequest gives a request that waits for an answer another state. It reports false if it has one already. A
	// grant is not recorded so, but by Extend, which grants what waits for its deadline in the same transaction.
	DecideRequest(
		ctx context.Context,
		now time.Time,
		id string,
		state RequestState,
		remark string,
		audit Entry,
	) (bool, error)
}

// The reasons for which a request is refused without asking the office, or cannot be answered.
var (
	ErrLate      = errors.New("late already")
	ErrNoRequest = errors.New("no such request")
	ErrDecided   = errors.New("answered already")
	ErrFar       = errors.New("more than a year ahead")
	ErrOften     = errors.New("asked too often within an hour; what was asked last stands")
)

// RequestExtension records that a unit asks for a later due date of the open deadline with this key. The next pass
// tells the office. Where the rule's cap lets the unit decide, it is extended at once instead, and the request that is
// returned is granted. It must be asked before due; with per: unit by the unit itself, otherwise by one that answers.
// Asking the same at the same moment again is asking once; asking more than three times an hour about one deadline, or
// thirty times about all of a unit's, fails with ErrOften.
func (s *Scheduler) RequestExtension(
	ctx context.Context,
	now time.Time,
	by, key, unit string,
	to calendar.Date,
	reason string,
) (Request, error) {
	reason, err := Reason(reason)
	if err != nil {
		return Request{}, fmt.Errorf("request extension of %s: %w", key, err)
	}
	d := s.desk()
	dl, err := s.pick(ctx, d, key, unit)
	if err != nil {
		return Request{}, fmt.Errorf("request extension of %s: %w", key, err)
	}
	if err := d.mayAsk(dl, now, to); err != nil {
		return Request{}, fmt.Errorf("request extension of %s: %w", key, err)
	}
	if d.decidesItself(dl) {
		own := Extension{To: to, Reason: reason, By: by, Own: true}
		if dl, err = s.extendBy(ctx, now, own, key, unit); err != nil {
			return Request{}, err
		}
		return Request{
			Deadline: dl,
			Unit:     unit,
			To:       to,
			Reason:   reason,
			By:       by,
			At:       now,
			State:    Granted,
			Decided:  now,
		}, nil
	}
	r := Request{
		ID: requestID(
			dl,
			unit,
			to,
			now,
		),
		Deadline: dl,
		Unit:     unit,
		To:       to,
		Reason:   reason,
		By:       by,
		At:       now,
		State:    Asked,
	}
	audit := entry(
		now,
		by,
		"extend.request",
		dl,
		map[string]string{"id": r.ID, "unit": unit, "to": to.String(), "reason": r.Reason},
	)
	if _, err := s.o.Store.AddRequest(ctx, r, requestBound(now), audit); err != nil {
		return Request{}, fmt.Errorf("request extension of %s: %w", key, err)
	}
	return r, nil
}

func requestID(dl Deadline, unit string, to calendar.Date, now time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%d", dl.Key, dl.Unit, unit, to, now.UnixMilli()))
	return hex.EncodeToString(sum[:8])
}

// mayAsk says why an extension cannot even be asked for, if it cannot.
func (d *desk) mayAsk(dl Deadline, now time.Time, to calendar.Date) error {
	if dl.IsLate(now) && !d.onShow(dl) {
		return ErrLate
	}
	if to.After(calendar.DateOf(now).AddMonths(12)) {
		return ErrFar
	}
	return d.mayExtend(dl, calendar.DateOf(now), to)
}

// Grant extends a request's deadline to the day asked for. Everybody told of it learns of that in a correction. It
// fails with ErrDecided if the office has answered already.
func (s *Scheduler) Grant(ctx context.Context, now time.Time, by, id string) (Request, error) {
	r, err := s.asked(ctx, id)
	if err != nil {
		return Request{}, fmt.Errorf("grant request %s: %w", id, err)
	}
	reason, _ := Plain(r.Reason) // one from before there was a bound is cut off
	if _, err := s.Extend(ctx, now, by, r.Deadline.Key, r.Deadline.Unit, r.To, reason); err != nil {
		return Request{}, fmt.Errorf("grant request %s: %w", id, err)
	}
	r.State, r.Decided = Granted, now
	return r, nil
}

// Refuse answers a request with no, for a reason, which the next pass tells the unit. It fails with ErrDecided if the
// office has answered already.
func (s *Scheduler) Refuse(ctx context.Context, now time.Time, by, id, reason string) (Request, error) {
	reason, err := Reason(reason)
	if err != nil {
		return Request{}, fmt.Errorf("refuse request %s: %w", id, err)
	}
	r, err := s.asked(ctx, id)
	if err != nil {
		return Request{}, fmt.Errorf("refuse request %s: %w", id, err)
	}
	audit := entry(now, by, "extend.refuse", r.Deadline, map[string]string{"id": id, "unit": r.Unit, "reason": reason})
	decided, err := s.o.Store.DecideRequest(ctx, now, id, Refused, reason, audit)
	if err != nil {
		return Request{}, fmt.Errorf("refuse request %s: %w", id, err)
	}
	if !decided {
		return Request{}, fmt.Errorf("refuse request %s: %w", id, ErrDecided)
	}
	r.State, r.Decided, r.Remark = Refused, now, reason
	return r, nil
}

// RequestFor returns the request about the deadline with this key that waits for the office's answer. With per: unit
// the unit is needed if several wait.
func (s *Scheduler) RequestFor(ctx context.Context, key, unit string) (Request, error) {
	rs, err := s.Requests(ctx)
	if err != nil {
		return Request{}, err
	}
	var found []Request
	for _, r := range rs {
		if r.Deadline.Key == key && (unit == "" || unit == r.Unit) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return Request{}, fmt.Errorf("%w: no unit waits for an answer about %s", ErrNoRequest, key)
	case 1:
		return found[0], nil
	}
	return Request{}, fmt.Errorf("%d units ask for an extension of %s; name one", len(found), key)
}

// Requests lists the requests that wait for the office's answer, in the order of time.
func (s *Scheduler) Requests(ctx context.Context) ([]Request, error) {
	rs, err := s.o.Store.Requests(ctx, RequestFilter{})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return rs, nil
}

// asked returns a request that waits for an answer.
func (s *Scheduler) asked(ctx context.Context, id string) (Request, error) {
	rs, err := s.o.Store.Requests(ctx, RequestFilter{ID: id})
	switch {
	case err != nil:
		return Request{}, err
	case len(rs) == 0:
		return Request{}, ErrNoRequest
	case rs[0].State != Asked:
		return Request{}, fmt.Errorf("%w: %s", ErrDecided, rs[0].State)
	}
	return rs[0], nil
}

// tellRequests tells the office what units ask of it, and units what it has refused: at once where an hour rule's time
// runs, in working hours otherwise.
func (p *pass) tellRequests(ctx context.Context) error {
	rs, err := p.store.Requests(ctx, RequestFilter{Untold: true})
	if err != nil {
		return fmt.Errorf("list requests: %w", err)
	}
	var errs []error
	for _, r := range rs {
		switch {
		case r.State == Asked && r.Deadline.State != Open:
			_, err = p.store.DecideRequest(
				ctx,
				p.now,
				r.ID,
				Lapsed,
				"",
				entry(p.now, self, "extend.lapse", r.Deadline, map[string]string{"id": r.ID}),
			)
		case p.atWork(p.now) || r.Deadline.ByHour():
			err = p.tellRequest(ctx, r)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("tell of request %s: %w", r.ID, err))
		}
	}
	return errors.Join(errs...)
}

// The first words of the keys of letters about requests.
const (
	requestKey = "request/"
	outcomeKey = "outcome/"
)

// tellRequest promises the letter about one request. A unit that cannot be reached goes without: the office, which has
// refused, knows.
func (p *pass) tellRequest(ctx context.Context, r Request) error {
	if err := p.s.loadEvents(ctx, p.desk); err != nil {
		return err
	}
	r.Unit = p.unit(r.Unit)
	told := Promise{Requests: []string{r.ID}}
	if r.State == Asked {
		dr := draft{key: requestKey + r.ID, letter: p.letter(notify.Request, p.o.Office, p.now), promise: told}
		it := p.item(r.Deadline, p.now)
		it.For = r.Unit
		dr.letter.Items = []compose.Item{it}
		dr.letter.Request = &compose.Request{To: r.To.At(0), Reason: r.Reason, At: r.At}
		return p.promise(ctx, []draft{dr})
	}
	if !p.reachable(r.Unit) {
		return p.promise(ctx, []draft{{promise: told}})
	}
	told.Lines = []Line{{Key: r.Deadline.Key}}
	dr := draft{key: outcomeKey + r.ID, letter: p.letter(notify.Answer, r.Unit, p.now), promise: told}
	dr.letter.Headline, dr.letter.Acts = "延期申请未获同意", p.actsOf(told.Lines)
	dr.letter.Answers = []compose.Answered{{
		Said:   fmt.Sprintf("%s延期至%s：%s", p.title(r.Deadline, p.now), r.To.Chinese(), r.Reason),
		Became: fmt.Sprintf("%s未同意：%s。到期日仍为%s。", p.o.Office, strings.TrimRight(r.Remark, "。"), r.Deadline.DueChinese()),
	}}
	return p.promise(ctx, []draft{dr})
}

// title names a deadline as mails do.
func (d *desk) title(dl Deadline, now time.Time) string { return compose.Name(d.item(dl, now), now) }
