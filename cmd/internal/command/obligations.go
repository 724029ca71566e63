package command

import (
	"strconv"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/wording"
)

type obligationsCmd struct {
	Format string `enum:"table,json" default:"table" help:"table or json."`
}

// obligationLine is one rule of the catalogue as JSON shows it.
type obligationLine struct {
	ID          string       `json:"id"`         // the rule's
	Obligation  string       `json:"obligation"` // what an override names
	Row         int          `json:"row"`
	Title       string       `json:"title"`
	Clause      string       `json:"clause"`
	Kind        rules.Kind   `json:"kind"`
	Rule        rules.Rule   `json:"rule"`
	Assumed     string       `json:"assumed"`
	Basis       string       `json:"basis,omitempty"`
	Lead        []string     `json:"lead_units"`
	Responsible []string     `json:"responsible_units"`
	Per         rules.Per    `json:"per"`
	Act         rules.Act    `json:"act"`
	Covers      rules.Covers `json:"covers"`
	Disabled    string       `json:"disabled,omitempty"`
}

func (c *obligationsCmd) Run(s *session) error {
	in, err := app.Load(s.source)
	if err != nil {
		return err
	}
	lines := []obligationLine{}
	for _, o := range in.Plan.Catalogue.Obligations {
		for _, r := range o.Rules {
			lines = append(lines, obligationLine{
				ID:          r.ID,
				Obligation:  o.ID,
				Row:         o.Row,
				Title:       o.Title,
				Clause:      o.Clause,
				Kind:        o.Kind,
				Rule:        r,
				Assumed:     o.Assumed,
				Basis:       o.Basis,
				Lead:        orEmpty(o.Lead),
				Responsible: orEmpty(o.Responsible),
				Per:         o.Per,
				Act:         o.Act,
				Covers:      o.Covers,
				Disabled:    o.Disabled,
			})
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
			string(l.Kind),
			l.Rule.String(),
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

// orEmpty keeps an empty list from being printed as null.
func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
