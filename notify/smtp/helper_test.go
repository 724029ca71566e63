package smtp_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	netmail "net/mail"
	"strings"
	"testing"
)

// decode undoes a transfer encoding.
func decode(t testing.TB, encoding string, raw []byte) []byte {
	t.Helper()
	switch encoding {
	case "8bit":
		return raw
	case "base64":
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(raw), "\r\n", ""))
		if err != nil {
			t.Fatalf("decode base64: %v", err)
		}
		return b
	}
	t.Fatalf("unexpected transfer encoding %q", encoding)
	return nil
}

// rawHeader returns a header as it stands, unfolded.
func rawHeader(t testing.TB, raw []byte, name string) string {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read message: %v", err)
	}
	return msg.Header.Get(name)
}

// someID is a Message-ID that is another for other parts; its prefix says of what.
func someID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:12]) + "@example.invalid"
}
