package protocol

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Validate checks everything that needs neither a clock nor a recipient and gives all problems at once, as
// *Problems. The least valid referral has:
//
//   - referral: number, time of creation, live or practice;
//   - referrer: the organization (id or name) and a contact (a name, a phone number or an e-mail address);
//   - person: one name, which may be a pseudonym, or the name of an organization;
//   - contact: one point with a value, or do-not-contact; and who contacts whom;
//   - one need: short id, a code or the sender's own word, a short text;
//   - an urgency;
//   - one consent.
//
// Nothing else is mandatory. Inside what is given, a required field needs a value where machines depend on it
// (ids, times, sizes, the mode, the level, the basis); for every other one a reason for absence is an answer.
func (r *Referral) Validate() error {
	p := &Problems{}
	r.validate(p)
	return p.err()
}

// ValidateFor is Validate and the consent rule: at now, one consent must be live and cover the recipient.
func (r *Referral) ValidateFor(now time.Time, to OrgID) error {
	p := &Problems{}
	r.validate(p)
	if len(r.Consents) > 0 {
		if _, why := r.consentFor(now, to); why != "" {
			p.add("consents", why)
		}
	}
	for i := range r.Provenance.Chain {
		if leg := &r.Provenance.Chain[i]; leg.From.Given() && leg.From.ID() == to {
			p.add(at("provenance.chain", i)+".from", "is the organization that it now goes to: it had the referral before")
		}
	}
	return p.err()
}

func (r *Referral) validate(p *Problems) {
	c := checker{problems: p, trail: make(trail, 0, 8)}
	c.group(theStandard().root, reflect.ValueOf(r).Elem())
	r.checkLeast(p)
	r.checkReferences(p)
	r.checkAttachments(p)
}

// checker walks the tree of the standard beside the referral.
type checker struct {
	problems *Problems
	trail    trail
}

func (c *checker) add(sentence string) { c.problems.add(c.trail.path(), sentence) }

func (c *checker) group(n *node, v reflect.Value) {
	for _, child := range n.children {
		f := v.Field(child.index)
		zero := f.IsZero()
		if zero && (child.required == "" || child.required == "rule") {
			continue
		}
		c.trail = append(c.trail, step{child, -1})
		switch {
		case child.list:
			c.list(child, f)
		case child.isLeaf():
			c.leaf(child, f, zero)
		case zero && !slices.ContainsFunc(child.children, func(n *node) bool { return n.required != "" }):
			c.add("is missing")
		default:
			c.group(child, f)
		}
		c.trail = c.trail[:len(c.trail)-1]
	}
}

func (c *checker) list(n *node, v reflect.Value) {
	switch entries := v.Len(); {
	case entries == 0 && n.required != "":
		c.add("needs at least one entry")
	case entries > n.max:
		c.add(fmt.Sprintf("has %d entries and may have %d", entries, n.max))
		return
	}
	for i := range v.Len() {
		c.trail[len(c.trail)-1].position = i
		switch entry := v.Index(i); {
		case !n.isLeaf():
			c.group(n, entry)
		case entry.IsZero():
			c.add("is an empty entry; remove it")
		default:
			c.leaf(n, entry, false)
		}
	}
}

func (c *checker) leaf(n *node, v reflect.Value, zero bool) {
	if zero {
		c.add("is missing")
		return
	}
	leaf := v.Addr().Interface().(Leaf)
	if leaf.Absent() != "" {
		if n.required == "value" {
			c.add("needs a value; a reason for absence is not enough")
		}
		return
	}
	sentence := ""
	switch f := n.field; f.Kind {
	case LeafChoice:
		if !slices.Contains(f.Values, leaf.Text()) {
			sentence = errChoice.Error()
		}
	case LeafCoded:
		sentence = checkCoding(v.Addr().Interface().(*Coded).Coding(), f.Max)
	default:
		sentence = checkText(f.Kind, leaf.Text(), f.Max)
	}
	if sentence != "" {
		c.add(sentence)
	}
}

func checkText(kind LeafKind, s string, limit int) string {
	if limit > 0 && len(s) > limit {
		if n := utf8.RuneCountInString(s); n > limit {
			return fmt.Sprintf("has %d characters and may have %d", n, limit)
		}
	}
	return checkForm(kind, s)
}

