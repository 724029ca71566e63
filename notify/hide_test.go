package notify_test

import (
	"testing"

	"qixian/notify"
)

func TestHide(t *testing.T) {
	const password = "correct horse"
	for text, want := range map[string]string{
		"535 wrong password correct horse for you": "535 wrong password SECRET for you",
		"535 Y29ycmVjdCBob3JzZQ== is wrong":        "535 SECRET is wrong",
		"535 Y29ycmVjdCBob3JzZQ is wrong":          "535 SECRET is wrong",
		"535 AHVzZXIAY29ycmVjdCBob3JzZQ== (PLAIN)": "535 SECRET (PLAIN)",
		"421 come back later":                      "421 come back later",
	} {
		if got := notify.Hide(text, "\x00user\x00"+password, password, "", "com"); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
