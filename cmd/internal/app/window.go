package app

import (
	"context"
	"log/slog"

	"qixian/configs"
	"qixian/scheduler/web"
	"qixian/scheduler/web/link"
)

// openWindow opens the window at which units look and answer; nil: none is configured. answered is called when one has answered.
func openWindow(ctx context.Context, cfg configs.Config, desk *Desk, links *link.Maker, answered func(), log *slog.Logger) (*door, error) {
	if links == nil {
		return nil, nil
	}
	if !loopback(cfg.Web.Listen) {
		log.Warn("the window listens beyond this host, in the clear: links are secrets, put a proxy with a certificate before it", "address", cfg.Web.Listen)
	}
	return openDoor(ctx, "web.listen", cfg.Web.Listen, web.New(web.Options{
		Desk: desk.Scheduler, Links: links, Office: cfg.Office, Contact: cfg.Contact, Clock: clock, Answered: answered, Logger: log,
	}), log)
}
