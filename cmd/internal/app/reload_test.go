package app

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/notify/smtp/smtptest"
	"qixian/scheduler"
	"qixian/scheduler/web/link"
)

// change is what a key is changed to, with what must change beside it; holds reports whether a daemon that has reloaded
// works by it. Without holds the change takes a restart.
type change struct {
	value  any
	beside map[string]any
	holds  func(*Daemon) bool
}

// changes has a change for every key of the schema.
func changes(dir string) map[string]change {
	habits := func(is func(scheduler.Options) bool) func(*Daemon) bool {
		return func(d *Daemon) bool {
			// they are swapped as one
			return d.desk.Scheduler.Plan() == d.inputs.Plan && is(schedulerOptions(d.inputs, nil, nil))
		}
	}
	// That mails go by the new transport, TestReplaceable holds.
	transport := func(d *Daemon) bool { return d.transports[0].next.Load() != nil }
	dkim := change{
		"example.invalid",
		map[string]any{
			"mail.smtp.dkim.domain":   "example.invalid",
			"mail.smtp.dkim.selector": "s",
			"mail.smtp.dkim.key_file": filepath.Join(dir, "dkim"),
		},
		transport,
	}
	login := change{
		"u",
		map[string]any{
			"mail.smtp.tls":           "tls",
			"mail.smtp.username":      "u",
			"mail.smtp.password_file": filepath.Join(dir, "password"),
		},
		transport,
	}
	with := func(value any, c change) change { c.value = value; return c }
	return map[string]change{
		"office":            {"县教育局", nil, func(d *Daemon) bool { return d.desk.Scheduler.Habits().Office == "县教育局" }},
		"office_contact":    {"电话1", nil, func(d *Daemon) bool { return d.desk.Scheduler.Habits().Reach == "电话1" }},
		"state_dir":         {value: filepath.Join(dir, "elsewhere")},
		"database.driver":   {value: "mysql", beside: map[string]any{"database.dsn": "q@tcp(127.0.0.1)/q"}},
		"database.path":     {value: "other.db"},
		"database.dsn":      {value: "q@tcp(127.0.0.1)/q", beside: map[string]any{"database.driver": "mysql"}},
		"database.dsn_file": {value: "dsn", beside: map[string]any{"database.driver": "mysql"}},
		"table_years": {[]int{2026}, nil, func(d *Daemon) bool {
			return d.desk.Scheduler.Plan().Fingerprint != "" && len(d.inputs.Config.TableYears) == 1
		}},
		"additions": {false, nil, func(d *Daemon) bool {
			o, ok := d.desk.Scheduler.Plan().Catalogue.Obligation("budget-government")
			return ok && o.Disabled != ""
		}},
		"seeds": {
			filepath.Join(dir, "seeds"),
			nil,
			func(d *Daemon) bool { return len(d.desk.Scheduler.Plan().Catalogue.Units) == 2 },
		},
		"calendar": {filepath.Join(dir, "calendar"), nil, func(d *Daemon) bool {
			return d.inputs.Config.Calendar != "" && d.desk.Scheduler.Plan() == d.inputs.Plan
		}},
		"overrides": {
			filepath.Join(dir, "overrides"),
			nil,
			func(d *Daemon) bool { _, ok := d.desk.Scheduler.Plan().Catalogue.Units["县测试局"]; return ok },
		},
		"contacts": {filepath.Join(dir, "contacts2.yaml"), nil, func(d *Daemon) bool {
			return d.desk.Scheduler.Plan().Contacts.Addresses("县政府办公室")[0] == "b@example.invalid"
		}},
		"mail.from.name":     {"新名", nil, transport},
		"mail.from.address":  {value: "new@example.invalid"},
		"mail.envelope_from": {value: "new@example.invalid"},
		"mail.reply_to":      {"new@example.invalid", nil, transport},
		"mail.transport":     {value: "maildir"},
		"mail.maildir":       {value: "other"},
		"mail.templates": {
			filepath.Join(dir, "templates"),
			nil,
			func(d *Daemon) bool { return strings.Contains(testMail(d), "新模板") },
		},
		"mail.resend_after":          {value: "20m"},
		"mail.retry_interval":        {value: "20s"},
		"mail.smtp.host":             {"localhost", nil, transport},
		"mail.smtp.port":             {2526, nil, transport},
		"mail.smtp.tls":              {"tls", nil, transport},
		"mail.smtp.ca_file":          {filepath.Join(dir, "ca.pem"), nil, transport},
		"mail.smtp.username":         login,
		"mail.smtp.password_file":    with(filepath.Join(dir, "password"), login),
		"mail.smtp.helo":             {"h.example.invalid", nil, transport},
		"mail.smtp.connections":      {value: 9},
		"mail.smtp.timeout":          {value: "9m"},
		"mail.smtp.dkim.domain":      dkim,
		"mail.smtp.dkim.selector":    with("s", dkim),
		"mail.smtp.dkim.key_file":    with(filepath.Join(dir, "dkim"), dkim),
		"mail.inbox.host":            {value: "localhost"},
		"mail.inbox.port":            {value: 1144},
		"mail.inbox.tls":             {value: "starttls"},
		"mail.inbox.ca_file":         {value: filepath.Join(dir, "ca.pem")},
		"mail.inbox.username":        {value: "v"},
		"mail.inbox.password_file":   {value: filepath.Join(dir, "dkim")},
		"mail.inbox.folder":          {value: "Other"},
		"mail.inbox.interval":        {value: "2m"},
		"mail.inbox.plus_addressing": {value: true},
		"mail.inbox.authserv_id":     {value: "mx", beside: map[string]any{"mail.inbox.received_by": "mx"}},
		"mail.inbox.received_by":     {value: "mx", beside: map[string]any{"mail.inbox.authserv_id": "mx"}},
		"signing_key_file":           {value: "other-key"},
		"hours.digest": {
			"10:00",
			nil,
			habits(func(o scheduler.Options) bool { return o.DigestAt == 10*time.Hour }),
		},
		"hours.from": {"00:00", nil, habits(func(o scheduler.Options) bool { return o.WorkFrom == 0 })},
		"hours.to": {
			"24:00",
			nil,
			habits(func(o scheduler.Options) bool { return o.WorkTo == 24*time.Hour }),
		},
		"watch.listen":        {value: "127.0.0.1:1"},
		"watch.ping":          {value: "https://ping.example.invalid/"},
		"watch.ping_interval": {value: "9m"},
		"watch.weekly":        {false, nil, habits(func(o scheduler.Options) bool { return !o.Weekly })},
		"web.listen":          {value: "127.0.0.1:2"},
		"web.url":             {value: "http://127.0.0.1:3"},
		"web.link_days":       {7, nil, func(d *Daemon) bool { return linkDays(d) == 7 }},
		"web.accounts": {
			filepath.Join(dir, "accounts.yaml"),
			nil,
			func(d *Daemon) bool { return d.window.accounts.Knows("主任") },
		},
		"web.trusted_proxies": {
			[]any{"10.0.0.5"},
			nil,
			func(d *Daemon) bool { return len(*d.window.proxies.Load()) == 1 },
		},
		"reports.monthly": {
			false,
			nil,
			habits(func(o scheduler.Options) bool { return !o.Reports.Monthly }),
		},
		"reports.yearly":  {false, nil, habits(func(o scheduler.Options) bool { return !o.Reports.Yearly })},
		"reports.ranking": {true, nil, func(d *Daemon) bool { return d.desk.Scheduler.Habits().Ranking }},
		"log.level": {
			"debug",
			nil,
			func(d *Daemon) bool { return d.level.Level() == slog.LevelDebug },
		},
		"log.format": {value: "json"},
	}
}

