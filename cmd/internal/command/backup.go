package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"qixian/cmd/internal/app"
	"qixian/rules/calendar"
)

type backupCmd struct {
	File  string `arg:"" help:"Where to write it, readable by its owner alone; - for standard output."`
	Force bool   `help:"Write over FILE if there is one."`
}

// Run writes a backup and prints what is in it. FILE is there whole or not at all.
func (c *backupCmd) Run(s *session) error {
	var rows map[string]int
	write := func(w io.Writer) (err error) {
		rows, err = app.Backup(s.ctx, s.source, version(), s.now, w)
		return err
	}
	if c.File == "-" {
		if terminal(s.raw) {
			return usageError{errors.New("a backup is no text for a terminal: name a file, or pipe it on")}
		}
		if err := write(s.raw); err != nil {
			return err
		}
		s.note("backed up %s", counted(rows))
		return nil
	}
	if err := writeWhole(c.File, c.Force, write); err != nil {
		return err
	}
	s.say("backed up %s to %s", counted(rows), c.File)
	return nil
}

// writeWhole writes a file under another name beside it, for its owner alone, and gives it its own when it is whole and
// on the disk.
func writeWhole(path string, force bool, write func(w io.Writer) error) (err error) {
	absent := func() error {
		if _, err := os.Lstat(path); !force && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("write %s: it exists; --force writes over it", path)
		}
		return nil
	}
	if err := absent(); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name()) // why there is no backup is what matters
		}
	}()
	err = write(part)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := absent(); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// syncDirectory puts a new name on the disk.
func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeDevice|os.ModeCharDevice) == os.ModeDevice|os.ModeCharDevice &&
		f.Name() != os.DevNull
}

// counted lists how many rows each table has, empty ones left out: 12 events, 360 deadlines.
func counted(rows map[string]int) string {
	var words []string
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		if n := rows[table]; n > 0 {
			words = append(words, strconv.Itoa(n)+" "+table)
		}
	}
	if len(words) == 0 {
		return "an empty database"
	}
	return strings.Join(words, ", ")
}

type restoreCmd struct {
	File     string `arg:"" help:"A file that backup has written."`
	AdoptKey bool   `help:"Take this host's signing key into use in place of the backup's, which is lost."`
	Reason   string `help:"With --adopt-key: why; kept for good." placeholder:"TEXT"`
	By       string `help:"With --adopt-key: who says so." env:"SUDO_USER,USER" default:"cli"`
}

// Run fills an empty database from a backup and prints what it has brought back.
func (c *restoreCmd) Run(s *session) error {
	var adopt *app.Adoption
	switch {
	case c.AdoptKey && strings.TrimSpace(c.Reason) == "":
		return usageError{errors.New("--adopt-key wants a --reason; it is kept for good")}
	case c.AdoptKey:
		adopt = &app.Adoption{By: c.By, Reason: c.Reason}
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	r, err := app.Restore(s.ctx, s.source, f, s.now, adopt)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	s.say("restored %s", counted(r.Rows))
	s.say(
		"as they were on %s (%s, schema %d)",
		r.Header.At.In(calendar.Zone()).Format(time.DateTime),
		r.Header.Driver,
		r.Header.Schema,
	)
	if r.Uncertain > 0 {
		s.say("uncertain: %d; each is sent once more, with the same Message-ID", r.Uncertain)
	}
	return nil
}
