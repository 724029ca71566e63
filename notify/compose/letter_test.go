package compose_test

import (
	"fmt"
	"slices"
	"time"

	"qixian/notify"
	"qixian/notify/compose"
)

var (
	shanghai = time.FixedZone("UTC+8", 8*60*60)
	morning  = time.Date(2018, time.September, 25, 9, 0, 0, 0, shanghai)
)

const office = "县政府办公室"

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, shanghai)
}

func letter(kind notify.Kind, unit string, items ...compose.Item) compose.Letter {
	return compose.Letter{Kind: kind, Unit: unit, Office: office, Contact: "电话0538-0000000", At: morning, Items: items}
}

func towns() []string {
	return []string{
		"文庙街道", "八仙桥街道", "泗店镇", "东疏镇", "伏山镇", "鹤山镇", "蒋集镇", "磁窑镇", "华丰镇", "葛石镇", "东庄镇", "堽城镇", "乡饮乡", "宁阳经济开发区",
	}
}

func airQuality() compose.Item {
	return compose.Item{
		Key:         "air-quality@2018-09",
		Number:      48296,
		Title:       "环境空气质量状况",
		Row:         22,
		Clause:      "按月发布全县环境空气质量状况信息",
		Period:      "2018年9月应发布，内容为8月情况",
		Due:         day(2018, time.September, 30),
		Left:        5,
		Stage:       "5wd",
		Why:         "9月的最后一个工作日：9月29日、30日因国庆节调休上班。",
		Assumed:     "表中只写“按月”，未定日期；默认每月最后一个工作日前。",
		Lead:        []string{"县环保局"},
		Responsible: towns(),
	}
}

func waterQuality() compose.Item {
	return compose.Item{
		Key:    "water-quality@2018-Q3",
		Number: 17353,
		Title:  "集中式饮用水水源水质",
		Row:    23,
		Clause: "每季度公开集中式生活饮用水水源水质监测信息",
		Period: "2018年第三季度",
		Due:    day(2018, time.September, 25),
		Left:   0,
		Stage:  "0",
		Why:    "本单位定为季度结束前第5个工作日。",
		Lead:   []string{"县环保局", "县水务局", "县卫计局"},
	}
}

func pollutionSources() compose.Item {
	return compose.Item{
		Key:     "pollution-sources@2018-08",
		Number:  90216,
		Title:   "重点排污单位监督性监测",
		Row:     24,
		Clause:  "定期公开重点排污单位监督性监测信息",
		Period:  "2018年8月",
		Due:     day(2018, time.August, 31),
		Left:    -16,
		Stage:   "late16",
		Why:     "8月的最后一个工作日。",
		Assumed: "表中只写“定期”，未定周期；默认每月一次，最后一个工作日前。",
		Lead:    []string{"县环保局"},
	}
}

func interpretation() compose.Item {
	return compose.Item{
		Key:    "policy-interpretation@e3f09a17c2b",
		Number: 33518,
		Title:  "政策解读材料",
		Row:    118,
		Clause: "解读材料应于文件公布后3个工作日内公开",
		Event: &compose.Event{
			Trigger: "政策文件公布",
			Ref:     "宁政发〔2018〕12号",
			Title:   "关于打好污染防治攻坚战的意见",
			At:      day(2018, time.September, 21),
		},
		Due:         day(2018, time.September, 27),
		Left:        2,
		Stage:       "record",
		Why:         "9月21日公布，当日不计；22日至24日为中秋节休息，第3个工作日为9月27日。",
		Lead:        []string{"县政府办公室"},
		Responsible: []string{"县环保局", "县财政局"},
	}
}

