package scheduler_test

import (
	"fmt"
	"strings"
	"testing"

	"qixian/scheduler"
	"qixian/scheduler/store/storetest"
)

// TestReplyByNumber takes the number of a deadline in a reply for its item, and one that the mail does not have for
// none.
func TestReplyByNumber(t *testing.T) {
	n := scheduler.NumberOf(airKey, "", 0)
	for text, want := range map[string]string{
		fmt.Sprintf("办结 %d %s", n, page1):                                         "登记办结",
		fmt.Sprintf("办结 短号%d %s", n, page1):                                       "登记办结",
		fmt.Sprintf("延期 %d 10月31日 设备检修", n):                                       "延期至2018年10月31日",
		fmt.Sprintf("办结 %d %s", n+1, page1):                                       fmt.Sprintf("没有第%d项", n+1),
		fmt.Sprintf("办结 %d %s", scheduler.NumberOf("another@2018", "", 0), page1): "没有短号",
		"延期 20181031 设备检修":                                                        "延期至2018年10月31日",
	} {
		r := newPostRoom(t, storetest.Open(t, "sqlite"), contacts{})
		digest := r.mail("digest/2018-09-25/" + bureau)
		if !strings.Contains(digest.Text, fmt.Sprintf("短号：%d", n)) || !strings.Contains(digest.HTML, fmt.Sprint(n)) {
			t.Fatalf("the mail does not show number %d:\n%s", n, digest.Text)
		}
		if got := r.reply(
			"2018-09-26 10:00",
			r.answer(digest, text),
		); len(got) != 1 ||
			!strings.Contains(got[0].Text, want) {
			t.Errorf("%s: answered with %+v", text, got)
		}
	}
}
