package torture_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"qixian/cmd/internal/burst"
	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

func databaseFaults() []fault {
	mariadb, sqlite := []string{store.MySQL}, []string{store.SQLite}
	lost := regexp.MustCompile(
		`(invalid|bad) connection|connection refused|broken pipe|unexpected EOF|connection reset|connection was killed`,
	)
	held := regexp.MustCompile(`Lock wait timeout|database is locked`)
	barred := regexp.MustCompile(`read-only|readonly`)
	full := regexp.MustCompile(`is full`)
	fs := []fault{
		{name: "database killed and restarted", on: mariadb, place: ownServer(), strike: killServer, felt: lost},
		{
			name:   "connections killed by the database",
			on:     mariadb,
			place:  ownServer(),
			strike: killConnections,
			felt:   lost,
		},
		{name: "connections cut at any byte", on: mariadb, place: byProxy, strike: cutConnections, felt: lost},
		{
			name:   "deadlocks",
			on:     mariadb,
			place:  ownServer(),
			strike: deadlock,
			felt:   regexp.MustCompile(`Deadlock found`),
		},
		{
			name:   "lock time-outs",
			on:     mariadb,
			place:  ownServer("innodb_lock_wait_timeout=1"),
			strike: holdRows,
			felt:   held,
		},
		{name: "lock time-outs", on: sqlite, strike: holdDatabase, felt: held},
		{name: "database read-only", on: mariadb, place: ownServer(), strike: makeServerReadOnly, felt: barred},
		{
			name:    "database read-only",
			on:      sqlite,
			place:   rooted,
			strike:  makeFilesReadOnly,
			doubled: doubts,
			felt:    barred,
		},
		{name: "disk full", on: mariadb, place: serverOnDisk, strike: fillDisk, felt: full},
		{name: "disk full", on: sqlite, place: onDisk, strike: fillDisk, felt: full},
	}
	for i := range fs {
		fs[i].promising = true
	}
	return fs
}

// ownServer places the burst on a MariaDB of its own; params are further ones of the daemon's DSN.
func ownServer(params ...string) func(t *testing.T, r *ordeal, o *burst.Options) {
	return func(t *testing.T, r *ordeal, o *burst.Options) {
		t.Helper()
		r.server = burst.StartMariaDB(t)
		o.DSN = r.server.DSN(t)
		if len(params) > 0 {
			o.DSN += "?" + strings.Join(params, "&")
		}
	}
}

// killServer ends the server as a power cut would, and starts it again.
func killServer(t *testing.T, r *ordeal, _ int) {
	time.Sleep(r.between(0, 20*time.Millisecond))
	r.server.Kill()
	time.Sleep(r.between(0, time.Second))
	r.server.Start(t)
}

// root is a connection of the administrator's, for as long as the fault lasts.
func (r *ordeal) root(t *testing.T) *sql.DB {
	t.Helper()
	db, err := storetest.Dial(store.Options{Driver: store.MySQL, DSN: r.server.Root()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the server is gone by then
	db.SetMaxOpenConns(4)
	return db
}

// killConnections ends whatever the daemon has open.
func killConnections(t *testing.T, r *ordeal, _ int) {
	db := r.root(t)
	defer func() { _ = db.Close() }()
	time.Sleep(r.between(0, 20*time.Millisecond))
	rows, err := storetest.Rows(db, "SELECT id FROM information_schema.processlist WHERE user = 'qixian'")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		_, _ = db.Exec("KILL " + row[0]) // it may have ended by itself
	}
}

// database is the name of the burst's database.
func (r *ordeal) database(t *testing.T) string {
	t.Helper()
	cfg, err := driver.ParseDSN(r.DSN())
	if err != nil {
		t.Fatal(err)
	}
	return cfg.DBName
}

// deadlock locks rows in the order that is not the daemon's until the server has found a deadlock, and weighs more, so
// that the daemon's transaction is the one to be rolled back.
func deadlock(t *testing.T, r *ordeal, _ int) {
	db := r.root(t)
	defer func() { _ = db.Close() }()
	name := r.database(t)
	if _, err := db.Exec(
		"CREATE TABLE IF NOT EXISTS " + name + ".ballast (id INT AUTO_INCREMENT PRIMARY KEY, load_ INT NOT NULL)",
	); err != nil {
		t.Fatal(err)
	}
	before := deadlocks(t, db)
	r.Await(t, "a deadlock", patience, func() bool {
		if err := cross(db, name, r.between(time.Millisecond, 10*time.Millisecond)); err != nil && !isDeadlock(err) {
			t.Fatal(err)
		}
		return deadlocks(t, db) > before
	})
}

// cross takes a shared lock on the messages that a daemon holds, gives it time to do the same, and then wants them for
// itself.
func cross(db *sql.DB, name string, wait time.Duration) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to keep
	for _, statement := range []string{
		"INSERT INTO " + name + ".ballast (load_) SELECT seq FROM " + name + ".seq_1_to_100",
		"SELECT id FROM " + name + ".messages WHERE state IN ('claimed', 'sending') LOCK IN SHARE MODE",
	} {
		if _, err := tx.Exec(statement); err != nil {
			return err
		}
	}
	time.Sleep(wait)
	_, err = tx.Exec("UPDATE " + name + ".messages SET kind = kind WHERE state IN ('claimed', 'sending')")
	return err
}

func isDeadlock(err error) bool {
	return strings.Contains(err.Error(), "Deadlock found") || strings.Contains(err.Error(), "Lock wait timeout")
}

// deadlocks is how many the server has found since it started.
func deadlocks(t *testing.T, db *sql.DB) string {
	t.Helper()
	rows, err := storetest.Rows(db, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
	if err != nil || len(rows) != 1 {
		t.Fatalf("count deadlocks: %v (%v)", rows, err)
	}
	return fmt.Sprintf("%20s", rows[0][1])
}

// holdRows holds what is to be sent, for longer than a transaction waits for a lock, and sees that one does wait.
func holdRows(t *testing.T, r *ordeal, _ int) {
	db := r.root(t)
	defer func() { _ = db.Close() }()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to keep
	table := r.database(t) + "." + pick(r, "messages", "messages", "reminders", "deadlines")
	if _, err := tx.Exec("SELECT id FROM " + table + " FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(r.between(1100*time.Millisecond, 3*time.Second))
}

// holdDatabase is a second writer that holds SQLite's lock for longer than another waits for it.
func holdDatabase(t *testing.T, r *ordeal, i int) {
	db, err := storetest.Dial(store.Options{Driver: store.SQLite, Path: r.DatabaseFile()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // nothing was written
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	begin := func() bool {
		_, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE")
		return err == nil
	}
	for !begin() {
		time.Sleep(time.Millisecond)
	}
	hold := r.between(5100*time.Millisecond, 6*time.Second)
	if i == 0 {
		hold = 45 * time.Second // longer than a transaction is tried again
	}
	time.Sleep(hold)
	if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

// makeServerReadOnly refuses all writing but the administrator's, as a server does that has become a replica.
func makeServerReadOnly(t *testing.T, r *ordeal, _ int) {
	r.server.Exec(t, "SET GLOBAL read_only = 1")
	time.Sleep(r.between(100*time.Millisecond, 2*time.Second))
	r.server.Exec(t, "SET GLOBAL read_only = 0")
}
