package document

import (
	"slices"
	"strings"
)

// Nearest returns the candidate that is fewest edits away from word, if it is near enough to be meant.
func Nearest(word string, candidates []string) (string, bool) {
	best, found := "", false
	least := max(2, len([]rune(word))/3) + 1
	for _, c := range candidates {
		if d := distance([]rune(word), []rune(c)); d < least {
			best, least, found = c, d, true
		}
	}
	return best, found
}

// suggestion ends a message: with the nearest candidate, or with all of them where none is near and they are few.
func suggestion(word string, candidates []string) string {
	if near, ok := Nearest(word, candidates); ok {
		return "; did you mean \"" + near + "\"?"
	}
	if len(candidates) <= 12 {
		return "; known: " + list(candidates)
	}
	return ""
}

func list(words []string) string { return strings.Join(words, ", ") }

func contains(words []string, word string) bool { return slices.Contains(words, word) }

// distance is the Levenshtein distance between two words.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
