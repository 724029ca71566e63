package store

import (
	"cmp"
	"database/sql"
	"errors"
	"maps"
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
)

// connectMySQL prepares a pool. Whatever the DSN says, counts are of rows matched, text is utf8mb4 and compared byte for
// byte, what does not fit is an error, and a transaction sees what others have committed. Time-outs are the DSN's, where it has any.
func connectMySQL(dsn string) (database, error) {
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		return database{}, err
	}
	if cfg.DBName == "" {
		return database{}, errors.New("the DSN names no database: want user:password@tcp(host:port)/database")
	}
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
	params := map[string]string{"innodb_lock_wait_timeout": "10"}
	maps.Copy(params, cfg.Params)
	params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"
	cfg.Params = params

	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return database{}, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(mysqlConns)
	db.SetMaxIdleConns(mysqlConns / 2)
	db.SetConnMaxLifetime(mysqlConnLife)
	return database{
		name: MySQL,
		sql:  db,
		// Asking for the version would turn on RETURNING on MariaDB, which nothing here uses.
		dialect: mysql.New(mysql.Config{Conn: db, DSNConfig: cfg, SkipInitializeWithVersion: true}),
		tx:      &sql.TxOptions{Isolation: sql.LevelReadCommitted},
	}, nil
}
