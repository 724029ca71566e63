package rules_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"qixian/rules"
)

const textsYAML = `
rows: [{number: 1, section: 一, subsection: 二, text: 重大舆情5小时内发布权威信息，24小时内举行新闻发布会, lead: [县政府办公室], responsible: []}]
units: {县政府办公室: {}}
triggers: {opinion-found: {title: 发现重大舆情}}
obligations:
  opinion:
    row: 1
    title: 舆情回应
    clause: 重大舆情5小时内发布权威信息，24小时内举行新闻发布会
    kind: statutory
    assumed: 自发现起算。
    note: 按小时计。
    basis: 《意见》
    rules:
      statement: {after: opinion-found, within: 5h, title: 重大舆情权威信息发布, clause: 5小时内发布权威信息, basis: 《通知》, note: 先发权威信息。}
      briefing: {after: opinion-found, within: 24h, assumed: 自回应起算。}
`

func loadTexts(t *testing.T, layers ...rules.Layer) (*rules.Catalogue, error) {
	t.Helper()
	return rules.Load(
		append([]rules.Layer{{Name: "t", FS: fstest.MapFS{"a.yaml": {Data: []byte(textsYAML)}}}}, layers...)...)
}

// A named rule says what it asks in its own words, and in its obligation's where it has none.
func TestRulesHaveTextsOfTheirOwn(t *testing.T) {
	c, err := loadTexts(t)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := c.Obligation("opinion")
	want := []rules.Texts{
		{"重大舆情权威信息发布", "5小时内发布权威信息", "自发现起算。", "先发权威信息。", "《通知》"},
		{"舆情回应", "重大舆情5小时内发布权威信息，24小时内举行新闻发布会", "自回应起算。", "按小时计。", "《意见》"},
	}
	for i, r := range o.Rules {
		if diff := cmp.Diff(want[i], o.TextsOf(&r)); diff != "" {
			t.Errorf("texts of %s (-want +got):\n%s", r.ID, diff)
		}
	}
	p := rules.NewPlanner(c, loadCalendar(t), rules.Options{})
	e := rules.Event{Trigger: "opinion-found", At: moment(t, "2018-09-21T09:00")}
	found, err := p.Find("opinion.statement@"+e.ID(), []rules.Event{e})
	if err != nil {
		t.Fatal(err)
	}
	lines := p.Explain(found).Lines
	all := "\n" + strings.Join(lines, "\n") + "\n"
	for _, line := range []string{
		"事项：重大舆情权威信息发布", "任务要求：“5小时内发布权威信息”（任务分解表第1项）", "法规依据：《通知》", "默认取值说明：自发现起算。",
		"说明：先发权威信息。",
	} {
		if !strings.Contains(all, "\n"+line+"\n") {
			t.Errorf("the explanation has no line %s:\n%s", line, all)
		}
	}
	people, admin, _ := strings.Cut(all, "设定位置（给系统管理员）：\n")
	if yaml := "  opinion.statement {after: opinion-found, within: 5h}\n"; strings.Contains(people, "{after") ||
		!strings.HasPrefix(admin, yaml) {
		t.Errorf("the rule's YAML does not head what is for the administrator:\n%s", all)
	}
}

// An override that moves a rule's date leaves its texts, and one that gives a text leaves its date.
func TestOverridesKeepTexts(t *testing.T) {
	over := func(text string) rules.Layer {
		return rules.Layer{Name: "o", FS: fstest.MapFS{"o.yaml": {Data: []byte(text)}}, Override: true}
	}
	c, err := loadTexts(
		t,
		over(
			`obligations: {opinion: {rules: {statement: {after: opinion-found, within: 3h}, briefing: {title: 新闻发布会}}}}`,
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := c.Obligation("opinion")
	if r := o.Rules[0]; r.Within.String() != "3h" || r.Texts.Title != "重大舆情权威信息发布" {
		t.Errorf("another span makes of the statement %s within %s", r.Texts.Title, r.Within)
	}
	if r := o.Rules[1]; r.Within.String() != "24h" || r.Texts.Title != "新闻发布会" {
		t.Errorf("another title makes of the briefing %s within %s", r.Texts.Title, r.Within)
	}
	if at := o.Origin["rules.statement.title"]; at.File != "t/a.yaml" || at.Line == 0 {
		t.Errorf("the statement's title was set at %s", at)
	}
}

// The key of a part explains the whole.
func TestPartsAreExplainedByTheWhole(t *testing.T) {
	c := loadTable(t)
	key, why := c.Whole("annual-report-catalogue@2026")
	if key != "annual-report-proposals@2026" || !strings.HasPrefix(why, "本项并入“") {
		t.Errorf("annual-report-catalogue@2026 is explained by %s: %s", key, why)
	}
	if key, why = c.Whole("air-quality@2026-01"); key != "air-quality@2026-01" || why != "" {
		t.Errorf("a key of its own is explained by %s: %s", key, why)
	}
}

// What the catalogue gives out as its own choice is one: what table or law fixes stands in the note, and no mail's syntax
// stands in either. Rules of one event are told apart by their titles.
func TestTableTexts(t *testing.T) {
	c := loadTable(t)
	for _, id := range []string{
		"penalty-withdrawal", "budget-government", "land-requisition-notice", "poverty-notice-show", "enrolment-plan",
		"catalogue-compilation", "disclosure-request-reply", "implementation-plan", "annual-report-proposals",
	} {
		if o, ok := c.Obligation(id); !ok || o.Assumed != "" || o.Note == "" {
			t.Errorf("%s: assumed is %q, note %q", id, o.Assumed, o.Note)
		}
	}
	for _, o := range c.Obligations {
		if strings.HasSuffix(o.ID, "-quarterly") && o.Kind == rules.PeriodicAssumed && !o.NothingNew {
			t.Errorf("%s does not say what is reported of a quarter without news", o.ID)
		}
		titles := map[string]string{}
		for i := range o.Rules {
			r := &o.Rules[i]
			texts := o.TextsOf(r)
			if strings.Contains(texts.Assumed+texts.Note, "无链接") {
				t.Errorf("%s tells in its texts how to answer a mail", r.ID)
			}
			if r.After == "" && r.Before == "" || strings.HasPrefix(r.After, rules.DoneTrigger) ||
				strings.HasPrefix(r.Name, "law-") {
				continue
			}
			if other := titles[texts.Title]; other != "" {
				t.Errorf("%s and %s are both called %s", other, r.ID, texts.Title)
			}
			titles[texts.Title] = r.ID
		}
	}
	permit, _ := c.Obligation("project-permit-penalty")
	for i := range permit.Rules {
		texts := permit.TextsOf(&permit.Rules[i])
		if penal := strings.Contains(texts.Basis+texts.Note, "处罚法"); penal != (permit.Rules[i].Name == "penalty") {
			t.Errorf("%s stands on %q", permit.Rules[i].ID, texts.Basis)
		}
	}
}
