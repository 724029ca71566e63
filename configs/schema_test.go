package configs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// TestSchema holds the schemas to the loader: the shipped files pass, and every bad file that the loader refuses for
// its shape fails.
func TestSchema(t *testing.T) {
	config := compile(t, "schema/config.schema.json")
	contacts := compile(t, "schema/contacts.schema.json")
	if err := validate(t, config, "qixian.yaml"); err != nil {
		t.Error(err)
	}
	if err := validate(t, contacts, "contacts.yaml"); err != nil {
		t.Error(err)
	}
	accounts := compile(t, "schema/accounts.schema.json")
	for text, good := range map[string]bool{"accounts: {甲: $argon2id$v=19$x}\n": true, "accounts: {甲: hunter2}\n": false, "acounts: {}\n": false} {
		path := filepath.Join(t.TempDir(), "accounts.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, accounts, path); good != (err == nil) {
			t.Errorf("%q: the schema says %v", text, err)
		}
	}
	// What a schema cannot see: relations between values, the file system, YAML's own constructs.
	unseen := []string{
		"hours",
		"hours-to-midnight",
		"password-without-tls",
		"inbox-in-the-clear",
		"dsn-with-sqlite",
		"overrides-missing",
		"anchor",
		"dsn-with-password",
		"dsn-url",
		"ping-user",
		"smtp-in-the-clear",
	}
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		schema := config
		if strings.HasPrefix(name, "contacts-") {
			schema = contacts
		}
		err := validate(t, schema, file)
		if sees := !strings.Contains(strings.Join(unseen, " "), name); sees != (err != nil) {
			t.Errorf("%s: the schema says %v", file, err)
		}
	}
}

func compile(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, path string) error {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}
