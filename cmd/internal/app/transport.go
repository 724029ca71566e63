package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"qixian/notify/compose"

	"qixian/configs"
	"qixian/notify"
	"qixian/notify/maildir"
	"qixian/notify/smtp"
	"qixian/rules/document"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// OpenTransport builds the transport that the configuration names. It reads keys and certificates and dials nothing.
// With plus addressing, signer makes the return and reply addresses; nil: they stand as they are.
func OpenTransport(cfg configs.Config, signer *notify.Signer) (notify.Transport, error) {
	sender, err := sender(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Mail.Inbox.Host != "" && cfg.Mail.Inbox.PlusAddressing {
		sender.Signer = signer
	}
	if cfg.Mail.Transport == "maildir" {
		return maildir.New(cfg.Mail.Maildir, fileForm(sender)), nil
	}
	roots, err := authorities(cfg.Mail.SMTP.CAFile)
	if err != nil {
		return nil, err
	}
	s := cfg.Mail.SMTP
	return smtp.New(smtp.Options{
		Host:     s.Host,
		Port:     s.Port,
		TLS:      smtp.TLS(s.TLS),
		Roots:    roots,
		Username: s.Username,
		Password: s.PasswordFile.Read,
		HELO:     s.HELO,
		Sender:   sender,
		Timeout:  s.Timeout,
	})
}

// openTransports builds a transport for each connection that there may be at a time.
func openTransports(cfg configs.Config, signer *notify.Signer) ([]notify.Transport, error) {
	n := 1
	if cfg.Mail.Transport == "smtp" {
		n = cfg.Mail.SMTP.Connections
	}
	transports := make([]notify.Transport, n)
	for i := range transports {
		var err error
		if transports[i], err = OpenTransport(cfg, signer); err != nil {
			return nil, err
		}
	}
	return transports, nil
}

// replaceable is a transport that a reload may replace: the message in its hands is finished by the old one, the next
// goes by the new one.
type replaceable struct {
	notify.Transport // in the hands of one lane
	next             atomic.Pointer[notify.Transport]
}

// Open is the transport's, of the new one if there is one.
func (r *replaceable) Open(ctx context.Context) notify.Outcome {
	if next := r.next.Swap(nil); next != nil {
		_ = r.Idle() // the old connection is of no more use, however it ends
		r.Transport = *next
	}
	return r.Transport.Open(ctx)
}

// OpenMaildir builds a maildir in dir that gets the mails the configuration would send, without the addresses that are
// signed for each.
func OpenMaildir(cfg configs.Config, dir string) (notify.Transport, error) {
	sender, err := sender(cfg)
	if err != nil {
		return nil, err
	}
	return maildir.New(dir, fileForm(sender)), nil
}

// fileForm renders a message for a file.
func fileForm(s smtp.Sender) func(notify.Message) ([]byte, error) {
	return func(m notify.Message) ([]byte, error) { return smtp.Render(m, s, smtp.File) }
}

func sender(cfg configs.Config) (smtp.Sender, error) {
	s := smtp.Sender{
		From:     mail.Address{Name: cfg.Mail.FromName, Address: cfg.Mail.FromAddress},
		Envelope: cfg.Mail.EnvelopeFrom,
		ReplyTo:  cfg.Mail.ReplyTo,
	}
	d := cfg.Mail.SMTP.DKIM
	if d.KeyFile == "" {
		return s, nil
	}
	pem, err := d.KeyFile.Read()
	if err != nil {
		return s, err
	}
	key, err := smtp.ParseKey([]byte(pem))
	if err != nil {
		return s, err
	}
	s.DKIM = &smtp.DKIM{Domain: d.Domain, Selector: d.Selector, Key: key}
	return s, nil
}

// authorities adds a file's certificates to the system's; nil means the system's alone.
func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := document.Read(path)
	if err != nil {
		return nil, document.Errorf("read certificate authorities: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, document.Errorf("read certificate authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, document.Errorf("read certificate authorities: %s holds no PEM certificate", path)
	}
	return pool, nil
}

// CheckSecrets reports every secret, key and certificate that the configuration names and that cannot be used.
func CheckSecrets(cfg configs.Config) document.Problems {
	var ps document.Problems
	at := document.Position{File: cfg.File}
	_, transportErr := OpenTransport(cfg, nil)
	database, databaseErr := storeOptions(cfg)
	if databaseErr == nil {
		var host string
		if host, databaseErr = store.CheckDSN(database); host != "" {
			ps.Add(
				at,
				"database: whoever is on the network on the way to %s could read or change all that goes there; add tls=true to the DSN (…/qixian?tls=true)",
				host,
			)
		}
	}
	unguarded := guard(cfg)
	var keyErr error
	if unguarded == nil {
		_, keyErr = presentKey(cfg)
	}
	files := CheckSecretFiles(cfg)
	ps = append(ps, files...)
	if keyErr != nil {
		ps.Add(cfg.At("signing_key_file"), "signing_key_file: %v", keyErr)
	}
	if len(files) == 0 { // otherwise they say the same again
		for _, err := range []error{databaseErr, transportErr} {
			if err != nil {
				ps.Add(at, "%v", err)
			}
		}
	}
	gather(&ps, unguarded)
	return ps
}

// CheckSecretFiles says which of the files that the configuration names for secrets and certificates cannot be used.
func CheckSecretFiles(cfg configs.Config) document.Problems {
	var ps document.Problems
	for _, s := range []struct {
		key  string
		file configs.Secret
	}{
		{"database.dsn_file", cfg.Database.DSNFile},
		{"mail.smtp.password_file", cfg.Mail.SMTP.PasswordFile},
		{"mail.smtp.dkim.key_file", cfg.Mail.SMTP.DKIM.KeyFile},
		{"mail.inbox.password_file", cfg.Mail.Inbox.PasswordFile},
	} {
		if s.file == "" {
			continue
		}
		if _, err := s.file.Read(); err != nil {
			ps.Add(cfg.At(s.key), "%s: %v", s.key, err)
		}
	}
	for _, f := range []struct{ key, path string }{
		{"mail.smtp.ca_file", cfg.Mail.SMTP.CAFile},
		{"mail.inbox.ca_file", cfg.Mail.Inbox.CAFile},
	} {
		if _, err := authorities(f.path); err != nil {
			ps.Add(cfg.At(f.key), "%s: %v", f.key, err)
		}
	}
	return ps
}

// addressee is how a mail to an address begins: with the unit whose address it is, or the address itself.
func addressee(in *Inputs, address string) string {
	units := slices.Sorted(maps.Keys(in.Plan.Catalogue.Units))
	i := slices.IndexFunc(units, func(unit string) bool {
		return slices.ContainsFunc(
			in.Plan.Contacts.Addresses(unit),
			func(a string) bool { return strings.EqualFold(a, address) },
		)
	})
	if i < 0 {
		return address
	}
	return units[i]
}

// SendTest sends one test mail to an address through the configured transport, without the outbox. Each call is a new
// message.
func SendTest(ctx context.Context, in *Inputs, address string, now time.Time) (notify.Outcome, error) {
	if err := notify.CheckAddress(address); err != nil {
		return notify.Outcome{}, err
	}
	mail, err := in.Plan.Composer.Compose(
		compose.Letter{
			Kind:    notify.Test,
			Unit:    addressee(in, address),
			Office:  in.Config.Office,
			At:      now,
			Inbox:   in.Config.Mail.Inbox.Host != "",
			ReplyTo: in.Config.Mail.ReplyTo,
		},
	)
	if err != nil {
		return notify.Outcome{}, err
	}
	signer, err := signer(in.Config)
	if err != nil {
		return notify.Outcome{}, err
	}
	transport, err := OpenTransport(in.Config, signer)
	if err != nil {
		return notify.Outcome{}, err
	}
	key := "test/" + now.UTC().Format(time.RFC3339Nano)
	m := notify.Message{
		Key: key, MessageID: signer.MessageID(key, address), Kind: notify.Test,
		To: address, At: now, Subject: mail.Subject, Text: mail.Text, HTML: mail.HTML,
	}
	outcome := transport.Open(ctx)
	if outcome.Class == "" {
		outcome = transport.Send(ctx, m)
	}
	return outcome, transport.Idle()
}

// WriteMaildir writes a preview's mails into a maildir, as they would be sent. It refuses a directory that has anything
// in it: the mails of two previews, or of a daemon, could not be told apart.
func WriteMaildir(ctx context.Context, in *Inputs, dir string, letters []scheduler.Letter) error {
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return fmt.Errorf("write mails to %s: it is not empty; name an empty or a new directory", dir)
	}
	transport, err := OpenMaildir(in.Config, dir)
	if err != nil {
		return err
	}
	for _, l := range letters {
		outcome := transport.Open(ctx)
		if outcome.Class == "" {
			outcome = transport.Send(ctx, l.Message)
		}
		if outcome.Class != notify.Sent {
			return fmt.Errorf("write mail to %s: %s %s", dir, outcome.Class, outcome.Reply)
		}
	}
	return transport.Idle()
}
