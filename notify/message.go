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
	Fallback   Kind = "fallback"   // 代收: what a unit without a usable address should have had, to the office
	Overview   Kind = "overview"   // 总览: the first start's, to the office
	Trouble    Kind = "trouble"    // 故障: a reload that was refused, and the like, to the office
	Test       Kind = "test"       // 测试
)

// Message (邮件) is one mail to one recipient. Its Key is derived from what it is about, never generated, so that
// promising it twice promises it once; MessageID derives from Key and To.
type Message struct {
	ID        int64     // the store's; 0 before it is promised
	Key       string    // digest/2018-09-21/县环保局
	MessageID string    // without angle brackets; the same for every attempt
	Kind      Kind      //
	Unit      string    // whose mail it is
	To        string    // one address
	At        time.Time // when it was promised; the Date header of every attempt, +08:00
	Thread    string    // Message-ID of the phantom root for single-item mails; empty: no thread
	Subject   string    //
	Text      string    // complete by itself
	HTML      string    //
	Attempt   int       // attempts begun so far
	Uncertain bool      // an attempt was lost after the final dot, or cut off by a crash: the next one is its only resend
	Ended     Class     // what ended it: Sent, Bounced, Rejected or Uncertain; empty while an attempt is to come
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
	Pause bool          // with Retry: it is not about this message (a sender's quota, a full disk); the others wait too
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
	// Open makes ready to send, by dialling for example, and is called before each Begin; it is cheap where nothing is to
	// be done. A zero Outcome says that Send may be called; Retry or Halted says why not, and concerns no message.
	Open(ctx context.Context) Outcome
	// Send makes one attempt. It returns only when the outcome is known or given up on; ctx bounds the dialling.
	Send(ctx context.Context, m Message) Outcome
	// Idle is called when a burst is over: close what need not stay open.
	Idle() error
}

// Outbox (发件箱) is the store as the dispatcher needs it. Every method is one transaction.
type Outbox interface {
	// Claim leases up to limit messages whose time has come at now to owner until now+lease, by compare-and-set.
	Claim(ctx context.Context, owner string, now time.Time, lease time.Duration, limit int) ([]Message, error)
	// Begin marks claimed messages as being sent and counts the attempt, before a word of them goes out: whatever Begin has
	// marked and Settle has not is uncertain after a crash. It returns the messages that are still owner's.
	Begin(ctx context.Context, owner string, now time.Time, ms []Message) ([]Message, error)
	// Settle records deliveries and ends their leases: a FinalState ends the message in its Outcome's class, any other
	// leaves it pending until NextAt (after an Uncertain with Message.Uncertain set). A delivery with a zero Begun returns
	// a message that was claimed and not begun to pending at NextAt, and is not kept as an attempt. Messages that are no
	// longer owner's are left alone.
	Settle(ctx context.Context, owner string, ds []Delivery) error
	// Recover returns messages whose lease ended before now to the outbox: claimed ones as pending, begun ones as uncertain
	// with one resend at now+resend, or, where they were uncertain before, as uncertain for good.
	Recover(ctx context.Context, now time.Time, resend time.Duration) (int, error)
}
