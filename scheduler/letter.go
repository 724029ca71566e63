package scheduler

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
)

// Letter is one promised message as a listing shows it.
type Letter struct {
	At      time.Time
	Unit    string // whose mail it is
	Kind    notify.Kind
	Subject string
	Items   []LetterItem
	Message notify.Message
}

// LetterItem names one thing that a letter says, however many units it is about: a deadline's key, and the stage that
// made it due.
type LetterItem struct {
	Key   string `json:"key"`
	Stage string `json:"stage"`
}

var (
	// errOfficeUnreachable says that there is nobody left to tell.
	errOfficeUnreachable = errors.New("the office has no address")
	errNoKey             = errors.New("without a signing key no mail has a Message-ID")
)

// draft is a letter to one unit before it is written, and what one transaction settles when it is promised.
type draft struct {
	key     string // the message's
	letter  compose.Letter
	thread  string // the deadline's key, if the letter is about that one only
	to      string // the one address it goes to; empty: the unit's
	answers string // the Message-ID of the mail that it answers; empty: it answers none
	files   []notify.Attachment
	promise Promise
}

// written is what became of a draft.
type written struct {
	key     string
	promise Promise
	letters []Letter
	err     error
}

// writeAll writes drafts, several at a time: that takes most of the time, and none needs another.
func (d *desk) writeAll(drafts []draft, now time.Time) []written {
	all := make([]written, len(drafts))
	var next atomic.Int64
	var writers sync.WaitGroup
	for range min(len(drafts), runtime.GOMAXPROCS(0)) {
		writers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(drafts)); i = next.Add(1) - 1 {
				all[i] = d.tryWrite(drafts[i], now)
			}
		})
	}
	writers.Wait()
	return all
}

// tryWrite writes a draft. A panic is an error of that letter alone: nobody else could outlive it, in a goroutine of
// its own.
func (d *desk) tryWrite(dr draft, now time.Time) (w written) {
	w.key = dr.key
	defer func() {
		if p := recover(); p != nil {
			w.err = fmt.Errorf("write %s: panic: %v", dr.key, p)
		}
	}()
	w.promise, w.letters, w.err = d.write(dr, now)
	return w
}

