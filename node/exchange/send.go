package exchange

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Outgoing is one document on its way out: a referral and whom it goes to.
type Outgoing struct {
	Referral   *protocol.Referral // without number; each recipient gets a copy with its own
	To         []protocol.OrgID
	Raw        []byte // the document as it came, kept with the case
	RawFormat  string
	Report     []byte // canonical JSON of our conversion report
	Mapping    string // the published version that made the referral
	Connection string
	Actor      string        // a role or a key, never a person's name
	Key        string        // Idempotency-Key, or empty
	KeyHash    protocol.Hash // what the key stands for
}

// Sent is what became of an Outgoing: one part a recipient.
type Sent struct {
	Group string `json:"group"`
	Parts []Part `json:"parts"`
}

// Part is one referral of a group. With a code, it was refused here and is not stored; the others go on.
type Part struct {
	Referral protocol.ReferralID `json:"referral,omitempty"`
	To       protocol.OrgID      `json:"to"`
	State    protocol.Transport  `json:"state"`
	Code     protocol.Code       `json:"code,omitempty"`
	Sentence string              `json:"sentence,omitempty"`
	Withheld []string            `json:"withheld,omitempty"` // fields kept back by the terms or the consent
}

// MaxRaw is the largest raw input kept in the message's own row, in bytes; a larger one is refused.
const MaxRaw = 256 << 10

// Send takes a document out: each recipient's copy is validated, judged by the grant and signed, and all of them are
// stored in one transaction. nil means on our disk. When no recipient may get it, the error says why.
func (d *Desk) Send(ctx context.Context, out Outgoing) (Sent, error) {
	if len(out.Raw) > MaxRaw {
		return Sent{}, protocol.Errorf(protocol.CodeTooLarge, "The document has %d KiB and %d are allowed. Send large parts as files.", len(out.Raw)>>10, MaxRaw>>10)
	}
	now := d.Now()
	sent := Sent{Group: newReferralID(), Parts: make([]Part, len(out.To))}
	var drafts []*draft
	for i, to := range out.To {
		dr, err := d.draft(&out, &sent, to, now)
		if err != nil && len(out.To) == 1 {
			return Sent{}, err
		}
		sent.Parts[i] = Part{To: to}
		if err != nil {
			sent.Parts[i].State, sent.Parts[i].Code, sent.Parts[i].Sentence = protocol.TurnedAway, protocol.CodeOf(err), sentenceOf(err)
			continue
		}
		p := &sent.Parts[i]
		p.Referral, p.State, p.Sentence, p.Withheld = dr.thread.Referral, dr.thread.State, dr.thread.Reason, dr.withheld
		drafts = append(drafts, dr)
	}
	if len(drafts) == 0 {
		return sent, protocol.Errorf(sent.Parts[0].Code, "Nobody may get this: %s", sent.Parts[0].Sentence)
	}
	stored := sent
	err := d.Org.Update(ctx, func(tx *store.Tx) error {
		stored = sent
		if earlier, err := repeated(tx, &out); err != nil || earlier != nil {
			if err == nil {
				stored = *earlier
			}
			return err
		}
		return d.enqueue(tx, &out, &sent, drafts, now)
	})
	if err != nil {
		return Sent{}, err
	}
	signal(d.outbox)
	return stored, nil
}

// draft is one recipient's signed message, ready to be stored.
type draft struct {
	pair     *partner.Pair
	move     partner.Move
	thread   *thread
	private  *private
	token    []byte
	part     messagePart
	withheld []string
}

// draft makes one recipient's copy: numbered, with what the terms and the consent keep back taken out, validated,
// judged, signed.
func (d *Desk) draft(out *Outgoing, sent *Sent, to protocol.OrgID, now time.Time) (*draft, error) {
	pair, ok := d.Book.Current(to)
	if !ok {
		return nil, protocol.Errorf(protocol.CodeNoGrant, "%s is not a partner. Invite them first.", to.Short())
	}
	terms, hash, err := newestTerms(pair, now)
	if err != nil {
		return nil, err
	}
	id := protocol.ReferralID(newReferralID())
	r := out.Referral.Clone()
	r.Header.ID = protocol.Of[protocol.ReferralRef](string(id))
	r.Header.Group = protocol.ReferralGroup{ID: protocol.Of[protocol.ReferralRef](sent.Group), Of: protocol.IntegerOf(int64(len(out.To))), Rule: protocol.Choose(protocol.GroupAll)}
	r.Referrer.Organization = protocol.Named{ID: protocol.Of[protocol.OrgRef](string(d.Self.OrgID())), Name: protocol.Of[protocol.Text](d.Self.Name())}
	withheld := r.Withhold(append(r.Exceptions(now, to), terms.Withheld...))
	if err := r.ValidateFor(now, to); err != nil {
		return nil, err
	}
	dr := &draft{pair: pair, withheld: withheld, move: moveOf(r, hash), private: &private{OurReport: out.Report}}
	dr.private.Needs = dr.move.Needs
	state, reason := protocol.Queued, ""
	if err := pair.MaySend(dr.move, now); err != nil {
		if protocol.CodeOf(err).Class() != protocol.Hold {
			return nil, err
		}
		state, reason = protocol.Waiting, sentenceOf(err)
	}
	body, err := crypto.Marshal(r)
	if err != nil {
		return nil, err
	}
	dr.part = messagePart{Salt: newSalt(), Body: body, Report: out.Report, Raw: out.Raw, Format: out.RawFormat}
	signed, err := crypto.SignMessage(&protocol.Manifest{
		V: protocol.Version, From: d.Self.OrgID(), To: to, Referral: id, Seq: 1, Kind: protocol.KindReferral, Schema: protocol.SchemaNow,
		Terms: hash, At: now.UnixMilli(), Expires: now.Add(d.Lifetime).UnixMilli(), Body: crypto.BodyHash(dr.part.Salt, body),
	}, d.Self.Signer())
	if err != nil {
		return nil, err
	}
	if len(body)+len(signed.Token) > protocol.MaxPlaintext-1024 {
		return nil, protocol.Errorf(protocol.CodeTooLarge, "The referral has %d KiB and %d are allowed. Send large parts as files.", len(body)>>10, protocol.MaxPlaintext>>10)
	}
	dr.token = signed.Token
	dr.thread = &thread{
		Out: true, Partner: to, Referral: id, Terms: hash, Group: sent.Group, Mode: r.Header.Mode.Text(), Connection: out.Connection, Mapping: out.Mapping,
		Opened: now.UnixMilli(), State: state, Since: now.UnixMilli(), Reason: reason, OurSeq: 1, OurHead: signed.Content, Sending: 1, Expires: now.Add(d.Lifetime).UnixMilli(),
	}
	return dr, nil
}

