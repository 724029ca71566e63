package burst

import (
	"path/filepath"
	"testing"
	"time"
)

// Move takes a backup under a running daemon, lets the daemon go on until so many more mails have arrived, kills it,
// and restores the backup onto another database, an empty one, on which commands and later daemons work from now on. It
// returns how many mails may arrive once more for it: those that were sent after the backup was begun, and those that
// were in flight.
func (b *Burst) Move(t testing.TB, d *Daemon, driver, dsn string, more int) int {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "burst.backup")
	before := b.Sink.Count()
	b.Run(t, "backup", file)
	b.AwaitMails(t, b.Sink.Count()+more, 5*time.Minute)
	d.Kill()
	again := b.Sink.Count() - before + b.InDoubt()
	b.o.Driver, b.o.DSN, b.o.Dir = driver, dsn, dir
	b.configure(t, commands, dsn)
	b.Run(t, "restore", file)
	b.Look(t)
	return again
}
