package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// certificates are one authority and the server's certificate that it signed.
type certificates struct {
	ca     []byte // PEM
	roots  *x509.CertPool
	server tls.Certificate
}

func newCertificates(t testing.TB) certificates {
	t.Helper()
	authority := template(1, "smtptest authority")
	authority.IsCA = true
	authority.BasicConstraintsValid = true
	authority.KeyUsage = x509.KeyUsageCertSign
	caKey, ca := sign(t, authority, authority, nil)

	server := template(2, "smtptest")
	server.DNSNames = []string{"localhost", "mail.example.invalid"}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	key, der := sign(t, server, authority, caKey)

	c := certificates{
		ca:     pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca}),
		roots:  x509.NewCertPool(),
		server: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
	}
	c.roots.AppendCertsFromPEM(c.ca)
	return c
}

// Certificate returns, in PEM, an authority and a certificate for 127.0.0.1 and localhost that it has signed, with its
// key: for a server of another kind.
func Certificate(t testing.TB) (ca, certificate, key []byte) {
	t.Helper()
	c := newCertificates(t)
	der, err := x509.MarshalPKCS8PrivateKey(c.server.PrivateKey)
	if err != nil {
		t.Fatalf("marshal key: %v", err)
	}
	return c.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.server.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// template holds from 1990 to 2190, because a synctest bubble begins in the year 2000.
func template(serial int64, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// sign makes a key and its certificate; without a parent's key it signs itself.
func sign(t testing.TB, c, parent *x509.Certificate, by *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("generate key: %v", err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatalf("sign certificate: %v", err)
	}
	return key, der
}
