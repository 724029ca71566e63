package report_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"qixian/scheduler"
	"qixian/scheduler/report"
)

// printed prints a page as Chromium does, and returns what pdfinfo and pdftotext say of the PDF: pages are parted by
// form feeds.
func printed(t *testing.T, page []byte) (info, text string) {
	t.Helper()
	for _, program := range []string{"chromium", "pdfinfo", "pdftotext"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skipf("%v; `make test` installs it", err)
		}
	}
	dir := t.TempDir()
	html, pdf := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(html, page, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := func(program string, args ...string) string {
		out, err := exec.CommandContext(ctx, program, args...).Output()
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		return string(out)
	}
	run(
		"chromium",
		"--headless",
		"--no-sandbox",
		"--disable-gpu",
		"--disable-dev-shm-usage",
		"--no-pdf-header-footer",
		"--user-data-dir="+filepath.Join(dir, "profile"),
		"--print-to-pdf="+pdf,
		"file://"+html,
	)
	return run("pdfinfo", pdf), run("pdftotext", "-layout", pdf, "-")
}

// TestPrinted prints reports on paper: A4, each page numbered, the heads of tables on every page they go over, and
// nothing cut off.
func TestPrinted(t *testing.T) {
	for name, tt := range map[string]struct {
		brief scheduler.Brief
		pages string
		first []string // on the first page
		all   []string // on some page
	}{
		"a month": {brief(t), "2", []string{"2018年10月政务公开事项按期办理情况通报", "县政府办公室 2018年11月9日", "仍有3项逾期未办结，涉及县民政局、县住建局、县扶贫办。", "15个", "不足1个", "第1页 共2页"}, []string{
			"六、分单位情况", "七、分事项情况", "合计", "44.4%", "统计说明", "第2页 共2页",
		}},
		"a year": {many(t, 60, 12), "10", []string{"2018年政务公开事项按期办理情况通报", "按期办结率"}, []string{"排名", "第59单位", "应当主动公开的第39类政府信息", "第10页 共10页"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, text := printed(t, render(t, report.New(tt.brief), "html"))
			if !regexp.MustCompile(`(?m)^Page size: +59[45](\.\d+)? x 84[12](\.\d+)? pts \(A4\)$`).MatchString(info) {
				t.Errorf("the paper is not A4:\n%s", info)
			}
			if !regexp.MustCompile(`(?m)^Pages: +` + tt.pages + `$`).MatchString(info) {
				t.Errorf("want %s pages:\n%s", tt.pages, info)
			}
			spaces := regexp.MustCompile(`[ 　]+`)
			first, _, _ := strings.Cut(text, "\f")
			first, text = spaces.ReplaceAllString(first, " "), spaces.ReplaceAllString(text, " ")
			for _, want := range tt.first {
				if !strings.Contains(first, want) {
					t.Errorf("want %q on the first page:\n%s", want, first)
				}
			}
			for _, want := range tt.all {
				if !strings.Contains(text, want) {
					t.Errorf("want %q in\n%s", want, text)
				}
			}
			for i, page := range strings.Split(strings.TrimRight(text, "\f\n"), "\f") {
				if strings.Contains(page, "类政府信息（") && !strings.Contains(page, "序号") {
					t.Errorf("page %d goes on with a table and has no head:\n%s", i+1, page)
				}
			}
		})
	}
}
