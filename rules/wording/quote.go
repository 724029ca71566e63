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