func checkCoding(c Coding, limit int) string {
	if c.Code != "" && c.System == "" {
		return "has a code without the name of its system"
	}
	if c.Code == "" && c.Label == "" && c.Original == "" {
		return "names a system without a code or a word"
	}
	for _, s := range [...]string{c.System, c.Code, c.Label, c.Original} {
		if s == "" {
			continue
		}
		if sentence := checkText(LeafText, s, limit); sentence != "" {
			return sentence
		}
	}
	return ""
}

// checkLeast is what the least valid referral needs beyond the marks on single fields.
func (r *Referral) checkLeast(p *Problems) {
	named := r.Person.OrganizationName.Given()
	for i := range r.Person.Names {
		n := &r.Person.Names[i]
		named = named || n.Given.Given() || n.Family.Given() || n.Full.Given()
	}
	if !named {
		p.add("person.names", "needs a first, last or full name; a pseudonym will do")
	}
	if w := &r.Referrer.Contact; !w.Name.Given() && !w.Phone.Given() && !w.E164.Given() && !w.Email.Given() {
		p.add("referrer.contact", "needs a name, a phone number or an e-mail address")
	}
	reachable := r.Contact.Initiator.Is(DoNotContact)
	for i := range r.Contact.Points {
		reachable = reachable || r.Contact.Points[i].Value.Given() || r.Contact.Points[i].E164.Given()
	}
	if !reachable {
		p.add("contact.points", "needs one phone number or address, or choose that nobody may contact the person")
	}
}

// checkReferences is what makes the parts fit together.
func (r *Referral) checkReferences(p *Problems) {
	unique := func(list, member string, n int, id func(int) string) {
		for i := range n {
			for j := range i {
				if id(i) != "" && id(i) == id(j) {
					p.add(at(list, i)+"."+member, "stands twice")
				}
			}
		}
	}
	unique("needs", "id", len(r.Needs), func(i int) string { return r.Needs[i].ID.Text() })
	unique("people", "ref", len(r.People), func(i int) string { return r.People[i].Ref.Text() })
	unique("attachments", "id", len(r.Attachments), func(i int) string { return r.Attachments[i].ID.Text() })
	if n, ok := r.Header.Group.Of.Int(); ok && n < 1 {
		p.add("referral.group.of", "must be at least 1")
	}
	for i := range r.Consents {
		r.checkConsent(p, i)
	}
	for i := range r.Provenance.Chain {
		leg := &r.Provenance.Chain[i]
		loop := leg.From.Given() && leg.From.ID() == leg.To.ID()
		for j := range i {
			loop = loop || leg.To.Given() && leg.To.ID() == r.Provenance.Chain[j].From.ID()
		}
		if loop {
			p.add(at("provenance.chain", i)+".to", "leads back to an organization that had the referral before")
		}
	}
}

func (r *Referral) checkConsent(p *Problems, i int) {
	c, path := &r.Consents[i], at("consents", i)
	from, ok1 := c.ObtainedAt.Time()
	until, ok2 := c.ExpiresAt.Time()
	if ok1 && ok2 && !until.After(from) {
		p.add(path+".expiresAt", "must be after the time when the consent was obtained")
	}
	if c.Form.Given() && !slices.ContainsFunc(r.Attachments, func(a Attachment) bool { return a.ID.Text() == c.Form.Text() }) {
		p.add(path+".form", "names a file that is not attached")
	}
	for j, e := range c.Except {
		if e.Given() && !KnownWithheld(e.Text()) {
			p.add(at(path+".except", j), "is neither a field of the standard nor a class")
		}
	}
}

func (r *Referral) checkAttachments(p *Problems) {
	total := int64(0)
	for i := range r.Attachments {
		n, ok := r.Attachments[i].Size.Int()
		if ok && (n < 0 || n > MaxFile) {
			p.add(at("attachments", i)+".size", fmt.Sprintf("must be from 0 to %d bytes", MaxFile))
		}
		total += max(0, min(n, MaxFile))
	}
	if total > MaxFilesBytes {
		p.add("attachments", fmt.Sprintf("have %d bytes together and may have %d", total, MaxFilesBytes))
	}
}

func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
