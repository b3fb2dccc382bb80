package connection

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"referworks/bridges"
	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
	"referworks/node/store"
	"referworks/protocol"
)

// Opened is what waits as a person can read it, and what a machine made of it for the form beside it.
type Opened struct {
	bridges.Shown
	Filled json.RawMessage // a record for the form, of what could be read; nil: nothing could
}

// shower finds what reads the originals of a connection for people; nil: they can only be downloaded.
func (s *Set) shower(w *Waiting) func([]byte) (bridges.Shown, error) {
	if w.Direction != In || w.Task != nil {
		return nil
	}
	c, err := s.Connection(w.Connection)
	if err != nil {
		return nil // it was removed
	}
	return s.Kinds[c.Kind].Show
}

// Open shows the original of what waits, and fills a form with what can be read of it: into names the mapping of the
// form's records, or is empty. ErrNone when the medium of what waits shows no originals.
func (s *Set) Open(w Waiting, into string) (o Opened, err error) {
	show := s.shower(&w)
	if show == nil {
		return o, fmt.Errorf("the original of %q as text: %w; download it", clip(w.ID), ErrNone)
	}
	if o.Shown, err = show(w.Came()); err != nil {
		return o, err
	}
	if into == "" || len(o.Document.Bytes) == 0 {
		return o, nil
	}
	form, _, err := s.mapping(into)
	if err != nil {
		return o, err
	}
	ref, err := s.guess(&w, o.Document, form.Document().Side)
	if err != nil || ref == nil {
		return o, err
	}
	rec, _, err := form.FromReferral(ref, mapping.Context{Now: s.Now(), Organization: s.Self, OrganizationName: s.Name(), Medium: KindAPI})
	if _, err = holdsOf(err); err != nil {
		return o, err
	}
	o.Filled, err = record.EncodeJSON(rec)
	return o, err
}

// guess makes a referral of a document that nobody has checked, as far as it goes: by the mapping of its connection, and
// when that reads nothing of it by the names of its fields, which are then written as side says. It is for a form that a person looks over, never to be sent.
func (s *Set) guess(w *Waiting, d bridges.Document, side mapping.Side) (*protocol.Referral, error) {
	doc, err := record.Decode(record.Format(d.Format), d.Bytes, record.Limits{Size: maxDocument})
	if err != nil {
		return nil, nil // the person reads it
	}
	records := doc.Records()
	if len(records) != 1 {
		return nil, nil // a file of several is no form
	}
	c, err := s.Connection(w.Connection)
	if err != nil {
		return nil, err
	}
	about := mapping.Context{Now: s.Now(), Organization: s.Self, OrganizationName: s.Name(), Medium: c.Kind}
	if c.Format == d.Format {
		m, _, err := s.mapping(c.Mapping)
		if err != nil {
			return nil, err
		}
		if ref := asFar(m, records[0], about); ref != nil {
			return ref, nil
		}
	}
	side.Format = d.Format
	fields := suggest.FieldsOf(schema.Of(d.Format, records))
	found := suggest.Fields(fields, suggest.Options{})
	draft, err := suggest.Draft(suggest.Head{Side: side}, fields, suggest.Chosen(found), suggest.Options{})
	if err != nil {
		return nil, nil
	}
	m, err := mapping.Compile(draft.Document)
	if err != nil {
		return nil, nil
	}
	return asFar(m, records[0], about), nil
}

// asFar converts a record as far as it goes; nil when nobody's name and no way to reach them came out.
func asFar(m *mapping.Mapping, rec *record.Node, about mapping.Context) *protocol.Referral {
	ref, _, err := m.ToReferral(rec, about)
	if _, err := holdsOf(err); err != nil || ref == nil {
		return nil
	}
	if len(ref.Person.Names) == 0 && len(ref.Contact.Points) == 0 && len(ref.Needs) == 0 {
		return nil
	}
	for i := range ref.Person.Names {
		if n := &ref.Person.Names[i]; !n.Full.Given() { // forms have one line for it
			_ = n.Full.Set(strings.Join(strings.Fields(n.Given.Text()+" "+n.Middle.Text()+" "+n.Family.Text()), " ")) // too long: without it
		}
	}
	return ref
}

// SendInstead sends what a person made of something that waits: in is the document of their form. The original is kept
// with it, files are those of Opened.Files, by their place, that go along, and no others. What waited waits no more; when the document
// cannot be sent, the error says why and it goes on waiting.
func (s *Set) SendInstead(id string, in Submission, files []int) (Result, error) {
	w, err := s.WaitingItem(id)
	if err != nil {
		return Result{}, err
	}
	if w.Direction != In || w.Task != nil {
		return Result{}, errors.New("only a document that came in can be sent as a form says it")
	}
	// Under the key of what came: it is sent once, whatever crashes or comes again meanwhile.
	in.Key, in.stands, in.resent = w.Key, w.KeyHash, true
	if in.Key == "" {
		in.Key, in.stands = "waiting/"+w.ID, sha256.Sum256([]byte(w.ID))
	}
	in.arrived = &arrival{connection: w.Connection, whole: w.Came()}
	if len(files) > 0 {
		if err := s.attach(&in, &w, files); err != nil {
			return Result{}, err
		}
	}
	res, err := s.Submit(background, in)
	if err != nil { // what was uploaded for it goes again
		return res, errors.Join(err, s.Org.Update(background, func(tx *store.Tx) error { return s.Desk.DropUploads(tx, in.Files) }))
	}
	return res, s.Org.Update(background, func(tx *store.Tx) error {
		if err := s.Desk.DropUploads(tx, w.Files); err != nil { // the person chose among those of the original
			return err
		}
		return s.dropIn(tx, w, "waiting.resent", in.Actor)
	})
}

// attach uploads files of an original.
func (s *Set) attach(in *Submission, w *Waiting, files []int) error {
	o, err := s.Open(*w, "")
	if err != nil {
		return err
	}
	var chosen []bridges.File
	for _, n := range files {
		if n < 0 || n >= len(o.Files) {
			return fmt.Errorf("file %d of what waits: %w", n+1, ErrNone)
		}
		chosen = append(chosen, o.Files[n])
	}
	unkept, err := s.uploadAll(background, in, chosen)
	if err == nil && unkept != "" {
		err = errors.New(unkept)
	}
	return err
}
