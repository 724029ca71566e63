package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// ask lets 县环保局 ask for air@2018-09 to be due on 31 October, in the evening of 26 September.
func (r *postRoom) ask() {
	r.t.Helper()
	got := r.reply("2018-09-26 20:00", r.answer(r.mail("digest/2018-09-25/"+bureau), "延期 1 10月31日 监测设备检修"))
	if len(got) != 1 {
		r.t.Fatalf("answered with %v", keysOf(got))
	}
}

// TestExtensionRequest lets a unit ask and the office consent. Nothing moves before it does, and the office is asked in
// its working hours.
func TestExtensionRequest(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		r.ask()
		golden(t, "request-received.txt", r.mail("answer/").Text)
		if got := r.deliver("2018-09-26 21:00"); len(got) != 0 {
			t.Fatalf("mails at night: %v", keysOf(got))
		}
		got := r.deliver("2018-09-27 08:30")
		if len(got) != 1 || got[0].Kind != notify.Request || got[0].To != notify.MadeUpAddress(office) {
			t.Fatalf("the office is told with %v", keysOf(got))
		}
		request := got[0]
		golden(t, "request.txt", request.Subject+"\n\n"+request.Text)
		if got := r.deliver("2018-09-27 08:31"); len(got) != 0 {
			t.Fatalf("told again: %v", keysOf(got))
		}
		if dl := find(r.rig, airKey, ""); !dl.ExtendedTo.IsZero() {
			t.Fatal("extended before the office has answered")
		}
		standing, err := r.s.Status(t.Context(), moment(t, "2018-09-27 08:40"), scheduler.Filter{})
		if err != nil || len(standing.Requests) != 1 || standing.Requests[0].Unit != bureau ||
			standing.Requests[0].To.String() != "2018-10-31" {
			t.Errorf("status shows %+v, %v", standing.Requests, err)
		}

		got = r.reply("2018-09-27 08:40", r.answer(request, "不同意"))
		if len(got) != 1 || !strings.Contains(got[0].Text, "没有写明理由") ||
			!strings.Contains(got[0].Text, "不同意：写“不同意 理由”") {
			t.Fatalf("a refusal without a reason is answered with\n%+v", got)
		}
		got = r.reply("2018-09-27 08:45", r.answer(got[0], "同意"))
		if len(got) != 1 || !strings.Contains(got[0].Text, "已同意县环保局将环境空气质量状况（2018年9月）延期至2018年10月31日（星期三），有关单位另行收到更正。") {
			t.Fatalf("consent is answered with\n%+v", got)
		}
		diff(t, "history", r.history(airKey, ""), []string{"extended 09-27 08:45 mail:县政府办公室 2018-10-31 监测设备检修"})
		for _, text := range []string{"同意", "不同意 太晚"} {
			if got := r.reply(
				"2018-09-27 08:50",
				r.answer(request, text),
			); len(got) != 1 ||
				!strings.Contains(got[0].Text, "此前已经答复") {
				t.Errorf("%s after that is answered with %+v", text, got)
			}
		}
		told := keysOf(r.deliver("2018-09-27 09:00"))
		diff(
			t,
			"told",
			slices.DeleteFunc(told, func(k string) bool { return !strings.Contains(k, bureau) }),
			[]string{"correction/2018-09-27/县环保局"},
		)
		rs, err := r.s.Requests(t.Context())
		if err != nil || len(rs) != 0 {
			t.Errorf("requests waiting: %v, %v", rs, err)
		}
	})
}

// TestExtensionRefused tells the unit of a refusal, once.
func TestExtensionRefused(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		r.ask()
		r.deliver("2018-09-27 08:30")
		r.reply("2018-09-27 20:00", r.answer(r.mail("request/"), "不同意：数据应当按期公开。"))
		if got := r.deliver("2018-09-27 20:30"); len(got) != 0 {
			t.Fatalf("told at night: %v", keysOf(got))
		}
		got := ofKind(r.deliver("2018-09-28 08:30"), notify.Answer)
		if len(got) != 1 || got[0].Unit != bureau || got[0].To != bureauAddress {
			t.Fatalf("told with %v", keysOf(got))
		}
		golden(
			t,
			"request-refused.txt",
			got[0].Subject+"\n\n"+strings.ReplaceAll(got[0].Text, r.coder.ReplyCode(got[0].MessageID), "CODE"),
		)
		if again := ofKind(r.deliver("2018-09-28 08:31"), notify.Answer); len(again) != 0 {
			t.Errorf("told again: %v", keysOf(again))
		}
		diff(t, "history", r.history(airKey, ""), []string{})
		// The refusal may be answered with what it asks for.
		if got := r.reply(
			"2018-09-28 10:00",
			r.answer(got[0], "办结 "+page1),
		); len(got) != 1 ||
			!strings.Contains(got[0].Text, "登记办结") {
			t.Errorf("answered with %+v", got)
		}
	})
}

func ofKind(ms []notify.Message, kind notify.Kind) []notify.Message {
	return slices.DeleteFunc(slices.Clone(ms), func(m notify.Message) bool { return m.Kind != kind })
}

