package mapping

import (
	"slices"
	"strings"
	"sync/atomic"

	"referworks/bridges/record"
	"referworks/protocol"
)

// Mapping is a document that was checked and made ready to run. What it does never changes.
type Mapping struct {
	doc  *Document
	hash protocol.Hash

	root            *scope
	scopes          []*scope // all but the root
	rules           []*rule  // as in the document
	tables          map[string]*table
	empty           map[string]bool
	absent          map[string]protocol.Absent
	words           map[protocol.Absent]string
	recipients      record.Path
	out             record.Path // where the record takes what has no place of its own; nil when nowhere
	unmapped        []unmappedField
	neverLocal      []record.Path
	allowLocal      []record.Path
	neverStd        map[string]bool // general paths, of leaves or of parts
	neverFields     map[string]bool // the fields that neverStd covers
	rowsIn, rowsOut rows
	places, homes   placeCache
	extras          atomic.Int32 // how many extra facts the record before made: room for those of the next
	headings        map[*scope]string
	ordered         []ordered
}

// unmappedField is an UnmappedField with its path read.
type unmappedField struct {
	UnmappedField
	path record.Path
}

// scope is what is done once, or once for each item of a list: the rules whose lists are the same.
type scope struct {
	parent    *scope
	children  []*scope
	key       string
	local     record.Path // from the parent's item to our items; ends with Each
	whole     record.Path // from the record
	std       []stdStep   // from the parent's item to the standard's items; the last enters the list
	general   string
	depth     int // steps of the standard above the items
	rules     []*rule
	skipFirst bool           // on the way out the first item belongs to a rule without list
	class     protocol.Class // the least of the fields that rules fill in the items
	index     int
	group     *Group     // the document's group of the list, or nil
	when      *condition // which of its items
	picked    bool       // rules name items of our list by conditions
	date      *rule      // of a group that picks the newest
	keyRule   *rule      // of a group whose items have a key
}

// rule is a Rule made ready.
type rule struct {
	doc    *Rule
	index  int
	label  string
	in     bool
	out    bool
	scope  *scope
	locals []record.Path // from the scope's item
	whole  []record.Path // from the record
	std    *stdPath
	rest   []stdStep // from the scope's item
	steps  []spec
	target []target
	fills  string // constant, or the default into the standard
	always bool   // constant
	table  tableFunction
	when   *condition
	many   bool
	// combines tells that the rule takes or makes the whole of a list of the standard.
	combines bool
	local    record.Kind // how it is written into the record
}

// target is a leaf that a rule reads and writes: the rule's own place, or a member of the group there.
type target struct {
	name  string // of the member; "" for the place itself
	index int
	kind  protocol.LeafKind
	path  string // general
	class protocol.Class
	limit int      // characters; 0 when there is none
	items *stdStep // of a member that is a list of texts; in a part its items stand in lines
}

// Document returns the document that the mapping was made of. It must not be changed.
func (m *Mapping) Document() *Document { return m.doc }

// Hash names the version: see Document.Hash.
func (m *Mapping) Hash() protocol.Hash { return m.hash }

// Label returns our label and the standard's label of a place of ours, as a medium may name it in an answer; without
// case, space and punctuation. ok is false when no rule speaks of it.
func (m *Mapping) Label(local string) (label, standard string, ok bool) {
	loose := record.Loose(local)
	for _, r := range m.rules {
		for i, p := range r.whole {
			if loose != "" && (record.Loose(r.doc.Local[i]) == loose || record.Loose(lastName(p)) == loose) {
				if r.std != nil {
					standard = r.std.label
				}
				return r.label, standard, true
			}
		}
	}
	return "", "", false
}

// Kept lists the fields of the standard, by their paths, that FromReferral puts into places of their own: what a partner
// may know of this mapping before sending. Sorted.
func (m *Mapping) Kept() []string {
	var out []string
	for _, r := range m.rules {
		if r.out && r.std != nil {
			for _, t := range r.target {
				out = append(out, t.path)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Recipients returns the names that the record gives for its recipients, in order, each once: what stands at the
// document's recipients path, through its value table when it names one. Empty when the document names no path.
func (m *Mapping) Recipients(rec *record.Node) []string {
	var out []string
	if m.doc.Recipients == nil {
		return nil
	}
	for _, n := range rec.Find(m.recipients) {
		n = content(n)
		if n == nil || m.isEmpty(n) {
			continue
		}
		name := n.Text
		if t := m.tables[m.doc.Recipients.Table]; t != nil {
			if row := t.forward[t.key(name)]; row != nil {
				name = row.Code
			}
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// content is the leaf of a node: itself, or the text of an element that has attributes. Nil when it has none.
func content(n *record.Node) *record.Node {
	if n.Kind == record.Object {
		n = n.Member(record.ContentName)
	}
	if n == nil || !n.Leaf() {
		return nil
	}
	return n
}

func (m *Mapping) isEmpty(n *record.Node) bool {
	return n.Kind == record.Null || n.Text == "" || m.empty[n.Text] || strings.TrimSpace(n.Text) == ""
}
