package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// clerk does what one reply wishes, line by line, and notes what to answer. Each thing it does it can do again: after a
// cut the same lines come once more, as at the same moment, and what was done is found done.
type clerk struct {
	*desk
	s    *Scheduler
	sent Sent
	unit string
	at   time.Time

	authenticated bool // the receiving server vouches for the writer
	answers       []compose.Answered
	done          int
	foreign       int // lines about what the unit was not told
}

// by is who says so, in the audit trail.
func (c *clerk) by() string { return "mail:" + c.unit }

func (c *clerk) isOffice() bool { return c.unit == c.o.Office }

// say notes what became of a line. Whoever has a code can write a unit's name over a reply: the answer, which goes to
// the unit, tells it by the number of the line and repeats its words only where the writer is known.
func (c *clerk) say(w wish, ok bool, became string) {
	if ok {
		c.done++
	}
	said := "（全文）"
	if w.Row > 0 {
		said = fmt.Sprintf("第%d行", w.Row)
	}
	switch {
	case c.authenticated && w.Row > 0:
		said += "：" + shortened(w.Line)
	case c.authenticated && w.Line != "":
		said = shortened(w.Line)
	case w.Row > 0 && !ok:
		said += "（空行不计）"
	}
	became = strings.ReplaceAll(became, "{office}", c.helper())
	c.answers = append(c.answers, compose.Answered{Said: said, Became: became, OK: ok})
}

// helper is whom a writer may ask, which texts have as {office}.
func (c *clerk) helper() string {
	if c.isOffice() {
		return "系统管理员"
	}
	return c.office()
}

// office names the office, and how it is reached.
func (d *desk) office() string {
	if d.o.Reach == "" {
		return d.o.Office
	}
	return d.o.Office + "（" + d.o.Reach + "）"
}

// named is a key as a reply writes it, where it may be repeated.
func (c *clerk) named(key string) string {
	if c.authenticated {
		return "待办编号 " + shortened(key)
	}
	return "这个待办编号"
}

// unclear says what a reply without a wish lacks.
func (c *clerk) unclear() string {
	if c.sent.Message.Kind == notify.Request {
		return "没有看到以“同意”或“不同意”开头的一行，未作任何登记。"
	}
	return "没有看到以“办结”或“延期”开头的一行，未作任何登记。"
}

// do does what one line wishes. What is refused is looked at once more: another daemon that reads the same reply may
// have done it in between. The error is the store's; whatever is wrong with the wish is said in the answer.
func (c *clerk) do(ctx context.Context, w wish) error {
	if w.Problem != "" && w.Span == (span{}) {
		c.say(w, false, w.Problem)
		return nil
	}
	title, err := c.act(ctx, w)
	if excuse(err, c.o.Office) != "" {
		title, err = c.act(ctx, w)
	}
	if text := excuse(err, c.o.Office); text != "" {
		c.say(w, false, fmt.Sprintf(text, title))
		return nil
	}
	return err
}

// act is one try of do. An error has the name of what it is about.
func (c *clerk) act(ctx context.Context, w wish) (title string, err error) {
	for _, words := range []*string{&w.Note, &w.Reason} {
		if *words, err = Plain(*words); err != nil {
			return "", err
		}
	}
	switch w.Verb {
	case verbGrant, verbRefuse:
		return c.decide(ctx, w)
	}
	l, problem := c.line(w)
	if problem != "" {
		return "", c.unknown(ctx, w, problem)
	}
	if problem := c.distrust(w, l); problem != "" {
		c.say(w, false, problem)
		return "", nil
	}
	dl, problem, err := c.find(ctx, l)
	if err != nil {
		return "", err
	}
	if problem != "" {
		c.say(w, false, problem)
		return "", nil
	}
	title = c.title(dl, c.at)
	if w.Verb == verbDone {
		return title, c.complete(ctx, w, dl, title)
	}
	return title, c.extend(ctx, w, dl, title)
}

// line returns the item of the mail that a wish is about, or what is wrong with calling it so.
func (c *clerk) line(w wish) (Line, string) {
	lines := c.sent.Lines
	switch {
	case w.Key != "":
		if i := slices.IndexFunc(lines, func(l Line) bool { return strings.EqualFold(l.Key, w.Key) }); i >= 0 {
			return lines[i], ""
		}
		return Line{}, fmt.Sprintf("所回复的邮件中没有%s，未作登记。请回复载有该事项的邮件。", c.named(w.Key))
	case w.Number > len(lines):
		if i := slices.IndexFunc(lines, func(l Line) bool { return l.Number == w.Number }); i >= 0 {
			return lines[i], ""
		}
		if _, _, err := ParseNumber(strconv.Itoa(w.Number)); err == nil {
			return Line{}, fmt.Sprintf("所回复的邮件中没有短号 %d，未作登记。请回复载有该事项的邮件。", w.Number)
		}
		return Line{}, fmt.Sprintf("所回复的邮件中没有第%d项，未作登记。", w.Number)
	case w.Number > 0:
		return lines[w.Number-1], ""
	case len(lines) == 1:
		return lines[0], ""
	case w.Listed:
		return Line{}, fmt.Sprintf("所回复的邮件中有%d项；行首的编号看不出是不是事项的序号，未作登记。请写明是第几项，如“%s 1”。", len(lines), w.Verb)
	}
	return Line{}, fmt.Sprintf("所回复的邮件中有%d项，未作登记。请写明是第几项，如“%s 1”。", len(lines), w.Verb)
}

