package store

import (
	"gorm.io/gorm"

	"qixian/notify"
)

// deliveryRow is a row of deliveries.
type deliveryRow struct {
	ID        int64 `gorm:"->;primaryKey;autoIncrement:false"`
	MessageID int64
	Attempt   int
	Class     string
	Code      int
	Reply     string
	BegunAt   int64
	EndedAt   int64
}

// TableName names the table.
func (deliveryRow) TableName() string { return "deliveries" }

func newDeliveryRow(d notify.Delivery) deliveryRow {
	return deliveryRow{
		MessageID: d.Message.ID, Attempt: d.Message.Attempt, Class: string(d.Outcome.Class), Code: d.Outcome.Code,
		Reply: d.Outcome.Reply, BegunAt: millis(d.Begun), EndedAt: millis(d.Ended),
	}
}

// recordDelivery records an attempt as whoever made it knows it. That takes the place of a record which says no more
// than that it was cut off; nothing else takes the place of anything.
func recordDelivery(tx *gorm.DB, d notify.Delivery) error {
	row := newDeliveryRow(d)
	res := tx.Model(&deliveryRow{}).
		Where(
			"message_id = ? AND attempt = ? AND class = ? AND reply = ?",
			row.MessageID,
			row.Attempt,
			notify.Uncertain,
			cutOff,
		).
		Updates(map[string]any{"class": row.Class, "code": row.Code, "reply": row.Reply, "ended_at": row.EndedAt})
	if res.Error != nil || res.RowsAffected > 0 {
		return res.Error
	}
	return insertDelivery(tx, row)
}

// insertDelivery records an attempt, unless it is on record.
func insertDelivery(tx *gorm.DB, row deliveryRow) error {
	var n int64
	err := tx.Model(&deliveryRow{}).Where("message_id = ? AND attempt = ?", row.MessageID, row.Attempt).Count(&n).Error
	if err != nil || n > 0 {
		return err
	}
	return tx.Create(&row).Error
}

// insertDeliveries records the attempts that were made to send messages which are still in the hands that made them:
// none is on record yet.
func insertDeliveries(tx *gorm.DB, ds []notify.Delivery) error {
	var rows []deliveryRow
	for _, d := range ds {
		if !d.Begun.IsZero() {
			rows = append(rows, newDeliveryRow(d))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(&rows, chunk).Error
}
