package wording

import "strings"

// Quote returns s in quotation marks, those in it changed so that outer ones are “ ” and the ones inside them ‘ ’, in
// turns however deep they go (GB/T 15834, 引号). A mark that closes nothing, such as an apostrophe, is left
// alone.
func Quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len("“”"))
	b.WriteRune('“')
	var open []rune // the marks, as s has them, that wait for their other half
	for _, r := range s {
		switch r {
		case '“', '‘':
			open = append(open, r)
			b.WriteRune([...]rune{'“', '‘'}[len(open)%2])
		case '”', '’':
			if n := len(open) - 1; n >= 0 && open[n] == pair[r] {
				b.WriteRune([...]rune{'”', '’'}[len(open)%2])
				open = open[:n]
				continue
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteRune('”')
	return b.String()
}

// pair is what a closing mark closes.
var pair = map[rune]rune{'”': '“', '’': '‘'}

// Happened says what started a clock, by what its trigger is called and by what it was about: a document by its title
// and number, 政策文件公布：《关于…的意见》（宁政发〔2026〕12号）; what has no such number by both as they stand.
func Happened(trigger, title, ref string) string {
	if title != "" {
		if strings.Contains(ref, "〔") && strings.HasSuffix(ref, "号") && !strings.ContainsAny(title, "《》") {
			title = "《" + title + "》"
		}
		trigger += "：" + title
	}
	if ref != "" {
		trigger += "（" + ref + "）"
	}
	return trigger
}
