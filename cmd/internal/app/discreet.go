package app

import (
	"log/slog"
	"regexp"
)

// mailAddress is what looks like a mail address. A deadline's key has an @ as well, and no dot behind it.
var mailAddress = regexp.MustCompile(`[^\s<>()\[\]:;,"'=\\]+@[^\s<>()\[\]:;,"'=\\@]+\.\p{L}{2,}`)

// Discreet takes mail addresses out of whatever is logged, as [slog.HandlerOptions.ReplaceAttr]: no line of the program
// logs one, and this is for what comes from elsewhere, such as an error of a library or the words of a panic.
func Discreet(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(mailAddress.ReplaceAllString(v, "ADDRESS"))
	case error:
		a.Value = slog.StringValue(mailAddress.ReplaceAllString(v.Error(), "ADDRESS"))
	}
	return a
}
