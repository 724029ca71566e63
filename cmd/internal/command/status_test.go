package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"qixian/notify"
	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
	"qixian/scheduler"
)

// TestStatusGolden holds what the office reads of status and agenda: all of it Chinese, working days by their name.
func TestStatusGolden(t *testing.T) {
	source := desk(t)
	dates := dateRange{From: "2026-11-23", To: "2026-11-30"}
	for file, c := range map[string]interface{ Run(s *session) error }{
		"status.txt":     &statusCmd{},
		"status-all.txt": &statusCmd{All: true},
		"agenda.txt":     &agendaCmd{dateRange: dates, Unit: "县环保局", Format: "table"},
	} {
		t.Run(file, func(t *testing.T) {
			got, err := run(t, source, c)
			if err != nil {
				t.Fatal(err)
			}
			checkScreen(t, got)
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			aligned(t, got)
		})
	}
}

// aligned holds that every column of a printed table begins below its name.
func aligned(t *testing.T, printed string) {
	t.Helper()
	table, _, _ := strings.Cut(printed, "\n\n")
	lines := strings.Split(strings.TrimRight(table, "\n"), "\n")
	width := text.StringWidthWithoutEscSequences(lines[0])
	for _, line := range lines[1:] {
		if got := text.StringWidthWithoutEscSequences(line); got != width {
			t.Errorf("%d cells wide, the names are %d: %q", got, width, line)
		}
	}
}

// TestLeft holds how far away a due date is, in words.
func TestLeft(t *testing.T) {
	day := calendar.NewDate(2018, time.November, 9)
	open := scheduler.Deadline{State: scheduler.Open, Due: rules.Due{Date: day}}
	row := func(remaining string) scheduler.Row { return scheduler.Row{Deadline: open, Remaining: remaining} }
	left14 := compose.Remaining(compose.Item{Due: day.AddDays(20).At(0), Left: 14}, day.At(9*time.Hour))
	late16 := compose.Remaining(compose.Item{Due: day.AddDays(-24).At(0), Left: -16}, day.At(9*time.Hour))
	for _, tc := range []struct {
		row  scheduler.Row
		want string
	}{
		{row(left14), "14个工作日"},
		{row(late16), "逾期16个工作日"},
		{row("还有3小时"), "3小时"},
		{row("今日到期"), "今日到期"},
		{scheduler.Row{Deadline: scheduler.Deadline{State: scheduler.Done}}, "办结"},
		{scheduler.Row{Deadline: scheduler.Deadline{State: scheduler.Done, Late: true}}, "逾期办结"},
		{scheduler.Row{Deadline: scheduler.Deadline{State: scheduler.Withdrawn}}, "撤销"},
	} {
		if got := left(tc.row); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

// TestMailsText holds how the outbox is counted, and that every state of a message has a word.
func TestMailsText(t *testing.T) {
	for _, state := range []string{
		"pending", "claimed", "sending", string(notify.Sent), string(notify.Bounced), string(notify.Rejected), string(notify.Uncertain),
	} {
		if mailStates[state] == "" {
			t.Errorf("%s has no word", state)
		}
	}
	got := mailsText(map[string]int{"sent": 12, "pending": 2, "claimed": 1, "uncertain": 1})
	if want := "待发3封，已发出12封，送达存疑1封"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := mailsText(nil); got != "无" {
		t.Errorf("of none: %s", got)
	}
}
