package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	batch    = 8  // mails fetched at once
	maxTries = 10 // readings that one mail may fail
)

// mark is how far a mailbox has been read: up to and including the mail UID, as long as the mailbox is the same (RFC
// 9051 section 2.3.1.1).
type mark struct {
	Validity uint32
	UID      imap.UID
}

func (m mark) String() string { return fmt.Sprintf("%d:%d", m.Validity, m.UID) }

// parseMark reads what String has written; anything else is a mailbox that was never read.
func parseMark(s string) mark {
	var m mark
	if _, err := fmt.Sscanf(s, "%d:%d", &m.Validity, &m.UID); err != nil {
		return mark{}
	}
	return m
}

// Read hands over everything that is new, in the order of arrival, and returns. The bookmark follows each mail that the
// handler has taken, so that a reading which is cut off anywhere goes on where it stopped. Any error says that there
// may be more: the server's, the handler's or ctx's.
func (r *Reader) Read(ctx context.Context, now time.Time) (Report, error) {
	var report Report
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	text, err := r.o.Bookmark.Setting(ctx, r.o.Name)
	if err != nil {
		return report, fmt.Errorf("read bookmark: %w", err)
	}
	s, err := r.open(ctx)
	if err != nil {
		return report, err
	}
	defer s.close()
	from := parseMark(text)
	if from.Validity != s.validity {
		if from.Validity != 0 {
			r.log.Warn("mailbox was made anew, its last days are read again", "days", int(r.o.Back.Hours()/24))
		}
		from = mark{Validity: s.validity}
	}
	uids, err := s.after(from.UID, now.Add(-r.o.Back))
	if err != nil {
		return report, err
	}
	for rest := uids; len(rest) > 0; {
		n := min(batch, len(rest))
		if rest[0] <= r.careful.UID && s.validity == r.careful.Validity {
			n = 1
		}
		if err := r.takeAll(ctx, now, s, rest[:n], &report); err != nil {
			return report, err
		}
		rest = rest[n:]
	}
	if len(uids) > 0 {
		from.UID = uids[len(uids)-1]
	}
	if s.end > from.UID { // what lies further back is not news
		return report, r.advance(ctx, mark{s.validity, s.end})
	}
	return report, nil
}

// takeAll fetches mails and takes each. If the server stumbles over one of several, the next reading asks for them one
// by one.
func (r *Reader) takeAll(ctx context.Context, now time.Time, s *session, uids []imap.UID, report *Report) error {
	last := mark{s.validity, uids[len(uids)-1]}
	mails, err := s.fetch(uids)
	switch {
	case err != nil && len(uids) > 1:
		r.careful = last
		return err
	case err != nil:
		return r.setback(ctx, last, err, report)
	}
	for _, m := range mails {
		if err := r.take(ctx, now, m, mark{s.validity, m.uid}, report); err != nil {
			return err
		}
	}
	return r.advance(ctx, last)
}

// take sorts one mail and hands it over. An error says that it must come again.
func (r *Reader) take(ctx context.Context, now time.Time, m mail, at mark, report *Report) error {
	v, err := r.read(m, now)
	if err != nil {
		r.log.Warn("mail skipped: it cannot be read", "uid", m.uid, "error", err)
		report.Skipped++
		return nil
	}
	if err := r.hand(ctx, now, v); err != nil {
		return r.setback(ctx, at, fmt.Errorf("handle mail %d: %w", m.uid, err), report)
	}
	report.count(v.kind)
	r.log.Debug("mail read", "uid", m.uid, "kind", v.kind, "because", v.why)
	if v.nobody {
		r.log.Warn("mail ignored: it is not from one plain address", "uid", m.uid)
	}
	if v.stray {
		r.log.Info("bounce that names no message of ours", "uid", m.uid, "status", v.bounce.Status, "because", v.why)
	}
	if v.kind != KindBounce && v.kind != KindReply {
		return nil
	}
	return r.advance(ctx, at)
}

// read takes one mail apart. A library that panics over it is an error of this mail alone.
func (r *Reader) read(m mail, now time.Time) (v verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	l, err := parse(m.raw)
	if err != nil {
		return v, err
	}
	at := m.at
	if at.IsZero() { // otherwise it is the server's, by whatever clock: the same at every reading
		at = now
	}
	return r.sort.sort(l, at.In(now.Location())), nil
}

func (r *Reader) hand(ctx context.Context, now time.Time, v verdict) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	switch v.kind {
	case KindBounce:
		return r.o.Handler.Bounced(ctx, now, v.bounce)
	case KindReply:
		return r.o.Handler.Replied(ctx, now, v.reply)
	}
	return nil
}

// setback returns the error of one mail, so that it is read again, until that has failed too often; then the mail is
// skipped, if the bookmark can be written and so the database is not what is ill.
func (r *Reader) setback(ctx context.Context, at mark, err error, report *Report) error {
	if r.stuck.at != at {
		r.stuck.at, r.stuck.tries = at, 0
	}
	r.stuck.tries++
	if r.stuck.tries < maxTries || ctx.Err() != nil || r.advance(ctx, at) != nil {
		return err
	}
	r.log.Error("mail skipped: it was tried too often", "uid", at.UID, "tries", r.stuck.tries, "error", err)
	report.Skipped++
	return nil
}

func (r *Reader) advance(ctx context.Context, to mark) error {
	if err := r.o.Bookmark.SetSetting(ctx, r.o.Name, to.String()); err != nil {
		return fmt.Errorf("write bookmark: %w", err)
	}
	return nil
}
