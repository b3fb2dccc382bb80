package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/suggest"
	"referworks/protocol"
)

// journey is what became of the leaves of all records of a system on their way in and out again.
type journey struct {
	Mapped, Carried, Dropped, Lost int // on the way in; empty leaves are not counted
	Exact, Normalized              int // home again, as they were or in another form
	Listed, Silent                 int // not home as they were: said in a report, or not
	Rules                          int
	LostAt, SilentAt               []string
}

func (j *journey) accounted() share {
	return share{j.Mapped + j.Carried + j.Dropped, j.Mapped + j.Carried + j.Dropped + j.Lost}
}

func (j *journey) home() share {
	return share{j.Exact + j.Normalized + j.Listed, j.Exact + j.Normalized + j.Listed + j.Silent}
}

// travel converts every record of a sample in and out again, with a mapping drafted from the right answers.
func travel(t *truth, s *sample) (*journey, error) {
	m, err := mappingOf(t, s)
	if err != nil {
		return nil, err
	}
	j := &journey{Rules: len(m.Document().Rules)}
	for _, rec := range s.records {
		if err := j.one(m, s, rec); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// mappingOf drafts a mapping of the right answers, as a person would accept them: relative to one record, one field of
// ours for each place, what comes second as an extra fact. The referrer's organization is left to the node, which
// states it itself.
func mappingOf(t *truth, s *sample) (*mapping.Mapping, error) {
	inside := record.Path{}
	if t.Record != "" {
		inside = record.MustPath(t.Record)
	}
	var fields []suggest.Field
	var accepted []suggest.Match
	taken := map[string]bool{}
	for i, f := range t.Fields {
		p := record.MustPath(f.Local)
		if len(p) < len(inside) || p[:len(inside)].String() != inside.String() {
			continue // of the envelope around the records
		}
		field := s.fields[i]
		field.Path = p[len(inside):].String()
		fields = append(fields, field)
		place := placeOf(f.Standard, p)
		if place == "" || taken[place] && !strings.HasSuffix(place, ".lines[]") {
			continue
		}
		taken[place] = true
		accepted = append(accepted, suggest.Match{Local: field.Path, Standard: place})
	}
	side := mapping.Side{Format: t.Format, Locale: "en-US", Region: "US", Zone: "America/New_York", Language: "en"}
	if t.Format == "xml" {
		side.Sample = string(s.bytes)
	}
	drafted, err := suggest.Draft(suggest.Head{ID: t.System, Name: t.Name, Side: side}, fields, accepted, suggest.Options{})
	if err != nil {
		return nil, err
	}
	m, err := mapping.Compile(drafted.Document)
	if err != nil {
		return nil, fmt.Errorf("compile the drafted mapping: %w", err)
	}
	return m, nil
}

// placeOf makes places of one list distinct by what tells their items apart.
func placeOf(standard string, local record.Path) string {
	name := local[len(local)-1].Name
	for at := range conditions(standard) {
		if list, member, _ := strings.Cut(at, "."); strings.HasSuffix(general(standard), list+"[]."+member) {
			return "" // its own condition fills the place: a value cannot stand there too
		}
	}
	switch standard {
	case "referrer.organization.name":
		return ""
	case "person.identifiers[].value":
		return record.Path{{Name: "person"}, {Name: "identifiers", Step: record.Where, Match: []record.Match{{Name: "type", Value: name}}}, {Name: "value"}}.String()
	}
	return standard
}

// here is the organization whose records travel: to another one and home.
func here() mapping.Context {
	return mapping.Context{
		Now:          time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC),
		Organization: protocol.OrgIDOf(protocol.Hash{1}), OrganizationName: "Harbor Legal Aid",
		NewID:   func() protocol.ReferralID { return "urn:uuid:019ce000-0000-7000-8000-000000000001" },
		Contact: &mapping.ContactStatement{Name: "Intake desk", Phone: "617-555-0100"},
		Consent: &mapping.ConsentStatement{Basis: protocol.BasisConsent, Method: protocol.MethodSigned, Capacity: protocol.CapacitySelf, Days: 90},
	}
}

func (j *journey) one(m *mapping.Mapping, s *sample, rec *record.Node) error {
	ref, in, err := m.ToReferral(rec, here())
	if _, held := err.(*mapping.Hold); err != nil && !held {
		return fmt.Errorf("convert to a referral: %w", err)
	}
	out, back, err := m.FromReferral(ref, here())
	if _, held := err.(*mapping.Hold); err != nil && !held {
		return fmt.Errorf("convert from a referral: %w", err)
	}
	if out, err = written(s, out); err != nil {
		return err
	}
	said := spoken(in, back)
	ruled := map[*record.Node]bool{}
	for _, r := range m.Document().Rules {
		for _, p := range r.Local {
			read(rec, record.MustPath(p), ruled)
		}
	}
	carried := places(in.Carried)
	dropped := places(in.Dropped)
	rec.Leaves(func(p record.Path, leaf *record.Node) {
		if strings.TrimSpace(leaf.Text) == "" {
			return
		}
		at := p.String()
		switch {
		case carried[at]:
			j.Carried++
		case dropped[at]:
			j.Dropped++
		case ruled[leaf]:
			j.Mapped++
		default:
			j.Lost++
			j.LostAt = appendOnce(j.LostAt, plain(p))
		}
		j.arrive(p, leaf, out, said)
	})
	return nil
}

// read marks the leaves that a rule's place reads: those at it, and what the conditions on the way compare.
func read(rec *record.Node, p record.Path, marked map[*record.Node]bool) {
	for _, n := range rec.Find(p) {
		marked[n] = true
	}
	for i, seg := range p {
		for _, match := range seg.Match {
			at := append(append(slices.Clone(p[:i+1]), match.In...), record.Segment{Name: match.Name})
			for _, n := range rec.Find(at) {
				marked[n] = true
			}
		}
	}
}

func (j *journey) arrive(p record.Path, leaf, out *record.Node, said map[string]bool) {
	var home *record.Node
	if out != nil {
		home = out.First(p)
	}
	switch {
	case home != nil && home.Leaf() && home.Text == leaf.Text:
		j.Exact++
	case home != nil && home.Leaf() && loosely(home.Text) == loosely(leaf.Text):
		j.Normalized++
	case said[bare(p)]:
		j.Listed++
	default:
		j.Silent++
		j.SilentAt = appendOnce(j.SilentAt, plain(p))
	}
}

// written puts a record into its format and reads it again.
func written(s *sample, n *record.Node) (*record.Node, error) {
	if n == nil {
		return nil, nil
	}
	var b []byte
	var err error
	switch s.format {
	case "xml":
		b, err = record.EncodeXML(n, s.bytes)
	case "csv":
		var style record.CSVStyle
		if style, err = record.CSVStyleOf(s.bytes); err == nil {
			b, err = record.EncodeCSV(n, style)
		}
	default:
		b, err = record.EncodeJSON(n)
	}
	if err != nil {
		return nil, fmt.Errorf("write the record: %w", err)
	}
	read, err := decode(s.format, b)
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	if s.format == "csv" && len(read.Children) > 0 {
		read = read.Children[0]
	}
	return read, nil
}

// spoken gives the places of which a report says that something is not as it was.
func spoken(reports ...*mapping.Report) map[string]bool {
	said := map[string]bool{}
	for _, r := range reports {
		for _, f := range r.Fields {
			switch f.Status {
			case mapping.Normalized, mapping.Narrowed, mapping.Flagged, mapping.Held, mapping.Missing:
				for _, l := range f.Local {
					said[bare(record.MustPath(l))] = true
				}
			}
		}
		for _, p := range r.Carried {
			if path, err := record.ParsePath(p.Local); err == nil && p.Reason != "" {
				said[bare(path)] = true
			}
		}
		for _, p := range r.Dropped {
			if path, err := record.ParsePath(p.Local); err == nil {
				said[bare(path)] = true
			}
		}
	}
	return said
}

func places(all []mapping.PlaceReport) map[string]bool {
	at := map[string]bool{}
	for _, p := range all {
		at[p.Local] = true
	}
	return at
}

// bare is a path without its brackets: a rule for a list also reads a single value as a list of one.
func bare(p record.Path) string {
	q := slices.Clone(p)
	for i := range q {
		q[i].Step, q[i].Match = record.Plain, nil
	}
	return q.String()
}

// loosely is a text without what normalizing may change: case, space and punctuation.
func loosely(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n-/.,:;()+'\"", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

func appendOnce(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}
