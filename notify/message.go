// Package notify delivers: it takes messages (邮件) that were promised in the outbox (发件箱) and settles each one
// through a transport. It knows addresses, attempts and outcomes, and nothing of rules or due dates.
package notify

import (
	"context"
	"time"
)

// Kind says why a message is sent; it is part of the message's key and of its headers.
type Kind string

// The kinds of message.
const (
	Digest     Kind = "digest"     // 每日提醒: all of a unit's reminders of one working day
	Immediate  Kind = "immediate"  // 即时提醒: one stage of an hour rule
	Correction Kind = "correction" // 更正: due dates that moved
	Fallback   Kind = "fallback"   // 转告: what a unit without a usable address should have had, to the office
	Overview   Kind = "overview"   // 总览: the first start's, to the office
	Trouble    Kind = "trouble"    // 故障: a reload that was refused, and the like, to the office
	Request    Kind = "request"    // 延期申请: a unit asks the office for a later due date
	Answer     Kind = "answer"     // 回执: what became of a reply, to whoever has written it
	Weekly     Kind = "weekly"     // 每周报告: whether all is well, to the office
	Test       Kind = "test"       // 测试

	PeriodReport Kind = "report" // 通报: what a month or a year came to, to the office
)

// Message (邮件) is one mail to one recipient. Its Key is derived from what it is about, never generated, so that
// promising it twice promises it once; MessageID derives from Key, To and the signing key ([Signer.MessageID]).
type Message struct {
	ID        int64     // the store's; 0 before it is promised
	Key       string    // digest/2018-09-21/县环保局
	MessageID string    // without angle brackets; the same for every attempt
	Kind      Kind      //
	Unit      string    // whose mail it is
	To        string    // one address
	At        time.Time // when it was promised; the Date header of every attempt, +08:00
	// Message-ID of the phantom root for single-item mails, or of the mail that an Answer answers; empty: no thread
	Thread      string
	Subject     string       //
	Text        string       // complete by itself
	HTML        string       //
	Attachments []Attachment // in their order; may be none
	Attempt     int          // attempts begun so far
	// attempts that ended in a Retry for which the message was to blame: the ones that count towards giving it up
	Blamed int
	// an attempt was lost after the final dot, or cut off by a crash: the next one is its only resend
	Uncertain bool
	Ended     Class // what ended it: Sent, Bounced, Rejected or Uncertain; empty while an attempt is to come
	Fence     int64 // of the hold under which it was claimed; it grows with every hold and every recovery
}

// Attachment is a file that a message brings along.
type Attachment struct {
	Name    string `json:"name"` // ASCII, without a path: report-2026-10.xlsx
	Type    string `json:"type"` // its media type
	Content []byte `json:"content"`
}

// Class is what is true of a message after an attempt.
type Class string

// The outcome classes. Only Sent, Bounced, Rejected and a second Uncertain end a message.
const (
	Sent      Class = "sent"      // the server took responsibility
	Retry     Class = "retry"     // nothing was accepted; later, with back-off
	Bounced   Class = "bounced"   // the address is bad: no retry, the office must be told
	Rejected  Class = "rejected"  // the message is refused for good: no retry, the office must be told
	Uncertain Class = "uncertain" // lost after the final dot: shown, and resent at most once with the same Message-ID
	Halted    Class = "halted"    // our own configuration is wrong (login refused): stop sending altogether
)

// Outcome (投递结果) is what one attempt came to.
type Outcome struct {
	Class Class
	Code  int           // the server's reply code; 0 where there was none
	Reply string        // the server's words, without addresses
	After time.Duration // with Retry: not before this long; 0: the back-off decides
	// with Retry: it is not about this message (a sender's quota, a full disk); the others wait too
	Pause     bool
	Blameless bool // with Retry: it is not about this message either (the hold ran out), and holds up no other
	Shut      bool // with Retry or Halted: there is no connection, and nothing of the message has gone out
}

// Delivery (投递) is one attempt to send one message, as it is recorded. One with a zero Begun was claimed and never
// begun, because the transport could not be opened or the burst was cut short: the message goes back as it was.
type Delivery struct {
	Message    Message
	Outcome    Outcome
	Begun      time.Time
	Ended      time.Time
	NextAt     time.Time // when a Retry or first Uncertain is tried again
	FinalState bool      // no further attempt will be made
}

// Transport carries one message. It is called by one goroutine at a time and may keep a connection between calls.
type Transport interface {
	// Open makes ready to send, by dialling for example, and is called before each Send; it is cheap where nothing is
	// to be done. A zero Outcome says that Send may be called; Retry or Halted says why not, and concerns no message.
	Open(ctx context.Context) Outcome
	// Send makes one attempt. It returns only when the outcome is known or given up on. An end of ctx bounds the
	// dialling alone, but its deadline is the end of the hold: once that has Lapsed, nothing that could make the
	// message arrive is done any more, because somebody else may be sending it by then. An attempt that is broken off
	// so is a blameless Retry.
	Send(ctx context.Context, m Message) Outcome
	// Idle is called when no more is to be sent for now: close what need not stay open.
	Idle() error
}

// Lapsed reports whether ctx's deadline has passed at now, which is the clock's this moment. It asks the monotonic
// clock, which no step of the wall clock deceives, and the wall clock as well, because the monotonic one stands still
// while a machine sleeps. A wall clock that leaps ahead so breaks an attempt off that had time, and it is made again.
func Lapsed(ctx context.Context, now time.Time) bool {
	end, ok := ctx.Deadline()
	return ok && (now.After(end) || now.Round(0).After(end.Round(0)))
}

// Outbox (发件箱) is the store as the dispatcher needs it. Every method is one transaction, and right also when it is not
// known whether the transaction before it was committed: a connection can be lost with its answer.
type Outbox interface {
	// Claim takes up to limit messages whose time has come at now into owner's hands, by compare-and-set, each with a
	// new Fence. What an unclear Claim has taken is found by Held.
	Claim(ctx context.Context, owner string, now time.Time, limit int) ([]Message, error)
	// Begin settles deliveries as Settle does, and marks claimed messages as being sent and counts the attempt, before
	// a word of them goes out: whatever Begin has marked and Settle has not is uncertain after a crash. It returns
	// those that are still held under their Fence, with Attempt as it is now, and can be called again with the same.
	Begin(ctx context.Context, now time.Time, ds []Delivery, ms []Message) ([]Message, error)
	// Settle records deliveries and ends their holds: a FinalState ends the message in its Outcome's class, any other
	// leaves it pending until NextAt (after an Uncertain with Message.Uncertain set). A delivery with a zero Begun
	// returns a message that was claimed, and perhaps begun on record and no further, as it was claimed, and is not
	// kept as an attempt. Of a message that has been recovered meanwhile the attempt is kept, and no more, but that one
	// which was Sent is not sent again, unless somebody else is at it already.
	Settle(ctx context.Context, ds []Delivery) error
	Upkeep
}

// Upkeep is what keeps messages from waiting for a dispatcher that is gone, or for a time that was wrong.
type Upkeep interface {
	// Held lists the messages that are claimed or being sent, whoever has them.
	Held(ctx context.Context) ([]Hold, error)
	// Recover takes messages out of exactly these hands, by compare-and-set, and returns how many: claimed ones are
	// pending again, begun ones uncertain with one resend at now+resend, or, where they were uncertain before,
	// uncertain for good.
	Recover(ctx context.Context, now time.Time, resend time.Duration, hs []Hold) (int, error)
	// Hasten makes pending messages that are to be tried after limit due at now, and returns how many.
	Hasten(ctx context.Context, now, limit time.Time) (int, error)
}
