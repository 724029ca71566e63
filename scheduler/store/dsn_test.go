package store_test

import (
	"strings"
	"testing"

	"qixian/scheduler/store"
)

// TestDSNIsNotRepeated mistypes a DSN in every way by which its password could come to stand elsewhere: no error has a
// piece of it.
func TestDSNIsNotRepeated(t *testing.T) {
	const secret = "do-not-print"
	for _, dsn := range []string{
		secret, "qixian:" + secret, "qixian:" + secret + "/qixian", "qixian:" + secret + "@127.0.0.1:1/qixian", secret + "@" + secret + "/qixian",
		"mysql://qixian:" + secret + "@127.0.0.1:1/qixian", "qixian:" + secret + "@tcp(127.0.0.1:1/qixian", "qixian@" + secret + "(127.0.0.1:1)/qixian",
		"qixian:q@tcp(127.0.0.1:1)/qixian?tls=" + secret, "qixian:q@tcp(127.0.0.1:1)/qixian?parseTime=" + secret,
		"qixian:q@tcp(127.0.0.1:1)/qixian?timeout=" + secret, "qixian:q@tcp(127.0.0.1:1)/qixian?loc=" + secret, "qixian:q@tcp(127.0.0.1:1)/%" + secret,
		"qixian:" + secret + "@tcp(127.0.0.1:1)/qixian", "qixian:" + secret + "@unix(/none)/qixian", "qixian:" + secret + "@tcp(127.0.0.1:1)/",
		"qixian:q@tcp(127.0.0.1:1)/qixian?collation=" + secret, "qixian:q@tcp(127.0.0.1:1)/qixian?serverPubKey=" + secret,
	} {
		s, err := store.Open(t.Context(), store.Options{Driver: store.MySQL, DSN: dsn})
		if err == nil {
			_ = s.Close()
			t.Errorf("%s was opened", dsn)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func TestCheckDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"q:p@tcp(127.0.0.1:3306)/q": "", "q:p@tcp(localhost:3306)/q": "", "q:p@tcp([::1]:3306)/q": "", "q:p@unix(/run/s)/q": "",
		"q:p@tcp(db.example.invalid:3306)/q": "db.example.invalid:3306", "q:p@tcp(10.0.0.1)/q": "10.0.0.1:3306",
		"q:p@tcp(db.example.invalid)/q?tls=skip-verify": "db.example.invalid:3306", "q:p@tcp(db.example.invalid)/q?tls=preferred": "db.example.invalid:3306",
		"q:p@tcp(db.example.invalid)/q?tls=false": "db.example.invalid:3306", "q:p@tcp(db.example.invalid)/q?tls=true": "",
		"q:p@tcp(db.example.invalid)/q?tls=true&allowFallbackToPlaintext=true": "db.example.invalid:3306",
	} {
		if got, err := store.CheckDSN(store.Options{Driver: store.MySQL, DSN: dsn}); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", dsn, got, err, want)
		}
	}
	if got, err := store.CheckDSN(store.Options{Driver: store.SQLite, Path: "q.db"}); got != "" || err != nil {
		t.Errorf("sqlite: %q, %v", got, err)
	}
	if _, err := store.CheckDSN(store.Options{Driver: store.MySQL, DSN: "no DSN"}); err == nil {
		t.Error("what is no DSN is not told of")
	}
}

// TestEncrypted holds that a server on another address than this host's is spoken to by TLS where it can, without a
// word in the DSN.
func TestEncrypted(t *testing.T) {
	for dsn, want := range map[string]string{
		"q:p@tcp(10.0.0.1)/q": "preferred", "q:p@tcp(10.0.0.1)/q?tls=false": "false", "q:p@tcp(10.0.0.1)/q?tls=true": "true", "q:p@tcp(127.0.0.1)/q": "",
		"q:p@tcp(127.0.0.1)/q?allowAllFiles=true": "",
	} {
		if got, files := store.Session(t, dsn); got != want || files {
			t.Errorf("%s: tls %q, files %t; want %q", dsn, got, files, want)
		}
	}
}
