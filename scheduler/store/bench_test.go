package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// BenchmarkPromise promises one message of an ordinary size that carries three reminders.
func BenchmarkPromise(b *testing.B) {
	eachDriver(b, func(b *testing.B, driver string) {
		s := storetest.Open(b, driver)
		i := 0
		for b.Loop() {
			b.StopTimer()
			var ds []scheduler.Deadline
			for k := range 3 {
				ds = append(ds, deadline(fmt.Sprintf("d%d-%d", i, k)))
			}
			if _, err := s.Track(b.Context(), ds); err != nil {
				b.Fatal(err)
			}
			key := fmt.Sprint("digest/", i)
			p := scheduler.Promise{Messages: []notify.Message{big(key)}, Key: key}
			for _, d := range ds {
				found, err := s.Find(b.Context(), d.Key, "")
				if err != nil {
					b.Fatal(err)
				}
				p.Carried = append(p.Carried, found[0].Reminders[0].ID)
			}
			i++
			b.StartTimer()
			if ok, err := s.Promise(b.Context(), now, p); !ok || err != nil {
				b.Fatalf("promised %t, %v", ok, err)
			}
		}
	})
}

// big returns a message of 6 kB.
func big(key string) notify.Message {
	m := message(key)
	m.Text, m.HTML = strings.Repeat("期限提醒 环境空气质量", 40), strings.Repeat("<p>期限提醒 环境空气质量</p>", 130)
	return m
}

// BenchmarkClaimSettle takes one message at a time through the outbox: claimed, begun, sent, settled.
func BenchmarkClaimSettle(b *testing.B) {
	eachDriver(b, func(b *testing.B, driver string) {
		s := storetest.Open(b, driver)
		const batch = 500
		left := 0
		for b.Loop() {
			if left == 0 {
				b.StopTimer()
				var p scheduler.Promise
				for i := range batch {
					p.Messages = append(p.Messages, big(fmt.Sprintf("digest/%d-%d", b.Elapsed(), i)))
				}
				if ok, err := s.Promise(b.Context(), now, p); !ok || err != nil {
					b.Fatalf("promised %t, %v", ok, err)
				}
				left = batch
				b.StartTimer()
			}
			left--
			n, err := deliverOne(b.Context(), s, "me", func(notify.Message) {})
			if n != 1 || err != nil {
				b.Fatalf("delivered %d, %v", n, err)
			}
		}
	})
}

// BenchmarkInsert20000 promises 20,000 messages in batches of 500.
func BenchmarkInsert20000(b *testing.B) {
	eachDriver(b, func(b *testing.B, driver string) {
		for b.Loop() {
			b.StopTimer()
			s := storetest.Open(b, driver)
			b.StartTimer()
			for i := range 40 {
				var p scheduler.Promise
				for k := range 500 {
					p.Messages = append(p.Messages, big(fmt.Sprintf("digest/%d-%d", i, k)))
				}
				if ok, err := s.Promise(b.Context(), now.Add(time.Duration(i)), p); !ok || err != nil {
					b.Fatalf("promised %t, %v", ok, err)
				}
			}
		}
	})
}
