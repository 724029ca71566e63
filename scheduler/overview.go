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
	"qixian/rules/wording"
)

// overviewDays is how many days ahead the first start's overview reaches.
const overviewDays = 30

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

// overviewDraft writes down what is loaded, what is assumed, who has no address and what falls due next, as far as that
// can be reckoned: what cannot is for tracking to report.
func (d *desk) overviewDraft(today calendar.Date, now time.Time) draft {
	os, _ := d.Planner.Occurrences(today, today.AddDays(overviewDays))
	l := d.letter(notify.Overview, d.o.Office, now)
	for _, o := range os {
		if ds := d.deadlines(o, now); len(ds) > 0 {
			dl := ds[0] // of per: unit deadlines one stands for all
			dl.Unit = ""
			l.Items = append(l.Items, d.items(Ripe{Deadline: dl}, notify.Overview, now)...)
		}
	}
	_, covered := d.Calendar.Coverage()
	l.Overview = &compose.Overview{
		Table: d.o.Table, Days: overviewDays, Calendar: covered.At(0), Placeholder: d.o.MadeUp, Delivery: d.o.Delivery,
	}
	d.count(l.Overview, today)
	return draft{letter: l}
}

// count fills in what the catalogue holds.
func (d *desk) count(o *compose.Overview, today calendar.Date) {
	var inForce, disabled, ruleCount int
	told := map[string]bool{}
	for _, ob := range d.Catalogue.Obligations {
		if ob.Disabled != "" {
			disabled++
			continue
		}
		inForce++
		ruleCount += len(ob.Rules)
		o.Assumed = append(o.Assumed, assumptions(ob)...)
		for _, u := range d.Catalogue.Expand(slices.Concat(ob.Lead, ob.Responsible), today) {
			told[u] = true
		}
	}
	for u := range told {
		if len(d.contacts(u)) == 0 {
			o.NoAddress = append(o.NoAddress, u)
		}
	}
	slices.Sort(o.NoAddress)
	o.Loaded = []compose.Count{{Name: "事项", N: inForce}, {Name: "规则", N: ruleCount}, {Name: "单位", N: len(told)}}
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

// assumptions returns what the catalogue chose for an obligation; rules that share one count once.
func assumptions(ob *rules.Obligation) []compose.Assumption {
	texts := []rules.Texts{ob.Texts}
	if len(ob.Rules) > 0 {
		texts = nil
	}
	for i := range ob.Rules {
		t := ob.TextsOf(&ob.Rules[i])
		if t.Assumed == ob.Assumed {
			t.Title = ob.Title
		}
		texts = append(texts, t)
	}
	var as []compose.Assumption
	for _, t := range texts {
		a := compose.Assumption{Row: ob.Row, Title: t.Title, Assumed: t.Assumed}
		if a.Assumed != "" && !slices.Contains(as, a) {
			as = append(as, a)
		}
	}
	return as
}

// changeOf words a change since the table, with the rows and those of the told units that it is about; false if there
// are none.
func changeOf(r rules.Reviewed, told map[string]bool) (compose.Change, bool) {
	c := compose.Change{Since: r.Since, Text: strings.TrimSuffix(r.Change, "。")}
	for _, ob := range r.Obligations {
		of := ob.Title
		if ob.Row > 0 {
			of = wording.Row(ob.Row)
		}
		if !slices.Contains(c.Of, of) {
			c.Of = append(c.Of, of)
		}
	}
	for _, u := range r.Units {
		if told[u] {
			c.Of = append(c.Of, u)
		}
	}
	return c, len(c.Of) > 0
}
