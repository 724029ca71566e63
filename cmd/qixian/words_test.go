package main_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"qixian/scheduler"
)

// TestEventBatch records events from a file: with one bad line nothing is recorded, and every bad line is named.
func TestEventBatch(t *testing.T) {
	dir := t.TempDir()
	must(t, dir, "event", "add", "recall-ordered", "--unit", "县食药监局", "--ref", "0", "--state-dir", "qixian-data")
	file := filepath.Join(dir, "events.csv")
	at := time.Now().Format("2006-01-02T15:04")
	write(t, file, "trigger,unit,at,ref,title\n"+
		"policy-published,县环保局,"+at+",甲,\n"+
		"policy-publishd,县环保局,"+at+",乙,\n"+
		"policy-published,县环保,yesterday,丙,\n")
	_, stderr, code := qixian(t, dir, "event", "add", "--from-csv", "events.csv")
	for _, want := range []string{"events.csv:3:1: ", `did you mean "policy-published"`, `events.csv:4:3: at: "yesterday" is no moment`, `events.csv:4:2: unknown unit "县环保"`, `did you mean "县环保局"`} {
		if code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, want %q in\n%s", code, want, stderr)
		}
	}
	var events []any
	if decode(t, must(t, dir, "event", "list", "--format", "json"), &events); len(events) != 1 {
		t.Errorf("%d events were recorded from a bad batch", len(events)-1)
	}
	write(
		t,
		file,
		"\ufefftrigger,unit,at,ref,title\r\npolicy-published,县环保局,"+at+",甲,文件\r\npolicy-published,县教育局,"+at+",乙,文件\r\n",
	)
	if out := must(
		t,
		dir,
		"event",
		"add",
		"--from-csv",
		"events.csv",
	); strings.Count(
		out,
		"：已登记，新增1项",
	) != 2 {
		t.Errorf("a good batch:\n%s", out)
	}
	if out := must(t, dir, "event", "add", "--from-csv", "events.csv"); strings.Count(out, "：此前已登记，") != 2 {
		t.Errorf("the same batch again:\n%s", out)
	}
}

