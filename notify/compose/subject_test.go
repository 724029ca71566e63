package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
)

// TestSubject holds how one item reads in a list of mails.
func TestSubject(t *testing.T) {
	due := func(at time.Time, left int) compose.Item {
		return compose.Item{Key: "k", Title: "税收数据", Due: at, Left: left, Stage: "5wd"}
	}
	hour := func(d time.Duration) compose.Item {
		return compose.Item{Key: "k", Title: "税收数据", Due: morning.Add(d), ByHour: true, Left: int(d / (24 * time.Hour))}
	}
	with := func(it compose.Item, change func(*compose.Item)) compose.Item {
		change(&it)
		return it
	}
	show := func(it *compose.Item) { it.OnShow = true }
	tests := map[string]struct {
		kind notify.Kind
		item compose.Item
		want string
	}{
		"soon":      {notify.Digest, due(day(2018, 9, 28), 3), "【政务公开提醒】税收数据 9月28日到期（还有3个工作日）"},
		"next year": {notify.Digest, due(day(2019, 1, 31), 80), "【政务公开提醒】税收数据 2019年1月31日到期（还有80个工作日）"},
		"today":     {notify.Digest, due(day(2018, 9, 25), 0), "【政务公开提醒】税收数据 今日到期（9月25日）"},
		"today's last": {
			notify.Digest,
			due(time.Date(2018, 9, 25, 23, 59, 0, 0, shanghai), 0),
			"【政务公开提醒】税收数据 今日到期（9月25日）",
		},
		"in UTC": {
			notify.Digest,
			due(time.Date(2018, 9, 24, 16, 0, 0, 0, time.UTC), 0),
			"【政务公开提醒】税收数据 今日到期（9月25日）",
		},
		"on a day off":  {notify.Digest, due(day(2018, 9, 26), 0), "【政务公开提醒】税收数据 9月26日到期（到期前已无工作日）"},
		"late":          {notify.Digest, due(day(2018, 9, 24), -1), "【逾期催办】税收数据 已逾期1个工作日（9月24日到期）"},
		"late, unspent": {notify.Digest, due(day(2018, 9, 24), 0), "【逾期催办】税收数据 已逾期（9月24日到期）"},
		"provisional": {
			notify.Digest,
			with(due(day(2018, 9, 28), 3), func(it *compose.Item) { it.Provisional = "p" }),
			"【政务公开提醒】税收数据 暂定9月28日到期（还有3个工作日）",
		},
		"on show":       {notify.Digest, with(due(day(2018, 10, 5), 3), show), "【政务公开提醒】税收数据 公示至10月5日（距公示期满还有10天）"},
		"last on show":  {notify.Digest, with(due(day(2018, 9, 25), 3), show), "【政务公开提醒】税收数据 公示至9月25日（今日期满）"},
		"show is over":  {notify.Digest, with(due(day(2018, 9, 24), -1), show), "【政务公开提醒】税收数据 公示至9月24日（已期满）"},
		"two hours":     {notify.Immediate, hour(2 * time.Hour), "【限时2小时】税收数据 须在9月25日11:00前公开"},
		"a late pass":   {notify.Immediate, hour(2*time.Hour - 3*time.Minute), "【限时2小时】税收数据 须在9月25日10:57前公开"},
		"odd hours":     {notify.Immediate, hour(100 * time.Minute), "【限时1小时40分钟】税收数据 须在9月25日10:40前公开"},
		"minutes":       {notify.Immediate, hour(30 * time.Minute), "【限时30分钟】税收数据 须在9月25日09:30前公开"},
		"a day":         {notify.Immediate, hour(24 * time.Hour), "【限时24小时】税收数据 须在9月26日09:00前公开"},
		"hours late":    {notify.Digest, hour(-17 * time.Hour), "【逾期催办】税收数据 已超时17小时（9月24日16:00到期）"},
		"days of hours": {notify.Digest, hour(-96 * time.Hour), "【逾期催办】税收数据 已逾期4个工作日（9月21日09:00到期）"},
		"office's copy": {
			notify.Digest,
			with(due(day(2018, 9, 24), -1), func(it *compose.Item) { it.Copy, it.For = true, "县财政局" }),
			"【政务公开提醒】1项逾期（抄送）（9月25日）",
		},
		"in its place": {
			notify.Fallback,
			with(due(day(2018, 9, 28), 3), func(it *compose.Item) { it.For = "县财政局" }),
			"【请转告】县财政局 税收数据 9月28日到期（还有3个工作日）",
		},
		"withdrawn": {
			notify.Correction,
			with(
				due(day(2018, 9, 28), 3),
				func(it *compose.Item) { it.Moved = &compose.Move{From: day(2018, 9, 28), Withdrawn: true} },
			),
			"【更正】税收数据 已撤销（原定9月28日到期）",
		},
		"moved": {
			notify.Correction,
			with(due(day(2018, 9, 28), 3), func(it *compose.Item) { it.Moved = &compose.Move{From: day(2018, 9, 29)} }),
			"【更正】税收数据 改为9月28日到期（原9月29日）",
		},
	}
	c := newComposer(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := mail(t, c, letter(tt.kind, "县财政局", tt.item)).Subject; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestSubjectFits holds that a subject with every section in it, each in its hundreds, is cut at a section.
func TestSubjectFits(t *testing.T) {
	base := []compose.Item{
		pollutionSources(),
		waterQuality(),
		airQuality(),
		interpretation(),
		posting(),
		copied("泗店镇"),
		stranded(airQuality(), "泗店镇"),
	}
	var items []compose.Item
	for i := range 100 {
		for _, it := range base {
			it.Key += "/" + string(rune('一'+i))
			items = append(items, it)
		}
	}
	want := "【逾期催办】100项已逾期、100项今日到期、100项即将到期、100项新增、100项在公示等（9月25日）"
	if got := mail(t, newComposer(t), letter(notify.Digest, office, items...)).Subject; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestName holds how an item is told apart from others with its title.
func TestName(t *testing.T) {
	at := day(2018, time.September, 21)
	tests := map[string]compose.Item{
		"税收数据":          {},
		"税收数据（2018年9月）": {Period: "2018年9月"},
		"税收数据（2018年9月应发布，内容为8月情况）": {Period: "2018年9月应发布，内容为8月情况"},
		"税收数据（宁政发〔2018〕12号）": {
			Event: &compose.Event{Trigger: "政策文件公布", Ref: "宁政发〔2018〕12号", Title: "意见", At: at},
		},
		"税收数据（意见）":             {Event: &compose.Event{Trigger: "政策文件公布", Title: "意见", At: at}},
		"税收数据（9月21日政策文件公布）":    {Event: &compose.Event{Trigger: "政策文件公布", At: at}},
		"税收数据（2017年9月21日文件公布）": {Event: &compose.Event{Trigger: "文件公布", At: at.AddDate(-1, 0, 0)}},
	}
	c := newComposer(t)
	for want, it := range tests {
		it.Key, it.Title, it.Due = "k", "税收数据", at
		if text := mail(t, c, letter(notify.Digest, "县财政局", it)).Text; !strings.Contains(text, "1. "+want+"\n") {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
}

// TestUnits holds how long lists of units are cut, and how the reader finds itself in one.
func TestUnits(t *testing.T) {
	c := newComposer(t)
	six, seven := towns()[:6], towns()[:7]
	for want, lead := range map[string][]string{
		"牵头单位：文庙街道、八仙桥街道、泗店镇、东疏镇、伏山镇（本单位）、鹤山镇\n":      six,
		"牵头单位：文庙街道、八仙桥街道、泗店镇、东疏镇、伏山镇（本单位）、鹤山镇等7个单位\n": seven,
	} {
		it := airQuality()
		it.Lead = lead
		if text := mail(t, c, letter(notify.Digest, "伏山镇", it)).Text; !strings.Contains(text, want) {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
	want := "责任单位：文庙街道、八仙桥街道、泗店镇、东疏镇、伏山镇、鹤山镇等14个单位（含本单位）\n"
	moved := airQuality()
	moved.Moved = &compose.Move{From: day(2018, time.September, 28), Why: "更正"}
	if text := mail(t, c, letter(notify.Correction, "乡饮乡", moved)).Text; !strings.Contains(text, want) {
		t.Errorf("want %s in\n%s", want, text)
	}
}

// TestAnswer holds who is asked to answer, and how.
func TestAnswer(t *testing.T) {
	c := newComposer(t)
	each := airQuality()
	each.PerUnit = true
	own := airQuality() // an event of a responsible unit has started it
	own.Answering = []string{"泗店镇"}
	ownLate, ownDone := own, own
	ownLate.Copy, ownLate.For = true, "泗店镇"
	ownDone.Stage, ownDone.Closed = "done", time.Date(2018, 9, 24, 10, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		unit   string
		item   compose.Item
		answer string
		howTo  string // begins so; empty: the mail has none
	}{
		"lead": {
			"县环保局",
			airQuality(),
			"公开后报送公开网址，由县政府办公室登记办结",
			"公开后，将公开网址连同短号告知县政府办公室（电话0538-0000000）；不需上网公开的，告知公开方式（如在公告栏张贴）。",
		},
		"own":       {"泗店镇", own, "公开后报送公开网址，由县政府办公室登记办结", "公开后，"},
		"lead copy": {"县环保局", ownLate, "由逾期单位办结并报送，请予督办", ""},
		"done":      {"县环保局", ownDone, "已办结，无须办理", ""},
		"each":      {"泗店镇", each, "本单位须单独办结，公开后报送公开网址，由县政府办公室登记办结", "公开后，"},
		"on show":   {"县扶贫办", posting(), "期满自动办结，无须报告", ""},
		"the office": {
			office,
			interpretation(),
			"公开后登记公开网址",
			"在服务器上运行 qixian done 短号 --url 公开网址（不需上网公开的，写 --note 公开方式）。",
		},
		"its copy": {office, copied("泗店镇"), "单位报来公开网址后登记办结", "在服务器上运行 qixian done"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := mail(t, c, letter(notify.Digest, tt.unit, tt.item)).Text
			for _, want := range []string{
				"办结方式：" + tt.answer + "\n",
				fmt.Sprintf("短号：%d", tt.item.Number),
				"待办编号：" + tt.item.Key + "\n",
			} {
				if !strings.Contains(text, "\n   "+want) {
					t.Errorf("want %s in\n%s", want, text)
				}
			}
			told := tt.howTo == "" && !strings.Contains(text, "\n报送方式：") && !strings.Contains(text, "\n登记方式：")
			for _, as := range []string{"报送方式：", "登记方式："} {
				told = told ||
					tt.howTo != "" && (as == "登记方式：") == (tt.unit == office) && strings.Contains(text, "\n"+as+tt.howTo)
			}
			if !told {
				t.Errorf("want %q in\n%s", tt.howTo, text)
			}
		})
	}
}

// TestTakesPart holds that a unit which only takes part has a line for each item: no entry, no number to call it by and
// nothing that asks it for an answer. What is due at an hour is not its to publish, and its subject does not press it.
func TestTakesPart(t *testing.T) {
	c := newComposer(t)
	own := airQuality() // an event of a responsible unit has started it
	own.Answering = []string{"泗店镇"}
	urgent := recall()
	urgent.Responsible = []string{"泗店镇"}
	show := posting()
	show.Responsible = []string{"泗店镇"}
	for _, tt := range []struct {
		unit          string
		item          compose.Item
		subject, line string
	}{
		{
			"泗店镇", airQuality(), "【知悉】环境空气质量状况 由县环保局公开",
			"1. 环境空气质量状况（2018年9月应发布，内容为8月情况）〔责任〕：9月30日，由县环保局公开（第22项）",
		},
		{
			"县环保局", own, "【知悉】环境空气质量状况 由泗店镇公开",
			"1. 环境空气质量状况（2018年9月应发布，内容为8月情况）〔牵头〕：9月30日，由泗店镇公开（第22项）",
		},
		{
			"泗店镇", urgent, "【知悉】责令召回食品信息 由县食药监局公开",
			"1. 责令召回食品信息（宁食药监召〔2018〕3号）〔责任〕：9月23日16:30，由县食药监局公开，请勿自行发布（第89项）",
		},
		{
			"泗店镇", show, "【知悉】扶贫公告公示不少于10天 由县扶贫办公示，期满自动办结",
			"1. 扶贫公告公示不少于10天（9月25日扶贫公告公示张挂）〔责任〕：10月8日，由县扶贫办公示，期满自动办结（第15项）",
		},
		{
			"泗店镇", request(), "【知悉】依申请公开答复 由县环保局办理",
			"1. 依申请公开答复（2018-014）〔责任〕：9月26日，由县环保局办理（第156项）",
		},
		{
			"泗店镇", review(), "【知悉】信息公开保密审查 由县环保局完成",
			"1. 信息公开保密审查（污染源普查公报）〔责任〕：9月27日，由县环保局完成（第154项）",
		},
	} {
		for _, kind := range []notify.Kind{notify.Digest, notify.Immediate} {
			l := letter(kind, tt.unit, tt.item)
			l.ReplyCode, l.Inbox = replyCode, true
			m := mail(t, c, l)
			if m.Subject != tt.subject || !strings.Contains(m.Text, "\n"+tt.line+"\n") {
				t.Errorf("want %s\n%s\nin %s\n%s", tt.subject, tt.line, m.Subject, m.Text)
			}
			for _, part := range []string{m.Text, m.HTML} {
				if strings.Contains(part, "短号") || strings.Contains(part, tt.item.Key) ||
					strings.Contains(part, "回复本邮件") {
					t.Errorf("it is asked to answer:\n%s", part)
				}
			}
		}
	}
}

// TestOvertaken holds that what was over when it was recorded is asked to be made up for, and nobody is called late:
// each act by its own word. Without an hour the event's day has none.
func TestOvertaken(t *testing.T) {
	c := newComposer(t)
	for act, want := range map[compose.Act]string{
		compose.Publish: "【请立即补发】", compose.Handle: "【请立即补办】", compose.Prepare: "【请立即补办】",
	} {
		it := recall()
		it.Act, it.Overtaken, it.Stage = act, true, "record"
		it.Event.At = day(2018, time.September, 22)
		l := letter(notify.Immediate, "县食药监局", it)
		m := mail(t, c, l)
		if !strings.HasPrefix(m.Subject, want) || strings.Contains(m.Subject+m.Text, "催办") ||
			!strings.Contains(m.Text, "登记时已过时限，"+strings.Trim(want, "【】")+"并报送结果。办结前每个工作日提醒一次，并抄送县政府办公室。") {
			t.Errorf("%s: %s\n%s", act, m.Subject, m.Text)
		}
		if !strings.Contains(m.Text, "（宁食药监召〔2018〕3号），2018年9月22日（星期六）\n") {
			t.Errorf("the event has an hour that nobody gave:\n%s", m.Text)
		}
	}
	hours, days := recall(), pollutionSources()
	hours.Lead = days.Lead
	hours.Due = day(2018, time.September, 23)
	text := mail(t, c, letter(notify.Digest, "县环保局", hours, days)).Text
	if !strings.Contains(text, "办结前每3个工作日提醒一次（限时事项每个工作日一次），并抄送县政府办公室。") {
		t.Errorf("the rhythm is not told:\n%s", text)
	}
}

// TestCloses holds that a duty which must be done several times is not said to be done by one answer.
func TestCloses(t *testing.T) {
	c := newComposer(t)
	for want, items := range map[string][]compose.Item{
		"登记后即为办结，不再提醒。\n":                 {airQuality()},
		"登记满次数后即为办结，不再提醒。\n":              {quota()},
		"登记后即为办结，不再提醒；需完成多次的，满次数后不再提醒。\n": {airQuality(), quota()},
	} {
		for _, unit := range []string{"县环保局", office} {
			text := mail(t, c, letter(notify.Digest, unit, items...)).Text
			if !strings.Contains(text, "。"+want) {
				t.Errorf("want %q in\n%s", want, text)
			}
		}
	}
}

// TestByLink holds that whoever can answer by a link is told so, with a reply as without, and to keep every link.
func TestByLink(t *testing.T) {
	c := newComposer(t)
	it := airQuality()
	it.ActionURL = "https://qixian.example.invalid/i/1"
	l := letter(notify.Digest, "县环保局", it)
	l.Window = compose.Window{Page: "https://qixian.example.invalid/u/1"}
	for code, want := range map[string]string{
		"":        "报送方式：公开后，点“网上登记”填写公开网址，或将公开网址连同短号告知",
		replyCode: "报送方式：公开后，直接回复本邮件（写法见下），或点“网上登记”填写公开网址，或将公开网址连同短号告知",
	} {
		l.ReplyCode, l.Inbox = code, code != ""
		if text := mail(t, c, l).Text; !strings.Contains(text, want) ||
			!strings.Contains(text, "\n本邮件中的链接只对本单位有效，请勿转发本邮件。\n") {
			t.Errorf("want %q, and not to pass the links on, in\n%s", want, text)
		}
	}
}

// TestExtended holds that the origin of a due date is not taken for that of the day to which it was extended.
func TestExtended(t *testing.T) {
	it := airQuality()
	it.Extended = true
	text := mail(t, newComposer(t), letter(notify.Digest, "县环保局", it)).Text
	if !strings.Contains(text, "   原期限由来："+strings.TrimSuffix(it.Why, "。")) || strings.Contains(text, " 期限由来") {
		t.Errorf("the origin is not said to be the original date's:\n%s", text)
	}
}

// TestActionURL holds that a unit's own link is shown, and that no unit's link stands for several.
func TestActionURL(t *testing.T) {
	c := newComposer(t)
	link := func(it compose.Item, unit string) compose.Item {
		it.ActionURL = "https://qixian.example.invalid/answer?unit=" + unit
		return it
	}
	one := mail(t, c, letter(notify.Digest, "县环保局", link(airQuality(), "1")))
	if !strings.Contains(one.Text, "网上登记：https://qixian.example.invalid/answer?unit=1\n") ||
		!strings.Contains(one.HTML, `href="https://qixian.example.invalid/answer?unit=1"`) {
		t.Errorf("the link is missing:\n%s\n%s", one.Text, one.HTML)
	}
	two := mail(t, c, letter(notify.Digest, office, link(copied("泗店镇"), "1"), link(copied("伏山镇"), "2")))
	if strings.Contains(two.Text+two.HTML, "answer?unit=") {
		t.Errorf("one unit's link stands for two:\n%s", two.Text)
	}
}
