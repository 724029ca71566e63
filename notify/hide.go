package notify

import (
	"encoding/base64"
	"strings"
)

// leastHidden is how long a secret must be to be looked for: a shorter one is in every other word.
const leastHidden = 4

// Hide takes secrets out of what a server has said: there are some that repeat the login they refuse, as it is or in
// base64.
func Hide(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) < leastHidden {
			continue
		}
		for _, form := range []string{
			base64.StdEncoding.EncodeToString([]byte(s)), base64.RawStdEncoding.EncodeToString([]byte(s)), s,
		} {
			text = strings.ReplaceAll(text, form, "SECRET")
		}
	}
	return text
}