// TestRequestReplaced takes a unit's last word: the office's answer to an earlier one does nothing.
func TestRequestReplaced(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	r.ask()
	r.deliver("2018-09-27 08:30")
	first := r.mail("request/")
	r.reply("2018-09-27 09:30", r.answer(r.mail("digest/2018-09-25/"+bureau), "延期 1 10月20日 监测设备检修"))
	if got := ofKind(
		r.deliver("2018-09-27 09:31"),
		notify.Request,
	); len(got) != 1 ||
		!strings.Contains(got[0].Subject, "10月20日") {
		t.Fatalf("the office is told with %+v", got)
	}
	if got := r.reply(
		"2018-09-27 10:00",
		r.answer(first, "同意"),
	); len(got) != 1 ||
		!strings.Contains(got[0].Text, "已被新的申请取代") {
		t.Errorf("consent to the first is answered with %+v", got)
	}
	diff(t, "history", r.history(airKey, ""), []string{})
	r.reply("2018-09-27 10:01", r.answer(r.mail("request/"), "同意"))
	diff(t, "history", r.history(airKey, ""), []string{"extended 09-27 10:01 mail:县政府办公室 2018-10-20 监测设备检修"})
}

// TestRequestByHand lets the office answer a request on the host: by an extension to whatever day, or by a refusal.
func TestRequestByHand(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		r.ask()
		if _, err := r.s.Extend(
			t.Context(),
			moment(t, "2018-09-27 08:00"),
			"root",
			airKey,
			"",
			date(t, "2018-10-12"),
			"国庆节后补测",
		); err != nil {
			t.Fatal(err)
		}
		if _, err := r.s.RequestFor(t.Context(), airKey, ""); !errors.Is(err, scheduler.ErrNoRequest) {
			t.Errorf("a request still waits: %v", err)
		}
		if got := ofKind(r.deliver("2018-09-27 08:30"), notify.Request); len(got) != 0 {
			t.Errorf("the office is asked what it has answered: %v", keysOf(got))
		}
		r.reply("2018-09-27 10:00", r.answer(r.mail("digest/2018-09-25/"+bureau), "延期 1 10月31日 监测设备检修"))
		q, err := r.s.RequestFor(t.Context(), airKey, bureau)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.s.Refuse(t.Context(), moment(t, "2018-09-27 11:00"), "root", q.ID, " "); err == nil {
			t.Error("refused without a reason")
		}
		if _, err := r.s.Refuse(t.Context(), moment(t, "2018-09-27 11:00"), "root", q.ID, "已延期一次"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.s.Grant(
			t.Context(),
			moment(t, "2018-09-27 11:00"),
			"root",
			q.ID,
		); !errors.Is(
			err,
			scheduler.ErrDecided,
		) {
			t.Errorf("granted after it was refused: %v", err)
		}
		got := r.deliver("2018-09-27 11:01")
		if asked := ofKind(got, notify.Request); len(asked) != 0 {
			t.Errorf("the office is asked what it has answered: %v", keysOf(asked))
		}
		if told := ofKind(
			got,
			notify.Answer,
		); len(told) != 1 ||
			!strings.Contains(told[0].Text, "县政府办公室未同意：已延期一次。到期日仍为2018年10月12日（星期五）。") {
			t.Errorf("the unit is told with %+v", told)
		}
	})
}

// TestRequestLapses tells the office nothing of a request whose deadline was met before anybody was at work.
func TestRequestLapses(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	r.ask()
	r.reply("2018-09-26 21:00", r.answer(r.mail("digest/2018-09-25/"+bureau), "办结 "+page1))
	if got := r.deliver("2018-09-27 08:30"); len(got) != 0 {
		t.Errorf("told with %v", keysOf(got))
	}
}

// TestRequestRefusedAtOnce says why a wish does not even reach the office.
func TestRequestRefusedAtOnce(t *testing.T) {
	tests := map[string]struct{ at, text, want string }{
		"late":       {"2018-10-01 00:00", "延期 1 10月31日 检修", "已过到期日，不能再申请延期"},
		"no delay":   {"2018-09-26 10:00", "延期 1 2018-09-30 检修", "到期日不早于所写的日期"},
		"past":       {"2018-09-26 10:00", "延期 1 2018-09-01 检修", "所写的日期2018年9月1日已过，未作登记"},
		"no reason":  {"2018-09-26 10:00", "延期 1 10月31日", "没有写明理由"},
		"no day":     {"2018-09-26 10:00", "延期 1 检修", "没有看懂新的日期"},
		"unit grant": {"2018-09-26 10:00", "同意", "只能由县政府办公室用来答复"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
			got := r.reply(tt.at, r.answer(r.mail("digest/2018-09-25/"+bureau), tt.text))
			if len(got) != 1 || !strings.Contains(got[0].Text, tt.want) {
				t.Errorf("answered with %+v, want %q in it", got, tt.want)
			}
			if rs, err := r.s.Requests(t.Context()); err != nil || len(rs) != 0 {
				t.Errorf("requests: %+v, %v", rs, err)
			}
		})
	}
}

// TestExtensionByOffice grants the office's own word at once.
func TestExtensionByOffice(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{without: []string{bureau}})
	proxy := r.mail("fallback/2018-09-25")
	for range 2 {
		got := r.reply("2018-09-26 10:00", r.answer(proxy, "延期 "+airKey+" 10月31日 监测设备检修"))
		if len(got) != 1 || !strings.Contains(got[0].Text, "环境空气质量状况（2018年9月）已延期至2018年10月31日（星期三）。") {
			t.Fatalf("answered with %+v", got)
		}
	}
	diff(t, "history", r.history(airKey, ""), []string{"extended 09-26 10:00 mail:县政府办公室 2018-10-31 监测设备检修"})
	if got := r.reply(
		"2018-09-26 10:00",
		r.answer(proxy, "同意 1"),
	); len(got) != 1 ||
		!strings.Contains(got[0].Text, "没有待答复的延期申请") {
		t.Errorf("answered with %+v", got)
	}
}
