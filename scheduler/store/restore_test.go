package store_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
	"qixian/scheduler/store"
	"qixian/scheduler/store/archive"
	"qixian/scheduler/store/storetest"
)

// TestRestoreOlder holds that a backup of every schema there has been is restored, and is of the newest then.
func TestRestoreOlder(t *testing.T) {
	directions(t, func(t *testing.T, from, to store.Options) {
		old := store.OpenAt(t, from, 1)
		parents := []string{"deadlines", "messages"}
		for _, table := range slices.Concat(parents, slices.DeleteFunc(tablesOf(t, old), func(n string) bool { return slices.Contains(parents, n) })) {
			insertAny(t, old, table)
		}
		before := contents(t, old)
		r := restore(t, to, backUp(t, from))
		s := storetest.Reopen(t, to)
		newest := s.SchemaVersion(t.Context())
		if r.Header.Schema != 1 || newest < 2 {
			t.Errorf("a backup of schema %d was made one of %d", r.Header.Schema, newest)
		}
		for table := range before {
			if n := len(rowsOf(t, s, table)); n != 1 || r.Rows[table] != 1 {
				t.Errorf("%d rows of %s after, %d counted, 1 before", n, table, r.Rows[table])
			}
		}
		if got := storetest.Reopen(t, to).SchemaVersion(t.Context()); got != newest {
			t.Errorf("schema %d, then %d", newest, got)
		}
	})
}

