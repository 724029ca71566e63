package store_test

import (
	"testing"

	"qixian/scheduler/store"
	"qixian/scheduler/store/storetest"
)

// TestConformance holds that every kind of database means the same by every method.
func TestConformance(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T, s *store.Store)
	}{
		{"track keeps every field", trackKeepsEveryField},
		{"track knows what it has", trackKnowsWhatItHas},
		{"track opens withdrawn ones again", trackOpensWithdrawn},
		{"numbers are unique among open deadlines", numbersAreUniqueAmongOpen},
		{"numbers are given later", numbersAreGivenLater},
		{"track keeps an extension", trackKeepsExtension},
		{"track takes many", trackTakesMany},
		{"open deadlines come in pages", openDeadlinesInPages},
		{"reschedule moves and cancels", rescheduleMoves},
		{"whoever comes too late changes nothing", rescheduleIsNewest},
		{"withdraw closes once", withdrawClosesOnce},
		{"rename carries over", renameCarriesOver},
		{"ripe is due, open and of its clock", ripeIsDue},
		{"promise settles its reminders", promiseSettles},
		{"promise is made once", promiseOnce},
		{"promise with a lost reminder changes nothing", promiseLostReminder},
		{"promise without messages", promiseWithoutMessages},
		{"promise lets escalations follow", promiseNext},
		{"failed messages are told of once", failedOnce},
		{"events keep every field", eventsKeepEveryField},
		{"events open deadlines once", eventsOnce},
		{"events are all or nothing", eventsAllOrNothing},
		{"completions close", completionsClose},
		{"completions of a quota", completionsQuota},
		{"completions start what follows", completionsStart},
		{"completions of closed ones are refused", completionsRefused},
		{"completions tell once that it is done", completionsTellOnce},
		{"who answers for what was tracked before it was recorded", answeringFromBefore},
		{"history is in order", historyInOrder},
		{"events stop clocks", eventsStopClocks},
		{"corrections are of what is known", correctOnlyWhatIsKnown},
		{"extend moves", extendMoves},
		{"extend refuses closed ones", extendRefused},
		{"register filters and orders", registerFilters},
		{"outbox keeps every field", outboxKeepsEveryField},
		{"claim leases in order", claimInOrder},
		{"begin is of one hold", beginIsOfHold},
		{"settle ends and puts off", settleEnds},
		{"settle twice records once", settleTwice},
		{"settle comes too late", settleLate},
		{"settle waits for a node that is behind", settleBehind},
		{"settle returns what was not begun", settleNotBegun},
		{"recover after a crash", recoverAfterCrash},
		{"recover takes exactly what was seen", recoverExactly},
		{"hasten takes what is far off", hastenFar},
		{"blame is kept", blameIsKept},
		{"outbox lists trouble", outboxTrouble},
		{"messages are found by Message-ID", messageByID},
		{"bounces end messages", bounceEnds},
		{"bounces give messages up", bounceGivesUp},
		{"doubts are told once", doubtsToldOnce},
		{"addresses are marked and cleared", addressMarked},
		{"addresses are replaced and given back", addressReplaced},
		{"calendars are issued once and revoked once", feedsOnce},
		{"replies are handled once", repliesOnce},
		{"requests are answered once", requestsDecided},
		{"accounts are of days and hold what was said", accountsOfDays},
		{"accounts know whom mails did not reach", accountsUndelivered},
		{"settings", settings},
		{"what does not fit is refused", tooLong},
		{"a context that is done", contextDone},
	}
	storetest.Each(t, func(t *testing.T, driver string) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) { tt.run(t, storetest.Open(t, driver)) })
		}
	})
}
