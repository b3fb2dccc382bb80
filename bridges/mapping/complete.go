package mapping

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"referworks/protocol"
)

// complete fills in what every referral must have and a record rarely has, and checks the whole.
func (in *intake) complete(ref *protocol.Referral) {
	in.header(ref)
	in.origin(ref)
	in.worker(ref)
	in.parts(ref)
	in.consent(ref)
	in.validate(ref)
}

func (in *intake) header(ref *protocol.Referral) {
	h := &ref.Header
	if h.ID.IsZero() && in.ctx.NewID != nil {
		h.ID = protocol.Of[protocol.ReferralRef](string(in.ctx.NewID()))
	}
	if h.CreatedAt.IsZero() {
		h.CreatedAt = protocol.TimeOf(in.ctx.now().UTC())
	}
	if in.ctx.Practice {
		h.Mode = protocol.Choose(protocol.ModePractice)
	} else if h.Mode.IsZero() {
		h.Mode = protocol.Choose(protocol.ModeLive)
	}
}

// replaced says of the rules that fill a field that something else stands there.
func (in *intake) replaced(path, reason string) {
	for _, r := range in.m.rules {
		if r.in && slices.ContainsFunc(r.target, func(t target) bool { return t.path == path }) {
			in.rows.of(r).note(Narrowed, reason)
		}
	}
}

// origin says who refers and to whom; a record cannot claim another organization.
func (in *intake) origin(ref *protocol.Referral) {
	from, to := &ref.Referrer.Organization, &ref.Target.Organization
	if in.ctx.Organization != "" {
		from.ID = protocol.Of[protocol.OrgRef](string(in.ctx.Organization))
	}
	if was := from.Name.Text(); in.ctx.OrganizationName != "" {
		if was != "" && was != in.ctx.OrganizationName {
			in.replaced("referrer.organization.name", "a referral names the organization that sends it; what the record says stays here")
		}
		from.Name = protocol.Of[protocol.Text](in.ctx.OrganizationName)
	}
	if in.ctx.Partner != "" {
		to.ID = protocol.Of[protocol.OrgRef](string(in.ctx.Partner))
	}
	if to.Name.IsZero() && in.ctx.PartnerName != "" {
		to.Name = protocol.Of[protocol.Text](in.ctx.PartnerName)
	}
	p := &ref.Provenance
	p.Mapping.ID = protocol.Of[protocol.Text](in.m.doc.ID)
	p.Mapping.Version = protocol.Of[protocol.Text](in.m.hash.String())
	if p.System.IsZero() {
		p.System = protocol.Of[protocol.Text](in.ctx.System)
	}
	if p.Medium.IsZero() {
		p.Medium = protocol.Of[protocol.Text](in.ctx.Medium)
	}
}

func (in *intake) worker(ref *protocol.Referral) {
	w, s := &ref.Referrer.Contact, in.ctx.Contact
	if w.Name.Given() || w.Phone.Given() || w.E164.Given() || w.Email.Given() || s == nil {
		return
	}
	in.report.Stated = append(in.report.Stated, "referrer.contact")
	w.Name, w.Phone = protocol.Of[protocol.Text](s.Name), protocol.Of[protocol.Text](s.Phone)
	w.Role, w.Hours = protocol.Of[protocol.Text](s.Role), protocol.Of[protocol.Text](s.Hours)
	w.Email = protocol.Of[protocol.Email](s.Email)
}

// parts gives short ids to what needs them, and says "not asked" where the standard wants an answer that no
// record field gives.
func (in *intake) parts(ref *protocol.Referral) {
	for i := range ref.Needs {
		n := &ref.Needs[i]
		if n.ID.IsZero() {
			n.ID = protocol.Of[protocol.Token]("n" + strconv.Itoa(i+1))
		}
		if n.Text.IsZero() {
			n.Text = shortText(n)
		}
		if len(n.Codes) == 0 && n.Text.Given() {
			n.Codes = []protocol.Coded{protocol.CodedAs(protocol.Coding{Original: n.Text.Text()})}
		}
	}
	for i := range ref.People {
		if ref.People[i].Ref.IsZero() {
			ref.People[i].Ref = protocol.Of[protocol.Token]("p" + strconv.Itoa(i+1))
		}
	}
	for i := range ref.Contact.Points {
		p := &ref.Contact.Points[i]
		if p.Kind.IsZero() {
			p.Kind = protocol.Choose(pointKind(p))
		}
		if p.Value.IsZero() && p.E164.Given() {
			p.Value = protocol.Of[protocol.Text](p.E164.Text())
		}
	}
	if ref.Contact.Initiator.IsZero() {
		ref.Contact.Initiator.SetAbsent(protocol.NotAsked)
		in.defaulted("contact.initiator", notAskedReason)
	}
	if ref.Urgency.Level.IsZero() {
		ref.Urgency.Level = protocol.Choose(protocol.Routine)
		in.defaulted("urgency.level", "the record does not say how urgent it is; routine was assumed")
	}
}