// TestRestoreFrees holds what becomes of messages that were in a daemon's hands, and that this daemon, if it lives on,
// can do nothing more about them here.
func TestRestoreFrees(t *testing.T) {
	directions(t, func(t *testing.T, from, to store.Options) {
		source := storetest.Reopen(t, from)
		promise(t, source, 5)
		claimed := claim(t, source, "daemon", now)
		first := begin(t, source, "daemon", now)
		again := begin(t, source, "daemon", now)
		if err := source.Settle(t.Context(), []notify.Delivery{delivered(again, notify.Uncertain, now)}); err != nil {
			t.Fatal(err)
		}
		second := begin(t, source, "daemon", now) // the resend of the one before, or another
		uncertain := second.ID
		for second.ID != again.ID {
			second = begin(t, source, "daemon", now)
		}
		before := contents(t, source)["messages"]
		file := backUp(t, from)
		if diff := cmp.Diff(before, contents(t, source)["messages"]); diff != "" {
			t.Errorf("the backup has changed the database:\n%s", diff)
		}

		r := restore(t, to, file)
		s := storetest.Reopen(t, to)
		begun := 2
		if uncertain != again.ID {
			begun = strings.Count(strings.Join(before, "\n"), `state="sending"`)
		}
		if r.Uncertain != begun {
			t.Errorf("%d uncertain, want %d", r.Uncertain, begun)
		}
		if held, err := s.Held(t.Context()); err != nil || len(held) > 0 {
			t.Errorf("held is %v, %v", held, err)
		}
		want := contents(t, s)
		// The daemon that had them when the backup was taken knows neither better nor worse.
		for _, m := range []notify.Message{claimed, first, second} {
			if ms, err := s.Begin(t.Context(), now, nil, []notify.Message{m}); err != nil || len(ms) > 0 {
				t.Errorf("it began %v, %v", ms, err)
			}
			if err := s.Settle(t.Context(), []notify.Delivery{{Message: m, NextAt: now.AddDate(1, 0, 0)}}); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(want, contents(t, s)); diff != "" {
			t.Errorf("it has changed (-restored +then):\n%s", diff)
		}
		if got := claim(t, s, "new", now); got.ID != claimed.ID || got.Fence <= claimed.Fence {
			t.Errorf(
				"claimed anew: message %d with fence %d; it was %d with %d",
				got.ID,
				got.Fence,
				claimed.ID,
				claimed.Fence,
			)
		}
		ms, err := s.Claim(t.Context(), "new", now.Add(10*time.Minute), 10)
		if err != nil ||
			!slices.ContainsFunc(
				ms,
				func(m notify.Message) bool { return m.ID == first.ID && m.Uncertain && m.MessageID == first.MessageID },
			) {
			t.Errorf("the one that was being sent is not sent once more: %v, %v", ms, err)
		}
		if n := counts(t, s)["uncertain"]; n != 1 {
			t.Errorf("%d are uncertain for good, want the one that was being sent again", n)
		}
	})
}

// TestRestoreIDs holds that no new message has an id that one had after the backup, which a daemon from then might
// settle.
func TestRestoreIDs(t *testing.T) {
	from, to := storetest.Options(t, store.SQLite), storetest.Options(t, store.MySQL)
	source := storetest.Reopen(t, from)
	promise(t, source, 3)
	file := backUp(t, from)
	promiseMore(t, source, "more")
	restore(t, to, file)
	s := storetest.Reopen(t, to)
	promiseMore(t, s, "more")
	ms, err := s.Claim(t.Context(), "new", now, 10)
	if err != nil || len(ms) != 4 || ms[3].ID < 1000 {
		t.Errorf("claimed %v, %v", ms, err)
	}
}

// TestRestoreRefuses holds that a restore is all or nothing, and that what is there is left alone.
func TestRestoreRefuses(t *testing.T) {
	full := storetest.Options(t, store.SQLite)
	populate(t, storetest.Reopen(t, full))
	whole := backUp(t, full)
	lines := unzip(t, whole)

	tests := map[string]struct {
		file []byte
		want string
	}{
		"cut off": {whole[:len(whole)-1], "cut off"},
		"changed": {zip(t, strings.Replace(lines, "air-quality", "air-qualiti", 1)), "digest"},
		"of a later schema": {
			rewrite(t, whole, func(h *archive.Header, _ *archive.Table, _ []any) { h.Schema = 9999 }),
			"install the qixian that wrote it",
		},
		"a table too many": {rewrite(t, whole, func(_ *archive.Header, t *archive.Table, _ []any) {
			if t.Name == "audit" {
				t.Name = "sqlite_sequence"
			}
		}), "has a table sqlite_sequence, which schema version"},
		"another column": {rewrite(t, whole, func(_ *archive.Header, t *archive.Table, _ []any) {
			if t.Name == "audit" {
				t.Columns[1] = "password"
			}
		}), "columns of table audit that are not those"},
		"a column twice": {rewrite(t, whole, func(_ *archive.Header, t *archive.Table, _ []any) {
			if t.Name == "audit" {
				t.Columns[1] = t.Columns[0]
			}
		}), "columns of table audit that are not those"},
		"a table missing": {rewrite(t, whole, func(_ *archive.Header, t *archive.Table, _ []any) {
			if t.Name == "settings" {
				t.Name = ""
			}
		}), "of the"},
		"no such deadline": {rewrite(t, whole, func(_ *archive.Header, t *archive.Table, row []any) {
			if i := slices.Index(t.Columns, "deadline_id"); i >= 0 && row != nil && t.Name == "reminders" {
				row[i] = int64(99)
			}
		}), "fill table reminders: rows 1 to 4"},
		"a text for a number": {rewrite(t, whole, func(_ *archive.Header, t *archive.Table, row []any) {
			if i := slices.Index(t.Columns, "recorded_at"); i >= 0 && row != nil {
				row[i] = "'); DROP TABLE audit; --"
			}
		}), "fill table"},
		"null": {rewrite(t, whole, func(_ *archive.Header, _ *archive.Table, row []any) {
			if row != nil {
				row[len(row)-1] = nil
			}
		}), "fill table"},
		"too long": {rewrite(t, whole, func(_ *archive.Header, t *archive.Table, row []any) {
			if i := slices.Index(t.Columns, "message_key"); i >= 0 && row != nil {
				row[i] = strings.Repeat("期", 513)
			}
		}), "fill table"},
	}
	storetest.Each(t, func(t *testing.T, driver string) {
		o := storetest.Options(t, driver)
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				_, err := store.Restore(
					t.Context(),
					o,
					bytes.NewReader(tt.file),
					store.RestoreOptions{Now: now, Resend: time.Minute},
				)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("restored with %v, want %q", err, tt.want)
				}
				for table, rows := range contents(t, storetest.Reopen(t, o)) {
					if len(rows) > 0 {
						t.Errorf("%d rows of %s are left behind", len(rows), table)
					}
				}
			})
		}
		restore(t, o, whole) // after all of that it can still be
		if _, err := store.Restore(
			t.Context(),
			o,
			bytes.NewReader(whole),
			store.RestoreOptions{Now: now, Resend: time.Minute},
		); err == nil ||
			!strings.Contains(err.Error(),
				"it is not empty: there are rows in addresses, audit") {
			t.Errorf("restored a second time with %v", err)
		}
		old := storetest.Options(t, driver)
		store.OpenAt(t, old, 1)
		if _, err := store.Restore(
			t.Context(),
			old,
			bytes.NewReader(whole),
			store.RestoreOptions{Now: now, Resend: time.Minute},
		); err == nil ||
			!strings.Contains(err.Error(), "name a database without tables") {
			t.Errorf("restored over another schema with %v", err)
		}
	})
}

