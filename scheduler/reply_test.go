package scheduler_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

const (
	bureau = "县环保局"
	page1  = "https://www.example.invalid/air/1.html"
	airKey = "air@2018-09"
)

var bureauAddress = notify.MadeUpAddress(bureau)

// postRoom is a scheduler whose mails may be replied to, the mails that it has sent, and what it has logged.
type postRoom struct {
	*rig
	outbox *store.Store
	coder  *notify.Signer
	log    bytes.Buffer
	sent   []notify.Message
	n      int // replies written
}

// newPostRoom returns a room that has just sent the morning's mails of 25 September 2018: to 县环保局 one about
// air@2018-09, due on the 30th.
func newPostRoom(t *testing.T, st *store.Store, c contacts) *postRoom {
	t.Helper()
	r := openPostRoom(t, st, st, c)
	r.deliver("2018-09-03 09:00")
	r.deliver("2018-09-25 09:00")
	return r
}

// openPostRoom returns a room that has sent nothing yet. The scheduler may see the store through something else.
func openPostRoom(t *testing.T, st *store.Store, through scheduler.Store, c contacts) *postRoom {
	t.Helper()
	return openPostRoomOf(t, st, c, func(o *scheduler.Options) { o.Store = through })
}

// openPostRoomOf is openPostRoom with other options.
func openPostRoomOf(t *testing.T, st *store.Store, c contacts, edit func(*scheduler.Options)) *postRoom {
	t.Helper()
	coder := testKey()
	r := &postRoom{outbox: st, coder: coder}
	o := options(small(t, 2019, c), st)
	composer, err := compose.New(compose.Options{Replies: true})
	if err != nil {
		t.Fatal(err)
	}
	o.Plan.Composer = composer
	o.Coder, o.Authenticates = coder, true
	o.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	edit(&o)
	r.rig = newRigOf(t, o)
	return r
}

func eachPostRoom(t *testing.T, test func(t *testing.T, st *store.Store)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, driver string) { test(t, storetest.Open(t, driver)) })
}

// deliver passes, then sends all that is in the outbox and returns it.
func (r *postRoom) deliver(at string) []notify.Message {
	r.t.Helper()
	r.pass(at)
	return r.flush(at)
}

