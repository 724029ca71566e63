package page

// Feeds is the page of the units' calendars.
type Feeds struct {
	Head
	Form          FeedForm
	Work, Revoked []Feed
}

// FeedForm is the form by which a calendar is revoked, after a mistake.
type FeedForm struct{ Serial, Problem string }

// Feed is a calendar to which a unit's people subscribe.
type Feed struct {
	Unit, Issued, Serial string
	URL                  string // empty: it was revoked
	Revoked, By, Reason  string // when, by whom and why
	Open                 bool   // its form is the one with the mistake
}
