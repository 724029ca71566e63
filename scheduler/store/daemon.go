package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/scheduler"
)

// forgetDaemon is after how long a daemon that ended without a word is forgotten.
const forgetDaemon = 7 * 24 * time.Hour

// daemonRow is a row of daemons.
type daemonRow struct {
	Owner     string `gorm:"primaryKey"`
	Host      string
	Version   string
	Plan      string
	StartedAt int64
	SeenAt    int64
}

// TableName names the table.
func (daemonRow) TableName() string { return "daemons" }

// Beat notes that a daemon is running: one row is written, and those that have not beaten for a week are taken out.
// They are looked for before anything is locked, so that daemons that beat at one moment do not wait for each other's
// rows.
func (s *Store) Beat(ctx context.Context, d scheduler.Daemon) error {
	return s.write(ctx, "note daemon", func(tx *gorm.DB) error {
		var gone []string
		if err := tx.Model(
			&daemonRow{},
		).Where(
			"seen_at < ?",
			millis(d.Seen.Add(-forgetDaemon)),
		).Pluck(
			"owner",
			&gone,
		).Error; err != nil {
			return err
		}
		if len(gone) > 0 {
			if err := tx.Where("owner IN ?", gone).Delete(&daemonRow{}).Error; err != nil {
				return err
			}
		}
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&daemonRow{
			Owner:     d.Owner,
			Host:      d.Host,
			Version:   d.Version,
			Plan:      d.Plan,
			StartedAt: millis(d.Started),
			SeenAt:    millis(d.Seen),
		}).Error
	})
}

// Leave notes that a daemon has ended as it should.
func (s *Store) Leave(ctx context.Context, owner string) error {
	return s.write(ctx, "note end of daemon", func(tx *gorm.DB) error {
		return tx.Where("owner = ?", owner).Delete(&daemonRow{}).Error
	})
}

// Daemons lists the daemons on this database, as [scheduler.Ledger] says.
func (s *Store) Daemons(ctx context.Context) ([]scheduler.Daemon, error) {
	var rows []daemonRow
	err := s.read(ctx, "list daemons", func(db *gorm.DB) error { return db.Order("host, owner").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	ds := make([]scheduler.Daemon, len(rows))
	for i, r := range rows {
		ds[i] = scheduler.Daemon{
			Owner:   r.Owner,
			Host:    r.Host,
			Version: r.Version,
			Plan:    r.Plan,
			Started: instant(r.StartedAt),
			Seen:    instant(r.SeenAt),
		}
	}
	return ds, nil
}
