package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/rules/wording"
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
	p := w.eventForm(f)
	p.Token = w.formOf(r)
	for _, e := range es {
		title := w.AtOffice.EventTitle(e.Event)
		if title == "" { // what follows from something done is not recorded by anybody
			continue
		}
		p.Recorded = append(p.Recorded, page.Event{
			Title:     title,
			What:      strings.TrimSpace(e.Title + " " + e.Ref),
			Unit:      e.Unit,
			At:        wording.Moment(e.At),
			By:        w.whose(e.By),
			Withdraw:  "/office/event/" + e.ID + "/withdraw",
			Move:      "/office/event/" + e.ID + "/move",
			Local:     e.At.In(calendar.Zone()).Format(localTime),
			Withdrawn: !e.Withdrawn.IsZero(),
			Reason:    e.Reason,
		})
	}
	w.show(rw, status, "events", p)
}

// addEvent shows what an event would bring about, and records it once that is confirmed.
func (w *window) addEvent(rw http.ResponseWriter, r *http.Request, by string) {
	f := givenEvent(r)
	if r.PostFormValue("narrow") != "" { // only what the unit is to choose from is asked for
		w.showEvents(rw, r, http.StatusOK, f)
		return
	}
	confirmed := r.PostFormValue("confirmed") != ""
	if asks := w.eventForm(f).Form.Asks; asks != "" && !confirmed && r.PostFormValue("asked") != f.Trigger {
		f.Notice = "请看" + asks + "：涉及的勾选，再看何时到期。"
		w.showEvents(rw, r, http.StatusOK, f)
		return
	}
	at, err := parseLocal(f.At)
	if err != nil {
		f.Problem = "请填写发生（或拟定）的日期和时间，如 2026-11-27T09:00。"
		w.showEvents(rw, r, http.StatusUnprocessableEntity, f)
		return
	}
	e := eventOf(f, at)
	if !confirmed {
		seen, err := w.AtOffice.Foresee(r.Context(), w.Clock(), e)
		if w.refusedEvent(rw, r, err, f) {
			return
		}
		f.Foreseen, f.Confirm = foreseen(seen, w.Clock()), true
		f.Given = seen.Subjects()
		w.showEvents(rw, r, http.StatusOK, f)
		return
	}
	_, err = w.AtOffice.AddEvents(r.Context(), w.Clock(), by, []rules.Event{e})
	if w.refusedEvent(rw, r, err, f) {
		return
	}
	w.changed()
	http.Redirect(rw, r, "/office/events", http.StatusSeeOther)
}

// refusedEvent shows why an event is refused. It returns false if it is not.
func (w *window) refusedEvent(rw http.ResponseWriter, r *http.Request, err error, f page.EventForm) bool {
	if err == nil {
		return false
	}
	refused, ok := errors.AsType[*scheduler.RefusedEvent](err)
	if !ok {
		w.failed(rw, err)
		return true
	}
	f.Problem = "未作登记：" + notRecorded(refused)
	w.showEvents(rw, r, http.StatusUnprocessableEntity, f)
	return true
}

// notRecorded says why an event is refused.
func notRecorded(e *scheduler.RefusedEvent) string {
	switch e.Why {
	case scheduler.UnknownTrigger:
		return "没有这种起算事由，请从列表中选择。"
	case scheduler.UnknownUnit:
		return "没有这个单位，请从列表中选择。"
	case scheduler.NoUnit:
		return "请选择" + e.Trigger.Unit + "；确是各单位共同的事由，请选“全部单位”，届时所有有关单位都会收到提醒。"
	case scheduler.OfGroup:
		return "所选的是一组单位，请逐个单位登记：" + strings.Join(e.For, "、") + "。"
	case scheduler.NoSubject:
		if len(e.Choices) == 0 {
			return "所选单位没有由这一事由起算的期限。"
		}
		return "请勾选" + e.Trigger.Asks + "。"
	case scheduler.Ahead:
		return "所登记的事由尚未发生，也没有须在它之前办理的事项；请核对时间，或在发生以后登记。"
	case scheduler.Different:
		text := "这一事由已登记为" + wording.Moment(e.Known.At) + "发生"
		if e.Known.Title != "" {
			text += "，名称为“" + e.Known.Title + "”"
		}
		return text + "。时间有误的，请在下面更正其时间；若是另一事由，请填写另一文号。"
	case scheduler.Colliding:
		return "编号与已登记的另一事由相同，请填写另一文号。"
	case scheduler.Idle:
		if len(e.For) > 0 {
			return "所选单位没有由这一事由起算的期限，它涉及" + strings.Join(e.For, "、") + "。"
		}
		return "现行规则中没有由这一事由起算的期限。"
	case scheduler.NoClock:
		return "没有找到所对应的、尚未办结的登记，请填写答复单位，文号填原登记的编号。"
	case scheduler.BeforeClock:
		return "当时尚未起算，请核对时间。"
	case scheduler.Stopped:
		return "当时已在暂停计时，请先登记恢复计时的事由；再次暂停的，在编号后空一格加注，如“2026-17 再次”。"
	case scheduler.NotStopped:
		return "当时没有暂停计时，请先按实际日期登记暂停计时的事由。"
	case scheduler.RunOut:
		return "当时已过到期日，不能再暂停计时，仍按逾期计算。"
	case scheduler.Overstayed:
		return fmt.Sprintf(
			"按%s，至迟应在%s提出；已过期限的不暂停计时，仍按原到期日计算。确须改变到期日的，请在该事项的页面上写明理由，更正到期日。",
			e.Unfit.Pause.Article,
			e.Unfit.Day.Chinese(),
		)
	case scheduler.Overtaken:
		return "已登记的暂停或恢复计时事由早于这一时间，或在此后的到期日之后，请先更正或撤回那些事由。"
	case scheduler.Fixed:
		return "到期日已经更正，不再因暂停计时变动；仍应按规则计算的，请先把到期日更正回原到期日。"
	case scheduler.Unmoved:
		return "登记的就是这一时间。"
	case scheduler.ByWrongClock:
		return "服务器时钟不准，按它计算的期限会有错误。请管理员校准时钟后再登记。"
	case scheduler.TooLong:
		return wordsLong
	case scheduler.NoTime:
	}
	return "请填写发生（或拟定）的日期和时间。"
}

