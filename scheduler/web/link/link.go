// Package link makes and reads the links by which a unit, and nobody else, sees what is its own and answers for it. A
// link is its own proof: nothing is remembered, and whoever has not had the mail can make none. It holds for one
// purpose, one unit and at most one item, and for a number of days; a new signing key ends all at once. That to a
// unit's calendar, which programs keep, holds on, and says by which number the installation knows it, so that it can be
// revoked.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"qixian/rules/calendar"
)

// Purpose is what a link opens; a link for one opens no other.
type Purpose string

// The purposes.
const (
	Unit Purpose = "u" // a unit's page
	Item Purpose = "i" // one item of a unit, and the forms by which it is answered
	Feed Purpose = "c" // a unit's calendar, for a number of days: no more are made

	subscription Purpose = "f" // a unit's calendar, by its serial
)

// Claim is what a link says of its holder.
type Claim struct {
	Purpose Purpose
	Unit    string
	Key     string        // of an Item; empty for the others
	Until   calendar.Date // the last day on which it holds, in Beijing
}

// The reasons for which a link opens nothing.
var (
	ErrInvalid = errors.New("no link of ours") // mangled, for something else, or made with another key
	ErrExpired = errors.New("link has expired")
)

const (
	macSize = 16  // bytes: 2^128 tries
	maxText = 600 // characters of a token; a unit's name and a key need fewer
)

// epoch is the day from which a token counts days.
var epoch = calendar.NewDate(2018, time.January, 1)

// encoding has one form for each token: no padding, and no bits that do not count.
var encoding = base64.RawURLEncoding.Strict()

// Maker makes and reads links. It is safe for concurrent use.
type Maker struct {
	key  []byte
	base string
	days atomic.Int64
}

// New returns a maker of links below base, such as https://qixian.example.invalid, that hold for so many days. secret
// is the installation's signing key, of 32 bytes or more; links are signed with a key that is derived from it.
func New(secret []byte, base string, days int) (*Maker, error) {
	switch {
	case len(secret) < sha256.Size:
		return nil, errors.New("make links: the key is shorter than 32 bytes")
	case days < 1:
		return nil, fmt.Errorf("make links: %d days", days)
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("qixian web link"))
	m := &Maker{key: h.Sum(nil), base: strings.TrimSuffix(base, "/")}
	m.Hold(days)
	return m, nil
}

// Hold makes every link from now on hold for so many days, at least one.
func (m *Maker) Hold(days int) { m.days.Store(int64(days)) }

// Unit returns the link to a unit's page.
func (m *Maker) Unit(unit string, now time.Time) string {
	return m.base + "/u/" + m.token(Claim{Purpose: Unit, Unit: unit}, now)
}

// Item returns the link to one item of a unit: that with this key.
func (m *Maker) Item(unit, key string, now time.Time) string {
	return m.base + "/i/" + m.token(Claim{Purpose: Item, Unit: unit, Key: key}, now)
}

// Feed returns the link to a unit's calendar with this serial, to which a calendar program subscribes.
func (m *Maker) Feed(unit, serial string) string {
	raw := []byte{byte(len(serial))} //nolint:gosec // G115: a serial has fewer bytes
	raw = append(append(raw, serial...), unit...)
	return m.base + "/f/" + encoding.EncodeToString(append(raw, m.code(subscription, raw)...)) + ".ics"
}

// ReadFeed returns which calendar a token is for, or ErrInvalid. Whether it still works is for the caller to say.
func (m *Maker) ReadFeed(token string) (unit, serial string, err error) {
	raw, ok := m.open(subscription, token)
	if !ok || len(raw) == 0 || len(raw) < 1+int(raw[0]) {
		return "", "", ErrInvalid
	}
	end := 1 + int(raw[0])
	return string(raw[end:]), string(raw[1:end]), nil
}

// open returns what a token holds if its code is ours. Codes are compared in constant time.
func (m *Maker) open(p Purpose, token string) ([]byte, bool) {
	raw, err := encoding.DecodeString(token)
	// DecodeString skips ends of lines
	if err != nil || strings.ContainsAny(token, "\r\n") || len(token) > maxText || len(raw) < macSize {
		return nil, false
	}
	raw, code := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	return raw, hmac.Equal(code, m.code(p, raw))
}

// token is days, length of the unit's name, name and key, then the code. The links of one day are the same.
func (m *Maker) token(c Claim, now time.Time) string {
	days := calendar.DateOf(now).AddDays(int(m.days.Load())).Sub(epoch)
	raw := binary.BigEndian.AppendUint16(nil, uint16(max(0, min(days, 1<<16-1))))
	raw = binary.BigEndian.AppendUint16(raw, uint16(len(c.Unit))) //nolint:gosec // G115: a name has fewer bytes
	raw = append(append(raw, c.Unit...), c.Key...)
	return encoding.EncodeToString(append(raw, m.code(c.Purpose, raw)...))
}

func (m *Maker) code(p Purpose, raw []byte) []byte {
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte(string(p) + "\x00"))
	h.Write(raw)
	return h.Sum(nil)[:macSize]
}

// Read returns what a token claims that was made for a purpose, or ErrInvalid; with ErrExpired it returns the claim
// too.
func (m *Maker) Read(p Purpose, token string, now time.Time) (Claim, error) {
	raw, ok := m.open(p, token)
	if !ok || len(raw) < 4 {
		return Claim{}, ErrInvalid
	}
	name := int(binary.BigEndian.Uint16(raw[2:]))
	if 4+name > len(raw) {
		return Claim{}, ErrInvalid
	}
	c := Claim{
		Purpose: p,
		Unit:    string(raw[4 : 4+name]),
		Key:     string(raw[4+name:]),
		Until:   epoch.AddDays(int(binary.BigEndian.Uint16(raw))),
	}
	if calendar.DateOf(now).After(c.Until) {
		return c, ErrExpired
	}
	return c, nil
}
