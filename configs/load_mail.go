package configs

import (
	"net"
	"time"

	"qixian/rules/document"
)

func (m *Mail) read(n document.Node) {
	f := n.Fields(
		"from",
		"envelope_from",
		"reply_to",
		"transport",
		"maildir",
		"templates",
		"smtp",
		"inbox",
		"resend_after",
		"retry_interval",
	)
	if from := f["from"]; !from.IsZero() && !from.IsMapping() {
		from.Problem("want from: {name: …, address: name@domain}")
	} else if !from.IsZero() {
		g := from.Fields("name", "address")
		name(g["name"], &m.FromName)
		name(g["address"], &m.FromAddress)
		address(g["address"], &m.FromAddress)
	}
	address(f["envelope_from"], &m.EnvelopeFrom)
	address(f["reply_to"], &m.ReplyTo)
	word(f["transport"], &m.Transport, "maildir", "smtp")
	name(f["maildir"], &m.Maildir)
	text(f["templates"], &m.Templates)
	duration(f["resend_after"], &m.ResendAfter, 24*time.Hour)
	duration(f["retry_interval"], &m.RetryInterval, time.Hour)
	if s := f["smtp"]; !s.IsZero() {
		m.SMTP.read(s)
	}
	if i := f["inbox"]; !i.IsZero() {
		m.Inbox.read(i)
	}
	if m.Transport == "smtp" && m.SMTP.Host == "" {
		n.Problem("transport smtp needs smtp: {host: …}")
	}
}

func (s *SMTP) read(n document.Node) {
	f := n.Fields(
		"host",
		"port",
		"tls",
		"ca_file",
		"username",
		"password_file",
		"helo",
		"connections",
		"timeout",
		"dkim",
	)
	text(f["host"], &s.Host)
	if p := f["port"]; !p.IsZero() {
		s.Port = p.Int(1, 65535)
	}
	word(f["tls"], &s.TLS, "starttls", "tls", "none", inTheClear)
	text(f["ca_file"], &s.CAFile)
	text(f["username"], &s.Username)
	text(f["password_file"], (*string)(&s.PasswordFile))
	text(f["helo"], &s.HELO)
	if c := f["connections"]; !c.IsZero() {
		s.Connections = c.Int(1, 64)
	}
	duration(f["timeout"], &s.Timeout, time.Hour)
	if (s.Username == "") != (s.PasswordFile == "") {
		n.Problem("username and password_file go together: give both, or neither for a server without login")
	}
	if (s.TLS == "none" || s.TLS == inTheClear) && s.Username != "" {
		n.Problem("tls: %s would send the password in the clear; use starttls or tls, or drop the login", s.TLS)
	} else if s.TLS == "none" && s.Host != "" && !near(s.Host) {
		f["tls"].Problem(
			"tls: none is for a relay on this host or on a private address; use starttls or tls, or %s if every mail may be read on its way",
			inTheClear,
		)
	}
	if s.TLS == inTheClear {
		s.TLS = "none"
	}
	if d := f["dkim"]; !d.IsZero() {
		g := d.Fields("domain", "selector", "key_file")
		text(g["domain"], &s.DKIM.Domain)
		text(g["selector"], &s.DKIM.Selector)
		text(g["key_file"], (*string)(&s.DKIM.KeyFile))
		if s.DKIM.Domain == "" || s.DKIM.Selector == "" || s.DKIM.KeyFile == "" {
			d.Problem("dkim needs domain, selector and key_file")
		}
	}
}

// inTheClear is the word by which an administrator sends mails to a relay anywhere as everybody on the way can read
// them.
const inTheClear = "in-the-clear"

// near reports whether a host is this one or has a private address (RFC 1918, RFC 4193). A name is neither: whoever
// answers the name server decides what it means.
func near(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate())
}

func (i *Inbox) read(n document.Node) {
	f := n.Fields(
		"host",
		"port",
		"tls",
		"ca_file",
		"username",
		"password_file",
		"folder",
		"interval",
		"plus_addressing",
		"authserv_id",
		"received_by",
	)
	text(f["host"], &i.Host)
	word(f["tls"], &i.TLS, "starttls", "tls", "none")
	if i.TLS != "tls" {
		i.Port = 143
	}
	if p := f["port"]; !p.IsZero() {
		i.Port = p.Int(1, 65535)
	}
	text(f["ca_file"], &i.CAFile)
	text(f["username"], &i.Username)
	text(f["password_file"], (*string)(&i.PasswordFile))
	name(f["folder"], &i.Folder)
	duration(f["interval"], &i.Interval, 24*time.Hour)
	boolean(f["plus_addressing"], &i.PlusAddressing)
	hostname(f["authserv_id"], &i.AuthservID)
	hostname(f["received_by"], &i.ReceivedBy)
	if (i.AuthservID == "") != (i.ReceivedBy == "") {
		n.Problem(
			"authserv_id and received_by go together: the name in the mail server's Authentication-Results fields, and the one after \"by\" in its Received fields",
		)
	}
	if i.Host == "" || i.Username == "" || i.PasswordFile == "" {
		n.Problem("inbox needs host, username and password_file")
	}
	if ip := net.ParseIP(i.Host); i.TLS == "none" && i.Host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		n.Problem("tls: none would send the password in the clear; it is for a server on this host alone")
	}
}
