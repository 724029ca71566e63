package scheduler

import (
	"slices"
	"strings"
	"time"

	"qixian/rules"
	"qixian/rules/calendar"
)

// closingStage is the reminder that nobody gets: at its time a minimum time on show closes itself.
const closingStage = "close"

// doneStage is the reminder by which a lead unit that does not answer is told that a deadline is done.
const doneStage = "done"

// waitStage is the one reminder of a clock that has stood for long; it names since when, as a clock can stand twice.
const waitStage = "waits"

// cause says what moved a due date.
type cause string

// The causes, as the first word of the stage by which units are told.
const (
	byNotice    cause = "notice"   // a notice on holidays was loaded
	byCounting  cause = "counting" // the program counts otherwise than before
	byRule      cause = "rule"     // the rule was changed
	byExtension cause = "extended" // 延期
	byEvent     cause = "event"    // the event that it counts from was moved

	byPause      cause = "paused"  // 暂停计时: it is due on no day
	byResumption cause = "resumed" // 恢复计时

	// byWithdrawal is no move: the event was withdrawn, and the duty with it.
	byWithdrawal cause = "withdrawn"
)

var causes = []cause{byNotice, byCounting, byRule, byExtension, byEvent, byPause, byResumption, byWithdrawal}

// lateness returns which working day after due a stage is the escalation of; false if it is none.
func lateness(stage string) (int, bool) { return rules.ParseEscalation(stageWord(stage)) }

// stageWord returns the stage without the extended or moved date it counts to.
func stageWord(stage string) string {
	word, _, _ := strings.Cut(stage, "@")
	return word
}

// extendedStage ties a stage to the extended or moved date that it counts to; the zero date leaves it as it is.
func extendedStage(stage string, to calendar.Date) string {
	if to.IsZero() {
		return stage
	}
	return stage + "@" + to.String()
}

// following returns the name of the stage that follows another one: it counts to the same date.
func following(stage, after string) string {
	return stageWord(stage) + strings.TrimPrefix(after, stageWord(after))
}

// instantLayout writes an hour rule's instant in a stage, to the minute, at Beijing time.
const instantLayout = "2006-01-02T15:04"

// moveStage names the telling of a due date that moved away from d's.
func moveStage(c cause, d Deadline) string { return movedStage(c, d.dueTime(), d.ByHour()) }

// movedStage names the telling of a due date, or of an instant, that moved away from a time.
func movedStage(c cause, from time.Time, byHour bool) string {
	if byHour {
		return string(c) + "-" + from.In(calendar.Zone()).Format(instantLayout)
	}
	return string(c) + "-" + calendar.DateOf(from).String()
}

// movedFrom returns what moved a due date, or withdrew the duty, and from when, if stage tells of that.
func movedFrom(stage string) (cause, time.Time, bool) {
	word, from, ok := strings.Cut(stageWord(stage), "-")
	c := cause(word)
	if !ok || !slices.Contains(causes, c) {
		return "", time.Time{}, false
	}
	if t, err := time.ParseInLocation(instantLayout, from, calendar.Zone()); err == nil {
		return c, t, true
	}
	date, err := calendar.ParseDate(from)
	if err != nil {
		return "", time.Time{}, false
	}
	return c, date.At(0), true
}
