package scheduler_test

import (
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/scheduler/store/storetest"
	"qixian/scheduler/web/link"
)

// TestMailsToPassOnCarryNoPower reads all that a scheduler with codes and links attaches to the office's mails in the
// place of units, for want of an address and after a refusal: each unit's own is there, and no code, link or word of
// anybody else's.
func TestMailsToPassOnCarryNoPower(t *testing.T) {
	coder, err := notify.NewSigner([]byte(strings.Repeat("k", 32)), "example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	links, err := link.New([]byte(strings.Repeat("k", 32)), "https://qixian.example.invalid", 180)
	if err != nil {
		t.Fatal(err)
	}
	st := storetest.Open(t, "sqlite")
	o := options(small(t, 2019, contacts{without: []string{bureau, "县教育局"}}), st)
	o.Coder, o.Links, o.Authenticates = coder, links, true
	r := &postRoom{outbox: st, coder: coder, rig: newRigOf(t, o)}
	r.deliver("2018-09-03 09:00")
	r.deliver("2018-09-25 09:00")
	r.bounce("2018-09-25 20:00", permanent(r.mail("digest/2018-09-25/县财政局")))
	r.deliver("2018-09-26 09:00")
	var units []string
	for _, l := range r.letters {
		if l.Kind != notify.Fallback {
			if len(l.Message.Attachments) > 0 {
				t.Errorf("%s has attachments", l.Message.Key)
			}
			continue
		}
		if !strings.Contains(l.Message.Text, "请勿转发") || !strings.Contains(l.Message.Text, "勿转给他人") {
			t.Errorf("%s does not say that it is not to be passed on:\n%s", l.Message.Key, l.Message.Text)
		}
		for _, a := range l.Message.Attachments {
			text := string(a.Content)
			if a.Type != "text/html" || len(coder.Codes(text)) > 0 || strings.Contains(text, "://") ||
				strings.Contains(text, "@example.invalid") {
				t.Errorf("%s of %s carries a code, a link or an address:\n%s", a.Name, l.Message.Key, text)
			}
			_, entry, _ := strings.Cut(l.Message.Text, a.Name+"：")
			unit, _, _ := strings.Cut(entry, "\n")
			if unit == "" || !strings.Contains(text, ">"+unit+"：<") {
				t.Errorf("%s of %s is not addressed to %q", a.Name, l.Message.Key, unit)
			}
			units = append(units, unit)
		}
	}
	for _, unit := range []string{bureau, "县教育局", "县财政局"} {
		if !slices.Contains(units, unit) {
			t.Errorf("nothing to pass on to %s: %v", unit, units)
		}
	}
	sent := r.mail("fallback/2018-09-25")
	if stored, err := st.Mail(
		t.Context(),
		sent.Key,
	); err != nil || len(sent.Attachments) == 0 ||
		len(stored.Text) == 0 {
		t.Errorf("claimed with %d attachments: %v", len(sent.Attachments), err)
	}
}
