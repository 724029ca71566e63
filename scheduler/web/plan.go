package web

import (
	"net/http"

	"qixian/rules"
	"qixian/rules/wording"
	"qixian/scheduler/web/page"
)

// plan shows what a reload would change, before anybody reloads.
func (w *window) plan(rw http.ResponseWriter, r *http.Request, _ string) {
	d, refused, err := w.Plan(r.Context(), w.Clock())
	if err != nil {
		w.failed(rw, err)
		return
	}
	p := page.Plan{Head: w.head("规则改动预览"), MailsWas: d.MailsWas, Mails: d.Mails}
	for _, m := range refused {
		p.Mistakes, p.Originals = append(p.Mistakes, m.Chinese), append(p.Originals, m.English)
	}
	for _, c := range d.Changes {
		p.Changes = append(
			p.Changes,
			page.Change{Title: c.Title, Key: c.Key, Was: dueDay(c.Was), Is: dueDay(c.Is), Origin: c.Origin},
		)
	}
	w.show(rw, http.StatusOK, "plan", p)
}

// dueDay is a planned due date, or nothing.
func dueDay(d rules.Due) string {
	text := d.Chinese()
	if d.Provisional {
		text = wording.Tentative(text)
	}
	return text
}
