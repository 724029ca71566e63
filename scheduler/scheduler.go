package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"qixian/notify/compose"
	"qixian/rules"
	"qixian/rules/calendar"
)

// Contacts says where a unit's mail goes.
type Contacts interface {
	// Addresses returns the unit's addresses in a stable order; none means that the office gets its mail.
	Addresses(unit string) []string
}

// Composer turns letters into mails; compose.Composer is one.
type Composer interface {
	Compose(l compose.Letter) (compose.Mail, error)
}

// Store is everything that the scheduler needs remembered.
type Store interface {
	Tracker
	Promiser
	Undelivered
	Letters
	Recorder
	Register
	Ledger
	Corrector
	Settings
	Addresses
	Replacements
	Feeds
	Correspondence
	Numbers
	Requests
	Accountant
}

// IDs makes the Message-IDs of mails, which nobody can guess who has not the signing key; notify.Signer is one.
type IDs interface {
	// MessageID returns that of the message with this key to this address.
	MessageID(key, to string) string
	// ThreadID returns that under which the mails about a deadline's key are gathered.
	ThreadID(key string) string
}

// Linker makes the links of a unit's mails, which open what is its own to whoever has them; link.Maker is one.
type Linker interface {
	Unit(unit string, now time.Time) string
	Item(unit, key string, now time.Time) string
	Feed(unit, serial string) string
}

// Plan is what a reload loads, checks and swaps as a whole. It never changes.
type Plan struct {
	Catalogue   *rules.Catalogue
	Planner     *rules.Planner
	Calendar    *calendar.Calendar
	Contacts    Contacts
	Composer    Composer
	Fingerprint string // of the rules and the calendar: when it differs, every open deadline is recomputed
}

// Options are what a scheduler is built with. Durations count from midnight at Asia/Shanghai.
type Options struct {
	Plan     *Plan
	Store    Store         // not needed for Preview
	Built    time.Time     // when the program was made: no clock that is right shows less; zero: nobody knows
	Office   string        // the unit that looks after openness
	Reach    string        // how the office is reached, such as a telephone number; may be empty
	IDs      IDs           // makes Message-IDs; nil: no mail can be written, as by a command that only looks or records
	Table    string        // the table's name, for the overview
	Delivery string        // where mails go, zh-CN, for the overview; may be empty
	MadeUp   bool          // units without an address get a made-up one, so the overview says so
	Logger   *slog.Logger  // nil: nothing is logged
	DigestAt time.Duration // when the day's digests go out; 09:00 where WorkTo is 0, as no hours are given then
	WorkFrom time.Duration // the first moment of the working hours, inclusive; likewise 08:30
	WorkTo   time.Duration // their end, exclusive; likewise 17:30
	Promised func(Letter)  // is told of each message that a pass has promised; nil: nobody is
	Coder    Coder         // the codes of replies; nil: no mail asks to be answered, and no reply is taken
	Links    Linker        // the links by which units see and answer on the web; nil: there is no such place
	Weekly   bool          // the office gets a letter each week that says whether all is well
	Reports  Reports       // what the office is told of a month and a year
	Horizon  int           // how many days ahead occurrences are tracked; at least, and by default, 100
	ReplyTo  string        // where replies go that the system does not read; empty: nobody reads any
	Desk     string        // the office's side of the window: a URL; empty: there is none

	// Authenticates says that the mail server's word on who has sent a reply is asked for: without it nobody's wish is
	// done. Where it is not asked for, units are taken at their word, and what the office decides by mail is not taken.
	Authenticates bool
}

// The defaults of Options.
const (
	defaultDigestAt = 9 * time.Hour
	defaultWorkFrom = 8*time.Hour + 30*time.Minute
	defaultWorkTo   = 17*time.Hour + 30*time.Minute
	// minHorizon is more than the longest lead, 20 working days, whatever holidays fall in it.
	minHorizon = 100
)

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.WorkTo == 0 {
		o.DigestAt, o.WorkFrom, o.WorkTo = defaultDigestAt, defaultWorkFrom, defaultWorkTo
	}
	o.Horizon = max(o.Horizon, minHorizon)
	return o
}

