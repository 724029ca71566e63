package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qixian/notify"
	"qixian/scheduler/web"
)

// metrics are what the daemon counts of itself, in the words of the design and by Prometheus's conventions. No label
// names a unit, an address or a message.
type metrics struct {
	registry *prometheus.Registry

	passes, passErrors, skipped, drainErrors, steps prometheus.Counter
	passSeconds                                     prometheus.Histogram
	lastPass, lastDrain, halted                     prometheus.Gauge
	settled, deliveries, pings, visitors            *prometheus.CounterVec
	plan                                            *prometheus.GaugeVec
	lastInbox                                       prometheus.Gauge
	inboxErrors                                     prometheus.Counter
	covered, reloadGood, reloaded, refused          prometheus.Gauge
}

func newMetrics(store ledger) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "qixian_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "qixian_" + name, Help: help})
	}
	counters := func(name, help, label string, values ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "qixian_" + name, Help: help}, []string{label})
		for _, v := range values {
			c.WithLabelValues(v) // there from the start, so that the first one counts as an increase
		}
		return c
	}
	final := []string{string(notify.Sent), string(notify.Bounced), string(notify.Rejected), string(notify.Uncertain)}
	m := &metrics{
		registry:   prometheus.NewRegistry(),
		passes:     counter("passes_total", "Passes of the scheduler, one a minute."),
		passErrors: counter("pass_errors_total", "Passes of which a part failed."),
		skipped:    counter("ticks_skipped_total", "Ticks left out because the last pass was still at work."),
		passSeconds: prometheus.NewHistogram(
			prometheus.HistogramOpts{
				Name:    "qixian_pass_seconds",
				Help:    "How long passes take.",
				Buckets: prometheus.ExponentialBuckets(0.005, 4, 9),
			},
		),
		lastPass: gauge(
			"pass_last_success_timestamp_seconds",
			"When the last pass without an error ended; 0 before the first.",
		),
		lastDrain: gauge(
			"drain_last_success_timestamp_seconds",
			"When the outbox was last drained without an error; 0 before the first time.",
		),
		drainErrors: counter("drain_errors_total", "Times that the outbox could not be drained."),
		halted: gauge(
			"sending_halted",
			"1 while nothing is sent because the mail server refuses the configuration, such as the login.",
		),
		settled: counters("messages_settled_total", "Messages that ended, by outcome.", "outcome", final...),
		deliveries: counters("deliveries_total", "Attempts to send a message, by outcome.", "outcome",
			append(final, string(notify.Retry), string(notify.Halted))...),
		plan: prometheus.NewGaugeVec(
			prometheus.GaugeOpts{Name: "qixian_plan_info", Help: "The plan in force: rules, calendar and hours."},
			[]string{"fingerprint"},
		),
		covered: gauge(
			"calendar_covered_until_timestamp_seconds",
			"The first moment after the last day that a holiday notice covers.",
		),
		reloaded: gauge(
			"reload_last_success_timestamp_seconds",
			"When the configuration was last read and taken up, at the start or by a reload.",
		),
		refused: gauge("reload_last_failure_timestamp_seconds", "When a reload was last refused; 0: never."),
		reloadGood: gauge(
			"reload_last_successful",
			"1 unless the files of the last start or reload were refused and an older plan runs on.",
		),
		lastInbox: gauge(
			"inbox_last_read_timestamp_seconds",
			"When the inbox was last read, or else the daemon started.",
		),
		inboxErrors: counter("inbox_errors_total", "Times that the inbox could not be read."),
		steps:       counter("clock_steps_total", "Times that the wall clock jumped, or the machine slept."),
		visitors: counters(
			"window_refused_total",
			"Visitors of the window who were turned away, by reason.",
			"reason",
			reasons()...),
		pings: counters(
			"pings_total",
			"Times that the outside address was to be fetched, by result.",
			"result",
			"answered",
			"failed",
			"withheld",
		),
	}
	build := prometheus.NewGaugeVec(
		prometheus.GaugeOpts{Name: "qixian_build_info", Help: "The running program."},
		[]string{"version", "goversion"},
	)
	version, goVersion := Version()
	build.WithLabelValues(version, goVersion).Set(1)
	m.registry.MustRegister(
		build,
		m.passes,
		m.passErrors,
		m.skipped,
		m.passSeconds,
		m.lastPass,
		m.lastDrain,
		m.drainErrors,
		m.halted,
		m.settled,
		m.deliveries,
		m.plan,
		m.covered,
		m.reloaded,
		m.refused,
		m.reloadGood,
		m.steps,
		m.pings,
		m.visitors,
		newDatabaseCollector(
			store,
		),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// reasons are those for which the window turns visitors away.
func reasons() []string {
	var all []string
	for _, why := range web.Reasons() {
		all = append(all, string(why))
	}
	return all
}

// turnedAway counts a visitor whom the window has turned away.
func (m *metrics) turnedAway(why web.Refused) { m.visitors.WithLabelValues(string(why)).Inc() }

// withInbox tells of an inbox too: without one, nobody is to wait for its being read.
func (m *metrics) withInbox() {
	m.registry.MustRegister(m.lastInbox, m.inboxErrors)
	m.lastInbox.SetToCurrentTime()
}

// inboxRead counts a reading of the inbox.
func (m *metrics) inboxRead(err error) {
	if err != nil {
		m.inboxErrors.Inc()
		return
	}
	m.lastInbox.SetToCurrentTime()
}

// passed counts a pass.
func (m *metrics) passed(took time.Duration, err error) {
	m.passes.Inc()
	m.passSeconds.Observe(took.Seconds())
	if err != nil {
		m.passErrors.Inc()
		return
	}
	m.lastPass.SetToCurrentTime()
}

// drained counts a drain of the outbox.
func (m *metrics) drained(err error, halted bool) {
	m.halted.Set(0)
	if halted {
		m.halted.Set(1)
	}
	if err != nil {
		m.drainErrors.Inc()
		return
	}
	m.lastDrain.SetToCurrentTime()
}

// delivered counts attempts, and the messages that ended with them. What was claimed and never begun is none.
func (m *metrics) delivered(ds []notify.Delivery) {
	for _, d := range ds {
		if d.Begun.IsZero() {
			continue
		}
		m.deliveries.WithLabelValues(string(d.Outcome.Class)).Inc()
		if d.FinalState {
			m.settled.WithLabelValues(string(d.Outcome.Class)).Inc()
		}
	}
}

// loaded notes the plan that is in force from now on.
func (m *metrics) loaded(in *Inputs) {
	m.plan.Reset()
	m.plan.WithLabelValues(in.Plan.Fingerprint).Set(1)
	_, last := in.Plan.Calendar.Coverage()
	m.covered.Set(float64(last.AddDays(1).At(0).Unix()))
	m.reloaded.SetToCurrentTime()
	m.reloadGood.Set(1)
}

// refusedReload notes that an older plan runs on.
func (m *metrics) refusedReload() {
	m.refused.SetToCurrentTime()
	m.reloadGood.Set(0)
}
