package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/scheduler"
)

// settingSigningKey is the setting that holds the fingerprint of the signing key that a database's messages were
// promised under.
const settingSigningKey = "signing_key"

// OtherKeyError says that a database is that of another signing key than the host's. Under another key a message that
// is promised again would have another Message-ID, so that its reader gets it twice, and the codes and links that were
// sent would be nobody's.
type OtherKeyError struct {
	Database string // fingerprint
	Host     string // likewise; empty: the host has no key
}

// Error names both keys.
func (e *OtherKeyError) Error() string {
	host := "this host has signing key " + e.Host
	if e.Host == "" {
		host = "this host has no signing key"
	}
	return fmt.Sprintf("the database is that of signing key %s, and %s", e.Database, host)
}

// HoldKey notes the fingerprint of the signing key in a database that has none yet. It fails with an OtherKeyError, and
// changes nothing, if the database is another key's; of several daemons with different keys that begin at once, one
// succeeds.
func (s *Store) HoldKey(ctx context.Context, fingerprint string) error {
	if kept, err := s.Setting(ctx, settingSigningKey); err != nil || kept == fingerprint {
		return err
	}
	var row settingRow
	err := s.write(ctx, "note signing key", func(tx *gorm.DB) error {
		row = settingRow{Name: settingSigningKey, Value: fingerprint}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
			return err
		}
		row = settingRow{}
		return forUpdate(tx).Where("name = ?", settingSigningKey).Take(&row).Error
	})
	if err == nil && row.Value != fingerprint {
		err = &OtherKeyError{Database: row.Value, Host: fingerprint}
	}
	return err
}

// AdoptKey makes a database that of the signing key with this fingerprint, whatever it was before. It reports false if
// it is already.
func (s *Store) AdoptKey(ctx context.Context, fingerprint string, audit scheduler.Entry) (bool, error) {
	adopted := false
	err := s.write(ctx, "adopt signing key", func(tx *gorm.DB) (err error) {
		adopted, err = adoptKey(tx, fingerprint, audit)
		return err
	})
	return adopted, err
}

// SigningKey returns the fingerprint of the signing key that the database is of; empty: no daemon has noted one yet.
func (s *Store) SigningKey(ctx context.Context) (string, error) {
	return s.Setting(ctx, settingSigningKey)
}

func adoptKey(tx *gorm.DB, fingerprint string, audit scheduler.Entry) (bool, error) {
	was, err := keyOf(tx)
	if err != nil || was == fingerprint {
		return false, err
	}
	row := settingRow{Name: settingSigningKey, Value: fingerprint}
	if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return false, err
	}
	return true, record(tx, []scheduler.Entry{audit})
}

func keyOf(tx *gorm.DB) (string, error) {
	var row settingRow
	err := forUpdate(tx).Where("name = ?", settingSigningKey).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	return row.Value, err
}

// HostKey is the signing key of the host that a backup is restored on.
type HostKey struct {
	Fingerprint string // empty: it has none
	// says that the key takes the place of the backup's; nil: another one's backup is refused
	Adopt *scheduler.Entry
}

// settle holds that restored rows are those of the host's key, or makes them so.
func (k HostKey) settle(tx *gorm.DB) error {
	was, err := keyOf(tx)
	switch {
	case err != nil || was == "" || was == k.Fingerprint:
		return err
	case k.Adopt == nil:
		return &OtherKeyError{Database: was, Host: k.Fingerprint}
	}
	_, err = adoptKey(tx, k.Fingerprint, *k.Adopt)
	return err
}
