package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Signer makes the Message-IDs of our mails, and the codes by which we know a mail that comes back for one of ours, and
// by which a unit's word for its own: nobody who has not had the mail can make one. A code is the 12 bytes of the
// Message-ID and 8 bytes of HMAC-SHA256 (RFC 2104) over purpose and Message-ID, in base32 (RFC 4648 section 6, lower
// case): 32 characters, shown in groups of 8 with hyphens between. It is the same for every attempt and on every host
// that has the key, nothing has to be remembered, and the case of its letters does not matter, as mail programs change
// it.
type Signer struct {
	key    []byte
	domain string
}

// The purposes of a code or a Message-ID; one for a purpose does not fit another.
const (
	purposeReply   = "reply"
	purposeReturn  = "return"
	purposeMessage = "message-id"
	purposeThread  = "thread-id"
	purposeKey     = "key"
	purposeName    = "fingerprint"
)

const (
	idSize    = 12 // bytes of a Message-ID's digest
	macSize   = 8  // bytes of the HMAC: 2^63 tries on average, each of which is a mail
	codeSize  = (idSize + macSize) / 5 * 8
	groupSize = 8
	maxCodes  = 16 // candidates that one text may have: what it costs to check a hostile one
	maxLocal  = 64 // bytes of a local part (RFC 5321 section 4.5.3.1.1)
)

var codeEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewSigner returns a signer with a key of 32 bytes or more, for the Message-IDs of one domain, that of the From
// address.
func NewSigner(key []byte, domain string) (*Signer, error) {
	switch {
	case len(key) < sha256.Size:
		return nil, errors.New("make signer: the key is shorter than 32 bytes")
	case domain == "":
		return nil, errors.New("make signer: no domain")
	}
	return &Signer{key: slices.Clone(key), domain: strings.ToLower(domain)}, nil
}

// Fingerprint returns a name of the key and the domain, which tells nothing of the key.
func (s *Signer) Fingerprint() string { return hex.EncodeToString(s.mac(purposeName, s.domain)) }

// KeyFingerprint returns a name of the key alone, which tells nothing of it: 16 hexadecimal digits.
func (s *Signer) KeyFingerprint() string { return hex.EncodeToString(s.mac(purposeKey, "")) }

// MessageID returns the Message-ID, without angle brackets, of the message with this key to this address. It is the
// same for every attempt, on every host that has the signing key and after a restart, because a mailbox that drops
// duplicates knows them by it (RFC 5322 section 3.6.4, RFC 7352). The message's key and address are public facts;
// without the signing key nobody can derive the Message-ID from them.
func (s *Signer) MessageID(key, to string) string {
	return s.id("m", purposeMessage, key+"\x00"+strings.ToLower(to))
}

// ThreadID returns the Message-ID of the phantom root under which mail programs gather all single-item mails about one
// thing: a deadline's key. No mail has this Message-ID itself.
func (s *Signer) ThreadID(key string) string { return s.id("t", purposeThread, key) }

func (s *Signer) id(prefix, purpose, text string) string {
	return prefix + hex.EncodeToString(s.sum(purpose, text)[:idSize]) + "@" + s.domain
}

// TakesCode reports whether the name of an address leaves room for a code.
func TakesCode(address string) bool {
	const tag = len("+r-")
	at := strings.LastIndexByte(address, '@')
	return at > 0 && at+tag+codeSize <= maxLocal
}

// ReplyCode returns the code by which a reply to the message is known, in groups, and nothing for a Message-ID that is
// not one of ours.
func (s *Signer) ReplyCode(messageID string) string { return grouped(s.code(purposeReply, messageID)) }

// MessageOf returns the Message-ID that a reply code stands for. It reports false unless this key made the code.
func (s *Signer) MessageOf(code string) (messageID string, ok bool) {
	return s.open(purposeReply, code)
}

// ReplyAddress returns where a reply to the message may go: name+r-CODE@domain, which a server with subaddressing (RFC
// 5233) delivers to name@domain. A Message-ID that is not one of ours, or a name that leaves no room for the code, gets
// the address as it is.
func (s *Signer) ReplyAddress(address, messageID string) string {
	return tagged(address, "+r-", s.code(purposeReply, messageID))
}

