package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"qixian/notify"
	"qixian/scheduler"
)

// addressRow is a row of addresses.
type addressRow struct {
	Address    string `gorm:"primaryKey"` // in lower case
	State      string
	Unit       string
	Reason     string
	Since      int64
	MessageKey string
}

// TableName names the table.
func (addressRow) TableName() string { return "addresses" }

func (r addressRow) address() scheduler.Address {
	return scheduler.Address{
		Address: r.Address,
		State:   scheduler.AddressState(r.State),
		Unit:    r.Unit,
		Reason:  r.Reason,
		Since:   instant(r.Since),
		Message: r.MessageKey,
	}
}

// bounceRow is a row of bounces.
type bounceRow struct {
	Digest     string `gorm:"primaryKey"`
	MessageKey string
	Status     string
	Permanent  bool
	Reason     string
	RecordedAt int64
	Doubtful   bool  // anybody may have written it
	ToldAt     int64 // when the office was told of a doubtful one
}

// TableName names the table.
func (bounceRow) TableName() string { return "bounces" }

// maxReason bounds what is kept of a server's words, in characters.
const maxReason = 1000

// short returns as many characters of a text as are kept of it.
func short(text string, limit int) string {
	if r := []rune(text); len(r) > limit {
		return string(r[:limit])
	}
	return text
}

// NoteBounce records a bounce, as [scheduler.Addresses] says. A message that a dispatcher has in its hands at that
// moment is taken out of them: the bounce is of an earlier attempt, whose end was unknown.
func (s *Store) NoteBounce(ctx context.Context, now time.Time, m notify.Message, b scheduler.Bounce) (bool, error) {
	row := bounceRow{
		Digest: digest(
			m.ID,
			b.Status,
			b.Permanent,
		),
		MessageKey: m.Key,
		Status:     short(b.Status, 64),
		Permanent:  b.Permanent,
		Reason:     short(b.Text, maxReason),
		RecordedAt: millis(now),
	}
	end := notify.Rejected
	if b.Blames() {
		end = notify.Bounced
	}
	fresh := false
	err := s.write(ctx, "note bounce", func(tx *gorm.DB) error {
		fresh = false
		var n int64
		if err := tx.Model(&bounceRow{}).Where("digest = ?", row.Digest).Count(&n).Error; err != nil || n > 0 {
			return err
		}
		fresh = true
		if err := tx.Create(&row).Error; err != nil || !b.Permanent {
			return err
		}
		return tx.Model(
			&messageRow{},
		).Where(
			"id = ? AND state NOT IN ?",
			m.ID,
			[]notify.Class{notify.Bounced, notify.Rejected},
		).
			Updates(
				map[string]any{
					"state":       end,
					"uncertain":   false,
					"settled_at":  millis(now),
					"lease_owner": "",
					"fence":       gorm.Expr("fence + 1"),
				},
			).Error
	})
	return fresh, err
}

// NoteDoubt records a doubtful bounce, as [scheduler.Addresses] says. Nothing is kept of its words.
func (s *Store) NoteDoubt(ctx context.Context, now time.Time, m notify.Message, b scheduler.Bounce) (bool, error) {
	row := bounceRow{
		Digest: digest(
			m.ID,
			"doubtful",
		),
		MessageKey: m.Key,
		Status:     short(b.Status, 64),
		Permanent:  b.Permanent,
		RecordedAt: millis(now),
		Doubtful:   true,
	}
	fresh := false
	err := s.write(ctx, "note doubtful bounce", func(tx *gorm.DB) error {
		var n int64
		if err := tx.Model(&bounceRow{}).Where("digest = ?", row.Digest).Count(&n).Error; err != nil {
			return err
		}
		fresh = n == 0
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	})
	return fresh, err
}

// Doubts lists doubtful bounces, as [scheduler.Addresses] says.
func (s *Store) Doubts(ctx context.Context, limit int) ([]scheduler.Doubt, error) {
	var doubts []scheduler.Doubt
	err := s.read(ctx, "list doubtful bounces", func(db *gorm.DB) error {
		doubts = nil
		var rows []bounceRow
		if err := db.Where(
			"doubtful = ? AND told_at = 0",
			true,
		).Order(
			"recorded_at, digest",
		).Limit(
			limit,
		).Find(
			&rows,
		).Error; err != nil ||
			len(rows) == 0 {
			return err
		}
		keys := make([]string, len(rows))
		for i, r := range rows {
			keys[i] = r.MessageKey
		}
		var found []messageRow
		if err := db.Where("message_key IN ?", keys).Find(&found).Error; err != nil {
			return err
		}
		byKey := map[string]messageRow{}
		for _, r := range found {
			byKey[r.MessageKey] = r
		}
		for _, r := range rows {
			doubts = append(
				doubts,
				scheduler.Doubt{ID: r.Digest, Message: byKey[r.MessageKey].message(), Status: r.Status},
			)
		}
		return nil
	})
	return doubts, err
}

// tellDoubts notes that the office is told of doubtful bounces.
func tellDoubts(tx *gorm.DB, now time.Time, ids []string) error {
	for part := range slices.Chunk(ids, chunk) {
		if err := tx.Model(&bounceRow{}).Where("digest IN ?", part).Update("told_at", millis(now)).Error; err != nil {
			return err
		}
	}
	return nil
}

