package scheduler

// Bounce is a mail server's word that a message of ours could not be delivered, or not yet (RFC 3464).
type Bounce struct {
	MessageID string // ours, without angle brackets
	Recipient string // whom the server could not reach, as it says; may be behind a forwarding, or empty
	Status    string // RFC 3463: 5.1.1; empty if the server gave none
	Permanent bool   // 5.x.x: it will not be tried again
	Text      string // the server's words
}
