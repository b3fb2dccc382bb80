package mapping

import (
	"slices"
	"strconv"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
	"referworks/protocol/codes"
)

// stays names the parts of the standard that belong to the exchange and not to the record: every node keeps and shows
// them beside the record, so that they are neither converted by force nor lost.
var stays = []string{"referral.", "target.", "consents[]", "provenance.", "attachments[]", "referrer.organization.id", "needs[].id", "people[].ref"}

func staysWithNode(path string) bool {
	return slices.ContainsFunc(stays, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// leftover is a value of the referral that no rule has put into our record.
type leftover struct {
	place protocol.Place
	extra int // position in the referral's extra facts, or -1
	label string
	text  string
}

// collect finds all leftovers and marks what says the same as something that was put into the record.
func (out *outgo) collect() []leftover {
	out.sameAgain()
	var left []leftover
	home := out.home()
	if home {
		out.arrange()
	}
	extra := -1
	length := map[string]int{}
	item := "" // of the leaf before: most leaves stand beside each other
	out.ref.Visit(func(p protocol.Place) bool {
		if end := strings.IndexByte(p.Path, ']'); end >= 0 && p.Path[:end] != item {
			item = p.Path[:end]
			list, position := firstItem(p.Path)
			length[list] = max(length[list], position+1)
		}
		if strings.HasPrefix(p.Field.Path, "extra[].") {
			// The label is an extra fact's first leaf and stands for all of it.
			if p.Field.Path == "extra[].label" {
				extra++
				if e := &out.ref.Extra[extra]; !home || !out.bringHome(e) {
					left = append(left, leftover{place: p, extra: extra, label: e.Label.Text(), text: e.Value.Text()})
				}
			}
			return true
		}
		if out.used[p.Leaf] || staysWithNode(p.Field.Path) || p.Leaf.Absent() != "" && p.Leaf.Absent() != protocol.Withheld || p.Field.Technical {
			return true
		}
		left = append(left, leftover{place: p, extra: -1, label: protocol.Label(p.Path), text: out.shown(p)})
		return true
	})
	number(left, length)
	return left
}

// number puts the number of the item behind the labels of what stands in a list with several items.
func number(left []leftover, length map[string]int) {
	for i := range left {
		path := left[i].place.Path
		list, position := firstItem(path)
		if left[i].extra < 0 && length[list] > 1 {
			left[i].label += " (" + strconv.Itoa(position+1) + ")"
		}
	}
}

// firstItem splits a concrete path at its first list: person.names[1].given is "person.names" and 1.
func firstItem(path string) (list string, position int) {
	list, rest, found := strings.Cut(path, "[")
	if !found {
		return "", 0
	}
	digits, _, _ := strings.Cut(rest, "]")
	position, _ = strconv.Atoi(digits) // Visit writes nothing else
	return list, position
}

// shown is a value as a person reads it.
func (out *outgo) shown(p protocol.Place) string {
	leaf := p.Leaf
	switch {
	case leaf.Absent() != "":
		return "(" + string(leaf.Absent()) + ")"
	case leaf.Kind() == protocol.LeafFlag:
		return yesNo(out.m.doc.Side.Language, leaf.Text() == "true")
	case leaf.Kind() == protocol.LeafChoice:
		if entry, known := codes.Lookup(p.Field.System, leaf.Text()); known {
			return entry.In(out.m.doc.Side.Language)
		}
	}
	if c, ok := leaf.(*protocol.Coded); ok {
		if v := c.Coding(); v.Original != "" && v.Original != leaf.Text() {
			return leaf.Text() + " (" + v.Original + ")"
		}
	}
	return leaf.Text()
}

// sameAgain marks leaves that only repeat what a consumed one beside them says: a need's short text that is one of
// its codes' words, a whole name that is the sum of its parts and the other way round, what a phone number looks like
// otherwise, the kind of a thing that its own rule implies.
func (out *outgo) sameAgain() {
	ref := out.ref
	for i := range ref.Needs {
		n := &ref.Needs[i]
		taken := out.used[&n.Text]
		for j := range n.Codes {
			c := n.Codes[j].Coding()
			if text := n.Text.Text(); text != "" && (text == c.Original || text == c.Label) {
				out.used[&n.Text] = true // the code is shown, as a field or as text
			}
			if taken && n.Codes[j].Coding() == (protocol.Coding{Original: n.Text.Text()}) {
				out.used[&n.Codes[j]] = true
			}
		}
	}
	out.sameNames(ref.Person.Names)
	for i := range ref.People {
		p := &ref.People[i]
		out.sameNames(p.Names)
		out.implied(&p.Role, &p.Relationship, &p.Contact.Phone, &p.OrganizationName)
		out.sameNumber(&p.Contact.E164, &p.Contact.Phone)
		for j := range p.Names {
			out.implied(&p.Role, &p.Names[j].Full, &p.Names[j].Given, &p.Names[j].Family)
		}
	}
	for i := range ref.Contact.Points {
		p := &ref.Contact.Points[i]
		out.usedWith(&p.Value, &p.E164)
		out.sameNumber(&p.E164, &p.Value)
		out.implied(&p.Kind, &p.Value)
	}
	out.sameNumber(&ref.Referrer.Contact.E164, &ref.Referrer.Contact.Phone)
}

// sameNumber passes over the international form of a number that stands beside it as it was typed.
func (out *outgo) sameNumber(e164 *protocol.Phone, typed *protocol.Text) {
	if typed.Given() {
		out.used[e164] = true
	}
}

func (out *outgo) sameNames(names []protocol.Name) {
	for i := range names {
		out.sameName(&names[i])
	}
}

func (out *outgo) sameName(n *protocol.Name) {
	parts := []*protocol.Text{&n.Prefix, &n.Given, &n.Middle, &n.Family, &n.Suffix}
	var words []string
	all := true
	for _, p := range parts {
		if p.Given() {
			words = append(words, p.Text())
			all = all && out.used[p]
		}
	}
	switch {
	case out.used[&n.Full]:
		for _, p := range parts { // the whole name says it all
			if strings.Contains(n.Full.Text(), p.Text()) {
				out.used[p] = true
			}
		}
	case all && len(words) > 0 && n.Full.Text() == strings.Join(words, " "):
		out.used[&n.Full] = true
	}
}

func (out *outgo) usedWith(leaf, other protocol.Slot) {
	if out.used[other] {
		out.used[leaf] = true
	}
}

// implied marks a kind as known when any of the values that it is about was put into the record by a rule.
func (out *outgo) implied(kind protocol.Slot, values ...protocol.Slot) {
	for _, v := range values {
		out.usedWith(kind, v)
	}
}

// home reports whether the referral was made by this organization's own mapping of this id.
func (out *outgo) home() bool {
	return out.ctx.Organization != "" && out.ref.Referrer.Organization.ID.ID() == out.ctx.Organization &&
		out.ref.Provenance.Mapping.ID.Text() == out.m.doc.ID
}

// bringHome puts an extra fact of ours back where it stood.
func (out *outgo) bringHome(e *protocol.Extra) bool {
	h := out.m.homePath(e.Path.Text())
	if len(h.path) == 0 || !e.Value.Given() {
		return false
	}
	text := e.Value.Text()
	if h.kind == record.Number && !record.IsNumber(text) || h.kind == record.Bool && text != "true" && text != "false" {
		return false
	}
	at, path := out.rec, h.path
	if h.way != straight {
		var ok bool
		if at, path, ok = out.arrived(h); !ok {
			return false
		}
	}
	if there := at.First(path); there != nil && there.Kind != record.Null {
		return false // a rule has written there
	}
	return at.Set(path, &record.Node{Kind: h.kind, Text: text}) == nil
}

// stood is where an extra fact of ours stood in our record; empty of another's.
func (out *outgo) stood(e *protocol.Extra) string {
	if !out.home() {
		return ""
	}
	return bareHome(e.Path.Text())
}

// homePath reads the path of an extra fact, with the mark of the value's kind behind it; nil when it is none. What was
// read before is kept, because every record of a system has the same places.
func (m *Mapping) homePath(marked string) home {
	if known, ok := m.homes.known.Load(marked); ok {
		return known.(home)
	}
	h := readHome(marked)
	if m.homes.size.Add(1) <= maxPlaces {
		m.homes.known.Store(strings.Clone(marked), h)
	}
	return h
}

// leftovers puts what has no place of its own, as text, into the place that the document names for it.
func (out *outgo) leftovers() {
	var lines []string
	for _, l := range out.collect() {
		row := PlaceReport{Path: l.place.Field.Path, Label: l.label, Class: l.place.Class}
		if l.extra >= 0 {
			e := &out.ref.Extra[l.extra]
			row.Local, row.Path, row.Class = out.stood(e), "extra[]", classOfExtra(e)
		}
		switch {
		case out.m.neverHolds(row.Path):
			row.Reason = "it is on the never list"
			out.report.Dropped = append(out.report.Dropped, row)
		case out.m.out == nil || out.skipped[l.place.Leaf]:
			row.Reason = "our record has no place for it; the node keeps it with the referral"
			out.report.Dropped = append(out.report.Dropped, row)
		default:
			lines = append(lines, l.label+": "+l.text)
			out.report.Carried = append(out.report.Carried, row)
		}
	}
	if len(lines) == 0 {
		return
	}
	text := strings.Join(lines, "\n")
	if at := out.rec.First(out.m.out); at != nil && at.Kind == record.Text && at.Text != "" {
		text = at.Text + "\n\n" + text
	}
	if err := out.rec.Set(out.m.out, record.NewText(text)); err != nil {
		out.hold = append(out.hold, HoldReason{Local: out.m.out.String(), Label: humanize(out.m.out),
			Sentence: "What has no place of its own cannot be put at " + quote(out.m.out.String()) + ", because it lies inside a single value."})
	}
}
