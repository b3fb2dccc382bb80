package exchange

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// maxRawRow is the largest raw input that stands in a row of the transaction, in bytes; a larger one is a blob.
const maxRawRow = 256 << 10

// post is a document ready to be stored: a signed message for each recipient that may get it.
type post struct {
	sent     Sent
	messages []*message
	blob     store.BlobID // raw input that is too large for a row
	details  []byte       // of the event
}

// draft is one recipient's copy of a referral: numbered, narrowed to what terms and consent let through, valid and
// judged. It is not signed yet.
type draft struct {
	pair     *partner.Pair
	terms    protocol.Hash
	referral *protocol.Referral
	withheld []string
	hold     *protocol.Error // it is to wait, and why
	expires  int64
}

// message is a signed message with what is stored beside it.
type message struct {
	to       protocol.OrgID
	pair     protocol.Hash // version of the pair that it was judged by
	manifest protocol.Manifest
	signed   crypto.Signed
	parts    messageParts
	thread   thread
	private  private
	lane     store.Row // thread and private, written
}

// compose makes a signed message for each recipient that may get one.
func (d *Desk) compose(ctx context.Context, out *Outgoing) (*post, error) {
	var to []protocol.OrgID // each once, in the caller's order
	for _, id := range out.To {
		if !slices.Contains(to, id) {
			to = append(to, id)
		}
	}
	if len(to) == 0 || len(to) > MaxRecipients {
		return nil, protocol.Errorf(protocol.CodeNoGrant, "Name between 1 and %d recipients.", MaxRecipients)
	}
	p := &post{}
	if len(to) > 1 {
		p.sent.Group = newID()
	}
	var failed error
	for _, id := range to {
		m, part, err := d.address(out, p.sent.Group, len(to), id)
		if err != nil {
			failed = err
			part = Part{To: id, State: protocol.TurnedAway, Code: protocol.CodeOf(err), Sentence: sentenceOf(err)}
		} else {
			p.messages = append(p.messages, m)
		}
		p.sent.Parts = append(p.sent.Parts, part)
	}
	if len(p.messages) == 0 {
		return nil, failed
	}
	if p.details, failed = json.Marshal(p.sent); failed != nil { // ids, codes, paths: nothing of the person
		return nil, failed
	}
	return p, d.keepRaw(ctx, out, p)
}

