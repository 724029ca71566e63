package notify_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qixian/notify"
)

const ours = "m3b5216c416ab9b1a3d8934ba@example.invalid"

func signer(t testing.TB, seed byte) *notify.Signer {
	t.Helper()
	s, err := notify.NewSigner(bytes.Repeat([]byte{seed}, 32), "Example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReplyCode(t *testing.T) {
	s := signer(t, 1)
	code := s.ReplyCode(ours)
	if !regexp.MustCompile(`^[a-z2-7]{8}(-[a-z2-7]{8}){3}$`).MatchString(code) {
		t.Fatalf("code %q", code)
	}
	if want := "hnjbnraw-vonrupmj-gs5dgugi-76wsv2yk"; code != want {
		t.Errorf("code %q, want %q: a changed derivation makes strangers of all mails that are under way", code, want)
	}
	for name, shown := range map[string]string{
		"as it is": code, "capitals": strings.ToUpper(code), "no hyphens": strings.ReplaceAll(code, "-", ""),
	} {
		if id, ok := s.MessageOf(shown); id != ours || !ok {
			t.Errorf("%s: %q, %v", name, id, ok)
		}
	}
	wrong := map[string]string{
		"nothing":         "",
		"truncated":       code[:len(code)-1],
		"a group short":   code[:len(code)-9],
		"prolonged":       code + "a",
		"two in one":      code + code,
		"another message": flip(code, 0),
		"forged":          flip(code, len(code)-1),
		"with a space":    " " + code,
		"another key":     signer(t, 2).ReplyCode(ours),
		"for returning":   strings.TrimSuffix(strings.TrimPrefix(s.ReturnAddress("q@d", ours), "q+b-"), "@d"),
	}
	for name, forged := range wrong {
		if id, ok := s.MessageOf(forged); ok {
			t.Errorf("%s: passes as %s", name, id)
		}
	}
	other, err := notify.NewSigner(bytes.Repeat([]byte{1}, 32), "example.org")
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := other.MessageOf(code); ok {
		t.Errorf("another domain's code passes as %s", id)
	}
}

// flip changes one character of a code into another that a code may have.
func flip(code string, at int) string {
	c := byte('a')
	if code[at] == c {
		c = 'b'
	}
	return code[:at] + string(c) + code[at+1:]
}

func TestNoCodeForWhatIsNotOurs(t *testing.T) {
	s := signer(t, 1)
	for _, id := range []string{
		"", "m3b5216c416ab9b1a3d8934ba", "m3b5216c416ab9b1a3d8934ba@example.org", "t3b5216c416ab9b1a3d8934ba@example.invalid",
		"M3B5216C416AB9B1A3D8934BA@example.invalid", "m3b5216c416ab9b1a3d8934b@example.invalid", "mzz5216c416ab9b1a3d8934ba@example.invalid",
	} {
		if code := s.ReplyCode(id); code != "" {
			t.Errorf("%q has the code %q", id, code)
		}
		if a := s.ReturnAddress("office@example.invalid", id); a != "office@example.invalid" {
			t.Errorf("%q has the return address %q", id, a)
		}
	}
}

func TestReturnAddress(t *testing.T) {
	s := signer(t, 1)
	a := s.ReturnAddress("zwgk.office@example.invalid", ours)
	if !strings.HasPrefix(a, "zwgk.office+b-") || !strings.HasSuffix(a, "@example.invalid") ||
		notify.CheckAddress(a) != nil {
		t.Fatalf("return address %q", a)
	}
	for _, good := range []string{
		a, strings.ToUpper(a), "<" + a + ">", "SRS0=abcd=XY=example.invalid=" + strings.TrimSuffix(a, "@example.invalid") + "@forwarder.invalid",
		"SRS1=x=" + strings.ReplaceAll(a, "@", "=") + "@forwarder.invalid",
	} {
		if id, ok := s.Returned(good); id != ours || !ok {
			t.Errorf("Returned(%q) = %q, %v", good, id, ok)
		}
	}
	reply := s.ReplyAddress("zwgk.office@example.invalid", ours)
	for _, bad := range []string{
		"", "zwgk.office@example.invalid", strings.Replace(a, "+b-", "+b-a", 1), strings.Replace(a, "@", "a@", 1), flip(a, len("zwgk.office+b-")),
		reply, strings.Replace(reply, "+r-", "+b-", 1), signer(t, 2).ReturnAddress("zwgk.office@example.invalid", ours),
	} {
		if id, ok := s.Returned(bad); ok {
			t.Errorf("Returned(%q) = %q", bad, id)
		}
	}
	long := strings.Repeat("n", 29) + "@example.invalid"
	if got := s.ReturnAddress(long, ours); len(got) != len(long)+35 {
		t.Errorf("a name of 29 bytes leaves room, and has %q", got)
	}
	if got := s.ReturnAddress(
		"n"+long,
		ours,
	); got != "n"+long || notify.TakesCode("n"+long) ||
		!notify.TakesCode(long) {
		t.Errorf("a name of 30 bytes leaves no room, and has %q", got)
	}
}

func TestCodesInAText(t *testing.T) {
	s := signer(t, 1)
	code := s.ReplyCode(ours)
	for name, text := range map[string]string{
		"alone":            code,
		"in a subject":     "回复：【提醒】9月21日到期 [" + code + "]",
		"in capitals":      strings.ToUpper(code),
		"quoted":           "> 回执码：" + code + "\r\n> 请勿改动",
		"quoted thrice":    ">>> " + code,
		"wrapped":          "回执码 " + code[:18] + "\r\n" + code[18:] + "\r\n",
		"wrapped, quoted":  "> > 回执码 " + code[:18] + "\n> > " + code[18:] + "\n",
		"wrapped anywhere": "> " + code[:3] + " \n> " + code[3:30] + "\n>\n> " + code[30:],
		"after a word":     "the code\n" + code + "\nend",
		"other hyphens":    strings.NewReplacer("-", "\u2011").Replace(code),
		"an address":       "期限 <" + s.ReplyAddress("zwgk@example.invalid", ours) + ">",
		"twice":            code + " " + strings.ToUpper(code),
	} {
		if diff := cmp.Diff([]string{code}, s.Codes(text)); diff != "" {
			t.Errorf("%s: want - got +:\n%s", name, diff)
		}
	}
	for _, none := range []string{"", "办结 https://www.example.invalid/2018/09/21/index.html", code[:30], "1" + strings.Repeat("8", 40), strings.Repeat("-", 99)} {
		if got := s.Codes(none); len(got) != 0 {
			t.Errorf("in %q: %q", none, got)
		}
	}
	if got := s.Codes(strings.Repeat("aaaaaaaa-bbbbbbbb-cccccccc-dddddddd ", 9) + hostile(500)); len(got) > 16 {
		t.Errorf("%d candidates in a hostile text", len(got))
	}
}

// hostile is a text of n different candidates.
func hostile(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaa" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + " ")
	}
	return b.String()
}

