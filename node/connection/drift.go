package connection

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
	"referworks/node/audit"
	"referworks/node/store"
)

// Drift is how the documents of a connection differ from how they looked when it began, or when a person last said that
// they are right so. It knows places and kinds, never values.
type Drift struct {
	Records int             `json:"records" doc:"How many were looked at."`
	Since   int64           `json:"since,omitempty" doc:"When the first came; milliseconds UTC."`
	Changes []schema.Change `json:"changes"`
	Draft   json.RawMessage `json:"draft,omitempty" doc:"The mapping with a rule for what is sure. Nothing is published by itself."`
	Notes   []string        `json:"notes,omitempty" doc:"What a person has to decide."`
}

// How documents are looked at.
const (
	learning  = 20   // so many records tell what is usual; afterwards a new field is news
	goneAfter = 20   // a field that was always there is gone when so many in a row lack it
	mostPlace = 2000 // places that are told apart
	keepEvery = 100  // records; what is new is kept at once
)

// looks is what the documents of one connection look like.
type looks struct {
	mu      sync.Mutex
	loaded  bool
	at      map[string]*place
	Since   int64    `json:"since"`
	Records int      `json:"records"`
	Places  []*place `json:"places"`
	Changes []news   `json:"changes,omitempty"`
}

// place is one field of the documents.
type place struct {
	Path  string `json:"p"`
	Kind  string `json:"k"`
	First int    `json:"f"` // number of the record
	Last  int    `json:"l"`
	Times int    `json:"n"`
}

// news is a change as it was seen.
type news struct {
	Kind schema.ChangeKind `json:"kind"`
	Path string            `json:"path"`
	Was  string            `json:"was,omitempty"`
}

func looksKey(connection string) store.Key { return store.K("looks", connection) }

// look takes note of how records look that came over a connection. It never fails: what cannot be kept is logged.
func (s *Set) look(connection string, records []*record.Node) {
	l := s.looksOf(connection)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := s.loadLooks(l, connection); err != nil {
		s.Log.Error("could not read how documents looked", "connection", connection, "error", err.Error())
		return
	}
	before := len(l.Changes)
	changed := false
	for _, rec := range records {
		changed = l.see(rec) || changed
	}
	told := len(l.Changes) > before
	if changed || l.Records/keepEvery != (l.Records-len(records))/keepEvery {
		s.keepLooks(l, connection, told)
	}
}

func (s *Set) looksOf(connection string) *looks {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.looks[connection]
	if l == nil {
		l = &looks{}
		if s.looks == nil {
			s.looks = map[string]*looks{}
		}
		s.looks[connection] = l
	}
	return l
}

func (s *Set) loadLooks(l *looks, connection string) error {
	if l.loaded {
		return nil
	}
	err := s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(looksKey(connection))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, l)
	})
	if err != nil {
		return err
	}
	l.at = map[string]*place{}
	for _, p := range l.Places {
		l.at[p.Path] = p
	}
	if l.Since == 0 {
		l.Since = s.Now().UnixMilli()
	}
	l.loaded = true
	return nil
}

// keepLooks writes in the background; news are an event.
func (s *Set) keepLooks(l *looks, connection string, told bool) {
	b, err := json.Marshal(l)
	if err != nil {
		s.Log.Error("could not keep how documents look", "connection", connection, "error", err.Error())
		return
	}
	at := s.Now().UnixMilli()
	s.Org.Later(func(tx *store.Tx) error {
		if told {
			if _, err := audit.Record(tx, audit.Event{At: at, Actor: "node", Kind: "connection.drift", Subject: connection}); err != nil {
				return err
			}
		}
		return tx.Put(looksKey(connection), store.Row{Kept: b})
	})
}

// see counts the places of one record, and tells whether there is anything to be kept.
func (l *looks) see(rec *record.Node) (changed bool) {
	l.Records++
	n := l.Records
	rec.Leaves(func(p record.Path, leaf *record.Node) {
		if leaf.Kind == record.Null || strings.TrimSpace(leaf.Text) == "" {
			return
		}
		path, kind := general(p), leaf.Kind.String()
		at := l.at[path]
		switch {
		case at == nil && len(l.Places) >= mostPlace:
			return
		case at == nil:
			at = &place{Path: path, Kind: kind, First: n}
			l.Places, l.at[path] = append(l.Places, at), at
			changed = true
			if n > learning {
				l.Changes = append(l.Changes, news{Kind: schema.New, Path: path})
			}
		case at.Kind != kind && at.Kind != "text":
			if n > learning {
				l.Changes = append(l.Changes, news{Kind: schema.Changed, Path: path, Was: at.Kind})
			}
			at.Kind, changed = "text", true
		}
		if at.Last != n {
			at.Last = n
			at.Times++
		}
	})
	for _, at := range l.Places {
		if n-at.Last == goneAfter && at.Times >= learning && at.Times == at.Last-at.First+1 {
			l.Changes = append(l.Changes, news{Kind: schema.Gone, Path: at.Path})
			changed = true
		}
	}
	return changed
}

