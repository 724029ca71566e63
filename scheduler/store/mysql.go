package store

import (
	"cmp"
	"database/sql"
	"log/slog"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
)

const (
	// mysqlConns is enough for the loops and the page; a transaction waits in Go rather than in the server.
	mysqlConns = 8
	// mysqlConnLife is below the idle limits of servers and of what may stand between.
	mysqlConnLife = 3 * time.Minute
	dialTimeout   = 10 * time.Second
	// ioTimeout is longer than lock waits, so that a long wait ends as the server's own error, which is retried.
	ioTimeout = time.Minute
	// mysqlMaxIdle is well below waitSeconds.
	mysqlMaxIdle = 30 * time.Second
)

// connectMySQL prepares a pool. Whatever the DSN or the server says, counts are of rows matched, text is utf8mb4 and
// compared byte for byte, no file of ours is handed to a server that asks for it, and sessions are set as
// sessionSettings says. Time-outs are the DSN's, where it has any. To another host the connection is encrypted where
// the server can, unless the DSN says tls=….
func connectMySQL(dsn string, log *slog.Logger) (database, error) {
	cfg, err := parseDSN(dsn)
	if err != nil {
		return database{}, err
	}
	if cfg.TLSConfig == "" && crossesNetwork(cfg) {
		cfg.TLSConfig = "preferred"
	}
	cfg.AllowAllFiles = false
	if err := cfg.Apply(driver.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return database{}, err
	}
	cfg.ClientFoundRows = true
	cfg.InterpolateParams = true // one round trip for a statement; safe in utf8mb4
	cfg.MultiStatements = false
	cfg.Timeout = cmp.Or(cfg.Timeout, dialTimeout)
	cfg.ReadTimeout = cmp.Or(cfg.ReadTimeout, ioTimeout)
	cfg.WriteTimeout = cmp.Or(cfg.WriteTimeout, ioTimeout)
	cfg.Logger = &driver.NopLogger{} // what goes wrong is returned
	settings := withoutParams(sessionSettings, cfg.Params)

	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return database{}, errDSN
	}
	db := sql.OpenDB(&sessionConnector{Connector: connector, log: log, settings: settings})
	db.SetMaxOpenConns(mysqlConns)
	db.SetMaxIdleConns(mysqlConns / 2)
	db.SetConnMaxLifetime(mysqlConnLife)
	db.SetConnMaxIdleTime(mysqlMaxIdle)
	return database{
		name: MySQL,
		sql:  db,
		// Asking for the version would turn on RETURNING on MariaDB, which nothing here uses.
		dialect: mysql.New(mysql.Config{Conn: db, DSNConfig: cfg, SkipInitializeWithVersion: true}),
	}, nil
}
