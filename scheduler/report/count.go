package report

import (
	"cmp"
	"slices"
)

// Count is what some deadlines come to. Due is the sum of Overdue, Late, OnTime and Open.
type Count struct {
	Due         int `json:"due"`
	OnTime      int `json:"on_time"`
	Late        int `json:"late"`
	LateDays    int `json:"late_working_days"` // of the late ones, all together
	Overdue     int `json:"overdue"`
	OverdueDays int `json:"overdue_working_days"`
	Open        int `json:"open"`
	Extended    int `json:"extended"`    // of Due
	Undelivered int `json:"undelivered"` // of Due
	Withdrawn   int `json:"withdrawn"`   // not in Due
	OnShow      int `json:"on_show"`     // not in Due
}

// Rate returns the share of those done in time in those that are over, in tenths of a percent, rounded down, so that
// only a unit without a single miss has 1000. It reports false if none is over.
func (c Count) Rate() (tenths int, ok bool) {
	over := c.OnTime + c.Late + c.Overdue
	if over == 0 {
		return 0, false
	}
	return c.OnTime * 1000 / over, true
}

// add counts a deadline; undelivered says that a mail about it did not reach whoever is counted for.
func (c *Count) add(e Entry, undelivered bool) {
	switch e.Outcome {
	case Withdrawn:
		c.Withdrawn++
		return
	case OnShow:
		c.OnShow++
		return
	case OnTime:
		c.OnTime++
	case Late:
		c.Late++
		c.LateDays += e.Days
	case Overdue:
		c.Overdue++
		c.OverdueDays += e.Days
	case Open:
		c.Open++
	}
	c.Due++
	if e.Extended {
		c.Extended++
	}
	if undelivered {
		c.Undelivered++
	}
}

// rank orders units by the share that they did in time, then by fewer working days late and overdue, and numbers them;
// equals have the same rank, and the next one's says how many are before it. Units of which nothing is over come last,
// without a rank.
func rank(us []Unit) {
	order := func(a, b Unit) int {
		ra, oka := a.Rate()
		rb, okb := b.Rate()
		switch {
		case !oka && !okb:
			return 0
		case !oka:
			return 1
		case !okb:
			return -1
		}
		return cmp.Or(cmp.Compare(rb, ra), cmp.Compare(a.LateDays+a.OverdueDays, b.LateDays+b.OverdueDays))
	}
	slices.SortStableFunc(us, order)
	for i := range us {
		if _, ok := us[i].Rate(); !ok {
			continue
		}
		us[i].Rank = i + 1
		if i > 0 && order(us[i-1], us[i]) == 0 {
			us[i].Rank = us[i-1].Rank
		}
	}
}
