package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
)

// Coder makes and reads the codes by which a reply is known to be one to a mail of ours; notify.Signer is one.
type Coder interface {
	// ReplyCode returns the code that the mail with this Message-ID carries.
	ReplyCode(messageID string) string
	// MessageOf returns the Message-ID that a code stands for; false if we have not made it.
	MessageOf(code string) (messageID string, ok bool)
}

// Reply is a mail that a person has sent in answer to one of ours.
type Reply struct {
	From       string    // the writer's address, as the mail states it
	Codes      []string  // what could be reply codes, in the order in which they are to be tried
	InReplyTo  string    // Message-ID without angle brackets; may be empty
	References []string  // likewise
	MessageID  string    // its own, without angle brackets
	Subject    string    //
	Text       string    // what the writer has written, without what is quoted
	At         time.Time // when it was written, as the mail claims; nothing is decided by it

	Sealed        string // why nothing of it can be read: winmail (a winmail.dat) or encrypted; empty: it can
	Authenticated bool   // the receiving server vouches for From
}

// Line is an item of a mail, by whose number its reader may call it.
type Line = compose.Line

// Sent is a message of ours with the items that it numbers, from 1; a message that is not to be replied to has none.
type Sent struct {
	Message notify.Message
	Lines   []Line
}

// Received is a reply that was taken: the same one again is not.
type Received struct {
	ID      string    // derived from the writer and the reply's Message-ID
	Message string    // key of the message that it answers
	Unit    string    // whose word it is
	Dated   time.Time // as the reply claims
	// when it was first read: all that it does is done as at this moment, whatever is cut off and done again
	At      time.Time
	Handled time.Time // zero: what it wishes has yet to be done
	Outcome string    // JSON: each line, and what became of it
	Known   bool      // the receiving server vouched for the writer

	Earlier       int // replies to the same message in the hour before, from writers as well known; set by the store
	EarlierOfUnit int // likewise, to any message of the unit
}

// How many replies are answered in an hour, those of known writers and others each for themselves: whoever was handed a
// code can write under the unit's name, and the answers are the unit's to read. What is not answered is done all the
// same.
const (
	mostAnswers     = 10 // to one message
	mostUnitAnswers = 60 // to all messages of a unit
)

// bounded reports whether a reply is one too many to be answered.
func (r Received) bounded() bool {
	return r.Earlier >= mostAnswers || r.EarlierOfUnit >= mostUnitAnswers
}

// lastAnswer is what the last answer of an hour says.
const lastAnswer = "1小时内对同一封邮件的来信最多答复10次，本封是最后一次。此后的来信照常登记，不再逐封答复，1小时后恢复。"

// ErrNoMessage says that no message of ours has a Message-ID.
var ErrNoMessage = errors.New("no such message")

// Correspondence is the store as it remembers what was sent and what came back.
type Correspondence interface {
	// MessageByID returns the message with this Message-ID, without bodies, or ErrNoMessage.
	MessageByID(ctx context.Context, messageID string) (Sent, error)
	// Receive records a reply and returns it as it is on record: as given, or as it was when it was first received.
	Receive(ctx context.Context, r Received) (Received, error)
	// Handle ends a reply with its outcome, and promises p's messages with it unless there is one of their key.
	Handle(ctx context.Context, now time.Time, r Received, p Promise) error
}

// patience is for how long after it was promised a mail may be answered.
const patience = 120 * 24 * time.Hour

// Replied does what a reply wishes, as at the moment it was first received, and promises its writer one answer, if
// there were not ten to the same message within the hour. It is taken if it carries a code of ours for a message on
// record that is not older than 120 days, and comes from one of the addresses that the unit which had the message has
// today. From the one that it was sent to, if the unit has it no more, nothing is taken, and the answer says where to
// write. One that cannot be read is answered without a code. An answer may be replied to in its
// turn. Anything else, such as a reply that was taken before, is a line in the log and no answer. An error means that
// the store failed: what was not done yet is done when the same reply comes again, and nothing is done twice.
func (s *Scheduler) Replied(ctx context.Context, now time.Time, r Reply) error {
	if s.o.Coder == nil {
		return nil
	}
	if err := s.checkClock(ctx, now); err != nil { // it waits in the mailbox
		return fmt.Errorf("take reply: %w", err)
	}
	id := replyID(r)
	sent, from, err := s.original(ctx, now, r)
	if refused, ok := errors.AsType[*refusedReply](err); ok {
		s.o.Logger.LogAttrs(ctx, slog.LevelWarn, "reply refused",
			slog.String("reply", id), slog.String("message", sent.Message.Key), slog.String("reason", refused.why))
		return nil
	}
	if err != nil {
		return fmt.Errorf("take reply: %w", err)
	}
	m := sent.Message
	received, err := s.o.Store.Receive(
		ctx,
		Received{
			ID:      id,
			Message: m.Key,
			Unit:    m.Unit,
			Dated:   r.At,
			At:      now.Truncate(time.Millisecond),
			Known:   r.Authenticated,
		},
	)
	if err != nil {
		return fmt.Errorf("take reply: %w", err)
	}
	if !received.Handled.IsZero() {
		s.o.Logger.LogAttrs(ctx, slog.LevelInfo, "reply known", slog.String("reply", id), slog.String("message", m.Key))
		return nil
	}
	if err := s.handle(ctx, now, r, sent, received, from); err != nil {
		return fmt.Errorf("handle reply %s to %s: %w", id, m.Key, err)
	}
	return nil
}

