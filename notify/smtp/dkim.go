package smtp

import (
	"crypto"
	"fmt"
	"time"

	"github.com/wneessen/go-mail"
)

// DKIM signs what is sent (RFC 6376), with RSA or Ed25519 (RFC 8463) as the key has it.
type DKIM struct {
	Domain   string // the signing domain, as a rule that of the From address
	Selector string // the public key stands in the DNS at SELECTOR._domainkey.DOMAIN
	Key      crypto.Signer
}

// ParseKey reads a private key from PEM: PKCS #1 (RSA) or PKCS #8 (RSA, Ed25519).
func ParseKey(pem []byte) (crypto.Signer, error) {
	key, err := mail.PrivKeyFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("read dkim key: %w", err)
	}
	return key, nil
}

func (d DKIM) check() error {
	if len(d.Domain) > longestTag || len(d.Selector) > longestTag {
		return fmt.Errorf("check dkim: domain or selector longer than %d bytes", longestTag)
	}
	if err := d.signer(time.Time{}).ValidateConfig(); err != nil {
		return fmt.Errorf("check dkim: %w", err)
	}
	return nil
}

// longestTag keeps each tag of the signature on a line of its own. go-mail 0.8.1 breaks a longer one within, but signs
// it unbroken, so that no receiver finds the signature valid.
const longestTag = 66

// signer signs the headers that a reader goes by, as many as fit on one line (see longestTag). From and Subject are
// named twice, so that a second one added on the way breaks the signature (RFC 6376 section 8.15). The signature is
// dated as the message is: the same bytes for every attempt.
func (d DKIM) signer(at time.Time) *mail.DKIMSigner {
	s := mail.NewDKIMSigner(d.Domain, d.Selector, d.Key)
	s.NowFunc = func() time.Time { return at }
	s.SignHeaders("From", "Reply-To", "To", "Subject", "Date", "Message-ID", "Content-Type")
	s.OversignHeaders("From", "Subject")
	return s
}
