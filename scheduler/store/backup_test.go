package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
	"qixian/scheduler/store/archive"
	"qixian/scheduler/store/storetest"
)

// directions are all ways from one kind of database to another.
func directions(t *testing.T, test func(t *testing.T, from, to store.Options)) {
	t.Helper()
	for _, from := range []string{store.SQLite, store.MySQL} {
		for _, to := range []string{store.SQLite, store.MySQL} {
			t.Run(from+" to "+to, func(t *testing.T) { test(t, storetest.Options(t, from), storetest.Options(t, to)) })
		}
	}
}

// TestBackupRestore holds that every row of every table comes back as it was, whatever the two databases are.
func TestBackupRestore(t *testing.T) {
	directions(t, func(t *testing.T, from, to store.Options) {
		source := storetest.Reopen(t, from)
		populate(t, source)
		r := restore(t, to, backUp(t, from))
		before, after := contents(t, source), contents(t, storetest.Reopen(t, to))
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("tables (-before +after):\n%s", diff)
		}
		for table, rows := range before {
			if len(rows) == 0 {
				t.Errorf("nothing in %s: the test proves nothing of it", table)
			}
			if r.Rows[table] != len(rows) {
				t.Errorf("restored %d of %d rows of %s", r.Rows[table], len(rows), table)
			}
		}
		if !r.Header.At.Equal(now) || r.Header.Driver != from.Driver || r.Header.Program != "v0" {
			t.Errorf("header %+v", r.Header)
		}
		promiseMore(t, storetest.Reopen(t, to), "more") // ids go on where they were
	})
}

// computed finds a column that is computed from others.
var computed = regexp.MustCompile(`(?i)ALTER TABLE (\w+) ADD COLUMN (\w+) \w+ GENERATED`)

