package configs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qixian/configs"
)

// TestReplies reads where replies go and whose word on their senders counts.
func TestReplies(t *testing.T) {
	const inbox = "mail: {inbox: {host: h, username: u, password_file: p"
	for text, want := range map[string]string{
		"mail: {reply_to: zwgk@example.invalid}":                                            "",
		"mail: {reply_to: 政务公开 <zwgk@example.invalid>}":                                     "want name@domain alone",
		inbox + ", authserv_id: mx.example.invalid, received_by: mx1.example.invalid}}":     "",
		inbox + ", authserv_id: mx.example.invalid}}":                                       "authserv_id and received_by go together",
		inbox + ", received_by: mx.example.invalid}}":                                       "authserv_id and received_by go together",
		inbox + ", authserv_id: \"mx example\", received_by: mx.example.invalid}}":          "is no name of a server",
		inbox + ", authserv_id: mx.example.invalid, received_by: \"mx.example.invalid;\"}}": "is no name of a server",
	} {
		path := filepath.Join(t.TempDir(), "qixian.yaml")
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := configs.Load(path, t.TempDir())
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v", text, err)
		case want == "" && c.Mail.ReplyTo+c.Mail.Inbox.AuthservID+c.Mail.Inbox.ReceivedBy == "":
			t.Errorf("%s is read as %+v", text, c.Mail)
		}
	}
}
