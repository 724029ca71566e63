package scheduler

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"qixian/notify/compose"
	"qixian/rules"
)

// WrongReport is why what a unit reports is not what its duty asks.
type WrongReport struct {
	Act    rules.Act
	Linked bool // it has a link, and nothing of it may be put on the web; otherwise it says nothing
}

// Error says what is wrong, in English.
func (e *WrongReport) Error() string {
	switch {
	case e.Linked:
		return fmt.Sprintf(
			"it is not to be put on the web, so no link is taken; say in a note what was done (%s)", e.Act.Reports())
	case e.Act == rules.Publish:
		return "want the published URL, or a note where nothing is published online"
	}
	return fmt.Sprintf("want a note that says what was done (%s)", e.Act.Reports())
}

// Unwrap returns ErrNothing where nothing was said.
func (e *WrongReport) Unwrap() error {
	if e.Linked {
		return nil
	}
	return ErrNothing
}

// Chinese says what is wrong and what to write, as a sentence for the clerk.
func (e *WrongReport) Chinese() string {
	switch {
	case e.Linked:
		return "本事项不需上网公开，请不要填写链接，只写" + e.Act.Reports() + "。"
	case e.Act == rules.Publish:
		return "请填写公开网址；不需上网公开的，请用文字写明原因。"
	}
	return "请填写" + e.Act.Reports() + "。"
}

// linked is a link within a note, in whatever width it is typed: with its scheme, as a www name, or as a name under a
// domain that pages here have. A name after an @ is a mail address, not a link.
var linked = regexp.MustCompile(
	`(?i)https?:/|www\.|(?:^|[^@a-z0-9._-])(?:[a-z0-9-]+\.)+(?:cn|com|net|org|gov|edu|info|top|invalid)(?:[^a-z0-9.-]|\.?$)`,
)

// hasLink reports whether a note has a link.
func hasLink(note string) bool { return linked.MatchString(norm.NFKC.String(note)) }

// asDone is the note of what is prepared and reported done without a word about it.
const asDone = "已完成"

// asks returns what the duty of a deadline asks of its unit.
func (d *desk) asks(dl Deadline) rules.Act { return d.actOf(dl.Key) }

// actOf is asks for a deadline's key. What is not in the catalogue any more is not open either.
func (d *desk) actOf(key string) rules.Act {
	rule, _, _ := strings.Cut(key, "@")
	id, _, _ := strings.Cut(rule, ".")
	if ob, ok := d.Catalogue.Obligation(id); ok {
		return ob.Act
	}
	return rules.Publish
}

// actsOf returns the acts of a mail's items, each once, in the order in which mails explain them.
func (d *desk) actsOf(lines []Line) []compose.Act {
	var asked []compose.Act
	for _, act := range []rules.Act{rules.Publish, rules.Handle, rules.Prepare} {
		if slices.ContainsFunc(lines, func(l Line) bool { return d.actOf(l.Key) == act }) {
			asked = append(asked, compose.Act(act))
		}
	}
	return asked
}

// noteOr returns the note of a completion. Of what is prepared, and once only, nobody has to say more than that it is
// done.
func (d *desk) noteOr(dl Deadline, link, note string) string {
	if link == "" && note == "" && dl.Needed <= 1 && d.asks(dl) == rules.Prepare {
		return asDone
	}
	return note
}

// wrongReport says why a link or a note does not report what the duty of dl asks, if it does not.
func (d *desk) wrongReport(dl Deadline, link, note string) error {
	act := d.asks(dl)
	switch {
	case act != rules.Publish && (link != "" || hasLink(note)):
		return &WrongReport{act, true}
	case link == "" && note == "":
		return &WrongReport{act, false}
	}
	return nil
}

// What is wrong with a 办结 of what is not to be published.
const (
	noHandling = "没有写明办理情况，未作登记。请写“办结 序号 办理情况：……”，不写链接。"
	noResult   = "没有写明完成情况，未作登记。请写“办结 序号 完成情况：……”，不写链接。"
)

// report settles the 办结 of a reply that have no link: whether one is needed is known by the item. A line that names
// several items is told once what is wrong with it.
func (c *clerk) report(ws []wish) []wish {
	var kept []wish
	for _, w := range ws {
		if w.Problem == noLink {
			c.unlinked(&w)
		}
		if n := len(kept); n > 0 && w.Problem != "" && kept[n-1].Problem == w.Problem && kept[n-1].Row == w.Row {
			continue
		}
		kept = append(kept, w)
	}
	return kept
}

// unlinked takes what a 办结 without a link says for its note, if its item asks for none.
func (c *clerk) unlinked(w *wish) {
	l, problem := c.line(*w)
	if problem != "" {
		return
	}
	act := c.actOf(l.Key)
	switch {
	case act == rules.Publish:
	case w.Said != "":
		w.Note, w.Problem = w.Said, ""
	case w.Bare && act == rules.Prepare && !c.repeats(l.Key):
		w.Problem = "" // noteOr has the note
	case act == rules.Prepare:
		w.Problem = noResult
	default:
		w.Problem = noHandling
	}
}

// repeats reports whether a deadline has to be reported several times: each report then says what it is about.
func (d *desk) repeats(key string) bool {
	rule, _, _ := strings.Cut(key, "@")
	id, _, _ := strings.Cut(rule, ".")
	r, ok := d.rule(Deadline{Obligation: id, Rule: rule})
	return ok && r.AtLeast > 1
}
