package wording

// The acts that a duty can ask of its unit, by their names in rules; any other is to publish.
const (
	Publish = "publish" // 主动公开
	Handle  = "handle"  // 办理: a reply to an applicant, a case
	Prepare = "prepare" // 事前: done before something else
)

// Asks says what a unit does and reports.
func Asks(act string) string {
	switch act {
	case Handle:
		return "办理完毕后报送办理情况（不需上网公开）"
	case Prepare:
		return "请于到期日前完成，并报送完成情况"
	default:
		return "公开后报送公开网址"
	}
}

// NothingNew is what a unit reports of a period in which there was nothing to publish.
const NothingNew = "本期无新情况"

// AsksOrNothing says what a unit does and reports, and how it reports a period without news.
func AsksOrNothing(act string) string { return Asks(act) + "；" + ReportsNothing() }

// ReportsNothing says how a period without news is reported.
func ReportsNothing() string { return NothingNew + "的，不报网址，报送" + Quote(NothingNew) }

// Reports names what a unit reports.
func Reports(act string) string {
	switch act {
	case Handle:
		return "办理情况"
	case Prepare:
		return "完成情况"
	default:
		return "公开网址"
	}
}
