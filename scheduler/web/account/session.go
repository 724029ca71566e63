package account

import (
	"crypto/rand"
	"crypto/sha256"
	"time"
)

const (
	idleFor    = time.Hour      // a session ends when nothing was asked in it for so long
	sessionFor = 10 * time.Hour // and in any case after so long: a day's work
)

// session is kept by the hash of its token.
type session struct {
	name         string
	begun, asked time.Time
}

// begin begins a session, with a token that has never been anybody's. The caller holds mu.
func (b *Book) begin(name string) (token string) {
	token = rand.Text() + rand.Text()
	now := b.clock()
	b.sessions[sha256.Sum256([]byte(token))] = session{name, now, now}
	return token
}

// Who returns whose session a token is.
func (b *Book) Who(token string) (name string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	for key, s := range b.sessions {
		if now.Sub(s.asked) > idleFor || now.Sub(s.begun) > sessionFor {
			delete(b.sessions, key)
		}
	}
	key := sha256.Sum256([]byte(token))
	s, ok := b.sessions[key]
	if ok {
		s.asked = now
		b.sessions[key] = s
	}
	return s.name, ok
}

// SignOut ends a session.
func (b *Book) SignOut(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sessions, sha256.Sum256([]byte(token)))
}
