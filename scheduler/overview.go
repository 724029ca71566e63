package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
)

// overview promises the office, at the first start and at any hour, one letter about what was loaded.
func (p *pass) overview(ctx context.Context) error {
	text, err := p.store.Setting(ctx, settingOverview)
	if err != nil {
		return fmt.Errorf("read when the overview was promised: %w", err)
	}
	if text != "" {
		p.started, err = time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("read when the overview was promised: %w", err)
		}
		return nil
	}
	dr := p.overviewDraft(p.today, p.now)
	if err := p.number(ctx, dr.letter.Items); err != nil {
		return err
	}
	if err := p.attach(&dr); err != nil {
		return err
	}
	dr.key = "overview/" + p.first.String()
	if err := p.promise(ctx, []draft{dr}); err != nil {
		return err
	}
	p.started = p.now
	if err := p.store.SetSetting(ctx, settingOverview, p.now.Format(time.RFC3339)); err != nil {
		return fmt.Errorf("note the overview: %w", err)
	}
	return nil
}

// number gives items the numbers of their deadlines, save where each unit has one of its own.
func (p *pass) number(ctx context.Context, items []compose.Item) error {
	ds, err := p.store.Deadlines(ctx, Filter{})
	if err != nil {
		return fmt.Errorf("number the overview: %w", err)
	}
	numbers := map[string]int{}
	for _, dl := range ds {
		if dl.Unit == "" {
			numbers[dl.Key] = dl.Number
		}
	}
	for i, it := range items {
		items[i].Number = numbers[it.Key]
	}
	return nil
}

// attach adds what the overview is the gist of, if there is a writer for it.
func (p *pass) attach(dr *draft) error {
	if p.o.Reports.Writer == nil {
		return nil
	}
	files, err := p.o.Reports.Writer.Overview(dr.letter)
	if err != nil {
		return fmt.Errorf("write all of the overview: %w", err)
	}
	dr.files = files
	for _, f := range files {
		dr.letter.Overview.File = f.Name
	}
	return nil
}

// overviewDraft writes down what is loaded, what is assumed, who has no address and what falls due next, as far as that
// can be reckoned: what cannot is for tracking to report.
func (d *desk) overviewDraft(today calendar.Date, now time.Time) draft {
	until := calendar.NewDate(today.Year(), today.Month()+2, 1).AddDays(-1) // the end of the next month
	os, _ := d.Planner.Occurrences(today, until)
	l := d.letter(notify.Overview, d.o.Office, now)
	for _, o := range os {
		if ds := d.deadlines(o, now); len(ds) > 0 {
			dl := ds[0] // of per: unit deadlines one stands for all
			dl.Unit, dl.Answering = "", o.Answering
			l.Items = append(l.Items, d.items(Ripe{Deadline: dl}, notify.Overview, now)...)
		}
	}
	_, covered := d.Calendar.Coverage()
	l.Overview = &compose.Overview{
		Table: d.o.Table, Until: until.At(0), Calendar: covered.At(0), Placeholder: d.o.MadeUp, Delivery: d.o.Delivery,
	}
	d.count(l.Overview, today)
	return draft{letter: l}
}

// count fills in what the catalogue holds.
func (d *desk) count(o *compose.Overview, today calendar.Date) {
	var inForce, disabled, ruleCount, units int
	told := map[string]bool{}
	for _, ob := range d.Catalogue.Obligations {
		if ob.Disabled != "" {
			disabled++
			continue
		}
		inForce++
		ruleCount += len(ob.Rules)
		o.Assumed = append(o.Assumed, d.assumptions(ob, today)...)
		for _, u := range d.Catalogue.Expand(slices.Concat(ob.Lead, ob.Responsible), today) {
			told[u] = true
		}
	}
	for _, u := range d.Catalogue.Units {
		if !u.Group {
			units++
		}
	}
	for u := range told {
		if len(d.contacts(u)) == 0 {
			o.NoAddress = append(o.NoAddress, u)
		}
	}
	slices.Sort(o.NoAddress)
	o.Loaded = []compose.Count{{Name: "事项", N: inForce}, {Name: "规则", N: ruleCount}, {Name: "单位", N: units}}
	if disabled > 0 {
		o.Loaded = append(o.Loaded, compose.Count{Name: "停用的事项", N: disabled})
	}
	for _, r := range d.Catalogue.Reviews() {
		if c, ok := changeOf(r, told); ok {
			o.Changes = append(o.Changes, c)
		}
	}
	for _, t := range d.Planner.Offers("", today) {
		o.Events = append(o.Events, compose.Trigger{ID: t.Name, Title: t.Title, N: len(t.Obligations)})
	}
}

// assumptions returns what the catalogue chose for an obligation; rules that share one count once, those that are over
// do not. A part goes by the rules of its whole.
func (d *desk) assumptions(ob *rules.Obligation, today calendar.Date) []compose.Assumption {
	whole := ob
	if w, ok := d.Catalogue.Obligation(ob.PartOf); ok {
		whole = w
	}
	var as []compose.Assumption
	figures := map[string][]string{} // by what is assumed
	for i := range whole.Rules {
		r, t := &whole.Rules[i], ob.Texts
		if d.Planner.Over(r.ID, today) {
			continue
		}
		if whole == ob {
			t = ob.TextsOf(r)
		}
		if t.Assumed == "" {
			continue
		}
		if t.Assumed == ob.Assumed {
			t.Title = ob.Title
		}
		at := slices.IndexFunc(as, func(a compose.Assumption) bool { return a.Assumed == t.Assumed })
		if at < 0 {
			at = len(as)
			as = append(as, compose.Assumption{Row: ob.Row, Title: t.Title, Basis: t.Basis, Assumed: t.Assumed})
		}
		if f := figure(*r); !slices.Contains(figures[t.Assumed], f) {
			figures[t.Assumed] = append(figures[t.Assumed], f)
		}
		as[at].Figure = strings.Join(figures[t.Assumed], "、")
		as[at].Decide = as[at].Decide || r.Within.Clock == rules.Hours && t.Basis == "" || unsettled(t.Assumed)
	}
	return as
}

// unsettled reports whether the catalogue itself says that nothing bears its figure out.
func unsettled(assumed string) bool {
	return strings.Contains(assumed, "暂定") || strings.Contains(assumed, "待核实") ||
		strings.Contains(assumed, "没有写小时数")
}

// figure is how long a rule gives, without from when: duties of one length share a line of the overview.
func figure(r rules.Rule) string {
	switch {
	case !r.OnShow.IsZero():
		return "公示不少于" + r.OnShow.Chinese()
	case r.After != "":
		return r.Within.Chinese() + "内"
	case r.Before != "" && r.Ahead.IsZero():
		return "前1个工作日"
	case r.Before != "":
		return "前" + r.Ahead.Chinese()
	}
	r.Roll, r.From, r.Until = "", calendar.Date{}, calendar.Date{}
	return r.Chinese()
}

// changeOf words a change since the table, with the obligations and those of the told units that it is about; false if
// there are none.
func changeOf(r rules.Reviewed, told map[string]bool) (compose.Change, bool) {
	c := compose.Change{Since: r.Since, Text: strings.TrimSuffix(r.Change, "。")}
	for _, ob := range r.Obligations {
		c.Of = append(c.Of, ob.Title)
	}
	for _, u := range r.Units {
		if told[u] {
			c.Units = append(c.Units, u)
		}
	}
	return c, len(c.Of)+len(c.Units) > 0
}
