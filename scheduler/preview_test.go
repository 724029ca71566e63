package scheduler_test

import (
	"slices"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/rules"
	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

func preview(
	t *testing.T,
	c contacts,
	from, to string,
	a scheduler.Assumption,
	events ...rules.Event,
) []scheduler.Letter {
	t.Helper()
	letters, err := scheduler.Preview(options(small(t, 2019, c), nil), date(t, from), date(t, to), events, a)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

// TestPreview shows September as it would be, with a recall on a day off and an enrolment whose publication starts the
// time on show.
func TestPreview(t *testing.T) {
	letters := preview(t, contacts{without: []string{"县财政局"}}, "2018-09-10", "2018-10-12", scheduler.AllAnswered,
		rules.Event{Trigger: "recall-ordered", At: moment(t, "2018-09-22 21:30"), Unit: "县食药监局", Ref: "1"},
		rules.Event{Trigger: "enrolment-closed", At: moment(t, "2018-08-31 12:00"), Ref: "2018"})
	keys := map[string]string{}
	for _, l := range letters {
		for _, it := range l.Items {
			rule, _, _ := strings.Cut(it.Key, "@")
			keys[rule] = it.Key
		}
	}
	recall, publish, show := keys["recall"], keys["enrolment.publish"], keys["enrolment.show"]
	diff(t, "letters", lines(letters), []string{
		"2018-09-13 09:00 县教育局 digest " + publish + "/1wd",
		"2018-09-14 09:00 县教育局 digest " + publish + "/0",
		"2018-09-17 09:00 县教育局 digest " + show + "/record",
		"2018-09-22 21:30 县食药监局 immediate " + recall + "/record",
		"2018-09-23 09:30 县食药监局 immediate " + recall + "/12h",
		"2018-09-23 19:30 县食药监局 immediate " + recall + "/2h",
		"2018-09-25 09:00 县环保局 digest air@2018-09/5wd",
		"2018-09-25 09:00 县政府办公室 fallback air@2018-09/5wd",
		"2018-09-26 09:00 县教育局 digest " + show + "/0",
		"2018-09-28 09:00 县环保局 digest air@2018-09/2wd",
		"2018-09-30 09:00 县环保局 digest air@2018-09/0",
		"2018-09-30 09:00 县政府办公室 fallback air@2018-09/0",
	})
	for _, l := range letters {
		if l.Subject == "" || l.Message.Text == "" || l.Message.MessageID == "" {
			t.Errorf("not a whole mail: %+v", l)
		}
	}
}

// TestPreviewEscalates shows what follows where nobody ever answers.
func TestPreviewEscalates(t *testing.T) {
	letters := preview(t, contacts{}, "2018-09-30", "2018-10-12", scheduler.NoneAnswered)
	diff(t, "letters", lines(letters), []string{
		"2018-09-30 09:00 县环保局 digest air@2018-09/0",
		"2018-09-30 09:00 县财政局 digest air@2018-09/0",
		"2018-10-08 09:00 县政府办公室 digest air@2018-09/late1",
		"2018-10-08 09:00 县环保局 digest air@2018-09/late1",
		"2018-10-11 09:00 县政府办公室 digest air@2018-09/late4",
		"2018-10-11 09:00 县环保局 digest air@2018-09/late4",
	})
}

// TestPreviewIsWhatComes holds a preview of weeks against the passes of those weeks: the same messages with the same
// words, but for what a first start adds.
func TestPreviewIsWhatComes(t *testing.T) {
	c := contacts{without: []string{"县财政局"}}
	r := newRig(t, storetest.Open(t, "sqlite"), small(t, 2019, c))
	r.through("2018-08-27", "2018-08-30", "09:00")
	r.complete("2018-08-30 17:00", "air@2018-08", "")
	before := len(r.letters)
	r.through("2018-08-31", "2018-10-31", "00:00", "09:00")
	var passed, previewed []string
	for _, l := range r.letters[before:] {
		passed = append(passed, l.Message.Key+"\n"+l.Message.MessageID+"\n"+l.Subject+"\n"+l.Message.Text)
	}
	for _, l := range preview(t, c, "2018-09-01", "2018-10-31", scheduler.NoneAnswered) {
		if l.Kind != notify.Trouble {
			previewed = append(previewed, l.Message.Key+"\n"+l.Message.MessageID+"\n"+l.Subject+"\n"+l.Message.Text)
		}
	}
	slices.Sort(passed)
	slices.Sort(previewed)
	diff(t, "passes and preview", passed, previewed)
}

func TestPreviewRefused(t *testing.T) {
	o := options(small(t, 2019, contacts{}), nil)
	if _, err := scheduler.Preview(
		o,
		date(t, "2018-09-02"),
		date(t, "2018-09-01"),
		nil,
		scheduler.AllAnswered,
	); err == nil {
		t.Error("a range that ends before it begins is taken")
	}
	_, err := scheduler.Preview(
		o,
		date(t, "2018-09-01"),
		date(t, "2018-09-02"),
		[]rules.Event{{Trigger: "policy"}},
		scheduler.AllAnswered,
	)
	if err == nil || !strings.Contains(err.Error(), `unknown trigger "policy"`) {
		t.Errorf("an unknown trigger: %v", err)
	}
	o.Office = ""
	if _, err := scheduler.Preview(
		o,
		date(t, "2018-09-01"),
		date(t, "2018-09-02"),
		nil,
		scheduler.AllAnswered,
	); err == nil {
		t.Error("no office is taken")
	}
}
