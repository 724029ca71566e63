package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"qixian/rules/calendar"
	"qixian/scheduler"
	"qixian/scheduler/report"
	"qixian/scheduler/web/page"
)

// reports lists the reports of a year, as pages that print and as files.
func (w *window) reports(rw http.ResponseWriter, r *http.Request, _ string) {
	today := calendar.DateOf(w.Clock())
	year := yearOf(r.URL.Query().Get("year"), scheduler.MonthBefore(today).Year)
	p := page.Reports{Head: w.head(fmt.Sprintf("%d年通报", year)), Year: year}
	if year > firstYear {
		p.Before = year - 1
	}
	if year < today.Year() {
		p.After = year + 1
	}
	for month := time.December; month >= 0; month-- { // 0 is the whole year
		if span := (scheduler.Span{Year: year, Month: month}); !span.From().After(today) {
			p.Spans = append(
				p.Spans,
				page.Span{ID: span.String(), Title: span.Chinese(), Open: !span.To().Before(today)},
			)
		}
	}
	w.show(rw, http.StatusOK, "reports", p)
}

// kinds are the forms in which a report is handed out, by the ending of the file's name.
var kinds = map[string]struct {
	mediaType string
	write     func(report.Report, io.Writer) error
}{
	".html": {"text/html; charset=utf-8", report.Report.HTML},
	".csv":  {"text/csv; charset=utf-8", report.Report.CSV},
	".xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", report.Report.XLSX},
}

// report hands out the report of a month or a year, as of now.
func (w *window) report(rw http.ResponseWriter, r *http.Request, _ string) {
	file, now := r.PathValue("file"), w.Clock()
	ending := path.Ext(file)
	kind, known := kinds[ending]
	span, err := scheduler.ParseSpan(strings.TrimSuffix(file, ending))
	if err != nil || !known || span.From().After(calendar.DateOf(now)) {
		w.say(rw, http.StatusNotFound, "通报不存在", "请从通报一览中选择已经开始的月份或年份。")
		return
	}
	brief, err := w.AtOffice.Brief(r.Context(), now, span, w.Desk.Habits().Ranking)
	if err != nil {
		w.failed(rw, err)
		return
	}
	var b bytes.Buffer
	written := report.New(brief)
	if err := kind.write(written, &b); err != nil {
		w.failed(rw, err)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", kind.mediaType)
	if ending == ".html" {
		h.Set(
			"Content-Security-Policy",
			"default-src 'none'; style-src '"+styleHash(
				b.Bytes(),
			)+"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		)
	} else {
		h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(written.Title()+ending)) // RFC 6266
	}
	_, _ = b.WriteTo(rw) // as in show
}

// styleHash allows a report, which is a file of its own and has its style in it, that style and no other (Content
// Security Policy Level 3, section 2.3.1).
func styleHash(html []byte) string {
	_, rest, _ := bytes.Cut(html, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	sum := sha256.Sum256(style)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
