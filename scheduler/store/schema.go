package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// table is a table as the database itself describes it.
type table struct {
	name    string
	columns []column
	key     []string // the columns of its primary key
	parents []string // the tables that its foreign keys name
}

// column is a column of a table. Ours hold whole numbers or texts.
type column struct {
	name    string
	integer bool
}

// names returns the columns' names in the table's order.
func (t table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// reader is a database, a connection or a transaction that is read.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// tableOfMigrations is the store's own book, which no backup has and every database keeps by itself.
const tableOfMigrations = "schema_migrations"

// selectColumns finds every column that is stored: its table, name, type, and place in the primary key, 0 for none.
var selectColumns = map[string]string{
	SQLite: `SELECT t.name, c.name, upper(c.type), c.pk FROM sqlite_master t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY t.name, c.cid`,
	MySQL: `SELECT c.table_name, c.column_name, UPPER(c.data_type), COALESCE(k.ordinal_position, 0)
		FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
			AND t.table_type = 'BASE TABLE'
		LEFT JOIN information_schema.key_column_usage k
			ON k.table_schema = c.table_schema AND k.table_name = c.table_name
			AND k.column_name = c.column_name AND k.constraint_name = 'PRIMARY'
		WHERE c.table_schema = DATABASE() AND COALESCE(c.generation_expression, '') = ''
		ORDER BY c.table_name, c.ordinal_position`,
}

// selectParents finds every foreign key: the table that has it, and the one it names.
var selectParents = map[string]string{
	SQLite: `SELECT DISTINCT t.name, f."table" FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`,
	MySQL: `SELECT DISTINCT table_name, referenced_table_name FROM information_schema.key_column_usage
		WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL`,
}

// integerTypes and textTypes are the types of columns that a migration may use.
var (
	integerTypes = []string{"INTEGER", "INT", "TINYINT", "SMALLINT", "MEDIUMINT", "BIGINT"}
	textTypes    = []string{"TEXT", "CHAR", "VARCHAR", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT"}
)

// describe asks the database for its tables, but for that of the migrations: those that others name stand first.
func describe(ctx context.Context, r reader, driver string) ([]table, error) {
	var tables []table
	err := each(ctx, r, selectColumns[driver], func(rows *sql.Rows) error {
		var name, kind string
		var c column
		var key int
		if err := rows.Scan(&name, &c.name, &kind, &key); err != nil {
			return err
		}
		if name == tableOfMigrations {
			return nil
		}
		c.integer = slices.Contains(integerTypes, kind)
		if !c.integer && !slices.Contains(textTypes, kind) {
			return fmt.Errorf("column %s.%s has type %s: qixian has no such column", name, c.name, kind)
		}
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name})
		}
		t := &tables[len(tables)-1]
		t.columns = append(t.columns, c)
		if key > 0 {
			t.key = append(t.key, c.name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("describe tables: %w", err)
	}
	err = each(ctx, r, selectParents[driver], func(rows *sql.Rows) error {
		var name, parent string
		if err := rows.Scan(&name, &parent); err != nil {
			return err
		}
		i := slices.IndexFunc(tables, func(t table) bool { return t.name == name })
		if i >= 0 && parent != name {
			tables[i].parents = append(tables[i].parents, parent)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("describe foreign keys: %w", err)
	}
	return parentsFirst(tables)
}

// parentsFirst orders tables so that each comes after those that its foreign keys name.
func parentsFirst(tables []table) ([]table, error) {
	var ordered []table
	placed := map[string]bool{}
	for len(ordered) < len(tables) {
		before := len(ordered)
		for _, t := range tables {
			waits := slices.ContainsFunc(t.parents, func(p string) bool { return !placed[p] })
			if !placed[t.name] && !waits {
				ordered, placed[t.name] = append(ordered, t), true
			}
		}
		if len(ordered) == before {
			return nil, fmt.Errorf("order tables: the foreign keys of some run in a circle")
		}
	}
	return ordered, nil
}

// each runs f for every row that a query finds.
func each(ctx context.Context, r reader, query string, f func(rows *sql.Rows) error) (err error) {
	rows, err := r.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() {
		if closed := rows.Close(); err == nil {
			err = closed
		}
	}()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// schemaVersion returns the number of the last migration that a database has had; 0 where it has had none.
func schemaVersion(ctx context.Context, r reader) int {
	var version int
	if err := r.QueryRowContext(ctx, selectVersion).Scan(&version); err != nil {
		return 0 // there is no such table; whatever else ails the database, the next statement says
	}
	return version
}

// quoteNames quotes the names of tables or columns, which are the database's own.
func quoteNames(driver string, names ...string) string {
	quote := `"`
	if driver == MySQL {
		quote = "`"
	}
	return quote + strings.Join(names, quote+", "+quote) + quote
}
