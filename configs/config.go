// Package configs reads what an administrator configures: qixian.yaml and contacts.yaml. Beside it lie the example
// files, the JSON Schemas that let an editor complete and underline them, and the systemd unit.
package configs

import (
	"net/netip"
	"time"

	"qixian/rules/document"
)

// Config is qixian.yaml with every default filled in and every relative path resolved: input paths against the
// configuration file's directory, state paths against StateDir.
type Config struct {
	File         string // where it was read from; empty for the built-in defaults
	Office       string // the unit that looks after openness: overview, copies of late items, fallback
	Contact      string // how the office is reached, shown in every mail: a telephone number; empty: not shown
	StateDir     string
	Database     Database
	TableYears   []int               // years for which the table is in force; nil: its own
	TableYearsAt []document.Position // where each of TableYears stands
	Additions    bool                // whether what law asks for beside the table is in force
	Seeds        string              // a directory in place of the embedded catalogue and calendar; empty: embedded
	// a directory of further calendar years, which win over the seeds' of the same name; empty: none
	Calendar   string
	Overrides  string // a directory of catalogue overrides; empty: none
	Contacts   string // contacts.yaml; empty: nobody has an address
	Mail       Mail
	SigningKey Secret // signs Message-IDs, and what units send back to us: return addresses and reply codes
	Hours      Hours
	Watch      Watch
	Web        Web
	Reports    Reports
	Log        Log

	// Places are where the values stand in File, by their keys' whole names, such as mail.smtp.host.
	Places map[string]document.Position `json:"-"`
}

// At returns where a key's value stands, or the file where it is left out.
func (c *Config) At(key string) document.Position {
	if at, ok := c.Places[key]; ok {
		return at
	}
	return document.Position{File: c.File}
}

// Database says where deadlines, reminders and the outbox are kept.
type Database struct {
	Driver  string // sqlite or mysql
	Path    string // sqlite: the file
	DSN     string // mysql: user@tcp(host:port)/name; without a password
	DSNFile Secret // mysql: a file that holds the whole DSN, password included
}

// Mail says how messages leave.
type Mail struct {
	FromName     string
	FromAddress  string
	EnvelopeFrom string // where bounces go; empty: FromAddress
	// where replies go: to people, or, with an inbox, to that mailbox; empty: FromAddress, which without an inbox
	// nobody reads
	ReplyTo       string
	Transport     string // maildir or smtp
	Maildir       string // the mailbox that the maildir transport fills
	Templates     string // a directory of templates that replace the built-in ones; empty: none
	SMTP          SMTP
	Inbox         Inbox
	ResendAfter   time.Duration // how long an uncertain message rests before its one resend
	RetryInterval time.Duration // how often the outbox is looked at between passes
}

// SMTP is the mail server that takes our messages.
type SMTP struct {
	Host         string
	Port         int
	TLS          string // starttls, tls or none
	CAFile       string // a PEM file of further authorities; empty: the system's
	Username     string // empty: no login
	PasswordFile Secret
	HELO         string // empty: the From domain
	// at most so many at a time; a crash leaves at most four times as many messages in doubt, with 1 no more than one
	Connections int
	// for one message, the wait for the reply to the final dot included (RFC 5321 section 4.5.3.2.6)
	Timeout time.Duration
	DKIM    DKIM
}

// Inbox is the mailbox to which bounces and units' replies come back, read by IMAP. Without a host nothing is read, and
// no mail asks to be answered.
type Inbox struct {
	Host         string
	Port         int
	TLS          string // starttls, tls or none
	CAFile       string // a PEM file of further authorities; empty: the system's
	Username     string
	PasswordFile Secret
	Folder       string
	Interval     time.Duration // how often it is looked at
	// the server delivers name+anything@domain to name@domain (RFC 5233): return addresses are signed
	PlusAddressing bool
	// by which the server signs its Authentication-Results (RFC 8601); empty: nothing tells who has sent a mail
	AuthservID string
	ReceivedBy string // the name by which that server writes its Received field; given with AuthservID
}

// DKIM signs messages (RFC 6376) where a key is given.
type DKIM struct {
	Domain, Selector string
	KeyFile          Secret // PEM, PKCS #1 or #8
}

// Hours are the office's: minutes of the day in Asia/Shanghai. Only hour rules break in outside them.
type Hours struct {
	Digest time.Duration // when the day's digests go out, since midnight
	From   time.Duration // the first moment of the working hours, inclusive
	To     time.Duration // their end, exclusive
}

// Watch is how others notice that the daemon is well, or not.
type Watch struct {
	Listen string // address and port of metrics and health, loopback by default; empty: none
	// a URL that is fetched as long as all is well, for a dead man's switch elsewhere; empty: none
	Ping         string
	PingInterval time.Duration // how often
	Weekly       bool          // whether the office gets a letter each week that says that all is well, or not
}

// Web is the window at which units look and answer.
type Web struct {
	Listen   string // address and port, loopback by default; empty: there is no window
	URL      string // how units reach it, as mails say it; without a slash at the end
	LinkDays int    // how many days a link in a mail holds
	// accounts.yaml: who may sign in for the office; empty: nobody, and the office has no side of its own
	Accounts string

	// TrustedProxies are the networks whose hosts are believed to say for whom they ask (X-Forwarded-For).
	TrustedProxies   []netip.Prefix
	TrustedProxiesAt []document.Position // where each of TrustedProxies stands; nil for the default
}

// Reports says which reports (通报) the office gets by mail, and what is in them.
type Reports struct {
	Monthly bool // each month's, on the first working day of the next
	Yearly  bool // each year's, on the first working day of the next
	Ranking bool // units are ranked (排名)
}

// Log says what the daemon writes to standard error.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // text or json
}

// Default returns the configuration of a daemon that was given none: SQLite and a maildir under stateDir.
func Default(stateDir string) Config {
	return Config{
		Office:    "县政府办公室",
		StateDir:  stateDir,
		Database:  Database{Driver: "sqlite", Path: "qixian.db"},
		Additions: true,
		Mail: Mail{
			FromName:      "政务公开提醒",
			FromAddress:   "qixian@example.invalid",
			Transport:     "maildir",
			Maildir:       "mail",
			ResendAfter:   10 * time.Minute,
			RetryInterval: 10 * time.Second,
			SMTP:          SMTP{Port: 587, TLS: "starttls", Connections: 4, Timeout: 10 * time.Minute},
			Inbox:         Inbox{Port: 993, TLS: "tls", Folder: "INBOX", Interval: time.Minute},
		},
		Web: Web{
			LinkDays:       180,
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		},
		SigningKey: "signing-key",
		Hours:      Hours{Digest: 9 * time.Hour, From: 8*time.Hour + 30*time.Minute, To: 17*time.Hour + 30*time.Minute},
		Watch:      Watch{PingInterval: 5 * time.Minute, Weekly: true},
		Reports:    Reports{Monthly: true, Yearly: true},
		Log:        Log{Level: "info", Format: "text"},
	}
}
