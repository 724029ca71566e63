package scheduler_test

import (
	"testing"
	"time"

	"qixian/scheduler"
)

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]scheduler.Span{
		"2018-09": {Year: 2018, Month: time.September}, "2018": {Year: 2018}, "2100-12": {Year: 2100, Month: time.December},
		"2018-13": {}, "2018-9": {}, "1999": {}, "2101-01": {}, "18": {}, "": {}, "2018-09-01": {}, "+2018": {},
	} {
		got, err := scheduler.ParseSpan(text)
		if got != want || (err == nil) != (want != scheduler.Span{}) {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// FuzzParseSpan holds that what is read is written as it was.
func FuzzParseSpan(f *testing.F) {
	for _, text := range []string{"2018-09", "2018", "2018-1", "0000", "2018-09-01"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if span, err := scheduler.ParseSpan(text); err == nil && span.String() != text {
			t.Errorf("%q is read as %s", text, span)
		}
	})
}
