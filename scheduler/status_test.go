package scheduler_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qixian/notify"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestLights looks at one month's duty from day to day.
func TestLights(t *testing.T) {
	for _, c := range []struct {
		at      string
		without []string
		want    scheduler.Light
		left    int
	}{
		{"2018-09-24 10:00", nil, scheduler.Green, 6},
		{"2018-09-25 09:00", nil, scheduler.Yellow, 5},
		{"2018-09-25 09:00", []string{"县财政局"}, scheduler.Yellow, 5},
		{"2018-09-25 09:00", []string{"县财政局", "县环保局"}, scheduler.Grey, 5},
		{"2018-09-30 23:59", nil, scheduler.Yellow, 0},
		{"2018-10-01 00:00", nil, scheduler.Red, 0},
		{"2018-10-08 09:00", nil, scheduler.Red, -1},
		{"2018-10-08 09:00", []string{"县财政局", "县环保局"}, scheduler.Red, -1},
	} {
		r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{without: c.without}))
		r.pass("2018-09-01 09:00")
		row := rowOf(t, r, c.at, "air@2018-09", scheduler.Filter{})
		if row.Light != c.want || row.Left != c.left || len(row.Undeliverable) != len(c.without) {
			t.Errorf("at %s without %v: %s, %d left, undeliverable %v; want %s, %d left",
				c.at, c.without, row.Light, row.Left, row.Undeliverable, c.want, c.left)
		}
	}
}

// TestNext tells when a reminder is sent, and never a time that has passed.
func TestNext(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-09-01 09:00")
	for at, want := range map[string]string{
		"2018-09-24 10:00": "2018-09-25 09:00",
		"2018-09-25 08:00": "2018-09-25 09:00",
		"2018-09-25 09:00": "2018-09-26 09:00", // today's digest has gone without it
		"2018-09-30 10:00": "2018-10-08 09:00",
		"2018-10-10 10:00": "2018-10-11 09:00", // overdue
	} {
		if row := rowOf(t, r, at, "air@2018-09", scheduler.Filter{}); !row.Next.Equal(moment(t, want)) {
			t.Errorf("at %s: next %s, want %s", at, row.Next, want)
		}
	}
}

// TestOverviewNames holds that the first letter has the names by which its instructions are followed.
func TestOverviewNames(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-09-25 09:00")
	row := rowOf(t, r, "2018-09-25 09:00", "air@2018-09", scheduler.Filter{})
	mail, err := r.s.Mail(t.Context(), "overview/2018-09-25")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("，县环保局，短号 %d\n", row.Number)
	if row.Number == 0 || !strings.Contains(mail.Text, want) {
		t.Errorf("want %q in\n%s", want, mail.Text)
	}
}

func rowOf(t *testing.T, r *rig, at, key string, f scheduler.Filter) scheduler.Row {
	t.Helper()
	st, err := r.s.Status(t.Context(), moment(t, at), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range st.Rows {
		if row.Key == key {
			return row
		}
	}
	t.Fatalf("no row for %s", key)
	return scheduler.Row{}
}

// TestStatusClosed shows closed ones on request: late ones stay red.
func TestStatusClosed(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{}))
	r.pass("2018-09-01 09:00")
	r.complete("2018-10-03 09:00", "air@2018-09", "县环保局")
	r.complete("2018-10-03 09:00", "air@2018-10", "县环保局")
	f := scheduler.Filter{Unit: "县环保局", States: []scheduler.State{scheduler.Done}}
	if row := rowOf(t, r, "2018-11-01 09:00", "air@2018-09", f); row.Light != scheduler.Red {
		t.Errorf("done late it is %s", row.Light)
	}
	if row := rowOf(t, r, "2018-11-01 09:00", "air@2018-10", f); row.Light != scheduler.Green {
		t.Errorf("done in time it is %s", row.Light)
	}
	if _, err := r.s.Status(
		t.Context(),
		moment(t, "2018-11-01 09:00"),
		scheduler.Filter{Unit: "县环保"},
	); err == nil ||
		!strings.Contains(err.Error(), "县环保局") {
		t.Errorf("an unknown unit: %v", err)
	}
}

