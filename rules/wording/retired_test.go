package wording_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// retired are words that were said of something that has one name now.
var retired = []struct{ old, now string }{
	{"认定说明", "默认取值说明"},
	{"推定：", "默认取值说明"},
	{"由系统认定", "系统暂取"},
	{"起因：", "起算事由"},
	{"登记事件", "登记起算事由"},
	{"事件登记", "登记起算事由"},
	{"为何此日", "期限由来"},
	{"另行增加的事项", "本县增列事项"},
	{"增设）", "本县增列事项"},
	{"怎样办结：", "办结方式"},
	{"如何办结：", "办结方式"},
	{"怎样答复：", "答复方式"},
	{"您写的", "来信原文"},
	{"您的回信", "来信"},
	{"代收", "转告"},
	{"新立事项", "新增事项"},
	{"推后", "延后"},
	{"届满", "期满"},
	{"主管单位", "the office's name"},
	{"协办", "责任"},
	{"共须", "共需"},
	{"须完成", "需完成"},
	{"须办结", "需办结"},
	{"在本机运行", "在服务器上运行"},
	{"往前第", "倒数第"},
	{"写明说明", "写明原因"},
	{"批准后生效", "经县政府办公室同意后生效"},
	{"三十天", "30天"},
	{"七日内", "7日内"},
	{"近七日", "近7日"},
	{"一小时", "1小时"},
	{"一年以后", "1年以后"},
	{"未登记邮箱地址", "未登记邮箱"},
	{"没有登记邮箱", "未登记邮箱"},
	{"您回复的", "所回复的"},
	{"网上没有公开的", "不需上网公开的"},
}

// TestRetiredWords looks for words that were given up in all that people read: sources, templates and documents.
func TestRetiredWords(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root &&
				(name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".html", ".txt", ".md", ".yaml"}, filepath.Ext(path)) ||
			strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "table-2018.yaml") {
			return nil
		}
		return retiredIn(t, path)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func retiredIn(t *testing.T, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		for _, w := range retired {
			if strings.Contains(line, w.old) {
				t.Errorf("%s:%d: %q is %q now", path, n, w.old, w.now)
			}
		}
	}
	return nil
}
