package connection

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	Rule       protocol.GroupRule // of several recipients; empty: what the document says, and otherwise all
	Override   *exchange.Override // a person sends it although no consent covers it

	resent  bool          // by a person, from what waits: what still cannot be sent stays where it is
	stands  protocol.Hash // of a resent one: what its key stood for when it was posted; of an arrived one: its key
	arrived *arrival      // a source brought it
}

// Result says what became of a submission: parts on our disk, or an item that waits for a person.
type Result struct {
	Group    string            `json:"group,omitempty"`
	Parts    []exchange.Part   `json:"parts"`
	Report   *mapping.Report   `json:"report,omitempty"` // of the whole document
	Short    json.RawMessage   `json:"-"`                // the report as it is shown
	Shorts   []json.RawMessage `json:"-"`                // of each referral, by Part.Nth, when the document was several
	Waiting  string            `json:"waiting,omitempty"`
	Sentence string            `json:"sentence,omitempty"`
	Rows     []Result          `json:"rows,omitempty"` // of a file with several records: what became of each
}

// Unreadable means that the document itself could not be read; who sent it still has it, and nothing was kept.
type Unreadable struct{ Err error }

func (e *Unreadable) Error() string { return e.Err.Error() }
func (e *Unreadable) Unwrap() error { return e.Err }

// Submit converts a document and sends it. A nil error means that it is on our disk, as referrals or as an item
// that waits for a person; Result says which.
func (s *Set) Submit(ctx context.Context, in Submission) (Result, error) {
	src, err := s.open(in)
	if err != nil {
		return Result{}, err
	}
	if !in.resent {
		s.look(src.connection.ID, src.records)
	}
	if len(src.records) > 1 {
		return s.submitRows(ctx, in, src)
	}
	return s.submit(ctx, in, src, src.records[0])
}

// submit converts one record and sends what it comes to, in one transaction.
func (s *Set) submit(ctx context.Context, in Submission, src *source, rec *record.Node) (Result, error) {
	conv, err := s.convert(in, src, rec)
	if err != nil {
		return Result{}, err
	}
	if conv.hold != "" {
		if in.resent {
			return Result{}, errors.New(conv.hold)
		}
		w := waitingOf(&in, src.connection.ID, conv.hold, s.Now().UnixMilli())
		w.To = conv.to()
		if err := s.wait(&w, in.Actor); err != nil {
			return Result{}, err
		}
		return Result{Parts: []exchange.Part{}, Report: conv.report, Waiting: w.ID, Sentence: w.Sentence}, nil
	}
	waits, err := s.held(in.Key, keyHash(in))
	if err != nil {
		return Result{}, err
	}
	out := exchange.Outgoing{
		Raw: in.Raw, RawFormat: in.Format, Mapping: src.version.Name + "@" + src.version.Hash, Connection: src.connection.ID,
		Actor: in.Actor, Key: in.Key, KeyHash: keyHash(in), Override: in.Override, Files: in.Files,
	}
	if in.arrived != nil {
		out.Origin, out.Whole = in.arrived.key, in.arrived.whole
	}
	res := Result{Report: conv.report}
	for i, one := range conv.needs {
		report, err := deflate(one.short)
		if err != nil {
			return Result{}, err
		}
		if i == 0 {
			out.Referral, out.To, out.Report, res.Short = one.referral, one.to, report, one.short
		} else {
			out.Also = append(out.Also, exchange.Further{Referral: one.referral, To: one.to, Report: report})
		}
	}
	if len(conv.needs) > 1 {
		for _, one := range conv.needs {
			res.Shorts = append(res.Shorts, one.short)
		}
		if res.Short, err = ShortReport(conv.report); err != nil {
			return Result{}, err
		}
	}
	sent, err := s.Desk.Send(ctx, out)
	if err != nil {
		return Result{}, err
	}
	if waits != nil && !in.resent { // the same post waited for a person until now
		if err := s.drop(*waits, "waiting.sent", in.Actor); err != nil {
			return Result{}, err
		}
	}
	res.Group, res.Parts = sent.Group, sent.Parts
	return res, nil
}

// taker finds the connection that takes the document.
func (s *Set) taker(in Submission) (Connection, error) {
	list, err := s.List()
	if err != nil {
		return Connection{}, err
	}
	list = slices.DeleteFunc(list, func(c Connection) bool {
		return c.Direction == Out || c.Kind == KindInbox || in.Connection != "" && c.ID != in.Connection || in.Connection == "" && c.Format != in.Format
	})
	if in.Connection == "" && slices.ContainsFunc(list, isAPI) { // what is posted is no file and no mail
		list = slices.DeleteFunc(list, func(c Connection) bool { return !isAPI(c) })
	}
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
		return Connection{}, fmt.Errorf("the connection %s %w; resume it first", list[0].ID, errPaused)
	case list[0].Format != in.Format:
		return Connection{}, fmt.Errorf("the connection %s takes %s and this is %s", list[0].ID, list[0].Format, in.Format)
	}
	return list[0], nil
}

func isAPI(c Connection) bool { return c.Kind == KindAPI }

var errPaused = errors.New("is paused")

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

// keyHash is what an Idempotency-Key stands for: the same key with another document is a conflict.
func keyHash(in Submission) protocol.Hash {
	if in.Key == "" || !in.stands.IsZero() {
		return in.stands
	}
	what := []any{in.Connection, in.Format, in.Raw, in.To, in.Practice}
	if len(in.Files) > 0 {
		what = append(what, in.Files)
	}
	if in.Rule != "" {
		what = append(what, in.Rule)
	}
	b, _ := json.Marshal(what)
	return sha256.Sum256(b)
}
