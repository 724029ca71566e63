package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// replace has the office put an address right.
func (r *rig) replace(at, unit, was, address string) error {
	r.t.Helper()
	return r.s.ReplaceAddress(r.t.Context(), moment(r.t, at), "office:director", unit, was, address, "单位来电告知")
}

// reached returns the addresses of a unit, each with what the contacts have in its place.
func (r *rig) reached(unit string) []string {
	r.t.Helper()
	cs, err := r.s.Contacts(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	i := slices.IndexFunc(cs, func(c scheduler.UnitContact) bool { return c.Unit == unit })
	all := []string{}
	for _, a := range cs[i].Addresses {
		text := a.Address.Address
		switch {
		case a.Replaced() && a.Instead.Listed == "":
			text += " added"
		case a.Replaced():
			text += " for " + a.Instead.Listed
		}
		if a.State == scheduler.BadAddress {
			text += " bad"
		}
		all = append(all, text)
	}
	return all
}

// TestReplaceAddress has mail come back, and the office name another address: the unit's mail goes there, and its
// replies from there are taken, until the contacts name another themselves.
func TestReplaceAddress(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := newPostRoom(t, st, contacts{})
		r.bounce("2018-09-25 20:00", permanent(r.mail("digest/2018-09-25/"+bureau)))
		r.deliver("2018-09-26 08:30")
		if err := r.replace(
			"2018-09-26 09:00",
			bureau,
			strings.ToUpper(bureauAddress),
			"clerk@epb.example.invalid",
		); err != nil {
			t.Fatal(err)
		}
		diff(t, "reached", r.reached(bureau), []string{"clerk@epb.example.invalid for " + bureauAddress})
		cs, err := r.s.Contacts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(cs, func(c scheduler.UnitContact) bool { return c.Unit == bureau })
		if word := cs[i].Addresses[0].Instead; word.By != "office:director" || word.Reason != "单位来电告知" ||
			!word.At.Equal(moment(t, "2018-09-26 09:00")) {
			t.Errorf("it is so by %+v", word)
		}
		r.deliver("2018-09-28 09:00")
		m := r.mail("digest/2018-09-28/" + bureau)
		if m.To != "clerk@epb.example.invalid" {
			t.Errorf("mail goes to %s", m.To)
		}
		standing, err := r.s.Status(t.Context(), moment(t, "2018-09-28 10:00"), scheduler.Filter{Unit: bureau})
		if err != nil || len(standing.Bad) != 0 ||
			slices.ContainsFunc(standing.Rows, func(row scheduler.Row) bool { return len(row.Undeliverable) > 0 }) {
			t.Errorf("status shows %+v, %v", standing, err)
		}
		old := r.mail("digest/2018-09-25/" + bureau) // the clerk has it from a colleague
		if got := r.reply("2018-09-28 11:00", scheduler.Reply{
			From:      "clerk@epb.example.invalid",
			Codes:     []string{r.coder.ReplyCode(old.MessageID)},
			MessageID: "1@epb.example.invalid",
			Text:      "办结 1 https://www.example.invalid/1",
		}); len(got) != 1 || got[0].To != "clerk@epb.example.invalid" {
			t.Errorf("answered with %v", keysOf(got))
		}

		// Wrong again, and right again: what the file has is the one that is replaced, not what has replaced it.
		if err := r.replace(
			"2018-09-28 12:00",
			bureau,
			"clerk@epb.example.invalid",
			"office@epb.example.invalid",
		); err != nil {
			t.Fatal(err)
		}
		diff(t, "reached", r.reached(bureau), []string{"office@epb.example.invalid for " + bureauAddress})
		healed := small(t, 2019, contacts{several: map[string][]string{bureau: {"file@epb.example.invalid"}}})
		healed.Composer = r.s.Plan().Composer
		r.s.Swap(healed)
		diff(t, "reached by the file", r.reached(bureau), []string{"file@epb.example.invalid"})
	})
}

// TestReplaceAddressBack takes a replacement back, joins two addresses in one, and gives one to a unit that has none.
func TestReplaceAddressBack(t *testing.T) {
	finance := "县财政局"
	c := contacts{
		without: []string{finance},
		several: map[string][]string{bureau: {"a@epb.example.invalid", "B@epb.example.invalid"}},
	}
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, c))
	steps := []struct {
		unit, was, address string
		want               []string
	}{
		{
			bureau,
			"a@epb.example.invalid",
			"c@epb.example.invalid",
			[]string{"c@epb.example.invalid for a@epb.example.invalid", "B@epb.example.invalid"},
		},
		{
			bureau,
			"c@epb.example.invalid",
			"a@epb.example.invalid",
			[]string{"a@epb.example.invalid", "B@epb.example.invalid"},
		},
		{
			bureau,
			"b@epb.example.invalid",
			"c@epb.example.invalid",
			[]string{"a@epb.example.invalid", "c@epb.example.invalid for B@epb.example.invalid"},
		},
		{finance, "", "a@finance.example.invalid", []string{"a@finance.example.invalid added"}},
		{
			finance,
			"a@finance.example.invalid",
			"b@finance.example.invalid",
			[]string{"b@finance.example.invalid added"},
		},
	}
	for _, s := range steps {
		if err := r.replace("2018-09-03 08:00", s.unit, s.was, s.address); err != nil {
			t.Fatal(err)
		}
		diff(t, s.was+" by "+s.address, r.reached(s.unit), s.want)
	}
	r.pass("2018-09-03 09:00")
	r.pass("2018-09-21 09:00")
	if got := r.pass(
		"2018-09-25 09:00",
	); !slices.ContainsFunc(
		got,
		func(s string) bool { return strings.Contains(s, finance) },
	) {
		t.Errorf("%s gets no mail: %v", finance, got)
	}
}

// TestReplaceAddressRefused says for each mistake what it is, and changes nothing.
func TestReplaceAddressRefused(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{without: []string{"县财政局"}})
	r.bounce("2018-09-25 20:00", permanent(r.mail("digest/2018-09-25/"+bureau)))
	tests := []struct {
		unit, was, address string
		want               error
	}{
		{"县气象局", "", "a@example.invalid", scheduler.ErrNoUnit},
		{bureau, "other@example.invalid", "a@example.invalid", scheduler.ErrNotTheirs},
		{bureau, "", "a@example.invalid", scheduler.ErrNotTheirs},
		{"县财政局", "", "", scheduler.ErrNoAddress},
		{"县财政局", "", "Clerk <a@example.invalid>", scheduler.ErrNoAddress},
		{"县财政局", "", "a@example.invalid\r\nBcc: b@example.invalid", scheduler.ErrNoAddress},
		{bureau, bureauAddress, strings.ToUpper(bureauAddress), scheduler.ErrSame},
		{"县财政局", "", bureauAddress, scheduler.ErrKnownAsBad},
	}
	for _, tt := range tests {
		if err := r.replace("2018-09-26 09:00", tt.unit, tt.was, tt.address); !errors.Is(err, tt.want) {
			t.Errorf("%s, %q by %q: %v, want %v", tt.unit, tt.was, tt.address, err, tt.want)
		}
	}
	if err := r.s.ReplaceAddress(
		t.Context(),
		moment(t, "2018-09-26 09:00"),
		"root",
		"县财政局",
		"",
		"a@example.invalid",
		" ",
	); err == nil {
		t.Error("replaced without a reason")
	}
	diff(t, "reached", r.reached("县财政局"), []string{})
}
