package notify

// growAfter is after how many sent messages for each lane another lane is tried, once the server has been seen to bear
// no more.
const growAfter = 10

// width is how many lanes a burst works on: one at first, twice as many each time that all have sent a message, and as
// soon as the server refuses a connection or asks for less (421 "too many connections", 450: RFC 5321 section 4.2.2,
// 4.2.3) what it bears, and slowly more.
type width struct {
	most    int // transports
	target  int // lanes wanted
	calm    int // messages sent since target changed
	bounded bool
}

// sent notes that a message was sent.
func (w *width) sent() {
	w.calm++
	switch {
	case w.bounded && w.calm >= growAfter*w.target:
		w.set(w.target + 1)
	case !w.bounded && w.calm >= w.target:
		w.set(2 * w.target)
	}
}

// bears notes that the server has refused a connection while it bore n.
func (w *width) bears(n int) {
	w.bounded = true
	w.set(min(n, w.target))
}

// less notes that the server has asked for less.
func (w *width) less() {
	w.bounded = true
	w.set(w.target / 2)
}

func (w *width) set(target int) { w.target, w.calm = max(1, min(target, w.most)), 0 }