// shortText names a need by what its codes are called.
func shortText(n *protocol.Need) protocol.Text {
	for _, c := range n.Codes {
		if v := c.Coding(); v.Original != "" {
			return protocol.Of[protocol.Text](cut(v.Original, 300))
		}
	}
	if len(n.Codes) > 0 {
		return protocol.Of[protocol.Text](cut(n.Codes[0].Text(), 300))
	}
	return protocol.Text{}
}

func pointKind(p *protocol.ContactPoint) protocol.PointKind {
	switch {
	case p.E164.Given():
		return protocol.PointPhone
	case strings.Contains(p.Value.Text(), "@"):
		return protocol.PointEmail
	}
	return protocol.PointOther
}

const notAskedReason = "the record does not say; it is marked as not asked"

func (in *intake) defaulted(path, reason string) {
	in.report.Fields = append(in.report.Fields, FieldReport{Path: path, Standard: labelAt(path), Label: labelAt(path), Status: Defaulted, Reason: reason, Times: 1})
}

// personName is the referred person's name as a person would write it.
func personName(ref *protocol.Referral) string {
	for i := range ref.Person.Names {
		n := &ref.Person.Names[i]
		if n.Full.Given() {
			return n.Full.Text()
		}
		if s := collapse(n.Given.Text() + " " + n.Middle.Text() + " " + n.Family.Text()); s != "" {
			return s
		}
	}
	return ref.Person.OrganizationName.Text()
}

// validate turns what is wrong with the referral into reasons to wait, at our own fields where there are any. Answers that no
// record gives are "not asked", which is an answer.
func (in *intake) validate(ref *protocol.Referral) {
	err := ref.Validate()
	for range 3 { // an answer may make a group that wants another answer
		if !in.notAsked(ref, err) {
			break
		}
		err = ref.Validate()
	}
	var problems *protocol.Problems
	if !errors.As(err, &problems) {
		return
	}
	for _, p := range problems.List {
		if in.ctx.NewID == nil && p.Path == "referral.id" || strings.HasPrefix(p.Path, "consents") && len(ref.Consents) == 0 {
			continue
		}
		in.hold = append(in.hold, in.reason(p))
	}
}

// notAsked answers "not asked" where the standard wants an answer, and reports it; it tells whether it changed anything.
func (in *intake) notAsked(ref *protocol.Referral, err error) bool {
	var problems *protocol.Problems
	if !errors.As(err, &problems) {
		return false
	}
	changed := false
	for _, p := range problems.List {
		f, ok := protocol.FieldAt(p.Path)
		if !ok || !f.Answer || strings.HasPrefix(p.Path, "consents") || strings.HasPrefix(p.Path, "referrer") || strings.HasPrefix(p.Path, "needs") {
			continue
		}
		slot, err := ref.At(p.Path)
		if err != nil || !slot.IsZero() {
			continue
		}
		slot.SetAbsent(protocol.NotAsked)
		changed = true
		if !slices.ContainsFunc(in.report.Fields[len(in.rows.blank):], func(r FieldReport) bool { return r.Path == f.Path && r.Rule == "" }) {
			in.defaulted(f.Path, notAskedReason)
		}
	}
	return changed
}

// reason finds our field for a problem of the referral.
func (in *intake) reason(p protocol.Problem) HoldReason {
	h := HoldReason{Path: p.Path, Label: p.Label, Sentence: p.Label + ": it " + p.Sentence + "."}
	f, ok := protocol.FieldAt(p.Path)
	for _, r := range in.m.rules {
		if !r.in || r.std == nil || !ok {
			continue
		}
		for _, t := range r.target {
			if t.path == f.Path {
				h.Local, h.Label, h.Rule = firstOf(r.doc.Local...), r.label, r.doc.ID
				h.Sentence = r.label + " (" + p.Label + "): it " + p.Sentence + "."
				in.rows.of(r).note(Held, "it "+p.Sentence)
				return h
			}
		}
	}
	return h
}

func itoa(n int) string { return strconv.Itoa(n) }
