package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
)

func span(n int, c rules.Clock) rules.Span { return rules.Span{N: n, Clock: c} }

func TestDefaultStages(t *testing.T) {
	after := func(n int, c rules.Clock) rules.Rule { return rules.Rule{After: "x", Within: span(n, c)} }
	tests := []struct {
		name string
		rule rules.Rule
		want string
	}{
		{"week", rules.Rule{Every: rules.Week}, "1wd 0"},
		{"month", rules.Rule{Every: rules.Month}, "5wd 2wd 0"},
		{"quarter", rules.Rule{Every: rules.Quarter}, "20wd 10wd 5wd 1wd 0"},
		{"half", rules.Rule{Every: rules.Half}, "20wd 10wd 5wd 1wd 0"},
		{"year", rules.Rule{Every: rules.Year}, "20wd 10wd 5wd 1wd 0"},
		{"fixed date", rules.Rule{By: rules.MonthDay{Month: 7, Day: 31}}, "20wd 10wd 5wd 1wd 0"},
		{"yearly quota", rules.Rule{Every: rules.Year, AtLeast: 2}, "half 20wd 10wd 5wd 1wd 0"},
		{"monthly quota", rules.Rule{Every: rules.Month, AtLeast: 2}, "half 5wd 2wd 0"},
		{"20wd", after(20, rules.WorkingDays), "record 5wd 1wd 0"},
		{"8wd", after(8, rules.WorkingDays), "record 5wd 1wd 0"},
		{"7wd", after(7, rules.WorkingDays), "record 1wd 0"},
		{"3wd", after(3, rules.WorkingDays), "record 1wd 0"},
		{"2wd", after(2, rules.WorkingDays), "record 0"},
		{"1wd", after(1, rules.WorkingDays), "record 0"},
		{"10d", after(10, rules.CalendarDays), "record 5wd 1wd 0"},
		{"9d", after(9, rules.CalendarDays), "record 1wd 0"},
		{"2d", after(2, rules.CalendarDays), "record 0"},
		{"1m", after(1, rules.Months), "record 5wd 1wd 0"},
		{"24h", after(24, rules.Hours), "record 12h 2h"},
		{"48h", after(48, rules.Hours), "record 12h 2h"},
		{"5h", after(5, rules.Hours), "record 2h"},
		{"2h", after(2, rules.Hours), "record"},
		{"on show", rules.Rule{After: "x", OnShow: span(10, rules.CalendarDays)}, "record 0"},
		{"before", rules.Rule{Before: "x"}, "record 5wd 1wd 0"},
		{"ahead", rules.Rule{Before: "x", Ahead: span(3, rules.WorkingDays)}, "record 5wd 1wd 0"},
		{"ahead by hours", rules.Rule{Before: "x", Ahead: span(24, rules.Hours)}, "record 12h 2h"},
		{"ahead by few hours", rules.Rule{Before: "x", Ahead: span(2, rules.Hours)}, "record 12h 2h"},
		{"rolling quarter", rules.Rule{Interval: span(90, rules.CalendarDays)}, "20wd 10wd 5wd 1wd 0"},
		{"rolling month", rules.Rule{Interval: span(1, rules.Months)}, "5wd 2wd 0"},
		{"rolling week", rules.Rule{Interval: span(7, rules.CalendarDays)}, "1wd 0"},
		{
			"later of",
			rules.Rule{LaterOf: []rules.Rule{{Every: rules.Month}, {By: rules.MonthDay{Month: 7, Day: 31}}}},
			"20wd 10wd 5wd 1wd 0",
		},
		{
			"earlier of, on an event",
			rules.Rule{EarlierOf: []rules.Rule{after(3, rules.WorkingDays), {Every: rules.Year}}},
			"record 20wd 10wd 5wd 1wd 0",
		},
		{
			"later of, on an event",
			rules.Rule{LaterOf: []rules.Rule{after(3, rules.WorkingDays), after(20, rules.WorkingDays)}},
			"record 5wd 1wd 0",
		},
		{
			"earlier of, before an event",
			rules.Rule{EarlierOf: []rules.Rule{{Before: "x"}, {By: rules.MonthDay{Month: 7, Day: 31}}}},
			"record 5wd 1wd 0",
		},
		{"its own, in order", rules.Rule{
			Every:  rules.Month,
			Stages: []rules.Stage{rules.OnDue, {Lead: span(3, rules.CalendarDays)}, {Lead: span(4, rules.WorkingDays)}},
		}, "4wd 3d 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for i, s := range tt.rule.EffectiveStages() {
				if i > 0 {
					got += " "
				}
				got += s.String()
			}
			if got != tt.want {
				t.Errorf("stages %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRemindersOfPeriods(t *testing.T) {
	p := newForms(t, rules.Options{DigestAt: new(8*time.Hour + 30*time.Minute)})
	tests := []struct {
		key  string
		want []string
	}{
		{"monthly@2018-09", []string{"5wd 2018-09-25T08:30", "2wd 2018-09-28T08:30", "0 2018-09-30T08:30"}},
		{"weekly@2018-W39", []string{"1wd 2018-09-29T08:30", "0 2018-09-30T08:30"}},
		// Five working days before 14 February lie before the period: the stages that leave no time are dropped.
		{"tenth@2018-03", []string{"5wd 2018-03-02T08:30", "2wd 2018-03-07T08:30", "0 2018-03-09T08:30"}},
		{"quarter-start@2018-Q1", []string{"5wd 2018-01-08T08:30", "1wd 2018-01-12T08:30", "0 2018-01-15T08:30"}},
		{"first-workday@2018-10", []string{"0 2018-10-08T08:30"}},
		// A fixed date in January is told of in the year before.
		{
			"by-january@2019",
			[]string{
				"20wd 2018-12-06T08:30",
				"10wd 2018-12-20T08:30",
				"5wd 2018-12-27T08:30",
				"1wd 2019-01-03T08:30",
				"0 2019-01-04T08:30",
			},
		},
		{
			"quota@2018",
			[]string{
				"half 2018-07-02T08:30",
				"20wd 2018-12-03T08:30",
				"10wd 2018-12-17T08:30",
				"5wd 2018-12-24T08:30",
				"1wd 2018-12-28T08:30",
				"0 2018-12-29T08:30",
			},
		},
		{
			"enrolment@2018",
			[]string{
				"20wd 2018-07-03T08:30",
				"10wd 2018-07-17T08:30",
				"5wd 2018-07-24T08:30",
				"1wd 2018-07-30T08:30",
				"0 2018-07-31T08:30",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.key, func(t *testing.T) {
			o, err := p.Find(tt.key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, marks(o.Reminders)); diff != "" {
				t.Errorf("reminders (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRemindersOfEvents(t *testing.T) {
	p := newForms(t, rules.Options{})
	tests := []struct {
		name, rule string
		event      rules.Event
		want       []string
	}{
		{
			"on the eve of a holiday", "interpretation",
			rules.Event{Trigger: "policy-published", At: moment(t, "2018-02-14T20:00")},
			[]string{"record 2018-02-22T09:00", "1wd 2018-02-23T09:00", "0 2018-02-24T09:00"},
		},
		{
			"before the office's hour", "interpretation",
			rules.Event{Trigger: "policy-published", At: moment(t, "2018-03-05T08:00")},
			[]string{"record 2018-03-05T09:00", "1wd 2018-03-07T09:00", "0 2018-03-08T09:00"},
		},
		{
			"at the office's hour", "interpretation",
			rules.Event{Trigger: "policy-published", At: moment(t, "2018-03-05T09:00")},
			[]string{"record 2018-03-05T09:00", "1wd 2018-03-07T09:00", "0 2018-03-08T09:00"},
		},
		{
			"hours at night", "recall",
			rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-02-14T20:30")},
			[]string{"record 2018-02-14T20:30 at once", "12h 2018-02-15T08:30 at once", "2h 2018-02-15T18:30 at once"},
		},
		{
			"few hours", "quick",
			rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-02-14T22:00")},
			[]string{"record 2018-02-14T22:00 at once", "2h 2018-02-15T01:00 at once"},
		},
		{
			"on show", "on-show",
			rules.Event{Trigger: "notice-posted", At: moment(t, "2018-09-21T10:00")},
			[]string{"record 2018-09-25T09:00", "0 2018-10-08T09:00"},
		},
		{
			"a meeting that was announced at once",
			"three-ahead",
			rules.Event{
				Trigger:   "meeting-held",
				At:        moment(t, "2018-09-28T14:00"),
				Announced: moment(t, "2018-09-03T10:00"),
			},
			[]string{"record 2018-09-04T09:00", "5wd 2018-09-17T09:00", "1wd 2018-09-21T09:00", "0 2018-09-25T09:00"},
		},
		{
			"a meeting that was announced late",
			"three-ahead",
			rules.Event{
				Trigger:   "meeting-held",
				At:        moment(t, "2018-09-28T14:00"),
				Announced: moment(t, "2018-09-20T10:00"),
			},
			[]string{"1wd 2018-09-21T09:00", "0 2018-09-25T09:00"},
		},
		{
			"hours ahead of a meeting",
			"hours-ahead",
			rules.Event{
				Trigger:   "meeting-held",
				At:        moment(t, "2018-09-28T14:00"),
				Announced: moment(t, "2018-09-28T01:00"),
			},
			[]string{"record 2018-09-28T01:00 at once", "2h 2018-09-28T10:00 at once"},
		},
		{
			"hours ahead of a meeting, announced by nobody knows whom", "hours-ahead",
			rules.Event{Trigger: "meeting-held", At: moment(t, "2018-09-28T14:00")},
			[]string{"12h 2018-09-28T00:00 at once", "2h 2018-09-28T10:00 at once"},
		},
		{
			"a roll back that may not pass its event", "three-days-preceding",
			rules.Event{Trigger: "policy-published", At: moment(t, "2018-10-01T10:00")},
			[]string{"0 2018-10-08T09:00"},
		},
		{
			"a meeting of which nobody knows when it was announced", "three-ahead",
			rules.Event{Trigger: "meeting-held", At: moment(t, "2018-09-28T14:00")},
			[]string{"5wd 2018-09-17T09:00", "1wd 2018-09-21T09:00", "0 2018-09-25T09:00"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := p.Find(tt.rule+"@"+tt.event.ID(), []rules.Event{tt.event})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, marks(o.Reminders)); diff != "" {
				t.Errorf("reminders (-want +got):\n%s", diff)
			}
		})
	}
}
