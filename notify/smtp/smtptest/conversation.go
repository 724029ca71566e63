package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
)

// conversation is one connection, seen from the server.
type conversation struct {
	s       *Server
	raw     net.Conn // the line itself
	number  int
	unborne bool // one more than the server bears
	tls     bool
	in      *bufio.Reader
	out     io.Writer

	mail    Mail // under way
	carried bool // a mail, before that
	helo    string
	user    string
}

func (c *conversation) speak(conn net.Conn) {
	c.in, c.out = bufio.NewReader(conn), conn
}

func (c *conversation) encrypt() {
	c.tls = true
	c.speak(tls.Server(brittle{c.raw, c}, c.s.tlsConfig()))
}

// brittle is a line on which encryption fails where a fault says so.
type brittle struct {
	net.Conn
	c *conversation
}

func (b brittle) Write(record []byte) (int, error) {
	f, struck := b.c.strike(Record, "")
	if !struck {
		return b.Conn.Write(record)
	}
	_, _ = io.WriteString(b.Conn, f.Reply) // the line drops in any case
	b.c.hangUp(f.Reply != "")
	return 0, net.ErrClosed
}

// run holds the conversation until either side ends it.
func (c *conversation) run() {
	if c.unborne {
		c.say("421 4.7.0 too many connections")
		c.hangUp(true)
		return
	}
	if !c.answer(Greeting, "", "220 mail.example.invalid ESMTP") {
		return
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		command, argument, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		verb := Verb(strings.ToUpper(command))
		c.s.note(string(verb))
		if !c.obey(verb, argument) {
			return
		}
	}
}

// answer sends the usual reply, or does what a fault says instead. It returns false if the conversation is over.
func (c *conversation) answer(at Verb, argument, usual string) bool {
	_, goesOn := c.react(at, argument, usual)
	return goesOn
}

// react is answer that also says whether the usual reply was given.
func (c *conversation) react(at Verb, argument, usual string) (asUsual, goesOn bool) {
	f, struck := c.strike(at, argument)
	if !struck {
		return true, c.say(usual)
	}
	return false, c.suffer(f)
}

// strike returns the fault that fits, if one does and it asks for more than to wait.
func (c *conversation) strike(at Verb, argument string) (Fault, bool) {
	f, struck := c.s.strike(at, argument)
	if f.Hold != nil {
		f.Hold(c.raw.RemoteAddr().String())
		struck = f.Reply != "" || f.Drop || f.Stall
	}
	return f, struck
}

// suffer does what a fault says.
func (c *conversation) suffer(f Fault) bool {
	switch {
	case f.Stall:
		_, _ = io.Copy(io.Discard, c.in)
		return false
	case f.Reply != "" && !c.say(f.Reply):
		return false
	case f.Drop:
		c.hangUp(f.Reply != "")
		return false
	}
	return true
}

func (c *conversation) say(reply string) bool {
	_, err := fmt.Fprintf(c.out, "%s\r\n", reply)
	return err == nil
}

// hangUp drops the line: at once, with what has not been read, or so that the last reply still arrives.
func (c *conversation) hangUp(answered bool) {
	if tcp, ok := c.raw.(*net.TCPConn); ok && !answered {
		_ = tcp.SetLinger(0)
	}
	_ = c.raw.Close()
}

func (c *conversation) obey(verb Verb, argument string) bool {
	switch verb {
	case EHLO, HELO:
		c.helo = argument
		return c.answer(verb, argument, c.hello(verb))
	case STARTTLS:
		asUsual, goesOn := c.react(verb, "", "220 go ahead")
		if asUsual && goesOn {
			c.encrypt()
		}
		return goesOn
	case AUTH:
		return c.login(argument)
	case MAIL:
		if c.carried && c.s.retires(c.number) {
			c.hangUp(false)
			return false
		}
		c.s.keepPace()
		from, params := path(argument)
		c.mail = Mail{
			HELO:   c.helo,
			User:   c.user,
			TLS:    c.tls,
			From:   from,
			Params: params,
			Conn:   c.number,
			Client: c.raw.RemoteAddr().String(),
		}
		return c.answer(verb, argument, "250 2.1.0 sender ok")
	case RCPT:
		asUsual, goesOn := c.react(verb, argument, "250 2.1.5 recipient ok")
		if to, _ := path(argument); asUsual {
			c.mail.To = append(c.mail.To, to)
		}
		return goesOn
	case DATA:
		asUsual, goesOn := c.react(verb, "", "354 end with a dot")
		if asUsual && goesOn {
			return c.receive()
		}
		return goesOn
	case QUIT:
		c.answer(verb, "", "221 2.0.0 bye")
		return false
	case RSET, NOOP:
		return c.answer(verb, "", "250 2.0.0 ok")
	}
	return c.say("500 5.5.2 unknown command")
}

func (c *conversation) hello(verb Verb) string {
	if verb == HELO {
		return "250 mail.example.invalid"
	}
	lines := append([]string{"mail.example.invalid"}, c.s.o.Extensions...)
	if c.s.o.StartTLS && !c.tls {
		lines = append(lines, "STARTTLS")
	}
	if c.s.o.Users != nil {
		lines = append(lines, "AUTH "+c.s.o.Mechanisms)
	}
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(map[bool]string{true: "250 ", false: "250-"}[i == len(lines)-1] + line)
	}
	return b.String()
}

// login is AUTH PLAIN with an initial response, or LOGIN.
func (c *conversation) login(argument string) bool {
	var user, password string
	mechanism, initial, _ := strings.Cut(argument, " ")
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		fields := bytes.Split(decode(initial), []byte{0})
		if len(fields) == 3 {
			user, password = string(fields[1]), string(fields[2])
		}
	case "LOGIN":
		user, password = c.ask("Username:"), c.ask("Password:")
	}
	usual := "535 5.7.8 authentication failed"
	if want, known := c.s.o.Users[user]; known && want == password {
		usual = "235 2.7.0 welcome"
	}
	asUsual, goesOn := c.react(AUTH, mechanism, usual)
	if asUsual && strings.HasPrefix(usual, "235") {
		c.user = user
	}
	return goesOn
}

func (c *conversation) ask(question string) string {
	c.say("334 " + base64.StdEncoding.EncodeToString([]byte(question)))
	line, _ := c.in.ReadString('\n')
	return string(decode(strings.TrimSpace(line)))
}

func decode(s string) []byte {
	b, _ := base64.StdEncoding.DecodeString(s)
	return b
}

// receive reads a mail up to the final dot and keeps it, unless a fault is in the way.
func (c *conversation) receive() bool {
	var body bytes.Buffer
	for first := true; ; first = false {
		line, err := c.in.ReadBytes('\n')
		if err != nil {
			return false
		}
		if first {
			if f, struck := c.strike(Content, ""); struck {
				return c.suffer(f)
			}
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			break
		}
		body.Write(bytes.TrimPrefix(line, []byte(".")))
	}
	c.mail.Data, c.carried = body.Bytes(), true
	f, struck := c.strike(Final, strings.Join(c.mail.To, " "))
	if !struck || f.Keep {
		c.s.keep(c.mail)
	}
	if struck {
		return c.suffer(f)
	}
	return c.say(fmt.Sprintf("250 2.0.0 queued as %d", c.s.Count()))
}

// path splits the argument of MAIL or RCPT into the address and what follows.
func path(argument string) (address, params string) {
	_, rest, _ := strings.Cut(argument, "<")
	address, params, _ = strings.Cut(rest, ">")
	return address, strings.TrimSpace(params)
}
