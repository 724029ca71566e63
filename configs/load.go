package configs

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qixian/rules/document"
)

// Load reads qixian.yaml over the defaults. The error is document.Problems: every mistake, with its place.
func Load(path, stateDir string) (Config, error) {
	c := Default(stateDir)
	c.File = path
	data, err := document.Read(path)
	var ps document.Problems
	if err != nil {
		ps.Add(document.Position{File: path}, "%v", unread(path, err))
		return c, ps.Err()
	}
	if root, ok := document.Parse(path, data, &ps); ok {
		c.Places = map[string]document.Position{}
		c.place("", root)
		c.read(root)
	}
	c.checkTogether(path, &ps)
	return c, ps.Err()
}

// unread says why a file could not be read, without the path that os errors repeat: of one that is there and kept from
// us, by what.
func unread(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return keptFrom(path)
	}
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}

// place notes where the values below a node stand.
func (c *Config) place(prefix string, n document.Node) {
	if !n.IsMapping() {
		return
	}
	for _, f := range n.Entries() {
		c.Places[prefix+f.Name] = f.Value.Position()
		c.place(prefix+f.Name+".", f.Value)
	}
}

func (c *Config) read(root document.Node) {
	f := root.Fields(
		"office",
		"office_contact",
		"state_dir",
		"database",
		"table_years",
		"additions",
		"seeds",
		"calendar",
		"overrides",
		"contacts",
		"mail",
		"signing_key_file",
		"hours",
		"watch",
		"web",
		"reports",
		"log",
	)
	text(f["office"], &c.Office)
	text(f["office_contact"], &c.Contact)
	name(f["state_dir"], &c.StateDir)
	boolean(f["additions"], &c.Additions)
	text(f["seeds"], &c.Seeds)
	text(f["calendar"], &c.Calendar)
	text(f["overrides"], &c.Overrides)
	text(f["contacts"], &c.Contacts)
	if n := f["table_years"]; !n.IsZero() {
		years := n.Items()
		if n.IsSequence() && len(years) == 0 {
			n.Problem("table_years lists no year; list one, or leave it out for the year of the table")
		}
		for _, y := range years {
			c.TableYears = append(c.TableYears, y.Int(2008, 2100))
			c.TableYearsAt = append(c.TableYearsAt, y.Position())
		}
	}
	if n := f["database"]; !n.IsZero() {
		c.Database.read(n)
	}
	if n := f["mail"]; !n.IsZero() {
		c.Mail.read(n)
	}
	if n := f["hours"]; !n.IsZero() {
		c.Hours.read(n)
	}
	name(f["signing_key_file"], (*string)(&c.SigningKey))
	if n := f["watch"]; !n.IsZero() {
		c.Watch.read(n)
	}
	if n := f["web"]; !n.IsZero() {
		c.Web.read(n)
	}
	if n := f["reports"]; !n.IsZero() {
		r := n.Fields("monthly", "yearly", "ranking")
		boolean(r["monthly"], &c.Reports.Monthly)
		boolean(r["yearly"], &c.Reports.Yearly)
		boolean(r["ranking"], &c.Reports.Ranking)
	}
	if n := f["log"]; !n.IsZero() {
		l := n.Fields("level", "format")
		word(l["level"], &c.Log.Level, "debug", "info", "warn", "error")
		word(l["format"], &c.Log.Format, "text", "json")
	}
}

func (d *Database) read(n document.Node) {
	f := n.Fields("driver", "path", "dsn", "dsn_file")
	word(f["driver"], &d.Driver, "sqlite", "mysql")
	name(f["path"], &d.Path)
	text(f["dsn"], &d.DSN)
	text(f["dsn_file"], (*string)(&d.DSNFile))
	if d.Driver == "mysql" && d.DSN == "" && d.DSNFile == "" {
		n.Problem("driver mysql needs dsn: user@tcp(host:3306)/qixian, or dsn_file: with a file that holds it")
	}
	if holdsPassword(d.DSN) {
		// it is not repeated
		f["dsn"].Problem(
			"dsn holds a password; put the whole DSN into a file with mode 0600, or a systemd credential, and name that as dsn_file",
		)
		d.DSN = ""
	}
	if d.Driver == "sqlite" && (d.DSN != "" || d.DSNFile != "") {
		n.Problem("dsn is for driver: mysql; sqlite takes path:")
	}
}

// holdsPassword reports whether a DSN, user:password@network(address)/name, has a password in it. It looks no closer
// than it must, so that one which is mistyped does not slip through.
func holdsPassword(dsn string) bool {
	before, _, _ := strings.Cut(dsn, "(")
	if at := strings.LastIndexByte(dsn, '@'); at >= 0 {
		before = dsn[:at]
	}
	return strings.ContainsRune(before, ':')
}

func (w *Watch) read(n document.Node) {
	f := n.Fields("listen", "ping", "ping_interval", "weekly")
	text(f["listen"], &w.Listen)
	if w.Listen != "" {
		if _, port, err := net.SplitHostPort(w.Listen); err != nil || port == "" {
			f["listen"].Problem("%q is no address to listen on; want host:port, such as 127.0.0.1:9473", w.Listen)
		}
	}
	text(f["ping"], &w.Ping)
	if w.Ping != "" {
		switch u, err := url.Parse(w.Ping); { // it may hold a secret, and is not repeated
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			f["ping"].Problem("ping is no URL; want http://… or https://…")
		case u.User != nil:
			f["ping"].Problem("ping holds a user or a password; a configuration file must not: want a URL without")
		}
	}
	duration(f["ping_interval"], &w.PingInterval, 24*time.Hour)
	boolean(f["weekly"], &w.Weekly)
}

