package compose_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/notify/compose"
)

var update = flag.Bool("update", false, "write the golden mails")

func newComposer(t testing.TB) *compose.Composer {
	t.Helper()
	c, err := compose.New(compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mail(t testing.TB, c *compose.Composer, l compose.Letter) compose.Mail {
	t.Helper()
	m, err := c.Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGolden holds every kind and mixture of letter against the mail that was last read and found good.
func TestGolden(t *testing.T) {
	c := newComposer(t)
	for name, l := range letters() {
		t.Run(name, func(t *testing.T) {
			m := mail(t, c, l)
			golden(t, name+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
			golden(t, name+".html", m.HTML)
		})
	}
	files, err := filepath.Glob("testdata/golden/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := letters()[strings.TrimSuffix(filepath.Base(f), filepath.Ext(f))]; !ok {
			t.Errorf("%s belongs to no letter", f)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
