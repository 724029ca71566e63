package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"qixian/configs"
	"qixian/rules/calendar"
	"qixian/rules/document"
	"qixian/scheduler"
	"qixian/scheduler/web"
	"qixian/scheduler/web/account"
	"qixian/scheduler/web/link"
)

// openWindow opens the window at which units look and answer, and the office where it has accounts; nil: none is configured. answered is
// called when one has answered.
func openWindow(ctx context.Context, in *Inputs, source Source, desk *Desk, links *link.Maker, answered func(), log *slog.Logger) (*door, error) {
	cfg := in.Config
	if links == nil {
		return nil, nil
	}
	accounts, err := loadAccounts(cfg)
	if err != nil {
		return nil, err
	}
	options := web.Options{
		Desk: desk.Scheduler, Links: links, Clock: clock, Answered: answered, Logger: log,
		URL: cfg.Web.URL,
	}
	if len(accounts) > 0 {
		options.AtOffice = desk.Scheduler
		options.Plan = candidate(desk, source)
		if options.Accounts, err = account.New(accounts, clock); err != nil {
			return nil, err
		}
	}
	if !loopback(cfg.Web.Listen) {
		log.Warn("the window listens beyond this host, in the clear: links are secrets, put a proxy with a certificate before it", "address", cfg.Web.Listen)
	}
	return openDoor(ctx, "web.listen", cfg.Web.Listen, web.New(options), log)
}

// lookAhead is how many days ahead plans are compared.
const lookAhead = 90

// candidate returns what compares the plan that runs with the one that a reload would load.
func candidate(desk *Desk, source Source) web.Candidate {
	return func(_ context.Context, now time.Time) (scheduler.Difference, []string, error) {
		next, err := Load(source)
		if ps, ok := errors.AsType[document.Problems](err); ok {
			var mistakes []string
			for _, p := range ps {
				mistakes = append(mistakes, p.Error())
			}
			return scheduler.Difference{}, mistakes, nil
		}
		if err != nil {
			return scheduler.Difference{}, nil, err
		}
		is := schedulerOptions(next, nil, slog.New(slog.DiscardHandler))
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
		ps.Add(document.Position{File: cfg.Web.Accounts}, "nobody is listed; leave web.accounts out if nobody is to sign in")
	}
	return accounts, ps.Err()
}

// HashPassword returns what accounts.yaml holds of a password.
func HashPassword(password string) (string, error) { return account.Hash(password) }
