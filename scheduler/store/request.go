package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"qixian/scheduler"
)

// requestRow is a row of requests.
type requestRow struct {
	ID         string `gorm:"primaryKey"`
	DeadlineID int64
	Unit       string
	ToDate     string
	Reason     string
	State      string
	RecordedAt int64
	RecordedBy string
	DecidedAt  int64
	Remark     string
	ToldAt     int64
}

// TableName names the table.
func (requestRow) TableName() string { return "requests" }

// AddRequest records a request, as [scheduler.Requests] says.
func (s *Store) AddRequest(
	ctx context.Context,
	r scheduler.Request,
	most scheduler.RequestBound,
	audit scheduler.Entry,
) (bool, error) {
	row := requestRow{
		ID:         r.ID,
		DeadlineID: r.Deadline.ID,
		Unit:       r.Unit,
		ToDate:     r.To.String(),
		Reason:     r.Reason,
		State:      string(scheduler.Asked),
		RecordedAt: millis(r.At),
		RecordedBy: r.By,
	}
	fresh := false
	err := s.write(ctx, "record request", func(tx *gorm.DB) error {
		fresh = false
		var n int64
		if err := tx.Model(&requestRow{}).Where("id = ?", r.ID).Count(&n).Error; err != nil || n > 0 {
			return err
		}
		if err := boundRequests(tx, row, most); err != nil {
			return err
		}
		fresh = true
		if err := settleRequests(tx, r.Deadline.ID, scheduler.Replaced, r.At); err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return record(tx, []scheduler.Entry{audit})
	})
	return fresh, err
}

// boundRequests refuses one request too many.
func boundRequests(tx *gorm.DB, row requestRow, most scheduler.RequestBound) error {
	var found struct{ OfUnit, OfDeadline int }
	err := tx.Raw(
		"SELECT COUNT(*) AS of_unit, COALESCE(SUM(CASE WHEN deadline_id = ? THEN 1 ELSE 0 END), 0) AS of_deadline FROM requests"+
			" WHERE unit = ? AND recorded_at > ?",
		row.DeadlineID,
		row.Unit,
		millis(most.Since),
	).Scan(
		&found,
	).Error
	if err == nil && (found.OfDeadline >= most.OfDeadline || found.OfUnit >= most.OfUnit) {
		err = scheduler.ErrOften
	}
	return err
}

// settleRequests ends what waits for an answer about a deadline. Nobody need be told of it.
func settleRequests(tx *gorm.DB, deadline int64, as scheduler.RequestState, at time.Time) error {
	return tx.Model(&requestRow{}).Where("deadline_id = ? AND state = ?", deadline, scheduler.Asked).
		Updates(map[string]any{"state": as, "decided_at": millis(at), "told_at": millis(at)}).Error
}

// Requests lists requests, as [scheduler.Requests] says.
func (s *Store) Requests(ctx context.Context, f scheduler.RequestFilter) ([]scheduler.Request, error) {
	var rs []scheduler.Request
	err := s.read(ctx, "list requests", func(db *gorm.DB) error {
		var rows []requestRow
		if err := selectRequests(db, f).Order("recorded_at, id").Find(&rows).Error; err != nil {
			return err
		}
		var err error
		if rs, err = requestsOf(db, rows); err != nil {
			return err
		}
		if f == (scheduler.RequestFilter{}) {
			rs = slices.DeleteFunc(rs, func(r scheduler.Request) bool { return r.Deadline.State != scheduler.Open })
		}
		return nil
	})
	return rs, err
}

// selectRequests reads one range of an index.
func selectRequests(db *gorm.DB, f scheduler.RequestFilter) *gorm.DB {
	switch {
	case f.ID != "":
		return db.Where("id = ?", f.ID)
	case f.Untold:
		return db.Where("told_at = 0 AND state IN ?", []scheduler.RequestState{scheduler.Asked, scheduler.Refused})
	}
	return db.Where("state = ?", scheduler.Asked)
}

// requestsOf gives rows their deadlines.
func requestsOf(db *gorm.DB, rows []requestRow) ([]scheduler.Request, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.DeadlineID
	}
	deadlines := map[int64]scheduler.Deadline{}
	for part := range slices.Chunk(distinct(ids), chunk) {
		var found []deadlineRow
		if err := db.Where("id IN ?", part).Find(&found).Error; err != nil {
			return nil, err
		}
		for _, r := range found {
			d, err := r.deadline()
			if err != nil {
				return nil, err
			}
			deadlines[d.ID] = d
		}
	}
	rs := make([]scheduler.Request, len(rows))
	for i, r := range rows {
		to, err := date(r.ToDate)
		if err != nil {
			return nil, err
		}
		rs[i] = scheduler.Request{
			ID:       r.ID,
			Deadline: deadlines[r.DeadlineID],
			Unit:     r.Unit,
			To:       to,
			Reason:   r.Reason,
			By:       r.RecordedBy,
			At:       instant(r.RecordedAt),
			State:    scheduler.RequestState(r.State),
			Decided:  instant(r.DecidedAt),
			Remark:   r.Remark,
		}
	}
	return rs, nil
}

// DecideRequest answers a request, as [scheduler.Requests] says. A refusal is to be told.
func (s *Store) DecideRequest(
	ctx context.Context,
	now time.Time,
	id string,
	state scheduler.RequestState,
	remark string,
	audit scheduler.Entry,
) (bool, error) {
	told := millis(now)
	if state == scheduler.Refused {
		told = 0
	}
	decided := false
	err := s.write(ctx, "answer request", func(tx *gorm.DB) error {
		res := tx.Model(&requestRow{}).Where("id = ? AND state = ?", id, scheduler.Asked).
			Updates(map[string]any{"state": state, "remark": remark, "decided_at": millis(now), "told_at": told})
		decided = res.RowsAffected > 0
		if res.Error != nil || !decided {
			return res.Error
		}
		return record(tx, []scheduler.Entry{audit})
	})
	return decided, err
}

// tellRequests notes that requests are told of.
func tellRequests(tx *gorm.DB, now time.Time, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return tx.Model(&requestRow{}).Where("id IN ? AND told_at = 0", ids).Update("told_at", millis(now)).Error
}
