package burst

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Account is what became of a burst.
type Account struct {
	Promised       int // reminders that were to arrive: one for each unit and alarm
	Arrived        int // those of which the unit has a mail, or the office one in its place
	Lost           int // the others
	Doubled        int // mails that arrived once more, with the same Message-ID
	DoubledOtherID int // mails that told a unit once more of an alarm, with another Message-ID
	Unexplained    int // mails that arrived once more although no attempt is on record as uncertain, nor was seen to be
	Office         int // reminders that the office has in a unit's place
	Uncertain      int // messages that were found uncertain while they were, or at the end
	Listed         int // those of them that `qixian status` listed
	Moved          int // deadlines that are not what they were
}

// Good reports whether nothing was lost, sent again for no reason, kept quiet, or moved.
func (a Account) Good() bool {
	return a.Promised > 0 && a.Arrived == a.Promised && a.Lost == 0 && a.DoubledOtherID == 0 && a.Unexplained == 0 &&
		a.Listed == a.Uncertain &&
		a.Moved == 0
}

func (a Account) String() string {
	return fmt.Sprintf(
		"%d reminders, %d arrived (%d at the office), lost %d, doubled %d (%d with another Message-ID, %d unexplained), %d uncertain, %d listed, %d deadlines moved",
		a.Promised,
		a.Arrived,
		a.Office,
		a.Lost,
		a.Doubled,
		a.DoubledOtherID,
		a.Unexplained,
		a.Uncertain,
		a.Listed,
		a.Moved,
	)
}

// Finish waits until the outbox is settled, at most for patience, stops the daemons and counts. With a Clock it does
// not wait for back-offs, leases and resends to come: where nothing happens, it lets time pass.
func (b *Burst) Finish(t testing.TB, patience time.Duration) Account {
	t.Helper()
	b.finishing = true
	settled := func() bool {
		s, err := b.standing()
		return err == nil && s.done(b.Promised())
	}
	if !b.wait(t, patience, settled) {
		s, err := b.standing()
		t.Errorf("not settled within %s: %+v (%v)", patience, s, err)
	}
	b.Look(t)
	for _, d := range b.running() {
		if code := d.Stop(t); code != 0 {
			t.Errorf("the daemon stopped with %d", code)
		}
	}
	return b.account(t)
}

// account counts. Nothing runs any more.
func (b *Burst) account(t testing.TB) Account {
	t.Helper()
	a := Account{Promised: b.Promised()}
	explained := set(
		b.must(
			t,
			"SELECT m.header_id FROM deliveries d JOIN messages m ON m.id = d.message_id WHERE d.class = 'uncertain'",
		),
	)
	for _, r := range b.must(t, "SELECT message_key, header_id FROM messages") {
		if b.held[r[0]] { // who had it has come back since, and set the record right
			explained[r[1]] = true
		}
	}
	seen := map[string]int{}                 // Message-ID: mails
	told := map[string]map[string]bool{}     // unit and alarm: the Message-IDs by which the unit was told
	atOffice := map[string]map[string]bool{} // likewise the office
	for _, m := range b.Sink.Mails() {
		id, kind, text, err := readMail(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		if seen[id]++; seen[id] > 1 {
			a.Doubled++
			if !explained[id] {
				a.Unexplained++
			}
			continue
		}
		switch to := m.To[0]; {
		case to != Office && kind == "immediate":
			for _, alarm := range alarms.FindAllString(text, -1) {
				note(told, to+" "+alarm, id)
			}
			continue
		case to != Office: // a digest that chases, where a test has moved the clock by many weeks
			continue
		}
		for _, alarm := range alarms.FindAllString(text, -1) {
			for _, unit := range units.FindAllString(text, -1) {
				note(atOffice, unit+" "+alarm, id)
			}
		}
	}
	for u := range b.o.Units {
		for i := range b.o.Alarms {
			ids, instead := told[address(u)+" "+alarm(i)], atOffice[unit(u)+" "+alarm(i)]
			switch {
			case len(ids) > 0:
				a.Arrived++
				a.DoubledOtherID += len(ids) - 1
			case len(instead) > 0:
				a.Arrived++
				a.Office++
			default:
				a.Lost++
			}
		}
	}
	for key := range b.held {
		a.Uncertain++
		if b.listed[key] {
			a.Listed++
		}
	}
	a.Moved = differing(b.before, b.deadlines(t))
	return a
}

func note(m map[string]map[string]bool, key, id string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][id] = true
}

func differing(before, after map[string]string) int {
	n := 0
	for key, was := range before {
		if is, ok := after[key]; !ok || is != was {
			n++
		}
	}
	for key := range after {
		if _, ok := before[key]; !ok {
			n++
		}
	}
	return n
}

var (
	alarms = regexp.MustCompile(`警报\d{4}号`)
	units  = regexp.MustCompile(`单位\d{4}局`)
)

// readMail returns a mail's Message-ID, its kind and its plain text.
func readMail(data []byte) (id, kind, text string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return "", "", "", fmt.Errorf("read mail: %w", err)
	}
	plain, err := plainText(m)
	if err != nil {
		return "", "", "", fmt.Errorf("read mail: %w", err)
	}
	return strings.Trim(m.Header.Get("Message-ID"), "<>"), m.Header.Get("X-Qixian-Kind"), plain, nil
}

// plainText returns the first part of a mail that has no parts, decoded: what a program that shows no HTML shows.
func plainText(m *mail.Message) (string, error) {
	body, header := m.Body, textproto.MIMEHeader(m.Header)
	for {
		form, params, err := mime.ParseMediaType(header.Get("Content-Type"))
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(form, "multipart/") {
			break
		}
		part, err := multipart.NewReader(body, params["boundary"]).NextRawPart()
		if err != nil {
			return "", err
		}
		body, header = part, part.Header
	}
	encoding := header.Get("Content-Transfer-Encoding")
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	plain, err := io.ReadAll(body)
	return string(plain), err
}
