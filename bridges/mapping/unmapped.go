package mapping

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"referworks/bridges/record"
	"referworks/protocol"
)

// Extra facts keep the kind of a value behind the path, so that a number comes home as a number.
var kindMarks = map[record.Kind]string{record.Number: "!number", record.Bool: "!bool"}

// Limits of an extra fact, as the standard has them.
const (
	maxExtras     = 500
	maxExtraLabel = 300
	maxExtraPath  = 500
	maxExtraValue = protocol.MaxLong
)

// unmapped gives every leaf that no rule has consumed its place: extra fact, dropped, or empty.
func (in *intake) unmapped(ref *protocol.Referral) {
	var failures map[*record.Node]failure
	for _, f := range in.extras {
		if failures == nil {
			failures = map[*record.Node]failure{}
		}
		failures[f.node] = f
	}
	most := int(in.m.extras.Load()) // as many as the record before had
	ref.Extra = make([]protocol.Extra, 0, most)
	in.report.Carried = make([]PlaceReport, 0, most)
	in.rec.Leaves(func(p record.Path, n *record.Node) {
		switch {
		case in.used[n]:
			if f, didFail := failures[n]; didFail {
				in.carryFailed(ref, p, n, f)
			}
		case in.m.isEmpty(n):
			in.report.Empty++
		default:
			in.carry(ref, p, n, nil)
		}
	})
	in.m.extras.Store(int32(len(ref.Extra))) // never more than maxExtras
	if len(ref.Extra) == 0 {
		ref.Extra = nil
	}
}

func (in *intake) carryFailed(ref *protocol.Referral, p record.Path, n *record.Node, f failure) {
	if f.skip {
		in.drop(p, f.rule.label, "it could not be converted")
		return
	}
	in.carry(ref, p, n, f.rule)
}

// carry makes an extra fact, unless the document or the never list says that the place stays behind.
func (in *intake) carry(ref *protocol.Referral, p record.Path, n *record.Node, failed *rule) {
	local := p.String()
	here := in.m.place(local, p)
	label, class := here.label, here.class
	if failed != nil {
		label, class = failed.label, protocol.P2
		for _, t := range failed.target {
			class = max(class, t.class)
		}
	}
	if here.stays != "" {
		in.drop(p, label, here.stays)
		return
	}
	if way := in.homeward(p); failed != nil || way != local {
		here.extra(way, label, class) // of this copy alone
	}
	mark, long := 0, here.long
	switch n.Kind {
	case record.Number:
		mark = 1
	case record.Bool:
		mark = 2
	}
	value, changed := protocol.Clean(n.Text, true)
	if long || len(ref.Extra) == maxExtras || longer(value, maxExtraValue) {
		in.report.Dropped = append(in.report.Dropped, PlaceReport{Local: local, Label: here.label, Reason: "it is too much to travel as an extra fact"})
		in.hold = append(in.hold, HoldReason{Local: local, Label: here.label, Sentence: here.label + ": it has no rule and is too much to travel as an extra fact; give it a rule, or drop it in the mapping."})
		return
	}
	ref.Extra = append(ref.Extra, protocol.Extra{Label: here.labelLeaf, Path: here.paths[mark], Value: protocol.Of[protocol.Long](value), Class: here.classLeaf})
	row := PlaceReport{Local: local, Label: here.label, Class: class}
	if changed {
		row.Reason = "characters that no one types were removed"
	}
	in.report.Carried = append(in.report.Carried, row)
}

// extra makes the leaves of an extra fact at a place. They are the same for every record.
func (u *unruled) extra(local, label string, class protocol.Class) {
	label, _ = protocol.Clean(label, false)
	u.label, u.class = cut(label, maxExtraLabel), class
	u.long = longer(local, maxExtraPath-len(kindMarks[record.Number]))
	u.labelLeaf, u.classLeaf = protocol.Of[protocol.Text](u.label), protocol.Choose(class)
	for i, mark := range []string{"", kindMarks[record.Number], kindMarks[record.Bool]} {
		u.paths[i] = protocol.Of[protocol.Text](local + mark)
	}
}

// longer tells that s has more than most characters.
func longer(s string, most int) bool { return len(s) > most && utf8.RuneCountInString(s) > most }

func (in *intake) drop(p record.Path, label, reason string) {
	in.report.Dropped = append(in.report.Dropped, PlaceReport{Local: p.String(), Label: label, Reason: reason})
}

// unruled is what a document says of a place without a rule.
type unruled struct {
	label string
	class protocol.Class
	stays string // why it is not sent, or ""

	labelLeaf protocol.Text
	paths     [3]protocol.Text // of texts, numbers and flags
	classLeaf protocol.Choice[protocol.Class]
	long      bool // the path is too long to travel
}

