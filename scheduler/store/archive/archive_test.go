package archive_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qixian/scheduler/store/archive"
)

var head = archive.Header{
	Schema:  3,
	Driver:  "sqlite",
	Program: "v1.2.0",
	At:      time.Date(2018, time.September, 21, 9, 0, 0, 0, time.FixedZone("", 8*60*60)),
}

// content is what an archive holds: each table with its rows.
type content struct {
	Table archive.Table
	Rows  [][]any
}

var sample = []content{
	{
		archive.Table{Name: "deadlines", Columns: []string{"id", "title"}},
		[][]any{
			{
				int64(1),
				"环境空气质量状况 🕘 𠮷",
			},
			{int64(math.MaxInt64), "<a> \"\\\n\r\t\x00\u2028"},
			{int64(math.MinInt64), nil},
			{int64(0), ""},
		},
	},
	{archive.Table{Name: "audit", Columns: []string{"id"}}, nil},
	{archive.Table{Name: "settings", Columns: []string{"name", "value"}}, [][]any{{"a", "b"}}},
}

func write(t testing.TB, tables []content) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := archive.NewWriter(&buf, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range tables {
		if err := w.Table(c.Table); err != nil {
			t.Fatal(err)
		}
		for _, r := range c.Rows {
			if err := w.Row(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func read(r io.Reader) (archive.Header, []content, error) {
	a, err := archive.NewReader(r)
	if err != nil {
		return archive.Header{}, nil, err
	}
	var tables []content
	for a.NextTable() {
		c := content{Table: a.Table()}
		for a.NextRow() {
			c.Rows = append(c.Rows, a.Row())
		}
		tables = append(tables, c)
	}
	return a.Header, tables, a.Err()
}

func TestRoundTrip(t *testing.T) {
	h, got, err := read(bytes.NewReader(write(t, sample)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample, got); diff != "" {
		t.Errorf("tables (-written +read):\n%s", diff)
	}
	if diff := cmp.Diff(head, h); diff != "" {
		t.Errorf("header (-written +read):\n%s", diff)
	}
}

// TestNotUTF8 holds that bytes which are no text do not end a backup.
func TestNotUTF8(t *testing.T) {
	table := archive.Table{Name: "deliveries", Columns: []string{"reply"}}
	_, got, err := read(bytes.NewReader(write(t, []content{{table, [][]any{{"550 \xd3\xff\xa7"}}}})))
	if err != nil || got[0].Rows[0][0] != "550 \ufffd\ufffd\ufffd" {
		t.Errorf("read %v, %v", got, err)
	}
}

// TestSkipRows holds that what a reader of tables alone passes over is checked all the same.
func TestSkipRows(t *testing.T) {
	a, err := archive.NewReader(bytes.NewReader(write(t, sample)))
	if err != nil {
		t.Fatal(err)
	}
	for a.NextTable() {
	}
	if err := a.Err(); err != nil || a.Rows()["deadlines"] != 4 {
		t.Errorf("%v rows, %v", a.Rows(), err)
	}
}

// TestCutOff holds that no beginning of an archive is taken for one, nor one in which a bit has changed.
func TestCutOff(t *testing.T) {
	whole := write(t, sample)
	for n := range whole {
		if _, _, err := read(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("the first %d of %d bytes were taken for a whole archive", n, len(whole))
		}
	}
	for i := 10; i < len(whole); i++ { // the first ten are a gzip header, whose time and system say nothing
		changed := bytes.Clone(whole)
		changed[i] ^= 0x10
		h, got, err := read(bytes.NewReader(changed))
		if err == nil && (!cmp.Equal(h, head) || !cmp.Equal(got, sample)) {
			t.Errorf("byte %d was changed, and other content read", i)
		}
	}
}

// TestReadRefuses reads lines that nobody honest has written.
func TestReadRefuses(t *testing.T) {
	const (
		top  = `{"archive":"qixian","format":1,"schema":1}` + "\n"
		body = top + `{"table":"audit","columns":["id","action"]}` + "\n"
	)
	tests := map[string]struct{ lines, want string }{
		"nothing":      {"", "cut off"},
		"another file": {`{"name":"something"}` + "\n", "no backup of qixian"},
		"no JSON":      {"name,value\n", "no backup of qixian"},
		"a later format": {
			`{"archive":"qixian","format":2,"program":"v9","more":[]}` + "\n",
			`it has format 2, and this program reads format 1: use the qixian that wrote it, "v9"`,
		},
		"no end":        {body + "[1,\"a\"]\n", "cut off"},
		"half a line":   {body + "[1,\"a\"", "cut off"},
		"an empty line": {body + "\n", "line 3: an empty line"},
		"SQL for a name": {
			top + `{"table":"audit; DROP TABLE audit","columns":["id"]}` + "\n",
			"line 2: what a table is called is no name",
		},
		"SQL for columns": {
			top + `{"table":"audit","columns":["id\") VALUES (1); --"]}` + "\n",
			"a column of table audit is called is no name",
		},
		"no columns":      {top + `{"table":"audit","columns":[]}` + "\n", "0 columns"},
		"twice":           {body + `{"table":"audit","columns":["id","action"]}` + "\n", "again"},
		"unknown key":     {top + `{"table":"audit","columns":["id"],"where":"1=1"}` + "\n", "unknown field"},
		"rows of nothing": {top + "[1,2]\n", "line 2"},
		"too few":         {body + "[1]\n", "line 3: 1 values for 2 columns"},
		"too many":        {body + "[1,\"a\",3]\n", "more than 2 values"},
		"a fraction":      {body + "[1.5,\"a\"]\n", "no whole number"},
		"a giant number":  {body + "[9223372036854775808,\"a\"]\n", "no whole number"},
		"a truth":         {body + "[true,\"a\"]\n", "neither a whole number nor a text"},
		"nested":          {body + "[1,[\"a\"]]\n", "neither a whole number nor a text"},
		"deep":            {body + strings.Repeat("[", 1_000_000) + "\n", "neither a whole number nor a text"},
		"two rows a line": {body + "[1,\"a\"][2,\"b\"]\n", "something follows"},
		"a long head": {
			top + `{"table":"audit","columns":["` + strings.Repeat("a", 2<<20) + `"]}` + "\n",
			"too long",
		},
		"a wrong digest": {body + `{"end":{"rows":{"audit":0},"sha256":"00"}}` + "\n", "digest"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(bytes.NewReader(zip(t, []byte(tt.lines))))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	if _, _, err := read(
		strings.NewReader("plain text"),
	); err == nil ||
		!strings.Contains(err.Error(), "no backup of qixian") {
		t.Errorf("plain text: %v", err)
	}
	if _, _, err := read(
		bytes.NewReader(append(write(t, sample), 'x')),
	); err == nil ||
		!strings.Contains(err.Error(), "something follows its end") {
		t.Errorf("something behind it: %v", err)
	}
}

// endless is a gzip stream that is not compressed and never ends: what is read of it is what would be unpacked.
type endless struct {
	head, again []byte
	read        int
}

func newEndless(t *testing.T, head, again string) *endless {
	t.Helper()
	var buf bytes.Buffer
	gz, err := gzip.NewWriterLevel(&buf, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	stored := func(text string) []byte {
		buf.Reset()
		if _, err := io.WriteString(gz, text); err != nil {
			t.Fatal(err)
		}
		if err := gz.Flush(); err != nil {
			t.Fatal(err)
		}
		return bytes.Clone(buf.Bytes())
	}
	return &endless{head: stored(head), again: stored(strings.Repeat(again, 1<<15/len(again)))}
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.head) == 0 {
		e.head = e.again
	}
	n := copy(p, e.head)
	e.head, e.read = e.head[n:], e.read+n
	return n, nil
}

// TestBomb holds that what is longer than it can be is refused within 1 MiB of its bound and in less than 64 MiB of
// memory, however much more there would be.
func TestBomb(t *testing.T) {
	const (
		top   = `{"archive":"qixian","format":1,"schema":1}` + "\n"
		table = top + `{"table":"audit","columns":["id","action"]}` + "\n"
	)
	tests := map[string]struct {
		head, again string
		bound       int
		want        string
	}{
		"zeros":                     {"", "\x00", 1 << 20, "no backup of qixian"},
		"a header":                  {`{"archive":"`, "a", 1 << 20, "no backup of qixian"},
		"a deep header":             {`{"archive":`, "[", 1 << 20, "no backup of qixian"},
		"a table's head":            {top + `{"table":"`, "a", 1 << 20, "too long"},
		"columns":                   {top + `{"table":"audit","columns":["id"`, `,"id"`, 1 << 20, "too long"},
		"a deep table":              {top + `{"table":`, "[", 1 << 20, "too long"},
		"an end":                    {table + `{"end":{"rows":{"audit":0`, ` `, 1 << 20, "too long"},
		"a row's text":              {table + `[1,"`, "a", 16 << 20, "longer than 16 MiB"},
		"a row's number":            {table + `[1`, "1", 16 << 20, "longer than 16 MiB"},
		"a row's values":            {table + `[1`, ",1", 16 << 20, "longer than 16 MiB"},
		"a deep row":                {table, "[", 16 << 20, "longer than 16 MiB"},
		"tables without a row":      {top, "{\"table\":\"a\",\"columns\":[\"id\"]}\n", 0, "again"},
		"something behind the end":  {string(unzip(t, write(t, sample))), "a", 0, "something follows its end"},
		"empty lines, no end to it": {table, "\n", 0, "an empty line"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bomb := newEndless(t, tt.head, tt.again)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := read(bomb)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if over := bomb.read - tt.bound; over > 1<<20 {
				t.Errorf("%d bytes were read, %d over the bound", bomb.read, over)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken >= 64<<20 {
				t.Errorf("%d MiB of memory were taken", taken>>20)
			}
		})
	}
}

// TestLongestRow holds that a row as long as one can be comes back, and takes its line and its text, once each.
func TestLongestRow(t *testing.T) {
	table := archive.Table{Name: "bodies", Columns: []string{"attachments"}}
	text := strings.Repeat("a", 16<<20-len("[\"\"]\n"))
	file := write(t, []content{{table, [][]any{{text}}}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, got, err := read(bytes.NewReader(file))
	runtime.ReadMemStats(&after)
	if err != nil || got[0].Rows[0][0] != text {
		t.Fatalf("not read: %v", err)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken >= 64<<20 {
		t.Errorf("%d MiB of memory were taken", taken>>20)
	}
}

func TestWriteRefuses(t *testing.T) {
	w, err := archive.NewWriter(io.Discard, head)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Row(nil); err == nil {
		t.Error("a row of no table was written")
	}
	if err := w.Table(archive.Table{Name: "sqlite master", Columns: []string{"id"}}); err == nil {
		t.Error("a table with a space was written")
	}
	if err := w.Table(archive.Table{Name: "audit", Columns: []string{"id"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Table(archive.Table{Name: "audit", Columns: []string{"id"}}); err == nil {
		t.Error("a table was written twice")
	}
	for _, row := range [][]any{{}, {int64(1), int64(2)}, {1.5}, {[]byte("a")}, {1}, {true}} {
		if err := w.Row(row); err == nil {
			t.Errorf("%v was written", row)
		}
	}
	if err := w.Row([]any{strings.Repeat("a", 65<<20)}); err == nil {
		t.Error("a row was written that would not be read")
	}
	broken, err := archive.NewWriter(full{}, head)
	if err == nil {
		err = broken.Close()
	}
	if !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func zip(t testing.TB, text []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	if _, err := gz.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func unzip(t testing.TB, file []byte) []byte {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(gz)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// FuzzRead holds that a reader ends on whatever it is given, and that the rows it hands out, up to a fault, can be
// written and read again.
func FuzzRead(f *testing.F) {
	f.Add(unzip(f, write(f, sample)))
	f.Add(
		[]byte(
			`{"archive":"qixian","format":1}` + "\n" + `{"table":"a","columns":["b"]}` + "\n[null]\n[[[[[[1]]]]]]\n[1e9]\n[-0]\n",
		),
	)
	f.Add([]byte(`{"archive":"qixian","format":1}` + "\n" + `{"end":{"rows":{},"sha256":"b3e7"}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _, _ = read(bytes.NewReader(text))
		_, got, _ := read(bytes.NewReader(zip(t, text)))
		_, again, err := read(bytes.NewReader(write(t, got)))
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("read %v, and again %v, %v", got, again, err)
		}
	})
}
