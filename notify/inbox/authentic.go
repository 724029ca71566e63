package inbox

import (
	"regexp"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"qixian/notify"
)

// witness is the server whose word on where a mail comes from is believed (RFC 8601). Its zero value believes nobody.
type witness struct {
	id string         // its authserv-id, in lower case
	by *regexp.Regexp // finds its name in a Received field
}

// newWitness returns a witness; with an empty id or host it believes nobody.
func newWitness(id, host string) witness {
	if id == "" || host == "" {
		return witness{}
	}
	// It looks no closer than it must: a field higher up that is taken for the server's makes fewer results count, one
	// that is missed makes results count that the sender has written.
	return witness{strings.ToLower(id), regexp.MustCompile(`(?i)\bby\s+` + regexp.QuoteMeta(host) + `(?:[\s;()]|$)`)}
}

// vouches reports whether the server says that the domain of the From address has sent the mail: by its DKIM signature,
// or as the sender of the envelope that SPF allows. Of Authentication-Results only those count that name the server and
// stand above its topmost Received field: whatever stands below was in the mail when it came (RFC 8601 sections 5 and
// 7.1). Without such a Received field nothing counts.
func (w witness) vouches(l *letter, from string) bool {
	if w.id == "" {
		return false
	}
	domain := strings.ToLower(notify.Domain(from))
	passed := false
	for fields := l.header.Fields(); fields.Next(); {
		switch strings.ToLower(fields.Key()) {
		case "received":
			if w.by.MatchString(fields.Value()) {
				return passed
			}
		case "authentication-results":
			passed = passed || w.passes(fields.Value(), domain)
		}
	}
	return false
}

// passes reports whether a field is the server's and says that a method which proves the domain has passed. A field
// that is not formed as it must be says nothing.
func (w witness) passes(field, domain string) bool {
	plain, ok := withoutComments(field)
	if !ok {
		return false
	}
	parts := strings.Split(spaced.ReplaceAllString(plain, "="), ";")
	id, _, err := authres.Parse(parts[0])
	if err != nil || strings.ToLower(id) != w.id {
		return false
	}
	passed := false
	for _, part := range parts[1:] {
		_, results, err := authres.Parse(parts[0] + ";" + part)
		if err != nil {
			return false
		}
		if repeats(part) {
			continue
		}
		for _, r := range results {
			passed = passed || proves(r, domain)
		}
	}
	return passed
}

// proves reports whether a result is a pass for exactly this domain: neither one above nor one below, which may be
// others'.
func proves(r authres.Result, domain string) bool {
	switch r := r.(type) {
	case *authres.DKIMResult:
		return r.Value == authres.ResultPass && strings.EqualFold(r.Domain, domain)
	case *authres.SPFResult:
		return r.Value == authres.ResultPass && strings.EqualFold(notify.Domain("@"+strings.Trim(r.From, "<>")), domain)
	}
	return false
}

var (
	spaced   = regexp.MustCompile(`\s*=\s*`)
	property = regexp.MustCompile(`(?i)\b(header\.d|smtp\.mailfrom)=`)
)

// repeats reports whether a result names more than one domain, of which nobody knows which one has passed.
func repeats(part string) bool { return len(property.FindAllString(part, 2)) > 1 }

// withoutComments takes comments out of a structured field (RFC 5322 section 3.2.2) and puts a placeholder for what is
// quoted, so that neither can be taken for a result. It reports false if one does not end.
func withoutComments(field string) (string, bool) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(field); i++ {
		c := field[i]
		switch {
		case c == '\\' && (depth > 0 || quoted):
			i++
		case quoted:
			quoted = c != '"'
		case c == '(':
			depth++
			b.WriteByte(' ')
		case c == ')':
			if depth--; depth < 0 {
				return "", false
			}
		case depth > 0:
		case c == '"':
			quoted = true
			b.WriteByte('_')
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), depth == 0 && !quoted
}
