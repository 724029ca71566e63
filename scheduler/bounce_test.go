package scheduler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

func (r *postRoom) bounce(at string, b scheduler.Bounce) {
	r.t.Helper()
	if err := r.s.Bounced(r.t.Context(), moment(r.t, at), b); err != nil {
		r.t.Fatal(err)
	}
}

func permanent(m notify.Message) scheduler.Bounce {
	return scheduler.Bounce{
		MessageID: m.MessageID,
		Recipient: m.To,
		Status:    "5.1.1",
		Permanent: true,
		Mailbox:   true,
		Returned:  true,
		Text:      "<" + m.To + ">: User unknown",
	}
}

// TestBounce has a mail come back after its server had taken it: the office gets what the unit should have had and is
// asked for a new address, once; from then on it gets the unit's mail, until there is another address.
func TestBounce(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		digest := r.mail("digest/2018-09-25/" + bureau)
		for _, at := range []string{"2018-09-25 20:00", "2018-09-25 20:01"} { // the same word twice
			r.bounce(at, permanent(digest))
		}
		if log := r.logged(); strings.Count(log, "message bounced") != 1 ||
			strings.Count(log, "address marked as bad") != 1 ||
			strings.Count(log, "bounce known") != 1 {
			t.Errorf("logged:\n%s", log)
		}
		if got := r.deliver("2018-09-25 21:00"); len(got) != 0 {
			t.Fatalf("the office is told at night: %v", keysOf(got))
		}
		got := r.deliver("2018-09-26 08:30")
		if len(got) != 1 || got[0].Kind != notify.Fallback || got[0].Unit != office {
			t.Fatalf("the office is told with %v", keysOf(got))
		}
		golden(
			t,
			"bounce.txt",
			got[0].Subject+"\n\n"+strings.ReplaceAll(got[0].Text, r.coder.ReplyCode(got[0].MessageID), "CODE"),
		)

		got = r.deliver("2018-09-28 09:00") // 2wd
		if keys := keysOf(
			got,
		); slices.Contains(keys, "digest/2018-09-28/"+bureau) ||
			!slices.Contains(keys, "fallback/2018-09-28") {
			t.Fatalf("sent %v", keys)
		}
		if text := r.mail(
			"fallback/2018-09-28",
		).Text; !strings.Contains(text, "登记的邮箱地址已失效（1个单位）\n县环保局") ||
			strings.Contains(text, "请为县环保局登记") {
			t.Errorf("the office is told\n%s", text)
		}
		standing, err := r.s.Status(t.Context(), moment(t, "2018-09-28 10:00"), scheduler.Filter{Unit: bureau})
		if err != nil || len(standing.Bad) != 1 || standing.Bad[0].Unit != bureau ||
			standing.Bad[0].Address != bureauAddress {
			t.Errorf("status shows %+v, %v", standing.Bad, err)
		}
		for _, row := range standing.Rows {
			if !slices.Contains(row.Undeliverable, bureau) {
				t.Errorf("%s counts as deliverable", row.Key)
			}
		}

		healed := small(t, 2019, contacts{several: map[string][]string{bureau: {"new@example.invalid", bureauAddress}}})
		healed.Composer = r.s.Plan().Composer
		r.s.Swap(healed)
		got = r.deliver("2018-09-30 09:00")
		if m := r.mail(
			"digest/2018-09-30/" + bureau,
		); m.To != "new@example.invalid" ||
			len(ofKind(got, notify.Fallback)) != 0 {
			t.Errorf("sent %v, to %s", keysOf(got), m.To)
		}
		if slices.ContainsFunc(got, func(m notify.Message) bool { return m.To == bureauAddress }) {
			t.Error("mail goes to the bad address")
		}
	})
}

// TestBounceOfExpired has a server give a mail up after days in which it could not reach the unit's: the office gets
// what the unit should have had, and the address stays good. While the server still tries, nobody is told.
func TestBounceOfExpired(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	b := permanent(r.mail("digest/2018-09-25/" + bureau))
	b.Status, b.Permanent, b.Mailbox = "4.4.1", false, false
	r.bounce("2018-09-25 13:00", b)
	if got := r.deliver("2018-09-26 08:30"); len(got) != 0 {
		t.Errorf("sent %v", keysOf(got))
	}
	b.Status, b.Permanent = "4.4.7", true
	r.bounce("2018-09-26 20:00", b)
	got := r.deliver("2018-09-27 08:30")
	if len(got) != 1 || got[0].Kind != notify.Fallback || !strings.Contains(got[0].Text, "环境空气质量状况") {
		t.Errorf("the office is told with %+v", got)
	}
	r.deliver("2018-09-28 09:00")
	if m := r.mail("digest/2018-09-28/" + bureau); m.To != bureauAddress {
		t.Errorf("the next mail goes to %s", m.To)
	}
}

