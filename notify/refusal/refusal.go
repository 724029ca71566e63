// Package refusal reads the words with which mail servers refuse mail, and says what they are about: the mailbox, the
// message, how much we send, or our configuration. A reply code alone does not tell: providers answer 550 to an address
// that does not exist and to a sender who is too quick. The same words come by SMTP and in bounces, so both are judged
// by one table.
package refusal

import (
	"regexp"
	"time"
)

// About is what a refusal is about.
type About string

// What refusals are about.
const (
	Unknown About = "" // nobody knows these words
	// that one mailbox: it does not exist, or was closed (RFC 3463: 5.1.1, 5.1.2, 5.1.3, 5.1.6, 5.2.1; Exchange:
	// 5.1.10).
	Mailbox About = "mailbox"
	Full    About = "full"    // that mailbox is full; it is emptied some day
	Busy    About = "busy"    // a rate, a quota, a request to come later: it passes
	Sender  About = "sender"  // the same, of our login or our host: any message would be refused
	Content About = "content" // this message: its content, its size, a policy
	Setup   About = "setup"   // our configuration: the login, the From address, a host on a black list
)

// Finding is what a refusal is found to be about.
type Finding struct {
	About About
	After time.Duration // of what passes: how long the provider has it last; 0: it does not say
}

// Judge finds out what a refusal is about, from its reply code, or 0 where there is none, and its words, which may
// begin with an enhanced status code. Words that speak of rates, quotas, later, policy or content are never about the
// mailbox, whatever code stands beside them.
func Judge(code int, words string) Finding {
	words = ignored.ReplaceAllString(words, "X")
	for _, r := range rows {
		if (r.code == nil || r.code(code)) && r.words.MatchString(words) {
			f := Finding{r.about, r.after}
			if r.limit && ours.MatchString(words) {
				f.About = Sender
			}
			return f
		}
	}
	return Finding{}
}

// ignored is what may hold any word: URLs and addresses.
var ignored = regexp.MustCompile(`(?i)https?://[!-~]+|[^\s<>()\[\]:;,"'[:^ascii:]]+@[^\s<>()\[\]:;,"'[:^ascii:]]+`)

// row is one line of the table: words, and what they are about.
type row struct {
	about About
	code  func(int) bool // nil: any
	words *regexp.Regexp // without regard to case
	after time.Duration
	// one of how much we send, unless the words say whose it is: Sender where they name our login or our host
	limit bool
}

func permanent(code int) bool { return code == 0 || code >= 500 }

func is(about About, code func(int) bool, words string, after time.Duration) row {
	return row{about: about, code: code, words: regexp.MustCompile(`(?i)` + words), after: after}
}

func limit(words string, after time.Duration) row {
	r := is(Busy, nil, words, after)
	r.limit = true
	return r
}