func testMail(d *Daemon) string {
	m, err := d.desk.Scheduler.Plan().Composer.Compose(
		compose.Letter{Kind: notify.Test, Unit: "甲", Office: "甲", At: clock()},
	)
	if err != nil {
		return err.Error()
	}
	return m.Text
}

func linkDays(d *Daemon) int {
	now := clock()
	token := d.links.Unit("甲", now)
	c, err := d.links.Read(link.Unit, token[strings.LastIndexByte(token, '/')+1:], now)
	if err != nil {
		return 0
	}
	return int(c.Until.At(0).Sub(now).Hours()/24) + 1
}

// TestReloadEveryKey changes every key of the schema, one after the other, under a running daemon: a reload takes each
// change up or names it.
func TestReloadEveryKey(t *testing.T) {
	dir := t.TempDir()
	prepare(t, dir)
	config := filepath.Join(dir, "qixian.yaml")
	base := map[string]any{
		"office":                   "县政府办公室",
		"state_dir":                filepath.Join(dir, "state"),
		"contacts":                 filepath.Join(dir, "contacts.yaml"),
		"mail.transport":           "smtp",
		"mail.smtp.host":           "127.0.0.1",
		"mail.smtp.port":           2525,
		"mail.smtp.tls":            "none",
		"mail.inbox.host":          "127.0.0.1",
		"mail.inbox.port":          1143,
		"mail.inbox.tls":           "none",
		"mail.inbox.username":      "u",
		"mail.inbox.password_file": filepath.Join(dir, "password"),
		"web.listen":               "127.0.0.1:0",
		"web.url":                  "http://127.0.0.1:1",
	}
	writeConfig(t, config, base)
	var level slog.LevelVar
	d, err := NewDaemon(t.Context(), Source{ConfigFile: config, StateDir: dir}, slog.New(slog.DiscardHandler), &level)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	all := changes(dir)
	for _, key := range schemaKeys(t) {
		c, ok := all[key]
		if !ok {
			t.Errorf("%s: no change is given for this key", key)
			continue
		}
		writeConfig(t, config, base)
		d.Reload(t.Context(), clock())
		if len(d.outcome.Problems)+len(d.outcome.Restart) > 0 ||
			c.holds != nil && c.holds(d) && d.transports[0].next.Load() == nil {
			t.Fatalf("%s: before the change %+v", key, d.outcome)
		}
		d.transports[0].next.Store(nil)
		changed := maps.Clone(base)
		maps.Copy(changed, c.beside)
		changed[key] = c.value
		writeConfig(t, config, changed)
		d.Reload(t.Context(), clock())
		switch named := slices.Contains(d.outcome.Restart, key); {
		case len(d.outcome.Problems) > 0:
			t.Errorf("%s: %v", key, d.outcome.Problems)
		case c.holds == nil && !named:
			t.Errorf("%s: neither taken up nor named: %+v", key, d.outcome)
		case c.holds != nil && (named || !c.holds(d)):
			t.Errorf("%s: not taken up: %+v", key, d.outcome)
		}
		if got, err := readOutcome(
			filepath.Join(dir, "state"),
		); err != nil || got.Reloads != d.outcome.Reloads ||
			!slices.Equal(got.Restart, d.outcome.Restart) {
			t.Errorf("%s: the word left is %+v, %v", key, got, err)
		}
	}
}

