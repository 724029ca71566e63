package compose_test

import (
	"strings"
	"testing"

	"qixian/notify"
	"qixian/notify/compose"
)

// TestEnclosuresCarryNoPower composes what the office passes on from letters that have every code and link there is:
// none of them is in it, and nothing of any other unit's.
func TestEnclosuresCarryNoPower(t *testing.T) {
	c, err := compose.New(compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "https://qixian.example.invalid/u/secret"
	armed := func(it compose.Item) compose.Item {
		it.ActionURL = secret
		return it
	}
	moved := airQuality()
	moved.Moved = &compose.Move{From: day(2018, 9, 28), Why: "更正"}
	gone := interpretation()
	gone.Moved = &compose.Move{From: gone.Due, Why: "文件撤回重发", Withdrawn: true}
	for _, kind := range []notify.Kind{notify.Fallback, notify.Digest, notify.Correction, notify.Immediate} {
		l := letter(
			kind,
			office,
			armed(stranded(moved, "乡饮乡")),
			armed(stranded(gone, "葛石镇")),
			copied("东庄镇"),
			armed(stranded(moved, "葛石镇")),
		)
		l.ReplyCode, l.Window = replyCode, compose.Window{Page: secret, Feed: secret}
		for i := range l.Items {
			if l.Items[i].Moved == nil {
				l.Items[i].Moved = &compose.Move{From: day(2018, 9, 28)}
			}
		}
		es := compose.Enclosures(l)
		if len(es) != 2 || es[0].Unit != "乡饮乡" || es[1].Unit != "葛石镇" || len(es[1].Items) != 2 {
			t.Fatalf("%s: enclosed %+v", kind, es)
		}
		for i, e := range es {
			e.ReplyCode, e.Window, e.Items[0].ActionURL = replyCode, l.Window, secret
			m, err := c.Compose(e)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{m.Text, m.HTML} {
				if strings.Contains(part, replyCode) || strings.Contains(part, secret) ||
					strings.Contains(part, "http") ||
					strings.Contains(part, "回复本邮件") {
					t.Errorf("%s to %s carries a code or a link:\n%s", kind, e.Unit, part)
				}
				if !strings.Contains(part, e.Unit) || strings.Contains(part, es[1-i].Unit+"：") ||
					!strings.Contains(part, "由"+office+"转交") {
					t.Errorf("%s to %s is not its alone:\n%s", kind, e.Unit, part)
				}
			}
		}
	}
	asked := letter(notify.Request, office, stranded(airQuality(), "县环保局"))
	if es := compose.Enclosures(asked); len(es) != 0 {
		t.Errorf("a request encloses %+v", es)
	}
}
