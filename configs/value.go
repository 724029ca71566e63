package configs

import (
	"fmt"
	"strings"
	"time"

	"qixian/notify"
	"qixian/rules/document"
)

func text(n document.Node, to *string) {
	if !n.IsZero() {
		*to = n.Text()
	}
}

// hostname reads the name of a server as it stands in a header field.
func hostname(n document.Node, to *string) {
	if n.IsZero() {
		return
	}
	if *to = n.Text(); *to == "" ||
		strings.Trim(strings.ToLower(*to), "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != "" {
		n.Problem("%q is no name of a server; want one as mx.example.invalid, as it stands in a received mail", *to)
	}
}

// name is text for what must not be empty.
func name(n document.Node, to *string) {
	if text(n, to); !n.IsZero() && *to == "" {
		n.Problem("nothing stands here; leave the key out for its default")
	}
}

func word(n document.Node, to *string, words ...string) {
	if !n.IsZero() {
		*to = n.OneOf(words...)
	}
}

func boolean(n document.Node, to *bool) {
	if !n.IsZero() {
		*to = n.Bool()
	}
}

func address(n document.Node, to *string) {
	if n.IsZero() {
		return
	}
	if s := n.Text(); s != "" {
		if err := notify.CheckAddress(s); err != nil {
			n.Problem("%q: %v; want name@domain alone", s, err)
		}
		*to = s
	}
}

func duration(n document.Node, to *time.Duration, high time.Duration) {
	if n.IsZero() {
		return
	}
	d, err := time.ParseDuration(n.Text())
	if err != nil || d < time.Second || d > high {
		n.Problem("%q is no duration from %s to %s, such as 30s, 10m or 2h", n.Text(), time.Second, high)
		return
	}
	*to = d
}

func clock(n document.Node, to *time.Duration) {
	if n.IsZero() {
		return
	}
	t, err := time.Parse("15:04", n.Text())
	if err != nil {
		n.Problem("%q is no time of day; want HH:MM in quotes, such as \"09:00\"", n.Text())
		return
	}
	*to = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

func hhmm(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
