package web_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
	"qixian/scheduler/web"
	"qixian/scheduler/web/account"
	"qixian/scheduler/web/link"
	"qixian/seeds"
)

const (
	office = "县政府办公室"
	unit   = "县环保局"
	other  = "县财政局"
)

const catalogue = `
units:
  县政府办公室: {}
  县环保局: {}
  县财政局: {}
triggers:
  recall-ordered: {title: 责令召回的决定作出, section: 许可、处罚和检查}
  document: {title: 文件公布, unit: 起草单位, hint: 时间填公布日期。, section: 文件, parts: [policy], subjects: [normative], asks: 文件类别}
  policy: {title: 政策文件公布, unit: 起草单位}
  normative: {title: 规范性文件印发}
  permit: {title: 行政许可决定作出, unit: 许可单位, section: 许可、处罚和检查, subjects: [project-permit, resource-permit], asks: 领域}
  project-permit: {title: 建设项目许可作出}
  resource-permit: {title: 公共资源许可作出}
obligations:
  air: {row: 0, title: 环境空气质量状况, clause: 按月发布, kind: periodic, rule: {every: month}, lead: [县环保局], responsible: [县财政局]}
  quoted: {row: 0, title: "<script>alert(1)</script> & \"引号\"", clause: "<img src=x onerror=alert(1)>", kind: periodic, rule: {every: month}, lead: [县环保局], responsible: []}
  attendance: {row: 0, title: 邀请公众列席, clause: 不得少于2次, kind: quota, rule: {every: year, at_least: 2}, lead: [县环保局], responsible: [], per: unit}
  recall: {row: 0, title: 召回信息, clause: 24小时内, kind: after-event, rule: {after: recall-ordered, within: 24h}, lead: [县财政局], responsible: []}
  interpretation: {row: 0, title: 政策解读材料, clause: 3个工作日内, kind: after-event, rule: {after: policy, within: 3wd}, lead: [县环保局], responsible: []}
  gazette: {row: 0, title: 公报刊登, clause: 及时刊登, kind: after-event, rule: {after: normative, within: 20wd}, lead: [县环保局], responsible: []}
  project: {row: 0, title: 建设项目许可, clause: 7个工作日内, kind: after-event, rule: {after: project-permit, within: 7wd}, lead: [县环保局, 县财政局], responsible: []}
  resource: {row: 0, title: 公共资源许可, clause: 7个工作日内, kind: after-event, rule: {after: resource-permit, within: 7wd}, lead: [县环保局], responsible: []}
`

// everybody has a made-up address.
type everybody struct{}

func (everybody) Addresses(unit string) []string { return []string{notify.MadeUpAddress(unit)} }

// house is a scheduler with a database, mails and a window.
type house struct {
	t     testing.TB
	store *store.Store
	sched *scheduler.Scheduler
	links *link.Maker
	ids   *notify.Signer
	site  *httptest.Server
	book  *account.Book
	held  func() (places, clients int)
	hung  []net.Conn // who send slowly

	mu      sync.Mutex
	now     time.Time
	letters []scheduler.Letter
	told    int // how often a unit has answered
	refused map[web.Refused]int
	log     lines

	candidate *scheduler.Plan // what a reload would load; nil: mistakes
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) set(at string) {
	h.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", at, calendar.Zone())
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

// later lets time pass.
func (h *house) later(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(by)
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (h *house) count(why web.Refused) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refused == nil {
		h.refused = map[web.Refused]int{}
	}
	h.refused[why]++
}

// refusals returns how often visitors were turned away for a reason.
func (h *house) refusals(why web.Refused) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused[why]
}

func secret() []byte { return []byte(strings.Repeat("k", 32)) }

// newHouse opens a house at nine on a day when mails about September go out.
func newHouse(t testing.TB) *house {
	t.Helper()
	h, desk := newCountedHouse(t)
	close(desk.busy)
	return h
}

