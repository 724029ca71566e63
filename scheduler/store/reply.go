package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// letterRow is a row of letters.
type letterRow struct {
	LetterKey string `gorm:"primaryKey"`
	Numbered  string // JSON
}

// TableName names the table.
func (letterRow) TableName() string { return "letters" }

// insertLetters keeps what the messages of promises number.
func insertLetters(tx *gorm.DB, ps []scheduler.Promise) error {
	var rows []letterRow
	for _, p := range ps {
		if len(p.Lines) == 0 || len(p.Messages) == 0 {
			continue
		}
		text, err := json.Marshal(p.Lines)
		if err != nil {
			return fmt.Errorf("write lines of %s: %w", p.Key, err)
		}
		rows = append(rows, letterRow{LetterKey: p.Key, Numbered: string(text)})
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(&rows, messageBatch).Error
}

// replyRow is a row of replies.
type replyRow struct {
	ID         string `gorm:"primaryKey"`
	MessageKey string
	Unit       string
	DatedAt    int64
	ReceivedAt int64
	HandledAt  int64
	Outcome    string
	Known      bool
}

// TableName names the table.
func (replyRow) TableName() string { return "replies" }

func (r replyRow) received() scheduler.Received {
	return scheduler.Received{
		ID:      r.ID,
		Message: r.MessageKey,
		Unit:    r.Unit,
		Dated:   instant(r.DatedAt),
		At:      instant(r.ReceivedAt),
		Handled: instant(r.HandledAt),
		Outcome: r.Outcome,
		Known:   r.Known,
	}
}

// MessageByID returns a message, as [scheduler.Correspondence] says. A Message-ID is asked of its index by its
// beginning on MySQL, and then compared as a whole.
func (s *Store) MessageByID(ctx context.Context, messageID string) (scheduler.Sent, error) {
	var sent scheduler.Sent
	err := s.read(ctx, "find message", func(db *gorm.DB) error {
		sent = scheduler.Sent{}
		var found []messageRow
		if err := messagesOf(db, messageID).Find(&found).Error; err != nil {
			return err
		}
		if len(found) == 0 {
			return scheduler.ErrNoMessage
		}
		sent.Message = found[0].message()
		var letters []letterRow
		if err := db.Where(
			"letter_key = ?",
			scheduler.LetterKey(sent.Message.Key),
		).Find(
			&letters,
		).Error; err != nil ||
			len(letters) == 0 {
			return err
		}
		if err := json.Unmarshal([]byte(letters[0].Numbered), &sent.Lines); err != nil {
			return fmt.Errorf("read lines of %s: %w", sent.Message.Key, err)
		}
		return nil
	})
	return sent, err
}

func messagesOf(db *gorm.DB, messageID string) *gorm.DB {
	return db.Where("header_id = ?", messageID).Order("id").Limit(1)
}

// Receive records a reply, as [scheduler.Correspondence] says.
func (s *Store) Receive(ctx context.Context, r scheduler.Received) (scheduler.Received, error) {
	err := s.write(ctx, "record reply", func(tx *gorm.DB) error {
		row := replyRow{
			ID:         r.ID,
			MessageKey: r.Message,
			Unit:       r.Unit,
			DatedAt:    millis(r.Dated),
			ReceivedAt: millis(r.At),
			Known:      r.Known,
		}
		var known []replyRow
		if err := tx.Where("id = ?", r.ID).Find(&known).Error; err != nil {
			return err
		}
		if len(known) > 0 {
			row = known[0]
		} else if err := tx.Create(&row).Error; err != nil {
			return err
		}
		r = row.received()
		return countEarlier(tx, row, &r)
	})
	return r, err
}

// countEarlier counts the replies in the hour before one, of the same unit and to the same message. Those of one
// reading of the inbox are of one moment.
func countEarlier(tx *gorm.DB, row replyRow, r *scheduler.Received) error {
	var found struct{ OfUnit, OfMessage int }
	err := tx.Raw(
		"SELECT COUNT(*) AS of_unit, COALESCE(SUM(CASE WHEN message_key = ? THEN 1 ELSE 0 END), 0) AS of_message FROM replies"+
			" WHERE unit = ? AND received_at > ? AND received_at <= ? AND known = ? AND id <> ?",
		row.MessageKey,
		row.Unit,
		row.ReceivedAt-time.Hour.Milliseconds(),
		row.ReceivedAt,
		row.Known,
		row.ID,
	).Scan(
		&found,
	).Error
	r.Earlier, r.EarlierOfUnit = found.OfMessage, found.OfUnit
	return err
}

// Handle ends a reply, as [scheduler.Correspondence] says. Of those who handle one reply at once, one ends it.
func (s *Store) Handle(ctx context.Context, now time.Time, r scheduler.Received, p scheduler.Promise) error {
	return s.write(ctx, "end reply", func(tx *gorm.DB) error {
		res := tx.Model(
			&replyRow{},
		).Where(
			"id = ? AND handled_at = 0",
			r.ID,
		).Updates(
			map[string]any{"handled_at": millis(now), "outcome": r.Outcome},
		)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		if err := promise(tx, now, p); err != nil && !errors.Is(err, errTaken) { // taken: it is answered once only
			return err
		}
		return nil
	})
}
