package exchange

import (
	"errors"
	"slices"
	"strings"
	"time"

	"referworks/node/partner"
	"referworks/protocol"
)

// draft is one recipient's copy of a referral: numbered, narrowed to what terms and consent let through, valid and
// judged. It is not signed yet.
type draft struct {
	pair     *partner.Pair
	terms    protocol.Hash
	referral *protocol.Referral
	withheld []string
	hold     *protocol.Error    // it is to wait, and why
	files    []*file            // that go along
	rest     *protocol.Referral // the whole of it, when only the names go first
	expires  int64
}

// draft numbers, narrows, validates and judges one recipient's copy.
func (d *Desk) draft(out *Outgoing, group string, of int, to protocol.OrgID) (*draft, error) {
	now := d.now()
	pair, ok := d.book.Current(to)
	if !ok {
		return nil, protocol.Errorf(protocol.CodeNoGrant, "%s is not a partner. Invite them first.", to.Short())
	}
	terms, hash, err := newestTerms(pair, now)
	if err != nil {
		return nil, err
	}
	r := d.copyFor(out, group, of, to)
	if pair.Card().Can(protocol.CapabilityPractice) { // it is in the card of the practice partner alone
		r.Header.Mode = protocol.Choose(protocol.ModePractice)
	}
	dr := &draft{pair: pair, terms: hash, referral: r}
	dr.withheld = r.Withhold(append(r.Exceptions(now, to), terms.Withheld...))
	if err := r.ValidateFor(now, to); err != nil {
		if no := d.Consented(out.Referral, to); no != nil && r.Validate() == nil {
			return nil, no
		}
		if len(dr.withheld) > 0 && d.copyFor(out, group, of, to).ValidateFor(now, to) == nil {
			return nil, protocol.Errorf(protocol.CodeBeyond, "What the terms with %s or the consent keep back is needed in every referral: %s. Agree on other terms.", pair.Name(), labels(err))
		}
		return nil, err
	}
	if d.self.Rules().VictimService {
		if err := d.Consented(r, to); err != nil {
			return nil, err
		}
	}
	if !reads(pair.Card(), protocol.SchemaNow) {
		return nil, protocol.Errorf(protocol.CodeSchema, "%s does not read this version of referrals. Ask them to update.", pair.Name())
	}
	if err := pair.MaySend(openerOf(r, hash), now); err != nil {
		if !errors.As(err, &dr.hold) || dr.hold.Code.Class() == protocol.Permanent {
			return nil, err
		}
	}
	if dr.files, err = d.lock(r.Attachments, out.uploads, 1); err != nil {
		return nil, err
	}
	if terms.NamesFirst && !d.off.names {
		dr.rest, dr.referral = r, r.NamesFirst()
		if err := dr.referral.ValidateFor(now, to); err != nil {
			return nil, err
		}
	}
	dr.expires = now.Add(d.lifetime).UnixMilli()
	if c, ok := r.LiveConsent(now, to); ok { // after it nothing may be sent
		if end, ok := c.ExpiresAt.Time(); ok {
			dr.expires = max(min(dr.expires, end.UnixMilli()), now.UnixMilli()+1)
		}
	}
	return dr, nil
}

// copyFor makes one recipient's copy, numbered and addressed.
func (d *Desk) copyFor(out *Outgoing, group string, of int, to protocol.OrgID) *protocol.Referral {
	r := out.Referral.Clone()
	r.Header.ID = protocol.Of[protocol.ReferralRef](newID())
	if group != "" {
		r.Header.Group.ID = protocol.Of[protocol.ReferralRef](group)
		r.Header.Group.Of = protocol.IntegerOf(int64(of))
		if !r.Header.Group.Rule.Given() {
			r.Header.Group.Rule = protocol.Choose(protocol.GroupAll)
		}
	}
	r.Referrer.Organization.ID = protocol.Of[protocol.OrgRef](string(d.self.OrgID()))
	if !r.Referrer.Organization.Name.Given() {
		r.Referrer.Organization.Name = protocol.Of[protocol.Text](d.self.Name())
	}
	r.Target.Organization.ID = protocol.Of[protocol.OrgRef](string(to))
	return r
}

// labels names the fields of a validation's problems.
func labels(err error) string {
	var p *protocol.Problems
	if !errors.As(err, &p) {
		return ""
	}
	var all []string
	for _, one := range p.List {
		all = append(all, one.Label)
	}
	return strings.Join(all, "; ")
}

// newestTerms gives the terms under which we may send to a partner. While the grant is suspended they still stand: then
// the message is parked by MaySend.
func newestTerms(pair *partner.Pair, now time.Time) (*protocol.Terms, protocol.Hash, error) {
	t, h, err := pair.GrantOut(now)
	if err == nil || protocol.CodeOf(err).Class() == protocol.Permanent {
		return t, h, err
	}
	if s, _ := pair.Standing(partner.Out, true); s != nil {
		if t, ok := pair.Terms(s.Terms); ok {
			return t, s.Terms, nil
		}
	}
	return nil, protocol.Hash{}, err
}

// Foreseen is what is known before sending of how a referral reaches a partner.
type Foreseen struct {
	Withheld   []string        // entries that stay behind, by the consent and the partner's terms; see Referral.Withhold
	Keeps      *protocol.Keeps // what the partner's card says of its media; nil when it says nothing
	NamesFirst bool            // the names go alone, and the rest when there is no conflict of interest
}

// Foresee tells how a referral would reach a partner. Errors: as of Send.
func (d *Desk) Foresee(r *protocol.Referral, to protocol.OrgID) (f Foreseen, err error) {
	pair, ok := d.book.Current(to)
	if !ok {
		return f, protocol.Errorf(protocol.CodeNoGrant, "%s is not a partner. Invite them first.", to.Short())
	}
	now := d.now()
	terms, _, err := newestTerms(pair, now)
	if err != nil {
		return f, err
	}
	f.Withheld, f.NamesFirst = append(r.Exceptions(now, to), terms.Withheld...), terms.NamesFirst
	if card := pair.Card(); card != nil {
		f.Keeps = card.Keeps
	}
	return f, nil
}

// reads tells whether a card lists the major version of a schema; without a card the partner will say.
func reads(c *protocol.Card, schema string) bool {
	if c == nil {
		return true
	}
	major, _, _ := strings.Cut(schema, ".")
	return slices.ContainsFunc(c.Schemas, func(s string) bool { return strings.HasPrefix(s, major+".") })
}

// openerOf is a referral as the rules see it. How many were opened today is counted by who receives.
func openerOf(r *protocol.Referral, terms protocol.Hash) partner.Move {
	m := partner.Move{Opener: true, Terms: terms, Beyond: func(withheld []string) []string {
		var labels []string
		for _, path := range r.Beyond(withheld) {
			labels = append(labels, protocol.Label(path))
		}
		return labels
	}}
	for i := range r.Needs {
		m.Needs = append(m.Needs, r.Needs[i].NeedCodes())
	}
	addFiles(&m, r.Attachments)
	return m
}

// addFiles counts the files that a message lists.
func addFiles(m *partner.Move, list []protocol.Attachment) {
	m.Files += len(list)
	for i := range list {
		if n, ok := list[i].Size.Int(); ok {
			m.FileBytes += n
		}
		if list[i].Root.Given() || strings.HasPrefix(list[i].ID.Text(), fileIDPrefix) { // its content comes along
			m.FileTypes = append(m.FileTypes, list[i].MediaType.Text())
		}
	}
}