func posting() compose.Item {
	return compose.Item{
		Key:         "poverty-notice-show@e90b1d44e01",
		Number:      75049,
		Title:       "扶贫公告公示不少于10天",
		Row:         15,
		Clause:      "公告公示时间原则上不得少于10天",
		Event:       &compose.Event{Trigger: "扶贫公告公示张挂", At: day(2018, time.September, 25)},
		Due:         day(2018, time.October, 8),
		OnShow:      true,
		Left:        7,
		Stage:       "record",
		Why:         "公示不少于10日：自2018年9月25日（星期二）次日起第10日为10月5日，国庆节放假，顺延到此后第一个工作日10月8日（星期一）",
		Assumed:     "按日历日计，张挂当日不计入；第10天当日终了前不得撤下。",
		Lead:        []string{"县扶贫办"},
		Responsible: []string{"县环保局"},
	}
}

func recall() compose.Item {
	return compose.Item{
		Key:    "food-recall@e77c0e51a9d",
		Number: 26841,
		Title:  "责令召回食品信息",
		Row:    89,
		Clause: "在决定作出后24小时内在政府网站公开",
		Event: &compose.Event{
			Trigger: "作出责令召回决定",
			Ref:     "宁食药监召〔2018〕3号",
			At:      time.Date(2018, time.September, 22, 16, 30, 0, 0, shanghai),
		},
		Due:    time.Date(2018, time.September, 23, 16, 30, 0, 0, shanghai),
		ByHour: true,
		Stage:  "2h",
		Why:    "决定作出后24小时，夜间和休息日不中断。",
		Lead:   []string{"县食药监局"},
	}
}

// overtaken is recorded when its hour is over.
func overtaken() compose.Item {
	it := recall()
	it.Stage, it.Overtaken = "record", true
	return it
}

func quota() compose.Item {
	return compose.Item{
		Key:     "open-day@2018",
		Number:  51732,
		Title:   "政府开放日活动",
		Row:     140,
		Clause:  "年内不得少于2次",
		Period:  "2018年",
		Due:     day(2018, time.December, 29),
		Left:    62,
		Stage:   "half",
		Why:     "2018年的最后一个工作日：12月29日因元旦调休上班。",
		Needed:  2,
		Lead:    []string{"县环保局"},
		PerUnit: true,
	}
}

func provisional() compose.Item {
	it := airQuality()
	it.Key, it.Period, it.Due, it.Left, it.Stage = "air-quality@2019-01", "2019年1月应发布，内容为2018年12月情况", day(
		2019,
		time.January,
		31,
	), 86, "20wd"
	it.Provisional = "2019年放假安排尚未发布，按周末和法定节日推算；发布后如有变化另行更正。"
	return it
}

func copied(unit string) compose.Item {
	it := pollutionSources()
	it.Key, it.Title, it.PerUnit, it.For, it.Copy = "village-finance@2018-08", "村务公开", true, unit, true
	it.Number = 60000 + 7*slices.Index(towns(), unit) // each town has a deadline of its own
	it.Lead, it.Responsible = []string{"县民政局"}, []string{unit}
	return it
}

func stranded(it compose.Item, unit string) compose.Item {
	it.For = unit
	return it
}

func many(n int) []compose.Item {
	items := make([]compose.Item, n)
	for i := range items {
		it := []compose.Item{airQuality(), waterQuality(), pollutionSources(), interpretation()}[i%4]
		it.Key = fmt.Sprintf("sample-%03d@2018-09", i)
		it.Title = fmt.Sprintf("%s之%d", it.Title, i+1)
		items[i] = it
	}
	return items
}

