package compose_test

import (
	"testing"

	"qixian/notify/compose"
)

// TestSource quotes every clause of one duty, and never shows the words of law as the table's.
func TestSource(t *testing.T) {
	for _, tt := range []struct {
		name string
		it   compose.Item
		want string
	}{
		{"a row", compose.Item{Row: 22, Clause: "按月发布"}, "“按月发布”（任务分解表第22项）"},
		{
			"two rows that are one duty",
			compose.Item{Row: 45, Clause: "作为年度报告的内容", Also: []compose.Clause{{Row: 150, Text: "公布“目录”建设情况"}}},
			"“作为年度报告的内容”（任务分解表第45项）；“公布‘目录’建设情况”（任务分解表第150项）",
		},
		{
			"an addition",
			compose.Item{Row: 46, Clause: "应当在批准后二十日内", Addition: true},
			"“应当在批准后二十日内”（本目录增列，法定；与任务分解表第46项有关）",
		},
		{"an addition to no row", compose.Item{Clause: "十日内", Addition: true}, "“十日内”（本目录增列，法定）"},
		{"the office's own", compose.Item{Clause: "每季度通报"}, "“每季度通报”（本县增列事项）"},
	} {
		if got := compose.Source(tt.it); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