// newCountedHouse is newHouse with a desk that counts.
func newCountedHouse(t testing.TB) (*house, *counting) {
	t.Helper()
	h := &house{t: t, store: storetest.Open(t, store.SQLite)}
	h.set("2018-09-25 09:00")
	h.site = httptest.NewUnstartedServer(nil)
	base := "http://" + h.site.Listener.Addr().String()
	var err error
	if h.ids, err = notify.NewSigner(secret(), "example.invalid"); err != nil {
		t.Fatal(err)
	}
	if h.links, err = link.New(secret(), base, 30); err != nil {
		t.Fatal(err)
	}
	if h.sched, err = scheduler.New(scheduler.Options{
		Plan: plan(
			t,
		),
		Store:    h.store,
		Office:   office,
		Reach:    "0538-0000000",
		IDs:      h.ids,
		Coder:    h.ids,
		Table:    "2018年任务分解表",
		Links:    h.links,
		Promised: func(l scheduler.Letter) { h.letters = append(h.letters, l) },
	}); err != nil {
		t.Fatal(err)
	}
	desk := &counting{Scheduler: h.sched, busy: make(chan struct{})}
	h.book = h.accounts()
	h.site.Config.Handler, h.held = web.NewCounted(web.Options{
		Desk:     desk,
		Links:    h.links,
		Clock:    h.clock,
		Logger:   slog.New(slog.NewTextHandler(io.MultiWriter(t.Output(), &h.log), nil)),
		Answered: func() { h.told++ },
		AtOffice: h.sched,
		Accounts: h.book,
		Plan:     h.compare,
		Proxies:  func() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} },
		Refused:  h.count,
	})
	h.site.Start()
	t.Cleanup(h.site.Close)
	h.pass()
	return h, desk
}

// compare is what a reload would change.
func (h *house) compare(_ context.Context, now time.Time) (scheduler.Difference, []web.Mistake, error) {
	if h.candidate == nil {
		return scheduler.Difference{}, []web.Mistake{{
			Chinese: "文件 overrides.d/10.yaml 第3行第5列：没有名为“<within>”的键",
			English: "overrides.d/10.yaml:3:5: unknown key <within>",
		}}, nil
	}
	o := scheduler.Options{Plan: h.sched.Plan(), Office: office, IDs: h.ids}
	is := o
	is.Plan = h.candidate
	d, err := scheduler.Compare(o, is, calendar.DateOf(now), calendar.DateOf(now).AddDays(90))
	return d, nil, err
}

// director may sign in, with this password.
const (
	director = "主任"
	password = "correct horse battery"
)

