package web_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// counting counts how often the database is asked where everything stands: eight statements each time.
type counting struct {
	*scheduler.Scheduler
	asked atomic.Int64
	busy  chan struct{} // until it is closed the database keeps those waiting who ask of other's
}

func (c *counting) Status(ctx context.Context, now time.Time, f scheduler.Filter) (scheduler.Standing, error) {
	c.asked.Add(1)
	if f.Unit == other {
		<-c.busy
	}
	return c.Scheduler.Status(ctx, now, f)
}

// fill tracks n deadlines that are open, some of them late.
func (h *house) fill(n int) {
	h.t.Helper()
	today := calendar.DateOf(h.clock())
	for part := range slices.Chunk(slices.Repeat([]int{0}, n), 5000) {
		ds := make([]scheduler.Deadline, len(part))
		for i := range ds {
			due := today.AddDays((n-i)%300 - 3)
			ds[i] = scheduler.Deadline{
				Key: fmt.Sprintf(
					"load-%d@%d",
					n,
					i,
				),
				Obligation: "air",
				Rule:       "air",
				Kind:       rules.Periodic,
				Title:      "环境空气质量状况",
				Period:     "2018-09",
				Needed:     1,
				Plan:       "1",
				Due: rules.Due{
					Date:     due,
					Earliest: due,
				},
				State:     scheduler.Open,
				Lead:      []string{unit},
				OpenedAt:  h.clock(),
				Reminders: []scheduler.Reminder{{Stage: "5wd", Unit: unit, At: due.At(0), State: scheduler.Promised}},
			}
		}
		if _, err := h.store.Track(h.t.Context(), ds); err != nil {
			h.t.Fatal(err)
		}
		n -= len(part)
	}
}

// BenchmarkOffice has 200 clients read the office's overview over 100,000 open deadlines, ten times each.
func BenchmarkOffice(b *testing.B) {
	const clients, each, deadlines = 200, 10, 100_000
	h, desk := newCountedHouse(b)
	close(desk.busy)
	h.fill(deadlines)
	cookie := h.signIn()
	visitor := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	for b.Loop() {
		h.later(time.Minute) // nothing is fresh any more
		desk.asked.Store(0)
		took := make([]time.Duration, clients*each)
		var all sync.WaitGroup
		for c := range clients {
			all.Go(func() {
				for i := range each {
					start := time.Now()
					r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, h.site.URL+"/office", http.NoBody)
					if err != nil {
						b.Error(err)
						return
					}
					r.Header.Set("Cookie", cookie)
					got, err := visitor.Do(r)
					if err != nil || got.StatusCode != http.StatusOK {
						b.Errorf("%v, %v", got, err)
						return
					}
					_ = got.Body.Close()
					took[c*each+i] = time.Since(start)
				}
			})
		}
		all.Wait()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
		b.ReportMetric(float64(desk.asked.Load()), "status/op")
	}
}
