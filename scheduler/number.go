package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A deadline's number (短号) is what people say on the telephone in place of its key: five digits, the last of which
// checks the others, so that one digit misheard or two of them swapped give no number at all. It is unique among open
// deadlines and those closed lately, and derived from the deadline, so that two daemons which open it at once give it
// the same; where it is taken, the next of the sequence is tried.

// NumberRest is for how long nobody else gets the number of a deadline that is closed: people still go by old mails.
const NumberRest = patience

// sameLength is how many numbers of one length are tried for a deadline before longer ones: there is always a next.
const sameLength = 8

// NumberOf returns the number that is tried for a deadline at the n-th try, counted from 0. Of the longest there are
// ninety million.
func NumberOf(key, unit string, n int) int {
	sum := sha256.Sum256(fmt.Appendf(nil, "number\x00%s\x00%s\x00%d", key, unit, n))
	low := uint64(1000)
	for range min(n/sameLength, 4) {
		low *= 10
	}
	plain := int(low + binary.BigEndian.Uint64(sum[:8])%(9*low)) //nolint:gosec // G115: below 10^8
	return plain*10 + checkDigit(plain)
}

// quasigroup is that of H. Michael Damm's check digits (TU Marburg, 2004): it finds every wrong digit and every swap of
// two neighbours.
var quasigroup = [10][10]int{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

func checkDigit(plain int) int {
	check := 0
	for _, c := range strconv.Itoa(plain) {
		check = quasigroup[check][c-'0']
	}
	return check
}

// ErrNumber says that a number is none: its check digit does not fit.
var ErrNumber = errors.New("no number of a deadline: a digit was misread or misheard, or two were swapped")

// ParseNumber reads a number as people type it, full-width digits and spaces included. It reports false for what is no
// number at all, such as a key, and ErrNumber for one whose check digit does not fit.
func ParseNumber(text string) (number int, is bool, err error) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '\u3000':
			return -1
		}
		return r
	}, text)
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false, nil
	}
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) < 5 || len(digits) > 9 || digits[0] == '0' || checkDigit(n/10) != n%10 {
		return 0, true, fmt.Errorf("%s: %w", digits, ErrNumber)
	}
	return n, true, nil
}

// Numbers is the store as it knows deadlines by their numbers.
type Numbers interface {
	// GiveNumbers gives a number to every open deadline that has none, such as those from before there were any, and
	// returns how many.
	GiveNumbers(ctx context.Context) (int, error)
	// ByNumber returns the open deadline with this number, or else the one that had it last, without reminders; or
	// ErrNotFound.
	ByNumber(ctx context.Context, number int) (Deadline, error)
}

// OthersError says that a number is that of another unit's deadline than the one named beside it.
type OthersError struct{ Unit string } // whose it is

func (e *OthersError) Error() string { return "the number of " + e.Unit + "'s deadline" }

// Named returns the key and unit of the deadline that a person names: by its key, and where each unit has its own by
// the unit, or by its number alone. A key is returned as it is; a unit that is not the number's is an OthersError.
func (s *Scheduler) Named(ctx context.Context, name, unit string) (key, of string, err error) {
	n, is, err := ParseNumber(name)
	if err != nil || !is {
		return name, unit, err
	}
	d, err := s.o.Store.ByNumber(ctx, n)
	if err != nil {
		return "", "", fmt.Errorf("%d: %w", n, err)
	}
	if d.Unit == "" {
		return d.Key, unit, nil
	}
	if today, ok := s.Plan().Catalogue.Canonical(unit); unit != "" && (!ok || today != s.Plan().unit(d.Unit)) {
		return "", "", fmt.Errorf("%d is %w, not %s's", n, &OthersError{d.Unit}, unit)
	}
	return d.Key, d.Unit, nil
}

// giveNumbers sees to it, once a day, that every open deadline has a number.
func (p *pass) giveNumbers(ctx context.Context) error {
	if p.s.numbered == p.today {
		return nil
	}
	if _, err := p.store.GiveNumbers(ctx); err != nil {
		return fmt.Errorf("give numbers: %w", err)
	}
	p.s.numbered = p.today
	return nil
}
