package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"qixian/notify"
)

// TestWatchCounts counts what is settled, whether by itself or with what is begun next.
func TestWatchCounts(t *testing.T) {
	w := testWatch(t, &records{}, nil)
	o := watched{outbox{}, w}
	sent := notify.Delivery{Outcome: notify.Outcome{Class: notify.Sent}, Begun: time.Now(), FinalState: true}
	again := notify.Delivery{Outcome: notify.Outcome{Class: notify.Retry}, Begun: time.Now()}
	unbegun := notify.Delivery{}
	if _, err := o.Begin(t.Context(), time.Now(), []notify.Delivery{sent, again, unbegun}, nil); err != nil {
		t.Fatal(err)
	}
	if err := o.Settle(t.Context(), []notify.Delivery{sent, unbegun}); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for name, vector := range map[string]*prometheus.CounterVec{"attempts": w.metrics.deliveries, "settled": w.metrics.settled} {
		for _, class := range []notify.Class{notify.Sent, notify.Retry} {
			var m dto.Metric
			if err := vector.WithLabelValues(string(class)).Write(&m); err != nil {
				t.Fatal(err)
			}
			got[name+" "+string(class)] = m.GetCounter().GetValue()
		}
	}
	want := map[string]float64{"attempts sent": 2, "attempts retry": 1, "settled sent": 2, "settled retry": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}
