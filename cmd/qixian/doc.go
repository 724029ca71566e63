// Qixian (期限) turns the timed obligations of a government-openness task table into working-day-aware deadlines, and
// mails the units that must act ahead of each due date. This comment is the tour of the house.
//
// # From a line of YAML to a mail
//
// Follow one rule, "按月发布全县环境空气质量状况信息" of row 22:
//
//  1. seeds/obligations holds it as data: its row, its clause, rule: {every: month}. rules.Load reads the seeds and
//     then the office's overrides, through rules/document, which knows the place of every value and so can name every
//     mistake.
//  2. rules.Planner computes the occurrence air-quality@2018-09: the last working day of September 2018 is Sunday the
//     30th, a make-up workday. rules/calendar counts; it holds the State Council's notices and says when it does not
//     know. The planner also places the reminders: five working days before, two, and the day itself, at nine.
//  3. scheduler tracks the occurrence as a deadline. Once a minute its pass asks the store which reminders are ripe,
//     makes one letter for each unit, has notify/compose write it in Chinese, and promises it: reminders and message
//     in one transaction.
//  4. notify.Dispatcher claims messages from the outbox, marks each as begun, hands it to a lane, of which there are
//     as many as the server bears (notify/smtp, or notify/maildir where there is no server), and settles what became
//     of it.
//  5. A unit publishes and says so, to the office, by a reply that notify/inbox reads or on scheduler/web; the
//     deadline is closed, and what was still pending is cancelled. A bounce comes the same way, and the office gets
//     what the unit did not.
//
// An event does the same for rules that wait for it: rules.Planner.OnEvent asks the catalogue which triggers it is a
// part or a group of, and who answers. Further events may stop such a deadline's clock (rules/pause.go), and cap says
// how far it may be extended; what a duty asks (act) decides what is taken for an answer (scheduler/act.go).
//
// # Who may know whom
//
// Imports run one way, and a test in cmd/internal/app holds the list:
//
//	rules/document, …/chinese            files with positions, their problems in two languages; knows nothing of ours
//	rules/calendar                       civil dates and working days
//	rules/wording                        terms, quotation, times and periods as an office writes them
//	rules                                computes; no clock, no database
//	notify, notify/compose, …/smtp, …/maildir   deliver; know no rules
//	notify/refusal                       knows what mail servers' refusals are about, for smtp and inbox
//	notify/inbox                         reads bounces and replies, and judges none
//	scheduler                            decides and remembers
//	scheduler/report, …/sheet            writes reports (通报), and their tables; scheduler knows but an interface of it
//	scheduler/icalendar                  due dates for calendar programs
//	scheduler/web, …/link, …/account, …/page   the window at which units see and answer, and the office
//	scheduler/store                      every SQL and gorm name of the program
//	scheduler/store/archive              the form of a backup
//	configs, seeds                       what an administrator edits, and what is built in
//	cmd/internal/app                     wires them; New, Start, Reload, Stop
//	cmd/internal/command                 the command line
//	cmd/internal/burst, …/torture, …/bench   tests only: the real program under load, faults for it, peers beside it
//
// # What runs in a daemon
//
// One goroutine for each of these, and every one outlives a panic: the minute's tick (plan, pass, weekly letter,
// reports), the outbox, the inbox, and the watch, which feeds systemd, pings, and serves metrics; beside them the
// window, if there is one. They meet in the database alone, so that several daemons are no more than several of each:
// whoever claims a message first, has it, for as long as its lease is seen to last, under a fence that only grows.
//
// # Promises the code keeps
//
// Identity is derived, never generated: rule@period or rule@event, then stage, unit, message. Doing a thing twice is
// doing it once, so a pass may be cut off anywhere and run again. A message is written down before anything is dialled,
// marked before it is sent, and carries one Message-ID through every attempt. time.Now is read in the loops alone;
// everything below is handed the moment, and the tests of time run in a clock bubble.
//
// A date that no holiday notice covers is provisional: it has an expected and an earliest day, reminders key off the
// earliest, and nothing is late before the expected.
package main