// TestEventPastDue records what was due long ago: one event opens as late, and a batch asks first.
func TestEventPastDue(t *testing.T) {
	dir := t.TempDir()
	add := []string{
		"event",
		"add",
		"recall-ordered",
		"--unit",
		"县食药监局",
		"--at",
		"2026-03-02T10:00",
		"--ref",
		"0",
		"--state-dir",
		"qixian-data",
	}
	if out := must(
		t,
		dir,
		add...); !strings.Contains(out, "：已登记，新增1项") ||
		!strings.Contains(out, "已逾期") {
		t.Errorf("one event:\n%s", out)
	}
	var s statusReport
	if decode(
		t,
		must(t, dir, "status", "--format", "json"),
		&s,
	); len(s.Deadlines) != 1 ||
		s.Deadlines[0].Light != "red" {
		t.Errorf("status: %+v", s.Deadlines)
	}
	write(t, filepath.Join(dir, "events.csv"), "trigger,unit,at,ref\npolicy-published,县环保局,2026-03-02 10:00,1\n"+
		"policy-published,县教育局,2026-03-03 10:00,2\nrecall-ordered,县食药监局,"+time.Now().Format("2006-01-02 15:04")+",3\n")
	batch := []string{"event", "add", "--from-csv", "events.csv"}
	_, stderr, code := qixian(t, dir, batch...)
	for _, want := range []string{"nothing is recorded: 2 of the events open 2 deadlines that were due before now", "--late", "--already-done"} {
		if code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("a batch: exit %d, want %q:\n%s", code, want, stderr)
		}
	}
	for _, args := range [][]string{append(batch, "--late", "--already-done"), append(add, "--late")} {
		if _, _, code := qixian(t, dir, args...); code != 2 {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	if out := must(
		t,
		dir,
		append(batch, "--already-done")...); strings.Count(out, "此前已到期，按已办结处理，不再新增") != 2 ||
		strings.Count(out, "：已登记，新增1项") != 1 {
		t.Errorf("done already:\n%s", out)
	}
	write(t, filepath.Join(dir, "events.csv"), "trigger,unit,at,ref\npolicy-published,县环保局,2026-03-02 10:00,4\n")
	if out := must(t, dir, append(batch, "--late")...); strings.Count(out, "已逾期") != 1 {
		t.Errorf("late:\n%s", out)
	}
}

// TestEventOfNobody refuses what would start nothing, and a look at a database that is not there.
func TestEventOfNobody(t *testing.T) {
	dir := t.TempDir()
	_, stderr, code := qixian(t, dir, "status")
	if code != 1 || !strings.Contains(stderr, "--config") {
		t.Errorf("status without a database: exit %d, %s", code, stderr)
	}
	_, stderr, code = qixian(t, dir, "event", "add", "recall-ordered", "--unit", "县市场监管局", "--state-dir", "qixian-data")
	if code != 1 || !strings.Contains(stderr, "县食药监局") {
		t.Errorf("a recall by a unit that has none to order: exit %d, %s", code, stderr)
	}
	if out := must(t, dir, "event", "list"); strings.Contains(out, "recall-ordered") {
		t.Errorf("it was recorded:\n%s", out)
	}
}

type statusReport struct {
	Deadlines []struct {
		Key           string   `json:"key"`
		Number        int      `json:"number"`
		Unit          string   `json:"unit"`
		Title         string   `json:"title"`
		Period        string   `json:"period"`
		PeriodName    string   `json:"period_name"`
		Row           int      `json:"row"`
		Light         string   `json:"light"`
		State         string   `json:"state"`
		Due           string   `json:"due"`
		Extended      bool     `json:"extended"`
		Provisional   bool     `json:"provisional"`
		Earliest      string   `json:"earliest"`
		Left          int      `json:"working_days_left"`
		Next          string   `json:"next_reminder"`
		Lead          []string `json:"lead_units"`
		Answering     []string `json:"answering_units"`
		Responsible   []string `json:"responsible_units"`
		Undeliverable []string `json:"undeliverable"`
	} `json:"deadlines"`
	Outbox   map[string]int `json:"outbox"`
	Trouble  []any          `json:"trouble"`
	Bad      []any          `json:"bad_addresses"`
	Requests []any          `json:"extension_requests"`
	Daemons  []any          `json:"daemons"`
	Clock    string         `json:"clock"`
}

// TestExtendAndStatus follows one deadline through an extension to its end.
func TestExtendAndStatus(t *testing.T) {
	dir := t.TempDir()
	added := must(
		t,
		dir,
		"event",
		"add",
		"recall-ordered",
		"--unit",
		"县食药监局",
		"--ref",
		"1",
		"--state-dir",
		"qixian-data",
	)
	key := deadlineKey(t, added, "food-drug-recall")
	light := func() (string, string, bool) {
		var s statusReport
		decode(t, must(t, dir, "status", "--all", "--format", "json"), &s)
		for _, d := range s.Deadlines {
			if d.Provisional != (d.Earliest != "") {
				t.Errorf("%s is provisional %t, %q at the earliest", d.Key, d.Provisional, d.Earliest)
			}
			if d.Key == key {
				return d.Light, d.Due, d.Extended
			}
		}
		t.Fatalf("status does not show %s", key)
		return "", "", false
	}
	if got, due, _ := light(); got == "red" || !strings.Contains(due, "T") {
		t.Errorf("an open hour rule: %s, due %s", got, due)
	}
	to := time.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	if _, stderr, code := qixian(t, dir, "extend", key, "--to", "2018-01-02", "--reason", "太早"); code != 1 {
		t.Errorf("an extension into the past: exit %d, %s", code, stderr)
	}
	if _, stderr, code := qixian(t, dir, "extend", key, "--to", to); code != 2 {
		t.Errorf("an extension without a reason: exit %d, %s", code, stderr)
	}
	must(t, dir, "extend", key, "--to", to, "--reason", "企业正在核实批次", "--correction")
	if got, due, extended := light(); got != "green" || due != to || !extended {
		t.Errorf("extended: %s, due %s, %v", got, due, extended)
	}
	if _, stderr, code := qixian(t, dir, "done", key); code != 1 {
		t.Errorf("done without a link or a note: exit %d, %s", code, stderr)
	}
	for link, want := range map[string]string{
		"https://": "begins with http", "https://www.example.invalid/\t1": "without white space", "https://u:p@www.example.invalid/1": "without a user name",
		"https://evil.example.invalid/ <script>alert(1)</script>": "without white space", "https://www.example.invalid/" + strings.Repeat("\u202e", 3000): "at most 2000",
	} {
		if _, stderr, code := qixian(
			t,
			dir,
			"done",
			key,
			"--url",
			link,
		); code != 1 || !strings.Contains(stderr, want) ||
			strings.Contains(stderr, "\u202e") {
			t.Errorf("done at %.60q: exit %d, %.300s", link, code, stderr)
		}
	}
	must(t, dir, "done", key, "--url", "https://www.example.invalid/recall/1")
	if out := must(t, dir, "status"); strings.Contains(out, key) {
		t.Errorf("done, and still listed as open:\n%s", out)
	}
	explained := must(t, dir, "explain", key)
	for _, want := range []string{"登记情况（办结）", "  更正到期日：由", "；理由：企业正在核实批次（", "  办结：县食药监局；https://www.example.invalid/recall/1（"} {
		if !strings.Contains(explained, want) {
			t.Errorf("explained without %q:\n%s", want, explained)
		}
	}
}

// TestTakenBack takes back a completion, moves what it was of, and withdraws it.
func TestTakenBack(t *testing.T) {
	dir := t.TempDir()
	added := must(
		t,
		dir,
		"event",
		"add",
		"recall-ordered",
		"--unit",
		"县食药监局",
		"--ref",
		"1",
		"--state-dir",
		"qixian-data",
	)
	key := deadlineKey(t, added, "food-drug-recall")
	_, id, _ := strings.Cut(key, "@")
	must(t, dir, "done", key, "--url", "https://www.example.invalid/recall/1")
	for _, args := range [][]string{
		{"done", key, "--undo"},
		{"done", key, "--undo", "--reason", "误登", "--url", "https://www.example.invalid/2"},
		{"done", key, "--note", "已贴", "--reason", "误登"},
		{"event", "withdraw", id},
		{"event", "move", id, "--at", "tomorrow", "--reason", "误登"},
	} {
		if _, stderr, code := qixian(t, dir, args...); code == 0 {
			t.Errorf("%v was taken: %s", args, stderr)
		}
	}
	if out := must(t, dir, "done", key, "--undo", "--reason", "链接有误"); !strings.Contains(out, "已撤销") {
		t.Errorf("undone:\n%s", out)
	}
	at := time.Now().Add(-2 * time.Hour).Format("2006-01-02T15:04")
	if out := must(
		t,
		dir,
		"event",
		"move",
		id,
		"--at",
		at,
		"--reason",
		"时间更正",
	); !strings.Contains(out, key) ||
		!strings.Contains(out, "到期") {
		t.Errorf("moved:\n%s", out)
	}
	if out := must(t, dir, "event", "withdraw", id, "--reason", "误录"); !strings.Contains(out, "撤销  "+key) {
		t.Errorf("withdrawn:\n%s", out)
	}
	if out := must(t, dir, "event", "list"); !strings.Contains(out, "已撤销") {
		t.Errorf("the list:\n%s", out)
	}
	if out := must(t, dir, "explain", key); !strings.Contains(out, "登记情况（撤销）") {
		t.Errorf("explained:\n%s", out)
	}
}

// TestBadFile has a mistake in an override: what is on record is shown, with a warning, and nothing is decided by
// built-in rules.
func TestBadFile(t *testing.T) {
	dir := t.TempDir()
	override, config := filepath.Join(dir, "overrides.d", "10-office.yaml"), filepath.Join(dir, "qixian.yaml")
	write(t, override, "obligations:\n  air-quality: {rule: {every: month, due: {day: 20}}}\n")
	write(t, config, "state_dir: state\noverrides: overrides.d\ndatabase: {path: state/qixian.db}\n")
	with := func(args ...string) []string { return append(args, "--config", config) }
	added := must(t, dir, with("event", "add", "recall-ordered", "--unit", "县食药监局", "--ref", "1")...)
	key := deadlineKey(t, added, "food-drug-recall")
	write(t, override, "obligations:\n  air-qualty: {rule: {evry: month}}\n")
	for _, args := range [][]string{{"status"}, {"status", "--unit", "县食药监局"}, {"event", "list"}} {
		stdout, stderr, code := qixian(t, dir, with(args...)...)
		if code != 0 || !strings.Contains(stdout, "recall") || !strings.Contains(stderr, "qixian: warning: ") {
			t.Errorf("%v: exit %d\n%s%s", args, code, stdout, stderr)
		}
	}
	to := time.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	for _, args := range [][]string{
		{"done", key, "--note", "已贴"},
		{"extend", key, "--to", to, "--reason", "核实"},
		{"event", "add", "recall-ordered", "--ref", "2"},
		{"event", "withdraw", strings.SplitN(key, "@", 2)[1], "--reason", "误录"},
	} {
		_, stderr, code := qixian(t, dir, with(args...)...)
		if code != 1 || !strings.Contains(stderr, "nothing is recorded") ||
			!strings.Contains(stderr, "10-office.yaml:2:") {
			t.Errorf("%v: exit %d\n%s", args, code, stderr)
		}
	}
	write(t, config, "state_dir: state\noverides: overrides.d\n")
	if _, stderr, code := qixian(t, dir, with("status")...); code != 1 || !strings.Contains(stderr, "qixian.yaml:2:") {
		t.Errorf("a bad configuration: exit %d\n%s", code, stderr)
	}
}

// TestNumber names a deadline by what a clerk says on the telephone, wherever it may be named.
func TestNumber(t *testing.T) {
	dir := t.TempDir()
	added := must(
		t,
		dir,
		"event",
		"add",
		"recall-ordered",
		"--unit",
		"县食药监局",
		"--ref",
		"1",
		"--state-dir",
		"qixian-data",
	)
	key := deadlineKey(t, added, "food-drug-recall")
	var s statusReport
	decode(t, must(t, dir, "status", "--format", "json"), &s)
	if len(s.Deadlines) != 1 || s.Deadlines[0].Number < 10_000 {
		t.Fatalf("status %+v", s.Deadlines)
	}
	number := strconv.Itoa(s.Deadlines[0].Number)
	for _, shown := range []string{must(t, dir, "status"), must(t, dir, "explain", key)} {
		if !strings.Contains(shown, number) {
			t.Errorf("%s is not in\n%s", number, shown)
		}
	}
	if explained := must(t, dir, "explain", number); explained != must(t, dir, "explain", key) {
		t.Errorf("explained by its number:\n%s", explained)
	}
	misheard := number[:4] + string('0'+(number[4]-'0'+1)%10)
	if _, stderr, code := qixian(
		t,
		dir,
		"done",
		misheard,
		"--note",
		"在公告栏张贴",
	); code != 1 ||
		!strings.Contains(stderr, "a digit was misread or misheard") {
		t.Errorf("misheard: exit %d, %s", code, stderr)
	}
	if _, stderr, code := qixian(
		t,
		dir,
		"explain",
		strconv.Itoa(scheduler.NumberOf("another@2018", "", 0)),
	); code != 1 ||
		!strings.Contains(stderr, "no such deadline") {
		t.Errorf("nobody's: exit %d, %s", code, stderr)
	}
	to := time.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	if out := must(
		t,
		dir,
		"extend",
		number,
		"--to",
		to,
		"--reason",
		"企业正在核实批次",
		"--correction",
	); !strings.HasPrefix(
		out,
		key+" ",
	) {
		t.Errorf("extended %s", out)
	}
	if out := must(t, dir, "done", number[:3]+" "+number[3:], "--note", "在公告栏张贴"); !strings.HasPrefix(out, key+" ") {
		t.Errorf("done %s", out)
	}
	if out := must(t, dir, "done", number, "--undo", "--reason", "报错了"); !strings.HasPrefix(out, key+" ") {
		t.Errorf("undone %s", out)
	}
}