// general is a path for any item of its lists.
func general(p record.Path) string {
	if !slices.ContainsFunc(p, func(s record.Segment) bool { return s.Step == record.Item }) {
		return p.String()
	}
	q := slices.Clone(p)
	for i := range q {
		if q[i].Step == record.Item {
			q[i].Step, q[i].Index = record.Each, 0
		}
	}
	return q.String()
}

// Drift tells what is different in the documents of a connection, with a draft for it when its mapping has one place for
// each field. What a rule of the present mapping reads is new no more.
func (s *Set) Drift(connection string) (Drift, error) {
	c, err := s.Connection(connection)
	if err != nil {
		return Drift{}, err
	}
	l := s.looksOf(c.ID)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := s.loadLooks(l, c.ID); err != nil {
		return Drift{}, fmt.Errorf("what is different in the documents of connection %s: %w", c.ID, err)
	}
	d := Drift{Records: l.Records, Changes: []schema.Change{}}
	if d.Records > 0 {
		d.Since = l.Since
	}
	var doc *mapping.Document
	if m, _, err := s.mapping(c.Mapping); err == nil {
		doc = m.Document()
	}
	fields := []schema.Field{}
	for _, at := range l.Places {
		fields = append(fields, schema.Field{Path: at.Path, Kind: at.Kind, Filled: at.Times})
	}
	for _, n := range l.Changes {
		at := l.at[n.Path]
		if at == nil || n.Kind == schema.New && reads(doc, n.Path) || n.Kind == schema.Gone && l.Records-at.Last < goneAfter {
			continue
		}
		d.Changes = append(d.Changes, schema.Change{Kind: n.Kind, Field: schema.Field{Path: at.Path, Kind: at.Kind, Filled: at.Times}, Sentence: n.sentence(at)})
	}
	if doc == nil || len(d.Changes) == 0 {
		return d, nil
	}
	shape := &schema.Shape{Format: c.Format, Records: l.Records, Fields: fields}
	drafted, _, err := suggest.Redraft(doc, suggest.FieldsOf(shape), suggest.ChangesOf(d.Changes), suggest.Options{})
	if err != nil {
		return d, fmt.Errorf("prepare a draft for connection %s: %w", c.ID, err)
	}
	d.Notes = drafted.Notes
	d.Draft, err = json.Marshal(drafted.Document)
	return d, err
}

func (n news) sentence(at *place) string {
	switch n.Kind {
	case schema.New:
		return fmt.Sprintf("%s is new.", at.Path)
	case schema.Gone:
		return fmt.Sprintf("%s is gone: the last %d records lack it, and all before had it.", at.Path, goneAfter)
	}
	return fmt.Sprintf("%s was a %s and is text now.", at.Path, n.Was)
}

// reads tells whether a rule reads a place, whatever items of its lists it takes.
func reads(doc *mapping.Document, path string) bool {
	if doc == nil {
		return false
	}
	for _, r := range doc.Rules {
		for _, l := range r.Local {
			if p, err := record.ParsePath(l); err == nil {
				for i := range p {
					if p[i].Step != record.Plain {
						p[i].Step, p[i].Index, p[i].Match = record.Each, 0, nil
					}
				}
				if p.String() == path {
					return true
				}
			}
		}
	}
	return false
}

// AcceptDrift says that the documents of a connection are right as they are now. nil means durable.
func (s *Set) AcceptDrift(connection, actor string) error {
	c, err := s.Connection(connection)
	if err != nil {
		return err
	}
	l := s.looksOf(c.ID)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := s.loadLooks(l, c.ID); err != nil {
		return fmt.Errorf("accept how documents look: %w", err)
	}
	for _, n := range l.Changes {
		if at := l.at[n.Path]; at != nil && n.Kind == schema.Gone && l.Records-at.Last >= goneAfter {
			delete(l.at, n.Path)
			l.Places = slices.DeleteFunc(l.Places, func(p *place) bool { return p == at })
		}
	}
	l.Changes = nil
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return s.Org.Update(background, func(tx *store.Tx) error {
		if _, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: actor, Kind: "connection.drift-accepted", Subject: c.ID}); err != nil {
			return err
		}
		return tx.Put(looksKey(c.ID), store.Row{Kept: b})
	})
}
