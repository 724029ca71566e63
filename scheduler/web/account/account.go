// Package account is who may sign in at the office's side of the window: accounts with passwords kept as Argon2id (RFC 9106), sessions that
// end, and patience that ends too. Sessions are in memory: whoever restarts the daemon signs everybody out.
package account

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
)

const (
	maxFailures  = 5                // in a row, after which nobody gets in by a name for lockedFor
	lockedFor    = 15 * time.Minute //
	idleFor      = time.Hour        // a session ends when nothing was asked in it for so long
	sessionFor   = 10 * time.Hour   // and in any case after so long: a day's work
	maxNames     = 10_000           // that failures are counted for; more are somebody's game
	minPassword  = 12               // characters
	maxPassword  = 200              //
	memoryKiB    = 19 * 1024        // of one hash, of which there is one at a time; with two passes: OWASP's first choice
	passes       = 2
	saltAndKeyOf = 16
)

// The reasons for which nobody is let in. They do not say whether there is such a name.
var (
	ErrRefused = errors.New("name or password wrong")
	ErrLocked  = errors.New("too many failures")
)

var params = &argon2id.Params{Memory: memoryKiB, Iterations: passes, Parallelism: 1, SaltLength: saltAndKeyOf, KeyLength: 2 * saltAndKeyOf}

// Hash returns what an accounts file holds of a password.
func Hash(password string) (string, error) {
	if n := len([]rune(password)); n < minPassword || n > maxPassword {
		return "", fmt.Errorf("hash password: want %d to %d characters", minPassword, maxPassword)
	}
	return argon2id.CreateHash(password, params)
}

// Check says whether a text is such a hash.
func Check(hash string) error {
	if _, _, _, err := argon2id.DecodeHash(hash); err != nil {
		return errors.New("no Argon2id hash; `qixian account hash` makes one")
	}
	return nil
}

// Book is the accounts, who is signed in, and who has tried in vain. It is safe for concurrent use.
type Book struct {
	clock    func() time.Time
	accounts map[string]string
	nobody   string // the hash that is compared for a name that there is not, so that it takes as long

	hashing sync.Mutex // one at a time

	mu       sync.Mutex
	failures map[string]failure
	sessions map[[sha256.Size]byte]session // by the hash of their tokens
}

type failure struct {
	n     int
	until time.Time // locked; zero: not
}

type session struct {
	name         string
	begun, asked time.Time
}

// New returns a book of accounts, name to hash.
func New(accounts map[string]string, clock func() time.Time) (*Book, error) {
	nobody, err := argon2id.CreateHash(rand.Text(), params)
	if err != nil {
		return nil, fmt.Errorf("make accounts: %w", err)
	}
	return &Book{clock: clock, accounts: accounts, nobody: nobody, failures: map[string]failure{}, sessions: map[[sha256.Size]byte]session{}}, nil
}

// SignIn begins a session and returns its token, which has never been anybody's. The error is ErrRefused or ErrLocked.
func (b *Book) SignIn(name, password string) (token string, err error) {
	if b.locked(name) {
		return "", ErrLocked
	}
	hash, known := b.accounts[name]
	if !known {
		hash = b.nobody
	}
	if len(password) > 4*maxPassword {
		password = ""
	}
	b.hashing.Lock()
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	b.hashing.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil || !match || !known {
		b.fail(name)
		return "", ErrRefused
	}
	delete(b.failures, name)
	token = rand.Text() + rand.Text()
	now := b.clock()
	b.sessions[sha256.Sum256([]byte(token))] = session{name, now, now}
	return token, nil
}

func (b *Book) locked(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock().Before(b.failures[name].until)
}

func (b *Book) fail(name string) {
	if len(b.failures) >= maxNames {
		clear(b.failures)
	}
	f := b.failures[name]
	if f.n++; f.n >= maxFailures {
		f = failure{until: b.clock().Add(lockedFor)}
	}
	b.failures[name] = f
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