// TestBounceCleared sends mail to an address again that somebody says is good: a bounce of older mail does not count
// against it, one of newer mail does.
func TestBounceCleared(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		old := r.mail("digest/2018-09-25/" + bureau)
		clearing := func(at string) error {
			return r.s.ClearAddress(t.Context(), moment(t, at), "root", strings.ToUpper(bureauAddress), "邮箱已恢复")
		}
		if err := clearing("2018-09-26 08:00"); err == nil {
			t.Error("an address that is not bad was cleared")
		}
		r.bounce("2018-09-26 08:00", permanent(old))
		r.deliver("2018-09-26 09:00")
		if err := r.s.ClearAddress(t.Context(), moment(t, "2018-09-26 10:00"), "root", bureauAddress, " "); err == nil {
			t.Error("cleared without a reason")
		}
		if err := clearing("2018-09-26 10:00"); err != nil {
			t.Fatal(err)
		}
		again := permanent(old)
		again.Status = "5.4.4"
		r.bounce("2018-09-26 11:00", again)
		r.deliver("2018-09-28 09:00")
		fresh := r.mail("digest/2018-09-28/" + bureau)
		if fresh.To != bureauAddress {
			t.Fatalf("sent to %s", fresh.To)
		}
		r.bounce("2018-09-28 10:00", permanent(fresh))
		cs, err := r.s.Contacts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(cs, func(c scheduler.UnitContact) bool { return c.Unit == bureau })
		if a := cs[i].Addresses; len(a) != 1 || a[0].State != scheduler.BadAddress || a[0].Message != fresh.Key ||
			!strings.HasPrefix(a[0].Reason, "5.1.1 ") {
			t.Errorf("contacts show %+v", a)
		}
	})
}

// TestBounceTemporary notes that a mail is late, and no more.
func TestBounceTemporary(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	digest := r.mail("digest/2018-09-25/" + bureau)
	r.logged()
	r.bounce(
		"2018-09-25 20:00",
		scheduler.Bounce{MessageID: digest.MessageID, Status: "4.4.1", Returned: true, Text: "No answer from host"},
	)
	r.bounce(
		"2018-09-25 20:00",
		scheduler.Bounce{MessageID: "m0123456789abcdef01234567@example.invalid", Status: "5.1.1", Permanent: true},
	)
	r.bounce("2018-09-25 20:00", scheduler.Bounce{})
	if log := r.logged(); strings.Count(log, "message bounced") != 1 || strings.Count(log, "not on record") != 2 ||
		strings.Contains(log, "address marked") {
		t.Errorf("logged:\n%s", log)
	}
	if got := r.deliver("2018-09-26 09:00"); len(got) != 0 {
		t.Errorf("sent %v", keysOf(got))
	}
	if out, err := r.store.Outbox(t.Context()); err != nil || len(out.Trouble) != 0 {
		t.Errorf("trouble: %v, %v", keysOf(out.Trouble), err)
	}
}

// TestRefusedAddress takes a server's refusal of an address at once for what a bounce says later.
func TestRefusedAddress(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := openPostRoom(
			t,
			st,
			st,
			contacts{several: map[string][]string{bureau: {"a@example.invalid", "b@example.invalid"}}},
		)
		r.deliver("2018-09-03 09:00")
		r.pass("2018-09-25 09:00")
		now := moment(t, "2018-09-25 09:01")
		ms, err := st.Claim(t.Context(), "test", now, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if ms, err = st.Begin(t.Context(), now, nil, ms); err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			out := notify.Outcome{Class: notify.Sent, Code: 250}
			if m.To == "a@example.invalid" {
				out = notify.Outcome{Class: notify.Bounced, Code: 550, Reply: "User unknown"}
			}
			if err := st.Settle(
				t.Context(),
				[]notify.Delivery{
					{Message: m, Outcome: out, Begun: now, Ended: now.Add(time.Second), FinalState: true},
				},
			); err != nil {
				t.Fatal(err)
			}
		}
		told := r.deliver("2018-09-25 09:02")
		if len(told) != 1 || !strings.Contains(told[0].Text, "请为县环保局登记新的邮箱地址：原地址 a@example.invalid 已退信，自即日起停用。") ||
			!strings.Contains(told[0].Text, "■ 给系统管理员\n县环保局：服务器答复 550") {
			t.Fatalf("the office is told with %+v", told)
		}
		got := r.deliver("2018-09-28 09:00")
		var to []string
		for _, m := range got {
			if m.Unit == bureau {
				to = append(to, m.To)
			}
		}
		diff(t, "recipients", to, []string{"b@example.invalid"})
	})
}

// TestBounceOfSeveral asks for a new address once, however many mails come back from the old one; what they carried is
// passed on each time.
func TestBounceOfSeveral(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	first := r.mail("digest/2018-09-25/" + bureau)
	r.deliver("2018-09-28 09:00")
	r.bounce("2018-09-28 10:00", permanent(first))
	if got := r.deliver("2018-09-28 10:01"); len(got) != 1 || !strings.Contains(got[0].Text, "请为县环保局登记新的邮箱地址") {
		t.Fatalf("told with %+v", got)
	}
	r.bounce("2018-09-28 10:30", permanent(r.mail("digest/2018-09-28/"+bureau)))
	if got := r.deliver(
		"2018-09-28 10:31",
	); len(got) != 1 || strings.Contains(got[0].Text, "请为县环保局登记新的邮箱地址") ||
		!strings.Contains(got[0].Text, airKey) {
		t.Errorf("told with %+v", got)
	}
}

// TestOfficeKeepsItsAddress goes on mailing the office after a bounce: there is nobody else to tell.
func TestOfficeKeepsItsAddress(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{without: []string{bureau}})
	r.bounce("2018-09-25 20:00", permanent(r.mail("fallback/2018-09-25")))
	got := r.deliver("2018-09-28 09:00")
	if len(ofKind(got, notify.Fallback)) != 1 {
		t.Errorf("sent %v", keysOf(got))
	}
	if log := r.logged(); !strings.Contains(log, "office's mail refused") {
		t.Errorf("logged:\n%s", log)
	}
}