func (w *Web) read(n document.Node) {
	f := n.Fields("listen", "url", "link_days", "accounts", "trusted_proxies")
	text(f["listen"], &w.Listen)
	text(f["url"], &w.URL)
	text(f["accounts"], &w.Accounts)
	if d := f["link_days"]; !d.IsZero() {
		w.LinkDays = d.Int(1, 1000)
	}
	if p := f["trusted_proxies"]; !p.IsZero() {
		w.TrustedProxies, w.TrustedProxiesAt = nil, nil
		for _, n := range p.Items() {
			if p, ok := network(n.Text()); ok {
				w.TrustedProxies, w.TrustedProxiesAt = append(
					w.TrustedProxies,
					p,
				), append(
					w.TrustedProxiesAt,
					n.Position(),
				)
			} else {
				n.Problem("%q is no address and no network; want such as 10.0.0.5 or 10.0.0.0/24", n.Text())
			}
		}
	}
	if w.Listen != "" {
		if _, port, err := net.SplitHostPort(w.Listen); err != nil || port == "" {
			f["listen"].Problem("%q is no address to listen on; want host:port, such as 127.0.0.1:9480", w.Listen)
		}
	}
	w.URL = strings.TrimSuffix(w.URL, "/")
	switch u, err := url.Parse(w.URL); {
	case (w.Listen == "") != (w.URL == ""):
		n.Problem(
			"listen and url go together: where the window listens, and how units reach it, such as https://qixian.example.invalid",
		)
	case w.URL == "":
	case err != nil || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		f["url"].Problem("%q is no address of a site; want https://host, without a path", w.URL)
	case u.Scheme != "https" && (u.Scheme != "http" || !near(u.Hostname())):
		f["url"].Problem(
			"links are secrets, and %q would send them in the clear; want https://, by a proxy that has a certificate",
			w.URL,
		)
	}
}

// network reads a network, or an address as the network that it is alone.
func network(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), !p.Addr().Is4In6()
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), true
}

func (h *Hours) read(n document.Node) {
	f := n.Fields("digest", "from", "to")
	clock(f["digest"], &h.Digest)
	clock(f["from"], &h.From)
	if to := f["to"]; !to.IsZero() && to.Text() == "24:00" {
		h.To = 24 * time.Hour
	} else {
		clock(to, &h.To)
	}
	if h.To == 0 {
		f["to"].Problem("%q is the beginning of the day; the end of the day is \"24:00\"", f["to"].Text())
		return
	}
	if h.From >= h.To {
		n.Problem("the working hours end before they begin: from %s, to %s", hhmm(h.From), hhmm(h.To))
		return
	}
	if h.Digest < h.From || h.Digest >= h.To {
		n.Problem(
			"digest must lie in the working hours: from %s, to %s, digest %s",
			hhmm(h.From),
			hhmm(h.To),
			hhmm(h.Digest),
		)
	}
}

// checkTogether resolves paths and looks at what they name.
func (c *Config) checkTogether(path string, ps *document.Problems) {
	base := filepath.Dir(path)
	for _, p := range []*string{
		&c.Seeds, &c.Calendar, &c.Overrides, &c.Contacts, &c.Web.Accounts, &c.Mail.Templates,
		&c.Mail.SMTP.CAFile, &c.Mail.Inbox.CAFile,
	} {
		*p = resolve(base, *p)
	}
	for _, s := range []*Secret{
		&c.Database.DSNFile, &c.Mail.SMTP.PasswordFile, &c.Mail.SMTP.DKIM.KeyFile, &c.Mail.Inbox.PasswordFile,
	} {
		if !strings.HasPrefix(string(*s), credentialPrefix) {
			*s = Secret(resolve(base, string(*s)))
		}
	}
	c.StateDir = resolve(base, c.StateDir)
	c.ResolveState()
	for _, d := range []struct{ key, path string }{
		{"seeds", c.Seeds}, {"calendar", c.Calendar}, {"overrides", c.Overrides}, {"mail.templates", c.Mail.Templates},
	} {
		if d.path == "" {
			continue
		}
		if info, err := os.Stat(d.path); err != nil {
			ps.Add(c.At(d.key), "%s: %q cannot be read: %v", d.key, d.path, unread(d.path, err))
		} else if !info.IsDir() {
			ps.Add(c.At(d.key), "%s: %q is no directory", d.key, d.path)
		}
	}
}

// ResolveState resolves the state paths against StateDir. The signing key is one: where none is given, the daemon makes
// it there.
func (c *Config) ResolveState() {
	c.Database.Path = resolve(c.StateDir, c.Database.Path)
	c.Mail.Maildir = resolve(c.StateDir, c.Mail.Maildir)
	if !strings.HasPrefix(string(c.SigningKey), credentialPrefix) {
		c.SigningKey = Secret(resolve(c.StateDir, string(c.SigningKey)))
	}
}

func resolve(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}
