package configs_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestUnitWaitsForClock holds that the service is ordered after what sets the clock, where something does, and needs
// nobody to set it: on an intranet without a time server reminders must not stop.
func TestUnitWaitsForClock(t *testing.T) {
	unit, err := os.ReadFile("qixian.service")
	if err != nil {
		t.Fatal(err)
	}
	ordered := false
	for line := range strings.Lines(string(unit)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if !slices.Contains(strings.Fields(value), "time-sync.target") {
			continue
		}
		if ordered = key == "After"; !ordered {
			t.Errorf("%s=time-sync.target", key)
		}
	}
	if !ordered {
		t.Error("the service may start before the clock is set")
	}
}
