package calendar_test

import (
	"testing"
	"time"

	"qixian/rules/calendar"
)

// festivals2018 are the festivals of 2018 to 2026 by the moon and the sun, with the days that the law of 2024 makes off:
// 除夕 to 初三, 清明, 端午, 中秋.
var moved = map[int][4]string{
	2018: {"02-15", "04-05", "06-18", "09-24"},
	2019: {"02-04", "04-05", "06-07", "09-13"},
	2020: {"01-24", "04-04", "06-25", "10-01"},
	2021: {"02-11", "04-04", "06-14", "09-21"},
	2022: {"01-31", "04-05", "06-03", "09-10"},
	2023: {"01-21", "04-05", "06-22", "09-29"},
	2024: {"02-09", "04-04", "06-10", "09-17"},
	2025: {"01-28", "04-04", "05-31", "10-06"},
	2026: {"02-16", "04-05", "06-19", "09-25"},
}

func TestScratch(t *testing.T) {
	truth := load(t)
	years := truth.Years()
	var f calendar.Festivals
	f.Since = date(t, "2000-01-01")
	for y, m := range moved {
		for i, name := range []string{"春节", "清明节", "端午节", "中秋节"} {
			d, _ := calendar.ParseDate(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-") + m[i])
			f.Moved = append(f.Moved, calendar.Festival{Name: name, Day: d})
			if i == 0 {
				for k := 1; k < 4; k++ {
					f.Moved = append(f.Moved, calendar.Festival{Name: name, Day: d.AddDays(k)})
				}
			}
		}
	}
	for _, s := range []string{"01-01", "05-01", "05-02", "10-01", "10-02", "10-03"} {
		n := map[string]string{"01": "元旦", "05": "劳动节", "10": "国庆节"}[s[:2]]
		d, _ := calendar.ParseDate("2000-" + s)
		f.Fixed = append(f.Fixed, calendar.Festival{Name: n, Day: d})
	}
	_, last := truth.Coverage()
	for k := 1; k < len(years); k++ {
		part, err := calendar.New(years[:k], f)
		if err != nil {
			t.Fatal(err)
		}
		_, pl := part.Coverage()
		worst := map[string]int{}
		gain := map[string]int{}
		cnt := map[string]int{}
		for d := pl.AddDays(-400); !d.After(last); d = d.AddDays(1) {
			if d.Year() > 2017+k+1 {
				break
			}
			for _, n := range []int{1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 100, 150, 200, -1, -2, -3, -5, -7, -10, -20, -45, -60, -100} {
				a, err1 := part.Add(d, n)
				b, err2 := truth.Add(d, n)
				if err1 != nil || err2 != nil || b.Provisional || !a.Provisional {
					continue
				}
				key := "f<=60"
				if n > 60 {
					key = "f>60"
				}
				if n < 0 {
					key = "back"
				}
				worst[key] = max(worst[key], a.Earliest.Sub(b.Date))
				gain[key] += a.Date.Sub(a.Earliest)
				cnt[key]++
			}
			for _, r := range []calendar.Roll{"preceding", "following"} {
				a, b := part.Roll(d, r, calendar.Date{}), truth.Roll(d, r, calendar.Date{})
				if b.Provisional || !a.Provisional {
					continue
				}
				worst[string(r)] = max(worst[string(r)], a.Earliest.Sub(b.Date))
				gain[string(r)] += a.Date.Sub(a.Earliest)
				cnt[string(r)]++
			}
		}
		for k := range gain {
			gain[k] = gain[k] * 10 / max(cnt[k], 1)
		}
		t.Log(2017+k, "worst", worst, "slack x10", gain)
	}
}