// replyID tells replies apart by who wrote them and their Message-ID. Programs that write none are told apart by all
// that they wrote.
func replyID(r Reply) string {
	name := r.MessageID
	if name == "" {
		name = fmt.Sprintf("%d %s\x00%s", r.At.UnixMilli(), r.Subject, r.Text)
	}
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(r.From)) + "\x00" + name))
	return hex.EncodeToString(sum[:12])
}

// refusedReply is why a reply is not taken, for the log.
type refusedReply struct{ why string }

func (e *refusedReply) Error() string { return e.why }

// original returns the message that a reply answers, and the writer's address as we have it on record; or a
// refusedReply.
func (s *Scheduler) original(ctx context.Context, now time.Time, r Reply) (Sent, writer, error) {
	messageID, ok := s.answered(r)
	// the code is inside too, and all that it gets is an answer that says so
	if !ok && r.Sealed != "" && r.InReplyTo != "" {
		messageID, ok = r.InReplyTo, true
	}
	if !ok {
		return Sent{}, writer{}, &refusedReply{"no code of ours"}
	}
	sent, err := s.o.Store.MessageByID(ctx, messageID)
	if errors.Is(err, ErrNoMessage) {
		return Sent{}, writer{}, &refusedReply{"message not on record"}
	}
	if err != nil {
		return Sent{}, writer{}, err
	}
	sent = s.Plan().today(sent)
	m := sent.Message
	switch {
	case len(sent.Lines) == 0:
		return sent, writer{}, &refusedReply{"message asks for no reply"}
	case now.Sub(m.At) > patience:
		return sent, writer{}, &refusedReply{"message too old"}
	}
	d := s.desk()
	if err := s.loadAddresses(ctx, d); err != nil {
		return sent, writer{}, err
	}
	from := strings.TrimSpace(r.From)
	for _, a := range d.contacts(m.Unit) {
		if strings.EqualFold(a, from) {
			return sent, writer{address: a}, nil
		}
	}
	if strings.EqualFold(m.To, from) {
		return sent, writer{address: m.To, moved: true}, nil
	}
	return sent, writer{}, &refusedReply{"not the unit's address"}
}

// writer is who has written a reply, by an address that we have on record.
type writer struct {
	address string
	moved   bool // our mail went there, and the unit has it no more: whoever reads it has no say
}

// movedText answers a reply from an address that its unit has no more. It does not name those of today: the mailbox may
// be somebody else's by now.
func (d *desk) movedText(unit string) string {
	return fmt.Sprintf("这个邮箱已不是%s现在登记的邮箱，来信未作任何登记。请用现在登记的邮箱回复；登记有误的，请告知%s。", unit, d.office())
}

// today returns a message as it would be today: units have been renamed since.
func (p *Plan) today(sent Sent) Sent {
	sent.Message.Unit = p.unit(sent.Message.Unit)
	sent.Lines = slices.Clone(sent.Lines)
	for i, l := range sent.Lines {
		l.For = slices.Clone(l.For)
		for j, unit := range l.For {
			l.For[j] = p.unit(unit)
		}
		sent.Lines[i] = l
	}
	return sent
}

// unit returns the name that a unit has today; one that is no unit any more keeps its name.
func (p *Plan) unit(name string) string {
	if today, ok := p.Catalogue.Canonical(name); ok {
		return today
	}
	return name
}

