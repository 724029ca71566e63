package calendar_test

import (
	"testing"

	"qixian/rules/calendar"
)

func TestParseDateRefuses(t *testing.T) {
	for _, s := range []string{"", "2018", "2018-2-3", "2018-02-30", "2018-13-01", "0000-01-01", "2018/01/01", "-018-01-01", "2018-01-0a", "2018-00-10", "2018-01-00"} {
		if d, err := calendar.ParseDate(s); err == nil {
			t.Errorf("%q is read as %s", s, d)
		}
	}
}

func TestAddMonths(t *testing.T) {
	for _, v := range []struct {
		from string
		n    int
		want string
	}{
		{"2018-01-31", 1, "2018-02-28"},
		{"2020-01-31", 1, "2020-02-29"},
		{"2018-03-31", -1, "2018-02-28"},
		{"2018-11-15", 3, "2019-02-15"},
		{"2018-12-31", 12, "2019-12-31"},
		{"2018-05-31", 0, "2018-05-31"},
	} {
		if got := date(t, v.from).AddMonths(v.n); got != date(t, v.want) {
			t.Errorf("%s %+d months = %s, want %s", v.from, v.n, got, v.want)
		}
	}
}
