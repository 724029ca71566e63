package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"qixian/scheduler"
)

// databaseCollector asks the database at each scrape, for as long as a scraper waits. Where it does not answer in time,
// only up is told.
type databaseCollector struct {
	store                                          ledger
	up, seconds, open, late, messages, oldest      *prometheus.Desc
	uncertain, bad, alive, silent, plans, versions *prometheus.Desc
}

func newDatabaseCollector(store ledger) *databaseCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("qixian_"+name, help, labels, nil)
	}
	return &databaseCollector{
		store:   store,
		up:      desc("database_up", "1 if the database answered the scrape in time."),
		seconds: desc("database_round_trip_seconds", "How long a round trip to the database took."),
		open:    desc("deadlines_open", "Deadlines that are open."),
		late:    desc("deadlines_late", "Open deadlines that are past due."),
		messages: desc(
			"outbox_messages",
			"Messages that are to be sent yet, and those in which it went wrong, by state.",
			"state",
		),
		oldest: desc(
			"outbox_oldest_message_age_seconds",
			"How long ago the oldest message that is to be sent yet was promised; 0 if there is none.",
		),
		uncertain: desc(
			"messages_uncertain",
			"Messages of which nobody knows whether they arrived, their one resend still to come or not.",
		),
		bad: desc(
			"addresses_bad",
			"Mail addresses to which nothing is sent any more, because mail to them came back.",
		),
		alive:    desc("daemons_alive", "Daemons that work on this database."),
		silent:   desc("daemons_silent", "Daemons that ended without a word in the last days."),
		plans:    desc("daemon_plans", "Different plans that the running daemons work by."),
		versions: desc("daemon_versions", "Different versions that are running."),
	}
}

// Describe implements prometheus.Collector.
func (c *databaseCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.up, c.seconds, c.open, c.late, c.messages, c.oldest, c.uncertain, c.bad,
		c.alive, c.silent, c.plans, c.versions,
	} {
		ch <- d
	}
}

// messageStates are those of which a scrape is told, there from the start. The messages that were sent are counted as
// they are.
var messageStates = []string{"pending", "claimed", "sending", "uncertain", "bounced", "rejected"}

// Collect implements prometheus.Collector.
func (c *databaseCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), roundTripPatience)
	defer cancel()
	a, err := c.ask(ctx, clock())
	if err != nil {
		gauge(c.up, 0)
		return
	}
	gauge(c.up, 1)
	gauge(c.seconds, a.roundTrip.Seconds())
	gauge(c.open, float64(a.Open))
	gauge(c.late, float64(a.Late))
	for _, state := range messageStates {
		gauge(c.messages, float64(a.Messages[state]), state)
	}
	gauge(c.oldest, a.oldestAge.Seconds())
	gauge(c.uncertain, float64(a.Messages["uncertain"]+a.Doubtful))
	gauge(c.bad, float64(a.Bad))
	gauge(c.alive, float64(a.Alive))
	gauge(c.silent, float64(a.Silent))
	gauge(c.plans, float64(a.Plans))
	gauge(c.versions, float64(a.Versions))
}

// answer is what the database tells a scrape.
type answer struct {
	scheduler.Condition
	scheduler.Fleet
	roundTrip time.Duration
	oldestAge time.Duration
}

func (c *databaseCollector) ask(ctx context.Context, now time.Time) (answer, error) {
	begun := monotonic()
	if err := c.store.Ping(ctx); err != nil {
		return answer{}, err
	}
	a := answer{roundTrip: monotonic().Sub(begun)}
	var err error
	if a.Condition, err = c.store.Condition(ctx, now); err != nil {
		return answer{}, err
	}
	ds, err := c.store.Daemons(ctx)
	if err != nil {
		return answer{}, err
	}
	a.Fleet = scheduler.Muster(ds, now)
	if !a.Oldest.IsZero() {
		a.oldestAge = max(now.Sub(a.Oldest), 0)
	}
	return a, nil
}
