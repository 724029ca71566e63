package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"regexp"
	"strings"
)

// messageID is what may stand between the angle brackets (RFC 5322 section 3.6.4, dot-atoms on both sides).
var messageID = regexp.MustCompile("^[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]+@[0-9A-Za-z.-]+$")

// maxLeft and maxRight keep a Message-ID short enough for one line.
const (
	maxLeft  = 100
	maxRight = 255
)

// IsMessageID reports whether s, without angle brackets, is a Message-ID that a header of ours may name. Others' are
// not always.
func IsMessageID(s string) bool {
	left, right, _ := strings.Cut(s, "@")
	return len(left) <= maxLeft && len(right) <= maxRight && messageID.MatchString(s)
}

// Domain returns what stands after the last @ of an address, in lower case, and "localhost" where there is none.
func Domain(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 && i < len(address)-1 {
		return strings.ToLower(address[i+1:])
	}
	return "localhost"
}

// MadeUpAddress returns the address that stands for a unit which has none while mail only goes to files: it is derived
// from the name, ends in example.invalid, and no server anywhere takes mail for it (RFC 6761 section 6.4).
func MadeUpAddress(unit string) string {
	sum := sha256.Sum256([]byte(unit))
	return "unit-" + hex.EncodeToString(sum[:4]) + "@example.invalid"
}

// CheckAddress says what is wrong with an address that mail is to be sent to. It wants one addr-spec (RFC 5322 section
// 3.4.1) in ASCII, without a display name; the domain may be an intranet's and have no dot. The error does not repeat
// the address.
func CheckAddress(address string) error {
	switch {
	case address == "":
		return errors.New("no address")
	case len(address) > 254: // RFC 5321 section 4.5.3.1.3, without the angle brackets
		return errors.New("address longer than 254 bytes")
	case strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("address with white space, control or non-ASCII characters")
	}
	a, err := mail.ParseAddress(address)
	if err != nil || a.Address != address {
		return errors.New("not a mail address of the form name@domain")
	}
	return nil
}
