package calendar

// festivalDays returns the days off by law in the years of the bounded range that have no notice.
func (c *Calendar) festivalDays(f Festivals) map[Date]string {
	noticed := map[int]bool{}
	for _, y := range c.years {
		noticed[y.Year] = true
	}
	days := map[Date]string{}
	enter := func(d Date, name string) {
		if d.IsZero() || d.Before(f.Since) || noticed[d.Year()] {
			return
		}
		if other, taken := days[d]; taken && other != name {
			name = other + "、" + name
		}
		days[d] = name
	}
	for _, x := range f.Fixed {
		for y := firstYear; y <= lastYear; y++ {
			enter(NewDate(y, x.Day.Month(), x.Day.Day()), x.Name)
		}
	}
	for _, x := range f.Moved {
		enter(x.Day, x.Name)
	}
	return days
}

// How far beyond its days by law a festival's break may reach. In the notices for 2018 to 2026 no break began more than
// one day before a festival; after its last day a festival of one day by law reached one day further, a longer one up
// to six.
const (
	reachBefore    = 2
	reachAfter     = 2
	reachAfterLong = 6
)

// doubtful returns the uncovered days that a notice may yet make days off.
func (c *Calendar) doubtful() map[Date]bool {
	days := map[Date]bool{}
	for d := range c.festivals {
		after := reachAfter
		if c.festivals[d.AddDays(1)] != "" || c.festivals[d.AddDays(-1)] != "" {
			after = reachAfterLong
		}
		for n := -reachBefore; n <= after; n++ {
			if x := d.AddDays(n); !c.Known(x) {
				days[x] = true
			}
		}
	}
	return days
}
