package exchange

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// maxRawRow is the largest raw input that stands in a row of the transaction, in bytes; a larger one is a blob.
const maxRawRow = 256 << 10

// post is a document ready to be stored: a signed message for each recipient that may get it.
type post struct {
	sent     Sent
	known    bool // an earlier document with the same key was found instead
	messages []*message
	blob     store.BlobID // raw input that is too large for a row
	whole    store.BlobID // the same of what it is a part of
	details  []byte       // of the event
}

// message is a signed message with what is stored beside it.
type message struct {
	to       protocol.OrgID
	pair     protocol.Hash // version of the pair that it was judged by
	manifest protocol.Manifest
	signed   crypto.Signed
	parts    messageParts
	thread   thread
	lane     store.Row // thread, written
	gist     []byte    // of the whole referral, also when only the names go first
	files    []*file   // that go along
	rest     []byte    // canonical: the whole referral, when only the names go first
	destroys bool      // it is our word that what is here is destroyed, and its number comes with that
}

// compose makes a signed message for each recipient that may get one, of each referral of the document.
func (d *Desk) compose(ctx context.Context, out *Outgoing) (*post, error) {
	all := out.each()
	to := make([][]protocol.OrgID, len(all)) // of each referral each once, in the caller's order
	count := 0
	for i := range all {
		for _, id := range all[i].To {
			if !slices.Contains(to[i], id) {
				to[i] = append(to[i], id)
			}
		}
		if count += len(to[i]); len(to[i]) == 0 || count > MaxRecipients {
			return nil, protocol.Errorf(protocol.CodeNoGrant, "Name between 1 and %d recipients.", MaxRecipients)
		}
	}
	p := &post{}
	if count > 1 {
		p.sent.Group = newID()
	}
	var failed error
	for i := range all {
		for _, id := range to[i] {
			m, part, err := d.address(&all[i], p.sent.Group, count, id)
			if err != nil {
				if failed == nil {
					failed = err
				}
				part = turnedAway(id, err)
			} else {
				p.messages = append(p.messages, m)
			}
			if len(all) > 1 {
				part.Nth = i + 1
			}
			p.sent.Parts = append(p.sent.Parts, part)
		}
	}
	if len(p.messages) == 0 {
		return nil, failed
	}
	var err error
	if p.details, err = json.Marshal(p.sent); err != nil { // ids, codes, paths: nothing of the person
		return nil, err
	}
	return p, d.keepRaw(ctx, out, p)
}

// each gives the referrals of a document one by one, each as if it were the only one.
func (out *Outgoing) each() []Outgoing {
	all := []Outgoing{*out}
	for _, f := range out.Also {
		one := *out
		one.Referral, one.To, one.Report = f.Referral, f.To, f.Report
		all = append(all, one)
	}
	return all
}

// turnedAway is the part of a recipient that may not get it.
func turnedAway(to protocol.OrgID, err error) Part {
	code := protocol.CodeOf(err)
	if problems, no := (*protocol.Problems)(nil), (*NoConsent)(nil); errors.As(err, &problems) || errors.As(err, &no) {
		code = protocol.CodeSchema // for this recipient: its consent, say
	}
	return Part{To: to, State: protocol.TurnedAway, Code: code, Sentence: sentenceOf(err)}
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
	m.thread.Group, m.thread.Connection, m.thread.Mapping = group, out.Connection, out.Mapping
	m.lane, m.gist = m.thread.row(&private{}), gistOf(out.Referral)
	return m, Part{Referral: m.manifest.Referral, To: to, State: m.thread.State, Code: m.thread.Code, Sentence: m.thread.Reason, Withheld: dr.withheld}, nil
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
	var rest []byte
	if dr.rest != nil {
		if rest, err = crypto.Marshal(dr.rest); errors.Is(err, crypto.ErrForm) {
			return nil, tooLarge
		} else if err != nil {
			return nil, fmt.Errorf("write referral: %w", err)
		}
	}
	now := d.now()
	m := &message{rest: rest, to: dr.pair.ID(), pair: dr.pair.Version(), files: dr.files, parts: messageParts{salt: newSalt(), body: body}}
	m.thread = thread{
		Out: true, Partner: m.to, Referral: dr.referral.Header.ID.ID(), Terms: dr.terms, Mode: dr.referral.Header.Mode.Value(),
		Opened: now.UnixMilli(), register: register{State: protocol.Queued, Since: now.UnixMilli()}, Expires: dr.expires,
		Status: protocol.StatusNew, StatusSince: now.UnixMilli(), Turn: protocol.Recipient, Version: 1,
	}
	m.manifest = m.thread.next(d.self.OrgID(), protocol.KindReferral, crypto.BodyHash(m.parts.salt, body), now)
	if m.signed, err = crypto.SignMessage(&m.manifest, d.self.Signer()); err != nil {
		return nil, err
	}
	if len(body)+len(m.signed.Token)+crypto.SaltSize+16 > protocol.MaxPlaintext {
		return nil, tooLarge
	}
	m.thread.authored(m.signed.Content)
	if dr.hold != nil {
		m.thread.wait(dr.hold, now)
	}
	m.parts.token, m.parts.content, m.parts.kid = m.signed.Token, m.signed.Content, d.self.Signer().Kid()
	return m, nil
}

// keepRaw puts the raw input beside the first message: once a case.
func (d *Desk) keepRaw(ctx context.Context, out *Outgoing, p *post) error {
	if len(out.Whole) > maxRawRow {
		var err error
		if p.whole, _, err = d.org.PutBlob(ctx, bytes.NewReader(out.Whole)); err != nil {
			return fmt.Errorf("keep what came: %w", err)
		}
	}
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
