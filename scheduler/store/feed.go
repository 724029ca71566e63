package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/scheduler"
)

// feedRow is a row of feeds.
type feedRow struct {
	Unit      string `gorm:"primaryKey"`
	Number    int    `gorm:"primaryKey;autoIncrement:false"`
	Serial    string
	IssuedAt  int64
	RevokedAt int64
	RevokedBy string
	Reason    string
}

// TableName names the table.
func (feedRow) TableName() string { return "feeds" }

// Feeds lists the calendars, as [scheduler.Feeds] says.
func (s *Store) Feeds(ctx context.Context) ([]scheduler.Feed, error) {
	var rows []feedRow
	err := s.read(ctx, "list calendars", func(db *gorm.DB) error { return db.Order("unit, number").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	fs := make([]scheduler.Feed, len(rows))
	for i, r := range rows {
		fs[i] = scheduler.Feed{
			Unit:      r.Unit,
			Number:    r.Number,
			Serial:    r.Serial,
			Issued:    instant(r.IssuedAt),
			Revoked:   instant(r.RevokedAt),
			RevokedBy: r.RevokedBy,
			Reason:    r.Reason,
		}
	}
	return fs, nil
}

// IssueFeeds records calendars, as [scheduler.Feeds] says.
func (s *Store) IssueFeeds(ctx context.Context, fs []scheduler.Feed) error {
	rows := make([]feedRow, len(fs))
	for i, f := range fs {
		rows[i] = feedRow{Unit: f.Unit, Number: f.Number, Serial: f.Serial, IssuedAt: millis(f.Issued)}
	}
	return s.write(ctx, "issue calendars", func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
	})
}

// RevokeFeed records that a calendar works no longer, as [scheduler.Feeds] says.
func (s *Store) RevokeFeed(ctx context.Context, f scheduler.Feed, audit scheduler.Entry) (bool, error) {
	revoked := false
	err := s.write(ctx, "revoke calendar", func(tx *gorm.DB) error {
		res := tx.Model(&feedRow{}).Where("unit = ? AND number = ? AND revoked_at = 0", f.Unit, f.Number).
			Updates(
				map[string]any{
					"revoked_at": millis(f.Revoked),
					"revoked_by": f.RevokedBy,
					"reason":     short(f.Reason, maxReason),
				},
			)
		revoked = res.RowsAffected > 0
		if res.Error != nil || !revoked {
			return res.Error
		}
		return record(tx, []scheduler.Entry{audit})
	})
	return revoked, err
}