// TestBackupHasEverything holds that each table that a migration makes, and each of its columns, is in a backup. It
// reads the migrations by itself, so that what the store forgets is found.
func TestBackupHasEverything(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		s := storetest.Reopen(t, o)
		want := map[string][]string{}
		create := regexp.MustCompile(`(?i)CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
		for _, statement := range store.Migrations(t, driver) {
			if m := create.FindStringSubmatch(statement); m != nil {
				want[m[1]] = columnsOf(t, s, m[1])
			}
		}
		// what the database computes by itself is no fact of ours
		for _, statement := range store.Migrations(t, driver) {
			if m := computed.FindStringSubmatch(statement); m != nil {
				want[m[1]] = slices.DeleteFunc(want[m[1]], func(column string) bool { return column == m[2] })
			}
		}
		got := map[string][]string{}
		a, err := archive.NewReader(bytes.NewReader(backUp(t, o)))
		if err != nil {
			t.Fatal(err)
		}
		for a.NextTable() {
			got[a.Table().Name] = slices.Sorted(slices.Values(a.Table().Columns))
		}
		if err := a.Err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tables and columns (-migrations +backup):\n%s", diff)
		}
	})
}

// TestBackupIsOfOneMoment changes the database in the middle of a backup, from within, as a daemon would: it is not
// kept waiting, and nothing of it is in the backup.
func TestBackupIsOfOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		s := storetest.Reopen(t, o)
		populate(t, s)
		promise(t, s, 300) // more than is written at once
		before := contents(t, s)
		var file bytes.Buffer
		during := false
		_, err := store.Backup(t.Context(), o, backupOptions, writerFunc(func(p []byte) (int, error) {
			if !during {
				during = true
				track(t, s, deadline("later@2018-10"))
				promiseMore(t, s, "more")
				if err := s.SetSetting(t.Context(), "later", "1"); err != nil {
					t.Error(err)
				}
				if held := claim(t, s, "daemon", now.Add(time.Hour)); held.ID == 0 {
					t.Error("nothing was claimed")
				}
			}
			return file.Write(p)
		}))
		if err != nil || !during {
			t.Fatalf("backed up with %v, changed meanwhile: %t", err, during)
		}
		to := storetest.Options(t, store.SQLite)
		restore(t, to, file.Bytes())
		if diff := cmp.Diff(before, contents(t, storetest.Reopen(t, to))); diff != "" {
			t.Errorf("tables (-at the moment +restored):\n%s", diff)
		}
	})
}

// TestBackupAfterCrash holds that a backup needs no daemon, and reads what the last one left in the write-ahead log.
func TestBackupAfterCrash(t *testing.T) {
	o := storetest.Options(t, store.SQLite)
	s := storetest.Reopen(t, o)
	promise(t, s, 3)
	copied := storetest.Options(t, store.SQLite)
	for _, end := range []string{"", "-wal"} { // without -shm, which dies with the machine
		copyFile(t, o.Path+end, copied.Path+end)
	}
	if n := countRows(t, backUp(t, copied))["messages"]; n != 3 {
		t.Errorf("backed up %d of 3 messages", n)
	}
}

func TestBackupRefuses(t *testing.T) {
	none := store.Options{Driver: store.SQLite, Path: t.TempDir() + "/none.db"}
	if _, err := store.Backup(t.Context(), none, backupOptions, io.Discard); err == nil {
		t.Error("no database was backed up")
	}
	empty := storetest.Options(t, store.SQLite)
	raw, err := sql.Open("sqlite", empty.Path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), "CREATE TABLE other (id INTEGER PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Backup(
		t.Context(),
		empty,
		backupOptions,
		io.Discard,
	); err == nil ||
		!strings.Contains(err.Error(), "there is no database yet") {
		t.Errorf("somebody else's database: %v", err)
	}
	s := storetest.Reopen(t, empty)
	if _, err := s.SQL().ExecContext(
		t.Context(),
		"CREATE TABLE odd (id INTEGER PRIMARY KEY, picture BLOB) STRICT",
	); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Backup(
		t.Context(),
		empty,
		backupOptions,
		io.Discard,
	); err == nil ||
		!strings.Contains(err.Error(), "column odd.picture has type BLOB") {
		t.Errorf("a column that no backup can hold: %v", err)
	}
	full := writerFunc(func([]byte) (int, error) { return 0, io.ErrShortWrite })
	o := storetest.Options(t, store.SQLite)
	promise(t, storetest.Reopen(t, o), 100)
	if _, err := store.Backup(t.Context(), o, backupOptions, full); err == nil {
		t.Error("a full disk was not told of")
	}
}

var backupOptions = store.BackupOptions{Now: now, Program: "v0"}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func backUp(t testing.TB, o store.Options) []byte {
	t.Helper()
	var buf bytes.Buffer
	if _, err := store.Backup(t.Context(), o, backupOptions, &buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func restore(t testing.TB, o store.Options, file []byte) store.Restored {
	t.Helper()
	r, err := store.Restore(
		t.Context(),
		o,
		bytes.NewReader(file),
		store.RestoreOptions{Now: now, Resend: 10 * time.Minute},
	)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func countRows(t testing.TB, file []byte) map[string]int {
	t.Helper()
	a, err := archive.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for a.NextTable() {
	}
	if err := a.Err(); err != nil {
		t.Fatal(err)
	}
	return a.Rows()
}

// populate puts rows into every table that the store's methods fill, and then one into each table that is still empty,
// so that a table of a later migration is tried as well.
func populate(t *testing.T, s *store.Store) {
	t.Helper()
	track(t, s, deadline("air-quality@2018-09"), hourDeadline("recall@e0123456789"))
	promiseMore(t, s, "populated")
	if err := s.IssueFeeds(
		t.Context(),
		[]scheduler.Feed{{Unit: "县环保局", Number: 1, Serial: "A", Issued: now}},
	); err != nil {
		t.Fatal(err)
	}
	m := begin(t, s, "daemon", now)
	if err := s.Settle(t.Context(), []notify.Delivery{delivered(m, notify.Sent, time.Time{})}); err != nil {
		t.Fatal(err)
	}
	for table, rows := range contents(t, s) {
		if len(rows) == 0 {
			insertAny(t, s, table)
		}
	}
	insertAny(t, s, "daemons")
}

// insertAny inserts a row of made-up values: ids of rows that are there, and texts that are as long as they may be in a
// CHAR(64).
func insertAny(t *testing.T, s *store.Store, table string) {
	t.Helper()
	columns := columnsOf(t, s, table)
	values := make([]any, len(columns))
	for i, c := range columns {
		switch {
		case c == "id" || strings.HasSuffix(c, "_id"):
			values[i] = 1
		case c == "digest":
			values[i] = strings.Repeat("a", 64)
		case isInteger(t, s, table, c):
			values[i] = 100
		default:
			values[i] = "𠮷🕘" + strings.Repeat("期", 8)
		}
	}
	query := fmt.Sprintf(
		"INSERT INTO %s (%s) VALUES (?%s)",
		table,
		strings.Join(columns, ", "),
		strings.Repeat(", ?", len(columns)-1),
	)
	if _, err := s.SQL().ExecContext(t.Context(), query, values...); err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

func isInteger(t *testing.T, s *store.Store, table, column string) bool {
	t.Helper()
	rows, err := s.SQL().QueryContext(t.Context(), "SELECT "+column+" FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	types, err := rows.ColumnTypes()
	if err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	return strings.Contains(types[0].DatabaseTypeName(), "INT")
}

// promiseMore promises one message with a key of its own.
func promiseMore(t *testing.T, s *store.Store, key string) {
	t.Helper()
	if ok, err := s.Promise(
		t.Context(),
		now,
		scheduler.Promise{Messages: []notify.Message{message(key)}},
	); !ok ||
		err != nil {
		t.Fatalf("promised %t, %v", ok, err)
	}
}

// tablesOf returns the tables of a database, but for the store's own book of migrations.
func tablesOf(t testing.TB, s *store.Store) []string {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
	if _, err := s.SQL().ExecContext(t.Context(), query); err != nil {
		query = "SHOW TABLES"
	}
	rows, err := s.SQL().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name != "schema_migrations" {
			names = append(names, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

func columnsOf(t testing.TB, s *store.Store, table string) []string {
	t.Helper()
	rows, err := s.SQL().QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	slices.Sort(columns)
	return columns
}

// contents returns every row of every table: what stands in each column, as text. Fences may only grow, so they are
// left out.
func contents(t testing.TB, s *store.Store) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range tablesOf(t, s) {
		all[table] = rowsOf(t, s, table)
	}
	delete(all, "daemons") // who was at work is not brought back
	return all
}

func rowsOf(t testing.TB, s *store.Store, table string) []string {
	t.Helper()
	columns := slices.DeleteFunc(columnsOf(t, s, table), func(c string) bool { return c == "fence" })
	rows, err := s.SQL().QueryContext(t.Context(), "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	list := []string{}
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, v := range values {
			row[columns[i]] = fmt.Sprintf("%q %t", v.String, v.Valid)
		}
		var b strings.Builder
		for _, c := range slices.Sorted(maps.Keys(row)) {
			fmt.Fprintf(&b, "%s=%s ", c, row[c])
		}
		list = append(list, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