// placeCache keeps what was found out about places, because every record of a system has the same ones. It is bounded, for
// records that have ever new ones.
type placeCache struct {
	known sync.Map // path as text -> unruled
	size  atomic.Int32
}

const maxPlaces = 4096

func (m *Mapping) place(local string, p record.Path) unruled {
	if known, ok := m.places.known.Load(local); ok {
		return *known.(*unruled)
	}
	var here unruled
	here.label, here.class = m.describe(p)
	here.stays = m.stays(p)
	local = strings.Clone(local)
	here.extra(local, here.label, here.class)
	if m.places.size.Add(1) <= maxPlaces {
		m.places.known.Store(local, &here)
	}
	return here
}

// describe gives the label and the class of a place without a rule; the longest description that fits is used.
func (m *Mapping) describe(p record.Path) (label string, class protocol.Class) {
	label, class = humanize(p), m.doc.Unmapped.Class
	if class == "" {
		class = protocol.P2
	}
	if s := m.around(p); s != nil {
		item := p[len(s.whole)-1].Index + 1
		if m.headings[s] != "" && len(p) > len(s.whole) {
			label = m.headings[s] + " " + itoa(item) + " - " + humanize(p[len(s.whole):])
		}
		class = max(class, s.class)
	}
	best := -1
	for i := range m.unmapped {
		f := &m.unmapped[i]
		if len(f.path) <= best || !covers(f.path, p) {
			continue
		}
		best = len(f.path)
		if f.Label != "" {
			label = f.Label
			if len(f.path) < len(p) {
				label += " - " + humanize(p[len(f.path):])
			}
		}
		if f.Class != "" {
			class = f.Class
		}
	}
	return label, class
}

// around returns the innermost list of rules in whose items the place lies, or nil. What stands beside mapped places
// is as sensitive as they are.
func (m *Mapping) around(p record.Path) *scope {
	var best *scope
	for _, s := range m.scopes {
		if len(s.whole) < len(p) && (best == nil || len(s.whole) > len(best.whole)) && p[len(s.whole)-1].Step == record.Item && covers(s.whole, p) {
			best = s
		}
	}
	return best
}

// stays says why a place without a rule is not sent, or "".
func (m *Mapping) stays(p record.Path) string {
	for _, never := range m.neverLocal {
		if covers(never, p) {
			return "it is on the never list"
		}
	}
	if governmentNames[record.Loose(lastName(p))] && !slices.ContainsFunc(m.allowLocal, func(a record.Path) bool { return covers(a, p) }) {
		return "it is a government number, which is never sent unless the mapping says so"
	}
	for i := range m.unmapped {
		if m.unmapped[i].Drop && covers(m.unmapped[i].path, p) {
			return "the mapping says that it stays behind"
		}
	}
	if m.doc.Unmapped.Policy == "drop" {
		return "the mapping says that places without a rule stay behind"
	}
	return ""
}

// covers reports whether a concrete path lies at a pattern or below it. In the pattern [] stands for any item.
func covers(pattern, p record.Path) bool {
	if len(pattern) > len(p) {
		return false
	}
	for i, s := range pattern {
		if s.Name != p[i].Name || s.Self != p[i].Self || s.Step == record.Item && (p[i].Step != record.Item || p[i].Index != s.Index) {
			return false
		}
	}
	return true
}

func lastName(p record.Path) string {
	for i := len(p) - 1; i >= 0; i-- {
		if !p[i].Self && p[i].Name != record.ContentName {
			return p[i].Name
		}
	}
	return ""
}

// humanize makes a label of a path: adverse_parties[1].phoneHome is "Adverse parties 2 - Phone home".
func humanize(p record.Path) string {
	if len(p) == 1 && p[0].Step == record.Plain {
		if words := wordsOf(p[0].Name); words != "" {
			return words
		}
	}
	var parts []string
	for _, s := range p {
		words := wordsOf(s.Name)
		if s.Name == record.ContentName || words == "" && s.Step != record.Item {
			continue
		}
		if s.Step == record.Item {
			words = strings.TrimSpace(words + " " + itoa(s.Index+1))
		}
		parts = append(parts, words)
	}
	if len(parts) == 0 {
		return "Value"
	}
	return strings.Join(parts, " - ")
}

// wordsOf splits snake_case, kebab-case and camelCase and begins with a capital letter.
func wordsOf(name string) string {
	var b strings.Builder
	b.Grow(len(name) + 4)
	var last rune
	for _, r := range name {
		switch {
		case r == '_' || r == '-' || r == '@' || r == '.' || unicode.IsSpace(r):
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteRune(' ')
			r = unicode.ToLower(r)
		}
		if r != ' ' || last != ' ' && b.Len() > 0 {
			b.WriteRune(r)
		}
		last = r
	}
	s := strings.TrimSpace(b.String())
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || unicode.IsUpper(first) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

func cut(s string, most int) string {
	if !longer(s, most) {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
