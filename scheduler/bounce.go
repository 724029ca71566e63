package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"qixian/notify"
)

// Bounce is a mail server's word that a message of ours could not be delivered, or not yet (RFC 3464).
type Bounce struct {
	MessageID string // ours, without angle brackets
	Recipient string // whom the server could not reach, as it says; may be behind a forwarding, or empty
	Status    string // RFC 3463: 5.1.1; empty if the server gave none
	Permanent bool   // it will not be tried again, whatever the status
	Text      string // the server's words
	Mailbox   bool   // the words are about the mailbox itself: it does not exist, or was closed
	Signed    bool   // it came to the signed return address of that message
	Returned  bool   // it brings the message's Message-ID back
}

// Blames reports whether it is the address that is bad, and not a server that could not be reached for days, a quota, a
// policy, or a reason that nobody knows.
func (b Bounce) Blames() bool { return b.Permanent && b.Mailbox }

// Doubt is a bounce that anybody may have written.
type Doubt struct {
	ID      string // the store's
	Message notify.Message
	Status  string
}

// AddressState is what is known of a mail address, beyond that it is somebody's.
type AddressState string

// The states of an address; one of which nothing is known has none.
const (
	BadAddress AddressState = "bad" // mail to it came back: none is sent there any more
	// somebody says that it is good again: only mail promised later can show otherwise.
	ClearedAddress AddressState = "cleared"
)

// Address is what is known of one mail address, whoever's it is.
type Address struct {
	Address string // in lower case
	State   AddressState
	Unit    string // whose mail came back
	Reason  string // the server's code and words, or those of whoever cleared it
	Since   time.Time
	Message string // key of the message that showed it to be bad
}

// Addresses is the store as it remembers which addresses are of no use.
type Addresses interface {
	// NoteBounce records b, which is about m, and ends m if b is permanent, whatever m had ended in, so that Failed
	// returns it: as bounced if b blames the address, otherwise as rejected. It reports false if this was known.
	NoteBounce(ctx context.Context, now time.Time, m notify.Message, b Bounce) (bool, error)
	// NoteDoubt records that somebody says m has bounced, once for each message, and changes nothing else. It reports
	// false if this was known.
	NoteDoubt(ctx context.Context, now time.Time, m notify.Message, b Bounce) (bool, error)
	// Doubts returns what NoteDoubt has recorded and no Promise has told of, oldest first, up to limit.
	Doubts(ctx context.Context, limit int) ([]Doubt, error)
	// Said returns what a mail server has said last of m: of a bounce that counted, or else at the last attempt. It may
	// be empty.
	Said(ctx context.Context, m notify.Message) (string, error)
	// MarkBad marks m's address as bad, for a reason or, if that is empty, for what its last delivery came to. It
	// reports false, and changes nothing, if the address is bad already or was cleared after m was promised.
	MarkBad(ctx context.Context, now time.Time, m notify.Message, reason string) (bool, error)
	// Addresses lists what is known of addresses, in their order.
	Addresses(ctx context.Context) ([]Address, error)
	// ClearAddress marks a bad address as cleared. It reports false if it is not bad.
	ClearAddress(ctx context.Context, now time.Time, address, reason string, audit Entry) (bool, error)
}

// Bounced takes note of a bounce. It counts only if it shows what nobody can have who has not handled that mail: the
// signed return address, or a Message-ID that our key has made. Then a permanent one ends its message, so that the next
// pass tells the office what its unit should have had, and one that blames the address marks it as bad: from then on
// the unit's mail goes to its other addresses, or to the office. A temporary one is recorded and no more. A permanent
// one that shows less is told to the office, and changes nothing. A bounce of a message that is not ours, or one that
// is known, is a line in the log.
func (s *Scheduler) Bounced(ctx context.Context, now time.Time, b Bounce) error {
	log := s.o.Logger
	sent, err := s.o.Store.MessageByID(ctx, b.MessageID)
	if errors.Is(err, ErrNoMessage) {
		log.LogAttrs(ctx, slog.LevelInfo, "bounce of a message that is not on record")
		return nil
	}
	if err != nil {
		return fmt.Errorf("note bounce: %w", err)
	}
	m := sent.Message
	proven, fresh := s.proves(b, m), false
	switch {
	case proven:
		fresh, err = s.o.Store.NoteBounce(ctx, now, m, b)
	case b.Permanent:
		fresh, err = s.o.Store.NoteDoubt(ctx, now, m, b)
	}
	if err != nil {
		return fmt.Errorf("note bounce: %w", err)
	}
	about := []slog.Attr{
		slog.String("message", m.Key),
		slog.String("status", b.Status),
		slog.Bool("permanent", b.Permanent),
	}
	switch {
	case !proven:
		log.LogAttrs(
			ctx,
			slog.LevelWarn,
			"bounce doubted: anybody may have written it",
			append(about, slog.Bool("known", !fresh))...)
	case !fresh:
		log.LogAttrs(ctx, slog.LevelInfo, "bounce known", about...)
	default:
		log.LogAttrs(ctx, slog.LevelWarn, "message bounced", about...)
	}
	if !proven || !b.Blames() {
		return nil
	}
	// Also if the bounce is known: it may have been cut off here.
	return s.markBad(ctx, now, m, strings.TrimSpace(b.Status+" "+b.Text))
}

