// Package account is who may sign in at the office's side of the window: accounts with passwords kept as Argon2id (RFC
// 9106), sessions that end, and a bound on guesses. Sessions and guesses are in memory: whoever restarts the daemon
// signs everybody out.
package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
)

const (
	minPassword  = 12        // characters
	maxPassword  = 200       //
	memoryKiB    = 19 * 1024 // of one hash, of which there is one at a time; with two passes: OWASP's first choice
	passes       = 2
	saltAndKeyOf = 16

	mostMemoryKiB = 256 * 1024 // of a hash that another program has made
)

var params = &argon2id.Params{
	Memory:      memoryKiB,
	Iterations:  passes,
	Parallelism: 1,
	SaltLength:  saltAndKeyOf,
	KeyLength:   2 * saltAndKeyOf,
}

// Hash returns what an accounts file holds of a password.
func Hash(password string) (string, error) {
	if n := len([]rune(password)); n < minPassword || n > maxPassword {
		return "", fmt.Errorf("hash password: want %d to %d characters", minPassword, maxPassword)
	}
	return argon2id.CreateHash(password, params)
}

// Check says whether a text is such a hash, and one that can be computed here.
func Check(hash string) error {
	p, _, key, err := argon2id.DecodeHash(hash)
	if err != nil || p.Iterations < 1 || p.Parallelism < 1 || p.Memory > mostMemoryKiB || len(key) < saltAndKeyOf {
		return errors.New("no Argon2id hash; `qixian account hash` makes one")
	}
	return nil
}

// Book is the accounts, who is signed in, and who has tried in vain. It is safe for concurrent use.
type Book struct {
	clock   func() time.Time
	devices []byte // signs what is left in a browser by which somebody has signed in
	// the hash that is compared for a name that there is not, so that it takes as long
	nobody  string
	compare func(password, hash string) (bool, error) // takes tens of milliseconds

	hashing chan struct{} // one at a time

	mu       sync.Mutex
	accounts map[string]string // name to hash
	sessions map[[sha256.Size]byte]session
	guesses  map[guessKey]time.Time // until when what was guessed counts
	waiting  map[string]int         // sign-ins that are looked at or wait for that, by client
	unknown  int                    // all of them
	known    int                    // those beside them, from devices that are known
}

// New returns a book of accounts, name to hash. secret is the installation's signing key; what is left in browsers is
// signed with a key that is derived from it.
func New(accounts map[string]string, secret []byte, clock func() time.Time) (*Book, error) {
	if len(secret) < sha256.Size {
		return nil, errors.New("make accounts: the key is shorter than 32 bytes")
	}
	nobody, err := argon2id.CreateHash(rand.Text(), params)
	if err != nil {
		return nil, fmt.Errorf("make accounts: %w", err)
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("qixian device"))
	return &Book{
		clock:    clock,
		devices:  h.Sum(nil),
		nobody:   nobody,
		compare:  argon2id.ComparePasswordAndHash,
		hashing:  make(chan struct{}, 1),
		accounts: accounts,
		sessions: map[[sha256.Size]byte]session{},
		guesses:  map[guessKey]time.Time{},
		waiting:  map[string]int{},
	}, nil
}

// Replace puts other accounts in the place of those there are. The sessions of a name that is gone, or has another
// hash, are over.
func (b *Book) Replace(accounts map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for token, s := range b.sessions {
		if hash, ok := accounts[s.name]; !ok || hash != b.accounts[s.name] {
			delete(b.sessions, token)
		}
	}
	b.accounts = accounts
}

// Empty reports whether nobody may sign in.
func (b *Book) Empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.accounts) == 0
}

// Knows reports whether there is an account of this name, for the log: what somebody has typed for a name may be a
// password.
func (b *Book) Knows(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.accounts[name]
	return ok
}