func TestSignerWants(t *testing.T) {
	if _, err := notify.NewSigner(make([]byte, 31), "example.invalid"); err == nil {
		t.Error("a short key passes")
	}
	if _, err := notify.NewSigner(make([]byte, 32), ""); err == nil {
		t.Error("no domain passes")
	}
	key := bytes.Repeat([]byte{1}, 32)
	s, err := notify.NewSigner(key, "example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	before := s.ReplyCode(ours)
	other, err := notify.NewSigner(bytes.Repeat([]byte{2}, 32), "example.invalid")
	if err != nil {
		t.Fatal(err)
	}
	if s.Fingerprint() == other.Fingerprint() || s.Fingerprint() != signer(t, 1).Fingerprint() {
		t.Error("the fingerprint does not tell keys apart")
	}
	clear(key)
	if s.ReplyCode(ours) != before {
		t.Error("the key is not the signer's own")
	}
}

// FuzzSigner holds that nothing passes but what the signer made itself, and that what it finds in a text can be opened
// or is refused.
func FuzzSigner(f *testing.F) {
	s := signer(f, 1)
	f.Add(s.ReplyCode(ours), "zwgk@example.invalid")
	f.Add("> "+s.ReplyCode(ours)[:20]+"\n> "+s.ReplyCode(ours)[20:], s.ReturnAddress("zwgk@example.invalid", ours))
	f.Add(flip(s.ReplyCode(ours), 34), s.ReplyAddress("zwgk@example.invalid", ours))
	f.Add(strings.Repeat("a", 32), "+b-@")
	f.Fuzz(func(t *testing.T, text, address string) {
		for _, code := range append(s.Codes(text), text) {
			id, ok := s.MessageOf(code)
			if ok &&
				!strings.EqualFold(strings.ReplaceAll(s.ReplyCode(id), "-", ""), strings.ReplaceAll(code, "-", "")) {
				t.Errorf("%q passes as %s, whose code is %q", code, id, s.ReplyCode(id))
			}
		}
		if id, ok := s.Returned(
			address,
		); ok &&
			!strings.Contains(strings.ToLower(address), s.ReturnAddress("q@d", id)[1:36]) {
			t.Errorf("%q passes as %s", address, id)
		}
		if a := s.ReturnAddress(
			address,
			ours,
		); notify.CheckAddress(address) == nil && notify.CheckAddress(a) != nil &&
			len(a) <= 254 {
			t.Errorf("%q becomes %q", address, a)
		}
	})
}
