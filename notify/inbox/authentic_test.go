package inbox

import (
	"strings"
	"testing"
)

const (
	mx       = "mx.county.example"
	received = "Received: from relay.example (relay.example [192.0.2.7]) by " + mx + " (Postfix) with ESMTPS id 4F1; Tue, 25 Sep 2018 10:00:00 +0800\r\n"
	passes   = "Authentication-Results: " + mx + "; dkim=pass header.d=office.example\r\n"
)

// vouched are mails of office@office.example, by what is right and what an attacker may try.
var vouched = map[string]struct {
	head string
	want bool
}{
	"DKIM": {passes + received, true},
	"SPF": {
		"Authentication-Results: " + mx + "; spf=pass smtp.mailfrom=office@office.example\r\n" + received,
		true,
	},
	"SPF of a bare domain": {
		"Authentication-Results: " + mx + "; spf=pass smtp.mailfrom=office.example\r\n" + received,
		true,
	},
	"one of two signatures": {
		"Authentication-Results: " + mx + "; dkim=fail header.d=office.example; dkim=pass header.d=office.example\r\n" + received,
		true,
	},
	"several fields": {
		"Authentication-Results: " + mx + "; spf=fail smtp.mailfrom=x@y.example\r\n" + passes + received,
		true,
	},
	"below another hop of the house": {
		"Received: from " + mx + " by store.county.example with LMTP; Tue, 25 Sep 2018 10:00:01 +0800\r\n" + passes + received,
		true,
	},
	"folded": {
		"Authentication-Results:\r\n " + mx + ";\r\n\tdkim=pass (2048-bit key;\r\n unprotected) header.d=office.example\r\n header.s=x\r\n" + received,
		true,
	},
	"case and version": {
		"AUTHENTICATION-RESULTS: MX.county.EXAMPLE 1; DKIM = PASS header.d = OFFICE.example\r\n" + received,
		true,
	},
	"quoted reason": {
		"Authentication-Results: " + mx + `; dkim=pass reason="good; really" header.d=office.example` + "\r\n" + received,
		true,
	},

	"nothing":                         {received, false},
	"none":                            {"Authentication-Results: " + mx + "; none\r\n" + received, false},
	"forged below":                    {received + passes, false},
	"forged below, with a forged hop": {received + passes + received, false},
	"no Received of the server":       {passes, false},
	"Received of another server":      {passes + strings.ReplaceAll(received, mx, "mx.county.example.evil"), false},
	"a server that ends alike":        {passes + strings.ReplaceAll(received, "by "+mx, "by evil."+mx), false},
	"foreign authserv-id":             {strings.ReplaceAll(passes, mx, "mx.evil.example") + received, false},
	"foreign authserv-id, ours behind it": {
		"Authentication-Results: mx.evil.example; dkim=pass header.d=office.example (" + mx + ")\r\n" + received,
		false,
	},
	"foreign above, forged below": {
		strings.ReplaceAll(passes, mx, "mx.evil.example") + received + passes,
		false,
	},
	"authserv-id in a comment": {
		"Authentication-Results: (" + mx + ") mx.evil.example; dkim=pass header.d=office.example\r\n" + received,
		false,
	},
	"authserv-id of another version": {
		"Authentication-Results: " + mx + " 2; dkim=pass header.d=office.example\r\n" + received,
		false,
	},
	"fails":   {strings.ReplaceAll(passes, "pass", "fail") + received, false},
	"neutral": {strings.ReplaceAll(passes, "pass", "neutral") + received, false},
	"another's signature": {
		strings.ReplaceAll(passes, "office.example", "evil.example") + received,
		false,
	},
	"a subdomain's signature": {
		strings.ReplaceAll(passes, "office.example", "evil.office.example") + received,
		false,
	},
	"a domain that ends alike": {
		strings.ReplaceAll(passes, "office.example", "myoffice.example") + received,
		false,
	},
	"the parent's signature": {strings.ReplaceAll(passes, "office.example", "example") + received, false},
	"the identity, not the domain": {
		"Authentication-Results: " + mx + "; dkim=pass header.d=evil.example header.i=@office.example\r\n" + received,
		false,
	},
	"envelope of another domain": {
		"Authentication-Results: " + mx + "; spf=pass smtp.mailfrom=office@evil.example\r\n" + received,
		false,
	},
	"HELO of ours": {
		"Authentication-Results: " + mx + "; spf=pass smtp.mailfrom=a@evil.example smtp.helo=office.example\r\n" + received,
		false,
	},
	"address in the local part": {
		"Authentication-Results: " + mx + "; spf=pass smtp.mailfrom=a@office.example@evil.example\r\n" + received,
		false,
	},
	"result in a comment": {
		"Authentication-Results: " + mx + "; spf=fail (x; dkim=pass header.d=office.example) smtp.mailfrom=a@evil.example\r\n" + received,
		false,
	},
	"result in a nested comment": {
		"Authentication-Results: " + mx + "; spf=fail (x (y) ; dkim=pass header.d=office.example) smtp.mailfrom=a@evil.example\r\n" + received,
		false,
	},
	"comment that an escape keeps open": {
		"Authentication-Results: " + mx + `; spf=fail (x \) ; dkim=pass header.d=office.example) smtp.mailfrom=a@evil.example` + "\r\n" + received,
		false,
	},
	"comment without an end": {
		"Authentication-Results: " + mx + "; spf=fail (x; dkim=pass header.d=office.example\r\n" + received,
		false,
	},
	"comment without a beginning": {
		"Authentication-Results: " + mx + "; spf=fail x); dkim=pass header.d=office.example\r\n" + received,
		false,
	},
	"result in a quoted local part": {
		"Authentication-Results: " + mx + `; spf=pass smtp.mailfrom="x; dkim=pass header.d=office.example"@evil.example` + "\r\n" + received,
		false,
	},
	"quotation without an end": {
		"Authentication-Results: " + mx + `; spf=pass smtp.mailfrom="x; dkim=pass header.d=office.example` + "\r\n" + received,
		false,
	},
	"the domain twice": {
		"Authentication-Results: " + mx + "; dkim=pass header.d=evil.example header.d=office.example\r\n" + received,
		false,
	},
	"split by a comment": {
		"Authentication-Results: " + mx + "; dkim=pass header.d=(evil.example)office.example.evil.example\r\n" + received,
		false,
	},
	"another method": {
		"Authentication-Results: " + mx + "; dmarc=pass header.from=office.example; arc=pass; x-dkim=pass header.d=office.example\r\n" + received,
		false,
	},
	"pass as a reason": {
		"Authentication-Results: " + mx + "; dkim=fail reason=dkim=pass header.d=office.example\r\n" + received,
		false,
	},
	"another field": {
		"X-Authentication-Results: " + mx + "; dkim=pass header.d=office.example\r\nARC-Authentication-Results: i=1; " + mx + "; dkim=pass header.d=office.example\r\n" + received,
		false,
	},
	"HELO that names the server": {
		"Received: from x (HELO by " + mx + ") by relay.example; Tue, 25 Sep 2018 10:00:00 +0800\r\n" + passes + received,
		false,
	},
}

