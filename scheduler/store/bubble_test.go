package store_test

import (
	"testing"
	"testing/synctest"
	"time"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// TestBubble holds that a store lives and ends in a bubble, whose clock leaps: nothing of it waits for ever, or by the
// clock.
func TestBubble(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		synctest.Test(t, func(t *testing.T) {
			s := storetest.Open(t, driver)
			start := time.Now().In(calendar.Zone())
			d := deadline("a")
			d.Reminders[0].At = start.AddDate(0, 6, 0)
			track(t, s, d)
			told := 0
			for time.Since(start) < 365*24*time.Hour {
				time.Sleep(24 * time.Hour)
				for _, r := range ripe(t, s, time.Now(), false) {
					told++
					p := scheduler.Promise{
						Messages: []notify.Message{message("digest/1")},
						Key:      "digest/1",
						Carried:  []int64{r.Reminder.ID},
					}
					if ok, err := s.Promise(t.Context(), time.Now(), p); !ok || err != nil {
						t.Errorf("promised %t, %v", ok, err)
					}
				}
			}
			if told != 1 {
				t.Errorf("told %d times in a year, want once", told)
			}
			claim(t, s, "me", time.Now())
		})
	})
}
