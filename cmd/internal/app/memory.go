package app

import (
	"os"
	"runtime/debug"
	"sync"
)

// How much garbage may lie about before it is collected, in percent of what is in use: while the daemon works, and
// while it waits. Half the collections leave a fifth more of the time for a burst of mails, and take 6 MB more; beyond
// that nothing is gained.
const (
	atWork = 200
	atRest = 100
)

// memory is what the daemon takes of it: more while it loads or sends, which is seldom, and what that took is given
// back with the next tick. GOGC, where it is set, has its way.
type memory struct {
	mu      sync.Mutex
	worked  bool // since it was last given back
	sending bool
	due     bool // it is to be given back once nothing is sent
}

// work is called before something is to be done.
func (m *memory) work() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raise()
}

func (m *memory) raise() {
	if !m.worked && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(atWork)
	}
	m.worked = true
}

// send is work that takes its time; the function that it returns ends it.
func (m *memory) send() (sent func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raise()
	m.sending = true
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.sending = false
		if m.due {
			m.lower()
		}
	}
}

// rest gives back what work has taken; what is being sent is waited for.
func (m *memory) rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.due = m.worked && m.sending; !m.sending {
		m.lower()
	}
}

func (m *memory) lower() {
	if !m.worked {
		return
	}
	m.worked, m.due = false, false
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(atRest)
	}
	debug.FreeOSMemory()
}
