package web_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// void are the elements that have no end tag (HTML, section 13.1.2).
var void = []string{
	"area",
	"base",
	"br",
	"col",
	"embed",
	"hr",
	"img",
	"input",
	"link",
	"meta",
	"source",
	"track",
	"wbr",
}

// oldWords are what pages do not say: each thing has one name, a number is written in figures, and what is for the
// administrator alone stands apart.
var oldWords = []string{
	"主管单位", "协办", "配合", "起因", "为何此日", "认定说明", "推定", "通知不到", "不能确定是否送达", "七日", "还没有。", "<p>没有。",
	"，看邮件", "不对。", "须办结", "第4季度", "登记事件", "批准后生效", "应办结",
}

// TestPagesAreWellFormed holds every page to what parsers forgive and validators do not: each element ended, where it
// was begun; no attribute twice; no id twice; each label for a field that there is.
func TestPagesAreWellFormed(t *testing.T) {
	h := newHouse(t)
	mail := h.mail(unit)
	h.asks("设备检修")
	cookie := h.signIn()
	item := h.linkIn(mail, "i", september)
	pages := map[string]string{
		"root": h.get(h.site.URL + "/").body,
		"none": h.get(h.site.URL + "/none").body,
		"unit": h.get(h.linkIn(mail, "u", "")).body,
		"item": h.get(item).body,
	}
	for _, path := range []string{"/office", "/office/year", "/office/events", "/office/contacts", "/office/feeds", "/office/report", "/office/report/2018-09.html", "/office/plan", "/office/item/" + september} {
		pages[path] = h.ask("GET", h.site.URL+path, nil, "Cookie", cookie).body
	}
	pages["sign-in"] = h.get(h.site.URL + "/office").body
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			wellFormed(t, page)
			tidy(t, page)
			for _, old := range oldWords {
				if strings.Contains(page, old) {
					t.Errorf("it says %s", old)
				}
			}
		})
	}
}

// tidy has HTML Tidy look at a page. It takes attributes that are younger than itself for somebody's own.
func tidy(t *testing.T, page string) {
	t.Helper()
	program, err := exec.LookPath("tidy")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		return // make test installs it
	}
	cmd := exec.CommandContext(
		t.Context(),
		program,
		"-errors",
		"-quiet",
		"-utf8",
		"--warn-proprietary-attributes",
		"no",
	)
	cmd.Stdin = strings.NewReader(page)
	if found, err := cmd.CombinedOutput(); err != nil || len(found) > 0 {
		t.Errorf("tidy: %v\n%s", err, found)
	}
}

func wellFormed(t *testing.T, page string) {
	t.Helper()
	if !strings.HasPrefix(page, "<!DOCTYPE html>") {
		t.Errorf("it begins with %.40q", page)
	}
	var open []string
	ids, labels := map[string]bool{}, []string{}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%v are not ended", open)
			}
			for _, of := range labels {
				if !ids[of] {
					t.Errorf("a label is for %q, which there is not", of)
				}
			}
			return
		case html.StartTagToken:
			token := z.Token()
			if seen := attributes(t, token, ids); seen["for"] != "" {
				labels = append(labels, seen["for"])
			}
			if !slices.Contains(void, token.Data) {
				open = append(open, token.Data)
			}
		case html.SelfClosingTagToken:
			attributes(t, z.Token(), ids)
		case html.EndTagToken:
			token := z.Token()
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> ends %v", token.Data, open)
			}
			open = open[:len(open)-1]
		case html.TextToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

// attributes returns an element's, and notes its id.
func attributes(t *testing.T, token html.Token, ids map[string]bool) map[string]string {
	t.Helper()
	seen := map[string]string{}
	for _, a := range token.Attr {
		if _, twice := seen[a.Key]; twice {
			t.Errorf("<%s> has %s twice", token.Data, a.Key)
		}
		seen[a.Key] = a.Val
	}
	if id := seen["id"]; id != "" {
		if ids[id] {
			t.Errorf("the id %q stands twice", id)
		}
		ids[id] = true
	}
	return seen
}
