package connection

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/node/exchange"
	"referworks/protocol"
)

// Submission is one document that an organization's own system gives us to send.
type Submission struct {
	Connection string   // id; empty: the only connection that takes documents of the format
	Format     string   // "json" or "xml"
	Raw        []byte   // as it came, kept with the referral
	To         []string // organization ids or names; empty: the document or the connection decides
	Actor      string   // who is asking, for the audit log: a key's id or a role, never a person's name
	Key        string   // Idempotency-Key, or empty
	Files      []string // ids of uploads that go along
	Practice   bool
	Override   *exchange.Override // a person sends it although no consent covers it

	resent bool          // by a person, from what waits: what still cannot be sent stays where it is
	stands protocol.Hash // of a resent one: what its key stood for when it was posted
}

// Result says what became of a submission: parts on our disk, or an item that waits for a person.
type Result struct {
	Group    string          `json:"group,omitempty"`
	Parts    []exchange.Part `json:"parts"`
	Report   *mapping.Report `json:"report,omitempty"`
	Short    json.RawMessage `json:"-"`                 // the report as it is kept, of what was sent
	Waiting  string          `json:"waiting,omitempty"` // id of the waiting item
	Sentence string          `json:"sentence,omitempty"`
}

// Unreadable means that the document itself could not be read; who sent it still has it, and nothing was kept.
type Unreadable struct{ Err error }

func (e *Unreadable) Error() string { return e.Err.Error() }
func (e *Unreadable) Unwrap() error { return e.Err }

// Submit converts a document and sends it. A nil error means that it is on our disk, as referrals or as an item
// that waits for a person; Result says which.
func (s *Set) Submit(ctx context.Context, in Submission) (Result, error) {
	conv, err := s.convert(in)
	if err != nil {
		return Result{}, err
	}
	if conv.hold != "" {
		if in.resent {
			return Result{}, errors.New(conv.hold)
		}
		w := Waiting{Direction: In, Connection: conv.connection.ID, Format: in.Format, Sentence: conv.hold, To: conv.to, Since: s.Now().UnixMilli(), Key: in.Key, Files: in.Files, KeyHash: keyHash(in), Original: in.Raw}
		if err := s.wait(&w, in.Actor); err != nil {
			return Result{}, err
		}
		return Result{Parts: []exchange.Part{}, Report: conv.report, Waiting: w.ID, Sentence: w.Sentence}, nil
	}
	waits, err := s.held(in.Key, keyHash(in))
	if err != nil {
		return Result{}, err
	}
	short, err := ShortReport(conv.report)
	if err != nil {
		return Result{}, err
	}
	report, err := deflate(short)
	if err != nil {
		return Result{}, err
	}
	sent, err := s.Desk.Send(ctx, exchange.Outgoing{
		Referral: conv.referral, To: conv.to, Raw: in.Raw, RawFormat: in.Format, Report: report,
		Mapping: conv.version.Name + "@" + conv.version.Hash, Connection: conv.connection.ID,
		Actor: in.Actor, Key: in.Key, KeyHash: keyHash(in), Override: in.Override, Files: in.Files,
	})
	if err != nil {
		return Result{}, err
	}
	if waits != nil && !in.resent { // the same post waited for a person until now
		if err := s.drop(*waits, "waiting.sent", in.Actor); err != nil {
			return Result{}, err
		}
	}
	return Result{Group: sent.Group, Parts: sent.Parts, Report: conv.report, Short: short}, nil
}

// Preview converts a document as Submit would and keeps nothing: the referral, whom it would go to, the report.
func (s *Set) Preview(in Submission) (*protocol.Referral, []protocol.OrgID, Result, error) {
	conv, err := s.convert(in)
	if err != nil {
		return nil, nil, Result{}, err
	}
	return conv.referral, conv.to, Result{Report: conv.report, Sentence: conv.hold, Parts: []exchange.Part{}}, nil
}

// conversion is a document on its way: either ready to be sent, or with the sentence why a person must look.
type conversion struct {
	connection Connection
	version    Version
	referral   *protocol.Referral
	to         []protocol.OrgID
	report     *mapping.Report
	hold       string
}

func (s *Set) convert(in Submission) (conversion, error) {
	var conv conversion
	c, err := s.source(in)
	if err != nil {
		return conv, err
	}
	conv.connection = c
	rec, err := decode(in.Format, in.Raw)
	if err != nil {
		return conv, &Unreadable{err}
	}
	m, version, err := s.mapping(c.Mapping)
	if err != nil {
		return conv, err
	}
	conv.version = version
	consent := c.Consent
	if consent == nil && in.Override != nil { // the word of a person takes its place; see consented
		consent = &mapping.ConsentStatement{Basis: in.Override.Basis, Method: protocol.MethodElectronic, Capacity: protocol.CapacitySelf, Days: 1}
	}
	conv.referral, conv.report, err = m.ToReferral(rec, mapping.Context{
		Now: s.Now(), Organization: s.Self, OrganizationName: s.Name(), Consent: consent, Contact: s.statedContact(),
		Practice: in.Practice, Medium: c.Kind,
	})
	var held *mapping.Hold
	switch {
	case errors.As(err, &held):
		conv.hold = held.Error()
		return conv, nil
	case err != nil:
		return conv, err
	}
	conv.to, err = recipients(in.To, m.Recipients(rec), &c, conv.referral, s.known())
	switch {
	case err != nil && len(in.To) > 0:
		return conv, err // the caller named them and can name them again
	case err != nil:
		conv.hold = err.Error()
	case len(conv.to) == 0:
		conv.hold = "No recipient is named and no rule of the connection fits. Choose whom to send it to."
	default:
		return conv, s.consented(&conv, in.Override)
	}
	return conv, nil
}

