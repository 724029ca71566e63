package bench_test

import (
	"fmt"
	"testing"
	"time"

	"qixian/cmd/internal/burst"
	"qixian/scheduler/store"
)

func TestQuick(t *testing.T) {
	s := newSink(t)
	b := burst.New(t, burst.Options{Driver: store.SQLite, Units: 500, Alarms: 10, Connections: 16, Relay: s.address()})
	done := s.await(5000)
	start := time.Now()
	b.Serve(t, "one")
	for range 200 {
		select {
		case <-done:
			d, twice, size := s.counted()
			fmt.Println("done", time.Since(start), d, twice, size)
			return
		case <-time.After(500 * time.Millisecond):
			d, _, _ := s.counted()
			fmt.Println(time.Since(start), d)
		}
	}
}