// foreseen tells what an event opens.
func foreseen(r scheduler.Recorded, now time.Time) []string {
	var all []string
	if !r.New {
		return []string{"这一事由已经登记，不会重复计算。"}
	}
	for _, dl := range r.Paused {
		if dl.Paused() {
			all = append(all, fmt.Sprintf("%s自%s起暂停计时，暂停期间不算逾期", dl.Title, dl.PausedSince.Chinese()))
		} else {
			all = append(all, fmt.Sprintf("%s恢复计时，将于%s到期", dl.Title, dl.DueChinese()))
		}
	}
	for _, dl := range r.Deadlines {
		due := dl.DueChinese()
		if dl.Due.Provisional {
			due = wording.Tentative(due)
		}
		text := fmt.Sprintf("%s（%s）将于%s到期", dl.Title, strings.Join(dl.Answering, "、"), due)
		if dl.IsLate(now) {
			text += "，登记时已经逾期，将按逾期提醒并统计"
		}
		all = append(all, text)
	}
	for _, dl := range r.Already {
		text := dl.Title + "：同一单位、同一文号已另行登记，"
		if dl.State == scheduler.Done {
			text += "已经办结"
		} else {
			text += dl.DueChinese() + "到期"
		}
		all = append(all, text+"，不重复计算")
	}
	return all
}

func (w *window) withdrawEvent(rw http.ResponseWriter, r *http.Request, by string) {
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	if reason == "" {
		w.say(rw, http.StatusUnprocessableEntity, "未作改动", "撤销登记须写明理由；理由会告知有关单位。请返回后填写。")
		return
	}
	_, err := w.AtOffice.WithdrawEvent(r.Context(), w.Clock(), by, r.PathValue("id"), reason)
	w.corrected(rw, r, err)
}

// moveEvent gives an event another time.
func (w *window) moveEvent(rw http.ResponseWriter, r *http.Request, by string) {
	reason := strings.TrimSpace(r.PostFormValue("reason"))
	at, err := parseLocal(r.PostFormValue("at"))
	if reason == "" || err != nil {
		w.say(
			rw,
			http.StatusUnprocessableEntity,
			"未作改动",
			"更正时间须填写新的日期和时间，如 2026-11-27T09:00，并写明理由；理由会告知有关单位。请返回后填写。",
		)
		return
	}
	_, err = w.AtOffice.MoveEvent(r.Context(), w.Clock(), by, r.PathValue("id"), at, reason)
	w.corrected(rw, r, err)
}

// corrected goes back to the events after one was corrected, by whomever.
func (w *window) corrected(rw http.ResponseWriter, r *http.Request, err error) {
	refused, ok := errors.AsType[*scheduler.RefusedEvent](err)
	switch {
	case ok && refused.Why != scheduler.Unmoved:
		w.say(rw, http.StatusUnprocessableEntity, "未作改动", notRecorded(refused)+"请返回后修改。")
	case w.refusal(err) != "":
		w.say(rw, http.StatusUnprocessableEntity, "未作改动", w.refusal(err))
	case err == nil, ok, errors.Is(err, scheduler.ErrNoEvent): // done already: the list shows that
		w.changed()
		http.Redirect(rw, r, "/office/events", http.StatusSeeOther)
	default:
		w.failed(rw, err)
	}
}