// refuse settles every pending message, those of a unit as bounced.
func refuse(t *testing.T, st *store.Store, unit string, now time.Time) {
	t.Helper()
	for _, m := range taken(t, st, now) {
		class := notify.Sent
		if m.Unit == unit {
			class = notify.Bounced
		}
		settleAs(t, st, now, class, []notify.Message{m})
	}
}

// taken claims and begins every message that is due.
func taken(t *testing.T, st *store.Store, now time.Time) []notify.Message {
	t.Helper()
	claimed, err := st.Claim(t.Context(), "test", now, 100)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := st.Begin(t.Context(), now, nil, claimed)
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

// settleAs ends messages that were begun.
func settleAs(t *testing.T, st *store.Store, now time.Time, class notify.Class, ms []notify.Message) {
	t.Helper()
	var ds []notify.Delivery
	for _, m := range ms {
		ds = append(
			ds,
			notify.Delivery{
				Message:    m,
				Outcome:    notify.Outcome{Class: class, Code: 550},
				Begun:      now,
				Ended:      now,
				FinalState: true,
			},
		)
	}
	if err := st.Settle(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

// TestRefused tells the office of refused mail, once: in working hours, but at once of an hour rule's.
func TestRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		r := newRig(t, st, small(t, 2019, contacts{}))
		r.pass("2018-09-21 10:00")
		r.pass("2018-09-25 09:00")
		refuse(t, st, "县环保局", moment(t, "2018-09-25 17:31"))
		diff(t, "after hours", r.pass("2018-09-25 17:32"), []string{})
		diff(
			t,
			"next morning",
			r.pass("2018-09-26 08:30"),
			[]string{"2018-09-26 08:30 县政府办公室 fallback air@2018-09/5wd"},
		)
		diff(t, "again", r.pass("2018-09-26 08:31"), []string{})
		if row := rowOf(
			t,
			r,
			"2018-09-26 08:31",
			"air@2018-09",
			scheduler.Filter{},
		); strings.Join(
			row.Undeliverable,
			"",
		) != "县环保局" {
			t.Errorf("undeliverable: %v", row.Undeliverable)
		}

		at := moment(t, "2018-10-01 22:00")
		rec := r.event("2018-10-01 22:00", rules.Event{Trigger: "recall-ordered", At: at})
		r.pass("2018-10-01 22:00")
		refuse(t, st, "县食药监局", at)
		key := rec.Deadlines[0].Key
		diff(
			t,
			"hour rule",
			r.pass("2018-10-01 22:01"),
			[]string{"2018-10-01 22:01 县政府办公室 fallback " + key + "/record"},
		)
		if row := rowOf(t, r, "2018-10-01 22:02", key, scheduler.Filter{}); row.Light != scheduler.Grey {
			t.Errorf("its only unit cannot be told, and it is %s", row.Light)
		}

		refuse(t, st, office, at)
		diff(t, "the office's own", r.pass("2018-10-01 22:03"), []string{})
		failed, err := st.Failed(t.Context())
		if err != nil || len(failed) != 0 {
			t.Errorf("still to be reported: %v, %v", failed, err)
		}
	})
}

