package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/web/page"
)

// mostEvents is how many events are listed.
const mostEvents = 100

// events shows the form by which an event is recorded, and those on record.
func (w *window) events(rw http.ResponseWriter, r *http.Request, _ string) {
	w.showEvents(rw, r, http.StatusOK, page.EventForm{At: w.Clock().In(calendar.Zone()).Format(localTime)})
}

func (w *window) showEvents(rw http.ResponseWriter, r *http.Request, status int, f page.EventForm) {
	es, err := w.AtOffice.EventsOnRecord(r.Context(), mostEvents)
	if err != nil {
		w.failed(rw, err)
		return
	}
	units, _, triggers := w.AtOffice.Choices()
	p := page.Events{Head: w.head("事件登记"), Form: f, Units: chosen(units, f.Unit), Triggers: chosen(triggers, f.Trigger)}
	titles := map[string]string{}
	for _, t := range triggers {
		titles[t.ID] = t.Title
	}
	for _, e := range es {
		if titles[e.Trigger] == "" { // what follows from something done is not recorded by anybody
			continue
		}
		p.Recorded = append(p.Recorded, page.Event{
			Title: titles[e.Trigger], What: strings.TrimSpace(e.Title + " " + e.Ref), Unit: e.Unit, At: moment(e.At), By: strings.TrimPrefix(e.By, byOffice),
			Withdraw: "/office/event/" + e.ID + "/withdraw", Withdrawn: !e.Withdrawn.IsZero(), Reason: e.Reason,
		})
	}
	w.show(rw, status, "events", p)
}

// addEvent shows what an event would bring about, and records it once that is confirmed.
func (w *window) addEvent(rw http.ResponseWriter, r *http.Request, by string) {
	f := page.EventForm{
		Trigger: r.PostFormValue("trigger"), At: r.PostFormValue("at"), Unit: r.PostFormValue("unit"),
		Ref: strings.TrimSpace(r.PostFormValue("ref")), Title: strings.TrimSpace(r.PostFormValue("title")),
	}
	at, err := parseLocal(f.At)
	if err != nil {
		f.Problem = "请填写发生的日期和时间，如 2026-11-27T09:00。"
		w.showEvents(rw, r, http.StatusUnprocessableEntity, f)
		return
	}
	e := rules.Event{Trigger: f.Trigger, At: at, Unit: f.Unit, Ref: f.Ref, Title: f.Title}
	if r.PostFormValue("confirmed") == "" {
		seen, err := w.AtOffice.Foresee(r.Context(), w.Clock(), e)
		if err != nil {
			f.Problem = notRecorded(err)
			w.showEvents(rw, r, http.StatusUnprocessableEntity, f)
			return
		}
		f.Foreseen, f.Confirm = foreseen(seen), true
		w.showEvents(rw, r, http.StatusOK, f)
		return
	}
	if _, err := w.AtOffice.AddEvents(r.Context(), w.Clock(), by, []rules.Event{e}); err != nil {
		var refused *scheduler.EventError
		if !errors.As(err, &refused) {
			w.failed(rw, err)
			return
		}
		f.Problem = notRecorded(refused)
		w.showEvents(rw, r, http.StatusUnprocessableEntity, f)
		return
	}
	w.changed()
	http.Redirect(rw, r, "/office/events", http.StatusSeeOther)
}

// notRecorded says that an event is refused; why is told in the words of the command line, which an administrator understands.
func notRecorded(err error) string {
	return "未作登记，请核对事件、时间、单位和文号。系统说明：" + err.Error()
}

// foreseen tells what an event opens.
func foreseen(r scheduler.Recorded) []string {
	var all []string
	if !r.New {
		return []string{"这一事件已经登记，不会重复计算。"}
	}
	for _, dl := range r.Deadlines {
		who := strings.Join(dl.Lead, "、")
		if dl.Unit != "" {
			who = dl.Unit
		}
		text := fmt.Sprintf("%s（%s）将于%s到期", dl.Title, who, dueText(dl))
		if dl.Due.Provisional {
			text += "（暂定）"
		}
		all = append(all, text)
	}
	for _, key := range r.Past {
		all = append(all, key+" 早已到期，不再提醒")
	}
	return all
}

func (w *window) withdrawEvent(rw http.ResponseWriter, r *http.Request, by string) {
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	if reason == "" {
		w.say(rw, http.StatusUnprocessableEntity, "未作改动", "撤销事件须写明理由；理由会告知有关单位。请返回后填写。")
		return
	}
	_, err := w.AtOffice.WithdrawEvent(r.Context(), w.Clock(), by, r.PathValue("id"), reason)
	if errors.Is(err, scheduler.ErrNoEvent) {
		err = nil // withdrawn already: the list shows that
	}
	if err != nil {
		w.failed(rw, err)
		return
	}
	w.changed()
	http.Redirect(rw, r, "/office/events", http.StatusSeeOther)
}
