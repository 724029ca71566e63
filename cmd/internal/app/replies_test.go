package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckReplies says what of the answers by mail an administrator has left open.
func TestCheckReplies(t *testing.T) {
	const inbox = "\n  inbox: {host: mail.example.invalid, username: u, password_file: password"
	hash, err := HashPassword("correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	const sender = ", authserv_id: mx.example.invalid, received_by: mx.example.invalid"
	for name, tt := range map[string]struct{ top, mail, want, not string }{
		"no way to answer":             {"", "", "no reply is read, and mails say so and name no other way", "authserv_id"},
		"a telephone":                  {"office_contact: 电话0538-0000000\n", "", "", "no reply is read"},
		"people who read":              {"", "\n  reply_to: zwgk@example.invalid", "", "no reply is read"},
		"nobody knows the sender":      {"", inbox + "}", "without authserv_id and received_by nobody knows who has sent a mail: what the office decides by mail (同意, 延期) is not taken, and it decides by qixian extend", "an address in"},
		"and there is a window":        {"web: {listen: 127.0.0.1:0, url: https://qixian.example.invalid, accounts: accounts.yaml}\n", inbox + "}", "it decides at https://qixian.example.invalid/office or by qixian extend", ""},
		"the sender is known":          {"", inbox + sender + "}", "县教育局, 县环保局: an address in the mail domain county.example of 县政府办公室", "without authserv_id"},
		"no room in the reply address": {"", "\n  reply_to: a-very-long-name-of-an-office-indeed@example.invalid" + inbox + ", plus_addressing: true}", "the address that replies go to is longer than 29 characters", "the return address is longer"},
	} {
		dir := t.TempDir()
		for file, content := range map[string]string{
			"contacts.yaml": "contacts: {县政府办公室: [office@county.example], 县教育局: [jyj@COUNTY.example], 县环保局: [hbj@elsewhere.example, hbj@county.example], 县财政局: [czj@sub.county.example]}\n",
			"qixian.yaml":   tt.top + "contacts: contacts.yaml\nmail:\n  transport: smtp\n  smtp: {host: mail.example.invalid}" + tt.mail + "\n",
			"password":      "p\n",
			"accounts.yaml": "accounts: {主任: \"" + hash + "\"}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		in, err := Load(Source{ConfigFile: filepath.Join(dir, "qixian.yaml"), StateDir: dir})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		said := ""
		for _, f := range in.Warnings {
			if !strings.Contains(f.Message, "no address") {
				said += f.Message + "\n"
			}
		}
		if !strings.Contains(strings.ToLower(said), strings.ToLower(tt.want)) ||
			tt.not != "" && strings.Contains(said, tt.not) {
			t.Errorf("%s: check says\n%s", name, said)
		}
	}
}
