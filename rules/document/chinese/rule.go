package chinese

// rule are the problems of one rule (package rules).
var rule = map[string]string{
	"%s has several rules (%s); name the one to change under rules:":                            "事项 %s 有多条规则（%s），要修改的，请在 rules: 下写明名称",
	"%s has several rules; say which: %s":                                                       "事项 %s 有多条规则，请写明是哪一条：%s",
	"rule and rules stand in one obligation; give every rule a name under rules:":               "同一事项不能既有 rule 又有 rules，请在 rules: 下给每条规则命名",
	"rules is empty; name at least one rule, or write rule: for a single one":                   "rules 为空，请至少写一条规则；只有一条的，写在 rule:",
	"%s has no rule %q%s; a new one needs a form: one of %s":                                    "事项 %s 没有名为%q的规则%s；新增规则应有下列之一：%s",
	"no rule %q is known%s; done wants a rule of this obligation by its name, or any by its ID": "没有名为%q的规则%s；done 后应为本事项规则的名称，或任一规则的编号",
	"the rule has no form; want one of %s":                                                      "规则没有写明时限的算法，应有下列之一：%s",
	"%s are %d forms in one rule; keep one, or write named rules under rules:":                  "一条规则同时写了 %s（共%d种算法），只能保留一种，或在 rules: 下分写成几条",
	"%s needs %s in the same rule":                                                              "有 %s 的规则，必须同时有 %s",
	"within and on_show are two deadlines; write two named rules under rules:":                  "within 与 on_show 是两个期限，请在 rules: 下分写成两条",
	"after needs within, such as within: 20wd, or on_show, such as on_show: 10d":                "有 after 的规则，必须有 within（如 within: 20wd）或 on_show（如 on_show: 10d）",
	"interval needs since: the date of the first publication, which starts the first interval":  "有 interval 的规则，必须有 since：首次公开的日期，第一个间隔由此起算",

	// spans and dates
	"%q is no span: want a number from 1 to %d and a clock, such as 20wd (working days), 30d (calendar days), 3m (months) or 24h (hours)": "%q不是时长，应为1至%d的数字加单位，如 20wd（工作日）、30d（日）、3m（月）、24h（小时）",
	"%q is no date: want YYYY-MM-DD":                                                                            "%q不是日期，应为 YYYY-MM-DD，如 2026-01-05",
	"%q is no date: the calendar has no such day":                                                               "%q不是日期：没有这一天",
	"%q is no date: there is no month %02d":                                                                     "%q不是日期：没有%02d月",
	"%q is no date: month %02d has %d days at most":                                                             "%q不是日期：%02d月最多%d天",
	"%q is no fixed date: want MM-DD, such as 07-31, or YYYY-MM-DD for once":                                    "%q不是固定日期，应为 MM-DD，如 07-31；只用一次的，应为 YYYY-MM-DD",
	"02-29 is a date in leap years only; for the end of February write {every: year, due: {month: 2, day: -1}}": "02-29 只有闰年才有；要写2月底，应为 {every: year, due: {month: 2, day: -1}}",
	"%q stands where a number from 1 to %d is wanted, or from -1 to -%d to count from the end":                  "此处是%q，应为1至%d的数字；从末尾数的，应为 -1 至 -%d",
	"by names the year %d itself; leave years out, or write by: \"%02d-%02d\"":                                  "by 已写明%d年，请删去 years，或写作 by: \"%02d-%02d\"",
	"until %s lies before from %s: the rule would never be valid":                                               "until（止）%s 早于 from（起）%s，规则永远不会生效",
	"%s lies outside the rule's own from and until: it would never fall due":                                    "%s 不在规则的 from（起）至 until（止）之间，永远不会到期",
	"%s of %s: it ends with a day, so write days (10d) or working days (7wd)":                                   "%s 为 %s：期限以日为止，应写日数（10d）或工作日数（7wd）",
	"roll has no place in an hour rule (%s): hours run by the clock, days off included":                         "以小时计的规则（%s）不能有 roll：小时连续计算，含休息日",

	// periods
	"%s name two days; keep one": "%s 指的是两个日子，只能保留一个",
	"weekday needs every: week":  "有 weekday 的，应为 every: week",
	"%s counts hours, but a period ends with a day; write days (15d) or working days (5wd)": "%s 以小时计，而周期以日为止，应写日数（15d）或工作日数（5wd）",
	"after_end counts from the period's end already; leave following out":                   "after_end 本来就从周期结束后起算，请删去 following",
	"a %s": "每个周期（%s）",
	"month needs every: quarter, half or year; a %s has no months to choose from":    "有 month 的，应为 every: quarter、half 或 year；%s 内没有可选的月份",
	"a %s has no month %d; want 1 to %d":                                             "周期 %s 没有第%d个月，应为1至%d",
	"month needs day or workday; for the month's last working day write workday: -1": "有 month 的，必须有 day 或 workday；要写该月最后一个工作日，应为 workday: -1",
	"month %d of a %s": "周期（%[2]s）的第%[1]d个月",
	"%s has no day %d; want 1 to %d, or -1 to -%d from its end":         "%s没有第%d天，应为1至%d；从末尾数的，应为 -1 至 -%d",
	"%s has no working day %d; want 1 to %d, or -1 to -%d from its end": "%s没有第%d个工作日，应为1至%d；从末尾数的，应为 -1 至 -%d",

	// triggers and members
	"%q is no trigger; for a completion write after: {done: %s}":                                        "%q不是起算事由；以办结起算的，应写 after: {done: %s}",
	"after wants a trigger's name, or {done: RULE}":                                                     "after 后应为起算事由的名称，或 {done: 规则}",
	"%s wants two dates or more, each a rule of its own":                                                "%s 应有两个以上的日期，每个单独写成规则",
	"%s starts at %s, the one before it at %s; the dates of %s need one event":                          "%s 自 %s 起算，前一个自 %s 起算；%s 的各个日期应以同一事由起算",
	"after and before stand in one %s; a date is counted either from its event or back from it":         "同一 %s 中不能既有 after 又有 before：日期或自事由之后起算，或自事由往前推算",
	"%s cannot stand inside %s; want every, by, after or before":                                        "%s 不能写在 %s 之内，应为 every、by、after 或 before",
	"%s cannot stand inside %s; write it beside %s, for the rule as a whole, or leave it out":           "%s 不能写在 %s 之内，请与 %s 并列，对整条规则有效，或删去",
	"%s counts hours; the dates of %s are compared by days, so write days (30d) or working days (20wd)": "%s 以小时计，而 %s 的日期按日比较，应写日数（30d）或工作日数（20wd）",

	// stages
	"stages is empty, so nobody would be told; leave it out for the form's default, or disable the obligation": "stages 为空，不会提醒任何单位；请删去以采用默认的提醒节点，或停用该事项",
	"stage %s stands twice": "提醒节点 %s 重复",
	"%q is no stage: want 0 (the due day), a lead time such as 5wd, 3d or 2h, record or half": "%q不是提醒节点，应为 0（到期当日），或提前量（如 5wd、3d、2h），或 record、half",
	"stage record needs a rule that an event starts (after or before)":                        "提醒节点 record 只用于由事由起算的规则（after 或 before）",
	"stage half needs a quota (every with at_least)":                                          "提醒节点 half 只用于规定次数的规则（every 加 at_least）",
	"stage %s in an hour rule (%s) mixes clocks; write hours, such as 2h":                     "提醒节点 %s 与以小时计的规则（%s）单位不一致，应为小时，如 2h",
	"stage %s in a rule that counts days mixes clocks; write working days (5wd) or days (3d)": "提醒节点 %s 与以日计的规则单位不一致，应为工作日（5wd）或日（3d）",
	"stage %s would never fire: %s leaves less time than that":                                "提醒节点 %s 永远不会触发：%s 留出的时间没有这么长",
	"the year before by: %s": "by: %s 之前的一年",

	// what is lawful and hardly meant
	"%s never falls due again: %s":        "规则 %s 不会再到期：%s",
	"roll: %s %s":                         "roll: %s %s",
	"until %s is past":                    "until（止）%s 已过",
	"nothing falls due any more until %s": "到 until（止）%s 之前已没有到期日",
	"years: table holds in the years of table_years, the last of which is %d": "years: table 只在 table_years 所列年度有效，最后一年为%d年",
	"by names the year %d, and is past":                                       "by 写明的%d年已过",
	"has nothing to do: the rule counts working days, and ends on one":        "不起作用：规则按工作日计算，到期日本来就是工作日",
	"ends a time on show before it is over":                                   "会使公示在期满前结束",
	"may lead to the day of the event, or past it":                            "可能推到事由发生当日或以后",
}
