package scheduler

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxLink is how many characters a published link may have.
const maxLink = 2000

// RefusedLink is why a link cannot be taken for the place where something was published. It never repeats the link.
type RefusedLink struct{ zh, en string }

// Error says what is wrong, in English.
func (e *RefusedLink) Error() string { return e.en }

// Chinese says what is wrong and what to write, as a sentence for the clerk.
func (e *RefusedLink) Chinese() string { return e.zh }

// The refusals of a link.
var (
	linkScheme = &RefusedLink{
		"链接须以 http:// 或 https:// 开头，后面写网站地址。",
		"want a URL that begins with http:// or https://, and a host",
	}
	linkLong  = &RefusedLink{"链接超过2000个字符，请换用较短的链接。", "want a URL of at most 2000 characters"}
	linkChars = &RefusedLink{
		"链接里有空格、换行或者看不见的字符，请从浏览器地址栏重新复制。",
		"want a URL without white space, control characters and marks that change the direction of writing",
	}
	linkMarks = &RefusedLink{
		"链接里有引号、尖括号或反斜线，请从浏览器地址栏重新复制。",
		"want a URL without quotes, angle brackets and backslashes",
	}
	linkBrackets = &RefusedLink{
		"链接里有方括号，请从浏览器地址栏重新复制；方括号请写成 %5B 和 %5D。",
		"want a URL without square brackets, or with %5B and %5D for them",
	}
	linkUser   = &RefusedLink{"链接里不能带用户名或密码，请填写不用登录就能打开的链接。", "want a URL without a user name or password"}
	linkHost   = &RefusedLink{"链接里的网站地址写法不对，请从浏览器地址栏重新复制。", "want a URL with a valid host name and port"}
	linkEscape = &RefusedLink{
		"链接里的百分号（%）写法不对，请从浏览器地址栏重新复制。",
		"want a URL with whole percent-encodings (%20), of no control characters",
	}
)

// PublishedLink reads a link to a page on which something was published, from the web, a mail or the command line: http
// or https, a host, no user, at most 2,000 characters, none of which is invisible. It returns the link as typed but for
// a scheme and a host in lower case; a host in Chinese stays Chinese. The error is a RefusedLink.
func PublishedLink(text string) (string, error) {
	text = strings.TrimSpace(text)
	rest, ok := afterScheme(text)
	switch {
	case utf8.RuneCountInString(text) > maxLink:
		return "", linkLong
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unseen):
		return "", linkChars
	case !ok:
		return "", linkScheme
	case strings.ContainsAny(text, "\"<>\\`"):
		return "", linkMarks
	}
	host, path := cutHost(rest)
	switch {
	case host == "":
		return "", linkScheme
	case strings.ContainsAny(path, "[]"):
		return "", linkBrackets
	case strings.Contains(host, "@"):
		return "", linkUser
	case !isHost(host):
		return "", linkHost
	case !wellEscaped(path):
		return "", linkEscape
	}
	link := strings.ToLower(text[:len(text)-len(rest)]) + strings.ToLower(host) + path
	if _, err := url.Parse(link); err != nil {
		return "", linkHost
	}
	return link, nil
}

// afterScheme returns what follows http:// or https://.
func afterScheme(text string) (string, bool) {
	for _, scheme := range []string{"https://", "http://"} {
		if len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			return text[len(scheme):], true
		}
	}
	return "", false
}

// unseen reports whether a character is white space, a control or format character (the ones that turn the direction of
// writing among them), or no character at all.
func unseen(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) ||
		r == utf8.RuneError
}

// hostNames reads names of hosts as browsers do (UTS 46). An underscore is allowed, as old servers have it.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(false))

// isHost reports whether host is a name or an address with, perhaps, a port.
func isHost(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" || strings.HasSuffix(host, ":") {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	if strings.HasPrefix(host, "[") {
		return true // url.Parse has read the address
	}
	name := u.Hostname()
	plainly := func(r rune) bool {
		return r == '.' || r == '-' || r == '_' || unicode.In(r, unicode.L, unicode.N, unicode.M)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !plainly(r) }) || strings.HasPrefix(name, ".") ||
		strings.Contains(name, "..") {
		return false
	}
	_, err = hostNames.ToASCII(name)
	return err == nil && len(name) <= 253
}

// wellEscaped reports whether each % of a path, query or fragment begins an encoding, of something that may be seen.
// What is encoded need not be UTF-8: old sites have GBK there.
func wellEscaped(path string) bool {
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return false
	}
	hidden := func(r rune) bool { return r != ' ' && r != utf8.RuneError && unseen(r) }
	return !strings.ContainsFunc(decoded, hidden)
}

// samePage compares links as clerks paste them: encoded or not, with a slash at the end or without.
func samePage(a, b string) bool { return pageName(a) == pageName(b) }

// pageName is one form of all the links to a page that differ in spelling alone (RFC 3986 section 6.2.2), to be
// compared only.
func pageName(link string) string {
	link = strings.TrimSuffix(strings.TrimSpace(link), "/")
	rest, ok := afterScheme(link)
	if !ok {
		return link
	}
	host, path := cutHost(rest)
	scheme := strings.ToLower(link[:len(link)-len(rest)])
	host = strings.TrimSuffix(strings.ToLower(host), map[string]string{"http://": ":80", "https://": ":443"}[scheme])
	var b strings.Builder
	b.WriteString(scheme + host)
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				c, i = byte(n), i+2
				if !isUnreserved(c) {
					fmt.Fprintf(&b, "%%%02X", c)
					continue
				}
			}
		}
		if c >= utf8.RuneSelf {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isUnreserved reports whether a byte means the same encoded and as it is (RFC 3986 section 2.3).
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// cutHost parts what follows a scheme into the host and the rest.
func cutHost(rest string) (host, path string) {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}
