package scheduler_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestCap bounds extensions, several together, by whomever they are said; what lies beyond is a correction, marked as
// that for good.
func TestCap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		st := storetest.Open(t, driver)
		r := newRig(t, st, applicationPlan(t))
		r.pass("2018-09-03 09:00")
		r.event("2018-09-03 10:30", happened(t, "received 2018-09-03"))
		e := happened(t, "received 2018-09-03 notice")
		e.Unit = "县财政局"
		key := r.event("2018-09-03 10:30", e).Deadlines[0].Key // due on the 10th, and ten working days more by the office
		now := moment(t, "2018-09-04 10:00")
		beyond := func(what string, err error) {
			t.Helper()
			bound, ok := errors.AsType[*scheduler.CapError](err)
			if !ok || bound.Limit.String() != "2018-09-25" || !strings.Contains(err.Error(), "某办法") ||
				bound.Chinese(
					"县政府办公室",
				) != "某办法规定最多延期10个工作日，最迟为2018年9月25日（星期二），未作登记。登记有误或者另有法院裁判等情形的，由县政府办公室写明理由更正到期日。" {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, to := range []string{"2018-09-17", "2018-09-25"} {
			if _, err := r.s.Extend(t.Context(), now, "clerk", key, "", date(t, to), "情况复杂"); err != nil {
				t.Fatalf("to %s: %v", to, err)
			}
		}
		_, err := r.s.Extend(t.Context(), now, "clerk", key, "", date(t, "2018-09-26"), "情况复杂")
		beyond("the office", err)
		_, err = r.s.RequestExtension(t.Context(), now, "clerk", key, "县财政局", date(t, "2019-08-31"), "情况复杂")
		beyond("the unit", err)
		d, err := r.s.CorrectDue(t.Context(), now, "clerk", key, "", date(t, "2018-12-28"), "法院裁定")
		if err != nil || d.ExtendedTo.String() != "2018-12-28" {
			t.Fatalf("corrected: %+v, %v", d.ExtendedTo, err)
		}
		_, err = r.s.CorrectDue(t.Context(), now, "clerk", key, "", date(t, "2018-09-07"), "误录")
		if !errors.Is(err, scheduler.ErrNoDelay) {
			t.Errorf("before the rule's own date: %v", err)
		}
		d, err = r.s.CorrectDue(t.Context(), now, "clerk", key, "", date(t, "2018-09-10"), "误录")
		if err != nil || !d.ExtendedTo.IsZero() {
			t.Fatalf("taken back: %+v, %v", d.ExtendedTo, err)
		}
		said, err := st.History(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		var marks []string
		for _, x := range said.Extensions {
			marks = append(marks, fmt.Sprint(x.Correction))
		}
		diff(t, "corrections", marks, []string{"false", "false", "true", "true"})
		r.pass("2018-09-05 09:00")
	})
}

// TestHourCap extends an hour rule by a day at most: what runs by the hour is not put off for weeks.
func TestHourCap(t *testing.T) {
	r := newRig(t, storetest.Open(t, "sqlite"), applicationPlan(t))
	r.pass("2018-09-03 09:00")
	r.event("2018-09-03 10:30", happened(t, "received 2018-09-03"))
	key := r.event("2018-09-06 15:00", happened(t, "flooded 2018-09-06")).Deadlines[0].Key // due on Friday at 10:00
	_, err := r.s.Extend(t.Context(), moment(t, "2018-09-06 16:00"), "clerk", key, "", date(t, "2018-09-18"), "情况复杂")
	bound, ok := errors.AsType[*scheduler.CapError](err)
	if !ok || bound.Limit.String() != "2018-09-08" || !strings.HasPrefix(bound.Chinese("县政府办公室"), "以小时计的事项最多延期1日") {
		t.Fatalf("by twelve days: %v", err)
	}
	if _, err = r.s.Extend(
		t.Context(),
		moment(t, "2018-09-06 16:00"),
		"clerk",
		key,
		"",
		date(t, "2018-09-08"),
		"情况复杂",
	); err != nil {
		t.Errorf("by a day: %v", err)
	}
}

// TestOwnExtension lets a unit decide for itself what the law leaves to it: by reply it is extended at once, everybody
// told learns of it, and the office has it in copy, with nothing to decide.
func TestOwnExtension(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := openPostRoomOf(t, st, contacts{}, func(o *scheduler.Options) {
			composer := o.Plan.Composer
			o.Plan = applicationPlan(t)
			o.Plan.Composer = composer
		})
		r.deliver("2018-09-03 09:00")
		key := r.event("2018-09-03 09:30", happened(t, "received 2018-09-03")).Deadlines[0].Key
		r.deliver("2018-09-04 09:00")
		mail := r.mail("digest/2018-09-04/" + bureau)
		for _, want := range []string{
			"至迟2018年11月2日（星期五），最长20个工作日（《条例》第三十三条）；须经本单位政府信息公开工作机构负责人同意，并告知申请人",
			"登记即生效，并抄送县政府办公室",
		} {
			if !strings.Contains(strings.ReplaceAll(mail.Text, "\n          ", ""), want) {
				t.Errorf("the mail does not say %q:\n%s", want, mail.Text)
			}
		}
		got := r.reply("2018-09-20 10:00", r.answer(mail, "延期 1 2018-11-06 第三方较多"))
		if len(got) != 1 || !strings.Contains(got[0].Text, "《条例》第三十三条规定最多延期20个工作日，最迟为2018年11月2日（星期五）") {
			t.Fatalf("beyond the cap: %+v", got)
		}
		got = r.reply("2018-09-20 10:05", r.answer(mail, "延期 1 2018-10-31 第三方较多"))
		if len(got) != 1 || !strings.Contains(got[0].Text, "已延期至2018年10月31日（星期三），并抄送县政府办公室；须经") {
			t.Fatalf("answered with %+v", got)
		}
		if d := find(r.rig, key, ""); d.ExtendedTo.String() != "2018-10-31" {
			t.Fatalf("due %s", d.DueDate())
		}
		if asked, err := r.s.Requests(t.Context()); err != nil || len(asked) != 0 {
			t.Errorf("the office is asked: %v, %v", asked, err)
		}
		var office notify.Message
		for _, m := range r.deliver("2018-09-21 09:00") {
			if m.Unit == "县政府办公室" && m.Kind == notify.Correction {
				office = m
			}
		}
		for _, want := range []string{"延期单位", "县环保局", "第三方较多", "无须答复"} {
			if !strings.Contains(office.Text, want) {
				t.Errorf("the office's copy does not say %q:\n%s", want, office.Text)
			}
		}
	})
}