// answered returns the Message-ID that a reply's codes stand for: of several the one that it says it answers, or else
// the first.
func (s *Scheduler) answered(r Reply) (string, bool) {
	var found []string
	for _, c := range r.Codes {
		if id, ok := s.o.Coder.MessageOf(c); ok {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 0:
		return "", false
	case slices.Contains(found, r.InReplyTo):
		return r.InReplyTo, true
	}
	return found[0], true
}

// handle does what a reply wishes and promises its answer.
func (s *Scheduler) handle(
	ctx context.Context,
	now time.Time,
	r Reply,
	sent Sent,
	received Received,
	from writer,
) error {
	d := s.desk()
	if err := errors.Join(s.loadEvents(ctx, d), s.loadAddresses(ctx, d)); err != nil {
		return err
	}
	c := clerk{desk: d, s: s, sent: sent, unit: sent.Message.Unit, at: received.At, authenticated: r.Authenticated}
	var ws []wish
	if !from.moved {
		ws = readReply(r.Text, calendar.DateOf(received.At), sent.Message.Kind == notify.Request)
	}
	ws = c.report(ws)
	c.contrary(ws)
	for _, w := range ws {
		if err := c.do(ctx, w); err != nil {
			return err
		}
	}
	switch {
	case from.moved:
		c.say(wish{}, false, d.movedText(c.unit))
	case r.Sealed != "":
		c.say(wish{}, false, sealedText(r.Sealed))
	case len(ws) == 0:
		c.say(wish{Line: firstLine(r.Text)}, false, c.unclear())
	}
	received.Outcome = detailOf(c.answers)
	key, silent := c.answerKey(received, ws, r.Sealed != "" || from.moved)
	bounded := received.bounded()
	if bounded || silent && c.foreign == 0 { // or it was logged
		s.o.Logger.LogAttrs(
			ctx,
			slog.LevelInfo,
			"reply not answered",
			slog.String(
				"reply",
				received.ID,
			),
			slog.String("message", sent.Message.Key),
			slog.Bool("too_many", bounded),
			slog.Int("done", c.done),
		)
	}
	if silent || bounded {
		return s.o.Store.Handle(ctx, now, received, Promise{})
	}
	dr := draft{
		key:     key,
		letter:  d.letter(notify.Answer, c.unit, now),
		to:      from.address,
		answers: r.MessageID,
		promise: Promise{Lines: sent.Lines},
	}
	dr.letter.Answers, dr.letter.Acts = c.answers, c.actsOf(sent.Lines)
	if received.Earlier == mostAnswers-1 {
		dr.letter.Notes = append(dr.letter.Notes, lastAnswer)
	}
	if sent.Message.Kind == notify.Request {
		dr.letter.Request = &compose.Request{}
	}
	p, _, err := d.write(dr, now)
	if err != nil {
		return err
	}
	if err := s.o.Store.Handle(ctx, now, received, p); err != nil {
		return err
	}
	s.o.Logger.LogAttrs(
		ctx,
		slog.LevelInfo,
		"reply handled",
		slog.String("reply", received.ID),
		slog.String("message", sent.Message.Key),
		slog.Int("lines", len(ws)),
		slog.Int("done", c.done),
	)
	return nil
}

const unclearKey = "answer/unclear/"

// sealedText says why a reply cannot be read, and how to send it.
func sealedText(why string) string {
	if why == "encrypted" {
		return "来信已加密，系统无法读取，未作任何登记。请不加密，重新回复一次。"
	}
	return "来信的正文装在 winmail.dat 里（Outlook 的“RTF 格式”），系统无法读取，未作任何登记。请在 Outlook 的“设置文本格式”里选“纯文本”或“HTML”，重新回复一次。"
}

// answerKey returns the key of the answer to a reply, and whether there is none: all of it is about what the unit was
// never told, or it would let two robots talk for ever. Of one mail of ours only the first reply that says nothing is
// answered, and none to an answer; one that speaks of a verb and was not understood, or cannot be read, is answered
// unless it is to an answer that said so.
func (c *clerk) answerKey(received Received, ws []wish, sealed bool) (key string, silent bool) {
	m := c.sent.Message
	code, _, _ := strings.Cut(m.MessageID, "@")
	switch {
	case slices.ContainsFunc(ws, func(w wish) bool { return w.Verb != "" }):
		return "answer/" + received.ID, c.foreign == len(ws)
	case len(ws) > 0:
		return unclearKey + received.ID, strings.HasPrefix(m.Key, unclearKey)
	case sealed:
		return unclearKey + "sealed/" + code, strings.HasPrefix(m.Key, unclearKey)
	}
	return unclearKey + code, m.Kind == notify.Answer
}

// firstLine returns the first line that says anything.
func firstLine(text string) string {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			return l
		}
	}
	return "（没有正文）"
}

// quoted is how many characters of a line an answer quotes.
const quoted = 40

// shortened is a line as it may be quoted: what can be seen of it, cut off.
func shortened(line string) string {
	line = strings.Join(strings.Fields(string(newLine(line).orig)), " ")
	if r := []rune(line); len(r) > quoted {
		return string(r[:quoted]) + "…"
	}
	return line
}
