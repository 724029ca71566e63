package inbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStruckOut reads nothing of a page that its writer has struck out or that nobody sees, also where the other form of
// the mail has it without the stroke.
func TestStruckOut(t *testing.T) {
	const line = "办结 1 https://www.example.invalid/1.html"
	for page, want := range map[string]string{
		"<p>" + line + "</p>":                                                                      line,
		"<p style=\"color:red\">" + line + "</p>":                                                  line,
		"<s>" + line + "</s>":                                                                      "",
		"<del>" + line + "</del><p>收到</p>":                                                         "收到",
		"<STRIKE>" + line + "</STRIKE><p>收到</p>":                                                   "收到",
		"<s><s>甲</s>" + line + "</s><p>收到</p>":                                                     "收到",
		"<s>甲<style>x</style>" + line + "</s><p>收到</p>":                                            "收到",
		"<s>甲<br>" + line + "</s><p>收到</p>":                                                        "收到",
		"<s><a href=\"https://a.example.invalid\">" + line + "</a></s>":                            "",
		"<span style=\"text-decoration: line-through\">" + line + "</span><p>收到</p>":               "收到",
		"<div style=\"TEXT-DECORATION-LINE:Line-Through\"><div>甲</div>" + line + "</div><p>收到</p>": "收到",
		"<p style=\"display: none\">" + line + "</p><p>收到</p>":                                     "收到",
		"<p style='visibility:hidden'>" + line + "</p><p>收到</p>":                                   "收到",
		"<p hidden>" + line + "</p><p>收到</p>":                                                      "收到",
		"<img style=\"display:none\"><br style=\"display:none\">" + line:                           line,
		"<s>甲</s>乙": "乙",
	} {
		got := strings.TrimSpace(piece{page: page, plain: line}.shown())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", page, diff)
		}
	}
}

// TestFramed ends what a writer has written where an old Foxmail frames the mail that he answers.
func TestFramed(t *testing.T) {
	for _, frame := range []string{
		"======= 2018-11-19 10:00:00 您在来信中写道：=======", "======== 2018-11-19 10:00:00 您在来信中写道: ========",
		"=======2018-11-19 you wrote:=======", "------- 您在来信中写道： -------",
	} {
		if got := written("收到\n\n" + frame + "\n办结 1 https://www.example.invalid/1.html"); got != "收到" {
			t.Errorf("%s: %q", frame, got)
		}
	}
}

// TestSuppressed takes a mail for a person's though its program asks for no automatic answers, as Outlook does, unless
// something else says that it is none.
func TestSuppressed(t *testing.T) {
	mail := func(more string) []byte {
		return []byte(
			"From: jyj@example.org\r\nX-Auto-Response-Suppress: All\r\nIn-Reply-To: <" + ours + ">\r\n" + more +
				"\r\n" + testSigner(t).ReplyCode(ours) + "\r\n",
		)
	}
	for more, want := range map[string]Kind{
		"":                                 KindReply,
		"Auto-Submitted: auto-replied\r\n": KindAutomatic,
		"Subject: =?utf-8?B?6Ieq5Yqo5Zue5aSN?=: a\r\n": KindAutomatic,
		"Precedence: bulk\r\n":                         KindAutomatic,
	} {
		if got := find(t, mail(more), false); got.Kind != want {
			t.Errorf("%q: %s (%s)", more, got.Kind, got.Why)
		}
	}
}