// address makes one recipient's message.
func (d *Desk) address(out *Outgoing, group string, of int, to protocol.OrgID) (*message, Part, error) {
	dr, err := d.draft(out, group, of, to)
	if err != nil {
		return nil, Part{}, err
	}
	m, err := d.sign(dr)
	if err != nil {
		return nil, Part{}, err
	}
	m.parts.report = out.Report
	m.private.OurReport = out.Report
	m.thread.Group, m.thread.Connection, m.thread.Mapping = group, out.Connection, out.Mapping
	if m.lane, err = m.thread.row(store.CaseID{}, false, &m.private); err != nil {
		return nil, Part{}, err
	}
	return m, Part{Referral: m.manifest.Referral, To: to, State: m.thread.State, Code: m.thread.Code, Sentence: m.thread.Reason, Withheld: dr.withheld}, nil
}

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
	dr := &draft{pair: pair, terms: hash, referral: r}
	dr.withheld = r.Withhold(append(r.Exceptions(now, to), terms.Withheld...))
	if err := r.ValidateFor(now, to); err != nil {
		if len(dr.withheld) > 0 && d.copyFor(out, group, of, to).ValidateFor(now, to) == nil {
			return nil, protocol.Errorf(protocol.CodeBeyond, "What the terms with %s or the consent keep back is needed in every referral: %s. Agree on other terms.", pair.Name(), labels(err))
		}
		return nil, err
	}
	if !reads(pair.Card(), protocol.SchemaNow) {
		return nil, protocol.Errorf(protocol.CodeSchema, "%s does not read this version of referrals. Ask them to update.", pair.Name())
	}
	if err := pair.MaySend(openerOf(r, hash), now); err != nil {
		if !errors.As(err, &dr.hold) || dr.hold.Code.Class() == protocol.Permanent {
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

// sign makes the first message of a thread. It may be signed at once, since its number is fresh.
func (d *Desk) sign(dr *draft) (*message, error) {
	body, err := crypto.Marshal(dr.referral)
	tooLarge := protocol.Errorf(protocol.CodeTooLarge, "The referral is larger than the %d KiB that are allowed. Send large parts as files.", protocol.MaxPlaintext>>10)
	if errors.Is(err, crypto.ErrForm) { // it is valid, so only its size can be wrong
		return nil, tooLarge
	} else if err != nil {
		return nil, fmt.Errorf("write referral: %w", err)
	}
	now := d.now()
	m := &message{to: dr.pair.ID(), pair: dr.pair.Version(), parts: messageParts{salt: newSalt(), body: body}}
	m.thread = thread{
		Out: true, Partner: m.to, Referral: dr.referral.Header.ID.ID(), Terms: dr.terms, Mode: dr.referral.Header.Mode.Value(),
		Opened: now.UnixMilli(), State: protocol.Queued, Since: now.UnixMilli(), Expires: dr.expires,
	}
	if dr.hold != nil {
		m.thread.wait(dr.hold, now)
	}
	m.manifest = m.thread.next(d.self.OrgID(), protocol.KindReferral, crypto.BodyHash(m.parts.salt, body), now)
	if m.signed, err = crypto.SignMessage(&m.manifest, d.self.Signer()); err != nil {
		return nil, err
	}
	if len(body)+len(m.signed.Token)+crypto.SaltSize+16 > protocol.MaxPlaintext {
		return nil, tooLarge
	}
	m.thread.authored(m.signed.Content)
	m.parts.kid = d.self.Signer().Kid()
	return m, nil
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

// reads tells whether a card lists the major version of a schema; without a card the partner will say.
func reads(c *protocol.Card, schema string) bool {
	if c == nil {
		return true
	}
	major, _, _ := bytes.Cut([]byte(schema), []byte{'.'})
	return slices.ContainsFunc(c.Schemas, func(s string) bool { return bytes.HasPrefix([]byte(s), append(major, '.')) })
}

// openerOf is a referral as the rules see it. How many were opened today is counted by who receives.
func openerOf(r *protocol.Referral, terms protocol.Hash) partner.Move {
	m := partner.Move{Opener: true, Terms: terms, Files: len(r.Attachments), Beyond: func(withheld []string) []string {
		var labels []string
		for _, path := range r.Beyond(withheld) {
			labels = append(labels, protocol.Label(path))
		}
		return labels
	}}
	for i := range r.Needs {
		m.Needs = append(m.Needs, r.Needs[i].NeedCodes())
	}
	for i := range r.Attachments {
		if n, ok := r.Attachments[i].Size.Int(); ok {
			m.FileBytes += n
		}
		m.FileTypes = append(m.FileTypes, r.Attachments[i].MediaType.Text())
	}
	return m
}

// keepRaw puts the raw input beside the first message: once a case.
func (d *Desk) keepRaw(ctx context.Context, out *Outgoing, p *post) error {
	first := &p.messages[0].parts
	first.format = out.RawFormat
	if len(out.Raw) <= maxRawRow {
		first.raw = out.Raw
		return nil
	}
	id, _, err := d.org.PutBlob(ctx, bytes.NewReader(out.Raw))
	if err != nil {
		return fmt.Errorf("keep raw input: %w", err)
	}
	p.blob, first.blob = id, id
	return nil
}

// subject is what the event of a document is about: the referral, or the group of several.
func (p *post) subject() string {
	if p.sent.Group != "" {
		return p.sent.Group
	}
	return string(p.messages[0].manifest.Referral)
}

// newID makes a UUID of version 7 as a URN.
func newID() string { return uuid.Must(uuid.NewV7()).URN() }

func newSalt() []byte {
	salt := make([]byte, crypto.SaltSize)
	rand.Read(salt)
	return salt
}

func sentenceOf(err error) string {
	var e *protocol.Error
	if errors.As(err, &e) {
		return e.Text()
	}
	return err.Error()
}

func orZero(s *Sent) *Sent {
	if s == nil {
		return &Sent{}
	}
	return s
}
