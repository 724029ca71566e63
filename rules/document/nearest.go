package document

import "strings"

// Nearest returns the candidate that is fewest edits away from word (of several, the first), if it is near enough to be
// meant: a third of the word's characters, at least one. Failing that it returns the only candidate that holds the
// word, or is held by it.
func Nearest(word string, candidates []string) (string, bool) {
	best, found := "", false
	w := []rune(word)
	least := max(1, (len(w)+1)/3) + 1
	for _, c := range candidates {
		if d := distance(w, []rune(c)); d < least {
			best, least, found = c, d, true
		}
	}
	if found || len(w) < 2 {
		return best, found
	}
	for _, c := range candidates {
		if strings.Contains(c, word) || len([]rune(c)) > 1 && strings.Contains(word, c) {
			if found {
				return "", false
			}
			best, found = c, true
		}
	}
	return best, found
}

// Suggest is the end of a message about an unknown word: the nearest candidate, or all of them where none is near and
// they are few, or nothing.
func Suggest(word string, candidates []string) Words {
	if near := DidYouMean(word, candidates); near != (Words{}) {
		return near
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return Words{}
	}
	return Say("; known: %s", Join(candidates, ", "))
}

// DidYouMean is the end of a message about an unknown word: the nearest candidate, or nothing.
func DidYouMean(word string, candidates []string) Words {
	if near, ok := Nearest(word, candidates); ok {
		return Say("; did you mean %q?", near)
	}
	return Words{}
}

// distance counts the edits between two words: a character put in, taken out, replaced, or swapped with the next.
func distance(a, b []rune) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
