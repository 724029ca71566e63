package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/report"
)

// TestOutcomes goes through every deadline of a month: what became of it, by how many working days late, and to whom it
// counts.
func TestOutcomes(t *testing.T) {
	r := report.New(brief(t))
	var got []string
	for _, e := range r.Entries {
		got = append(
			got,
			fmt.Sprintf(
				"%s %s %d %s|%s|%s",
				e.Obligation,
				e.Outcome,
				e.Days,
				strings.Join(e.Units, "、"),
				strings.Join(e.Assisting, "、"),
				strings.Join(e.Undelivered, "、"),
			),
		)
	}
	want := []string{
		"water on_time 0 县环保局|文庙街道、泗店镇|", // it was due in September, and was extended into October
		"budget late 4 县财政局|文庙街道、县环保局、泗店镇|",
		"recall late 0 县食药监局、县工商局||", // two hours are less than a working day
		"attendance on_time 0 县教育局||",
		"attendance on_time 0 县财政局||",
		"attendance overdue 15 县民政局||县民政局",
		"draft on_show 0 县环保局|文庙街道、泗店镇|",
		"gone withdrawn 0 县环保局|文庙街道、泗店镇|县环保局",
		"air on_time 0 县环保局|文庙街道、泗店镇|泗店镇", // the office's copy is no unit's
		"housing overdue 7 县住建局|文庙街道、县环保局、泗店镇|",
		"poverty overdue 7 县扶贫办||",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	total := report.Count{
		Due:         9,
		OnTime:      4,
		Late:        2,
		LateDays:    4,
		Overdue:     3,
		OverdueDays: 29,
		Extended:    1,
		Undelivered: 2,
		Withdrawn:   1,
		OnShow:      1,
	}
	if diff := cmp.Diff(total, r.Total); diff != "" {
		t.Errorf("total (-want +got):\n%s", diff)
	}
	units := map[string]report.Unit{}
	for _, u := range r.Units {
		units[u.Name] = u
	}
	for name, want := range map[string]report.Unit{
		"县财政局":  {Count: report.Count{Due: 2, OnTime: 1, Late: 1, LateDays: 4}},
		"县食药监局": {Count: report.Count{Due: 1, Late: 1}},
		// with two lead units it counts for both, and once in the total
		"县工商局": {Count: report.Count{Due: 1, Late: 1}},
		"泗店镇":  {Count: report.Count{Undelivered: 1}, Assists: 4},
		"县环保局": {Count: report.Count{Due: 2, OnTime: 2, Extended: 1, Withdrawn: 1, OnShow: 1}, Assists: 2},
	} {
		want.Name = name
		if diff := cmp.Diff(want, units[name]); diff != "" {
			t.Errorf("unit (-want +got):\n%s", diff)
		}
	}
	if len(r.Obligations) != 9 || r.Obligations[0].Row != 12 || r.Obligations[8].ID != "recall" {
		t.Errorf("obligations are not in the order of the table: %+v", r.Obligations)
	}
}

// TestMoment holds that a report is as of its moment: what is due later is open, and nothing is late before its due
// date is over.
// TestObligationsAreCalledAsTheirOwn gives the rules of one obligation names: it is counted once, under its own.
func TestObligationsAreCalledAsTheirOwn(t *testing.T) {
	b := scheduler.Brief{
		Span:     scheduler.Span{Year: 2018, Month: time.October},
		At:       clock(11, 9, 9),
		Calendar: shipped(t),
	}
	for _, title := range []string{"重大舆情权威信息发布", "重大舆情新闻发布会"} {
		b.Accounts = append(b.Accounts, scheduler.Account{
			ObligationTitle: "舆情回应",
			Deadline: scheduler.Deadline{
				Key: title, Obligation: "opinion", Title: title, State: scheduler.Open, Needed: 1,
				Due: rules.Due{Date: day(10, 9), Earliest: day(10, 9)},
			},
		})
	}
	r := report.New(b)
	if len(r.Obligations) != 1 || r.Obligations[0].Title != "舆情回应" || r.Entries[1].Title != "重大舆情新闻发布会" {
		t.Errorf("obligations %+v, entries %+v", r.Obligations, r.Entries)
	}
}

func TestMoment(t *testing.T) {
	for at, want := range map[time.Time]report.Count{
		clock(10, 19, 23): {Due: 9, OnTime: 4, Late: 2, LateDays: 4, Open: 3, Extended: 1, Undelivered: 2, Withdrawn: 1, OnShow: 1},
		// a Saturday
		clock(10, 20, 9): {Due: 9, OnTime: 4, Late: 2, LateDays: 4, Overdue: 1, Open: 2, Extended: 1, Undelivered: 2, Withdrawn: 1, OnShow: 1},
		clock(10, 22, 9): {Due: 9, OnTime: 4, Late: 2, LateDays: 4, Overdue: 1, OverdueDays: 1, Open: 2, Extended: 1, Undelivered: 2, Withdrawn: 1, OnShow: 1},
	} {
		b := brief(t)
		b.At = at
		if diff := cmp.Diff(want, report.New(b).Total); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", at, diff)
		}
	}
}

