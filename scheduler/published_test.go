package scheduler

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestPublishedLink holds what may be given as the place of a publication, on the web, in a mail and at the command
// line alike.
func TestPublishedLink(t *testing.T) {
	long := "https://www.example.invalid/" + strings.Repeat("a", maxLink-len("https://www.example.invalid/"))
	tests := []struct {
		text, want string
		refused    *RefusedLink
	}{
		{text: "https://www.example.invalid/art/2018/9/1.html", want: "https://www.example.invalid/art/2018/9/1.html"},
		{
			text: " HTTP://WWW.Example.invalid/Art/?A=1&b=%E5%85%AC#Top \n",
			want: "http://www.example.invalid/Art/?A=1&b=%E5%85%AC#Top",
		},
		{text: "http://10.1.2.3:8080/x", want: "http://10.1.2.3:8080/x"},
		{text: "http://[2001:db8::1]:8080/x", want: "http://[2001:db8::1]:8080/x"},
		{text: "http://old_server/x", want: "http://old_server/x"},
		{text: "http://宁阳.example.invalid/公告/1.html", want: "http://宁阳.example.invalid/公告/1.html"},
		{text: "https://www.example.invalid?a=1", want: "https://www.example.invalid?a=1"},
		{
			text: "https://www.example.invalid/%B9%AB%B8%E6/a%20b.html",
			want: "https://www.example.invalid/%B9%AB%B8%E6/a%20b.html",
		},
		{text: "https://www.example.invalid/a(1)'s,b;c=@x", want: "https://www.example.invalid/a(1)'s,b;c=@x"},
		{text: long, want: long},

		{text: "", refused: linkScheme},
		{text: "https://", refused: linkScheme},
		{text: "https:///a", refused: linkScheme},
		{text: "https://?a", refused: linkScheme},
		{text: "www.example.invalid/1", refused: linkScheme},
		{text: "ftp://www.example.invalid/1", refused: linkScheme},
		{text: "javascript:alert(1)//https://www.example.invalid", refused: linkScheme},
		{text: "//www.example.invalid", refused: linkScheme},
		{text: "https:www.example.invalid", refused: linkScheme},
		{text: long + "a", refused: linkLong},
		{text: "https://www.example.invalid/" + strings.Repeat("\u202e", 10<<10), refused: linkLong},
		{text: "https://www.example.invalid/\ta", refused: linkChars},
		{text: "https://www.example.invalid/a\nb", refused: linkChars},
		{text: "https://www.example.invalid/a b", refused: linkChars},
		{text: "https://www.example.invalid/a\u3000b", refused: linkChars},
		{text: "https://www.example.invalid/\u202elmth.1", refused: linkChars},
		{text: "https://www.example.invalid/a\u200bb", refused: linkChars},
		{text: "https://www.example.invalid/\x00", refused: linkChars},
		{text: "https://www.example.invalid/\xff", refused: linkChars},
		{text: "https://evil.example.invalid/ <script>alert(1)</script>", refused: linkChars},
		{text: "https://evil.example.invalid/<script>", refused: linkMarks},
		{text: "https://www.example.invalid/](https://www.example.invalid/", refused: linkBrackets},
		{text: "https://www.example.invalid/?a[]=1", refused: linkBrackets},
		{text: `https://www.example.invalid\@evil.example.invalid/`, refused: linkMarks},
		{text: `https://www.example.invalid/"onclick=x`, refused: linkMarks},
		{text: "https://u:p@www.example.invalid/", refused: linkUser},
		{text: "https://www.example.invalid@evil.example.invalid/", refused: linkUser},
		{text: "https://@www.example.invalid/", refused: linkUser},
		{text: "https://www.example.invalid:x/", refused: linkHost},
		{text: "https://www.example.invalid:/", refused: linkHost},
		{text: "https://www.example.invalid:70000/", refused: linkHost},
		{text: "https://:443/", refused: linkHost},
		{text: "https://www..invalid/", refused: linkHost},
		{text: "https://www.example.invalid，已公开", refused: linkHost},
		{text: "https://a%20b/", refused: linkHost},
		{text: "https://[::1/", refused: linkHost},
		{text: "https://xn--a/", refused: linkHost},
		{text: "https://www.example.invalid/100%", refused: linkEscape},
		{text: "https://www.example.invalid/%zz", refused: linkEscape},
		{text: "https://www.example.invalid/%0d%0aSet-Cookie:x", refused: linkEscape},
		{text: "https://www.example.invalid/%E2%80%AElmth", refused: linkEscape},
	}
	for _, tt := range tests {
		got, err := PublishedLink(tt.text)
		refused, _ := errors.AsType[*RefusedLink](err)
		if got != tt.want || refused != tt.refused {
			t.Errorf("%.60q is %q, %v; want %q, %v", tt.text, got, err, tt.want, tt.refused)
		}
	}
}

func TestSamePage(t *testing.T) {
	const page = "https://www.example.invalid/公告/1.html"
	for link, want := range map[string]bool{
		page: true, page + "/": true, " " + page: true, "HTTPS://WWW.example.invalid:443/公告/1.html": true,
		"https://www.example.invalid/%e5%85%ac%E5%91%8A/%31.html": true,
		"https://www.example.invalid/公告/2.html":                   false, "http://www.example.invalid/公告/1.html": false,
		"https://www.example.invalid:8443/公告/1.html": false, "https://www.example.invalid/公告%2F1.html": false, page + "?id=1": false,
	} {
		if got := samePage(page, link); got != want {
			t.Errorf("%s: %t", link, got)
		}
	}
}

// FuzzPublishedLink holds that a link which is taken is one for the standard library too, can be seen as a whole, and
// is taken again as it is.
func FuzzPublishedLink(f *testing.F) {
	for _, seed := range []string{
		"https://www.example.invalid/公告/1.html?a=%20#x", "http://u:p@h/", "https://\u202e", "HTTP://[::1]:80", "https://a\\b", "https://例。example/%00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		link, err := PublishedLink(text)
		if err != nil {
			if r, ok := errors.AsType[*RefusedLink](err); !ok || r.Chinese() == "" || link != "" {
				t.Fatalf("%q, %v", link, err)
			}
			return
		}
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			t.Fatalf("%q: %+v, %v", link, u, err)
		}
		if strings.ContainsFunc(link, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}) ||
			utf8.RuneCountInString(link) > maxLink {
			t.Fatalf("%q", link)
		}
		if again, err := PublishedLink(link); again != link || err != nil || !samePage(link, text) {
			t.Fatalf("%q is then %q, %v", link, again, err)
		}
	})
}
