package inbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/notify/inbox"
	"qixian/notify/inbox/inboxtest"
)

// brittle is a connection that breaks when so many bytes have been read from it.
type brittle struct {
	net.Conn
	left *int
}

func (b brittle) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p[:min(len(p), 64)])
	if *b.left -= n; *b.left < 0 {
		_ = b.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

// TestCutConnection cuts the line at each 61st byte of the server's answers in turn: whatever was handed over before is
// not handed over again, and nothing is left out.
func TestCutConnection(t *testing.T) {
	d := inboxtest.New(t)
	subjects := deliver(t, d, 10)
	for _, way := range []inbox.TLS{inbox.Implicit, inbox.StartTLS, inbox.None} {
		t.Run(string(way), func(t *testing.T) {
			var left int
			o := open(t, d, func(o *inbox.Options) {
				if o.TLS = way; way != inbox.Implicit {
					o.Port = d.Port
				}
				o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, network, address)
					return brittle{conn, &left}, err
				}
			})
			cuts := 0
			for at := 1; ; at += 61 {
				left = at
				_, err := o.Read(t.Context(), time.Now())
				if err == nil {
					break
				}
				cuts++
			}
			if diff := cmp.Diff(subjects, o.clerk.subjects()); diff != "" || cuts < 20 {
				t.Errorf("%d cuts, want - got +:\n%s", cuts, diff)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	d := inboxtest.New(t)
	refused := open(
		t,
		d,
		func(o *inbox.Options) { o.Password = func() (string, error) { return "wrong-Passw0rd", nil } },
	)
	_, err := refused.Read(t.Context(), time.Now())
	if !errors.Is(err, inbox.ErrLogin) || strings.Contains(err.Error(), "@") ||
		strings.Contains(err.Error(), "Passw0rd") {
		t.Errorf("refused login: %v", err)
	}
	for name, edit := range map[string]func(*inbox.Options){
		"unknown authority":   func(o *inbox.Options) { o.Roots = nil },
		"another host's name": func(o *inbox.Options) { o.Host = "127.0.0.2" },
		"no such folder":      func(o *inbox.Options) { o.Folder = "nowhere" },
		"no password":         func(o *inbox.Options) { o.Password = func() (string, error) { return "", errors.New("no file") } },
		"nobody listens":      func(o *inbox.Options) { o.Port = 1 },
		"TLS to a plain port": func(o *inbox.Options) { o.Port = d.Port; o.Idle = time.Second },
	} {
		_, err := open(t, d, edit).Read(t.Context(), time.Now())
		if err == nil || errors.Is(err, inbox.ErrLogin) || strings.Contains(err.Error(), "@") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// speak is a server of a few words: it answers each command by what script says of its name, and with nothing where
// that says nothing.
func speak(script map[string]string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer func() { _ = server.Close() }()
			if _, err := fmt.Fprint(server, script["greeting"]); err != nil {
				return
			}
			lines := bufio.NewScanner(server)
			for lines.Scan() {
				tag, command, _ := strings.Cut(lines.Text(), " ")
				name, rest, _ := strings.Cut(command, " ")
				if name == "UID" {
					name, _, _ = strings.Cut(rest, " ")
					name = "UID " + name
				}
				if answer, known := script[name]; known {
					for range max(1, strings.Count(answer, "FLOOD")*100_000) {
						said, _, hangsUp := strings.Cut(answer, "HANGUP")
						if _, err := fmt.Fprint(
							server,
							strings.NewReplacer("TAG", tag, "FLOOD", strings.Repeat("x", 100)).Replace(said),
						); err != nil ||
							hangsUp {
							return
						}
					}
				}
			}
		}()
		return client, nil
	}
}

// TestBadServers holds that no server keeps a reading for long, and that each ends in an error that says why.
func TestBadServers(t *testing.T) {
	ready := map[string]string{
		"greeting":   "* OK [CAPABILITY IMAP4rev1 ID] ready\r\n",
		"CAPABILITY": "* CAPABILITY IMAP4rev1 ID\r\nTAG OK\r\n",
		"LOGIN":      "TAG OK [CAPABILITY IMAP4rev1 ID] welcome\r\n",
		"ID":         "* ID NIL\r\nTAG OK\r\n",
		"EXAMINE":    "* 3 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 4] x\r\nTAG OK [READ-ONLY] done\r\n",
		"UID SEARCH": "* SEARCH 1\r\nTAG OK\r\n",
		"UID FETCH":  "* 1 FETCH (UID 1 INTERNALDATE \"21-Sep-2018 09:00:00 +0800\")\r\nTAG OK\r\n",
	}
	with := func(changes ...string) map[string]string {
		script := maps.Clone(ready)
		for i := 0; i < len(changes); i += 2 {
			script[changes[i]] = changes[i+1]
		}
		return script
	}
	for name, c := range map[string]struct {
		script map[string]string
		want   string
	}{
		"no greeting":         {with("greeting", ""), "says nothing: greet inbox"},
		"goodbye":             {with("greeting", "* BYE overloaded\r\n"), "overloaded"},
		"silent at the login": {with("LOGIN", ""), "says nothing: log in"},
		"login later":         {with("LOGIN", "TAG NO [UNAVAILABLE] for a@example.org later\r\n"), "ADDRESS later"},
		"silent at the fetch": {with(), "says nothing: fetch from inbox"},
		"unsafe login":        {with("EXAMINE", "TAG NO EXAMINE Unsafe Login. Please contact kefu@188.com\r\n"), "Unsafe Login. Please contact ADDRESS"},
		"nonsense":            {with("EXAMINE", "))((\x00\r\n"), "open folder"},
		"a flood of a line":   {with("EXAMINE", "* OK FLOOD"), "more than it was asked for"},
		"a flood of lines":    {with("EXAMINE", "* OK FLOOD\r\n"), "more than it was asked for"},
		"a flood of a mail":   {with("EXAMINE", "* 1 FETCH (UID 1 BODY[] {99999999}\r\nFLOOD"), "more than it was asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t, nil, func(o *inbox.Options) { o.TLS, o.Dial = inbox.None, speak(c.script) })
				begin := time.Now()
				_, err := o.Read(t.Context(), time.Now())
				if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, inbox.ErrLogin) {
					t.Errorf("error %v, want %q in it", err, c.want)
				}
				if took := time.Since(begin); took > 2*time.Minute {
					t.Errorf("took %s", took)
				}
			})
		})
	}
	content := string(reply("late number"))
	body := fmt.Sprintf("* 1 FETCH (BODY[]<0> {%d}\r\n%s UID 1)\r\n", len(content), content)
	for name, c := range map[string]struct {
		fetched string
		want    inbox.Report
		err     string
	}{
		"number after the mail":          {body, inbox.Report{Replies: 1}, ""},
		"a flag of somebody else's":      {"* 1 FETCH (FLAGS (\\Seen))\r\n" + body, inbox.Report{}, "not all"},
		"another mail has the place":     {strings.Replace(body, "UID 1", "UID 2", 1), inbox.Report{}, "not all"},
		"something else as well":         {"* 1 FETCH (UID 1 BINARY[1] {3}\r\nabc)\r\n* 9 FETCH (BINARY[1] ~{3}\r\nabc)\r\n" + body, inbox.Report{}, "not all"},
		"half a mail":                    {body[:80] + "HANGUP", inbox.Report{}, "fetch from inbox"},
		"half of what nobody wants":      {strings.Replace(body, "* 1", "* 9", 1)[:80] + "HANGUP", inbox.Report{}, "fetch from inbox"},
		"nothing":                        {"", inbox.Report{}, "not all"},
		"refused":                        {"* NO [SERVERBUG] x\r\n", inbox.Report{}, "not all"},
		"an empty mail":                  {"* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n", inbox.Report{Other: 1}, ""},
		"one that was not asked for too": {"* 7 FETCH (UID 9 BODY[]<0> {3}\r\nx\r\n)\r\n" + body, inbox.Report{Replies: 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t, nil, func(o *inbox.Options) {
					o.TLS, o.Dial = inbox.None, speak(with("FETCH", c.fetched+"TAG OK\r\n"))
				})
				got, err := o.Read(t.Context(), time.Now())
				if got != c.want || (err == nil) != (c.err == "") ||
					err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("%+v, %v", got, err)
				}
			})
		})
	}
	t.Run("stopped", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := open(t, nil, func(o *inbox.Options) { o.TLS, o.Dial = inbox.None, speak(with("LOGIN", "")) })
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := o.Read(ctx, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		})
	})
}

