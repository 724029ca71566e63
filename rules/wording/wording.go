// Package wording is how an office writes: its terms, quotation marks, times and periods, each decided once for mails,
// pages, reports and accounts. All of it is zh-CN.
package wording

import "fmt"

// What is said of an item, by the label before it. A reader finds the same thing under the same name in a mail, on a
// page and in an account.
const (
	Duty      = "任务要求"   // the clause of the table
	Basis     = "法规依据"   // the statute's article
	Why       = "期限由来"   // how the due date was come by
	WhyBefore = "原期限由来"  // of an extended one: how the date before that was come by
	Assumed   = "默认取值说明" // what table and law leave open and the catalogue chose
	Note      = "说明"     // how what table or law fixes is to be read
	Occasion  = "起算事由"   // what started the clock
	Answer    = "办结方式"   // how the unit answers
	Own       = "本县增列事项" // in the place of a row: the office has added it to the table's
)

// The parts that a unit plays in an item, as the table calls them.
const (
	Answering        = "办结"
	Lead             = "牵头"
	Responsible      = "责任"
	LeadUnits        = Lead + "单位"
	ResponsibleUnits = Responsible + "单位"
	AnsweringUnits   = Answering + "单位" // who answers for the item
)

// Place says where in the task table an item comes from, or that it is the office's own: 任务分解表第22项, 本县增列事项.
func Place(row int) string {
	if row == 0 {
		return Own
	}
	return "任务分解表" + Row(row)
}

// Added says of an item that the catalogue has it by law, and to which row of the task table it belongs, which does not
// time it: 本目录增列，法定；与任务分解表第46项有关.
func Added(row int) string {
	if row == 0 {
		return "本目录增列，法定"
	}
	return "本目录增列，法定；与" + Place(row) + "有关"
}

// Row names a row of the task table, which offices call by its number as an item: 第22项.
func Row(n int) string { return fmt.Sprintf("第%d项", n) }