// enqueue stores all drafts of a document under one case: a message row and a lane each, one event each. What is
// permitted is asked once more here, where a standing cannot change any more.
func (d *Desk) enqueue(tx *store.Tx, out *Outgoing, sent *Sent, drafts []*draft, now time.Time) error {
	c, err := tx.NewCase()
	if err != nil {
		return err
	}
	for i, dr := range drafts {
		pair, err := d.Book.Pair(tx, dr.thread.Partner)
		if err != nil {
			return err
		}
		if err := d.countToday(tx, dr.thread.Partner, true, &dr.move, pair, now); err != nil {
			return err
		}
		part := dr.part
		if i > 0 {
			part.Raw = nil // one copy a case
		}
		if err := tx.Put(messageKey(dr.thread.Partner, dr.thread.Referral, true, 1), store.Row{Kept: dr.token, Case: c, Private: part.pack()}); err != nil {
			return err
		}
		row, err := dr.thread.row(c, false, dr.private)
		if err != nil {
			return err
		}
		if err := tx.PutLane(laneOf(dr.thread.Partner, dr.thread.Referral), row, dr.thread.due(now)); err != nil {
			return err
		}
		if err := d.event(tx, eventEnqueued, out.Actor, dr.thread, c, now); err != nil {
			return err
		}
	}
	return remember(tx, out, sent)
}

// event writes what happened to a referral; it holds ids and words of this system only.
func (d *Desk) event(tx *store.Tx, kind, actor string, t *thread, c store.CaseID, now time.Time) error {
	details, err := json.Marshal(map[string]any{"partner": t.Partner, "code": t.Code, "reason": t.Reason})
	if err != nil {
		return err
	}
	_, err = audit.Record(tx, audit.Event{At: now.UnixMilli(), Actor: actor, Kind: kind, Subject: string(t.Referral), Case: c, Details: details})
	return err
}

// newestTerms gives the terms under which we may send to a partner. While the grant is suspended they still stand:
// then the message is parked by MaySend.
func newestTerms(pair *partner.Pair, now time.Time) (*protocol.Terms, protocol.Hash, error) {
	t, h, err := pair.GrantOut(now)
	if err == nil {
		return t, h, nil
	}
	if protocol.CodeOf(err).Class() == protocol.Hold {
		if s, _ := pair.Standing(partner.Out, true); s != nil {
			if t, ok := pair.Terms(s.Terms); ok {
				return t, s.Terms, nil
			}
		}
	}
	return nil, protocol.Hash{}, err
}

// moveOf is an opener as the rules see it.
func moveOf(r *protocol.Referral, terms protocol.Hash) partner.Move {
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
	for _, a := range r.Attachments {
		if n, ok := a.Size.Int(); ok {
			m.FileBytes += n
		}
		m.FileTypes = append(m.FileTypes, a.MediaType.Text())
	}
	return m
}

func postedKey(key string) store.Key {
	sum := sha256.Sum256([]byte(key))
	return store.K("posted", protocol.Hash(sum).String())
}

type postedRow struct {
	Hash protocol.Hash `json:"hash"`
	Sent Sent          `json:"sent"`
}

// repeated gives what an earlier Send with the same key answered.
func repeated(tx *store.Tx, out *Outgoing) (*Sent, error) {
	if out.Key == "" {
		return nil, nil
	}
	r, err := tx.Get(postedKey(out.Key))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var p postedRow
	if err := json.Unmarshal(r.Kept, &p); err != nil {
		return nil, err
	}
	if p.Hash != out.KeyHash {
		return nil, ErrKeyReused
	}
	return &p.Sent, nil
}

func remember(tx *store.Tx, out *Outgoing, sent *Sent) error {
	if out.Key == "" {
		return nil
	}
	b, err := json.Marshal(postedRow{out.KeyHash, *sent})
	if err != nil {
		return err
	}
	return tx.Put(postedKey(out.Key), store.Row{Kept: b})
}

func newReferralID() string { return "urn:uuid:" + uuid.Must(uuid.NewV7()).String() }

func newSalt() []byte {
	salt := make([]byte, crypto.SaltSize)
	rand.Read(salt)
	return salt
}

func sentenceOf(err error) string {
	var pe *protocol.Error
	if errors.As(err, &pe) {
		return pe.Text()
	}
	return fmt.Sprint(err)
}
