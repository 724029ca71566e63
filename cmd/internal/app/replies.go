package app

import (
	"cmp"
	"fmt"
	"slices"

	"qixian/notify"
	"qixian/rules/document"
)

// checkReplies adds what an administrator should know of where replies go and who is believed to have written them.
func (in *Inputs) checkReplies(ps *document.Problems) {
	cfg, at := in.Config, document.Position{File: in.Config.File}
	box := cfg.Mail.Inbox
	if box.PlusAddressing && !notify.TakesCode(returnAddress(cfg)) {
		ps.Add(
			at,
			"mail.inbox.plus_addressing: the name of the return address is longer than 29 characters and leaves no room for a code",
		)
	}
	if box.PlusAddressing && !notify.TakesCode(cmp.Or(cfg.Mail.ReplyTo, cfg.Mail.FromAddress)) {
		ps.Add(
			at,
			"mail.inbox.plus_addressing: the name of the address that replies go to is longer than 29 characters and leaves no room for a code",
		)
	}
	if cfg.Mail.Transport == "smtp" && box.Host == "" && cfg.Mail.ReplyTo == "" && cfg.Contact == "" {
		ps.Add(
			at,
			"mail: no reply is read, and mails say so and name no other way: give office_contact (a telephone number), mail.reply_to or mail.inbox",
		)
	}
	switch {
	case box.Host == "":
	case box.AuthservID == "":
		other := document.Say("by qixian extend")
		if url := officeURL(cfg); url != "" {
			other = document.Say("at %s or by qixian extend", url)
		}
		ps.Add(
			at,
			"mail.inbox: without authserv_id and received_by nobody knows who has sent a mail: what the office decides by mail (同意, 延期) is not taken, and it decides %s",
			other,
		)
	case cfg.Mail.Transport == "smtp":
		for _, domain := range in.officeDomains() {
			if units := in.unitsOf(domain); len(units) > 0 {
				ps.Add(
					contactsAt(cfg),
					"%s: an address in the mail domain %s of %s: whoever may send from any address of it could decide by mail as the office",
					document.Join(units, ", "),
					domain,
					cfg.Office,
				)
			}
		}
	}
}

// officeDomains returns the domains of the office's addresses.
func (in *Inputs) officeDomains() []string {
	var domains []string
	for _, a := range in.Plan.Contacts.Addresses(in.Config.Office) {
		if d := notify.Domain(a); !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	return domains
}

// unitsNamed is how many units a finding names.
const unitsNamed = 5

// unitsOf names units, the office left out, that have an address of a domain; of many the first, and how many more
// there are.
func (in *Inputs) unitsOf(domain string) []string {
	var found []string
	for _, unit := range in.Units() {
		of := func(a string) bool { return notify.Domain(a) == domain }
		if unit != in.Config.Office && slices.ContainsFunc(in.Plan.Contacts.Addresses(unit), of) {
			found = append(found, unit)
		}
	}
	if more := len(found) - unitsNamed; more > 0 {
		found = append(found[:unitsNamed], fmt.Sprintf("%d more", more))
	}
	return found
}
