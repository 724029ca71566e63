package command

import (
	"strconv"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/wording"
)

type obligationsCmd struct {
	Format string `enum:"table,json" default:"table" help:"table or json."`
}

// obligationLine is one rule of the catalogue as JSON shows it.
type obligationLine struct {
	ID          string        `json:"id"`         // the rule's
	Obligation  string        `json:"obligation"` // what an override names
	Row         int           `json:"row"`
	Title       string        `json:"title"`
	Clause      string        `json:"clause"`
	Kind        rules.Kind    `json:"kind"`
	Rule        rules.Rule    `json:"rule"`
	RecordedAs  []string      `json:"recorded_as"` // the triggers, as event triggers lists them, that start it
	Assumed     string        `json:"assumed"`
	Note        string        `json:"note,omitempty"`
	Basis       string        `json:"basis,omitempty"`
	Lead        []string      `json:"lead_units"`
	Responsible []string      `json:"responsible_units"`
	Per         rules.Per     `json:"per"`
	Answers     rules.Answers `json:"answers"` // for what an event of one unit starts; with per: unit each unit answers
	Act         rules.Act     `json:"act"`
	Covers      rules.Covers  `json:"covers"`
	NothingNew  bool          `json:"nothing_new,omitempty"`
	PartOf      string        `json:"part_of,omitempty"`  // whose rules it goes by; then it has none
	Addition    bool          `json:"addition,omitempty"` // the catalogue has it by law, the table does not time it
	Review      *reviewed     `json:"review,omitempty"`
	Disabled    string        `json:"disabled,omitempty"`
}

// reviewed is what has changed since the table.
type reviewed struct {
	Since  string `json:"since"`
	Change string `json:"change"`
}

func (c *obligationsCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	lines := []obligationLine{}
	for _, o := range in.Plan.Catalogue.Obligations {
		for _, r := range o.Rules {
			lines = append(lines, lineOf(in.Plan.Catalogue, o, r))
		}
		if o.PartOf != "" {
			lines = append(lines, lineOf(in.Plan.Catalogue, o, rules.Rule{ID: o.ID}))
		}
	}
	if c.Format == "json" {
		return writeJSON(s.out, lines)
	}
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{
			strconv.Itoa(l.Row),
			l.ID,
			l.Title,
			kinds[l.Kind],
			ruleText(l),
			l.Clause,
			l.Assumed,
			few(l.Lead, 3),
		}
	}
	writeTable(
		s.out,
		[]column{
			{"序号", 0},
			{"编号", 0},
			{"事项", 28},
			{"类别", 0},
			{"规则", 36},
			{wording.Duty, 44},
			{wording.Assumed, 36},
			{wording.LeadUnits, 24},
		},
		rows,
	)
	return nil
}

// kinds are what sorts of duties are called.
var kinds = map[rules.Kind]string{
	rules.Periodic:        "定期",
	rules.PeriodicAssumed: "定期（周期为默认）",
	rules.Fixed:           "固定日期",
	rules.AfterEvent:      "事后限时",
	rules.Chained:         "前一环节办结后",
	rules.BeforeEvent:     "事前",
	rules.OnShow:          "公示",
	rules.Quota:           "次数",
	rules.Statutory:       "法定时限",
	rules.Prompt:          "及时",
}

// lineOf is the line of one of an obligation's rules.
func lineOf(c *rules.Catalogue, o *rules.Obligation, r rules.Rule) obligationLine {
	texts := o.TextsOf(&r)
	l := obligationLine{
		ID:          r.ID,
		Obligation:  o.ID,
		Row:         o.Row,
		Title:       texts.Title,
		Clause:      texts.Clause,
		Kind:        o.Kind,
		Rule:        r,
		RecordedAs:  orEmpty(c.RecordedAs(r)),
		Assumed:     texts.Assumed,
		Note:        texts.Note,
		Basis:       texts.Basis,
		Lead:        orEmpty(o.Lead),
		Responsible: orEmpty(o.Responsible),
		Per:         o.Per,
		Answers:     o.Answers,
		Act:         o.Act,
		Covers:      o.Covers,
		NothingNew:  o.NothingNew,
		PartOf:      o.PartOf,
		Addition:    o.Addition,
		Disabled:    o.Disabled,
	}
	if o.Review != (rules.Review{}) {
		l.Review = &reviewed{o.Review.Since, o.Review.Change}
	}
	return l
}

// ruleText is the rule of a line, or by whose rules it goes; an addition is marked.
func ruleText(l obligationLine) string {
	switch {
	case l.PartOf != "":
		return "part_of: " + l.PartOf
	case l.Addition:
		return l.Rule.String() + " (addition)"
	default:
		return l.Rule.String()
	}
}

// orEmpty keeps an empty list from being printed as null.
func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