// TestProvisional marks what no notice covers.
func TestProvisional(t *testing.T) {
	b := brief(t)
	_, last := b.Calendar.Coverage()
	b.At = last.AddDays(40).At(0)
	for _, e := range report.New(b).Entries {
		if e.Provisional != (e.Outcome == report.Overdue) {
			t.Errorf("%s, %s, is provisional: %t", e.Key, e.Outcome, e.Provisional)
		}
	}
}

func TestRate(t *testing.T) {
	for _, tt := range []struct {
		c    report.Count
		want int
		ok   bool
	}{
		{report.Count{}, 0, false},
		{report.Count{Due: 3, Open: 3}, 0, false},
		{report.Count{Due: 1, Overdue: 1}, 0, true},
		{report.Count{Due: 3, OnTime: 2, Late: 1}, 666, true},
		{report.Count{Due: 3000, OnTime: 2999, Late: 1}, 999, true}, // not 100.0%
		{report.Count{Due: 3, OnTime: 2, Open: 1}, 1000, true},
	} {
		if got, ok := tt.c.Rate(); got != tt.want || ok != tt.ok {
			t.Errorf("%+v: %d, %t; want %d, %t", tt.c, got, ok, tt.want, tt.ok)
		}
	}
}

// TestRanking ranks only where it is asked for: by share, then by days, alike where alike.
func TestRanking(t *testing.T) {
	b := brief(t)
	for _, u := range report.New(b).Units {
		if u.Rank != 0 {
			t.Errorf("%s has rank %d without being asked for", u.Name, u.Rank)
		}
	}
	b.Ranking = true
	var got []string
	for _, u := range report.New(b).Units {
		got = append(got, fmt.Sprint(u.Rank, u.Name))
	}
	want := []string{"1县教育局", "1县环保局", "3县财政局", "4县工商局", "4县食药监局", "6县住建局", "6县扶贫办", "8县民政局", "0文庙街道", "0泗店镇"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ranks (-want +got):\n%s", diff)
	}
}

// formats are the forms that a report has.
func formats(r report.Report) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"html": r.HTML, "csv": r.CSV, "xlsx": r.XLSX,
		"json": func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(r)
		},
	}
}

