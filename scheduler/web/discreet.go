package web

import "regexp"

// What a unit's mail has that lets its reader answer for the unit: the code of a reply, and the links to pages and
// calendars.
var (
	replyCode  = regexp.MustCompile(`[a-z2-7]{8}(?:-[a-z2-7]{8}){3}`)
	secretLink = regexp.MustCompile(`(https?://[^\s/]+/[a-z]/)[0-9A-Za-z_-]{16,}[^\s）]*`)
)

// discreet is a mail's text without that: the office looks up what a unit was told, and may pass it on.
func discreet(text string) string {
	text = replyCode.ReplaceAllString(text, "（此处不显示）")
	return secretLink.ReplaceAllString(text, "${1}…（此处不显示）")
}
