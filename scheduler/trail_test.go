package scheduler_test

import (
	"testing"

	"qixian/notify"
	"qixian/scheduler"
	"qixian/scheduler/store"
)

// TestTrailShowsWhenMailWasSent sends the morning's mail of 25 September in the afternoon, as after a stop of the mail
// server: the trail says so, and says of what was not sent that it was not.
func TestTrailShowsWhenMailWasSent(t *testing.T) {
	eachPostRoom(t, func(t *testing.T, st *store.Store) {
		r := openPostRoom(t, st, st, contacts{})
		r.deliver("2018-09-03 09:00")
		r.pass("2018-09-25 09:00")
		trail := func() []string {
			t.Helper()
			v, err := r.s.Inspect(t.Context(), moment(t, "2018-09-25 18:00"), airKey, "")
			if err != nil {
				t.Fatal(err)
			}
			all := []string{}
			for _, m := range v.History.Mailings {
				all = append(all, m.Moment().Format("01-02 15:04")+" "+m.Unit+" "+m.Standing())
			}
			return all
		}
		diff(t, "promised", trail(), []string{"09-25 09:00 县环保局 尚未发出", "09-25 09:00 县财政局 尚未发出"})
		r.flush("2018-09-25 15:37")
		diff(t, "sent", trail(), []string{"09-25 15:37 县环保局 已发出", "09-25 15:37 县财政局 已发出"})
	})
}

// TestTrailOfUndelivered shows what became of mail that no server took.
func TestTrailOfUndelivered(t *testing.T) {
	for ended, want := range map[notify.Class]string{notify.Rejected: "未送达", notify.Bounced: "未送达", notify.Uncertain: "送达存疑", "": "尚未发出"} {
		if got := (scheduler.Mailing{Ended: ended}).Standing(); got != want {
			t.Errorf("%q is %s, want %s", ended, got, want)
		}
	}
}
