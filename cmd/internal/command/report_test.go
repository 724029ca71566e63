package command

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"qixian/cmd/internal/app"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// desk is a state directory whose database has a few deadlines of October 2018.
func desk(t *testing.T) app.Source {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "qixian.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil { // as the daemon makes it
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Driver: store.SQLite, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	day := func(d int) calendar.Date { return calendar.NewDate(2018, time.October, d) }
	var ds []scheduler.Deadline
	add := func(id, title string, row, due int, unit string, change func(d *scheduler.Deadline)) {
		d := scheduler.Deadline{
			Key:         id + "@2018-10",
			Obligation:  id,
			Rule:        id,
			Row:         row,
			Title:       title,
			Period:      "2018-10",
			Due:         rules.Due{Date: day(due), Earliest: day(due)},
			State:       scheduler.Open,
			Lead:        []string{unit},
			Responsible: []string{"文庙街道"},
			Needed:      1,
			OpenedAt:    day(1).At(9 * time.Hour),
		}
		change(&d)
		d.Answering = d.Lead
		ds = append(ds, d)
	}
	add(
		"air-quality",
		"环境空气质量状况",
		22,
		31,
		"县环保局",
		func(d *scheduler.Deadline) { d.State, d.ClosedAt = scheduler.Done, day(30).At(15*time.Hour) },
	)
	add("budget", "财政预算执行情况", 61, 10, "县财政局", func(d *scheduler.Deadline) {
		d.State, d.ClosedAt, d.Late = scheduler.Done, day(16).At(10*time.Hour), true
	})
	add("water", "饮用水水源监测信息", 23, 9, "县环保局", func(d *scheduler.Deadline) { d.ExtendedTo = day(19) })
	add("housing", "=保障性住房分配结果", 71, 31, "县住建局", func(*scheduler.Deadline) {})
	if _, err := st.Track(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
	if err := st.SetSetting(t.Context(), "first_day", "2018-10-08"); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return app.Source{StateDir: dir}
}

// run runs a command at nine on 9 November 2018, a Friday.
func run(t *testing.T, source app.Source, c interface{ Run(s *session) error }) (string, error) {
	t.Helper()
	var out, notes bytes.Buffer
	s := &session{
		ctx: t.Context(), out: &screen{w: &out}, err: &screen{w: &notes}, raw: &out, source: source,
		now: time.Date(2018, time.November, 9, 9, 0, 0, 0, calendar.Zone()),
	}
	err := c.Run(s)
	return out.String(), err
}

func TestReportGolden(t *testing.T) {
	source := desk(t)
	for file, c := range map[string]reportCmd{
		"report.txt":         {},
		"report-ranked.txt":  {Month: "2018-10", Ranking: true},
		"report-nothing.txt": {Month: "2018-09"},
		"report-year.csv":    {Year: "2018", Format: "csv"},
		"report.json":        {Month: "2018-10", Format: "json"},
		"report.html":        {Month: "2018-10", Format: "html"},
	} {
		t.Run(file, func(t *testing.T) {
			got, err := run(t, source, &c)
			if err != nil {
				t.Fatal(err)
			}
			checkScreen(t, got)
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestReportFiles writes files, whose format their name tells, and the same bytes each time.
func TestReportFiles(t *testing.T) {
	source := desk(t)
	for _, name := range []string{"r.xlsx", "r.html", "r.HTM", "r.csv", "r.json", "r.txt"} {
		file := filepath.Join(t.TempDir(), name)
		var first []byte
		for range 2 {
			out, err := run(t, source, &reportCmd{Out: file})
			if err != nil || out != "" {
				t.Fatalf("%s: %v, printed %q", name, err, out)
			}
			got, err := os.ReadFile(file)
			if err != nil || len(got) == 0 {
				t.Fatalf("%s: %d bytes, %v", name, len(got), err)
			}
			if first != nil && !bytes.Equal(first, got) {
				t.Errorf("%s: two reports differ", name)
			}
			first = got
		}
		switch filepath.Ext(name) {
		case ".xlsx":
			f, err := excelize.OpenReader(bytes.NewReader(first))
			if err != nil {
				t.Fatal(err)
			}
			if rows, err := f.GetRows("明细"); err != nil || len(rows) != 6 {
				t.Errorf("%d rows, %v", len(rows), err)
			}
			_ = f.Close()
		case ".json":
			if !json.Valid(first) {
				t.Errorf("no JSON: %s", first)
			}
		case ".html", ".HTM":
			if !strings.HasPrefix(string(first), "<!DOCTYPE html>") {
				t.Errorf("%s is no page", name)
			}
		}
	}
}

func TestReportRefuses(t *testing.T) {
	source := desk(t)
	for want, c := range map[string]reportCmd{
		`--month: "2018-13" is no month; want YYYY-MM`: {Month: "2018-13"},
		`--month: "2018" is no month`:                  {Month: "2018"},
		`--year: "18" is no year; want YYYY`:           {Year: "18"},
		`"1999" is outside 2000 to 2100`:               {Year: "1999"},
		"2018-12 has not begun yet":                    {Month: "2018-12"},
		"name a file with --out":                       {Format: "xlsx"},
		"no such file or directory":                    {Out: filepath.Join(t.TempDir(), "none", "r.csv")},
	} {
		if _, err := run(t, source, &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", c, err, want)
		}
	}
}