// proves reports whether a bounce shows what only somebody can have who has handled that very mail. The Message-IDs of
// messages from before they were keyed, or under another key, can be derived from public facts, or by whoever has that
// key.
func (s *Scheduler) proves(b Bounce, m notify.Message) bool {
	return b.Signed || b.Returned && s.o.IDs != nil && s.o.IDs.MessageID(m.Key, m.To) == m.MessageID
}

// markBad marks a message's address as bad, for the server's reason; none means that of its last delivery.
func (s *Scheduler) markBad(ctx context.Context, now time.Time, m notify.Message, reason string) error {
	marked, err := s.o.Store.MarkBad(ctx, now, m, reason)
	if err != nil {
		return fmt.Errorf("mark address of %s: %w", m.Key, err)
	}
	if marked {
		s.o.Logger.LogAttrs(
			ctx,
			slog.LevelWarn,
			"address marked as bad",
			slog.String("unit", m.Unit),
			slog.String("message", m.Key),
		)
	}
	return nil
}

// loadAddresses fetches which addresses are bad, and which are replaced.
func (s *Scheduler) loadAddresses(ctx context.Context, d *desk) error {
	known, err := s.o.Store.Addresses(ctx)
	if err != nil {
		return fmt.Errorf("list bad addresses: %w", err)
	}
	d.bad = map[string]Address{}
	for _, a := range known {
		if a.State == BadAddress {
			d.bad[a.Address] = a
		}
	}
	replaced, err := s.o.Store.Replacements(ctx)
	if err != nil {
		return fmt.Errorf("list replaced addresses: %w", err)
	}
	d.replaced = map[listed]Replacement{}
	for _, r := range replaced {
		d.replaced[listed{d.unit(r.Unit), r.Listed}] = r
	}
	return nil
}

// addresses returns where mail for a unit goes: those of its addresses that are not bad. The office keeps its own, as
// there is nobody else to send its mail to.
func (d *desk) addresses(unit string) []string {
	all := d.contacts(unit)
	good := make([]string, 0, len(all))
	for _, a := range all {
		if _, bad := d.bad[strings.ToLower(a)]; !bad {
			good = append(good, a)
		}
	}
	if len(good) == 0 && unit == d.o.Office {
		return all
	}
	return good
}

// unreached says why mail for a unit goes to the office.
func (d *desk) unreached(unit string) string {
	if len(d.contacts(unit)) > 0 {
		return "登记的邮箱地址已失效"
	}
	return "未登记邮箱"
}

// mark marks the addresses of messages that servers have refused because of them.
func (p *pass) mark(ctx context.Context, failed []notify.Message) error {
	marked := false
	for _, m := range failed {
		if _, known := p.bad[strings.ToLower(m.To)]; known || m.Ended != notify.Bounced {
			continue
		}
		if err := p.s.markBad(ctx, p.now, m, ""); err != nil {
			return err
		}
		marked = true
	}
	if !marked {
		return nil
	}
	return p.s.loadAddresses(ctx, p.desk)
}

// wanted asks for a new address in place of the message's, if this is the message that showed it to be bad: so it is
// asked once. The code is the server's, if it gave one.
func (d *desk) wanted(m notify.Message) (note, code string, ok bool) {
	a, bad := d.bad[strings.ToLower(m.To)]
	if !bad || a.Message != m.Key ||
		!slices.ContainsFunc(d.contacts(m.Unit), func(s string) bool { return strings.EqualFold(s, m.To) }) {
		return "", "", false
	}
	code, _, _ = strings.Cut(a.Reason, " ")
	if strings.Trim(code, "0123456789.") != "" {
		code = ""
	}
	return fmt.Sprintf("请为%s登记新的邮箱地址：原地址 %s 已退信，自即日起停用。", m.Unit, m.To), code, true
}

// ErrNotBad says that there is nothing to clear.
var ErrNotBad = errors.New("it is not marked as bad")

// ClearAddress records a person's word that a bad address is good again: mail goes there from now on. It fails if the
// address is not bad.
func (s *Scheduler) ClearAddress(ctx context.Context, now time.Time, by, address, reason string) error {
	reason, err := Reason(reason)
	if err != nil {
		return fmt.Errorf("clear address: %w", err)
	}
	address = strings.ToLower(address)
	audit := Entry{
		At:     now,
		By:     by,
		Action: "contact.clear",
		Target: address,
		Detail: detail(map[string]string{"reason": reason}),
	}
	cleared, err := s.o.Store.ClearAddress(ctx, now, address, reason, audit)
	if err != nil {
		return fmt.Errorf("clear address: %w", err)
	}
	if !cleared {
		return fmt.Errorf("clear address: %w", ErrNotBad)
	}
	return nil
}
