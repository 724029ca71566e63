package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"qixian/rules"
	"qixian/seeds"
)

// loadRule loads a catalogue of one obligation, figures, with the keys given.
func loadRule(t *testing.T, keys string) *rules.Catalogue {
	t.Helper()
	text := "units: {县环保局: {}}\nobligations: {figures: {new: true, row: 0, title: 数据, kind: statutory, " +
		"basis: 依据, lead: [县环保局], " + keys + "}}\n"
	c, err := rules.Load(rules.Layer{
		Name: "test", FS: fstest.MapFS{"a.yaml": &fstest.MapFile{Data: []byte(text)}}, Override: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCovers holds which data is named for what falls due: those of the latest period that is over then.
func TestCovers(t *testing.T) {
	tests := []struct{ keys, key, want string }{
		{"covers: previous, rule: {every: month}", "2026-11", "2026年11月应发布，内容为10月情况"},
		{"covers: previous, rule: {every: month}", "2026-01", "2026年1月应发布，内容为2025年12月情况"},
		{"covers: previous, rule: {every: quarter}", "2026-Q4", "2026年第四季度应发布，内容为第三季度情况"},
		{"covers: previous, rule: {every: quarter}", "2026-Q1", "2026年第一季度应发布，内容为2025年第四季度情况"},
		{"covers: previous, rule: {every: half}", "2026-H2", "2026年下半年应发布，内容为上半年情况"},
		{"covers: previous, rule: {every: half}", "2026-H1", "2026年上半年应发布，内容为2025年下半年情况"},
		{"covers: previous, rule: {every: year}", "2026", "2026年应发布，内容为2025年情况"},
		{"covers: previous, rule: {every: week}", "2026-W37", "2026年第37周应发布，内容为第36周情况"},
		{"covers: previous, rule: {every: week}", "2027-W01", "2027年第1周应发布，内容为2026年第53周情况"},
		{"covers: previous, act: handle, rule: {every: month}", "2026-11", "2026年11月应办理，内容为10月情况"},
		{"covers: previous, act: prepare, rule: {every: month}", "2026-11", "2026年11月应完成，内容为10月情况"},
		// due on the first days of its own period, or landed after it, it is still about the one before
		{"covers: previous, rule: {every: month, due: {day: 1}}", "2026-10", "2026年10月应发布，内容为9月情况"},
		{
			"covers: previous, rule: {every: month, due: {day: -1}, roll: following}",
			"2026-10",
			"2026年10月应发布，内容为9月情况",
		},
		// due after its period, it is about that period
		{"covers: previous, rule: {every: month, due: {following: true, day: 15}}", "2026-11", "内容为2026年11月情况"},
		{"covers: previous, rule: {every: quarter, due: {after_end: 15d}}", "2026-Q4", "内容为2026年第四季度情况"},
		{
			"covers: previous, rule: {later_of: [{every: month}, {every: month, due: {after_end: 5wd}}]}",
			"2026-11",
			"内容为2026年11月情况",
		},
		{
			"covers: previous, rule: {earlier_of: [{every: month}, {every: month, due: {after_end: 5wd}}]}",
			"2026-11",
			"2026年11月应发布，内容为10月情况",
		},
		{"covers: same, rule: {every: month}", "2026-11", "2026年11月"},
		{"rule: {every: month}", "2026-11", "2026年11月"},
		{"rule: {every: year, at_least: 2}", "2026", "2026年"},
		{"rule: {interval: 30d, since: 2026-01-05}", "2026-01-05", "自2026年1月5日起"},
	}
	for _, tt := range tests {
		t.Run(tt.keys+" "+tt.key, func(t *testing.T) {
			c := loadRule(t, tt.keys)
			if got := c.PeriodChinese("figures", "figures", tt.key); got != tt.want {
				t.Errorf("period is %q, want %q", got, tt.want)
			}
			o, err := rules.NewPlanner(c, loadCalendar(t), rules.Options{}).Find("figures@"+tt.key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := o.PeriodChinese(); got != tt.want {
				t.Errorf("the occurrence's period is %q, want %q", got, tt.want)
			}
		})
	}
	c := loadRule(t, "covers: previous, rule: {every: month}")
	for _, gone := range [][2]string{{"gone", "gone"}, {"figures", "figures.gone"}} {
		if got := c.PeriodChinese(gone[0], gone[1], "2026-11"); got != "2026年11月" {
			t.Errorf("the period of %v is %q, want the period alone", gone, got)
		}
	}
}

// TestCoversChangesNoDate holds that what an occurrence is about, and what is asked for it, moves no due date.
func TestCoversChangesNoDate(t *testing.T) {
	var dates []string
	for _, keys := range []string{"", "covers: previous, act: handle, "} {
		c := loadRule(t, keys+"rule: {every: month}")
		os, err := rules.NewPlanner(c, loadCalendar(t), rules.Options{}).
			Occurrences(date(t, "2026-01-01"), date(t, "2026-12-31"))
		if err != nil || len(os) != 12 {
			t.Fatalf("%d occurrences: %v", len(os), err)
		}
		var b strings.Builder
		for _, o := range os {
			fmt.Fprintln(&b, o.Key, o.Due.Date, len(o.Reminders))
		}
		dates = append(dates, b.String())
	}
	if dates[0] != dates[1] {
		t.Errorf("dates moved:\n%s\nwant\n%s", dates[1], dates[0])
	}
}

// TestSeedsSayWhatTheyCover holds that each obligation of the table with a period says which data it is about, and that
// the reviewed figures are those of the period before.
func TestSeedsSayWhatTheyCover(t *testing.T) {
	figures := []string{
		"air-quality", "drinking-water-source", "fiscal-revenue-monthly", "food-standard-filing",
		"provident-fund-operation", "sampling-inspection", "social-aid-figures", "state-enterprise-indicators",
		"state-enterprise-pay", "tap-water-quality", "tax-data", "village-affairs-quarterly",
		"village-finances-monthly", "welfare-body-annual-inspection",
	}
	c, err := rules.Load(rules.Layer{Name: "seeds", FS: seeds.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	var previous []string
	for _, o := range c.Obligations {
		periodic := slices.ContainsFunc(o.Rules, func(r rules.Rule) bool {
			return r.Every != "" || r.By != rules.MonthDay{} || len(r.LaterOf)+len(r.EarlierOf) > 0
		})
		if _, said := o.Origin["covers"]; said != periodic {
			t.Errorf("%s: says what it covers: %v, has a period: %v", o.ID, said, periodic)
		}
		if o.Covers == rules.CoversPrevious {
			previous = append(previous, o.ID)
		}
	}
	slices.Sort(previous)
	if !slices.Equal(previous, figures) {
		t.Errorf("about the period before are %v, want %v", previous, figures)
	}
}

// TestSeedsActs holds what is asked for each obligation of the table that is not to be published.
func TestSeedsActs(t *testing.T) {
	want := map[rules.Act][]string{
		rules.Handle: {
			"annual-assessment", "business-start-service", "construction-approval-service", "disclosure-request-reply",
			"hotline-case", "hotline-integration-report", "ipv6-upgrade", "leader-briefing", "new-media-assessment",
			"new-media-rectification", "online-message-reply", "public-attendance", "real-estate-registration-service",
			"regulation-anniversary", "regulation-revision", "service-info-rectification", "village-affairs-quarterly",
			"village-affairs-stages", "village-finances-monthly", "welfare-decision-comments",
		},
		rules.Prepare: {
			"document-openness-attribute", "draft-openness-attribute", "interpretation-plan",
			"issued-document-attribute", "meeting-openness-opinion", "privacy-protection", "secrecy-review",
			"video-conference-broadcast", "welfare-decision-assessment",
		},
	}
	c, err := rules.Load(rules.Layer{Name: "seeds", FS: seeds.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	got := map[rules.Act][]string{}
	for _, o := range c.Obligations {
		if o.Act != rules.Publish {
			got[o.Act] = append(got[o.Act], o.ID)
		}
	}
	for act := range want {
		slices.Sort(got[act])
		if !slices.Equal(got[act], want[act]) {
			t.Errorf("to %s are %v, want %v", act, got[act], want[act])
		}
	}
}