// unknown notes a wish about no item of the mail. If it names what is another unit's, it is not answered for its own
// sake.
func (c *clerk) unknown(ctx context.Context, w wish, problem string) error {
	c.say(w, false, problem)
	if w.Key == "" || c.isOffice() {
		return nil
	}
	ds, err := c.s.o.Store.Find(ctx, w.Key, "")
	if err != nil {
		return err
	}
	theirs := func(dl Deadline) bool { return slices.Contains(dl.Told(), c.unit) }
	if len(ds) > 0 && !slices.ContainsFunc(ds, theirs) {
		c.foreign++
		c.s.o.Logger.LogAttrs(
			ctx,
			slog.LevelWarn,
			"reply refused",
			slog.String("message", c.sent.Message.Key),
			slog.String("reason", "another unit's deadline"),
		)
	}
	return nil
}

// find returns the deadline of an item. The office answers for everybody's items that it has in its mails; a unit for
// its own.
func (c *clerk) find(ctx context.Context, l Line) (Deadline, string, error) {
	ds, err := c.s.o.Store.Find(ctx, l.Key, "")
	if err != nil {
		return Deadline{}, "", err
	}
	unit := c.unit
	if c.isOffice() && len(l.For) > 0 {
		if unit = l.For[0]; len(l.For) > 1 && len(ds) > 0 && ds[0].Unit != "" {
			return Deadline{}, fmt.Sprintf(
				"这一项要由%d个单位分别办结，请逐个登记（在服务器上运行 qixian done %s --unit 单位名称）。",
				len(l.For),
				l.Key,
			), nil
		}
	}
	i := slices.IndexFunc(ds, func(dl Deadline) bool { return dl.Unit == "" || dl.Unit == unit })
	if i < 0 {
		return Deadline{}, "这一项已不在本单位名下，未作登记。", nil
	}
	dl := ds[i]
	switch {
	case c.isOffice():
	case !slices.Contains(dl.Told(), c.unit):
		return Deadline{}, "这一项已不在本单位名下，未作登记。", nil
	case !dl.Answers(c.unit):
		return Deadline{}, fmt.Sprintf("%s由%s办结，本单位不必答复。", c.title(dl, c.at), strings.Join(dl.Answering, "、")), nil
	}
	return dl, "", nil
}

// answering is the unit for which a deadline is answered: the deadline's own, or the one that writes.
func (c *clerk) answering(dl Deadline) string {
	switch {
	case dl.Unit != "":
		return dl.Unit
	case !dl.Answers(c.unit): // the office, for whoever answers
		return ""
	}
	return c.unit
}

// complete does a 办结.
func (c *clerk) complete(ctx context.Context, w wish, dl Deadline, title string) error {
	w.Note = c.noteOr(dl, w.URL, w.Note)
	before, recorded, err := c.recorded(ctx, w, dl)
	switch {
	case err != nil:
		return err
	case recorded:
		c.say(w, true, completedText(title, before, c.at))
		return nil
	case dl.State != Open:
		c.say(w, false, closedText(title, dl))
		return nil
	case c.onShow(dl):
		c.say(w, false, title+"公示期满自动办结，无须报告。")
		return nil
	}
	done, err := c.s.completeBy(ctx, c.at, nil, c.by(), dl.Key, c.answering(dl), w.URL, w.Note)
	if err != nil {
		return err
	}
	c.say(w, true, completedText(title, done, c.at))
	return nil
}

// recorded returns what this very line came to before it was cut off, if it was.
func (c *clerk) recorded(ctx context.Context, w wish, dl Deadline) (Completed, bool, error) {
	if dl.Completions == 0 {
		return Completed{}, false, nil
	}
	said, err := c.s.o.Store.History(ctx, dl.ID)
	if err != nil {
		return Completed{}, false, err
	}
	i := slices.IndexFunc(said.Completions, func(x Completion) bool {
		return x.At.Equal(c.at) && x.By == c.by() && x.URL == w.URL && x.Note == w.Note
	})
	if i < 0 {
		return Completed{}, false, nil
	}
	dl.Completions = i
	return Completed{Deadline: dl, Closed: i+1 >= dl.Needed, Late: said.Completions[i].Late}, true, nil
}

func completedText(title string, done Completed, at time.Time) string {
	when := wording.Moment(at)
	switch {
	case !done.Closed:
		return fmt.Sprintf("%s已登记第%d次，共需%d次。", title, done.Deadline.Completions+1, done.Deadline.Needed)
	case done.Late:
		return fmt.Sprintf("%s已于%s登记为逾期办结。", title, when)
	}
	return fmt.Sprintf("%s已于%s登记办结。", title, when)
}

