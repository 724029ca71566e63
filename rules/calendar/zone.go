package calendar

import (
	"sync"
	"time"
	_ "time/tzdata" // a machine without zone files must reckon the same
)

// Zone returns Asia/Shanghai, the one zone of every date and clock of the program; it is always the same pointer.
func Zone() *time.Location { return zone() }

var zone = sync.OnceValue(func() *time.Location {
	l, err := time.LoadLocation("Asia/Shanghai")
	if err != nil { // the embedded zone data leave no way here but a damaged build
		return time.FixedZone("CST", 8*60*60)
	}
	return l
})
