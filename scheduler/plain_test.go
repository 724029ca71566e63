package scheduler_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

func TestPlain(t *testing.T) {
	long := strings.Repeat("长", scheduler.MostWords)
	for text, want := range map[string]string{
		"":                     "",
		"已张贴\u202e于大厅\x00\x07": "已张贴于大厅",
		"\u3000一\r\n二\t三\u2028四\u3000五\n": "一 二 三 四 五",
		"\u200b\ufeff\u2066\u2069\x1b":    "",
		"\x1b[31m红\u009b":                 "[31m红",
		"坏\xff字":                          "坏\ufffd字",
		"𠮷\ue000":                         "𠮷\ue000", // rare characters of names have places of private use
		long:                              long,
	} {
		if got, err := scheduler.Plain(text); got != want || err != nil {
			t.Errorf("%q is kept as %q, %v; want %q", text, got, err, want)
		}
	}
	if got, err := scheduler.Plain(long + "。"); got != long || !errors.Is(err, scheduler.ErrLong) {
		t.Errorf("a long one is kept as %q, %v", got, err)
	}
	for _, text := range []string{"", " ", "\u202e\x00"} {
		if _, err := scheduler.Reason(text); !errors.Is(err, scheduler.ErrNothing) {
			t.Errorf("%q is a reason: %v", text, err)
		}
	}
}

// FuzzPlain holds that what is kept is on one line, bounded, seen, and kept as it is when it is kept again.
func FuzzPlain(f *testing.F) {
	for _, text := range []string{"已张贴", "\u202e\x00\n", strings.Repeat(" x", 600), "\xff\xfe"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := scheduler.Plain(text)
		hidden := func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
		if utf8.RuneCountInString(got) > scheduler.MostWords || !utf8.ValidString(got) ||
			strings.ContainsFunc(got, hidden) {
			t.Errorf("%q is kept as %q, %v", text, got, err)
		}
		if again, err := scheduler.Plain(got); again != got || err != nil {
			t.Errorf("%q is kept again as %q, %v", got, again, err)
		}
	})
}

// TestWordsAreKeptPlain gives every act that takes words ones that are too long, that say nothing, and that hide
// something.
func TestWordsAreKeptPlain(t *testing.T) {
	r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
	ctx, now, to := t.Context(), moment(t, "2018-09-26 10:00"), date(t, "2018-10-20")
	happened := moment(t, "2018-09-25 09:00")
	for act, do := range map[string]func(words string) error{
		"complete": func(words string) error {
			_, err := r.s.Complete(ctx, now, "clerk", airKey, "", "", words)
			return err
		},
		"extend": func(words string) error {
			_, err := r.s.Extend(ctx, now, "clerk", airKey, "", to, words)
			return err
		},
		"request": func(words string) error {
			_, err := r.s.RequestExtension(ctx, now, "clerk", airKey, bureau, to, words)
			return err
		},
		"refuse": func(words string) error {
			_, err := r.s.Refuse(ctx, now, "clerk", "x", words)
			return err
		},
		"undo": func(words string) error {
			_, err := r.s.Undo(ctx, now, "clerk", airKey, "", words)
			return err
		},
		"withdraw": func(words string) error {
			_, err := r.s.WithdrawEvent(ctx, now, "clerk", "x", words)
			return err
		},
		"replace": func(words string) error {
			return r.s.ReplaceAddress(ctx, now, "clerk", bureau, bureauAddress, "a@example.invalid", words)
		},
		"clear": func(words string) error { return r.s.ClearAddress(ctx, now, "clerk", bureauAddress, words) },
		"clock": func(words string) error {
			_, err := r.s.AcceptClock(ctx, now, "clerk", words)
			return err
		},
		"feed": func(words string) error { return r.s.RevokeFeed(ctx, now, "clerk", "x", words) },
	} {
		if err := do(strings.Repeat("长", 501)); !errors.Is(err, scheduler.ErrLong) {
			t.Errorf("%s takes 501 characters: %v", act, err)
		}
		if err := do("\u202e\x00"); !errors.Is(err, scheduler.ErrNothing) {
			t.Errorf("%s takes what cannot be seen: %v", act, err)
		}
	}
	for _, e := range []rules.Event{{Ref: strings.Repeat("号", 501)}, {Ref: "1号", Title: strings.Repeat("长", 501)}} {
		e.Trigger, e.At = "recall-ordered", happened
		_, err := r.s.AddEvents(ctx, now, "clerk", []rules.Event{e})
		if refused, ok := errors.AsType[*scheduler.RefusedEvent](err); !ok || refused.Why != scheduler.TooLong {
			t.Errorf("an event with too much is taken: %v", err)
		}
	}
	e := r.event("2018-09-26 10:00", rules.Event{
		Trigger: "recall-ordered", At: happened, Ref: "召回\u202e1号\x00", Title: "饮料\r\n\u2066",
	})
	if e.Ref != "召回1号" || e.Title != "饮料" {
		t.Errorf("an event is kept as %q, %q", e.Ref, e.Title)
	}

	mail := r.mail("digest/2018-09-25/" + bureau)
	got := r.reply("2018-09-26 11:00", r.answer(mail, "办结 1 无链接 "+strings.Repeat("已在大厅张贴", 100)))
	if len(got) != 1 || !strings.Contains(got[0].Text, "所写的说明或理由超过500字，未作登记。") {
		t.Errorf("a long note in a mail is answered with %+v", got)
	}
	r.reply("2018-09-26 11:05", r.answer(mail, "办结 1 无链接 已在大厅\u202e张贴\x07"))
	diff(t, "history", r.history(airKey, ""), []string{"done 09-26 11:05 mail:县环保局 县环保局 已在大厅张贴"})
}
