package scheduler

import (
	"fmt"

	"qixian/rules"
)

// distrust says why a wish is not done for want of proof that its writer is who it seems, and where else it may be
// said; nothing if it may be done. A From address is anybody's to write, and a code was in a mail that may have been
// passed on: only the receiving server knows which domain a mail came from. Where it is asked, its word is needed for
// everything. Where it is not, units are believed by address and code, and the office as far as it answers for a duty
// of its own; what it decides for others is not taken.
func (c *clerk) distrust(w wish, l Line) string {
	own := w.Verb == verbDone && len(l.For) == 0
	switch {
	case c.authenticated:
		return ""
	case !c.isOffice() && c.o.Authenticates:
		return fmt.Sprintf("未能核实来信确由%s的邮箱发出，未作登记。%s", c.unit, c.unitElsewhere())
	case !c.isOffice(), !c.o.Authenticates && own:
		return ""
	case c.o.Authenticates:
		return fmt.Sprintf("未能核实来信确由%s的邮箱发出，未作登记。%s", c.unit, c.officeElsewhere(w, l))
	}
	return fmt.Sprintf("系统不能核实来信由谁发出，%s的决定不能以回信作出，未作登记。%s", c.unit, c.officeElsewhere(w, l))
}

// unitElsewhere says where a unit may say what it has said.
func (c *clerk) unitElsewhere() string {
	s := "请告知" + c.office()
	if c.o.Links != nil {
		s += "，或用提醒邮件中的网上登记链接办理"
	}
	return s + "。"
}

// officeElsewhere says where the office may say what it has said.
func (c *clerk) officeElsewhere(w wish, l Line) string {
	result := "--url 公开网址"
	if act := c.actOf(l.Key); act != rules.Publish {
		result = "--note " + act.Reports()
	}
	command := map[verb]string{
		verbDone:   "qixian done 短号 " + result,
		verbExtend: "qixian extend 短号 --to 新日期 --reason 理由",
		verbGrant:  "qixian extend 短号 --to 新日期 --reason 理由",
		verbRefuse: "qixian extend 短号 --refuse --reason 理由",
	}[w.Verb]
	if c.o.Desk != "" {
		return fmt.Sprintf("请在 %s 办理，或在服务器上运行 %s。", c.o.Desk, command)
	}
	return fmt.Sprintf("请在服务器上运行 %s。", command)
}