// TestVouches believes the mail server about where a mail comes from, and nobody else.
func TestVouches(t *testing.T) {
	for name, tt := range vouched {
		l, err := parse([]byte(tt.head + "From: <office@office.example>\r\n\r\n同意\r\n"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := newWitness(mx, mx).vouches(l, "office@Office.example"); got != tt.want {
			t.Errorf("%s: vouches %t, want %t", name, got, tt.want)
		}
		for _, nobody := range []witness{{}, newWitness(mx, ""), newWitness("", mx)} {
			if nobody.vouches(l, "office@office.example") {
				t.Errorf("%s: vouched for where nobody is believed", name)
			}
		}
	}
}

// FuzzVouches puts anything into the places that a sender has a say in: a field that the server wrote about him, and
// whatever he sent along.
func FuzzVouches(f *testing.F) {
	for _, tt := range vouched {
		f.Add(tt.head, "x")
	}
	f.Add("", "x; dkim=pass header.d=office.example")
	f.Fuzz(func(t *testing.T, sent, comment string) {
		comment = strings.Map(func(r rune) rune {
			if strings.ContainsRune("()\\\"\r\n\x00", r) {
				return -1
			}
			return r
		}, comment)
		head := "Authentication-Results: " + mx + "; spf=fail (" + comment + ") smtp.mailfrom=\"" + comment + "\"@evil.example\r\n" + received
		l, err := parse([]byte(head + sent + "\r\nFrom: <office@office.example>\r\n\r\n同意\r\n"))
		if err == nil && newWitness(mx, mx).vouches(l, "office@office.example") {
			t.Errorf("vouched for by %q", head+sent)
		}
	})
}
