package store

import (
	"errors"
	"net"

	driver "github.com/go-sql-driver/mysql"
)

// errDSN stands for whatever the driver says of a DSN that it cannot read: it quotes pieces, and with a slip of the
// hand the password is one.
var errDSN = errors.New(
	"invalid DSN: want user:password@tcp(host:port)/database or user:password@unix(socket)/database, " +
		"what is special in a parameter escaped as in a URL",
)

func parseDSN(dsn string) (*driver.Config, error) {
	cfg, err := driver.ParseDSN(dsn)
	switch {
	case err != nil, cfg.Net != "tcp" && cfg.Net != "unix":
		return nil, errDSN
	case cfg.DBName == "":
		return nil, errors.New("the DSN names no database: want user:password@tcp(host:port)/database")
	}
	return cfg, nil
}

func crossesNetwork(cfg *driver.Config) bool {
	if cfg.Net != "tcp" {
		return false
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	ip := net.ParseIP(host)
	return err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// CheckDSN says of a MySQL what can be said without dialling: whether the DSN can be read, and the server's address if
// whoever is on the network on the way there could read along, or play the server, because no encryption with a
// certificate that is checked is asked for.
func CheckDSN(o Options) (exposed string, err error) {
	if o.Driver != MySQL {
		return "", nil
	}
	cfg, err := parseDSN(o.DSN)
	if err != nil || !crossesNetwork(cfg) || cfg.TLSConfig == "true" && !cfg.AllowFallbackToPlaintext {
		return "", err
	}
	return cfg.Addr, nil
}
