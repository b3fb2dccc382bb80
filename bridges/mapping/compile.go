package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

// Compile checks a document and makes it ready to run. The error is *Problems with every mistake at once, each a sentence
// that names our label, the standard's label and the rule.
func Compile(d *Document) (*Mapping, error) {
	hash, err := d.Hash()
	if err != nil {
		return nil, err
	}
	k := &compiler{doc: d, m: &Mapping{doc: d, hash: hash, root: &scope{}, headings: map[*scope]string{}}, scopes: map[string]*scope{}}
	k.head()
	k.valueTables()
	k.groups()
	k.never()
	k.rules()
	k.choices()
	k.places()
	k.doubles()
	k.lists()
	k.orders()
	if err := k.problems.orNil(); err != nil {
		return nil, err
	}
	k.m.rowsIn, k.m.rowsOut = k.blankRows(true), k.blankRows(false)
	return k.m, nil
}

type compiler struct {
	doc      *Document
	m        *Mapping
	tables   map[string]*table
	pairs    []pair
	scopes   map[string]*scope
	problems Problems
}

// pair is a Group with its paths read.
type pair struct {
	doc   *Group
	local record.Path
	std   *stdPath
}

var (
	formats    = []string{"json", "xml", "csv", "xlsx", "pdf", "mail", "letter"}
	directions = []string{"", "both", "in", "out"}
)

func validDirection(s string) bool { return slices.Contains(directions, s) }

func (k *compiler) head() {
	d, p := k.doc, &k.problems
	if d.V != 1 {
		p.add("v", 0, "The document's version (v) must be 1.")
	}
	if d.Standard != Standard {
		p.add("standard", 0, "The document must be for the standard %q.", Standard)
	}
	if strings.TrimSpace(d.ID) == "" || strings.TrimSpace(d.Name) == "" {
		p.add("id", 0, "The document must have an id, which stays the same through all its versions, and a name for people.")
	}
	if !slices.Contains(formats, d.Side.Format) {
		p.add("side.format", 0, "The format of our side must be one of %s.", strings.Join(formats, ", "))
	}
	k.m.empty, k.m.absent, k.m.words = map[string]bool{}, map[string]protocol.Absent{}, map[protocol.Absent]string{}
	for _, s := range d.Side.Empty {
		k.m.empty[s] = true
	}
	for _, word := range slices.Sorted(maps.Keys(d.Side.Absent)) {
		why := protocol.Absent(d.Side.Absent[word])
		if !why.Valid() {
			p.add("side.absent", 0, "Our word %q for an absent value must stand for unknown, declined, not-asked or withheld.", word)
		}
		k.m.absent[word] = why
		if _, taken := k.m.words[why]; !taken {
			k.m.words[why] = word
		}
	}
	if d.Side.Sample != "" && d.Side.Format == "xml" {
		if _, err := record.DecodeXML([]byte(d.Side.Sample), record.Limits{}); err != nil {
			p.add("side.sample", 0, "The XML sample cannot be read: %v.", err)
		}
	}
}

func (k *compiler) valueTables() {
	k.tables = map[string]*table{}
	for _, name := range sortedKeys(k.doc.ValueTables) {
		doc := k.doc.ValueTables[name]
		doc.Rows = slices.Clone(doc.Rows) // the document stays as it was given
		k.tables[name] = newTable(name, &doc, &k.problems)
	}
	k.m.tables = k.tables
}

func (k *compiler) groups() {
	seen := map[string]bool{}
	for i := range k.doc.Groups {
		g := &k.doc.Groups[i]
		at := fmt.Sprintf("groups[%d]", i)
		if g.ID == "" || seen[g.ID] {
			k.problems.add(at, 0, "Group %d must have an id of its own.", i+1)
		}
		seen[g.ID] = true
		local, sentence := k.localPath(g.Local)
		if sentence == "" && (len(local) == 0 || local[len(local)-1].Step != record.Each) {
			sentence = "our path must end with [], because a group is a list"
		}
		std, wrong := resolve(g.Standard)
		if wrong == "" && !std.steps[len(std.steps)-1].list {
			wrong = "its place in the standard is no list"
		}
		for _, s := range []string{sentence, wrong} {
			if s != "" {
				k.problems.add(at, 0, "Group %q: %s.", g.ID, s)
			}
		}
		if !slices.Contains([]string{"", "all", "first", "last", "newest"}, g.Pick) {
			k.problems.add(at, 0, "Group %q: pick must be all, first, last or newest.", g.ID)
		}
		if (g.Pick == "newest") != (g.By != "") {
			k.problems.add(at, 0, "Group %q: by names the rule that has the date, exactly when pick is newest.", g.ID)
		}
		if g.Each != "" && g.Each != "referral" {
			k.problems.add(at, 0, "Group %q: each must be referral.", g.ID)
		}
		if sentence == "" && wrong == "" {
			k.pairs = append(k.pairs, pair{g, local, std})
		}
	}
}

