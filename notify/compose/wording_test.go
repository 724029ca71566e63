package compose_test

import (
	"regexp"
	"strings"
	"testing"

	"qixian/notify"
)

// TestQuotesInside holds that a clause with quotation marks in it is quoted as an office writes it.
func TestQuotesInside(t *testing.T) {
	it := airQuality()
	it.Clause = "坚持“谁公开谁审查”“先审查后公开”"
	m := mail(t, newComposer(t), letter(notify.Digest, "县环保局", it))
	for _, part := range []string{m.Text, m.HTML} {
		if !strings.Contains(part, "“坚持‘谁公开谁审查’‘先审查后公开’”（任务分解表第22项）") {
			t.Errorf("want the inner marks single in\n%s", part)
		}
	}
}

// TestTitleIsSubject holds that a mail is of the same sort in a list of mails and when it is opened.
func TestTitleIsSubject(t *testing.T) {
	tag := regexp.MustCompile(`【[^】]*】`)
	c := newComposer(t)
	for name, l := range letters() {
		m := mail(t, c, l)
		if subject, title := tag.FindString(m.Subject), tag.FindString(m.Text); subject == "" || subject != title {
			t.Errorf("%s: the subject has %s, the mail %s", name, subject, title)
		}
	}
}

// TestOneStop holds that a fact of one clause ends without a full stop, whoever wrote it, and one of several with its own.
func TestOneStop(t *testing.T) {
	c := newComposer(t)
	for said, want := range map[string]string{
		"文件撤回重发":      "期限由来：文件撤回重发\n",
		"数据待补测。":      "期限由来：数据待补测\n",
		"设备检修。数据待补测。": "期限由来：设备检修。数据待补测。\n",
	} {
		it := airQuality()
		it.Why = said
		if text := mail(t, c, letter(notify.Digest, "县环保局", it)).Text; !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}
