package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qixian/scheduler/web"
)

// BenchmarkFlood has one visitor read a unit's page of 300 deadlines, in turn while all is quiet and while two hundred
// forms are sent slowly and two hundred sign-ins a second come, each with another name from another client, so that no
// bound but that of the places holds them.
func BenchmarkFlood(b *testing.B) {
	const pages, rounds, slow, perSecond = 100, 5, 200, 200
	h := newHouse(b)
	h.fill(300)
	target := h.links.Unit(unit, h.clock())
	visitor := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	read := func() []time.Duration {
		took := make([]time.Duration, pages)
		for i := range took {
			start := time.Now()
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, target, http.NoBody)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("X-Forwarded-For", "10.2.0.1")
			got, err := visitor.Do(r)
			if err != nil || got.StatusCode != http.StatusOK {
				b.Fatal(got, err)
			}
			_, _ = io.Copy(io.Discard, got.Body)
			_ = got.Body.Close()
			took[i] = time.Since(start)
		}
		return took
	}
	for b.Loop() {
		var quiet, flooded []time.Duration
		signIns, began := 0, time.Duration(0)
		for range rounds {
			quiet = append(quiet, read()...)
			for i := range slow {
				h.slow("/office/sign-in", fmt.Sprintf("10.1.0.%d", i))
			}
			h.awaits("the slow ones are here", func() bool { _, clients := h.held(); return clients >= slow })
			stop := make(chan struct{})
			var all sync.WaitGroup
			all.Go(func() {
				tick := time.NewTicker(time.Second / perSecond)
				defer tick.Stop()
				start, before := time.Now(), signIns
				for {
					select {
					case <-stop:
						began += time.Since(start)
						return
					case <-tick.C: // where ticks are left out, what they would have brought comes with the next
						for due := before + int(time.Since(start)*perSecond/time.Second); signIns < due; signIns++ {
							h.later(time.Second / perSecond)
							n := signIns
							all.Go(func() { h.guess(visitor, n) })
						}
					}
				}
			})
			time.Sleep(200 * time.Millisecond) // until it is under way
			flooded = append(flooded, read()...)
			close(stop)
			all.Wait()
			h.hangUp()
		}
		slices.Sort(quiet)
		slices.Sort(flooded)
		was, is := quiet[len(quiet)/2], flooded[len(flooded)/2]
		b.ReportMetric(float64(was.Microseconds())/1000, "quiet-ms")
		b.ReportMetric(float64(is.Microseconds())/1000, "flooded-ms")
		b.ReportMetric(float64(is)/float64(was), "times")
		b.ReportMetric(float64(signIns)/began.Seconds(), "sign-ins/s")
		b.ReportMetric(float64(h.refusals("password")), "hashes")
	}
}

// guess tries the password of somebody, from somewhere.
func (h *house) guess(visitor *http.Client, n int) {
	form := url.Values{"name": {fmt.Sprint("name", n)}, "password": {"wrong"}, "form": {web.FormToken("brought")}}
	r, err := http.NewRequestWithContext(
		h.t.Context(),
		http.MethodPost,
		h.site.URL+"/office/sign-in",
		strings.NewReader(form.Encode()),
	)
	if err != nil {
		h.t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", "qixian=brought")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.3.%d.%d", n/250%250, n%250))
	got, err := visitor.Do(r)
	if err != nil {
		h.t.Error(err)
		return
	}
	_ = got.Body.Close()
}
