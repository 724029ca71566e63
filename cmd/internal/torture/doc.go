// Package torture holds the tests that take minutes: faults that are injected again and again while thousands of
// reminders are in flight, into the real program on real databases. They are run by `make torture`, which says how
// often each fault is injected:
//
//	QIXIAN_TORTURE=50        injections of each fault; without it the tests are skipped
//	QIXIAN_TORTURE_SEED=7    the same injections once more; without it a seed is drawn, and printed
//	QIXIAN_TORTURE_TABLE=f   a file that gets the table of results, which is printed in any case
//
// After each fault the same must hold: no reminder is lost; what arrived twice was between the final dot and the record
// of it, and carries the same Message-ID; no deadline is another than before; every uncertain message was listed by
// `qixian status`.
package torture
