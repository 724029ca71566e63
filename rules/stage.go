package rules

import "qixian/rules/document"

// Stage is how long before due a reminder fires. Its zero value is "0": on the due day itself.
//
// In YAML: 0, a span (5wd, 3d, 2h), "record" (as soon as the event is on record) or "half" (a quota's half-time).
type Stage struct {
	Word string // "record", "half", or "" for a lead time
	Lead Span   // how long before due; zero on the due day itself
}

// The stages that are no lead time.
var (
	OnRecord = Stage{Word: "record"}
	HalfTime = Stage{Word: "half"}
	OnDue    = Stage{}
)

// ParseStage reads a stage as it is written in YAML.
func ParseStage(s string) (Stage, error) {
	switch s {
	case "0":
		return OnDue, nil
	case "record":
		return OnRecord, nil
	case "half":
		return HalfTime, nil
	}
	lead, err := ParseSpan(s)
	if err != nil || lead.Clock == Months {
		return Stage{}, document.Errorf(
			"%q is no stage: want 0 (the due day), a lead time such as 5wd, 3d or 2h, record or half",
			s,
		)
	}
	return Stage{Lead: lead}, nil
}

// String returns the stage as it is written in YAML; it is part of a reminder's identity.
func (s Stage) String() string {
	switch {
	case s.Word != "":
		return s.Word
	case s.Lead.IsZero():
		return "0"
	default:
		return s.Lead.String()
	}
}

// MarshalText writes the stage as in YAML.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