// Said returns a server's last words on a message, as [scheduler.Addresses] says.
func (s *Store) Said(ctx context.Context, m notify.Message) (string, error) {
	var said string
	err := s.read(ctx, "find what was said of a message", func(db *gorm.DB) (err error) {
		var last []bounceRow
		err = db.Where(
			"message_key = ? AND doubtful = ? AND permanent = ?",
			m.Key,
			false,
			true,
		).Order(
			"recorded_at DESC",
		).Limit(
			1,
		).Find(
			&last,
		).Error
		if err != nil {
			return err
		}
		if len(last) > 0 {
			said = last[0].Reason
			return nil
		}
		said, err = lastReply(db, m.ID)
		return err
	})
	return said, err
}

// MarkBad marks an address, as [scheduler.Addresses] says.
func (s *Store) MarkBad(ctx context.Context, now time.Time, m notify.Message, reason string) (bool, error) {
	row := addressRow{
		Address: strings.ToLower(
			m.To,
		),
		State:      string(scheduler.BadAddress),
		Unit:       m.Unit,
		Reason:     short(reason, maxReason),
		Since:      millis(now),
		MessageKey: m.Key,
	}
	marked := false
	err := s.write(ctx, "mark address", func(tx *gorm.DB) error {
		marked = false
		var was addressRow
		err := forUpdate(tx).Where("address = ?", row.Address).Take(&was).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
		case err != nil:
			return err
		case was.State == string(scheduler.BadAddress), was.Since > millis(m.At):
			return nil
		}
		if row.Reason == "" {
			if row.Reason, err = lastReply(tx, m.ID); err != nil {
				return err
			}
		}
		marked = true
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
	})
	return marked, err
}

// lastReply returns what the server said at a message's last attempt.
func lastReply(tx *gorm.DB, message int64) (string, error) {
	var last []deliveryRow
	if err := tx.Where(
		"message_id = ?",
		message,
	).Order(
		"attempt DESC",
	).Limit(
		1,
	).Find(
		&last,
	).Error; err != nil ||
		len(last) == 0 {
		return "", err
	}
	return short(strings.TrimSpace(strconv.Itoa(last[0].Code)+" "+last[0].Reply), maxReason), nil
}

// Addresses lists what is known of addresses, as [scheduler.Addresses] says.
func (s *Store) Addresses(ctx context.Context) ([]scheduler.Address, error) {
	var rows []addressRow
	err := s.read(ctx, "list addresses", func(db *gorm.DB) error { return db.Order("address").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	as := make([]scheduler.Address, len(rows))
	for i, r := range rows {
		as[i] = r.address()
	}
	return as, nil
}

// ClearAddress marks a bad address as cleared, as [scheduler.Addresses] says.
func (s *Store) ClearAddress(
	ctx context.Context,
	now time.Time,
	address, reason string,
	audit scheduler.Entry,
) (bool, error) {
	cleared := false
	err := s.write(ctx, "clear address", func(tx *gorm.DB) error {
		res := tx.Model(
			&addressRow{},
		).Where(
			"address = ? AND state = ?",
			strings.ToLower(address),
			scheduler.BadAddress,
		).
			Updates(
				map[string]any{
					"state":  scheduler.ClearedAddress,
					"reason": short(reason, maxReason),
					"since":  millis(now),
				},
			)
		cleared = res.RowsAffected > 0
		if res.Error != nil || !cleared {
			return res.Error
		}
		return record(tx, []scheduler.Entry{audit})
	})
	return cleared, err
}

// replacementRow is a row of replacements.
type replacementRow struct {
	Unit       string `gorm:"primaryKey"`
	Listed     string `gorm:"primaryKey"` // in lower case
	Address    string
	Reason     string
	RecordedBy string
	RecordedAt int64
}

// TableName names the table.
func (replacementRow) TableName() string { return "replacements" }

// Replace records where mail goes in place of a listed address, as [scheduler.Replacements] says.
func (s *Store) Replace(ctx context.Context, r scheduler.Replacement, audit scheduler.Entry) error {
	row := replacementRow{
		Unit:       r.Unit,
		Listed:     strings.ToLower(r.Listed),
		Address:    r.Address,
		Reason:     short(r.Reason, maxReason),
		RecordedBy: r.By,
		RecordedAt: millis(r.At),
	}
	return s.write(ctx, "replace address", func(tx *gorm.DB) error {
		var err error
		if strings.EqualFold(row.Address, row.Listed) {
			err = tx.Delete(&row).Error
		} else {
			err = tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
		}
		if err != nil {
			return err
		}
		return record(tx, []scheduler.Entry{audit})
	})
}

// Replacements lists the addresses that are replaced, as [scheduler.Replacements] says.
func (s *Store) Replacements(ctx context.Context) ([]scheduler.Replacement, error) {
	var rows []replacementRow
	err := s.read(
		ctx,
		"list replaced addresses",
		func(db *gorm.DB) error { return db.Order("unit, listed").Find(&rows).Error },
	)
	if err != nil {
		return nil, err
	}
	rs := make([]scheduler.Replacement, len(rows))
	for i, r := range rows {
		rs[i] = scheduler.Replacement{
			Unit:    r.Unit,
			Listed:  r.Listed,
			Address: r.Address,
			Reason:  r.Reason,
			By:      r.RecordedBy,
			At:      instant(r.RecordedAt),
		}
	}
	return rs, nil
}
