package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	pingTimeout = 10 * time.Second
	// lookAgain is how soon it is looked again whether all is well, while it is not.
	lookAgain = 10 * time.Second
)

// pings fetches the outside address as long as all is well, until ctx ends. When it stays out, whoever waits for it
// there raises the alarm: so it is never fetched in doubt, and tried again only at its time.
func (w *watch) pings(ctx context.Context) {
	if w.ping.Ping == "" {
		return
	}
	client := pingClient()
	var said string // what the last attempt came to
	for {
		result, wait, trouble := w.pingOnce(ctx, client)
		if ctx.Err() != nil {
			return
		}
		w.metrics.pings.WithLabelValues(result).Inc()
		switch {
		case trouble == nil && said != "":
			w.log.Info("outside address is fetched again")
		case trouble != nil && said != trouble.Error():
			w.log.Warn("outside address not fetched", "result", result, "error", trouble)
		}
		if said = ""; trouble != nil {
			said = trouble.Error()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// pingClient follows nothing, trusts what the system trusts, and keeps no connection.
func pingClient() *http.Client {
	return &http.Client{
		Timeout:       pingTimeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// pingOnce looks whether all is well and fetches the address if it is. It returns how long to wait.
func (w *watch) pingOnce(ctx context.Context, client *http.Client) (result string, wait time.Duration, trouble error) {
	if err := w.well(ctx); err != nil {
		return "withheld", min(lookAgain, w.ping.PingInterval), err
	}
	if err := fetch(ctx, client, w.ping.Ping); err != nil {
		return "failed", w.ping.PingInterval, err
	}
	return "answered", w.ping.PingInterval, nil
}

// fetch gets an address; anything but a success is an error. What net/http says of an address quotes it, and it may
// hold a secret: the error says only what kind of thing went wrong.
func fetch(ctx context.Context, client *http.Client, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("no request can be made of it")
	}
	r.Header.Set("User-Agent", "qixian")
	answer, err := client.Do(r)
	if err != nil {
		return anonymous(err)
	}
	_ = answer.Body.Close() // the answer is in its head
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("answered with status %d", answer.StatusCode)
	}
	return nil
}

// anonymous says what kind of error err is, without a word of err.
func anonymous(err error) error {
	var timeout net.Error
	var unknown *net.DNSError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("no answer in time")
	case errors.As(err, &unknown):
		return errors.New("its host is not known")
	case errors.As(err, &certificate), errors.As(err, &authority):
		return errors.New("its certificate is not trusted")
	default:
		return errors.New("the connection failed")
	}
}