func closedText(title string, dl Deadline) string {
	if dl.State == Withdrawn {
		return title + "已撤销，无须办理。"
	}
	return fmt.Sprintf("%s此前已于%s办结，无须再报。", title, wording.PlainDay(calendar.DateOf(dl.ClosedAt)))
}

// extend does a 延期: the office's own word is granted at once, a unit's is a request to the office.
func (c *clerk) extend(ctx context.Context, w wish, dl Deadline, title string) error {
	granted := fmt.Sprintf("%s已延期至%s%s。", title, w.To.Chinese(), c.dayOff(w.To))
	switch {
	case dl.State != Open:
		c.say(w, false, closedText(title, dl))
		return nil
	case w.To.IsZero():
		c.say(w, false, c.spanText(w, dl))
		return nil
	case (c.isOffice() || c.decidesItself(dl)) && dl.ExtendedTo == w.To:
		c.say(w, true, granted)
		return nil
	}
	if err := c.mayAsk(dl, c.at, w.To); err != nil {
		return err
	}
	if c.isOffice() {
		if _, err := c.s.Extend(ctx, c.at, c.by(), dl.Key, c.answering(dl), w.To, w.Reason); err != nil {
			return err
		}
		c.say(w, true, granted)
		return nil
	}
	r, err := c.s.RequestExtension(ctx, c.at, c.by(), dl.Key, c.unit, w.To, w.Reason)
	if err != nil {
		return err
	}
	if r.State == Granted {
		bound, _, _ := c.capOf(dl) // reckoned for the request already
		c.say(w, true, fmt.Sprintf(
			"%s已延期至%s%s，并抄送%s；%s。", title, w.To.Chinese(), c.dayOff(w.To), c.o.Office, bound.Cap.Note,
		))
		return nil
	}
	c.say(
		w,
		true,
		fmt.Sprintf(
			"已登记延期申请：%s延期至%s%s，经%s同意后生效；此前到期日仍为%s。",
			title, w.To.Chinese(), c.dayOff(w.To), c.o.Office, dl.DueChinese(),
		),
	)
	return nil
}

// spanText says which day a 延期 may mean that only says for how long.
func (c *clerk) spanText(w wish, dl Deadline) string {
	day, ok := w.Span.after(dl.DueDate(), c.Calendar)
	if !ok || day.Sub(dl.DueDate()) > 366 {
		return noDate
	}
	which := dl.Key
	if w.Number > 0 {
		which = strconv.Itoa(w.Number)
	}
	return fmt.Sprintf("没有写明延期到哪一天，未作登记。从到期日%s起再加%d%s，是%s；如为这一天，请写“延期 %s %s 理由”。",
		dl.DueDate().Chinese(), w.Span.n, w.Span.words(), day.Chinese(), which, day)
}

// decide does a 同意 or 不同意, which is the office's word about a unit's request.
func (c *clerk) decide(ctx context.Context, w wish) (title string, err error) {
	if !c.isOffice() {
		c.say(w, false, fmt.Sprintf("“%s”只能由%s用来答复延期申请。", w.Verb, c.o.Office))
		return "", nil
	}
	l, problem := c.line(w)
	if problem == "" {
		problem = c.distrust(w, l)
	}
	if problem != "" {
		c.say(w, false, problem)
		return "", nil
	}
	r, ok, err := c.request(ctx, l)
	if err != nil {
		return "", err
	}
	if !ok {
		c.say(w, false, "所回复的邮件中没有待答复的延期申请，未作登记。")
		return "", nil
	}
	title = c.title(r.Deadline, c.at)
	wanted := Granted
	if w.Verb == verbRefuse {
		wanted = Refused
	}
	switch {
	case r.State == wanted && r.Decided.Equal(c.at): // by this very line, before it was cut off
	case wanted == Granted:
		_, err = c.s.Grant(ctx, c.at, c.by(), r.ID)
	default:
		_, err = c.s.Refuse(ctx, c.at, c.by(), r.ID, w.Reason)
	}
	switch {
	case err != nil:
		return title, err
	case wanted == Granted:
		c.say(w, true, fmt.Sprintf("已同意%s将%s延期至%s%s，有关单位另行收到更正。", r.Unit, title, r.To.Chinese(), c.dayOff(r.To)))
	default:
		c.say(w, true, fmt.Sprintf("已答复%s：不同意将%s延期。", r.Unit, title))
	}
	return title, nil
}

// request returns the request that the mail is about, or that one unit's which waits for an answer about an item of it:
// an answer to the office about a request names only that.
func (c *clerk) request(ctx context.Context, l Line) (Request, bool, error) {
	f := RequestFilter{}
	id, about := strings.CutPrefix(LetterKey(c.sent.Message.Key), requestKey)
	if about {
		f.ID = id
	}
	rs, err := c.s.o.Store.Requests(ctx, f)
	if err != nil {
		return Request{}, false, err
	}
	if !about {
		rs = slices.DeleteFunc(
			rs,
			func(r Request) bool { return r.Deadline.Key != l.Key || !slices.Contains(l.For, c.Plan.unit(r.Unit)) },
		)
	}
	if len(rs) != 1 {
		return Request{}, false, nil
	}
	return rs[0], true, nil
}
