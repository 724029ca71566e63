package compose_test

import (
	"fmt"
	"strings"
	"testing"

	"qixian/notify"
	"qixian/notify/compose"
)

// TestSigned holds that mails to the office are signed by the system, and what units get by the office.
func TestSigned(t *testing.T) {
	c := newComposer(t)
	for name, l := range letters() {
		want, not := l.Office, "政务公开期限提醒系统"
		if l.Unit == l.Office {
			want, not = not, want
		}
		m := mail(t, c, l)
		if !strings.Contains(m.Text, "\n\n"+want+"\n2018年") || strings.Contains(m.Text, "\n\n"+not+"\n2018年") ||
			!strings.Contains(m.HTML, ">"+want+"　2018年") {
			t.Errorf("%s is not signed by %s:\n%s", name, want, m.Text)
		}
	}
}

// TestTechnical holds that what only an administrator can follow is told to the office, below, and to no unit.
func TestTechnical(t *testing.T) {
	c := newComposer(t)
	for unit, told := range map[string]bool{office: true, "县环保局": false} {
		l := letter(notify.Digest, unit, airQuality())
		l.Technical = []string{"检查 <主板> 电池。"}
		m := mail(t, c, l)
		passage := strings.Contains(m.Text, "\n\n■ 给系统管理员\n检查 <主板> 电池。\n") &&
			strings.Contains(m.HTML, "检查 &lt;主板&gt; 电池。")
		if passage != told || strings.Contains(m.Text+m.HTML, "主板") != told {
			t.Errorf("%s: told %v, want %v\n%s", unit, passage, told, m.Text)
		}
	}
}

// TestManyMistakes holds that a mail names as many mistakes as anybody mends at one go, each in both languages, and how
// many more there are.
func TestManyMistakes(t *testing.T) {
	l := letter(notify.Trouble, office)
	for i := range 500 {
		l.Problems = append(l.Problems, compose.Problem{
			Where:   fmt.Sprintf("文件 规则.yaml 第%d行第3列", i+1),
			Text:    "此处是空值，应为文字",
			English: fmt.Sprintf("规则.yaml:%d:3: nothing stands where a text is wanted", i+1),
		})
	}
	m := mail(t, newComposer(t), l)
	if !strings.Contains(m.Subject, "规则文件有500处错误") {
		t.Error(m.Subject)
	}
	for ext, part := range map[string]string{"txt": m.Text, "html": m.HTML} {
		for _, want := range []string{"第30行第3列", "规则.yaml:30:3: nothing", "其余470处从略"} {
			if !strings.Contains(part, want) {
				t.Errorf("%s: without %s", ext, want)
			}
		}
		if strings.Contains(part, "第31行") || strings.Contains(part, "规则.yaml:31:") || len(part) > 100<<10 {
			t.Errorf("%s names more, in %d bytes", ext, len(part))
		}
	}
}
