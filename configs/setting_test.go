package configs

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"qixian/rules/document"
)

// TestSettingsAreTheSchemas holds that the schema, the settings and the fields of Config are the same keys.
func TestSettingsAreTheSchemas(t *testing.T) {
	c := Default("state")
	var keys []string
	listed := map[any]bool{}
	for _, s := range c.settings() {
		keys = append(keys, s.key)
		listed[s.value] = true
	}
	slices.Sort(keys)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(schemaDefaults(t))), keys); diff != "" {
		t.Errorf("(-schema +settings):\n%s", diff)
	}
	var walk func(string, reflect.Value)
	walk = func(name string, v reflect.Value) {
		for i := range v.NumField() {
			f, name := v.Field(i), name+"."+v.Type().Field(i).Name
			switch {
			case f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[document.Position]():
				walk(name, f)
			case !listed[f.Addr().Interface()] && !slices.Contains([]string{".File", ".Places", ".TableYearsAt", ".Web.TrustedProxiesAt"}, name):
				t.Errorf("the field %s is no setting", name)
			}
		}
	}
	walk("", reflect.ValueOf(&c).Elem())
}

// schemaDefaults returns every key of the configuration's schema that holds a value, with its default as JSON.
func schemaDefaults(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("schema/config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	var walk func(string, json.RawMessage)
	walk = func(prefix string, raw json.RawMessage) {
		var n struct {
			Properties map[string]json.RawMessage
			Default    json.RawMessage
		}
		if err := json.Unmarshal(raw, &n); err != nil {
			t.Fatal(err)
		}
		if n.Properties == nil {
			keys[strings.TrimPrefix(prefix, ".")] = string(n.Default)
		}
		for name, child := range n.Properties {
			walk(prefix+"."+name, child)
		}
	}
	walk("", text)
	return keys
}

// TestExampleShowsEveryKey holds that the example shows every key of the schema, behind a # or not, and what its
// default is.
func TestExampleShowsEveryKey(t *testing.T) {
	shown, schema := exampleValues(t), schemaDefaults(t)
	want := Default("/var/lib/qixian")
	want.ResolveState()
	for _, s := range want.settings() {
		value, ok := shown[s.key]
		if !ok {
			t.Errorf("%s is not shown", s.key)
			continue
		}
		is := reflect.ValueOf(s.value).Elem()
		if is.IsZero() && is.Kind() != reflect.Bool {
			continue // there is no default: what is shown is an example
		}
		for _, text := range []string{value, schema[s.key]} {
			if text != "" && !reflect.DeepEqual(loadKey(t, s.key, text, want.StateDir), is.Interface()) {
				t.Errorf("%s: %s is shown, the default is %v", s.key, text, is)
			}
		}
	}
}

// loadKey returns what the loader makes of one key's value.
func loadKey(t *testing.T, key, text, stateDir string) any {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qixian.yaml")
	for _, part := range slices.Backward(strings.Split(key, ".")) {
		text = fmt.Sprintf("{%s: %s}", part, text)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := Load(path, stateDir) // one key alone may want others beside it
	for _, s := range c.settings() {
		if s.key == key {
			return reflect.ValueOf(s.value).Elem().Interface()
		}
	}
	return nil
}

var exampleLine = regexp.MustCompile(`^( *)(?:# )?( *)([a-z_]+):(?: +(.*))?$`)

// exampleValues returns the values that the example shows, the first of each key, as YAML.
func exampleValues(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("qixian.yaml")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	var path []string
	var indents []int
	for line := range strings.Lines(string(text)) {
		m := exampleLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		indent := len(m[1]) + len(m[2])
		for len(indents) > 0 && indents[len(indents)-1] >= indent {
			indents, path = indents[:len(indents)-1], path[:len(path)-1]
		}
		indents, path = append(indents, indent), append(path, m[3])
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(m[4]), &n); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if len(n.Content) > 0 {
			addValues(values, strings.Join(path, "."), n.Content[0])
		}
	}
	return values
}

func addValues(values map[string]string, key string, n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			addValues(values, key+"."+n.Content[i].Value, n.Content[i+1])
		}
		return
	}
	if text, err := yaml.Marshal(n); err == nil && values[key] == "" {
		values[key] = strings.TrimSpace(strings.Split(string(text), "#")[0])
	}
}
