package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/scheduler"
)

// Writer writes reports for the office's mail. It is a [scheduler.Reporter].
type Writer struct{}

var _ scheduler.Reporter = Writer{}

// maxAttached is how many bytes go along with one mail: what most servers take is 20 MB and more, and base64 adds a
// third.
const maxAttached = 8 << 20

// workbookType is the media type of an Excel workbook.
const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// Write returns what the mail says of the report, and the report as a page, a workbook and a table.
func (Writer) Write(b scheduler.Brief) (compose.Report, []notify.Attachment, error) {
	r := New(b)
	words := r.mail()
	var files []notify.Attachment
	room := maxAttached
	for _, form := range []struct {
		ext, kind, use string
		write          func(io.Writer) error
	}{
		{"html", "text/html", "可在浏览器中打开、用A4纸打印", r.HTML},
		{"xlsx", workbookType, "分单位、分事项汇总和全部明细", r.XLSX},
		{"csv", "text/csv", "汇总数据，供其他程序读取", r.CSV},
	} {
		name := "report-" + r.Span.String() + "." + form.ext
		var content bytes.Buffer
		if err := form.write(&content); err != nil {
			return compose.Report{}, nil, fmt.Errorf("write %s: %w", name, err)
		}
		if content.Len() > room {
			words.LeftOut = append(words.LeftOut, name)
			continue
		}
		room -= content.Len()
		files = append(files, notify.Attachment{Name: name, Type: form.kind, Content: content.Bytes()})
		words.Files = append(words.Files, name+"："+form.use)
	}
	return words, files, nil
}

// mail returns what a mail says of the report.
func (r Report) mail() compose.Report {
	t := r.Total
	m := compose.Report{
		Span:        r.Span.Chinese(),
		Year:        r.Span.Month == 0,
		Due:         t.Due,
		OnTime:      t.OnTime,
		Late:        t.Late,
		LateDays:    t.LateDays,
		Overdue:     t.Overdue,
		Open:        t.Open,
		Extended:    t.Extended,
		Undelivered: t.Undelivered,
		Withdrawn:   t.Withdrawn,
		Rate:        rateText(t),
	}
	if !r.Since.IsZero() {
		m.Since = r.Since.At(0)
	}
	for _, e := range r.with(Overdue) {
		m.Chase = append(
			m.Chase,
			compose.Overdue{
				Title:  e.Name(),
				Units:  e.Units,
				Due:    e.date.At(0),
				Days:   e.Days,
				Key:    e.Key,
				Number: e.Number,
			},
		)
	}
	return m
}

// with returns the deadlines with an outcome, the latest first.
func (r Report) with(o Outcome) []Entry {
	var es []Entry
	for _, e := range r.Entries {
		if e.Outcome == o {
			es = append(es, e)
		}
	}
	slices.SortStableFunc(es, func(a, b Entry) int { return cmp.Compare(b.Days, a.Days) })
	return es
}