// accounts are those of one director; the hash is made once, as that takes its time.
func (h *house) accounts() *account.Book {
	h.t.Helper()
	hash, err := hashed()
	if err != nil {
		h.t.Fatal(err)
	}
	b, err := account.New(map[string]string{director: hash}, secret(), h.clock)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

var hashed = sync.OnceValues(func() (string, error) { return account.Hash(password) })

// signIn signs in and returns the cookie, as a request has it.
func (h *house) signIn() string {
	h.t.Helper()
	got := h.ask(http.MethodPost, h.site.URL+"/office/sign-in", url.Values{"name": {director}, "password": {password}})
	if got.status != http.StatusSeeOther || got.header.Get("Location") != "/office" {
		h.t.Fatalf("signing in: %d\n%s", got.status, got.body)
	}
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	return cookie
}

// fillIn returns a form as it is posted from our own page, with the token that it has there, and the cookie that the
// page of the sign-in sets. A form that has a token, even an empty one, stays as it is.
func fillIn(target string, form url.Values, header []string) (url.Values, []string) {
	if form == nil || form.Has("form") {
		return form, header
	}
	at, err := url.Parse(target)
	if err != nil {
		return form, header
	}
	page := strings.Split(at.Path, "/") // "", "i", TOKEN, …
	key := page[min(2, len(page)-1)]
	if page[1] == "office" {
		i := slices.Index(header, "Cookie")
		if i < 0 {
			i, header = len(header), append(header, "Cookie", "qixian=brought")
		}
		_, key, _ = strings.Cut(header[i+1], "=")
		key, _, _ = strings.Cut(key, ";")
	}
	form = maps.Clone(form)
	form.Set("form", web.FormToken(key))
	return form, header
}

func plan(t testing.TB, overrides ...string) *scheduler.Plan {
	t.Helper()
	layers := []rules.Layer{{Name: "seeds", FS: fstest.MapFS{"catalogue.yaml": {Data: []byte(catalogue)}}}}
	for _, o := range overrides {
		layers = append(
			layers,
			rules.Layer{Name: "overrides.d", FS: fstest.MapFS{"10.yaml": {Data: []byte(o)}}, Override: true},
		)
	}
	c, err := rules.Load(layers...)
	if err != nil {
		t.Fatal(err)
	}
	cal, _, err := calendar.Load(seeds.Calendar(), ".")
	if err != nil {
		t.Fatal(err)
	}
	composer, err := compose.New(compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &scheduler.Plan{
		Catalogue: c, Calendar: cal, Contacts: everybody{}, Composer: composer, Fingerprint: "1",
		Planner: rules.NewPlanner(c, cal, rules.Options{TableYears: []int{2018}}),
	}
}

func (h *house) pass() {
	h.t.Helper()
	if _, err := h.sched.Pass(h.t.Context(), h.clock()); err != nil {
		h.t.Fatal(err)
	}
}

// send sends all that is in the outbox, and leaves the clock at that time.
func (h *house) send(at string) {
	h.t.Helper()
	h.set(at)
	now := h.clock()
	ms, err := h.store.Claim(h.t.Context(), "test", now, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	if ms, err = h.store.Begin(h.t.Context(), now, nil, ms); err != nil {
		h.t.Fatal(err)
	}
	for _, m := range ms {
		sent := notify.Delivery{
			Message:    m,
			Outcome:    notify.Outcome{Class: notify.Sent, Code: 250},
			Begun:      now,
			Ended:      now,
			FinalState: true,
		}
		if err := h.store.Settle(h.t.Context(), []notify.Delivery{sent}); err != nil {
			h.t.Fatal(err)
		}
	}
}

// mail is the text of a unit's last mail.
func (h *house) mail(unit string) string {
	h.t.Helper()
	for _, l := range slices.Backward(h.letters) {
		if l.Unit == unit && (l.Kind == notify.Digest || l.Kind == notify.Correction) {
			return l.Message.Text
		}
	}
	h.t.Fatalf("%s has no mail", unit)
	return ""
}

// linkIn finds a link of a purpose in a mail, that to the item with a key or the only one.
func (h *house) linkIn(mail, purpose, key string) string {
	h.t.Helper()
	for _, l := range regexp.MustCompile(regexp.QuoteMeta(h.site.URL)+"/"+purpose+`/[0-9A-Za-z_-]+`).FindAllString(mail, -1) {
		token := l[strings.LastIndexByte(l, '/')+1:]
		if c, err := h.links.Read(link.Purpose(purpose), token, h.clock()); err == nil && c.Key == key {
			return l
		}
	}
	h.t.Fatalf("no link of %s to %q in\n%s", purpose, key, mail)
	return ""
}

// feedIn finds the link to the calendar in a mail.
func (h *house) feedIn(mail string) string {
	h.t.Helper()
	l := regexp.MustCompile(regexp.QuoteMeta(h.site.URL) + `/f/[0-9A-Za-z_-]+\.ics`).FindString(mail)
	if l == "" {
		h.t.Fatalf("no link to a calendar in\n%s", mail)
	}
	return l
}

// answer is what the window has answered.
type answer struct {
	status int
	header http.Header
	body   string
}

// asks asks once, and follows nothing.
func (h *house) ask(method, target string, form url.Values, header ...string) answer {
	h.t.Helper()
	var body io.Reader = http.NoBody
	form, header = fillIn(target, form, header)
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, target, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(text)}
}

func (h *house) get(target string) answer {
	h.t.Helper()
	return h.ask(http.MethodGet, target, nil)
}

// wants holds that an answer has a status and says all that is wanted.
func (a answer) wants(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d:\n%s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%q is missing in:\n%s", text, a.body)
		}
	}
}

// completions are those on record of a deadline.
func (h *house) completions(key string) []scheduler.Completion {
	h.t.Helper()
	ds, err := h.store.Find(h.t.Context(), key, "")
	if err != nil || len(ds) != 1 {
		h.t.Fatalf("%s: %v, %v", key, ds, err)
	}
	said, err := h.store.History(h.t.Context(), ds[0].ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return said.Completions
}
