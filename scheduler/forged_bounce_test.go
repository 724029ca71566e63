package scheduler_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// publicIDs makes Message-IDs of public facts alone, as older versions did; anybody can.
type publicIDs struct{}

func (publicIDs) MessageID(key, to string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + strings.ToLower(to)))
	return "m" + hex.EncodeToString(sum[:12]) + "@example.invalid"
}

func (publicIDs) ThreadID(key string) string { return "t" + publicIDs{}.MessageID(key, "")[1:] }

// forged is the best bounce that somebody can write who knows a message's key and address, and nothing else.
func forged(m notify.Message) scheduler.Bounce {
	return scheduler.Bounce{
		MessageID: publicIDs{}.MessageID(
			m.Key,
			m.To,
		),
		Recipient: m.To,
		Status:    "5.1.1",
		Permanent: true,
		Mailbox:   true,
		Returned:  true,
		Text:      "550 User unknown, see https://evil.example.net/",
	}
}

func bad(r *postRoom) []string {
	r.t.Helper()
	known, err := r.store.Addresses(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	all := []string{}
	for _, a := range known {
		if a.State == scheduler.BadAddress {
			all = append(all, a.Address)
		}
	}
	return all
}

// TestBouncesForgedFromPublicFacts forges a bounce of every mail from its key and address: no such message is on
// record, and nothing happens.
func TestBouncesForgedFromPublicFacts(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		for _, m := range r.sent {
			r.bounce("2018-09-25 20:00", forged(m))
		}
		diff(t, "bad addresses", bad(r), []string{})
		if got := r.deliver("2018-09-26 09:00"); len(got) != 0 {
			t.Errorf("sent %v", keysOf(got))
		}
		if log := r.logged(); strings.Count(log, "not on record") != len(r.sent) ||
			strings.Contains(log, "address marked") {
			t.Errorf("logged:\n%s", log)
		}
	})
}

// TestBouncesOfOldMessages forges a bounce, in many forms, of every mail that was promised before Message-IDs were
// keyed: nothing is marked, no message ends, and the office is told in one letter a day, without a word of whoever
// wrote them.
func TestBouncesOfOldMessages(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := openPostRoomOf(t, st, contacts{}, func(o *scheduler.Options) { o.IDs = publicIDs{} })
		r.deliver("2018-09-03 09:00")
		r.deliver("2018-09-25 09:00")
		old := r.sent
		r = openPostRoom(t, st, st, contacts{}) // the new version on the same database
		for i := range 5 {
			for _, m := range old {
				b := forged(m)
				b.Status = fmt.Sprintf("5.1.%d", i+1)
				r.bounce("2018-09-25 20:00", b)
			}
		}
		diff(t, "bad addresses", bad(r), []string{})
		if out, err := st.Outbox(t.Context()); err != nil || len(out.Trouble) != 0 {
			t.Errorf("ended: %v, %v", keysOf(out.Trouble), err)
		}
		got := r.deliver("2018-09-26 09:00")
		if len(got) != 1 || got[0].Kind != notify.Trouble || got[0].Unit != office ||
			!strings.Contains(got[0].Text, "县环保局：") ||
			!strings.Contains(got[0].Text, "未据此停用任何邮箱") ||
			strings.Contains(got[0].Text, "evil") ||
			strings.Contains(got[0].Text, "unknown") {
			t.Fatalf("the office is told with %+v", got)
		}
		if got := r.deliver("2018-09-27 09:00"); len(got) != 0 {
			t.Errorf("told again: %v", keysOf(got))
		}
		// The signed return address of such a mail is evidence all the same.
		var digest notify.Message
		for _, m := range old {
			if strings.HasPrefix(m.Key, "digest/2018-09-25/"+bureau) {
				digest = m
			}
		}
		b := permanent(digest)
		b.Returned, b.Signed = false, true
		r.bounce("2018-09-27 10:00", b)
		diff(t, "bad addresses", bad(r), []string{bureauAddress})
	})
}

// TestBounceOfAnother brings the Message-ID of one unit's mail and names another's address: it is the first one's
// bounce, and nothing of the other.
func TestBounceOfAnother(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	b := permanent(r.mail("digest/2018-09-25/" + bureau))
	b.Recipient = notify.MadeUpAddress("县财政局")
	r.bounce("2018-09-25 20:00", b)
	diff(t, "bad addresses", bad(r), []string{bureauAddress})
}

// TestBounceWithoutEvidence has the Message-ID right, and not the form of a bounce: the office is told, and nothing is
// marked.
func TestBounceWithoutEvidence(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	b := permanent(r.mail("digest/2018-09-25/" + bureau))
	b.Returned = false
	r.bounce("2018-09-25 20:00", b)
	diff(t, "bad addresses", bad(r), []string{})
	if got := r.deliver(
		"2018-09-26 09:00",
	); len(got) != 1 || !strings.Contains(got[0].Text, "县环保局：2018年9月25日") ||
		!strings.Contains(got[0].Text, "■ 给系统管理员\n县环保局：退信代码 5.1.1。") {
		t.Errorf("the office is told with %+v", got)
	}
	b.Permanent, b.Status = false, "4.2.0"
	r.bounce("2018-09-26 20:00", b)
	if got := r.deliver("2018-09-27 09:00"); len(got) != 0 {
		t.Errorf("sent %v", keysOf(got))
	}
}

// TestBounceOfLimit has a mail come back for how much is sent: the unit keeps its address, and the office gets the
// mail's items with the server's words.
func TestBounceOfLimit(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		b := permanent(r.mail("digest/2018-09-25/" + bureau))
		b.Status, b.Mailbox, b.Text = "5.0.0", false, "550 发送频率过高，请稍后再试 http://help.example.invalid/1"
		r.bounce("2018-09-25 20:00", b)
		diff(t, "bad addresses", bad(r), []string{})
		got := r.deliver("2018-09-26 08:30")
		if len(got) != 1 || got[0].Kind != notify.Fallback || !strings.Contains(got[0].Text, "邮箱未停用") ||
			!strings.Contains(got[0].Text, "服务器答复 550 发送频率过高，请稍后再试") || strings.Contains(got[0].Text, "http://help") {
			t.Fatalf("the office is told with %+v", got)
		}
		r.deliver("2018-09-28 09:00")
		if m := r.mail("digest/2018-09-28/" + bureau); m.To != bureauAddress {
			t.Errorf("the next mail goes to %s", m.To)
		}
	})
}
