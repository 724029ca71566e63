package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// messageState is where a message of the outbox stands.
type messageState string

// The states of a message. The others are the classes in which a message ends: sent, uncertain, bounced, rejected. An
// uncertain message that is to be sent again is pending, and marked.
const (
	pending messageState = "pending" // promised, and due at next_at
	claimed messageState = "claimed" // in a dispatcher's hands
	sending messageState = "sending" // in its hands and begun: uncertain if it is never settled
)

// held are the states in which a message is in somebody's hands.
var held = []messageState{claimed, sending}

// messageRow is a row of messages.
type messageRow struct {
	ID         int64 `gorm:"->;primaryKey;autoIncrement:false"`
	MessageKey string
	HeaderID   string // the Message-ID, without angle brackets
	Kind       string
	Unit       string
	Recipient  string
	PromisedAt int64
	Thread     string
	Subject    string
	State      messageState
	NextAt     int64
	Attempt    int
	Blamed     int // attempts that count towards giving it up
	Uncertain  bool
	LeaseOwner string // in whose hands it is; empty: nobody's
	Fence      int64  // grows with each claim and each recovery
	BegunAt    int64  // of the last attempt
	SettledAt  int64
	ReportedAt int64 // when the office was told that it failed
}

// TableName names the table.
func (messageRow) TableName() string { return "messages" }

// bodyRow is a row of bodies: what a message says.
type bodyRow struct {
	MessageID   int64 `gorm:"primaryKey;autoIncrement:false"`
	BodyText    string
	BodyHTML    string `gorm:"column:body_html"`
	Attachments string // JSON; empty: none
}

// TableName names the table.
func (bodyRow) TableName() string { return "bodies" }

// insertMessages puts messages into the outbox, due at once.
func insertMessages(tx *gorm.DB, now time.Time, ms []notify.Message) error {
	for part := range slices.Chunk(ms, messageBatch) {
		rows := make([]messageRow, len(part))
		keys := make([]string, len(part))
		for i, m := range part {
			at := m.At
			if at.IsZero() {
				at = now
			}
			keys[i] = m.Key
			rows[i] = messageRow{
				MessageKey: m.Key,
				HeaderID:   m.MessageID,
				Kind:       string(m.Kind),
				Unit:       m.Unit,
				Recipient:  m.To,
				PromisedAt: millis(at),
				Thread:     m.Thread,
				Subject:    m.Subject,
				State:      pending,
				NextAt:     millis(now),
			}
		}
		if err := tx.Create(&rows).Error; err != nil {
			return err
		}
		var found []messageRow
		if err := tx.Select("id", "message_key").Where("message_key IN ?", keys).Find(&found).Error; err != nil {
			return err
		}
		if err := insertBodies(tx, found, part); err != nil {
			return err
		}
	}
	return nil
}

func insertBodies(tx *gorm.DB, found []messageRow, ms []notify.Message) error {
	ids := make(map[string]int64, len(found))
	for _, r := range found {
		ids[r.MessageKey] = r.ID
	}
	bodies := make([]bodyRow, len(ms))
	for i, m := range ms {
		bodies[i] = bodyRow{MessageID: ids[m.Key], BodyText: m.Text, BodyHTML: m.HTML}
		if len(m.Attachments) > 0 {
			files, err := json.Marshal(m.Attachments)
			if err != nil {
				return fmt.Errorf("write attachments of %s: %w", m.Key, err)
			}
			bodies[i].Attachments = string(files)
		}
	}
	return tx.Create(&bodies).Error
}

// withBodies gives messages what they say.
func withBodies(db *gorm.DB, ms []notify.Message) error {
	for part := range slices.Chunk(ms, chunk) {
		at := make(map[int64]*notify.Message, len(part))
		ids := make([]int64, len(part))
		for i := range part {
			ids[i], at[part[i].ID] = part[i].ID, &part[i]
		}
		var bodies []bodyRow
		if err := db.Where("message_id IN ?", ids).Find(&bodies).Error; err != nil {
			return err
		}
		for _, b := range bodies {
			m := at[b.MessageID]
			m.Text, m.HTML = b.BodyText, b.BodyHTML
			if b.Attachments == "" {
				continue
			}
			if err := json.Unmarshal([]byte(b.Attachments), &m.Attachments); err != nil {
				return fmt.Errorf("read attachments of %s: %w", m.Key, err)
			}
		}
	}
	return nil
}

// message is the row as a message, without what it says.
func (r messageRow) message() notify.Message {
	m := notify.Message{
		ID: r.ID, Key: r.MessageKey, MessageID: r.HeaderID, Kind: notify.Kind(r.Kind), Unit: r.Unit, To: r.Recipient,
		At: time.UnixMilli(r.PromisedAt).In(calendar.Zone()), Thread: r.Thread, Subject: r.Subject,
		Attempt: r.Attempt, Blamed: r.Blamed, Uncertain: r.Uncertain, Fence: r.Fence,
	}
	if r.State != pending && r.State != claimed && r.State != sending {
		m.Ended = notify.Class(r.State)
	}
	return m
}

func messages(rows []messageRow) []notify.Message {
	ms := make([]notify.Message, len(rows))
	for i, r := range rows {
		ms[i] = r.message()
	}
	return ms
}

// Mail returns a message with what it says, as [scheduler.Letters] says.
func (s *Store) Mail(ctx context.Context, key string) (notify.Message, error) {
	var ms []notify.Message
	err := s.read(ctx, "find message", func(db *gorm.DB) error {
		var rows []messageRow
		if err := db.Where("message_key = ?", key).Limit(1).Find(&rows).Error; err != nil {
			return err
		}
		ms = messages(rows)
		return withBodies(db, ms)
	})
	switch {
	case err != nil:
		return notify.Message{}, err
	case len(ms) == 0:
		return notify.Message{}, fmt.Errorf("find message %s: %w", key, scheduler.ErrNotFound)
	}
	return ms[0], nil
}
