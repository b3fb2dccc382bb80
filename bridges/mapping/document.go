// Package mapping converts between an organization's own record and the common standard, in both directions,
// by one declared document, and reports what a conversion kept, changed and lost.
//
// Parse reads a document, Compile checks it and names every mistake at once, and the Mapping that it returns
// converts: ToReferral, FromReferral, Letter. A Mapping holds nothing that changes and may be used by many
// goroutines. Reports and errors name fields and never repeat their values.
package mapping

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

// Standard is the common standard that documents of this version speak.
const Standard = "referral/1"

// Document declares how one organization's record and the standard are joined. docs/mapping.md describes each
// member for implementers.
type Document struct {
	V        int    `json:"v"`
	ID       string `json:"id"` // names the mapping through all its versions, within the organization
	Standard string `json:"standard"`
	Name     string `json:"name"` // for people
	Comment  string `json:"comment,omitempty"`
	Side     Side   `json:"side"`

	Groups      []Group               `json:"groups,omitempty"`
	Rules       []Rule                `json:"rules"`
	ValueTables map[string]ValueTable `json:"valueTables,omitempty"`
	Recipients  *Recipients           `json:"recipients,omitempty"`
	Unmapped    Unmapped              `json:"unmapped,omitzero"`
	Never       []Never               `json:"never,omitempty"`
	Tests       []Test                `json:"tests,omitempty"`
}

// Side describes the organization's own records.
type Side struct {
	Format     string            `json:"format"`               // json, xml, csv, mail or letter
	Empty      []string          `json:"empty,omitempty"`      // texts that mean "nothing here", besides null and ""
	Absent     map[string]string `json:"absent,omitempty"`     // own word -> unknown, declined, not-asked or withheld
	Locale     string            `json:"locale,omitempty"`     // BCP 47, decides the order of numbers and names of months
	Region     string            `json:"region,omitempty"`     // ISO 3166 country of phone numbers without a country code
	Zone       string            `json:"zone,omitempty"`       // IANA time zone of times without an offset
	Language   string            `json:"language,omitempty"`   // BCP 47, of letters
	Namespaces map[string]string `json:"namespaces,omitempty"` // prefix in paths -> URI, for XML
	Sample     string            `json:"sample,omitempty"`     // a document of the partner's; XML is written in its shape
}

// Group pairs a list of the record with a list of the standard, item by item. A rule whose two paths begin with
// the group's two paths belongs to it. Lists without a group are paired in the order of their brackets.
type Group struct {
	ID       string     `json:"id"`
	Label    string     `json:"label,omitempty"` // heading of an item in letters
	Local    string     `json:"local"`
	Standard string     `json:"standard"`
	Key      *Key       `json:"key,omitempty"`  // items of one key are one item, whatever list they come from
	Pick     string     `json:"pick,omitempty"` // all (default); first, last or newest of the list
	When     *Condition `json:"when,omitempty"` // only the items for which it holds
	By       string     `json:"by,omitempty"`   // of newest: the id of the rule that has the date
	Each     string     `json:"each,omitempty"` // referral: each item of ours is a referral of its own
	Comment  string     `json:"comment,omitempty"`
}

// Key names what identifies an item on both sides.
type Key struct {
	Local    string `json:"local"`
	Standard string `json:"standard"`
}

// Rule joins one or more places of the record with one place of the standard.
type Rule struct {
	ID           string     `json:"id"`
	Label        string     `json:"label,omitempty"` // our own name of the field, as letters show it
	Section      string     `json:"section,omitempty"`
	Local        Paths      `json:"local,omitempty"`
	Standard     string     `json:"standard,omitempty"`
	Direction    string     `json:"direction,omitempty"` // both (default), in: record to standard, out: standard to record
	When         *Condition `json:"when,omitempty"`
	Via          []Step     `json:"via,omitempty"`
	Required     bool       `json:"required,omitempty"`
	Default      string     `json:"default,omitempty"`      // into the standard, when our place is empty
	DefaultLocal string     `json:"defaultLocal,omitempty"` // into our record, when the standard's place is empty
	Blank        string     `json:"blank,omitempty"`        // what our record has where the standard has nothing: null, or empty for ""; the place is left out when not given
	As           string     `json:"as,omitempty"`           // how it is written into our record: text (default), number or bool
	OnFailure    string     `json:"onFailure,omitempty"`    // flag (default), hold or skip
	Comment      string     `json:"comment,omitempty"`
}

// Condition holds when all its tests hold. Local tests are judged on the way in, standard tests on the way out.
type Condition struct {
	Local    []Check `json:"local,omitempty"`
	Standard []Check `json:"standard,omitempty"`
	Expr     string  `json:"expr,omitempty"` // true or false; at("path") is the text at a place of the side that is read. Only in rules of one direction
}

// Check compares the text at a path, inside the item at hand when the path is inside its list. Exactly one of
// Is, Not and Empty is given.
type Check struct {
	Path  string   `json:"path"`
	Is    []string `json:"is,omitempty"`
	Not   []string `json:"not,omitempty"`
	Empty *bool    `json:"empty,omitempty"`
}

