package document_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/rules/document"
)

func TestProblemsStandInOrderAndOnce(t *testing.T) {
	var ps document.Problems
	if ps.Err() != nil {
		t.Error("no problems are an error")
	}
	ps.Add(document.Position{File: "b.yaml", Line: 2, Col: 1}, "second")
	ps.Add(document.Position{File: "b.yaml", Line: 1, Col: 9}, "wants %d", 3)
	ps.Add(document.Position{File: "b.yaml", Line: 1, Col: 3}, "z")
	ps.Add(document.Position{File: "b.yaml", Line: 1, Col: 3}, "a")
	ps.Add(document.Position{File: "b.yaml", Line: 1, Col: 3}, "z")
	ps.Add(document.Position{File: "a.yaml"}, "the whole file")
	err := fmt.Errorf("load: %w", ps.Err())
	want := "load: a.yaml: the whole file\nb.yaml:1:3: a\nb.yaml:1:3: z\nb.yaml:1:9: wants 3\nb.yaml:2:1: second"
	if err.Error() != want {
		t.Errorf("got %s\nwant %s", err, want)
	}
	found, ok := errors.AsType[document.Problems](err)
	if !ok || len(found) != 5 {
		t.Errorf("%d problems are found in the error", len(found))
	}
	if ps[0].Message != "second" {
		t.Error("Err has changed the order of the list it was asked of")
	}
}

func TestProblemAsJSON(t *testing.T) {
	data, err := json.Marshal(
		document.Problem{Position: document.Position{File: "a.yaml", Line: 1, Col: 2}, Message: "wrong"},
	)
	if err != nil || string(data) != `{"file":"a.yaml","line":1,"col":2,"message":"wrong"}` {
		t.Errorf("%s, %v", data, err)
	}
}

func TestNearest(t *testing.T) {
	units := []string{"县教育局", "县环保局", "县水利局", "文庙街道", "各乡镇（街道）"}
	keys := []string{"every", "due", "at_least", "by", "later_of", "earlier_of"}
	for _, tc := range []struct {
		word  string
		among []string
		want  string
	}{
		{"县环宝局", units, "县环保局"},
		{"县环保局（本级）", units, "县环保局"},
		{"环保局", units, "县环保局"},
		{"文庙", units, "文庙街道"},
		{"街道", units, ""}, // held by two
		{"县审计处", units, ""},
		{"县", units, ""},
		{"", units, ""},
		{"evrey", keys, "every"},
		{"evry", keys, "every"},
		{"atleast", keys, "at_least"},
		{"latter_of", keys, "later_of"},
		{"within", keys, ""},
		{"dew", []string{"due", "new"}, "new"},
		{"x", nil, ""},
	} {
		if got, ok := document.Nearest(tc.word, tc.among); got != tc.want || ok != (tc.want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", tc.word, got, ok, tc.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	many := []string{"a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8", "i9", "j10", "k11", "l12", "m13"}
	got := []string{
		document.Suggest("mnoth", []string{"week", "month"}).String(),
		document.Suggest("decade", []string{"week", "month"}).String(),
		document.Suggest("decade", many).String(),
		document.Suggest("decade", nil).String(),
	}
	if diff := cmp.Diff([]string{`; did you mean "month"?`, "; known: week, month", "", ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
