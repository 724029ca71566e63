// Package maildir is the transport that needs no server: it puts every message into one Maildir on this host, where any
// mail program (mutt -f DIR), a file viewer or grep can read it. The To header says for whom each one is.
package maildir

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"qixian/notify"
)

// Render returns the bytes of a message (RFC 5322).
type Render func(m notify.Message) ([]byte, error)

// Transport writes to one Maildir. It is used by one goroutine at a time; others may read and move the mails meanwhile.
type Transport struct {
	dir    string
	render Render
	read   map[string]bool // names in cur, without their flags; nil: not looked up in this burst
}

var _ notify.Transport = (*Transport)(nil)

// New returns a transport to the Maildir dir, which need not exist yet.
func New(dir string, render Render) *Transport {
	return &Transport{dir: dir, render: render}
}

// Open makes the Maildir, as far as it is not there, and takes stock of the mails that somebody has read already.
func (t *Transport) Open(context.Context) notify.Outcome {
	if t.read != nil {
		return notify.Outcome{}
	}
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(t.dir, sub), 0o700); err != nil {
			return failure(fmt.Errorf("make maildir: %w", err))
		}
	}
	entries, err := os.ReadDir(filepath.Join(t.dir, "cur"))
	if err != nil {
		return failure(fmt.Errorf("list mails: %w", err))
	}
	t.read = make(map[string]bool, len(entries))
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ":")
		t.read[name] = true
	}
	return notify.Outcome{}
}

// Send writes one mail; it is Sent once it would survive a power cut. The file's name derives from the message, so a
// second attempt replaces the first one's mail, and does nothing if that has been read.
func (t *Transport) Send(ctx context.Context, m notify.Message) notify.Outcome {
	if out := t.Open(ctx); out.Class != "" {
		return out
	}
	raw, err := t.render(m)
	if err != nil {
		return notify.Outcome{Class: notify.Rejected, Reply: err.Error()}
	}
	name := Name(m)
	if t.read[name] {
		return notify.Outcome{Class: notify.Sent, Reply: "already in cur"}
	}
	// Mails in files end their lines as files here do.
	err = t.write(ctx, name, bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), m)
	switch {
	case errors.Is(err, errLapsed):
		return notify.Outcome{Class: notify.Retry, Reply: errLapsed.Error(), Blameless: true}
	case err != nil:
		return failure(err)
	}
	return notify.Outcome{Class: notify.Sent}
}

// Idle ends a burst.
func (t *Transport) Idle() error {
	t.read = nil
	return nil
}

// Name is the file name of a message in new: the second it was promised, so that names sort by time, and a digest of
// its Message-ID. In cur the reader's flags follow it.
func Name(m notify.Message) string {
	sum := sha256.Sum256([]byte(m.MessageID))
	return fmt.Sprintf("%d.%s.qixian", m.At.Unix(), hex.EncodeToString(sum[:12]))
}

var errLapsed = errors.New("the hold on the message ran out before it was delivered")

// write makes the file in tmp and moves it to new when it is whole, as readers of a Maildir expect. It is not moved
// once ctx has lapsed, but for the moment between the check and the move: another daemon may be delivering it to
// another Maildir.
func (t *Transport) write(ctx context.Context, name string, raw []byte, m notify.Message) error {
	tmp, final := filepath.Join(t.dir, "tmp", name), filepath.Join(t.dir, "new", name)
	err := writeFile(tmp, raw)
	if err == nil {
		err = os.Chtimes(tmp, m.At, m.At) // file viewers and IMAP servers date a mail by it
	}
	if err == nil && notify.Lapsed(ctx, time.Now()) { //nolint:forbidigo // what counts is the moment of the move itself
		err = errLapsed
	}
	if err == nil {
		err = os.Rename(tmp, final)
	}
	if err != nil {
		_ = os.Remove(tmp) // a full disk needs the room
		return fmt.Errorf("write mail: %w", err)
	}
	if err := syncDir(filepath.Dir(final)); err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	return nil
}

func writeFile(path string, raw []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a rename last.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// failure classifies what the file system answered. None of it is about one message: a full disk is emptied some day, a
// mailbox that we may not write to must be put right.
func failure(err error) notify.Outcome {
	out := notify.Outcome{Class: notify.Retry, Pause: true, Reply: err.Error()}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOTDIR) {
		out.Class, out.Pause = notify.Halted, false
	}
	return out
}
