package refusal_test

import (
	"testing"
	"time"

	"qixian/notify/refusal"
)

// texts are replies as servers have been seen to give them; table.go names the sources.
var texts = []struct {
	code  int
	text  string
	about refusal.About
	after time.Duration
}{
	// What passes.
	{550, "发送频率过高，请稍后再试", refusal.Busy, 0},
	{552, "超过每小时发信数量限制，请联系管理员", refusal.Busy, 0},
	{
		554,
		"5.7.0 Your message could not be sent. The limit on the number of allowed outgoing messages was exceeded. Try again later.",
		refusal.Busy,
		0,
	},
	{550, "5.7.1 Too many messages for this recipient. Please retry later", refusal.Busy, 0},
	{550, "Message was rejected, messages quota reached. Please retry later after recharge account", refusal.Busy, 0},
	{
		550,
		"5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.",
		refusal.Busy,
		0,
	},
	{550, "5.1.1 Recipient unknown at this time, try again later", refusal.Busy, 0},
	{550, "用户不存在或暂时停用，请稍后再试", refusal.Busy, 0},
	{554, "This account has been temporarily suspended", refusal.Busy, 0},
	{
		554,
		"Reject by behaviour spam ANTISPAM_BAT[01201311R196, c01a1]: too frequently sending",
		refusal.Busy,
		time.Hour,
	},
	{505, "the total of RCPTs is achieved the maximum threshold", refusal.Busy, time.Hour},
	{550, "Mailbox unavailable or access denied", refusal.Busy, time.Hour},
	{450, "MI:DMC,,,too many mails in this connection", refusal.Busy, time.Minute},
	{451, "DT:SPM ,please try again", refusal.Busy, 2 * time.Minute},
	{450, "4.2.0 <a@example.invalid>: Recipient address rejected: Greylisted", refusal.Busy, 0},

	// What passes, and is about all that we send.
	{
		550,
		"Sender frequency limited. http://service.exmail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000723",
		refusal.Sender,
		time.Hour,
	},
	{
		550,
		"Ip frequency limited. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725",
		refusal.Sender,
		time.Hour,
	},
	{550, "Domain frequency limited", refusal.Sender, time.Hour},
	{550, "Connection frequency limited", refusal.Sender, time.Hour},
	{550, "5.4.5 Daily user sending quota exceeded", refusal.Sender, time.Hour},
	{
		550,
		"5.4.5 <a@example.invalid>: Recipient address rejected: Domain Sending Quota Exceeded",
		refusal.Sender,
		time.Hour,
	},
	{552, "Daily sending quota exceeded", refusal.Sender, time.Hour},
	{
		454,
		"Transient reject by behaviour spam at DATA State(Connection IP address:192.0.2.1)ANTISPAM_BAT: currently unexpected sending",
		refusal.Sender,
		time.Hour,
	},
	{451, "MI:SFQ 163 smtp1", refusal.Sender, 15 * time.Minute},
	{421, "HL:IFC", refusal.Sender, 15 * time.Minute},
	{554, "HL:ICC", refusal.Sender, time.Hour},
	{
		450,
		"4.7.1 <a@example.invalid>: Sender address rejected: Deferring: Too many messages from sender in last 60",
		refusal.Sender,
		0,
	},
	{550, "您的账号发信过于频繁，请稍后再试", refusal.Sender, 0},

	// What passes, beside words of a mailbox or alone.
	{550, "用户不存在，已连续多次尝试，请24小时后重试", refusal.Busy, 0},
	{550, "请30分钟后重试，用户不存在", refusal.Busy, 0},
	{550, "邮箱已被冻结，请30天后重试", refusal.Busy, 0},
	{550, "5.2.1 mailbox disabled, not accepting messages for 24 hours", refusal.Busy, 0},
	{550, "5.2.1 收信过多", refusal.Busy, 0},
	{550, "5.2.1 receiving limit", refusal.Busy, 0},
	{550, "5.1.1 发信量过大", refusal.Busy, 0},
	{550, "5.1.1 发送太多", refusal.Busy, 0},
	{550, "5.1.1 次数超限", refusal.Busy, 0},
	{550, "5.1.1 流控", refusal.Busy, 0},
	{550, "5.1.1 flow control", refusal.Busy, 0},
	{550, "5.1.1 over limit", refusal.Busy, 0},
	{550, "5.1.1 exceed max rcpt", refusal.Busy, 0},
	{550, "5.1.1 Max messages per day reached", refusal.Busy, 0},
	{550, "5.1.1 retry in one hour", refusal.Busy, 0},
	{550, "5.1.1 wait 10 minutes", refusal.Busy, 0},
	{550, "发信超限", refusal.Busy, 0},
	{550, "当日发信量已达上限", refusal.Busy, 0},
	{550, "每分钟发送过多", refusal.Busy, 0},
	{550, "发信速度太快", refusal.Busy, 0},
	{550, "系统忙", refusal.Busy, 0},
	{550, "请明天再试", refusal.Busy, 0},
	{550, "请重试", refusal.Busy, 0},

	// A full mailbox.
	{552, "5.2.2 The email account that you tried to reach is over quota.", refusal.Full, 4 * time.Hour},
	{552, "mailbox is full", refusal.Full, 4 * time.Hour},
	{552, "Quota exceeded", refusal.Full, 4 * time.Hour},
	{552, "收件人空间不足", refusal.Full, 4 * time.Hour},
	{0, "用户邮箱已满", refusal.Full, 4 * time.Hour},

	// Policy and content.
	{
		550,
		"Mail content denied. http://service.exmail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",
		refusal.Content,
		0,
	},
	{550, "Mail is rejected by recipients", refusal.Content, 0},
	{550, "Suspected spam sender", refusal.Content, 0},
	{550, "DMARC check failed", refusal.Content, 0},
	{554, "DT:SPM 163 smtp1", refusal.Content, 0},
	{552, "message rejected by anti-spam engine.", refusal.Content, 0},
	{552, "Virus found.", refusal.Content, 0},
	{552, "5.3.4 Message size exceeds fixed limit", refusal.Content, 0},
	{552, "邮件过大，超过限制", refusal.Content, 0},
	{550, "5.7.1 This message violates example.com email policy. - gcdp", refusal.Content, 0},
	{550, "5.7.1 Message rejected as spam by Content Filtering", refusal.Content, 0},
	{554, "5.7.1 <a@example.invalid>: Relay access denied", refusal.Content, 0},
	{550, "User in blacklist", refusal.Content, 0},
	{550, "5.1.1 recipient rejected by policy", refusal.Content, 0},
	{550, "邮件内容包含敏感信息，拒收", refusal.Content, 0},
	{550, "您的邮件被对方的反垃圾策略拦截", refusal.Content, 0},

	// The mailbox.
	{
		550,
		"5.1.1 <a@example.invalid>: Recipient address rejected: User unknown in virtual mailbox table",
		refusal.Mailbox,
		0,
	},
	{550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", refusal.Mailbox, 0},
	{550, "5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", refusal.Mailbox, 0},
	{
		550,
		"5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces.",
		refusal.Mailbox,
		0,
	},
	{550, "5.2.1 The email account that you tried to reach is disabled.", refusal.Mailbox, 0},
	{
		550,
		"Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728",
		refusal.Mailbox,
		0,
	},
	{550, "The recipient may contain a non-existent account, please check the recipient address.", refusal.Mailbox, 0},
	{550, "User not found: policy@163.com", refusal.Mailbox, 0},
	{550, "Invalid User: a@example.invalid", refusal.Mailbox, 0},
	{550, "User suspended", refusal.Mailbox, 0},
	{550, "#2175041 unavailable mail user", refusal.Mailbox, 0},
	{550, "Local User [xxx@example.invalid] not found.", refusal.Mailbox, 0},
	{554, "RCPT (account) dosn't exist", refusal.Mailbox, 0},
	{553, `"RCPT TO" mailbox unavailable`, refusal.Mailbox, 0},
	{550, "RC:NE The email account does not exist.", refusal.Mailbox, 0},
	{551, "5.1.1 recipient is not exist", refusal.Mailbox, 0},
	{554, "delivery error: dd This user doesn't have a yahoo.com account (a@example.invalid) [-5]", refusal.Mailbox, 0},
	{
		554,
		"delivery error: Sorry your message cannot be delivered. This account has been disabled or discontinued",
		refusal.Mailbox,
		0,
	},
	{550, "Unrouteable address", refusal.Mailbox, 0},
	{0, "Sorry, no mailbox here by that name. (#5.1.1)", refusal.Mailbox, 0},
	{0, "Sorry, I couldn't find any host named kail.example.invalid. (#5.1.2)", refusal.Mailbox, 0},
	{550, "该用户不存在", refusal.Mailbox, 0},
	{550, "该用户未开通QQ邮箱", refusal.Mailbox, 0},
	{550, "收件人邮件地址（a@example.invalid）不存在，邮件无法送达。", refusal.Mailbox, 0},
	{550, "帐号已被停用", refusal.Mailbox, 0},
	{550, "无此用户", refusal.Mailbox, 0},

	// Our configuration.
	{553, "Mail from must equal authorized user", refusal.Setup, 0},
	{554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example.org", refusal.Setup, 0},
	{550, "black ip", refusal.Setup, 0},

	// Our sender address, login or host, in the words of a mailbox that does not exist.
	{550, "5.1.8 <zwgk@example.invalid>: Sender address rejected: Domain not found", refusal.Setup, 0},
	{
		550,
		"Verification failed for <zwgk@example.invalid>\nUnrouteable address\nSender verify failed",
		refusal.Setup,
		0,
	},
	{550, "Sender verify failed", refusal.Setup, 0},
	{550, "Domain may not exist or DNS check failed", refusal.Setup, 0},
	{550, "发件人地址不存在", refusal.Setup, 0},
	{550, "发件人域名不存在", refusal.Setup, 0},
	{550, "发信人邮箱不存在", refusal.Setup, 0},
	{550, "您的账号已被冻结", refusal.Setup, 0},
	{550, "您的帐号已被停用", refusal.Setup, 0},
	{550, "发件帐号被禁用", refusal.Setup, 0},
	{550, "Sender account disabled", refusal.Setup, 0},
	{550, "sender domain does not exist", refusal.Setup, 0},
	{550, "mail from: user not found", refusal.Setup, 0},
	{550, "Invalid address in MAIL FROM", refusal.Setup, 0},
	{550, "Helo command rejected: Host not found", refusal.Setup, 0},
	{550, "cannot find your reverse hostname, host unknown", refusal.Setup, 0},
	{550, "5.1.1 Sender unknown", refusal.Setup, 0},
	{
		0,
		"550 5.1.8 <zwgk@example.invalid>: Sender address rejected: Domain not found",
		refusal.Setup,
		0,
	},
	{0, "550 5.0.0 Your account has been suspended", refusal.Setup, 0},

	// Words that say too little to mark anything.
	{550, "Requested action not taken: mailbox unavailable", refusal.Unknown, 0},
	{550, "5.1.0 Address rejected.", refusal.Unknown, 0},
	{550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", refusal.Unknown, 0},
	{550, "Requested mail action not taken", refusal.Unknown, 0},
	{550, "5.4.1 Recipient address rejected: Access denied", refusal.Unknown, 0},
	{550, "user is locked.", refusal.Unknown, 0},
	{450, "5.1.1 no such user", refusal.Unknown, 0},
	{550, "", refusal.Unknown, 0},
}

func TestJudge(t *testing.T) {
	for _, c := range texts {
		if got := refusal.Judge(c.code, c.text); got.About != c.about || got.After != c.after {
			t.Errorf(
				"%d %s\nis about %q, after %s; want %q, %s",
				c.code,
				c.text,
				got.About,
				got.After,
				c.about,
				c.after,
			)
		}
	}
}

// never are words of what passes, of a policy, of content and of our own side. They are those of people who write mail
// servers, not those of the table.
var never = []string{
	// Limits.
	"rate", "quota", "over limit", "limit reached", "receiving limit", "rate limited", "limitation", "flow control",
	"exceed max rcpt", "exceeded the maximum", "max messages per day", "per hour", "per connection", "too many mails",
	"too frequent", "throttled", "threshold", "频率", "超限", "超过限制", "收信过多", "发信量过大", "发送太多", "太快", "达到上限",
	"已达上限", "流控", "限流", "限速", "每分钟", "每天", "次数超限", "受限",
	// Later.
	"稍后再试", "请重试", "24小时后重试", "30分钟后", "30天后", "3日后", "请明天再试", "系统忙", "暂时", "暂停", "请等待", "try again later",
	"try again", "retry in one hour", "wait 10 minutes", "for 24 hours", "in a few minutes", "tomorrow", "temporarily",
	"server busy", "deferred", "greylisted", "overloaded",
	// Us.
	"sender", "sender address rejected", "sender verify failed", "verification failed", "MAIL FROM", "5.1.7", "5.1.8",
	"HELO", "reverse hostname", "your account", "your domain", "your IP", "DNS check", "domain may not exist",
	"return-path", "发件人", "发信人", "寄件人", "发件帐号", "发送方", "您的账号", "你的帐号", "您的邮箱", "本账号", "反向解析",
	// Policy and content.
	"5.7.1 policy", "content", "spam", "virus", "blacklist", "黑名单", "垃圾", "敏感",
}

// TestNeverMailbox adds each of these words to each text about a mailbox.
func TestNeverMailbox(t *testing.T) {
	for _, c := range texts {
		for _, words := range never {
			for _, text := range []string{c.text + " " + words, words + " " + c.text} {
				if c.about == refusal.Mailbox && refusal.Judge(c.code, text).About == refusal.Mailbox {
					t.Errorf("%d %s\nis about the mailbox", c.code, text)
				}
			}
		}
	}
}

// FuzzJudge holds that these words never make an address bad, whatever else is said.
func FuzzJudge(f *testing.F) {
	for _, c := range texts {
		f.Add(c.code, c.text)
	}
	f.Fuzz(func(t *testing.T, code int, text string) {
		if code < 500 {
			code = 550
		}
		for _, words := range never {
			if got := refusal.Judge(code, text+" "+words); got.About == refusal.Mailbox {
				t.Errorf("%q is about the mailbox", text+" "+words)
			}
		}
	})
}