// flush sends all that is in the outbox and returns it, in the order of keys.
func (r *postRoom) flush(at string) []notify.Message {
	r.t.Helper()
	now := moment(r.t, at)
	ms, err := r.outbox.Claim(r.t.Context(), "test", now.Add(time.Hour), 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	if ms, err = r.outbox.Begin(r.t.Context(), now, nil, ms); err != nil {
		r.t.Fatal(err)
	}
	for _, m := range ms {
		err := r.outbox.Settle(r.t.Context(), []notify.Delivery{
			{
				Message:    m,
				Outcome:    notify.Outcome{Class: notify.Sent, Code: 250},
				Begun:      now,
				Ended:      now,
				FinalState: true,
			},
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	slices.SortFunc(ms, func(a, b notify.Message) int { return strings.Compare(a.Key, b.Key) })
	r.sent = append(r.sent, ms...)
	return ms
}

// mail returns the last message that was sent under a key with this beginning.
func (r *postRoom) mail(prefix string) notify.Message {
	r.t.Helper()
	for _, m := range slices.Backward(r.sent) {
		if strings.HasPrefix(m.Key, prefix) {
			return m
		}
	}
	r.t.Fatalf("no mail %s among %v", prefix, keysOf(r.sent))
	return notify.Message{}
}

func keysOf(ms []notify.Message) []string {
	ks := []string{}
	for _, m := range ms {
		ks = append(ks, m.Key)
	}
	return ks
}

// answer writes a reply to a message, by whoever had it.
func (r *postRoom) answer(m notify.Message, text string) scheduler.Reply {
	r.n++
	return scheduler.Reply{
		From:          m.To,
		Codes:         []string{r.coder.ReplyCode(m.MessageID)},
		InReplyTo:     m.MessageID,
		MessageID:     fmt.Sprintf("reply%d@mail.example.invalid", r.n),
		Subject:       "回复：" + m.Subject,
		Text:          text,
		At:            moment(r.t, "2018-09-26 07:00"),
		Authenticated: true,
	}
}

// reply hands a reply to the scheduler and returns the mails that come of it.
func (r *postRoom) reply(at string, reply scheduler.Reply) []notify.Message {
	r.t.Helper()
	if err := r.s.Replied(r.t.Context(), moment(r.t, at), reply); err != nil {
		r.t.Fatal(err)
	}
	return r.flush(at)
}

// logged returns what was logged since it was last asked, and fails if there is a mail address in it.
func (r *postRoom) logged() string {
	r.t.Helper()
	text := r.log.String()
	r.log.Reset()
	if strings.Contains(text, "example.invalid") {
		r.t.Errorf("an address in the log:\n%s", text)
	}
	return text
}

// history returns what was said of a deadline, a line each.
func (r *postRoom) history(key, unit string) []string {
	r.t.Helper()
	h, err := r.store.History(r.t.Context(), find(r.rig, key, unit).ID)
	if err != nil {
		r.t.Fatal(err)
	}
	said := []string{}
	for _, c := range h.Completions {
		said = append(
			said,
			strings.Join(
				strings.Fields(
					fmt.Sprintf("done %s %s %s %s %s", c.At.Format("01-02 15:04"), c.By, c.Unit, c.URL, c.Note),
				),
				" ",
			),
		)
	}
	for _, e := range h.Extensions {
		said = append(said, fmt.Sprintf("extended %s %s %s %s", e.At.Format("01-02 15:04"), e.By, e.To, e.Reason))
	}
	return said
}

// TestReplyDone completes a deadline by mail. The answer goes to the unit's own address, once, as an automatic reply to
// the reply.
func TestReplyDone(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		digest := r.mail("digest/2018-09-25/" + bureau)
		if code := r.coder.ReplyCode(
			digest.MessageID,
		); !strings.Contains(digest.Text, "\n"+code+"\n") ||
			!strings.Contains(digest.HTML, code) {
			t.Fatalf("the code is not on a line of its own:\n%s", digest.Text)
		}
		reply := r.answer(digest, "您好：\n办结 1 "+page1+"\n谢谢")
		reply.From = strings.ToUpper(reply.From)
		got := r.reply("2018-09-26 22:00", reply)
		if len(got) != 1 {
			t.Fatalf("answered with %v", keysOf(got))
		}
		m := got[0]
		if m.Kind != notify.Answer || m.To != bureauAddress || m.Thread != reply.MessageID ||
			!strings.HasPrefix(m.Key, "answer/") {
			t.Errorf("answered with %+v", m)
		}
		if want := "环境空气质量状况（2018年9月）已于2018年9月26日（星期三）22:00登记办结。"; !strings.Contains(m.Text, want) ||
			strings.Contains(m.Text, r.coder.ReplyCode(m.MessageID)) {
			t.Errorf("the answer does not say %q, or asks to be answered:\n%s", want, m.Text)
		}
		diff(t, "history", r.history(airKey, ""), []string{"done 09-26 22:00 mail:县环保局 县环保局 " + page1})
		if again := r.reply("2018-09-27 09:00", reply); len(again) != 0 {
			t.Errorf("the same reply again is answered with %v", keysOf(again))
		}
		if log := r.logged(); !strings.Contains(log, "reply known") {
			t.Errorf("logged:\n%s", log)
		}
		reply.MessageID = "other@mail.example.invalid"
		if got := r.reply(
			"2018-09-27 09:00",
			reply,
		); len(got) != 1 ||
			!strings.Contains(got[0].Text, "此前已于2018年9月26日办结，无须再报") {
			t.Errorf("the same words in another mail are answered with %v", got)
		}
		diff(t, "history", r.history(airKey, ""), []string{"done 09-26 22:00 mail:县环保局 县环保局 " + page1})
	})
}

// TestReplyRefused hands in what must do nothing but write a line to the log: no word about a deadline, and no mail to
// anybody.
func TestReplyRefused(t *testing.T) {
	other := "县财政局"
	tests := map[string]struct {
		change func(r *postRoom, reply *scheduler.Reply)
		at     string
		want   string
	}{
		"no code": {func(_ *postRoom, reply *scheduler.Reply) { reply.Codes = nil }, "", "no code of ours"},
		"forged code": {func(_ *postRoom, reply *scheduler.Reply) {
			reply.Codes = []string{"mfrggzdf-mztwq2lk-nnwg23tp-obyxe43u", strings.ToUpper(reply.Codes[0][1:])}
		}, "", "no code of ours"},
		"code of another key": {func(_ *postRoom, reply *scheduler.Reply) {
			s, _ := notify.NewSigner([]byte(strings.Repeat("x", 32)), "example.invalid")
			reply.Codes = []string{s.ReplyCode(reply.InReplyTo)}
		}, "", "no code of ours"},
		"message not on record": {func(r *postRoom, reply *scheduler.Reply) {
			reply.Codes = []string{r.coder.ReplyCode(r.coder.MessageID("digest/2018-09-26/"+bureau, bureauAddress))}
		}, "", "message not on record"},
		"another's address": {
			func(_ *postRoom, reply *scheduler.Reply) { reply.From = "clerk@example.invalid" },
			"",
			"not the unit's address",
		},
		"no address": {
			func(_ *postRoom, reply *scheduler.Reply) { reply.From = "" },
			"",
			"not the unit's address",
		},
		"another unit, with this unit's code": {func(_ *postRoom, reply *scheduler.Reply) {
			reply.From = notify.MadeUpAddress(other)
		}, "", "not the unit's address"},
		"this unit, with another unit's code": {func(r *postRoom, reply *scheduler.Reply) {
			reply.Codes = []string{r.coder.ReplyCode(r.mail("digest/2018-09-25/" + other).MessageID)}
			reply.InReplyTo = ""
		}, "", "not the unit's address"},
		"another unit's deadline": {func(_ *postRoom, reply *scheduler.Reply) {
			reply.Text = "办结 attendance@2018 " + page1
		}, "", "another unit's deadline"},
		"to a mail that asks for none": {func(r *postRoom, reply *scheduler.Reply) {
			m := r.mail("overview/")
			reply.Codes, reply.From, reply.InReplyTo = []string{r.coder.ReplyCode(m.MessageID)}, m.To, m.MessageID
		}, "", "message asks for no reply"},
		"too old": {func(*postRoom, *scheduler.Reply) {}, "2019-01-23 09:01", "message too old"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
			reply := r.answer(r.mail("digest/2018-09-25/"+bureau), "办结 1 "+page1)
			tt.change(r, &reply)
			at := tt.at
			if at == "" {
				at = "2018-09-26 10:00"
			}
			r.logged()
			if got := r.reply(at, reply); len(got) != 0 {
				t.Errorf("answered with %v", keysOf(got))
			}
			if log := r.logged(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "reply refused") ||
				!strings.Contains(log, tt.want) {
				t.Errorf("logged, want one line with %q:\n%s", tt.want, log)
			}
			diff(t, "history", r.history(airKey, ""), []string{})
			diff(t, "history", r.history("attendance@2018", other), []string{})
		})
	}
}

// TestReplyWithoutCoder holds that nothing asks to be answered, and nothing is taken, where no mailbox is read.
func TestReplyWithoutCoder(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	reply := r.answer(r.mail("digest/2018-09-25/"+bureau), "办结 1 "+page1)
	deaf := newRig(t, r.store, small(t, 2019, contacts{}))
	if err := deaf.s.Replied(t.Context(), moment(t, "2018-09-26 10:00"), reply); err != nil {
		t.Fatal(err)
	}
	diff(t, "history", r.history(airKey, ""), []string{})
	deaf.pass("2018-09-27 09:00")
	for _, m := range r.flush("2018-09-27 09:00") {
		if strings.Contains(m.Text, "回复") {
			t.Errorf("%s asks to be answered:\n%s", m.Key, m.Text)
		}
	}
}

// TestReplyLines answers a mail of several items, line by line: by number, by key, and with every mistake.
func TestReplyLines(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := openPostRoom(t, st, st, contacts{})
		r.deliver("2018-09-03 09:00")
		e := rules.Event{Trigger: "policy-published", At: moment(t, "2018-09-25 08:00"), Unit: bureau, Ref: "1"}
		policy := r.event("2018-09-25 08:30", e).Deadlines[0].Key
		r.deliver("2018-09-25 09:00")
		digest := r.mail("digest/2018-09-25/" + bureau)
		got := r.reply("2018-09-26 10:00", r.answer(digest, strings.Join([]string{
			"办结 3 " + page1,
			"办结 " + page1,
			"办结 2",
			"延期 air@2018-9 9月30日 检修",
			"延期 AIR@2018-09 2018-09-20 检修",
			"同意 1",
			"办结：" + strings.ToUpper(policy[:1]) + policy[1:] + "，无链接：已在公告栏张贴",
			"办结 " + policy + " " + page1,
		}, "\n")))
		if len(got) != 1 {
			t.Fatalf("answered with %v", keysOf(got))
		}
		golden(t, "reply-lines.txt", got[0].Subject+"\n\n"+strings.ReplaceAll(got[0].Text, policy, "POLICY"))
		diff(t, "history", r.history(policy, ""), []string{"done 09-26 10:00 mail:县环保局 县环保局 已在公告栏张贴"})
		if dl := find(r.rig, airKey, ""); !dl.ExtendedTo.IsZero() {
			t.Error("a unit's wish has moved a due date")
		}
	})
}