// Scheduler decides and remembers. All it knows is in its Store: a new one on the same Store goes on where another
// stopped. It reads no clock. Its methods are safe for concurrent use, by other processes on the same Store too.
type Scheduler struct {
	o       Options                 // of which Store, Coder and Links hold for good
	inForce atomic.Pointer[Options] // with the plan and the office's habits that hold now

	// What a pass remembers for the next one is a saving only: a pass that has forgotten it does nothing twice.
	mu       sync.Mutex // held through a pass
	planned  mark
	healed   mark
	numbered calendar.Date
	known    map[identity]bool // deadlines that need not be tracked again under this plan
	settled  settled
	reported map[Span]bool // reports that need not be written again
}

// mark says for which day and plan something was last done.
type mark struct {
	day         calendar.Date
	fingerprint string
}

// settled remembers which messages of a day need not be tried again, because the Store has them.
type settled struct {
	day   calendar.Date
	tries map[string]int
}

const enoughTries = 2

// New returns a scheduler. It fails if an option that has no default is missing.
func New(o Options) (*Scheduler, error) {
	switch {
	case o.Plan == nil || o.Store == nil:
		return nil, fmt.Errorf("build scheduler: a plan and a store are needed")
	case o.Office == "":
		return nil, fmt.Errorf("build scheduler: an office is needed")
	}
	s := &Scheduler{o: o.withDefaults(), reported: map[Span]bool{}}
	s.inForce.Store(&s.o)
	return s, nil
}

// Swap puts p in the place of the plan in force. The next pass recomputes every open deadline if its fingerprint
// differs.
func (s *Scheduler) Swap(p *Plan) {
	o := *s.inForce.Load()
	o.Plan = p
	s.inForce.Store(&o)
}

// Reconfigure puts the plan and the office's habits of o in the place of those in force, for whatever begins after it.
// The Store, how mails are answered and named by Message-IDs are New's for good.
func (s *Scheduler) Reconfigure(o Options) {
	o.Store, o.Coder, o.Links = s.o.Store, s.o.Coder, s.o.Links
	o.IDs, o.Promised, o.Logger = s.o.IDs, s.o.Promised, s.o.Logger
	o = o.withDefaults()
	s.inForce.Store(&o)
}

// Plan returns the plan in force.
func (s *Scheduler) Plan() *Plan { return s.inForce.Load().Plan }

// Habits are what pages show of the office's.
type Habits struct {
	Office  string // whom to ask
	Reach   string // how the office is reached; may be empty
	Ranking bool   // reports rank the units
}

// Habits returns the office's habits in force.
func (s *Scheduler) Habits() Habits {
	o := s.inForce.Load()
	return Habits{o.Office, o.Reach, o.Reports.Ranking}
}

// desk is one look at what deciding and writing stand on: a plan, the office's habits and the events on record.
// Everything it does is pure.
type desk struct {
	*Plan
	o       Options
	events  map[string]rules.Event // by ID, withdrawn ones too
	gone    map[string]bool        // events that were withdrawn
	moved   map[string]bool        // events that are being moved
	reasons map[string]string      // why events were withdrawn or moved
	granted map[int64]Extension    // how deadlines were extended last, by ID
	why     map[string]explained   // by key, filled as letters are written
	bad     map[string]Address     // by address, in lower case
	counted counted                // how days are counted, and since when

	replaced   map[listed]Replacement // addresses that contacts have and mail does not go to
	subscribed map[string]Feed        // by unit, those that work
}

func (s *Scheduler) desk() *desk {
	o := s.inForce.Load()
	return newDesk(o.Plan, *o)
}

func newDesk(p *Plan, o Options) *desk {
	return &desk{
		Plan:    p,
		o:       o,
		events:  map[string]rules.Event{},
		gone:    map[string]bool{},
		moved:   map[string]bool{},
		reasons: map[string]string{},
		granted: map[int64]Extension{},
		why:     map[string]explained{},
	}
}

// loadEvents fetches the events on record, and how days are counted, once.
func (s *Scheduler) loadEvents(ctx context.Context, d *desk) error {
	if len(d.events) > 0 {
		return nil
	}
	es, err := s.o.Store.Events(ctx, 0)
	if err != nil {
		return fmt.Errorf("load events: %w", err)
	}
	for _, e := range es {
		e.Record = e.ID
		d.events[e.ID] = e.Event
		d.gone[e.ID] = !e.Withdrawn.IsZero()
		d.reasons[e.ID] = e.Reason
	}
	d.windClocks()
	return s.loadCounted(ctx, d)
}
