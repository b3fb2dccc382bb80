// Package suggest proposes how an organization's own schema joins the common standard: which field of ours is which field
// of the standard, and which of our words is which code, each with a reason in plain words and a confidence band.
//
// It knows general vocabulary (tables/, English and Spanish), what values look like, and where a field stands. It never
// learns by itself: what an organization accepted or rejected is handed in with Options. All functions are
// deterministic and may be called by many goroutines. Nothing that is suggested takes effect: a person accepts it.
package suggest

// Band is how much a suggestion deserves to be believed.
type Band string

// The bands. Only what is sure may be chosen beforehand; what is likely or a maybe is offered.
const (
	Sure   Band = "sure"
	Likely Band = "likely"
	Maybe  Band = "maybe"
	None   Band = "none"
)

// The least scores of the bands, and how far the first must be ahead of the second to be sure.
const (
	sureScore   = 0.85
	likelyScore = 0.62
	maybeScore  = 0.40
	lead        = 0.08
)

func bandOf(score float64) Band {
	switch {
	case score >= sureScore:
		return Sure
	case score >= likelyScore:
		return Likely
	case score >= maybeScore:
		return Maybe
	}
	return None
}

// Options are what is known beside the schema. The zero value is usual.
type Options struct {
	About         string      // name of the schema or table, such as "adverse party": whom fields speak of that do not say it themselves
	Most          int         // candidates of a field or word; 5 when zero
	Rejected      []Rejection // what a person turned down; it is never offered again
	Learnt        []Accepted  // what was accepted for other systems
	LearntValues  []AcceptedValue
	WithoutSystem string // entries of this system in Learnt and LearntValues are passed over: a fair test of the rest
}

// Rejection is a suggestion that a person turned down: of a field (Local and Standard) or of a word (Standard or
// System, Ours and Code).
type Rejection struct {
	Local    string `json:"local,omitempty"`
	Standard string `json:"standard,omitempty"` // general path
	System   string `json:"system,omitempty"`
	Ours     string `json:"ours,omitempty"`
	Code     string `json:"code,omitempty"`
}

// Accepted is a match that people accepted for some system.
type Accepted struct {
	System   string `json:"system"` // the system it was accepted for
	Local    string `json:"local"`
	Label    string `json:"label,omitempty"`
	Standard string `json:"standard"` // path of the standard, general or with conditions
}

// AcceptedValue is a word that people gave a code for some system.
type AcceptedValue struct {
	System string `json:"system"` // the system it was accepted for
	Codes  string `json:"codes"`  // name of the code system or closed list
	Ours   string `json:"ours"`
	Code   string `json:"code"`
}

func (o Options) most() int {
	if o.Most <= 0 {
		return 5
	}
	return o.Most
}
