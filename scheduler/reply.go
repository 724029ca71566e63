package scheduler

import "time"

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
}
