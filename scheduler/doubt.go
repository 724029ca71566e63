package scheduler

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"qixian/notify"
	"qixian/rules/calendar"
	"qixian/rules/wording"
)

// doubtsTold is how many doubtful bounces one letter tells of; the rest wait for the next day's.
const doubtsTold = 20

// tellDoubts tells the office, once a working day, of bounces that anybody may have written, without their words: they
// marked nothing, and ended nothing, but one of them may be true.
func (p *pass) tellDoubts(ctx context.Context) error {
	key := "trouble/bounces/" + p.today.String()
	if !p.atWork(p.now) || p.now.Before(p.today.At(p.o.DigestAt)) || p.s.settled.has(p.today, key) {
		return nil
	}
	doubts, err := p.store.Doubts(ctx, doubtsTold)
	if err != nil {
		return fmt.Errorf("find doubtful bounces: %w", err)
	}
	if len(doubts) == 0 {
		return nil
	}
	dr := draft{key: key, letter: p.letter(notify.Trouble, p.o.Office, p.now)}
	dr.letter.Headline = fmt.Sprintf("收到%d封无法核实的退信，未据此停用任何邮箱", len(doubts))
	for _, x := range doubts {
		note := fmt.Sprintf(
			"%s：%s发出的邮件%s送达存疑",
			p.unit(x.Message.Unit),
			calendar.DateOf(x.Message.At).Chinese(),
			wording.Quote(x.Message.Subject),
		)
		if x.Status != "" {
			dr.letter.Technical = append(
				dr.letter.Technical,
				fmt.Sprintf("%s：退信代码 %s。", p.unit(x.Message.Unit), x.Status),
			)
		}
		dr.letter.Notes = append(dr.letter.Notes, note+"。")
		dr.promise.Doubts = append(dr.promise.Doubts, x.ID)
	}
	dr.letter.Notes = append(dr.letter.Notes, "任何人都可能伪造这样的退信，本系统照常向原邮箱发送。请以电话等方式核实；邮箱确已失效的，请登记新的邮箱地址。")
	return p.promise(ctx, []draft{dr})
}

// refused says why a message did not arrive, for the office, and what the server that refused it has said.
func (p *pass) refused(ctx context.Context, m notify.Message) (why, said string, err error) {
	said, err = p.store.Said(ctx, m)
	if err != nil {
		return "", "", fmt.Errorf("find what was said of %s: %w", m.Key, err)
	}
	why = "邮件未能投递，邮箱未停用，请核实后转告"
	if m.Ended == notify.Bounced {
		why = "邮件被对方服务器拒收，请核实邮箱地址"
	}
	return why, quotable(said), nil
}

// givenUp is what the dispatcher puts before a server's words.
var givenUp = regexp.MustCompile(`given up after \d+ attempts: `)

// quotable is what a mail quotes of a server's words: no links, which anybody may have put there, and not for long.
func quotable(said string) string {
	var words []string
	for w := range strings.FieldsSeq(givenUp.ReplaceAllString(said, "")) {
		if !strings.Contains(w, "://") {
			words = append(words, w)
		}
	}
	if r := []rune(strings.Join(words, " ")); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return strings.Join(words, " ")
}