// write composes a draft and returns the promise of its messages, one to each address of the unit.
func (d *desk) write(dr draft, now time.Time) (Promise, []Letter, error) {
	p := dr.promise
	if dr.key == "" {
		return p, nil, nil
	}
	d.link(&dr.letter, now)
	enclosed, err := d.enclose(&dr.letter)
	if err != nil {
		return Promise{}, nil, fmt.Errorf("write %s: %w", dr.key, err)
	}
	files := slices.Concat(dr.files, enclosed)
	p.Key = strings.ReplaceAll(dr.key, addressMark, addressMark+addressMark)
	to := d.addresses(dr.letter.Unit)
	if dr.to != "" {
		to = []string{dr.to}
	}
	if d.o.IDs == nil {
		return Promise{}, nil, fmt.Errorf("write %s: %w", dr.key, errNoKey)
	}
	if len(to) == 0 {
		return Promise{}, nil, fmt.Errorf("write %s: %w", dr.key, errOfficeUnreachable)
	}
	var items []LetterItem
	for _, it := range dr.letter.Items {
		if item := (LetterItem{it.Key, it.Stage}); !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	var letters []Letter
	var mail compose.Mail
	for i, address := range to {
		m := notify.Message{
			Key:         addressKey(p.Key, i),
			Kind:        dr.letter.Kind,
			Unit:        dr.letter.Unit,
			To:          address,
			At:          now,
			Attachments: files,
		}
		m.MessageID = d.o.IDs.MessageID(m.Key, address)
		switch {
		case dr.thread != "":
			m.Thread = d.o.IDs.ThreadID(dr.thread)
		case notify.IsMessageID(dr.answers):
			m.Thread = dr.answers
		}
		if i == 0 || d.o.Coder != nil { // the code is the message's own
			if mail, err = d.compose(dr.letter, m.MessageID); err != nil {
				return Promise{}, nil, fmt.Errorf("write %s: %w", dr.key, err)
			}
		}
		m.Subject, m.Text, m.HTML = mail.Subject, mail.Text, mail.HTML
		p.Messages = append(p.Messages, m)
		letters = append(
			letters,
			Letter{At: now, Unit: m.Unit, Kind: m.Kind, Subject: m.Subject, Items: items, Message: m},
		)
	}
	if d.answerable(dr.letter.Kind) && len(p.Lines) == 0 { // an answer goes by the numbers of the mail that it answers
		p.Lines = mail.Lines
	}
	return p, letters, nil
}

// link gives a letter about a unit's own items the links by which it sees and answers them.
func (d *desk) link(l *compose.Letter, now time.Time) {
	if d.o.Links == nil || l.Kind != notify.Digest && l.Kind != notify.Immediate && l.Kind != notify.Correction {
		return
	}
	l.Window = compose.Window{Page: d.o.Links.Unit(l.Unit, now)}
	if f, ok := d.subscribed[l.Unit]; ok {
		l.Window.Feed = d.o.Links.Feed(f.Unit, f.Serial)
	}
	l.Items = slices.Clone(l.Items)
	for i, it := range l.Items {
		if it.For == "" && !it.OnShow && slices.Contains(it.Answering, l.Unit) {
			l.Items[i].ActionURL = d.o.Links.Item(l.Unit, it.Key, now)
		}
	}
}

// answerable reports whether mails of a kind may be replied to.
func (d *desk) answerable(kind notify.Kind) bool {
	return d.o.Coder != nil && kind != notify.Overview && kind != notify.Trouble && kind != notify.PeriodReport
}

// compose writes a letter as the message with this Message-ID, by which a reply to it will be known.
func (d *desk) compose(l compose.Letter, messageID string) (compose.Mail, error) {
	if d.answerable(l.Kind) {
		l.ReplyCode = d.o.Coder.ReplyCode(messageID)
	}
	return d.Composer.Compose(l)
}

// addressMark sets a message's number among those of one letter off from the letter's key. In that key itself, where it
// may be part of a unit's name, it stands twice.
const addressMark = "#"

// LetterKey returns the key of the letter that a message with this key is a copy of.
func LetterKey(message string) string {
	name := strings.TrimRight(message, "0123456789")
	marks := len(name) - len(strings.TrimRight(name, addressMark))
	if len(name) == len(message) || marks%2 == 0 {
		return message
	}
	return strings.TrimSuffix(name, addressMark)
}

// MessageKeys returns the keys of the messages that a letter with this key can be of, to n addresses.
func MessageKeys(letter string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = addressKey(letter, i)
	}
	return keys
}

// addressKey returns the key of the letter's message to the unit's i-th address, counted from 0.
func addressKey(key string, i int) string {
	if i == 0 {
		return key
	}
	return fmt.Sprintf("%s%s%d", key, addressMark, i+1)
}

// letter begins a letter to a unit.
func (d *desk) letter(kind notify.Kind, unit string, now time.Time) compose.Letter {
	return compose.Letter{
		Kind:    kind,
		Unit:    unit,
		Office:  d.o.Office,
		Contact: d.o.Reach,
		At:      now,
		Inbox:   d.o.Coder != nil,
		ReplyTo: d.o.ReplyTo,
		Decides: d.o.Authenticates,
		Desk:    d.o.Desk,
	}
}

