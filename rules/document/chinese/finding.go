package chinese

// findings are what is lawful and wants an administrator's eye (package cmd/internal/app).
var findings = map[string]string{
	"no obligation stands here, so that nothing falls due but what overrides add":                                                                                         "此处没有任何事项，除覆盖规则新增的以外不会有到期日",
	"table_years: %d has no calendar: its notice is not loaded (known to %s); its dates are provisional":                                                                  "table_years：%d年没有日历，尚未载入放假通知（已知至 %s），到期日均为暂定",
	"unit %s has no address: its mail goes to %s":                                                                                                                         "单位%s没有邮箱地址，其邮件发给%s",
	"%d units have no address: their mail goes to %s: %s":                                                                                                                 "%d个单位没有邮箱地址，其邮件发给%s：%s",
	"watch.listen: %s can be reached from other hosts, and asks nobody who they are; want 127.0.0.1":                                                                      "watch.listen：%s 可从其他主机访问，且不核实身份，应为 127.0.0.1",
	"database: whoever is on the network on the way to %s could read or change all that goes there; add tls=true to the DSN (…/qixian?tls=true)":                          "database：通往 %s 的网络上，他人可以读取或改动传送的全部内容，应在 DSN 中加 tls=true（…/qixian?tls=true）",
	"mail: no reply is read, and mails say so and name no other way: give office_contact (a telephone number), mail.reply_to or mail.inbox":                               "mail：系统不读取回信，邮件中也没有其他联系方式，应写明 office_contact（电话）、mail.reply_to 或 mail.inbox",
	"mail.inbox: without authserv_id and received_by nobody knows who has sent a mail: what the office decides by mail (同意, 延期) is not taken, and it decides %s":          "mail.inbox：没有 authserv_id 和 received_by，无法核实邮件由谁发出，办公室以邮件作出的决定（同意、延期）不予采用，应改为 %s",
	"%s: an address in the mail domain %s of %s: whoever may send from any address of it could decide by mail as the office":                                              "%s 的邮箱与%[3]s同在邮件域 %[2]s：凡能以该域任一邮箱发信的，都可能以办公室名义作出决定",
	"mail.inbox.plus_addressing: the name of the return address is longer than 29 characters and leaves no room for a code":                                               "mail.inbox.plus_addressing：退信地址的名称超过29个字符，放不下回信编码",
	"mail.inbox.plus_addressing: the name of the address that replies go to is longer than 29 characters and leaves no room for a code":                                   "mail.inbox.plus_addressing：回信地址的名称超过29个字符，放不下回信编码",
	"web.trusted_proxies: %s is as good as everybody: whoever asks may say for whom he asks, and no bound on visitors holds; want the proxy's own address":                "web.trusted_proxies：%s 等于信任所有人，任何人都可以冒充他人访问，访问限制不起作用，应为代理自己的地址",
	"web.trusted_proxies: the window listens on this host alone, and a proxy here is not trusted: all visitors count as one; add 127.0.0.0/8 and ::1/128":                 "web.trusted_proxies：网页只在本机监听，却没有信任本机的代理，所有访问者会算作一个，应加 127.0.0.0/8 和 ::1/128",
	"web.trusted_proxies: the window listens beyond this host, and no proxy elsewhere is trusted: if one has the certificate, all visitors count as one; add its address": "web.trusted_proxies：网页在本机以外监听，却没有信任其他主机的代理；如由代理提供证书，所有访问者会算作一个，应加代理的地址",
	"by qixian extend":          "命令 qixian extend",
	"at %s or by qixian extend": "网页 %s 或命令 qixian extend",
}