// FuzzRestore restores what somebody may have put into a backup: it is refused, and nothing is there, or it is there as
// it stood.
func FuzzRestore(f *testing.F) {
	source := storetest.Options(f, store.SQLite)
	s := storetest.Reopen(f, source)
	if err := s.SetSetting(f.Context(), "name", "value"); err != nil {
		f.Fatal(err)
	}
	whole := backUp(f, source)
	f.Add("settings", "name", "'); DROP TABLE settings; --", int64(0))
	f.Add("deadlines\"", "id\" --", "\x00\xff🕘", int64(-1))
	f.Add("sqlite_master", "sql", "", int64(1))
	f.Fuzz(func(t *testing.T, table, column, text string, number int64) {
		file, ok := forge(t, whole, table, column, text, number)
		if !ok {
			return
		}
		o := storetest.Options(t, store.SQLite)
		_, err := store.Restore(
			t.Context(),
			o,
			bytes.NewReader(file),
			store.RestoreOptions{Now: now, Resend: time.Minute},
		)
		target := storetest.Reopen(t, o)
		if got := tablesOf(t, target); !slices.Equal(got, tablesOf(t, s)) {
			t.Fatalf("the tables are %v", got)
		}
		got, readErr := target.Setting(t.Context(), "name")
		if readErr != nil {
			t.Fatal(readErr)
		}
		if err != nil && got != "" || err == nil && utf8.ValidString(text) && got != text {
			t.Errorf("restored %q as %q, %v", text, got, err)
		}
	})
}

// forge writes an archive of one setting with a text of somebody's, once more under a table and a column of his, or
// says that no writer would.
func forge(t *testing.T, whole []byte, table, column, text string, number int64) ([]byte, bool) {
	t.Helper()
	a, err := archive.NewReader(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w, err := archive.NewWriter(&buf, a.Header)
	if err != nil {
		t.Fatal(err)
	}
	for a.NextTable() {
		err := w.Table(a.Table())
		if a.Table().Name == "settings" {
			err = errors.Join(err, w.Row([]any{"name", text}))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if number != 0 {
		if w.Table(archive.Table{Name: table, Columns: []string{column}}) != nil || w.Row([]any{number}) != nil {
			return nil, false
		}
	}
	if err := errors.Join(a.Err(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), true
}

// rewrite reads an archive and writes it again, its digest and counts right, with what change makes of its header,
// tables and rows. A table whose name it takes away is left out.
func rewrite(t testing.TB, file []byte, change func(h *archive.Header, table *archive.Table, row []any)) []byte {
	t.Helper()
	a, err := archive.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	header := a.Header
	change(&header, &archive.Table{}, nil)
	var buf bytes.Buffer
	w, err := archive.NewWriter(&buf, header)
	if err != nil {
		t.Fatal(err)
	}
	for a.NextTable() {
		table := a.Table()
		change(&header, &table, nil)
		if table.Name == "" {
			continue
		}
		if err := w.Table(table); err != nil {
			t.Fatal(err)
		}
		for a.NextRow() {
			row := a.Row()
			change(&header, &table, row)
			if err := w.Row(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := a.Err(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func unzip(t testing.TB, file []byte) string {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(gz)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	if _, err := io.WriteString(gz, text); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