// TestMarkInName has units whose names look like the number of another's second address: each gets its own mail, and
// what is refused of one is told as that one's.
func TestMarkInName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		several := map[string][]string{}
		names := []string{"县财政局", "县财政局#2", "县财政局##2", "县财政局#", "#2"}
		text := "units:\n"
		for i, name := range names {
			several[name] = []string{fmt.Sprintf("a%d@example.invalid", i), fmt.Sprintf("b%d@example.invalid", i)}
			if i > 0 {
				text += fmt.Sprintf("  %q: {full_name: 第%d单位}\n", name, i)
			}
		}
		text += fmt.Sprintf(
			"obligations: {water: {new: true, row: 0, title: 水质, clause: 按月, kind: periodic, rule: {every: month}, lead: [%q, %q, %q, %q, %q], responsible: [], per: unit}}",
			names[0],
			names[1],
			names[2],
			names[3],
			names[4],
		)
		p := plan(
			t,
			2019,
			contacts{several: several},
			layer("test", smallCatalogue, true),
			layer("override", text, true),
		)
		r := newRig(t, st, p)
		r.pass("2018-09-03 09:00")
		r.pass("2018-09-25 09:00")
		seen := map[string]bool{}
		for _, l := range r.letters {
			if l.Kind == notify.Digest && l.At.Equal(moment(t, "2018-09-25 09:00")) {
				seen[l.Message.To] = true
			}
			if slices.Contains(names, l.Unit) &&
				scheduler.LetterKey(l.Message.Key) != scheduler.LetterKey(scheduler.LetterKey(l.Message.Key)) {
				t.Errorf("%s is cut twice", l.Message.Key)
			}
		}
		for name, to := range several {
			if !seen[to[0]] || !seen[to[1]] {
				t.Errorf("%s got %t, %t", name, seen[to[0]], seen[to[1]])
			}
		}
		refuse(t, st, "县财政局#2", moment(t, "2018-09-25 09:01"))
		r.pass("2018-09-25 09:02")
		last := r.letters[len(r.letters)-1]
		if last.Kind != notify.Fallback || len(last.Items) == 0 || !strings.Contains(last.Message.Text, "县财政局#2") {
			t.Errorf("the office is told %+v:\n%s", last.Items, last.Message.Text)
		}
	})
}

// TestOfficeWithoutAddress keeps every reminder until there is somebody to tell, and says so.
func TestOfficeWithoutAddress(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, contacts{without: []string{office, "县财政局"}}))
	letters, err := r.tryAt(moment(t, "2018-09-25 09:00"))
	if err == nil || !strings.Contains(err.Error(), "the office has no address") {
		t.Errorf("error: %v", err)
	}
	diff(t, "letters", lines(letters), []string{
		"2018-09-25 09:00 县教育局 digest attendance@2018/half",
		"2018-09-25 09:00 县环保局 digest air@2018-09/5wd",
	})
	r.s.Swap(small(t, 2019, contacts{without: []string{"县财政局"}}))
	diff(t, "with an address", r.pass("2018-09-25 09:10"), []string{
		"2018-09-25 09:10 县政府办公室 overview air@2018-09/ air@2018-10/",
		"2018-09-25 09:10 县政府办公室 fallback air@2018-09/5wd attendance@2018/half",
	})
}

// TestMinuteByMinute lets time itself pass, a tick a minute, over a weekend and a make-up Saturday.
func TestMinuteByMinute(t *testing.T) {
	p := small(t, 2019, contacts{})
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t, "sqlite")
		r := newRig(t, st, p)
		time.Sleep(time.Until(moment(t, "2018-09-27 17:00")))
		ctx, cancel := context.WithTimeout(t.Context(), 4*24*time.Hour)
		defer cancel()
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for ctx.Err() == nil {
			r.passAt(time.Now().In(calendar.Zone()))
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
		diff(t, "letters", lines(r.letters), []string{
			"2018-09-27 17:00 县政府办公室 overview air@2018-09/ air@2018-10/",
			"2018-09-27 17:00 县教育局 digest attendance@2018/half",
			"2018-09-27 17:00 县环保局 digest air@2018-09/5wd",
			"2018-09-27 17:00 县财政局 digest air@2018-09/5wd attendance@2018/half",
			"2018-09-28 09:00 县环保局 digest air@2018-09/2wd",
			"2018-09-30 09:00 县环保局 digest air@2018-09/0",
			"2018-09-30 09:00 县财政局 digest air@2018-09/0",
		})
	})
}
