package scheduler

import (
	"encoding/json"
	"errors"

	"qixian/notify/compose"
)

// excuses say why a wish was not done that the scheduler has refused.
var excuses = []struct {
	err  error
	text string
}{
	{ErrOnShow, "%s公示期满自动办结，不能延期。"},
	{ErrLate, "%s已过到期日，不能再申请延期，请尽快办理，或与{office}联系。"},
	{ErrFar, "%s申请的日期在1年以后，未作登记。请另定日期，或与{office}联系。"},
	{ErrOften, "%s在1小时内申请延期的次数过多，未作登记；此前的申请仍然有效。请1小时后再申请，或与{office}联系。"},
	{ErrPaused, "%s已暂停计时，不能延期；恢复计时后仍需延期的，请再办理。"},
	{ErrPast, "%s申请的日期已过，未作改动；仍需延期的，请另定日期。"},
	{ErrNoDelay, "%s的到期日不早于所写的日期，无须延期。"},
	{ErrRepeated, "%s已登记过同一网址或说明，每次只算一次，未作登记。"},
	{ErrDecided, "%s的延期申请此前已经答复或已被新的申请取代，未作改动。"},
	{ErrClosed, "%s此前已办结或撤销，未作登记。"},
	{ErrNotAnswering, "%s不由本单位办结。"},
	{ErrLong, "%s所写的说明或理由超过500字，未作登记。请写得短些。"},
	{ErrNothing, "%s没有写明情况或理由，未作登记。"},
	{ErrNotFound, "%s已不在本单位名下，未作登记。"},
}

// excuse says why a wish was refused, with a place for what it was about; nothing for any other error, which is the
// store's.
func excuse(err error, office string) string {
	if wrong, ok := errors.AsType[*WrongReport](err); ok {
		return "%s未作登记：" + wrong.Chinese()
	}
	if bound, ok := errors.AsType[*CapError](err); ok {
		return "%s：" + bound.Chinese(office)
	}
	for _, e := range excuses {
		if errors.Is(err, e.err) {
			return e.text
		}
	}
	return ""
}

// detailOf writes answers for the record.
func detailOf(answers []compose.Answered) string {
	text, err := json.Marshal(answers)
	if err != nil { // strings and booleans always marshal
		return "[]"
	}
	return string(text)
}
