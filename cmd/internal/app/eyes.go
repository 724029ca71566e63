package app

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"qixian/configs"
	"qixian/rules/document"
)

// unitFiles are where a service's unit lies.
var unitFiles = []string{"/etc/systemd/system/qixian.service", "/usr/lib/systemd/system/qixian.service"}

// ServiceUser returns whom the installed unit runs the daemon as, and false where no unit names this configuration.
func ServiceUser(configFile string) (string, bool) { return serviceUser(unitFiles, configFile) }

func serviceUser(units []string, configFile string) (string, bool) {
	path, err := filepath.Abs(configFile)
	if err != nil || configFile == "" {
		return "", false
	}
	for _, unit := range units {
		text, err := document.Read(unit)
		if err != nil || !bytes.Contains(text, []byte(path)) {
			continue
		}
		name := "root"
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			key, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), "=")
			switch {
			case key == "User":
				return value, true
			case key == "DynamicUser" && (value == "yes" || value == "true" || value == "1"):
				name = strings.TrimSuffix(filepath.Base(unit), ".service")
			}
		}
		return name, true
	}
	return "", false
}

// EyesOf returns the eyes of a user by name. One whom this host does not know, as systemd makes a DynamicUser when the
// service starts, sees what everybody may: known is false.
func EyesOf(name string) (eyes configs.Eyes, known bool) {
	eyes = configs.Eyes{Name: "the service's user " + name, UID: -1}
	u, err := user.Lookup(name)
	if err != nil {
		return eyes, false
	}
	groups, _ := u.GroupIds() // beside the user's own
	for _, id := range append(groups, u.Gid) {
		if gid, err := strconv.Atoi(id); err == nil {
			eyes.GIDs = append(eyes.GIDs, gid)
		}
	}
	eyes.UID, err = strconv.Atoi(u.Uid)
	return eyes, err == nil
}

// LookAs reports every file that the configuration names and that a user may not read.
func LookAs(cfg configs.Config, eyes configs.Eyes) document.Problems {
	var ps document.Problems
	look := func(path string, advice document.Words) {
		// what is absent is reported by whoever reads it
		if err := eyes.Read(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			ps.Add(document.Position{File: path}, "%v; %s", err, advice)
		}
	}
	readable := document.Say("give files mode 0640 and the service's group, or 0644; directories 0750 or 0755")
	for _, path := range []string{
		cfg.File, cfg.Contacts, cfg.Web.Accounts, cfg.Mail.SMTP.CAFile, cfg.Mail.Inbox.CAFile,
	} {
		if path != "" {
			look(path, readable)
		}
	}
	for _, dir := range []string{cfg.Seeds, cfg.Calendar, cfg.Overrides, cfg.Mail.Templates} {
		if dir == "" {
			continue
		}
		// what cannot be walked, look reports
		_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			look(path, readable)
			return err
		})
	}
	secrets := []configs.Secret{
		cfg.Database.DSNFile,
		cfg.Mail.SMTP.PasswordFile,
		cfg.Mail.SMTP.DKIM.KeyFile,
		cfg.Mail.Inbox.PasswordFile,
	}
	if !isMade(cfg) {
		secrets = append(secrets, cfg.SigningKey)
	}
	for _, s := range secrets {
		if s != "" && !s.IsCredential() {
			look(
				string(s),
				document.Say(
					"hand it over with LoadCredential=NAME:%s in the unit, and name it credential:NAME in %s",
					s,
					cfg.File,
				),
			)
		}
	}
	return ps
}