func render(t testing.TB, r report.Report, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := formats(r)[format](&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, format := range []string{"html", "csv", "json"} {
		golden(t, "2018-10."+format, render(t, report.New(brief(t)), format))
		ranked := brief(t)
		ranked.Ranking, ranked.Since = true, day(10, 8)
		golden(t, "2018-10-ranked."+format, render(t, report.New(ranked), format))
		nothing := brief(t)
		nothing.Accounts = nil
		golden(t, "nothing."+format, render(t, report.New(nothing), format))
	}
}

// TestAgain holds that the same brief makes the same bytes, in every format.
func TestAgain(t *testing.T) {
	for format := range formats(report.Report{}) {
		first := render(t, report.New(brief(t)), format)
		for range 3 {
			if !bytes.Equal(first, render(t, report.New(brief(t)), format)) {
				t.Errorf("two renderings as %s differ", format)
			}
		}
	}
}

// TestXLSX reads the workbook back: the sheets, the sums, and that every deadline is in it.
func TestXLSX(t *testing.T) {
	r := report.New(brief(t))
	f, err := excelize.OpenReader(bytes.NewReader(render(t, r, "xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if diff := cmp.Diff([]string{"概况", "分单位", "分事项", "明细"}, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	for sheet, want := range map[string]int{"分单位": len(r.Units), "分事项": len(r.Obligations), "明细": len(r.Entries)} {
		rows, err := f.GetRows(sheet)
		if err != nil || len(rows) != want+2 {
			t.Errorf("%s has %d rows, %v; want a title, a head and %d", sheet, len(rows), err, want)
		}
	}
	rows, err := f.GetRows("明细")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"县环保局",
		"县环保局",
		"文庙街道、县环保局、泗店镇",
		"集中式饮用水水源监测信息（2018年第三季度）",
		"23",
		"2018-10-15",
		"按期办结",
		"2018-10-15",
		"",
		"",
		"2018-09-28",
		"检修延后",
		"",
		"https://www.example.invalid/water",
		"water@2018-10",
	}, rows[2]); diff != "" {
		t.Errorf("first deadline (-want +got):\n%s", diff)
	}
}

// TestHostile puts what means something to a page, a workbook or a terminal into every text: nothing of it becomes
// markup or a formula.
func TestHostile(t *testing.T) {
	for _, text := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `=cmd|' /C calc'!A0`, "</style></title>", "{{.}}", "\u202e倒", strings.Repeat("很长的名称", 400)} {
		b := brief(t)
		b.Office = text
		for i := range b.Accounts {
			a := &b.Accounts[i]
			a.Title, a.Key, a.Obligation, a.Lead, a.Responsible, a.Undelivered = text, text+a.Key, text, []string{
				text,
			}, []string{
				text + "2",
			}, []string{
				text,
			}
			if a.Unit != "" {
				a.Unit = text
			}
			for j := range a.Extensions {
				a.Extensions[j].Reason = text
			}
			for j := range a.History.Completions {
				a.History.Completions[j].URL = text
			}
		}
		r := report.New(b)
		page := string(render(t, r, "html"))
		if strings.ContainsAny(text, "<") && strings.Contains(page, text) {
			t.Errorf("%q stands in the page as it is", text)
		}
		if !strings.Contains(html.UnescapeString(page), text) {
			t.Errorf("%.60q is not in the page", text)
		}
		for line := range strings.Lines(string(render(t, r, "csv"))) {
			for cell := range strings.SplitSeq(strings.Trim(line, "\r\n\ufeff"), ",") {
				if strings.HasPrefix(strings.Trim(cell, `"`), "=") {
					t.Errorf("a cell is a formula: %s", cell)
				}
			}
		}
		f, err := excelize.OpenReader(bytes.NewReader(render(t, r, "xlsx")))
		if err != nil {
			t.Fatal(err)
		}
		if formula, err := f.GetCellFormula("明细", "A3"); err != nil || formula != "" {
			t.Errorf("%q became the formula %q, %v", text, formula, err)
		}
		_ = f.Close()
	}
}

// TestWriter writes what goes along with the office's mail.
func TestWriter(t *testing.T) {
	words, files, err := report.Writer{}.Write(brief(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name+" "+f.Type)
		if len(f.Content) == 0 {
			t.Errorf("%s is empty", f.Name)
		}
	}
	if diff := cmp.Diff([]string{
		"report-2018-10.html text/html",
		"report-2018-10.xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"report-2018-10.csv text/csv",
	}, names); diff != "" {
		t.Error(diff)
	}
	if words.Rate != "44.4%" || len(words.Chase) != 3 || words.Chase[0].Days != 15 || !words.Since.IsZero() ||
		len(words.Files) != 3 ||
		words.Year {
		t.Errorf("the mail says %+v", words)
	}
}

// TestSpans names months and years.
func TestSpans(t *testing.T) {
	for _, tt := range []struct {
		span           scheduler.Span
		from, to, text string
	}{
		{scheduler.Span{Year: 2018}, "2018-01-01", "2018-12-31", "2018"},
		{scheduler.Span{Year: 2020, Month: 2}, "2020-02-01", "2020-02-29", "2020-02"},
		{scheduler.Span{Year: 2018, Month: 12}, "2018-12-01", "2018-12-31", "2018-12"},
		{scheduler.MonthBefore(calendar.NewDate(2019, 1, 31)), "2018-12-01", "2018-12-31", "2018-12"},
		{scheduler.MonthBefore(calendar.NewDate(2019, 3, 31)), "2019-02-01", "2019-02-28", "2019-02"},
	} {
		if got := tt.span; got.From().String() != tt.from || got.To().String() != tt.to || got.String() != tt.text {
			t.Errorf("%s is from %s to %s", got, got.From(), got.To())
		}
	}
}

// BenchmarkReport writes a year of 12,000 deadlines.
func BenchmarkReport(b *testing.B) {
	br := many(b, 100, 120)
	for format := range formats(report.Report{}) {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(len(render(b, report.New(br), format))), "bytes")
			}
		})
	}
}
