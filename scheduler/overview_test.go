package scheduler_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// overviewOf is the letter that the office gets when the shipped catalogue is first started at a time.
func overviewOf(t *testing.T, r *rig, at string) notify.Message {
	t.Helper()
	r.pass(at)
	i := slices.IndexFunc(r.letters, func(l scheduler.Letter) bool { return l.Kind == notify.Overview })
	if i < 0 {
		t.Fatal("no overview")
	}
	return r.letters[i].Message
}

// TestOverviewShort starts the shipped catalogue eight years after its table. The office reads a page; what is over it
// is not asked to settle; all the rest is in the one workbook.
func TestOverviewShort(t *testing.T) {
	p := shipped(t, 2026, contacts{})
	r := newRigOf(t, reporting(p, storetest.Open(t, store.SQLite)))
	m := overviewOf(t, r, "2026-11-30 09:00")
	if len(m.Text) > 9<<10 || len(m.HTML) > 30<<10 {
		t.Errorf("text of %d, HTML of %d bytes", len(m.Text), len(m.HTML))
	}
	units := 0
	for _, u := range p.Catalogue.Units {
		if !u.Group {
			units++
		}
	}
	for _, want := range []string{
		"系统已启用，至12月31日有", fmt.Sprintf("\n单位：%d\n", units),
		fmt.Sprintf("\n- 核对2018年后新规（%d项）。\n", len(p.Catalogue.Reviews())),
		fmt.Sprintf("（%d种）\n名称和代号见附件 overview.xlsx。\n", len(p.Planner.Offers("", date(t, "2026-11-30")))),
		"县农业局、县农工办、县经管办 → 农业农村局\n",
		"村级财务收支公开（2026年11月应办理，内容为10月情况），今日到期，文庙街道、八仙桥街道", // who answers, not who leads
	} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("want %q in\n%s", want, m.Text)
		}
	}
	if len(m.Attachments) != 1 || len(m.Attachments[0].Content) > 64<<10 {
		t.Fatalf("%d attachments", len(m.Attachments))
	}
	book := bookOf(t, m.Attachments[0].Content)
	assumed := 0
	for _, ob := range p.Catalogue.Obligations {
		asked := map[string]bool{}
		for i := range ob.Rules {
			r := &ob.Rules[i]
			if text := ob.TextsOf(r).Assumed; text != "" && !p.Planner.Over(r.ID, date(t, "2026-11-30")) {
				asked[text] = true
			}
		}
		assumed += len(asked)
		for text := range asked {
			if !strings.Contains(book, "|"+text) {
				t.Errorf("the workbook lacks what %s assumes: %s", ob.ID, text)
			}
		}
		if len(asked) == 0 && ob.Assumed != "" && strings.Contains(book, "|"+ob.Title+"|") {
			t.Errorf("the office is asked about %s, which is over", ob.ID)
		}
	}
	if !strings.Contains(m.Text, fmt.Sprintf("核对%d项表中未定", assumed)) {
		t.Errorf("want %d in\n%s", assumed, m.Text)
	}
	for _, tr := range p.Planner.Offers("", date(t, "2026-11-30")) {
		if !strings.Contains(book, fmt.Sprintf("\n%s|%s|%d", tr.Title, tr.Name, len(tr.Obligations))) {
			t.Errorf("the workbook lacks %s", tr.Name)
		}
	}
	if !strings.Contains(book, "air-quality@2026-12") {
		t.Errorf("the workbook lacks what falls due on 31 December:\n%s", book)
	}
}

// TestOverviewOwnYear holds that in the table's own year what it sets for that year is asked for.
func TestOverviewOwnYear(t *testing.T) {
	p := shipped(t, 2018, contacts{})
	r := newRigOf(t, reporting(p, storetest.Open(t, store.SQLite)))
	m := overviewOf(t, r, "2018-09-25 09:00")
	if book := bookOf(t, m.Attachments[0].Content); !strings.Contains(book, "信息公开条例实施10周年宣传") {
		t.Errorf("the workbook lacks a duty of 2018:\n%s", book)
	}
}

// bookOf returns all that stands in a workbook, a line to each row.
func bookOf(t *testing.T, content []byte) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var b strings.Builder
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			fmt.Fprintf(&b, "\n%s", strings.Join(row, "|"))
		}
	}
	return b.String()
}