// letters are the golden letters, by name.
func letters() map[string]compose.Letter {
	ls := map[string]compose.Letter{
		"digest-one":  letter(notify.Digest, "县环保局", airQuality()),
		"digest-late": letter(notify.Digest, "县环保局", pollutionSources()),
		"digest-mixed": letter(
			notify.Digest,
			"县环保局",
			airQuality(),
			posting(),
			interpretation(),
			waterQuality(),
			pollutionSources(),
		),
		"digest-long":    letter(notify.Digest, "县环保局", many(30)...),
		"digest-town":    letter(notify.Digest, "宁阳经济开发区", airQuality(), quota(), provisional()),
		"immediate":      letter(notify.Immediate, "县食药监局", recall()),
		"immediate-late": letter(notify.Immediate, "县食药监局", recall()),
		"immediate-made": letter(notify.Immediate, "县食药监局", overtaken()),
		"digest-part":    letter(notify.Digest, "泗店镇", airQuality(), provisional(), request(), review()),
		"test":           letter(notify.Test, office),
	}
	add := func(name string, l compose.Letter, change func(*compose.Letter)) {
		change(&l)
		ls[name] = l
	}
	add(
		"immediate",
		ls["immediate"],
		func(l *compose.Letter) { l.At = time.Date(2018, time.September, 23, 14, 31, 0, 0, shanghai) },
	)
	add(
		"immediate-late",
		ls["immediate-late"],
		func(l *compose.Letter) { l.At = time.Date(2018, time.September, 23, 20, 30, 0, 0, shanghai) },
	)
	add("digest-belated", letter(notify.Digest, "县环保局", airQuality(), waterQuality()), func(l *compose.Letter) {
		l.Items[0].Belated = time.Date(2018, time.September, 20, 9, 0, 0, 0, shanghai)
		l.First = true
	})
	add("digest-office", letter(notify.Digest, office, interpretation()), func(l *compose.Letter) {
		for _, u := range towns() {
			l.Items = append(l.Items, copied(u))
		}
		l.Items = append(l.Items, stranded(airQuality(), "乡饮乡"), stranded(airQuality(), "葛石镇"))
		l.Unreached = []compose.Unreached{{Unit: "乡饮乡", Why: "未登记邮箱"}, {Unit: "葛石镇", Why: "未登记邮箱"}}
	})
	moved, extended := airQuality(), waterQuality()
	moved.Moved = &compose.Move{From: day(2018, time.September, 28), Why: "国务院办公厅发布放假安排，9月29日、30日调休上班。"}
	extended.Due, extended.Left = day(2018, time.October, 12), 9
	extended.Moved = &compose.Move{From: day(2018, time.September, 25), Why: "监测设备检修，数据待补测。", Extended: true}
	ls["correction-one"] = letter(notify.Correction, "县环保局", moved)
	ls["correction-two"] = letter(notify.Correction, "县环保局", moved, extended)
	gone := interpretation()
	gone.Moved = &compose.Move{From: gone.Due, Why: "文件撤回重发", Withdrawn: true}
	ls["correction-withdrawn"] = letter(notify.Correction, "县环保局", gone)
	ls["correction-mixed"] = letter(notify.Correction, "县环保局", moved, gone)
	add("fallback", letter(notify.Fallback, office), func(l *compose.Letter) {
		for _, u := range towns() {
			l.Items = append(l.Items, stranded(airQuality(), u))
			l.Unreached = append(l.Unreached, compose.Unreached{Unit: u, Why: "未登记邮箱"})
		}
		l.Items = append(l.Items, stranded(pollutionSources(), "泗店镇"))
	})
	add("fallback-hours", letter(notify.Fallback, office, stranded(recall(), "县食药监局")), func(l *compose.Letter) {
		l.At = ls["immediate"].At
		l.Unreached = []compose.Unreached{{Unit: "县食药监局", Why: "邮件被对方服务器拒收，请核实邮箱地址"}}
	})
	for _, name := range []string{"fallback", "fallback-hours", "digest-office"} {
		add(name, ls[name], func(l *compose.Letter) {
			for i, e := range compose.Enclosures(*l) {
				l.Enclosed = append(
					l.Enclosed,
					compose.Enclosure{File: fmt.Sprintf("for-%02d.html", i+1), Unit: e.Unit},
				)
			}
		})
	}
	ls["enclosure"] = compose.Enclosures(ls["fallback"])[2]
	withdrawn := stranded(gone, "县财政局")
	ls["enclosure-moved"] = compose.Enclosures(letter(notify.Fallback, office, withdrawn))[0]
	add(
		"overview",
		letter(notify.Overview, office, airQuality(), waterQuality(), provisional()),
		func(l *compose.Letter) {
			assumed := "表中只写“及时”，未定期限；自信息形成或变更之日起，应当及时公开，最迟不超过20个工作日。"
			l.Overview = &compose.Overview{
				Table:  "2018年宁阳县政务公开重点工作任务分解表",
				Until:  day(2018, time.October, 31),
				Loaded: []compose.Count{{Name: "事项", N: 214}, {Name: "规则", N: 229}, {Name: "单位", N: 87}},
				Calendar: day(
					2018,
					time.December,
					31,
				),
				NoAddress:   towns(),
				Placeholder: true,
				Delivery:    "服务器上的邮箱目录 /var/lib/qixian/mail",
				Assumed: []compose.Assumption{
					{Row: 1, Title: "乡村振兴政策举措", Figure: "20个工作日内", Assumed: assumed},
					{Row: 2, Title: "乡村振兴战略规划", Figure: "20个工作日内", Assumed: assumed},
					{Row: 9, Title: "政策解读", Figure: "20个工作日内", Assumed: assumed},
					{Row: 26, Title: "行政权力事项调整", Figure: "20个工作日内", Assumed: assumed},
					{Row: 50, Title: "税收数据", Figure: "每月最后一个工作日", Assumed: "表中只写“定期”，未定周期；默认每月一次，最后一个工作日前。"},
					{Row: 110, Title: "灾害救助需求信息", Figure: "24小时内", Assumed: "法律没有写小时数，默认24小时内。", Decide: true},
				},
				Changes: []compose.Change{
					{Since: "2018", Text: "一般并为自然资源和规划局；本县情况待核实", Units: []string{"县国土局", "县规划局"}},
					{Since: "2018", Text: "一般并入市场监管局；本县情况待核实", Units: []string{"县食药监局"}},
					{Since: "2019-09-01", Text: "公开征求意见一般不少于30日（目录已按此计算）；山东省另有规定", Of: []string{"重大行政决策预公开"}},
				},
				File: "overview.xlsx",
				Events: []compose.Trigger{
					{ID: "policy-published", Title: "政策文件公布", N: 12},
					{ID: "recall-ordered", Title: "作出责令召回决定", N: 1},
				},
			}
		},
	)
	add("trouble", letter(notify.Trouble, office), func(l *compose.Letter) {
		l.Problems = []compose.Problem{
			{
				Where:   "文件 overrides.d/20-local.yaml 第14行第9列",
				Text:    "没有名为“witihn”的键（是否应为“within”）",
				English: `overrides.d/20-local.yaml:14:9: unknown key "witihn"; did you mean "within"?`,
			},
			{
				Where:   "文件 contacts.yaml 第3行第3列",
				Text:    "没有名为“县环保居”的单位（是否应为“县环保局”）",
				English: `contacts.yaml:3:3: unknown unit "县环保居"; did you mean 县环保局?`,
			},
			{
				Text:    "没有任何年度的文件，至少应有一个，如 2026.yaml",
				English: "no year is here: want at least one file such as 2026.yaml",
			},
		}
	})
	add("trouble-calendar", letter(notify.Trouble, office), func(l *compose.Letter) {
		l.Headline = "尚未载入2019年节假日安排，涉及2019年的到期日均为暂定"
		l.Notes = []string{"国务院办公厅发布通知后，请系统管理员及时更新放假安排。"}
		l.Technical = []string{"在 calendar 所指目录中按通知写好 2019.yaml，运行 qixian check，没有错误再执行 systemctl reload qixian。"}
	})
	for name, kind := range map[string]string{"digest-reply": "digest-mixed", "digest-reply-one": "digest-one", "digest-reply-office": "digest-office", "fallback-reply": "fallback", "immediate-reply": "immediate"} {
		add(name, ls[kind], func(l *compose.Letter) { l.ReplyCode, l.Inbox, l.Decides = replyCode, true, true })
	}
	for name, kind := range map[string]string{"digest-undecided": "digest-office", "fallback-undecided": "fallback-hours"} {
		add(name, ls[kind], func(l *compose.Letter) {
			l.ReplyCode, l.Inbox, l.Desk = replyCode, true, "https://qixian.example.invalid/office"
		})
	}
	for name, items := range map[string][]compose.Item{
		"digest-acts": {airQuality(), request(), review()}, "digest-handle": {request()}, "digest-prepare": {review()},
	} {
		add(name, letter(notify.Digest, "县环保局", items...), func(l *compose.Letter) {
			l.ReplyCode, l.Inbox = replyCode, true
		})
	}
	add("digest-reply-to", ls["digest-one"], func(l *compose.Letter) { l.ReplyTo = "zwgk@example.invalid" })
	add("overview-inbox", letter(notify.Overview, office, airQuality()), func(l *compose.Letter) {
		l.Inbox, l.Overview = true, &compose.Overview{
			Until: day(2018, time.October, 31), Calendar: day(2018, time.December, 31),
		}
	})
	add("digest-unnumbered", ls["digest-one"], func(l *compose.Letter) {
		l.Items = slices.Clone(l.Items)
		l.Items[0].Number, l.Contact = 0, ""
	})
	add("request", letter(notify.Request, office, stranded(airQuality(), "县环保局")), func(l *compose.Letter) {
		l.Request = &compose.Request{
			To:     day(2018, time.October, 31),
			Reason: "监测设备检修，数据待补测",
			At:     morning.Add(-20 * time.Minute),
		}
		l.ReplyCode, l.Inbox, l.Decides = replyCode, true, true
	})
	add(
		"request-undecided",
		ls["request"],
		func(l *compose.Letter) { l.Decides, l.Desk = false, "https://qixian.example.invalid/office" },
	)
	add("request-unit", ls["request"], func(l *compose.Letter) {
		l.Items = []compose.Item{stranded(quota(), "县环保局")}
		l.Request = &compose.Request{To: day(2019, time.January, 31), Reason: "活动改期", At: morning}
		l.ReplyCode = ""
	})
	done := compose.Answered{
		Said:   "办结 1 https://www.example.invalid/air/2018-09.html",
		Became: "环境空气质量状况（2018年9月）已于2018年9月25日（星期二）09:00登记办结。", OK: true,
	}
	ls["answer"] = letter(notify.Answer, "县环保局")
	add("answer", ls["answer"], func(l *compose.Letter) { l.Answers, l.Inbox = []compose.Answered{done}, true })
	add("answer-mixed", ls["answer"], func(l *compose.Letter) {
		l.Answers = []compose.Answered{
			done,
			{Said: "办结 2", Became: "没有公开网址。不需上网公开的，请写“无链接”和说明，如“办结 序号 无链接 已在公告栏张贴”。"},
			{Said: "延期 4 10月31日 设备检修", Became: "重点排污单位监督性监测（2018年8月）已逾期，不能再申请延期。"},
		}
	})
	add("answer-mixed", ls["answer-mixed"], func(l *compose.Letter) { l.ReplyCode, l.Inbox = replyCode, true })
	add("answer-unclear", ls["answer"], func(l *compose.Letter) {
		l.Answers = []compose.Answered{{Said: "收到，谢谢！", Became: "没有看到“办结”或“延期”开头的一行，未作任何登记。"}}
	})
	add("answer-office", letter(notify.Answer, office), func(l *compose.Letter) {
		l.Request, l.ReplyCode, l.Inbox, l.Decides = ls["request"].Request, replyCode, true, true
		l.Answers = []compose.Answered{{Said: "不同意", Became: "没有写明理由。"}}
	})
	add("answer-refused", ls["answer"], func(l *compose.Letter) {
		l.Headline = "延期申请未获同意"
		l.Answers = []compose.Answered{{
			Said:   "环境空气质量状况（2018年9月）延期至2018年10月31日：监测设备检修",
			Became: "县政府办公室未同意：数据应当按期公开。到期日仍为2018年9月30日（星期日）。",
		}}
	})
	lastWeek := compose.Weekly{
		From: day(
			2018,
			time.September,
			17,
		),
		To:      day(2018, time.September, 23),
		Sent:    214,
		Met:     11,
		MetLate: 1,
		Covered: day(2018, time.December, 31),
		Waiting: 3,
		Oldest:  morning,
		Daemons: []compose.Daemon{{Host: "qixian-1", Version: "v1.2.0", Plan: "3f9a01c27be4d851", Seen: morning}},
	}
	ls["weekly"] = letter(notify.Weekly, office)
	add("weekly", ls["weekly"], func(l *compose.Letter) { l.Weekly = &lastWeek })
	add("weekly-trouble", ls["weekly"], func(l *compose.Letter) {
		w := lastWeek
		w.From, w.Undelivered, w.Uncertain, w.Doubtful, w.Missed, w.Late = day(2018, time.September, 10), 2, 1, 1, 2, 5
		w.Oldest, w.Covered, w.BadAddresses = morning.Add(
			-26*time.Hour,
		), day(
			2018,
			time.October,
			20,
		), []string{
			"县旅游局",
			"县粮食局",
		}
		w.Daemons = append(
			slices.Clone(w.Daemons),
			compose.Daemon{Host: "qixian-2", Version: "v1.3.0", Plan: "77aa01c27be4d850", Seen: morning},
			compose.Daemon{
				Host:    "qixian-3",
				Version: "v1.2.0",
				Plan:    "3f9a01c27be4d851",
				Seen:    morning.Add(-50 * time.Hour),
				Silent:  true,
			},
		)
		l.Weekly = &w
		l.Unreached = []compose.Unreached{{Unit: "县旅游局", Why: "邮件被退回：邮箱地址无效"}, {Unit: "县公安局", Why: "邮件被对方服务器拒收"}}
	})
	month := compose.Report{
		Span:   "2018年8月",
		Due:    41,
		OnTime: 41,
		Rate:   "100.0%",
		Files:  []string{"report-2018-08.html：可在浏览器中打开、用A4纸打印", "report-2018-08.csv：汇总数据，供其他程序读取"},
	}
	ls["report"] = letter(notify.PeriodReport, office)
	add("report", ls["report"], func(l *compose.Letter) { l.Report = &month })
	add("report-nothing", ls["report"], func(l *compose.Letter) {
		l.Report = &compose.Report{Span: "2018年8月", Since: day(2018, time.August, 30)}
	})
	add("report-trouble", ls["report"], func(l *compose.Letter) {
		r := month
		r.Span, r.Year, r.Since, r.LeftOut = "2018年", true, day(2018, time.March, 1), []string{"report-2018.xlsx"}
		r.OnTime, r.Late, r.LateDays, r.Overdue, r.Open, r.Extended, r.Undelivered, r.Withdrawn, r.Rate = 14, 3, 9, 22, 2, 1, 4, 1, "35.8%"
		for n := range r.Overdue {
			r.Chase = append(r.Chase, compose.Overdue{
				Title:  "环境空气质量状况（2018年8月）",
				Units:  []string{"县环保局", "县财政局"},
				Due:    day(2018, time.August, 31),
				Days:   21 - n,
				Key:    "air-quality@2018-08",
				Number: 48296 * (n % 2),
			})
		}
		l.Report = &r
	})
	return ls
}

// replyCode looks like a code and is none.
const replyCode = "mfrggzdf-mztwq2lk-nnwg23tp-obyxe43u"
