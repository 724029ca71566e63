package smtp

import (
	"regexp"
	"time"

	"qixian/notify"
)

// reply is one row of what is known of servers' answers that do not mean what their code says.
type reply struct {
	at    stage
	code  func(int) bool // nil: any
	words *regexp.Regexp
	class notify.Class
	after time.Duration
	pause bool // it is about us, not about this message
}

func permanent(code int) bool { return code >= 500 }

// replies is read from the top, and the first row that fits counts. The words are matched without regard to case.
var replies = []reply{
	// The From address is not the login's. 440 with Aliyun ("mail from account doesn't conform with authentication"; Alimail
	// help, SMTP errors), 501 with QQ (nodeSolidServer #1281, gogs #6561), 553 with NetEase ("Mail from must equal authorized
	// user", xxl-job #3858) and with Yandex ("not owned by auth user", webtrees #2370). Postfix says it at RCPT by default.
	row(anywhere, nil, `doesn't conform with authentication|same as authori[sz]ation|equal authori[sz]ed|not owned by`, notify.Halted),
	// Login needed (RFC 4954 section 6: 530), encryption needed (RFC 3207 section 4: 530).
	row(anywhere, permanent, `authentication (is )?required|must (first )?authenticate|must issue a starttls|authenticate first`, notify.Halted),
	// NetEase shuts the login out for a while after too many wrong ones (help.163.com, bounce codes: 451).
	row(anywhere, nil, `too much fail authentication`, notify.Halted),
	// Our host is on a black list, which Postfix says at RCPT by default; eYou: "550 black ip", "554 rbl deny".
	row(anywhere, permanent, `client host.*(blocked|rejected)|blocked using|black ip|rbl deny`, notify.Halted),

	// QQ and Tencent exmail: "550 Connection/Domain/Sender/Ip/Mail from frequency limited" lasts minutes, hours or until the
	// day is over; the limits are unpublished (service.mail.qq.com, id=20022, no=1000723 to 1000725).
	pausing(nil, `frequency limited`, time.Hour),
	// NetEase: too many mails of one sender within 15 minutes (help.163.com).
	pausing(nil, `\bMI:SFQ\b`, 15*time.Minute),
	// NetEase and hosts of its kind shut an address out for connections, mails or strange behaviour: for a while with 421 and
	// 450, but also with 554 (help.163.com; 163ns.com.cn, mail FAQ: 554 HL:ICC, 554 HL:IFQ).
	pausing(permanent, `\bHL:(ICC|IFC|IFQ|REP|MEP)\b`, time.Hour),
	pausing(nil, `\bHL:(ICC|IFC|IFQ|REP|MEP)\b`, 15*time.Minute),
	// Aliyun: 454 or 554 with "too frequently sending" or "currently unexpected sending" (Alimail help on limits), 504 and 505
	// "… is achieved the maximum threshold" for a day's recipients (SMTP errors), 552 "Daily sending quota exceeded" (DirectMail).
	pausing(nil, `frequently sending|unexpected sending|transient reject|rcpts? .*maximum threshold|sending quota`, time.Hour),

	// NetEase counts mails, recipients, commands and mistakes in one connection (help.163.com); the next one starts at nought.
	retrying(anywhere, nil, `\b(MI:(DMC|CCL|CEL)|RP:(DRC|CCL|CEL))\b`, time.Minute),
	// NetEase: "451 DT:SPM, please try again", in two minutes, with the queue kept (help.163.com).
	retrying(anywhere, func(code int) bool { return code == 451 }, `\bDT:SPM\b`, 2*time.Minute),
	// QQ: this one mailbox gets too much at the moment (smtp.codes/qq).
	retrying(anywhere, permanent, `mailbox unavailable or access denied`, time.Hour),

	// Too large (RFC 1870 section 6.1, RFC 3463 X.3.4; Aliyun 510; eYou 552). Said at MAIL by some.
	row(sender|accepting, permanent, `\b5\.3\.4\b|message (size|(is )?too (long|large|big))|length of data`, notify.Rejected),
	// A full mailbox is emptied some day (RFC 5321 section 4.2.3: 552; RFC 3463 X.2.2; Aliyun: "552 mailbox is full").
	retrying(recipient|final, permanent, `\b5\.2\.2\b|mailbox (is )?full|over ?quota|quota exceeded|storage allocation|空间不足|已满`, 4*time.Hour),
	// An unknown user that is found out late: 263 says so after the final dot.
	row(accepting, permanent, `\b5\.1\.[1236]\b|(no such|unknown|invalid) (user|recipient|mailbox)|(user|mailbox|recipient|account)\)? (unknown|not (found|exist)|do(es|s)n'?t exist)|用户不存在`, notify.Bounced),
	// The address may be right; it is the message or its origin that is refused (RFC 3463 X.7.x; QQ: "rejected by recipients").
	row(recipient, permanent, `\b5\.7\.\d|relay.*denied|denies relay|not allowed to relay|spam|rejected by recipients`, notify.Rejected),
}

func row(at stage, code func(int) bool, words string, class notify.Class) reply {
	return reply{at: at, code: code, words: regexp.MustCompile(`(?i)` + words), class: class}
}

// retrying is a row for what passes by itself.
func retrying(at stage, code func(int) bool, words string, after time.Duration) reply {
	r := row(at, code, words, notify.Retry)
	r.after = after
	return r
}

// pausing is a row for what passes by itself and concerns all that we send.
func pausing(code func(int) bool, words string, after time.Duration) reply {
	r := retrying(anywhere, code, words, after)
	r.pause = true
	return r
}
