package configs

import "reflect"

// setting is one key of the configuration file.
type setting struct {
	key     string
	value   any  // points to it
	restart bool // a daemon takes a change up at its next start, not at a reload
}

// settings lists every key of the file. What a reload leaves alone is where the daemon keeps its state, what it listens
// on, and what the messages in its hands and its identity hang on.
func (c *Config) settings() []setting {
	const restart = true
	m, s, i := &c.Mail, &c.Mail.SMTP, &c.Mail.Inbox
	return []setting{
		{"office", &c.Office, false},
		{"office_contact", &c.Contact, false},
		{"state_dir", &c.StateDir, restart},
		{"database.driver", &c.Database.Driver, restart},
		{"database.path", &c.Database.Path, restart},
		{"database.dsn", &c.Database.DSN, restart},
		{"database.dsn_file", &c.Database.DSNFile, restart},
		{"table_years", &c.TableYears, false},
		{"additions", &c.Additions, false},
		{"seeds", &c.Seeds, false},
		{"calendar", &c.Calendar, false},
		{"overrides", &c.Overrides, false},
		{"contacts", &c.Contacts, false},
		{"mail.from.name", &m.FromName, false},
		{"mail.from.address", &m.FromAddress, restart},
		{"mail.envelope_from", &m.EnvelopeFrom, restart},
		{"mail.reply_to", &m.ReplyTo, false},
		{"mail.transport", &m.Transport, restart},
		{"mail.maildir", &m.Maildir, restart},
		{"mail.templates", &m.Templates, false},
		{"mail.resend_after", &m.ResendAfter, restart},
		{"mail.retry_interval", &m.RetryInterval, restart},
		{"mail.smtp.host", &s.Host, false},
		{"mail.smtp.port", &s.Port, false},
		{"mail.smtp.tls", &s.TLS, false},
		{"mail.smtp.ca_file", &s.CAFile, false},
		{"mail.smtp.username", &s.Username, false},
		{"mail.smtp.password_file", &s.PasswordFile, false},
		{"mail.smtp.helo", &s.HELO, false},
		{"mail.smtp.connections", &s.Connections, restart},
		{"mail.smtp.timeout", &s.Timeout, restart},
		{"mail.smtp.dkim.domain", &s.DKIM.Domain, false},
		{"mail.smtp.dkim.selector", &s.DKIM.Selector, false},
		{"mail.smtp.dkim.key_file", &s.DKIM.KeyFile, false},
		{"mail.inbox.host", &i.Host, restart},
		{"mail.inbox.port", &i.Port, restart},
		{"mail.inbox.tls", &i.TLS, restart},
		{"mail.inbox.ca_file", &i.CAFile, restart},
		{"mail.inbox.username", &i.Username, restart},
		{"mail.inbox.password_file", &i.PasswordFile, restart},
		{"mail.inbox.folder", &i.Folder, restart},
		{"mail.inbox.interval", &i.Interval, restart},
		{"mail.inbox.plus_addressing", &i.PlusAddressing, restart},
		{"mail.inbox.authserv_id", &i.AuthservID, restart},
		{"mail.inbox.received_by", &i.ReceivedBy, restart},
		{"signing_key_file", &c.SigningKey, restart},
		{"hours.digest", &c.Hours.Digest, false},
		{"hours.from", &c.Hours.From, false},
		{"hours.to", &c.Hours.To, false},
		{"watch.listen", &c.Watch.Listen, restart},
		{"watch.ping", &c.Watch.Ping, restart},
		{"watch.ping_interval", &c.Watch.PingInterval, restart},
		{"watch.weekly", &c.Watch.Weekly, false},
		{"web.listen", &c.Web.Listen, restart},
		{"web.url", &c.Web.URL, restart},
		{"web.link_days", &c.Web.LinkDays, false},
		{"web.accounts", &c.Web.Accounts, false},
		{"web.trusted_proxies", &c.Web.TrustedProxies, false},
		{"reports.monthly", &c.Reports.Monthly, false},
		{"reports.yearly", &c.Reports.Yearly, false},
		{"reports.ranking", &c.Reports.Ranking, false},
		{"log.level", &c.Log.Level, false},
		{"log.format", &c.Log.Format, restart},
	}
}

// Keep puts the values with which a daemon was started in the place of those that take a restart, and returns the keys
// that differed.
func (c *Config) Keep(started Config) (restart []string) {
	was := started.settings()
	for i, is := range c.settings() {
		if is.restart && !reflect.DeepEqual(is.value, was[i].value) {
			reflect.ValueOf(is.value).Elem().Set(reflect.ValueOf(was[i].value).Elem())
			restart = append(restart, is.key)
		}
	}
	return restart
}
