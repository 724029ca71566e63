package refusal

import (
	"regexp"
	"time"
)

// ours are words by which a limit is one of our login or our host, so that it holds for every message: QQ's "Sender
// frequency limited", "Ip frequency limited", "Domain …", "Connection …", "Mail from …"; Gmail's "Daily user sending
// quota exceeded"; Aliyun's "Connection IP address".
var ours = regexp.MustCompile(
	`(?i)\b(sender|mail from|connection|client|login|user sending|(ip|domain|account|user) frequency|domain sending|your (account|ip|host|domain|server)|` +
		`(source|sending|connecting) (account|ip|host)|ip address)\b|sending quota|发[信件](人|方|账号|帐号)|登录|(您|你|本)的?(账号|帐号|IP|服务器)|(该|来源|发信|客户端)\s*IP`,
)

// rows is read from the top, and the first that fits counts. What is known of one provider stands before the words that
// any server may use; what passes and what is about the message stand before what would mark an address.
//
// Sources: NetEase (163, 126): help.163.com, bounce codes, as quoted at biecuoliao.com/pa/MBRrwEM and in 163ns.com.cn's
// mail FAQ. QQ, Tencent exmail: service.mail.qq.com, id=20022, no=1000723 to 1000730; smtp.codes/qq;
// qiao.yimirj.com/article/detail/2261. Aliyun: Alimail help, limits and SMTP errors, as quoted at
// aliyun123.cn/news/568, qcnsw.com/jcxq1944_142 and bestwisewords.com/document_detail/36612. Coremail: the titles of
// icoremail.vip/support on bounces. eYou: blog.sina.com.cn/s/blog_8dc13ec50101fxxr. What users of many providers saw:
// dbmailserver.com (addresses that do not exist), emailhost.com.cn and user.redmaomail.com (quotas). Gmail:
// knowledge.workspace.google.com, Gmail SMTP errors. Exchange: pastebin.com/4NLVeuUu (5.1.10
// RESOLVER.ADR.RecipientNotFound). Postfix and Exim: their own texts, as in pastebin.com/SpZumxtS and v3bkLPK5.
var rows = []row{
	// The From address is not the login's. 440 with Aliyun ("mail from account doesn't conform with authentication"),
	// 501 with QQ (nodeSolidServer
	// #1281, gogs #6561), 553 with NetEase ("Mail from must equal authorized user", xxl-job #3858) and Yandex ("not
	// owned by auth user", webtrees #2370).
	is(Setup, nil, `doesn't conform with authentication|same as authori[sz]ation|equal authori[sz]ed|not owned by`, 0),
	// Login needed (RFC 4954 section 6: 530), encryption needed (RFC 3207 section 4: 530).
	is(
		Setup,
		permanent,
		`authentication (is )?required|must (first )?authenticate|must issue a starttls|authenticate first`,
		0,
	),
	// NetEase shuts the login out for a while after too many wrong ones (451).
	is(Setup, nil, `too much fail authentication`, 0),
	// Our host is on a black list, which Postfix says at RCPT by default; eYou: "550 black ip", "554 rbl deny".
	is(Setup, permanent, `client host.*(blocked|rejected)|blocked using|black ip|rbl deny`, 0),

	// QQ and Tencent exmail: minutes, hours or until the day is over; the limits are unpublished.
	limit(`frequency limited`, time.Hour),
	// NetEase: too many mails of one sender within 15 minutes.
	is(Sender, nil, `\bMI:SFQ\b`, 15*time.Minute),
	// NetEase and hosts of its kind shut an address of ours out for connections, mails or strange behaviour: for a
	// while with 421 and 450, but also with 554 (554 HL:ICC, 554 HL:IFQ).
	is(Sender, func(code int) bool { return code >= 500 }, `\bHL:(ICC|IFC|IFQ|REP|MEP)\b`, time.Hour),
	is(Sender, nil, `\bHL:(ICC|IFC|IFQ|REP|MEP)\b`, 15*time.Minute),
	// NetEase counts mails, recipients, commands and mistakes in one connection; the next one starts at nought.
	is(Busy, nil, `\b(MI:(DMC|CCL|CEL)|RP:(DRC|CCL|CEL))\b`, time.Minute),
	// NetEase: "451 DT:SPM, please try again", in two minutes, with the queue kept; with 5xx it is final.
	is(Busy, func(code int) bool { return code == 451 }, `\bDT:SPM\b`, 2*time.Minute),
	is(Content, permanent, `\bDT:SPM\b`, 0),
	// Aliyun: "too frequently sending", "currently unexpected sending" (454 and 554), 504 and 505 "… is achieved the
	// maximum threshold".
	limit(`frequently sending|unexpected sending|transient reject|rcpts? .*maximum threshold`, time.Hour),
	// Aliyun DirectMail: 552 "Daily sending quota exceeded"; Gmail: 5.4.5 "Daily user sending quota exceeded".
	limit(`sending quota`, time.Hour),
	// QQ: this one mailbox gets too much at the moment.
	is(Busy, nil, `mailbox unavailable or access denied`, time.Hour),

	// Too large (RFC 1870 section 6.1, RFC 3463 X.3.4; Aliyun 510; eYou 552).
	is(
		Content,
		permanent,
		`\b5\.(2\.3|3\.4)\b|message (size|(is )?too (long|large|big))|mail ?size|length of (data|attach)|attachment is too long|邮件(过大|太大)`,
		0,
	),
	// A full mailbox (RFC 5321 section 4.2.3: 552; RFC 3463 X.2.2; Aliyun: "552 mailbox is full").
	is(
		Full,
		permanent,
		`\b5\.2\.2\b|mail ?box (is )?full|over ?quota|quota exceed|storage allocation|space not enough|空间不足|(空间|容量|邮箱|收件箱)已?满`,
		4*time.Hour,
	),

	// Words of any server for what passes: "发送频率过高，请稍后再试", "超过每小时发信数量限制", "limit … exceeded. Try again later"; Gmail's
	// 5.2.1 "is receiving mail at a rate that prevents …".
	limit(
		`\b(rate|rates|ratelimit\w*|frequency|frequently|throttl\w*|quotas?|later|tomorrow|temporar\w+|defer\w*|busy|`+
			`gr[ae]y-?list\w*|overload\w*|too (many|much|fast|quickly|often|frequent)|limit(s|ed|ing|ation)?|threshold|`+
			`exceed\w*|retry|try again|wait|flow control|per (second|minute|hour|day|connection|session)|`+
			`(\d+|one|an?|few|some) ?(seconds?|minutes?|mins?|hours?|days?))\b|`+
			`频率|频繁|频次|[过太][快多大高频]|超[限过出量标]|达到|[上额受]限|限[额制流速]|限发|流控|配额|稍[后候等]|等待|以后再|晚些|明[天日]|次日|`+
			`(秒|分钟?|小时|钟头|天|日)[之以]?[后内]|每(秒|分钟?|小时|天|日)|再试|重试|暂[时停]|忙|过于集中|拥塞|拥堵`,
		0,
	),
	// Words of any server for a policy, or for what the message holds (RFC 3463 X.6.x, X.7.x; QQ: "Mail content
	// denied", "rejected by recipients"; NetEase: "发送的邮件内容包含了未被许可的信息"; Coremail: "User in blacklist").
	is(
		Content,
		permanent,
		`\b5\.[67]\.\d+\b|\b(policy|policies|spam\w*|anti-?spam|virus|black-?list\w*|block(ed|list\w*)|reputation|dmarc|spf|dkim|rbl|relay\w*|suspected|suspicious|unsolicited|`+
			`prohibited|forbidden|not welcome)\b|\bcontents?([^-\w]|$)|rejected by recipients|垃圾|病毒|违规|违禁|违法|敏感|内容.{0,10}(拒|不合|过滤|检测|未被许可|限制)|策略|政策|拒收|拒绝接收|黑名单|拦截|屏蔽`,
		0,
	),

	// Our sender address, its domain, our login or our host: Postfix ("Sender address rejected: Domain not found",
	// "Helo command rejected: Host not found", "cannot find your reverse hostname"), Exim ("Verification failed for",
	// "Sender verify failed"), Tencent ("Domain may not exist or DNS check failed"); RFC 3463 X.1.7 and X.1.8. The words
	// of an address that does not exist stand beside these, and it is not the recipient's.
	is(
		Setup,
		permanent,
		`\b5\.1\.[78]\b|\b(senders?|originator|return[- ]path|envelope[- ]from|mail[- ]?from|from address|helo|ehlo|reverse|ptr|`+
			`verify|verification|callback|callout|dns check|may not exist|your (\S+ )?(account|address|domain|host|hostname|ip|mailbox|server))\b|`+
			`[发寄][件信][人方者]?|[发寄]送(者|方|人)|(您|你|本|贵)\S{0,2}的?([账帐]号|[账帐]户|邮箱|域名?|服务器|IP)|反向解析`,
		0,
	),

	// The mailbox itself, by its code, or by words that are known: of Postfix, Exim ("Unrouteable address"), qmail,
	// Sendmail, Exchange, Gmail, Yahoo, QQ ("该用户不存在", "该用户未开通QQ邮箱"), NetEase ("550 User not found"), Coremail ("User
	// suspended", "unavailable mail user"), 263, Sina, Sohu.
	is(
		Mailbox,
		permanent,
		`\b5\.(1\.[1236]|1\.10|2\.1)\b|RecipientNotFound|RecipNotFound|\b(no such|unknown|invalid|illegal|unrout(e)?able|bad destination) (local )?(user|recipient|mailbox|address|alias|account|host)|`+
			`\b(user|mailbox|recipient|account|address|host|domain)\)?( \[?\S+\]?)? ?(is |has been |was )?(now )?(unknown|not (found|exists?|known)|no longer (exists?|valid)|do(es|s)?n['’]?t exists?|do(es)? not exist|disabled|discontinued|suspend(ed)?)\b|`+
			`no mailbox here|"RCPT TO" mailbox unavailable|unavailable mail user|non-existent account|not a valid mailbox|not user of this server|(doesn['’]t|does not) have an? \S* ?account|couldn['’]?t find any host|`+
			`(用户|收件人|收信人|邮箱|帐号|账号|地址|域名)(名|地址|帐号|账号)?\s*([（(][^）)]*[）)])?\s*(不存在|无效|未开通|已?被?(禁用|停用|注销|冻结|删除))|(无此|没有(该|此|这个)|找不到(该|此|这个)?|未知)(用户|邮箱|收件人|帐号|账号)`,
		0,
	),
}
