package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// What a visitor may send, how many are served at a time, and how long others wait for that. Of one client, which may
// be a whole house, so many are served and so many more wait, and the forms of so many are read: somebody who sends
// slowly, or asks for much, is in nobody's way but his own.
const (
	maxForm    = 64 << 10
	maxAtOnce  = 64
	maxClient  = 32
	maxWait    = 256
	maxReading = 32
	patience   = 10 * time.Second
)

// guest is what one client holds at a time.
type guest struct {
	places  chan struct{} // of those for all
	here    int           // who are served or wait for that
	reading int           // whose forms are being read
}

// floor is the places, and who has them.
type floor struct {
	places chan struct{}

	mu     sync.Mutex
	guests map[netip.Addr]*guest // those who are here
}

func newFloor() *floor {
	return &floor{places: make(chan struct{}, maxAtOnce), guests: map[netip.Addr]*guest{}}
}

// change counts what a client holds, and forgets who holds nothing. It returns false, and counts nothing, beyond what
// one client may hold.
func (f *floor) change(who netip.Addr, here, reading int) (*guest, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.guests[who]
	if g == nil {
		g = &guest{places: make(chan struct{}, maxClient)}
		f.guests[who] = g
	}
	if g.here+here > maxClient+maxWait || g.reading+reading > maxReading {
		return g, false
	}
	g.here, g.reading = g.here+here, g.reading+reading
	if g.here == 0 && g.reading == 0 {
		delete(f.guests, who)
	}
	return g, true
}

// counts returns how many are served now, and how many clients are here.
func (f *floor) counts() (served, clients int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.places), len(f.guests)
}

// enter waits for a place, and for one among its client's. What it returns gives both back; nil: there was none in
// time.
func (f *floor) enter(r *http.Request, who netip.Addr) (leave func()) {
	g, ok := f.change(who, 1, 0)
	if !ok {
		return nil
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for _, places := range []chan struct{}{g.places, f.places} {
		select {
		case places <- struct{}{}:
			continue
		case <-enough.C:
		case <-r.Context().Done(): // it has gone
		}
		if places == f.places {
			<-g.places
		}
		f.change(who, -1, 0)
		return nil
	}
	return func() {
		<-f.places
		<-g.places
		f.change(who, -1, 0)
	}
}

// read reads the form of a request whole, while it holds no place. Its end comes by the server's deadline at the
// latest.
func (f *floor) read(rw http.ResponseWriter, r *http.Request, who netip.Addr) error {
	if _, ok := f.change(who, 0, 1); !ok {
		return errCrowded
	}
	defer f.change(who, 0, -1)
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxForm))
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// errCrowded is the error of a form that is not read, as too many of its client's are.
var errCrowded = errors.New("too many forms at once")

// limited reads what is sent, serves so many at a time, and outlives a panic. An answer is handed over when it is
// complete and its place is free again: whoever reads it slowly holds none. Sign-ins have places of their own.
func (w *window) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		who := w.client(r)
		if r.Method == http.MethodPost {
			switch err := w.floor.read(rw, r, who); {
			case errors.Is(err, errCrowded):
				rw.Header().Set("Connection", "close") // the rest of what is sent is not waited for
				w.crowded(rw, who)
				return
			case err != nil:
				w.refused(refusedForm, who)
				w.say(rw, http.StatusBadRequest, "未作登记", "提交的内容过长或不完整，未作任何登记。请返回后重新填写。")
				return
			}
		} else {
			r.Body = http.NoBody
		}
		full := answer{header: rw.Header()}
		if r.URL.Path == pathSignIn {
			w.serve(&full, r, next)
		} else {
			leave := w.floor.enter(r, who)
			if leave == nil {
				w.crowded(rw, who)
				return
			}
			w.serve(&full, r, next)
			leave()
		}
		full.handTo(rw)
	})
}

// serve answers, and outlives a panic.
func (w *window) serve(rw *answer, r *http.Request, next http.Handler) {
	defer func() {
		if p := recover(); p != nil {
			rw.body.Reset()
			rw.status = 0
			w.failed(rw, fmt.Errorf("panic: %v", p))
		}
	}()
	next.ServeHTTP(rw, r)
}

func (w *window) crowded(rw http.ResponseWriter, who netip.Addr) {
	w.refused(refusedCrowd, who)
	rw.Header().Set("Retry-After", "5")
	w.say(rw, http.StatusServiceUnavailable, "请稍候再试", "同时访问的人较多，请几秒钟后刷新本页。")
}

// answer is a response that is kept until it is complete.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *answer) handTo(rw http.ResponseWriter) {
	if a.status != 0 {
		rw.WriteHeader(a.status)
	}
	_, _ = a.body.WriteTo(rw) // a visitor that has gone cannot be helped
}
