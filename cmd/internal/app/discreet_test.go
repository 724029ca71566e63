package app

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"qixian/notify"
)

// TestDiscreet holds that no address gets into the log, whatever it stands in, and that what only looks like one does.
func TestDiscreet(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(
		slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: Discreet}),
	).With(
		"unit",
		"县环保局 <hbj@example.invalid>",
	)
	log.Error(
		"mail to office@example.invalid",
		"error",
		errors.Join(errors.New("a"), errors.New("550 hbj@example.invalid: no such user")),
		"keys",
		[]string{"x"},
		slog.Group("report", "reply", "用户@例子.中国"),
		"key",
		"air-quality@2018-09",
		"event",
		"alarm@e0123456789",
		"class",
		notify.Class("uncertain"),
	)
	said := out.String()
	for _, address := range []string{"hbj@", "office@", "用户@"} {
		if strings.Contains(said, address) {
			t.Errorf("%s is in the log: %s", address, said)
		}
	}
	for _, word := range []string{"air-quality@2018-09", "alarm@e0123456789", "class=uncertain", "no such user", "县环保局"} {
		if !strings.Contains(said, word) {
			t.Errorf("%s is not in the log: %s", word, said)
		}
	}
}

// TestPanicIsDiscreet lets a tick and a reading panic with an address and looks at what is logged of it.
func TestPanicIsDiscreet(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: Discreet}))
	beat, err := metronome(log, func() { panic("no letter for hbj@example.invalid") }, func() {})
	if err != nil {
		t.Fatal(err)
	}
	beat.Entries()[0].WrappedJob.Run()
	read := func() (err error) {
		defer outlive(log, &err)
		panic("no reading for hbj@example.invalid")
	}
	log.Error("inbox not read", "error", read())
	if said := out.String(); strings.Contains(said, "hbj@") || strings.Count(said, "ADDRESS") < 2 ||
		!strings.Contains(said, "discreet_test.go") {
		t.Errorf("logged %s", said)
	}
}