func (k *compiler) localPath(s string) (record.Path, string) {
	p, err := record.ParsePath(s)
	if err != nil {
		return nil, "our path cannot be read: " + err.Error()
	}
	if k.doc.Side.Format == "xml" {
		p = p.Bind(k.doc.Side.Namespaces)
	}
	return p, ""
}

// governmentNames are the labels of numbers that are never carried unless a document says so.
var governmentNames = words("ssn socialsecurity socialsecuritynumber socialsecurityno sin nin ninumber nationalid nationalidnumber taxid itin tin " +
	"anumber aliennumber alienregistrationnumber visanumber passport passportnumber driverslicense driverslicensenumber driverlicense curp dni nie")

// GovernmentNumber reports whether a path of ours is, by its name, a number that never travels unless a document allows it.
func GovernmentNumber(path string) bool {
	p, err := record.ParsePath(path)
	return err == nil && len(p) > 0 && governmentNames[record.Loose(lastName(p))]
}

// neverPart is the part of the standard that is never filled unless a document says so.
const neverPart = "person.governmentIds[].value"

func (k *compiler) never() {
	k.m.neverStd = map[string]bool{neverPart: true}
	for i, n := range k.doc.Never {
		at := fmt.Sprintf("never[%d]", i)
		if (n.Local == "") == (n.Standard == "") {
			k.problems.add(at, 0, "Entry %d of the never list must name either a path of ours (local) or one of the standard.", i+1)
			continue
		}
		if n.Local != "" {
			path, sentence := k.localPath(n.Local)
			if sentence != "" {
				k.problems.add(at, 0, "Entry %d of the never list: %s.", i+1, sentence)
			} else if n.Allow {
				k.m.allowLocal = append(k.m.allowLocal, path)
			} else {
				k.m.neverLocal = append(k.m.neverLocal, path)
			}
			continue
		}
		std, sentence := resolve(n.Standard)
		if sentence != "" {
			k.problems.add(at, 0, "Entry %d of the never list: %s.", i+1, sentence)
			continue
		}
		k.m.neverStd[std.general] = !n.Allow
	}
	k.m.neverFields = map[string]bool{}
	for _, path := range standardPaths() {
		if k.m.onNeverList(path) {
			k.m.neverFields[path] = true
		}
	}
}

// neverHolds reports whether a field of the standard is on the never list.
func (m *Mapping) neverHolds(general string) bool { return m.neverFields[general] }

// onNeverList reports whether a general path is on the never list, itself or with all around it.
func (m *Mapping) onNeverList(general string) bool {
	for {
		if m.neverStd[general] || m.neverStd[general+"[]"] {
			return true
		}
		cut := strings.LastIndexByte(general, '.')
		if cut < 0 {
			return false
		}
		general = general[:cut]
	}
}

// places reads the remaining paths of the document.
func (k *compiler) places() {
	if r := k.doc.Recipients; r != nil {
		path, sentence := k.localPath(r.Path)
		if sentence != "" {
			k.problems.add("recipients", 0, "The path of the recipients: %s.", sentence)
		}
		if r.Table != "" && k.tables[r.Table] == nil {
			k.problems.add("recipients", 0, "The value table %q of the recipients is not in the document%s.", r.Table, nearestHint(r.Table, sortedKeys(k.tables)))
		}
		k.m.recipients = path
	}
	u := &k.doc.Unmapped
	if !slices.Contains([]string{"", "carry", "drop"}, u.Policy) {
		k.problems.add("unmapped", 0, "What becomes of places without a rule must be carry or drop.")
	}
	k.class("unmapped", u.Class)
	if u.Out != "" {
		path, sentence := k.localPath(u.Out)
		if sentence == "" && path.Lists() > 0 {
			sentence = "it must be a single place and no list"
		}
		if sentence != "" {
			k.problems.add("unmapped.out", 0, "The place for what has no place of its own: %s.", sentence)
		}
		k.m.out = path
	}
	for i, f := range u.Fields {
		at := fmt.Sprintf("unmapped.fields[%d]", i)
		path, sentence := k.localPath(f.Local)
		if sentence != "" {
			k.problems.add(at, 0, "Unmapped field %d: %s.", i+1, sentence)
		}
		k.class(at, f.Class)
		k.m.unmapped = append(k.m.unmapped, unmappedField{f, path})
	}
	for i, t := range k.doc.Tests {
		if t.Name == "" || t.Direction != "in" && t.Direction != "out" {
			k.problems.add(fmt.Sprintf("tests[%d]", i), 0, "Test %d must have a name and the direction in or out.", i+1)
		}
	}
}

func (k *compiler) class(at string, c protocol.Class) {
	if !slices.Contains([]protocol.Class{"", protocol.P0, protocol.P1, protocol.P2, protocol.P3}, c) {
		k.problems.add(at, 0, "%s: the class must be P0, P1, P2 or P3.", place(at))
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
