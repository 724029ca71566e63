package store

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// maxWidth bounds how far down one looks.
const maxWidth = 64

// crowd guesses how many others claim from the same outbox. All of them want the message that has waited longest, and
// all but one have worked for nothing: on a cluster, where that comes out at COMMIT alone, three daemons failed at 300
// of 1,000 claims, and at 30 with this. The guess doubles whenever another was quicker and falls slowly, to none where
// there is nobody else.
type crowd struct{ quarters atomic.Int64 }

// width is how many candidates more than one needs to look at.
func (c *crowd) width() int { return int(c.quarters.Load()) / 4 }

// met says that another was quicker.
func (c *crowd) met() { c.quarters.Store(min(4*maxWidth, 2*c.quarters.Load()+4)) }

// missed says that nobody was.
func (c *crowd) missed() { c.quarters.Store(max(0, c.quarters.Load()-1)) }

// choose returns n of the candidates, or all if there are no more, by chance and in their order.
func choose(candidates []int64, n int) []int64 {
	for len(candidates) > n {
		i := rand.IntN(len(candidates)) //nolint:gosec // G404: to get out of each other's way; nothing is to be guessed
		candidates = slices.Delete(candidates, i, i+1)
	}
	return candidates
}
