package smtp_test

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// TestSignedAddresses holds that with a signer each message comes back to an address of its own, and is answered to
// one, and that both say which message it is.
func TestSignedAddresses(t *testing.T) {
	signer, err := notify.NewSigner(bytes.Repeat([]byte{1}, 32), "example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	file, record := keyFile(t, "ed25519")
	key, err := smtp.ParseKey(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sender          smtp.Sender
		envelope, reply string
	}{
		"From alone":    {smtp.Sender{From: office.From}, "qixian", "qixian"},
		"all different": {smtp.Sender{From: office.From, Envelope: "bounces@example.invalid", ReplyTo: "answers@example.invalid"}, "bounces", "answers"},
	} {
		t.Run(name, func(t *testing.T) {
			c.sender.Signer = signer
			c.sender.DKIM = &smtp.DKIM{Domain: "example.invalid", Selector: "qixian", Key: key}
			s := smtptest.New(t, smtptest.Options{}).Listen(t)
			tr := dial(t, s, true, func(o *smtp.Options) { o.Sender = c.sender })
			seen := map[string]bool{}
			for _, unit := range []string{"县环保局", "县民政局"} {
				m := message(unit)
				wantSent(t, attempt(t, tr, m))
				got := s.Mails()[len(s.Mails())-1]
				if id, ok := signer.Returned(
					got.From,
				); id != m.MessageID || !ok ||
					!strings.HasPrefix(got.From, c.envelope+"+b-") {
					t.Errorf("%s: sent from %s, which returns %q", unit, got.From, id)
				}
				to, err := netmail.ParseAddress(rawHeader(t, got.Data, "Reply-To"))
				if err != nil {
					t.Fatal(err)
				}
				codes := signer.Codes(to.Address)
				if len(codes) != 1 || !strings.HasPrefix(to.Address, c.reply+"+r-") {
					t.Fatalf("%s: answered to %s", unit, to.Address)
				}
				if id, ok := signer.MessageOf(codes[0]); id != m.MessageID || !ok {
					t.Errorf("%s: answered for %q", unit, id)
				}
				if vs := verify(t, got.Data, record); len(vs) != 1 || vs[0].Err != nil {
					t.Errorf("%s: the signature does not hold: %+v", unit, vs)
				}
				seen[got.From] = true
			}
			if len(seen) != 2 {
				t.Errorf("two messages come back to %v", seen)
			}
		})
	}
}