// TestReplyOfResponsible holds that a unit that only assists is told who answers.
func TestReplyOfResponsible(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	digest := r.mail("digest/2018-09-25/县财政局")
	i := slices.IndexFunc(
		strings.Split(digest.Text, "\n"),
		func(l string) bool { return strings.Contains(l, "环境空气质量状况（2018年9月）") },
	)
	if i < 0 {
		t.Fatalf("no %s in\n%s", airKey, digest.Text)
	}
	got := r.reply("2018-09-26 10:00", r.answer(digest, "办结 "+airKey+" "+page1))
	if len(got) != 1 || !strings.Contains(got[0].Text, "环境空气质量状况（2018年9月）由县环保局办结，本单位不必答复。") {
		t.Errorf("answered with %+v", got)
	}
	diff(t, "history", r.history(airKey, ""), []string{})
}

// TestReplyUnclear answers a reply without a wish once for each mail of ours, so that two robots cannot talk for ever.
func TestReplyUnclear(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(
			t,
			st,
			contacts{several: map[string][]string{bureau: {"a@example.invalid", "b@example.invalid"}}},
		)
		digest := r.mail("digest/2018-09-25/" + bureau)
		if digest.To != "b@example.invalid" {
			t.Fatalf("the last copy is to %s", digest.To)
		}
		first := r.reply("2018-09-26 10:00", r.answer(digest, "\n  收到，我们尽快办理。  \n"))
		if len(first) != 1 || first[0].To != digest.To {
			t.Fatalf("answered with %v", keysOf(first))
		}
		golden(t, "reply-unclear.txt", first[0].Subject+"\n\n"+first[0].Text)
		for range 3 {
			if again := r.reply("2018-09-26 10:05", r.answer(digest, "请看上封邮件")); len(again) != 0 {
				t.Fatalf("answered once more with %v", keysOf(again))
			}
		}
		// An answer is not the beginning of a talk either; but a wish is as good in a reply to it.
		if got := r.reply("2018-09-26 10:06", r.answer(r.mail("answer/"), "收到")); len(got) != 0 {
			t.Errorf("a reply to an answer is answered with %v", keysOf(got))
		}
		clear := r.answer(first[0], "办结 "+page1)
		clear.From = "A@example.invalid"
		if got := r.reply("2018-09-26 10:07", clear); len(got) != 1 || got[0].To != "a@example.invalid" {
			t.Errorf("a colleague's clear reply is answered with %v", keysOf(got))
		}
		r.logged()
	})
}

