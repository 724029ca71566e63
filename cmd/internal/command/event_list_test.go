package command

import "testing"

// TestRecorder names who has recorded something as the office reads it.
func TestRecorder(t *testing.T) {
	for by, want := range map[string]string{
		"cli": "命令行", "mail:县环保局": "县环保局回信", "web:县环保局": "县环保局网页", "office:值班": "值班网页", "root": "root",
	} {
		if got := recorder(by); got != want {
			t.Errorf("recorder(%q) = %q, want %q", by, got, want)
		}
	}
}
