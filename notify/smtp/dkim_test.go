package smtp_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"qixian/notify/smtp"
	"qixian/notify/smtp/smtptest"
)

// keyFile returns a private key as an administrator's file holds it, and its DNS record.
func keyFile(t testing.TB, kind string) (file []byte, record string) {
	t.Helper()
	if kind == "ed25519" {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
			"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}),
		"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
}

// verify checks with another implementation than the one that signs.
func verify(t testing.TB, raw []byte, record string) []*dkim.Verification {
	t.Helper()
	vs, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) {
			if name != "qixian._domainkey.example.invalid" {
				t.Errorf("looked up %s", name)
			}
			return []string{record}, nil
		},
	})
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return vs
}

func TestDKIM(t *testing.T) {
	for _, kind := range []string{"rsa", "ed25519"} {
		t.Run(kind, func(t *testing.T) {
			file, record := keyFile(t, kind)
			key, err := smtp.ParseKey(file)
			if err != nil {
				t.Fatalf("ParseKey: %v", err)
			}
			signed := office
			signed.DKIM = &smtp.DKIM{Domain: "example.invalid", Selector: "qixian", Key: key}
			s := smtptest.New(t, smtptest.Options{}).Listen(t)
			m := message("宁阳经济开发区")
			m.Thread = someID("t", "air-quality@2018-09")
			wantSent(t, attempt(t, dial(t, s, true, func(o *smtp.Options) { o.Sender = signed }), m))

			arrived := s.Mails()[0].Data
			if rendered, err := smtp.Render(m, signed, smtp.Wire); err != nil || !bytes.Equal(rendered, arrived) {
				t.Errorf("what arrived differs from what is rendered (%v)", err)
			}
			vs := verify(t, arrived, record)
			if len(vs) != 1 || vs[0].Err != nil || vs[0].Domain != "example.invalid" {
				t.Fatalf("%d verifications (%+v), want one that holds", len(vs), *vs[0])
			}
			if !vs[0].Time.Equal(m.At) {
				t.Errorf("signed at %s, want the message's %s", vs[0].Time, m.At)
			}
			for name, tampered := range map[string][]byte{
				"another subject": bytes.Replace(arrived, []byte("Subject: "), []byte("Subject: x "), 1),
				"a second From":   append([]byte("From: evil@example.invalid\r\n"), arrived...),
				"another text":    bytes.Replace(arrived, []byte("\r\n5Y6"), []byte("\r\n5Y5"), 1),
			} {
				if vs := verify(t, tampered, record); len(vs) != 1 || vs[0].Err == nil {
					t.Errorf("%s passes: %+v", name, vs)
				}
			}
			if raw, err := smtp.Render(
				m,
				signed,
				smtp.File,
			); err != nil ||
				bytes.Contains(raw, []byte("DKIM-Signature")) {
				t.Errorf("the file form is signed, or fails: %v", err)
			}
		})
	}
}

// The longest domain and selector that New takes still make a signature that holds; longer ones it does not take.
func TestDKIMWithLongNames(t *testing.T) {
	file, record := keyFile(t, "ed25519")
	key, err := smtp.ParseKey(file)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("a", 50) + ".example.invalid"
	s := office
	s.DKIM = &smtp.DKIM{Domain: long, Selector: long, Key: key}
	if _, err := smtp.New(smtp.Options{Host: "mail.example.invalid", Sender: s}); err != nil {
		t.Fatalf("New: %v", err)
	}
	raw, err := smtp.Render(message("县环保局"), s, smtp.Wire)
	if err != nil {
		t.Fatal(err)
	}
	vs, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(string) ([]string, error) { return []string{record}, nil },
	})
	if err != nil || len(vs) != 1 || vs[0].Err != nil {
		t.Errorf("verify: %v, %+v", err, *vs[0])
	}
	s.DKIM.Domain = "a" + long
	if _, err := smtp.New(smtp.Options{Host: "mail.example.invalid", Sender: s}); err == nil {
		t.Error("New takes a domain that breaks the signature")
	}
}

func TestParseKeyRefuses(t *testing.T) {
	var none crypto.Signer
	for name, file := range map[string]string{
		"nothing": "", "no PEM": "s3cret", "a certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	} {
		key, err := smtp.ParseKey([]byte(file))
		if err == nil || key != none || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: key %v, error %v", name, key, err)
		}
	}
}
