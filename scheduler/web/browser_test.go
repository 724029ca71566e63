package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/report"
)

// browser opens Chromium. Without it, or without axe-core, a test in CI fails.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("%v; `make test` installs it", err)
	}
	opts := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true),
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// screen is what a visitor has.
type screen struct {
	name          string
	width, height int64
	mobile        bool
	scripts       bool
}

var screens = []screen{
	{"desktop", 1280, 900, false, true},
	{"phone", 390, 844, true, true},
	{"desktop without scripts", 1280, 900, false, false},
	{"phone without scripts", 390, 844, true, false},
}

func (s screen) emulate() chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if err := emulation.SetScriptExecutionDisabled(!s.scripts).Do(ctx); err != nil {
			return err
		}
		return emulation.SetDeviceMetricsOverride(s.width, s.height, 1, s.mobile).Do(ctx)
	})
}

// TestInABrowser walks the whole way as a clerk does: from the mail to the item, a mistake in the form, done, the
// unit's page, the calendar.
func TestInABrowser(t *testing.T) {
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t)
			mail := h.mail(unit)
			item, home, feed := h.linkIn(mail, "i", september), h.linkIn(mail, "u", ""), h.feedIn(mail)
			ctx := browser(t)
			var before, mistake, after, there string
			err := chromedp.Run(ctx, s.emulate(),
				chromedp.Navigate(item), chromedp.Text("main", &before), keep(s, "item"),
				chromedp.SendKeys("#url", "www.example.invalid/air"), chromedp.Click("form[action$='/done'] button"),
			)
			if err != nil {
				t.Fatal(err)
			}
			// a browser that checks the field itself keeps the form; what is posted all the same is refused by us
			if s.scripts {
				err = chromedp.Run(
					ctx,
					chromedp.Evaluate(`document.querySelector("form[action$='/done']").noValidate = true`, nil),
					chromedp.Submit("form[action$='/done']"),
					chromedp.WaitVisible("[role=alert]"),
					chromedp.Text(
						"[role=alert]",
						&mistake,
					),
					chromedp.Clear("#url"),
					chromedp.SendKeys("#url", "https://www.example.invalid/air"),
				)
				if !strings.Contains(mistake, "http://") {
					t.Errorf("the mistake is told as %q", mistake)
				}
			} else {
				err = chromedp.Run(
					ctx,
					chromedp.Navigate(item),
					chromedp.SendKeys("#url", "https://www.example.invalid/air"),
				)
			}
			if err == nil {
				err = chromedp.Run(
					ctx,
					chromedp.Click("form[action$='/done'] button"),
					chromedp.WaitVisible("//h2[text()='办理记录']"),
					chromedp.Text("main", &after),
					keep(s, "done"),
					chromedp.Navigate(
						home,
					),
					chromedp.WaitVisible("//h2[contains(text(), '已办结')]"),
					chromedp.Text("main", &there),
					keep(s, "unit"),
				)
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, got := range map[string]struct{ text, want string }{
				"before": {before, "登记办结"}, "after": {after, "https://www.example.invalid/air"}, "at home": {there, "近90天已办结（1项）"},
			} {
				if !strings.Contains(got.text, got.want) {
					t.Errorf("%s, %q is missing in:\n%s", name, got.want, got.text)
				}
			}
			if got := h.completions(september); len(got) != 1 || got[0].URL != "https://www.example.invalid/air" {
				t.Errorf("on record are %+v", got)
			}
			h.get(feed).wants(t, http.StatusOK, "【已办结】环境空气质量状况")
			h.reported(t)
		})
	}
}

// reported holds that the month's report has the item as done in time.
func (h *house) reported(t *testing.T) {
	t.Helper()
	h.set("2018-10-08 09:00")
	brief, err := h.sched.Brief(t.Context(), h.clock(), scheduler.Span{Year: 2018, Month: time.September}, false)
	if err != nil {
		t.Fatal(err)
	}
	_, files, err := report.Writer{}.Write(brief)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(files, func(f notify.Attachment) bool { return strings.HasSuffix(f.Name, ".csv") })
	// of one that was to be done one in time
	if i < 0 || !strings.Contains(string(files[i].Content), "事项,环境空气质量状况,air,,,1,1,0,") {
		t.Errorf("the report has\n%s", files[max(i, 0)].Content)
	}
}

// keep keeps a screenshot where the environment asks for them.
func keep(s screen, name string) chromedp.Action {
	dir := os.Getenv("QIXIAN_SCREENSHOTS")
	if dir == "" {
		return chromedp.Tasks{}
	}
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var png []byte
		if err := chromedp.FullScreenshot(&png, 100).Do(ctx); err != nil {
			return fmt.Errorf("take screenshot: %w", err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, strings.ReplaceAll(s.name, " ", "-")+"-"+name+".png"), png, 0o600)
	})
}

// violation is what axe-core finds.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML string `json:"html"`
	} `json:"nodes"`
}

// TestAccessible lets axe-core look at every page, and holds that none is wider than its screen.
func TestAccessible(t *testing.T) {
	path := os.Getenv("QIXIAN_AXE")
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("QIXIAN_AXE does not say where axe-core is")
		}
		t.Skip("run by make test, which fetches axe-core")
	}
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	mail := h.mail(unit)
	item := h.linkIn(mail, "i", september)
	pages := map[string]string{
		"unit": h.linkIn(
			mail,
			"u",
			"",
		),
		"item":                    item,
		"root":                    h.site.URL + "/",
		"link that opens nothing": item[:len(item)-3],
		"assisting":               h.links.Item(other, september, h.clock()),
		"office":                  h.site.URL + "/office",
		"year":                    h.site.URL + "/office/year",
		"events":                  h.site.URL + "/office/events",
		"plan":                    h.site.URL + "/office/plan",
		"contacts":                h.site.URL + "/office/contacts",
		"feeds":                   h.site.URL + "/office/feeds",
		"reports":                 h.site.URL + "/office/report",
		"office's item":           h.site.URL + "/office/item/" + september,
	}
	h.asks("设备检修")
	ctx := browser(t)
	if err := chromedp.Run(
		ctx,
		chromedp.Navigate(h.site.URL+"/office"),
		chromedp.SendKeys("#name", director),
		chromedp.SendKeys("#password", password),
		chromedp.Click("main form button"),
		chromedp.WaitVisible(".sums"),
	); err != nil {
		t.Fatal(err)
	}
	for _, s := range screens[:2] {
		for name, page := range pages {
			var result string
			var width int64
			err := chromedp.Run(
				ctx,
				s.emulate(),
				chromedp.Navigate(page),
				chromedp.Evaluate(`document.documentElement.scrollWidth`, &width),
				chromedp.Evaluate(string(axe)+";0", nil),
				chromedp.Evaluate(
					`axe.run().then(r => JSON.stringify(r.violations))`,
					&result,
					chromedp.EvalAsValue,
					awaited,
				),
			)
			if err != nil {
				t.Fatalf("%s on a %s: %v", name, s.name, err)
			}
			var found []violation
			if err := json.Unmarshal([]byte(result), &found); err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				t.Errorf("%s on a %s: %s (%s) in %v", name, s.name, v.Help, v.ID, v.Nodes)
			}
			if err := chromedp.Run(ctx, keep(s, strings.ReplaceAll(name, " ", "-"))); err != nil {
				t.Error(err)
			}
			if width > s.width {
				t.Errorf("%s on a %s is %d wide", name, s.name, width)
			}
		}
	}
}

// awaited has an evaluation wait for its promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
