package rules_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
	"qixian/rules/calendar"
)

// grouped is a catalogue of one group that always starts reading, and the gazette or the field where that is named; one
// of which a subject must be named; and one that a rule waits for itself.
const grouped = `
units:
  县发改局: {}
  县环保局: {}
  县旅游局: {}
triggers:
  document: {title: 文件公布, unit: 起草单位, section: 文件, parts: [policy], subjects: [normative, field], asks: 类别}
  policy: {title: 政策文件公布（填起草单位）}
  normative: {title: 规范性文件印发}
  field: {title: 污染防治政策出台}
  permit: {title: 行政许可决定作出, subjects: [project-permit, resource-permit], asks: 领域}
  project-permit: {title: 建设项目许可决定作出}
  resource-permit: {title: 公共资源许可决定作出}
  idle: {title: 无人等待}
obligations:
  gazette: {new: true, title: 公报, kind: after-event, rule: {after: normative, within: 20wd}, lead: [县发改局, 县环保局]}
  reading: {new: true, title: 解读, kind: after-event, rule: {after: policy, within: 3wd}, lead: [县发改局, 县环保局]}
  pollution: {new: true, title: 污染防治, kind: after-event, rule: {after: field, within: 20wd}, lead: [县环保局]}
  any-document: {new: true, title: 备案, kind: after-event, rule: {after: document, within: 5wd}, lead: [县环保局]}
  project: {new: true, title: 建设项目, kind: after-event, rule: {after: project-permit, within: 7wd}, lead: [县发改局, 县环保局]}
  resource: {new: true, title: 公共资源, kind: after-event, rule: {after: resource-permit, within: 7wd}, lead: [县环保局]}
`

func groupedPlanner(t *testing.T) (*rules.Catalogue, *rules.Planner) {
	t.Helper()
	c, err := rules.Load(overrides(grouped))
	if err != nil {
		t.Fatal(err)
	}
	return c, rules.NewPlanner(c, loadCalendar(t), rules.Options{})
}

var groupedAt = time.Date(2026, time.March, 3, 10, 0, 0, 0, calendar.Zone())