// consented holds what no consent lets go to one of its recipients, unless a person overrides that.
func (s *Set) consented(conv *conversion, override *exchange.Override) error {
	if override != nil {
		if err := override.Check(); err != nil {
			return err
		}
		if conv.connection.Consent == nil { // nobody stated one
			conv.referral.Consents = slices.DeleteFunc(conv.referral.Consents, func(c protocol.Consent) bool {
				stated, _ := c.StatedByOrganization.Bool()
				return stated
			})
		}
	}
	var gaps []string
	for _, to := range conv.to {
		err := s.Desk.Consented(conv.referral, to)
		var no *exchange.NoConsent
		switch {
		case errors.As(err, &no) && no.Override && override != nil:
			now := s.Now()
			conv.referral.Consents = append(conv.referral.Consents, protocol.Override(override.Basis, override.Reason, to, now, now.Add(overrideLasts)))
		case err != nil:
			gaps = append(gaps, err.Error())
		}
	}
	conv.hold = strings.Join(gaps, " ")
	return nil
}

// overrideLasts is how long a person's word stands for a consent: as long as it may take to arrive.
const overrideLasts = 30 * 24 * time.Hour

// source finds the connection that takes the document.
func (s *Set) source(in Submission) (Connection, error) {
	list, err := s.List()
	if err != nil {
		return Connection{}, err
	}
	list = slices.DeleteFunc(list, func(c Connection) bool {
		return c.Direction == Out || c.Kind == KindInbox || in.Connection != "" && c.ID != in.Connection || in.Connection == "" && c.Format != in.Format
	})
	if len(list) > 1 { // a paused one is no choice while another works
		list = slices.DeleteFunc(list, func(c Connection) bool { return c.Paused })
	}
	switch {
	case len(list) == 0 && in.Connection != "":
		return Connection{}, fmt.Errorf("connection %q that takes documents in: %w", clip(in.Connection), ErrNone)
	case len(list) == 0:
		return Connection{}, fmt.Errorf("a connection that takes %s documents in: %w; set one up first", in.Format, ErrNone)
	case len(list) > 1:
		return Connection{}, fmt.Errorf("%d connections take %s documents in: name the one you mean", len(list), in.Format)
	case list[0].Paused:
		return Connection{}, fmt.Errorf("the connection %s is paused; resume it first", list[0].ID)
	case list[0].Format != in.Format:
		return Connection{}, fmt.Errorf("the connection %s takes %s and this is %s", list[0].ID, list[0].Format, in.Format)
	}
	return list[0], nil
}

// Partner reads a partner as people name it: by id, by the beginning of the id (8 characters or more), or by name.
func (s *Set) Partner(text string) (protocol.OrgID, error) {
	if _, ok := s.Book.Current(protocol.OrgID(text)); ok {
		return protocol.OrgID(text), nil
	}
	var fits []Known
	for _, p := range s.Book.List() {
		if record.Loose(p.Name()) == record.Loose(text) || len(text) >= 8 && strings.HasPrefix(string(p.ID()), text) {
			fits = append(fits, Known{p.ID(), p.Name()})
		}
	}
	switch len(fits) {
	case 0:
		return "", fmt.Errorf("partner %q: %w", clip(text), ErrNone)
	case 1:
		return fits[0].ID, nil
	}
	return "", fmt.Errorf("%d partners are called %q; name the one you mean by its organization id", len(fits), clip(text))
}

// statedContact is whom a partner may ask when the document names no worker: what the organization's card says.
func (s *Set) statedContact() *mapping.ContactStatement {
	if s.Contact == nil {
		return nil
	}
	if c := s.Contact(); c.Phone != "" || c.Email != "" || c.Name != "" {
		return &mapping.ContactStatement{Name: c.Name, Phone: c.Phone, Email: c.Email}
	}
	return nil
}

// known lists the partners that may be chosen.
func (s *Set) known() []Known {
	var known []Known
	for _, p := range s.Book.List() {
		if p.Confirmed() {
			known = append(known, Known{ID: p.ID(), Name: p.Name()})
		}
	}
	return known
}

func decode(format string, raw []byte) (*record.Node, error) {
	if format == "xml" {
		return record.DecodeXML(raw, record.Limits{Size: maxDocument})
	}
	return record.DecodeJSON(raw, record.Limits{Size: maxDocument})
}

// maxDocument is the largest document taken in, in bytes; what it becomes must fit a message.
const maxDocument = 4 << 20

// keyHash is what an Idempotency-Key stands for: the same key with another document is a conflict.
func keyHash(in Submission) protocol.Hash {
	if in.Key == "" || !in.stands.IsZero() {
		return in.stands
	}
	what := []any{in.Connection, in.Format, in.Raw, in.To, in.Practice}
	if len(in.Files) > 0 {
		what = append(what, in.Files)
	}
	b, _ := json.Marshal(what)
	return sha256.Sum256(b)
}
