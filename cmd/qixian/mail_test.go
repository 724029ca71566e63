package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMailTestNamesItsReader addresses a test mail to the unit whose address it is, or to the address alone, and not to
// a unit it does not concern.
func TestMailTestNamesItsReader(t *testing.T) {
	dir := t.TempDir()
	write(
		t,
		filepath.Join(dir, "contacts.yaml"),
		"contacts:\n  县环保局: [hbj@example.invalid]\n  县政府办公室: [office@example.invalid]\n",
	)
	write(t, filepath.Join(dir, "qixian.yaml"), "contacts: contacts.yaml\nmail: {transport: maildir}\n")
	for address, want := range map[string]string{"HBJ@example.invalid": "县环保局", "office@example.invalid": "县政府办公室", "somebody@example.invalid": "somebody@example.invalid"} {
		must(t, dir, "mail", "test", address, "--config", "qixian.yaml")
		box := filepath.Join(dir, "qixian-data", "mail", "new")
		names := list(box)
		if len(names) != 1 {
			t.Fatalf("mails: %v", names)
		}
		path := filepath.Join(box, names[0])
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if text := textOf(
			t,
			raw,
		); !strings.Contains(text, "发给"+want) ||
			want != "县政府办公室" && strings.HasPrefix(text, "县政府办公室：") {
			t.Errorf("to %s:\n%s", address, text)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