func TestOptions(t *testing.T) {
	signer, err := notify.NewSigner(make([]byte, 32), "example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		edit func(*inbox.Options)
		want string // in the error; empty: none
	}{
		"as it should be": {func(*inbox.Options) {}, ""},
		"this host":       {func(o *inbox.Options) { o.Host, o.TLS = "localhost", inbox.None }, ""},
		"no host":         {func(o *inbox.Options) { o.Host = "" }, "want a host"},
		"no user":         {func(o *inbox.Options) { o.Username = "" }, "a username"},
		"no password":     {func(o *inbox.Options) { o.Password = nil }, "a password"},
		"unknown tls":     {func(o *inbox.Options) { o.TLS = "ssl" }, "unknown tls"},
		"in the clear":    {func(o *inbox.Options) { o.TLS = inbox.None }, "in the clear"},
		"no signer":       {func(o *inbox.Options) { o.Signer = nil }, "want a signer"},
		"no handler":      {func(o *inbox.Options) { o.Handler = nil }, "a handler"},
		"no address":      {func(o *inbox.Options) { o.Address = "nobody" }, "not a mail address"},
	} {
		o := inbox.Options{
			Host:     "imap.example.invalid",
			Username: "u",
			Password: func() (string, error) { return "", nil },
			Signer:   signer,
			Address:  "a@example.invalid",
			Name:     "n",
			Bookmark: &settings{},
			Handler:  &clerk{},
		}
		c.edit(&o)
		_, err := inbox.New(o)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.want)
		}
	}
}
