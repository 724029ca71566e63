package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// TestMetronomeOutlivesAPanic holds that a tick that breaks off is not the last one.
func TestMetronomeOutlivesAPanic(t *testing.T) {
	ticks := 0
	beat, err := metronome(slog.New(slog.DiscardHandler), func() {
		if ticks++; ticks == 1 {
			panic("one bad letter")
		}
	}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		beat.Entries()[0].WrappedJob.Run()
	}
	if ticks != 5 {
		t.Errorf("%d of 5 ticks ran", ticks)
	}
}

// TestOfficeByAlias holds that the office has its address under whichever of its names it is configured.
func TestOfficeByAlias(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"overrides.d/a.yaml": "units: {县政府办公室: {aliases: [县府办]}}\n",
		"contacts.yaml":      "contacts: {县政府办公室: [office@example.invalid]}\n",
		"qixian.yaml":        "office: 县府办\noverrides: overrides.d\ncontacts: contacts.yaml\nmail: {transport: smtp, smtp: {host: mail.example.invalid}}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, err := Load(Source{ConfigFile: filepath.Join(dir, "qixian.yaml"), StateDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := in.Plan.Contacts.Addresses(in.Config.Office); len(got) != 1 {
		t.Errorf("the office has the addresses %v", got)
	}
}

// TestOwner holds that a state directory has one owner name for good, and no two have the same.
func TestOwner(t *testing.T) {
	dir := t.TempDir()
	first, err := owner(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := owner(dir); err != nil || again != first {
		t.Errorf("%q, then %q, %v", first, again, err)
	}
	if other, err := owner(t.TempDir()); err != nil || other == first {
		t.Errorf("two directories are both %q, %v", other, err)
	}
}
