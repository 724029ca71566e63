package bench_test

import (
	"fmt"
	"strings"
	"testing"

	"qixian/notify"
)

var batch int

// fresh are messages that have not been sent before, of four kilobytes as they are sent.
func fresh(n int) []notify.Message {
	batch++
	return letters(fmt.Sprint(batch), n, strings.Repeat("环境空气质量状况信息将到期。", 12), strings.Repeat("<p>环境空气质量状况信息将到期。</p>\n", 34))
}

func TestQuick(t *testing.T) {
	s := newSink(t)
	for range 4 {
		p := newPost(t, s.address(), 16, nil)
		r := p.send(t, s, 1, fresh(5000))
		fmt.Println("Q", int(r.perSecond(5000)), int(5000/r.took.Seconds()), r.cpu, r.peak)
		g := sendByGoMail(t, s.address(), 16, fresh(5000))
		fmt.Println("G", int(5000/g.Seconds()))
	}
}