// ValueTable joins our own words with codes of a system, or with the values of a closed list of the standard.
type ValueTable struct {
	System  string            `json:"system,omitempty"` // of rows that name none; empty for a closed list
	Rows    []Row             `json:"rows"`
	Unknown Unknown           `json:"unknown,omitzero"`
	Parents map[string]string `json:"parents,omitempty"` // code (out) or word of ours (in) -> the one above it, to climb
	Exact   bool              `json:"exact,omitempty"`   // compare with case and space
	Comment string            `json:"comment,omitempty"`
}

// Row is one meaning: our word and the code. Of several rows with one code, or with one word, the one marked as
// default is used when there is a choice.
type Row struct {
	Ours      string `json:"ours"`
	System    string `json:"system,omitempty"`
	Code      string `json:"code"`
	Label     string `json:"label,omitempty"`
	Relation  string `json:"relation,omitempty"` // of the code to our word: equivalent (default), broader, narrower, related
	Direction string `json:"direction,omitempty"`
	Default   bool   `json:"default,omitempty"`
}

// Unknown says what becomes of a value that has no row.
type Unknown struct {
	In  *Policy `json:"in,omitempty"`
	Out *Policy `json:"out,omitempty"`
}

// Policy is keep (flag it and let it pass as it is, the default), fixed (use Value), parent (climb Parents, marked
// as broader; then keep) or hold (wait for a person).
type Policy struct {
	Policy string `json:"policy"`
	Value  string `json:"value,omitempty"` // of fixed: the code on the way in, our word on the way out
}

// Recipients names the place of our record that says to whom a referral goes.
type Recipients struct {
	Path  string `json:"path"`
	Table string `json:"table,omitempty"` // value table from what stands there to the partner's name
}

// Unmapped says what becomes of places without a rule.
type Unmapped struct {
	Policy string          `json:"policy,omitempty"` // carry (default: travels as an extra fact) or drop (and report)
	Class  protocol.Class  `json:"class,omitempty"`  // of what is carried; P2 when not given
	Out    string          `json:"out,omitempty"`    // place of our record that takes, as text, what has no place of its own
	Fields []UnmappedField `json:"fields,omitempty"`
}

// UnmappedField describes one place, or all below it, better than its name does.
type UnmappedField struct {
	Local string         `json:"local"`
	Label string         `json:"label,omitempty"`
	Class protocol.Class `json:"class,omitempty"`
	Drop  bool           `json:"drop,omitempty"` // has no meaning outside our system; dropped and reported
}

// Never names a place that is not sent (Local, Standard) nor received (Standard). Government numbers are on the list by
// themselves; Allow takes one of them off it, with a reason for people.
type Never struct {
	Local    string `json:"local,omitempty"`
	Standard string `json:"standard,omitempty"`
	Allow    bool   `json:"allow,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Test is a stored record that a version must convert as it says. Expect maps paths to texts; "" means nothing there.
type Test struct {
	Name      string            `json:"name"`
	Direction string            `json:"direction"` // in or out
	Input     string            `json:"input"`     // a document of ours (in), or a referral in the standard's JSON (out)
	Expect    map[string]string `json:"expect"`
}

// Paths is one path, or several, of the record; JSON has a text or a list of texts.
type Paths []string

// MarshalJSON writes one path as a text.
func (p Paths) MarshalJSON() ([]byte, error) {
	if len(p) == 1 {
		return json.Marshal(p[0])
	}
	return json.Marshal([]string(p))
}

// Step is one function of a pipeline: {"fn": "date", "formats": ["MM/DD/YYYY"]}. Args holds the members beside fn.
type Step struct {
	Fn   string
	Args *record.Node
}

// MarshalJSON writes the arguments beside the name.
func (s Step) MarshalJSON() ([]byte, error) {
	n := record.NewObject()
	n.Add("fn", record.NewText(s.Fn))
	if s.Args != nil {
		n.Children = append(n.Children, s.Args.Children...)
	}
	return record.EncodeJSON(n)
}

// Hash names the content of a document: SHA-256 over its JSON with sorted members and without space. Documents
// that differ only in layout or in the order of members have the same hash.
func (d *Document) Hash() (protocol.Hash, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return protocol.Hash{}, fmt.Errorf("writing mapping document: %w", err)
	}
	n, err := record.DecodeJSON(b, record.Limits{})
	if err != nil {
		return protocol.Hash{}, fmt.Errorf("reading mapping document back: %w", err)
	}
	sortMembers(n)
	if b, err = record.EncodeJSON(n); err != nil {
		return protocol.Hash{}, fmt.Errorf("writing mapping document: %w", err)
	}
	return sha256.Sum256(b), nil
}

func sortMembers(n *record.Node) {
	if n.Kind == record.Object {
		slices.SortFunc(n.Children, func(a, b *record.Node) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, c := range n.Children {
		sortMembers(c)
	}
}
