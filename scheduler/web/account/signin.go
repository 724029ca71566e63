package account

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Attempt is somebody who wants to sign in.
type Attempt struct {
	Name, Password string
	Client         string // from where, as the window tells clients apart
	Device         string // what an earlier sign-in has left in the browser; empty: none
}

// Entered is what a sign-in gives.
type Entered struct {
	Token  string // of the session
	Device string // to be left in the browser
}

// The reasons for which nobody is let in, beside Delay. They do not say whether there is such a name.
var (
	ErrRefused = errors.New("name or password wrong")
	ErrBusy    = errors.New("too many sign in at once")
)

// Delay is the error of an attempt that was not looked at, as there were too many before it.
type Delay struct {
	For time.Duration // after which the next is looked at
}

func (d *Delay) Error() string { return fmt.Sprintf("too many sign-ins, the next in %s", d.For) }

// bound is how many guesses there may be: so many at once, and then one in each span.
type bound struct {
	kind  string
	burst int
	every time.Duration
}

// The bounds. A guess counts before its hash is begun, so that many at the same time are no more than one after the
// other, and what turns out to be right is taken back. A client that signs in by a device that is known has a bound of
// its own and is let past the others: nobody elsewhere can keep it out by guessing. The last bounds what all hashes
// together cost, a tenth of a processor or so.
var (
	ofNameAndClient = bound{"name and client", 5, 3 * time.Minute}
	ofDevice        = bound{"device", 5, 3 * time.Minute}
	ofName          = bound{"name", 30, 2 * time.Minute} // from wherever they come
	// for whatever names; a whole house may be behind one address.
	ofClient = bound{"client", 30, 10 * time.Second}
	ofAll    = bound{"all", 10, 200 * time.Millisecond}
)

const (
	maxGuesses  = 10_000 // that are remembered; more are somebody's game
	maxWaiting  = 4      // sign-ins that are looked at or wait for that; one more is refused at once
	maxOfClient = 2      // of them from one client
	maxKnown    = 2      // beside them, from devices that are known
)

// guessKey is what guesses are counted by: a digest of the bound's kind, the name and the client, so that each takes as
// little room.
type guessKey [sha256.Size]byte

func keyOf(kind, name, client string) guessKey {
	h := sha256.New()
	for _, s := range []string{kind, name, client} {
		_ = binary.Write(h, binary.BigEndian, uint64(len(s))) // a hash never fails
		h.Write([]byte(s))
	}
	return guessKey(h.Sum(nil))
}

// counted is a bound with what it is counted by.
type counted struct {
	bound

	key guessKey
}

// admission is an attempt that is looked at.
type admission struct {
	Attempt

	hash    string
	bounds  []counted
	exists  bool
	isKnown bool // by its device
}

// SignIn begins a session. The error is ErrRefused, ErrBusy or a [*Delay]; the last two cost nothing.
func (b *Book) SignIn(a Attempt) (Entered, error) {
	ad, err := b.admit(a)
	if err != nil {
		return Entered{}, err
	}
	match := b.matches(ad)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !match || !ad.exists || b.accounts[a.Name] != ad.hash { // they may have been replaced meanwhile
		return Entered{}, ErrRefused
	}
	for _, c := range ad.bounds {
		b.guesses[c.key] = b.guesses[c.key].Add(-c.every)
	}
	return Entered{Token: b.begin(a.Name), Device: b.newDevice(a.Name)}, nil
}

// matches makes the hash that takes its time, and gives the place back.
func (b *Book) matches(ad admission) bool {
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.leave(ad)
	}()
	b.hashing <- struct{}{}
	defer func() { <-b.hashing }()
	password := ad.Password
	if len(password) > 4*maxPassword {
		password = ""
	}
	match, err := b.compare(password, ad.hash)
	return err == nil && match
}

// admit counts an attempt and gives it a place, or says why not.
func (b *Book) admit(a Attempt) (admission, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	ad := admission{Attempt: a, hash: b.nobody}
	if hash, ok := b.accounts[a.Name]; ok {
		ad.hash, ad.exists = hash, true
	}
	if device, ok := b.readDevice(a.Name, a.Device); ok && ad.exists {
		ad.isKnown = true
		ad.bounds = []counted{{ofDevice, keyOf(ofDevice.kind, a.Name, device)}}
	} else {
		ad.bounds = []counted{
			{ofNameAndClient, keyOf(ofNameAndClient.kind, a.Name, a.Client)},
			{ofName, keyOf(ofName.kind, a.Name, "")},
			{ofClient, keyOf(ofClient.kind, "", a.Client)},
			{ofAll, keyOf(ofAll.kind, "", "")},
		}
	}
	var wait time.Duration
	busy := false
	for _, c := range ad.bounds {
		w := b.until(c.key, now).Sub(now) - time.Duration(c.burst-1)*c.every
		if c.bound == ofAll {
			busy = w > 0
			continue
		}
		wait = max(wait, w)
	}
	switch {
	case wait > 0:
		return ad, &Delay{wait}
	case busy || !b.enter(ad):
		return ad, ErrBusy
	}
	b.forget(now)
	for _, c := range ad.bounds {
		b.guesses[c.key] = b.until(c.key, now).Add(c.every)
	}
	return ad, nil
}

// until is when the guesses that are counted by a key are all forgotten, now or later. The caller holds mu.
func (b *Book) until(key guessKey, now time.Time) time.Time {
	if until := b.guesses[key]; until.After(now) {
		return until
	}
	return now
}

// enter takes a place, and leave gives it back. The caller holds mu.
func (b *Book) enter(ad admission) bool {
	if ad.isKnown {
		if b.known == maxKnown {
			return false
		}
		b.known++
		return true
	}
	if b.unknown == maxWaiting || b.waiting[ad.Client] == maxOfClient {
		return false
	}
	b.unknown++
	b.waiting[ad.Client]++
	return true
}

func (b *Book) leave(ad admission) {
	if ad.isKnown {
		b.known--
		return
	}
	b.unknown--
	if b.waiting[ad.Client]--; b.waiting[ad.Client] == 0 {
		delete(b.waiting, ad.Client)
	}
}

// forget makes room where too much is remembered. What was guessed of a name that there is stays counted, so that no
// game with other names and clients buys more guesses of it than its bound has.
func (b *Book) forget(now time.Time) {
	if len(b.guesses) < maxGuesses {
		return
	}
	stay := map[guessKey]time.Time{}
	for name := range b.accounts {
		key := keyOf(ofName.kind, name, "")
		if until := b.guesses[key]; until.After(now) {
			stay[key] = until
		}
	}
	b.guesses = stay
}