// TestOnEventOfGroup holds what an event of a group starts, of its parts, and of its subjects, for each unit.
func TestOnEventOfGroup(t *testing.T) {
	_, p := groupedPlanner(t)
	for _, tt := range []struct{ trigger, subject, unit, want string }{
		{"document", "", "", "any-document reading"},
		{"document", "", "县发改局", "reading"},
		{"document", "", "县环保局", "any-document reading"},
		{"document", "normative field", "县环保局", "any-document gazette pollution reading"},
		{"document", "normative field", "县发改局", "gazette reading"},
		{"document", "field", "县旅游局", ""},
		{"policy", "", "县环保局", "reading"},
		{"field", "", "县环保局", "pollution"},
		{"permit", "resource-permit", "县环保局", "resource"},
		{"permit", "", "县环保局", ""},
	} {
		e := rules.Event{Trigger: tt.trigger, Subject: tt.subject, Unit: tt.unit, At: groupedAt, Ref: "1"}
		os, err := p.OnEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range os {
			got = append(got, o.Rule.ID)
			if again, err := p.Find(o.Key, []rules.Event{e}); err != nil || again.Due != o.Due {
				t.Errorf("find %s: %v, %v", o.Key, again.Due, err)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s %q of %q starts %v, want %s", tt.trigger, tt.subject, tt.unit, got, tt.want)
		}
	}
}

// TestSubjectIsIdentity holds that two events of one group, unit and ref that name other subjects are two, and that an
// event without a subject has the ID that it had before there were any.
func TestSubjectIsIdentity(t *testing.T) {
	e := rules.Event{Trigger: "permit", Unit: "县环保局", Ref: "1"}
	project, resource := e, e
	project.Subject, resource.Subject = "project-permit", "resource-permit"
	if project.ID() == resource.ID() || project.ID() == e.ID() {
		t.Errorf("%s, %s and %s are not three", e.ID(), project.ID(), resource.ID())
	}
}

// TestSettle holds which subjects an event has where some, one or none are given.
func TestSettle(t *testing.T) {
	_, p := groupedPlanner(t)
	for _, tt := range []struct{ trigger, subject, unit, want, err string }{
		{"document", "field normative field", "县环保局", "normative field", ""},
		{"document", "", "县环保局", "", ""},
		{"document", "field", "县发改局", "", `field starts nothing for 县发改局; choose from: normative (规范性文件印发)`},
		{"document", "project-permit", "", "", `document has no subject "project-permit"; choose from: normative (规范性文件印发), field (污染防治政策出台)`},
		{"policy", "field", "", "", `policy has no subject "field"`},
		{"permit", "", "县发改局", "project-permit", ""},
		{
			"permit", "", "县环保局", "",
			"permit needs a subject; choose from: project-permit (建设项目许可决定作出), resource-permit (公共资源许可决定作出)",
		},
		{"permit", "resource-permit", "县环保局", "resource-permit", ""},
		{"permit", "", "县旅游局", "", ""}, // it starts nothing, which is told then
	} {
		e, err := p.Settle(rules.Event{Trigger: tt.trigger, Subject: tt.subject, Unit: tt.unit, At: groupedAt})
		wrong, _ := errors.AsType[*rules.SubjectError](err)
		switch {
		case tt.err == "" && (err != nil || e.Subject != tt.want):
			t.Errorf("%s %q of %q: %q, %v; want %q", tt.trigger, tt.subject, tt.unit, e.Subject, err, tt.want)
		case tt.err != "" && (wrong == nil || err.Error() != tt.err):
			t.Errorf("%s %q of %q: %v, want %s", tt.trigger, tt.subject, tt.unit, err, tt.err)
		}
	}
}

// TestOffers holds what is offered to a unit: no part of a group, nothing that starts nothing, subjects that are its.
func TestOffers(t *testing.T) {
	_, p := groupedPlanner(t)
	offers := func(unit string) map[string][]string {
		all := map[string][]string{}
		for _, o := range p.Offers(unit, calendar.DateOf(groupedAt)) {
			words := slices.Clone(o.Obligations)
			for _, s := range o.Subjects {
				words = append(words, "+"+s.Name)
			}
			if o.Asked {
				words = append(words, "asked")
			}
			all[o.Name] = words
		}
		return all
	}
	for unit, want := range map[string]map[string][]string{
		"": {
			"document": {"any-document", "gazette", "pollution", "reading", "+normative", "+field"},
			"permit":   {"project", "resource", "+project-permit", "+resource-permit", "asked"},
		},
		"县发改局": {"document": {"gazette", "reading", "+normative"}, "permit": {"project", "+project-permit"}},
		"县旅游局": {},
	} {
		if diff := cmp.Diff(want, offers(unit)); diff != "" {
			t.Errorf("offers to %q (-want +got):\n%s", unit, diff)
		}
	}
}

// TestOffersOfOverrides holds that what an office adds stands with the others of its section.
func TestOffersOfOverrides(t *testing.T) {
	c, err := rules.Load(overrides(grouped, "triggers:\n  plan: {title: 规划批准, section: 文件}\n"+
		"obligations:\n  plan: {new: true, title: 规划, kind: after-event, rule: {after: plan, within: 5wd}, lead: [县环保局]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range rules.NewPlanner(c, loadCalendar(t), rules.Options{}).Offers("", calendar.DateOf(groupedAt)) {
		got = append(got, o.Name)
	}
	if want := []string{"document", "plan", "permit"}; !slices.Equal(got, want) {
		t.Errorf("offered are %v, want %v", got, want)
	}
}

// TestOccasion holds that whoever is told reads what his own clock counts from, not the group's name.
func TestOccasion(t *testing.T) {
	c, p := groupedPlanner(t)
	os, err := p.OnEvent(rules.Event{Trigger: "document", Subject: "field", Unit: "县环保局", At: groupedAt, Ref: "1"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, o := range os {
		got[o.Rule.ID] = c.Occasion(*o.Event, *o.Rule)
		if x := p.Explain(o); !strings.Contains(strings.Join(x.Lines, "\n"), got[o.Rule.ID]+"（1），") {
			t.Errorf("%s is not explained by %s:\n%s", o.Key, got[o.Rule.ID], strings.Join(x.Lines, "\n"))
		}
	}
	want := map[string]string{"any-document": "文件公布", "pollution": "污染防治政策出台", "reading": "政策文件公布"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("occasions (-want +got):\n%s", diff)
	}
}