// TestReplyOfSeveralCodes takes the code of the message that the reply says it answers.
func TestReplyOfSeveralCodes(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	old := r.mail("digest/2018-09-25/" + bureau)
	r.deliver("2018-09-28 09:00")
	digest := r.mail("digest/2018-09-28/" + bureau)
	reply := r.answer(digest, "收到")
	reply.Codes = []string{
		"mfrggzdf-mztwq2lk-nnwg23tp-obyxe43u",
		r.coder.ReplyCode(old.MessageID),
		r.coder.ReplyCode(digest.MessageID),
	}
	r.reply("2018-09-28 10:00", reply)
	if log := r.logged(); !strings.Contains(log, digest.Key) || strings.Contains(log, old.Key) {
		t.Errorf("logged:\n%s", log)
	}
}

// TestReplyOfOffice lets the office complete what it has in its mails in a unit's place.
func TestReplyOfOffice(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{without: []string{bureau}})
	proxy := r.mail("fallback/2018-09-25")
	got := r.reply("2018-09-26 10:00", r.answer(proxy, "办结 "+airKey+" "+page1))
	if len(got) != 1 || got[0].Unit != office || !strings.Contains(got[0].Text, "登记办结") {
		t.Fatalf("answered with %+v", got)
	}
	diff(t, "history", r.history(airKey, ""), []string{"done 09-26 10:00 mail:县政府办公室 县环保局 " + page1})
}
