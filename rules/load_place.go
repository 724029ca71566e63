package rules

import (
	"maps"
	"strings"

	"qixian/rules/document"
)

// places holds where the values of one obligation, unit or row were last set, by their paths: "lead", "lead[1]",
// "rule", "rule.due.day", "rules.publish.stages[0]". The path "" is the thing itself.
type places map[string]document.Position

// set records the place of a value and forgets those inside the value that it replaces.
func (p places) set(path string, at document.Position) {
	p.clear(path)
	p[path] = at
}

// replaceRule is set for a rule, of which the texts stay: they say what it asks, and not when.
func (p places) replaceRule(path string, at document.Position) {
	kept := places{}
	for _, key := range textKeys {
		if p.has(path + "." + key) {
			kept[path+"."+key] = p[path+"."+key]
		}
	}
	p.set(path, at)
	maps.Copy(p, kept)
}

// clear forgets a value and all inside it.
func (p places) clear(path string) {
	maps.DeleteFunc(p, func(k string, _ document.Position) bool {
		rest, inside := strings.CutPrefix(k, path)
		return inside && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// has reports whether a value was given.
func (p places) has(path string) bool {
	_, ok := p[path]
	return ok
}

// at returns where a value was set, or else where the nearest thing around it was.
func (p places) at(path string) document.Position {
	for {
		if at, ok := p[path]; ok || path == "" {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// origin returns the places that an obligation keeps: its fields and its rules' keys, nothing inside those.
func (p places) origin() map[string]document.Position {
	out := map[string]document.Position{}
	for path, at := range p {
		depth := 2
		if strings.HasPrefix(path, "rules.") {
			depth = 3
		}
		if path != "" && !strings.Contains(path, "[") && strings.Count(path, ".") < depth {
			out[path] = at
		}
	}
	return out
}
