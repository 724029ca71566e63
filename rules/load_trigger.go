package rules

import (
	"fmt"
	"maps"
	"slices"

	"qixian/rules/document"
)

// triggerDraft is a trigger with the places of its values.
type triggerDraft struct {
	trigger Trigger
	places  places
}

func (l *loader) readTrigger(f document.Field) {
	checkID(f.Key, "trigger", f.Name)
	l.bound(f.Key, "triggers", len(l.triggers)+1, maxList)
	fields := f.Value.Fields("title", "unit", "hint", "section", "parts", "subjects", "asks")
	d, known := l.triggers[f.Name]
	switch {
	case !known:
		d = &triggerDraft{places: places{"": f.Key.Position()}}
		d.trigger = Trigger{Name: f.Name, At: f.Key.Position(), order: len(l.triggers)}
		l.triggers[f.Name] = d
	case !l.override:
		f.Key.Problem("trigger %q stands twice; the first is at %s", f.Name, d.places[""])
		return
	}
	t := &d.trigger
	for key, into := range map[string]*string{
		"title": &t.Title, "unit": &t.Unit, "hint": &t.Hint, "section": &t.Section, "asks": &t.Asks,
	} {
		if n, ok := fields[key]; ok {
			*into = n.Line()
			d.places.set(key, n.Position())
		}
	}
	if _, ok := fields["title"]; !ok && !known && f.Value.IsMapping() {
		f.Key.Problem("trigger %q has no title; say in Chinese what happened", f.Name)
	}
	for key, into := range map[string]*[]string{"parts": &t.Parts, "subjects": &t.Subjects} {
		if n, ok := fields[key]; ok {
			*into = l.readNames(n, key, d.places)
			l.bound(n, key, len(*into), maxParts)
		}
	}
}

// triggers checks that the parts and subjects of groups are triggers, and no groups themselves.
func (k *checker) triggers() {
	for _, t := range k.c.inOrder() {
		if k.enough() {
			return
		}
		p := k.loader.triggers[t.Name].places
		seen := map[string]bool{}
		for _, list := range []struct {
			key   string
			names []string
		}{{"parts", t.Parts}, {"subjects", t.Subjects}} {
			for i, name := range list.names {
				k.groupMember(p, fmt.Sprintf("%s[%d]", list.key, i), t, name, seen[name])
				seen[name] = true
			}
		}
		if len(t.Subjects) > 0 && t.Asks == "" {
			k.report(p, "subjects", "%s has subjects and no asks: say in Chinese what is asked, such as 领域", t.Name)
		}
		if len(t.Subjects) == 0 && t.Asks != "" {
			k.report(p, "asks", "%s asks and has no subjects to choose from: list them, or leave asks out", t.Name)
		}
	}
}

// groupMember checks one part or subject of a group.
func (k *checker) groupMember(p places, path string, of Trigger, name string, twice bool) {
	known, ok := k.c.Triggers[name]
	switch {
	case !ok:
		k.report(p, path, "no trigger %q is known%s; add it under triggers: or correct the name",
			name, document.Suggest(name, slices.Sorted(maps.Keys(k.c.Triggers))))
	case name == of.Name:
		k.report(p, path, "%s is a part of itself", name)
	case known.IsGroup():
		k.report(p, path, "%s is a group itself; name its parts", name)
	case twice:
		k.report(p, path, "trigger %q stands twice in %s", name, of.Name)
	}
}
