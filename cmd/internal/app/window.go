package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"qixian/configs"
	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/scheduler"
	"qixian/scheduler/web"
	"qixian/scheduler/web/account"
	"qixian/scheduler/web/link"
)

// window is where units look and answer, and the office, while it has accounts; nil: none is configured.
type window struct {
	*door

	accounts *account.Book
	proxies  atomic.Pointer[[]netip.Prefix]
}

// openWindow opens the window. answered is called when somebody has answered; watch counts who is turned away, and
// knows whether anybody may be let in.
func openWindow(
	ctx context.Context,
	in *Inputs,
	source Source,
	desk *Desk,
	links *link.Maker,
	answered func(),
	watch *watch,
	log *slog.Logger,
) (*window, error) {
	cfg := in.Config
	if links == nil {
		return nil, nil
	}
	key, err := signingKey(cfg)
	if err != nil {
		return nil, err
	}
	w := &window{}
	w.proxies.Store(&cfg.Web.TrustedProxies)
	if w.accounts, err = account.New(in.Accounts, key, clock); err != nil {
		return nil, err
	}
	options := web.Options{
		Desk:     desk.Scheduler,
		Links:    links,
		Clock:    clock,
		Answered: answered,
		Refused:  watch.metrics.turnedAway,
		Logger:   log,
		URL:      cfg.Web.URL,
		Proxies:  func() []netip.Prefix { return *w.proxies.Load() },
		AtOffice: desk.Scheduler,
		Accounts: w.accounts,
		Plan:     candidate(desk, source),
	}
	if !loopback(cfg.Web.Listen) {
		log.Warn(
			"the window listens beyond this host, in the clear: links are secrets, put a proxy with a certificate before it",
			"address",
			cfg.Web.Listen,
		)
	}
	if w.door, err = openDoor(
		ctx,
		"web.listen",
		cfg.Web.Listen,
		whileHeld(watch, options.Desk, web.New(options)),
		log,
	); err != nil {
		return nil, err
	}
	return w, nil
}

// whileHeld lets nobody in while the daemon may not write: what it would take is not to be taken, and links that it
// shows end with its key.
func whileHeld(watch *watch, desk web.Desk, in http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if watch.disowned() != nil {
			text := "系统维护中，暂停办理。请稍后再试，或与" + desk.Habits().Office + "联系。"
			http.Error(rw, text, http.StatusServiceUnavailable)
			return
		}
		in.ServeHTTP(rw, r)
	})
}

// serve lets visitors in until close.
func (w *window) serve() {
	if w != nil {
		w.door.serve()
	}
}

// close shows visitors out.
func (w *window) close() error {
	if w == nil {
		return nil
	}
	return w.door.close()
}

// reload takes up who may sign in from now on, so that whoever no longer may is out, and which proxies are trusted.
func (w *window) reload(in *Inputs) {
	if w != nil {
		w.accounts.Replace(in.Accounts)
		w.proxies.Store(&in.Config.Web.TrustedProxies)
	}
}

// proxyFindings says where the window cannot tell its visitors apart, or would believe what they say of themselves.
func proxyFindings(cfg configs.Config) document.Problems {
	var ps document.Problems
	if cfg.Web.Listen == "" {
		return nil
	}
	at := document.Position{File: cfg.File}
	beyond, here := false, false
	for i, p := range cfg.Web.TrustedProxies {
		if p.Bits() < 8 {
			ps.Add(
				cfg.Web.TrustedProxiesAt[i],
				"web.trusted_proxies: %s is as good as everybody: whoever asks may say for whom he asks, and no bound on visitors holds; want the proxy's own address",
				p,
			)
		}
		here = here || p.Addr().IsLoopback() || p.Bits() == 0
		beyond = beyond || !p.Addr().IsLoopback()
	}
	switch near := loopback(cfg.Web.Listen); {
	case near && !here:
		ps.Add(
			at,
			"web.trusted_proxies: the window listens on this host alone, and a proxy here is not trusted: all visitors count as one; add 127.0.0.0/8 and ::1/128",
		)
	case !near && !beyond && strings.HasPrefix(cfg.Web.URL, "https://"):
		ps.Add(
			at,
			"web.trusted_proxies: the window listens beyond this host, and no proxy elsewhere is trusted: if one has the certificate, all visitors count as one; add its address",
		)
	}
	return ps
}

// lookAhead is how many days ahead plans are compared.
const lookAhead = 90

// candidate returns what compares the plan that runs with the one that a reload would load.
func candidate(desk *Desk, source Source) web.Candidate {
	return func(_ context.Context, now time.Time) (scheduler.Difference, []web.Mistake, error) {
		next, err := Load(source)
		if ps, ok := errors.AsType[document.Problems](err); ok {
			var refused []web.Mistake
			for _, p := range ps {
				refused = append(refused, web.Mistake{Chinese: p.Chinese(), English: p.Error()})
			}
			return scheduler.Difference{}, refused, nil
		}
		if err != nil {
			return scheduler.Difference{}, nil, err
		}
		is, err := PreviewOptions(next)
		if err != nil {
			return scheduler.Difference{}, nil, err
		}
		was := is
		was.Plan = desk.Scheduler.Plan()
		today := calendar.DateOf(now)
		d, err := scheduler.Compare(was, is, today, today.AddDays(lookAhead))
		return d, nil, err
	}
}

// loadAccounts reads who may sign in, name to hash; nobody where no file is named.
func loadAccounts(cfg configs.Config) (map[string]string, error) {
	if cfg.Web.Accounts == "" {
		return nil, nil
	}
	listed, err := configs.LoadAccounts(cfg.Web.Accounts)
	if err != nil {
		return nil, err
	}
	var ps document.Problems
	accounts := map[string]string{}
	for _, a := range listed {
		if err := account.Check(a.Hash); err != nil {
			ps.Add(a.At, "the password of %s is %v", a.Name, err)
		}
		accounts[a.Name] = a.Hash
	}
	if len(listed) == 0 {
		ps.Add(
			document.Position{File: cfg.Web.Accounts},
			"nobody is listed; leave web.accounts out if nobody is to sign in",
		)
	}
	return accounts, ps.Err()
}

// HashPassword returns what accounts.yaml holds of a password.
func HashPassword(password string) (string, error) { return account.Hash(password) }