// hourly returns the letters of hour rules: one for each deadline, stage and unit; and to the office, for each deadline
// and stage, one in place of all the units that have no address.
func (d *desk) hourly(ripe []Ripe, now time.Time) []draft {
	var drafts []draft
	stranded := map[string]int{} // by key and stage: its draft
	for _, c := range choose(ripe, now) {
		reachable := d.reachable(c.unit)
		for _, r := range c.items {
			row := r.Deadline.Key + "/" + stageWord(r.Reminder.Stage)
			at, open := stranded[row]
			if reachable || !open {
				dr := draft{
					key:    "immediate/" + row + "/" + c.unit,
					letter: d.letter(notify.Immediate, c.unit, now),
					thread: r.Deadline.Key,
				}
				if !reachable {
					dr.key, dr.letter = "fallback/"+dr.key, d.letter(notify.Fallback, d.o.Office, now)
					stranded[row] = len(drafts)
				}
				at = len(drafts)
				drafts = append(drafts, dr)
			}
			d.carry(&drafts[at], chosen{unit: c.unit, items: []Ripe{r}}, now)
		}
		if len(c.settled) > 0 {
			drafts = append(drafts, draft{promise: Promise{Superseded: c.settled}})
		}
	}
	return drafts
}

// daily returns the letters of a working day: to each unit at most one correction and one digest, and to the office one
// in place of all the units that have no address. They are the first start's for what was in its stages by started; the
// zero time: for nothing.
func (d *desk) daily(ripe []Ripe, now, started time.Time) []draft {
	day := calendar.DateOf(now).String()
	fallback := draft{key: "fallback/" + day, letter: d.letter(notify.Fallback, d.o.Office, now)}
	var drafts []draft
	for _, c := range choose(ripe, now) {
		if !d.reachable(c.unit) {
			d.carry(&fallback, c, now)
			continue
		}
		correction := draft{key: "correction/" + day + "/" + c.unit, letter: d.letter(notify.Correction, c.unit, now)}
		digest := draft{key: "digest/" + day + "/" + c.unit, letter: d.letter(notify.Digest, c.unit, now)}
		digest.letter.First = slices.ContainsFunc(c.items, func(r Ripe) bool { return begunBy(r, started) })
		rest := chosen{unit: c.unit, settled: c.settled}
		moves := chosen{unit: c.unit}
		for _, r := range c.items {
			if _, _, moved := movedFrom(r.Reminder.Stage); moved {
				moves.items = append(moves.items, r)
			} else {
				rest.items = append(rest.items, r)
			}
		}
		d.carry(&correction, moves, now)
		d.carry(&digest, rest, now)
		for _, dr := range []draft{correction, digest} {
			switch {
			case len(dr.letter.Items) > 0:
				drafts = append(drafts, dr)
			case len(dr.promise.Superseded) > 0:
				drafts = append(drafts, draft{promise: dr.promise})
			}
		}
	}
	switch {
	case len(fallback.letter.Items) > 0:
		drafts = append(drafts, fallback)
	case len(fallback.promise.Superseded) > 0:
		drafts = append(drafts, draft{promise: fallback.promise})
	}
	return drafts
}

// begunBy reports whether r was to be told when the first start, which is known to the second, found it.
func begunBy(r Ripe, started time.Time) bool {
	return r.Deadline.State == Open && !r.Reminder.At.After(started) &&
		r.Deadline.OpenedAt.Before(started.Add(time.Second))
}

// reachable reports whether mail for the unit need not go to the office in its place.
func (d *desk) reachable(unit string) bool {
	return unit == d.o.Office || len(d.addresses(unit)) > 0
}

// carry puts a unit's chosen reminders into a draft, which is the unit's own or the office's in its place.
func (d *desk) carry(dr *draft, c chosen, now time.Time) {
	for _, r := range c.items {
		dr.letter.Items = append(dr.letter.Items, d.items(r, dr.letter.Kind, now)...)
		dr.promise.Carried = append(dr.promise.Carried, r.Reminder.ID)
	}
	dr.promise.Superseded = append(dr.promise.Superseded, c.settled...)
	dr.promise.Next = append(dr.promise.Next, d.next(c.items, now)...)
	if dr.letter.Kind == notify.Fallback && len(c.items) > 0 {
		dr.letter.Unreached = append(dr.letter.Unreached, compose.Unreached{Unit: c.unit, Why: d.unreached(c.unit)})
	}
}
