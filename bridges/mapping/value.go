package mapping

import (
	"referworks/protocol"
)

// value is what flows through a rule's pipeline. Exactly one of its parts is used: text, list, parts or coding.
type value struct {
	kind   valueKind
	text   string
	list   []string
	codes  []protocol.Coding // of list, when its items are codings
	parts  []part
	coding protocol.Coding
	raw    bool // our own word for an absent value, past the pipeline
}

type valueKind uint8

const (
	nothing valueKind = iota
	single
	list
	group
	coded
	failed // the value could not be converted; call.reason says why
)

// part is a member of a group of fields, by its name in the standard.
type part struct{ name, text string }

func textValue(s string) value {
	if s == "" {
		return value{}
	}
	return value{kind: single, text: s}
}

func (v value) part(name string) string {
	for _, p := range v.parts {
		if p.name == name {
			return p.text
		}
	}
	return ""
}

// Status says how a field fared. The names are part of the report's format.
type Status string

// The statuses, from best to worst.
const (
	OK         Status = "ok"
	Normalized Status = "normalized" // same meaning, other form
	Defaulted  Status = "defaulted"  // our place was empty, the mapping filled it in
	Narrowed   Status = "narrowed"   // part of the meaning was left behind
	Flagged    Status = "flagged"    // a person should look: a guess, an unknown value, a value that did not fit
	Missing    Status = "missing"    // required and empty
	Held       Status = "held"       // the conversion waits for a person because of it
	NoRule     Status = "no rule"    // nothing in the mapping speaks of it
	Empty      Status = "empty"      // nothing there, nothing lost
)

var worse = map[Status]int{Empty: 0, OK: 1, Normalized: 2, Defaulted: 3, Narrowed: 4, Flagged: 5, Missing: 6, Held: 7, NoRule: 8}

// call is one run of a rule's pipeline and collects what it has to say.
type call struct {
	m      *Mapping
	ctx    *Context
	rule   *rule
	status Status
	reason string
	values *[]ValueReport
}

// note keeps the worst status and its reason.
func (c *call) note(s Status, reason string) {
	if worse[s] > worse[c.status] {
		c.status, c.reason = s, reason
	}
}

func (c *call) fail(reason string) value {
	c.note(Flagged, reason)
	return value{kind: failed}
}

// function is one step of a pipeline. Forward goes from the record to the standard.
type function interface {
	forward(c *call, v value) value
	back(c *call, v value) value
}

// spec is what the compiler must know of a function.
type spec struct {
	function
	members []string // of a group of fields in the standard that it reads and writes
	many    bool     // takes the values of several places of the record as a list
	table   bool     // takes and gives codings
	fills   string   // constant or default: the value that it fills in
	always  bool     // constant
	places  int      // how many places of the record it takes; 0 when that is free
	oneWay  bool     // has no way back
	inOnly  bool     // of one way: only into the standard
}
