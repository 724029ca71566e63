package store

import (
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"qixian/notify"
	"qixian/rules/calendar"
)

// messageState is where a message of the outbox stands.
type messageState string

// The states of a message. The others are the classes in which a message ends: sent, uncertain, bounced, rejected. An uncertain
// message that is to be sent again is pending, and marked.
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
	BodyText   string
	BodyHTML   string `gorm:"column:body_html"`
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

	Attachments string // JSON; empty: none
}

// TableName names the table.
func (messageRow) TableName() string { return "messages" }

// insertMessages puts messages into the outbox, due at once.
func insertMessages(tx *gorm.DB, now time.Time, ms []notify.Message) error {
	if len(ms) == 0 {
		return nil
	}
	rows := make([]messageRow, len(ms))
	for i, m := range ms {
		at := m.At
		if at.IsZero() {
			at = now
		}
		rows[i] = messageRow{
			MessageKey: m.Key, HeaderID: m.MessageID, Kind: string(m.Kind), Unit: m.Unit, Recipient: m.To, PromisedAt: millis(at),
			Thread: m.Thread, Subject: m.Subject, BodyText: m.Text, BodyHTML: m.HTML, State: pending, NextAt: millis(now),
		}
		if len(m.Attachments) > 0 {
			files, err := json.Marshal(m.Attachments)
			if err != nil {
				return fmt.Errorf("write attachments of %s: %w", m.Key, err)
			}
			rows[i].Attachments = string(files)
		}
	}
	return tx.CreateInBatches(&rows, messageBatch).Error
}

// files reads what a message brings along.
func (r messageRow) files() ([]notify.Attachment, error) {
	if r.Attachments == "" {
		return nil, nil
	}
	var files []notify.Attachment
	if err := json.Unmarshal([]byte(r.Attachments), &files); err != nil {
		return nil, fmt.Errorf("read attachments of %s: %w", r.MessageKey, err)
	}
	return files, nil
}

// message is the row as a message, without its attachments, of which whoever sends it alone has need.
func (r messageRow) message() notify.Message {
	m := notify.Message{
		ID: r.ID, Key: r.MessageKey, MessageID: r.HeaderID, Kind: notify.Kind(r.Kind), Unit: r.Unit, To: r.Recipient,
		At: time.UnixMilli(r.PromisedAt).In(calendar.Zone()), Thread: r.Thread, Subject: r.Subject, Text: r.BodyText, HTML: r.BodyHTML,
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
