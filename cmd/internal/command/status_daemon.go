package command

import (
	"time"

	"qixian/scheduler"
)

// daemonLine is one daemon on this database, as JSON shows it.
type daemonLine struct {
	Host    string `json:"host"`
	Version string `json:"version"`
	Plan    string `json:"plan"`
	Started string `json:"started"`
	Seen    string `json:"seen"`
	Alive   bool   `json:"alive"`
}

func daemonLines(ds []scheduler.Daemon, now time.Time) []daemonLine {
	lines := make([]daemonLine, len(ds))
	for i, d := range ds {
		lines[i] = daemonLine{d.Host, d.Version, d.Plan, moment(d.Started), moment(d.Seen), d.Alive(now)}
	}
	return lines
}

// daemonTable prints which daemons live, and says so where they do not all work alike.
func daemonTable(s *session, ds []scheduler.Daemon) {
	f := scheduler.Muster(ds, s.now)
	s.say("运行主机：%d台运行中，%d台无响应", f.Alive, f.Silent)
	for _, d := range ds {
		state := "运行中"
		if !d.Alive(s.now) {
			state = "无响应"
		}
		s.say("  %s：%s，版本 %s，计划 %s，最近活动 %s", state, d.Host, d.Version, d.Plan, minute(d.Seen))
	}
	if f.Plans > 1 {
		s.say("注意：各主机所用的规则不一致（%d种），到期日可能反复变动。给系统管理员：统一配置并重新加载", f.Plans)
	}
	if f.Versions > 1 {
		s.say("注意：各主机的程序版本不一致（%d种）", f.Versions)
	}
}
