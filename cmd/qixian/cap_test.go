package main_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestCapAndPause records an application and what stops its clock, by command, and extends it: within the article's
// bound, and beyond it only as a correction.
func TestCapAndPause(t *testing.T) {
	dir := t.TempDir()
	application := []string{"--unit", "县环保局", "--ref", "2026-17", "--state-dir", "qixian-data"}
	today := time.Now().In(time.FixedZone("UTC+8", 8*60*60))
	record := func(trigger string, ago int) string {
		t.Helper()
		at := today.AddDate(0, 0, -ago).Format(time.DateOnly)
		return must(t, dir, append([]string{"event", "add", trigger, "--at", at}, application...)...)
	}
	stopped, far := today.AddDate(0, 0, -7), today.AddDate(1, 0, 0)
	out := record("disclosure-request-received", 14)
	key := regexp.MustCompile(`disclosure-request-reply\.law-2019@e[0-9a-f]+`).FindString(out)
	if out = record(
		"third-party-asked",
		7,
	); !strings.Contains(
		out,
		"已暂停："+key+"  依申请公开答复，自"+stopped.Format("2006年1月2日"),
	) ||
		!strings.Contains(out, "起暂停计时") {
		t.Errorf("stopped:\n%s", out)
	}
	if out = must(
		t,
		dir,
		"status",
		"--unit",
		"县环保局",
	); !strings.Contains(
		out,
		"暂停计时（自"+stopped.Format("2006年1月2日")+"）",
	) {
		t.Errorf("status:\n%s", out)
	}
	out = must(t, dir, "explain", key)
	for _, want := range []string{"恢复后还余", "应在起算后7个工作日内"} {
		if !strings.Contains(out, want) {
			t.Errorf("explain does not say %q:\n%s", want, out)
		}
	}
	if out = record("third-party-answered", 4); !strings.Contains(out, "已恢复："+key) {
		t.Errorf("continued:\n%s", out)
	}
	const supposed = "third-party-asked@2026-11-09@县环保局@x"
	for _, command := range []string{"agenda", "preview"} {
		args := []string{command, "--from", "2026-11-30", "--to", "2026-12-31", "--event", supposed}
		if _, stderr, code := qixian(
			t,
			dir,
			args...); code != 2 ||
			!strings.Contains(stderr, "the clock of another event") {
			t.Errorf("%s: exit %d\n%s", command, code, stderr)
		}
	}
	out = must(t, dir, "agenda", "--unit", "县环保局", "--from", "2026-12-07", "--to", "2026-12-07",
		"--event", "disclosure-request-received@2026-11-02@县环保局@x", "--event", supposed,
		"--event", "third-party-answered@2026-11-16@县环保局@x")
	if !strings.Contains(out, "依申请公开答复") {
		t.Errorf("wound:\n%s", out)
	}
	application[3] = "2026-18"
	record("disclosure-request-received", 30)
	_, stderr, code := qixian(
		t,
		dir,
		append([]string{"event", "add", "disclosure-request-correction-asked"}, application...)...)
	if code != 1 || !strings.Contains(stderr, "by 《中华人民共和国政府信息公开条例》第三十条 it could be recorded") ||
		!strings.Contains(stderr, "the due date stays") || strings.Contains(stderr, "+08:00") {
		t.Errorf("asked too late: exit %d\n%s", code, stderr)
	}
	application[3] = "2026-19"
	record("disclosure-request-received", 4)
	record("disclosure-request-correction-asked", 3)
	if out = record(
		"disclosure-request-corrected",
		1,
	); !strings.Contains(
		out,
		"重新计算：disclosure-request-reply.law-2019@",
	) {
		t.Errorf("anew:\n%s", out)
	}
	_, stderr, code = qixian(t, dir, "extend", key, "--to", far.Format(time.DateOnly), "--reason", "情况复杂")
	if code != 1 || !strings.Contains(stderr, "《中华人民共和国政府信息公开条例》第三十三条") || !strings.Contains(stderr, "--correction") {
		t.Errorf("beyond the cap: exit %d\n%s", code, stderr)
	}
	must(t, dir, "extend", key, "--to", today.AddDate(0, 0, 30).Format(time.DateOnly), "--reason", "情况复杂")
	if out = must(
		t,
		dir,
		"extend",
		key,
		"--to",
		far.Format(time.DateOnly),
		"--reason",
		"法院裁定",
		"--correction",
	); !strings.Contains(
		out,
		"更正到期日为"+far.Format("2006年1月2日"),
	) {
		t.Errorf("corrected:\n%s", out)
	}
	out = must(t, dir, "explain", key)
	for _, want := range []string{"  延期：由", "  更正到期日：由", "；理由：法院裁定"} {
		if !strings.Contains(out, want) {
			t.Errorf("the history does not say %q:\n%s", want, out)
		}
	}
	if _, stderr, code = qixian(t, dir, "extend", key, "--refuse", "--correction", "--reason", "x"); code != 2 {
		t.Errorf("a refused correction: exit %d\n%s", code, stderr)
	}
}