// ReturnAddress returns the envelope sender of the message, to which a server that cannot deliver it sends word:
// name+b-CODE@domain, under the same conditions as ReplyAddress.
func (s *Signer) ReturnAddress(address, messageID string) string {
	return tagged(address, "+b-", s.code(purposeReturn, messageID))
}

// Returned returns the Message-ID that a return address stands for. It reports false unless this key made it. Its
// domain does not matter: forwarders rewrite what stands around the code.
func (s *Signer) Returned(address string) (messageID string, ok bool) {
	if m := returnTag.FindStringSubmatch(address); m != nil {
		return s.open(purposeReturn, m[1])
	}
	return "", false
}

// Codes returns what could be reply codes in a text, a subject or an address, each once, without asking whether they
// hold. It finds a code that was quoted ("> "), wrapped at any character or changed in case; in an address it stands
// without hyphens.
func (s *Signer) Codes(text string) []string {
	var codes []string
	add := func(code string) {
		code = grouped(plainCode(code))
		if len(codes) < maxCodes && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	text = wrap.ReplaceAllString(softened.Replace(text), "")
	for _, m := range replyTag.FindAllStringSubmatch(text, maxCodes) {
		add(m[1])
	}
	for _, code := range inText.FindAllString(text, maxCodes) {
		add(code)
	}
	return codes
}

var (
	inText    = regexp.MustCompile(`(?i)[a-z2-7]{8}-[a-z2-7]{8}-[a-z2-7]{8}-[a-z2-7]{8}`)
	replyTag  = regexp.MustCompile(`(?i)\+r-([a-z2-7]{32})@`)
	returnTag = regexp.MustCompile(`(?i)\+b-([a-z2-7]{32})(?:[@=]|$)`) // = is a forwarder's @ (sender rewriting)
	// wrap is the end of a line and the quotation marks of the next.
	wrap = regexp.MustCompile(`[ \t\x{00A0}\x{3000}]*\r?\n[ \t\x{00A0}\x{3000}>|]*`)
	// softened undoes what editors make of a hyphen, and takes out what has no width.
	softened = strings.NewReplacer(
		"\u2010",
		"-",
		"\u2011",
		"-",
		"\u2013",
		"-",
		"\u2212",
		"-",
		"\uff0d",
		"-",
		"\u00ad",
		"",
		"\u200b",
		"",
		"\ufeff",
		"",
	)
)

// code returns 32 characters, or nothing if the Message-ID is not one of ours.
func (s *Signer) code(purpose, messageID string) string {
	id, ok := s.digestOf(messageID)
	if !ok {
		return ""
	}
	return codeEncoding.EncodeToString(append(id, s.mac(purpose, messageID)...))
}

// open undoes code. What it compares, it compares in constant time.
func (s *Signer) open(purpose, code string) (string, bool) {
	plain := plainCode(code)
	raw, err := codeEncoding.DecodeString(plain)
	if err != nil || len(plain) != codeSize || len(raw) != idSize+macSize {
		return "", false
	}
	messageID := "m" + hex.EncodeToString(raw[:idSize]) + "@" + s.domain
	if !hmac.Equal(raw[idSize:], s.mac(purpose, messageID)) {
		return "", false
	}
	return messageID, true
}

func (s *Signer) mac(purpose, messageID string) []byte { return s.sum(purpose, messageID)[:macSize] }

func (s *Signer) sum(purpose, text string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}

// digestOf returns the 12 bytes of a Message-ID of this domain. Older versions derived them without the key: such a
// message is answered by its code all the same.
func (s *Signer) digestOf(messageID string) ([]byte, bool) {
	left, domain, _ := strings.Cut(messageID, "@")
	if domain != s.domain || len(left) != 1+2*idSize || left[0] != 'm' || strings.ToLower(left) != left {
		return nil, false
	}
	id, err := hex.DecodeString(left[1:])
	return id, err == nil
}

// plainCode is a code without hyphens, in lower case; not of a code's length, it is nothing.
func plainCode(code string) string {
	if len(code) > codeSize+codeSize/groupSize {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(code, "-", ""))
}

func grouped(code string) string {
	var groups []string
	for group := range slices.Chunk([]byte(code), groupSize) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

func tagged(address, tag, code string) string {
	if code == "" || !TakesCode(address) {
		return address
	}
	at := strings.LastIndexByte(address, '@')
	return address[:at] + tag + code + address[at:]
}