// prepare writes the files that changes names.
func prepare(t *testing.T, dir string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	ca, _, _ := smtptest.Certificate(t)
	hash, err := HashPassword("correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"password": "secret\n", "contacts.yaml": "contacts: {县政府办公室: [a@example.invalid], 县教育局: [e@example.invalid]}\n",
		"contacts2.yaml":   "contacts: {县政府办公室: [b@example.invalid]}\n",
		"dkim":             string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"ca.pem":           string(ca),
		"seeds/a.yaml":     "units: {县政府办公室: {}, 县教育局: {}}\n",
		"overrides/a.yaml": "units: {县测试局: {}}\n", "templates/test.txt": `{{define "content"}}{{.Unit}}，新模板{{end}}`,
		"calendar/README": "", "accounts.yaml": "accounts: {主任: \"" + hash + "\"}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// writeConfig writes a configuration of keys such as mail.smtp.host: JSON is YAML.
func writeConfig(t *testing.T, path string, keys map[string]any) {
	t.Helper()
	root := map[string]any{}
	for key, value := range keys {
		at, parts := root, strings.Split(key, ".")
		for _, part := range parts[:len(parts)-1] {
			if at[part] == nil {
				at[part] = map[string]any{}
			}
			at = at[part].(map[string]any)
		}
		at[parts[len(parts)-1]] = value
	}
	text, err := json.Marshal(root)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// schemaKeys returns every key of the configuration's schema that holds a value.
func schemaKeys(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../../configs/schema/config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type node struct{ Properties map[string]json.RawMessage }
	var keys []string
	var walk func(string, json.RawMessage)
	walk = func(prefix string, raw json.RawMessage) {
		var n node
		if err := json.Unmarshal(raw, &n); err != nil {
			t.Fatal(err)
		}
		if n.Properties == nil {
			keys = append(keys, strings.TrimPrefix(prefix, "."))
		}
		for name, child := range n.Properties {
			walk(prefix+"."+name, child)
		}
	}
	walk("", text)
	slices.Sort(keys)
	return keys
}
