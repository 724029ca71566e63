package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/scheduler/web/page"
)

// allUnits is what the form has for an event that is every unit's.
const allUnits = "*"

// givenEvent reads what was filled in.
func givenEvent(r *http.Request) page.EventForm {
	return page.EventForm{
		Trigger: r.PostFormValue("trigger"), At: r.PostFormValue("at"), Unit: r.PostFormValue("unit"),
		Ref: strings.TrimSpace(r.PostFormValue("ref")), Title: strings.TrimSpace(r.PostFormValue("title")),
		Given: r.PostForm["subject"],
	}
}

// eventOf is the event that a form is about.
func eventOf(f page.EventForm, at time.Time) rules.Event {
	e := rules.Event{
		Trigger: f.Trigger, At: at, Unit: f.Unit, Ref: f.Ref, Title: f.Title, Subject: strings.Join(f.Given, " "),
	}
	if f.Unit == allUnits {
		e.Unit, e.AllUnits = "", true
	}
	return e
}

// eventForm is the page with a form: once a unit is chosen it offers what starts something for that unit, and once a
// trigger is, it asks for its subjects.
func (w *window) eventForm(f page.EventForm) page.Events {
	units, _ := w.AtOffice.Choices()
	p := page.Events{Head: w.head("登记起算事由"), Form: f, Units: chosen(units, f.Unit)}
	p.Units = append(p.Units, page.Choice{ID: allUnits, Title: "全部单位", Chosen: f.Unit == allUnits})
	for _, o := range w.AtOffice.Offers(w.Clock(), f.Unit) {
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Title != cmp.Or(o.Section, "其他") {
			p.Sections = append(p.Sections, page.Section{Title: cmp.Or(o.Section, "其他")})
		}
		at := &p.Sections[len(p.Sections)-1].Triggers
		*at = append(*at, page.Choice{ID: o.Name, Title: o.Title, Chosen: o.Name == f.Trigger})
		if o.Name != f.Trigger {
			continue
		}
		p.Form.Whose, p.Form.Hint = o.Unit, o.Hint
		if !o.Choice() {
			continue
		}
		p.Form.Asks = o.Asks
		for _, s := range o.Subjects {
			p.Form.Subjects = append(
				p.Form.Subjects,
				page.Choice{ID: s.Name, Title: s.Title, Chosen: slices.Contains(f.Given, s.Name)},
			)
		}
	}
	return p
}
