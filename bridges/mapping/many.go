package mapping

import (
	"errors"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

// each returns the scope whose items are referrals of their own, or nil.
func (m *Mapping) each() *scope {
	for _, s := range m.scopes {
		if s.group != nil && s.group.Each == "referral" {
			return s
		}
	}
	return nil
}

// ToReferrals converts a record of ours to one referral for each item of the document's group with each: referral, or
// to one. What the record has beside that list is in all of them. The report is one for all; the error is *Hold with
// the reasons of all.
func (m *Mapping) ToReferrals(rec *record.Node, ctx Context) ([]*protocol.Referral, *Report, error) {
	records := m.Split(rec, ctx)
	out := make([]*protocol.Referral, 0, len(records))
	var all *Report
	hold := &Hold{}
	for _, one := range records {
		ref, report, err := m.ToReferral(one, ctx)
		if err = hold.add(err); err != nil {
			return out, report, err
		}
		out, all = append(out, ref), Merge(all, report)
	}
	return out, all, hold.orNil()
}

// Split makes a record for each item of the group with each: referral, as ToReferrals converts them one by one; without
// such items, the record itself is the only one. The record is not changed.
func (m *Mapping) Split(rec *record.Node, ctx Context) []*record.Node {
	s := m.each()
	if s == nil {
		return []*record.Node{rec}
	}
	in := &intake{m: m, ctx: &ctx, rec: rec, report: &Report{}}
	var chosen []*record.Node
	for _, item := range rec.Find(s.whole) {
		if s.when == nil || in.conditionHolds(s.when, item) {
			chosen = append(chosen, item)
		}
	}
	if len(chosen) < 2 {
		return []*record.Node{rec}
	}
	var out []*record.Node
	for _, item := range chosen {
		out = append(out, without(rec, func(n *record.Node) bool { return n != item && slices.Contains(chosen, n) }))
	}
	return out
}

// without copies a tree and leaves nodes out.
func without(n *record.Node, leave func(*record.Node) bool) *record.Node {
	c := n.Clone()
	prune(n, c, leave)
	return c
}

// prune takes from the copy c what is left out of n. Both have the same shape.
func prune(n, c *record.Node, leave func(*record.Node) bool) {
	kept := c.Children[:0]
	for i, child := range n.Children {
		if !leave(child) {
			prune(child, c.Children[i], leave)
			kept = append(kept, c.Children[i])
		}
	}
	c.Children = kept
}

// FromReferrals converts referrals of one group, as ToReferrals makes them, back to one record of ours. Where they differ
// outside the group's list, the first that has a value is used and the report lists what was left behind.
func (m *Mapping) FromReferrals(refs []*protocol.Referral, ctx Context) (*record.Node, *Report, error) {
	s := m.each()
	switch {
	case len(refs) == 0:
		return nil, nil, errors.New("converting referrals to one record: there is no referral")
	case len(refs) > 1 && s == nil:
		return nil, nil, errors.New("converting several referrals to one record: the mapping has no group with each: referral; convert each by itself, or add it to the group")
	}
	var rec *record.Node
	var all *Report
	hold := &Hold{}
	for _, ref := range refs {
		one, report, err := m.FromReferral(ref, ctx)
		if err = hold.add(err); err != nil {
			return rec, report, err
		}
		if all = Merge(all, report); rec == nil {
			rec = one
			continue
		}
		m.mergeRecord(rec, one, s, all)
	}
	return rec, all, hold.orNil()
}

// mergeRecord puts the items of the group into rec, and what rec does not have.
func (m *Mapping) mergeRecord(rec, one *record.Node, s *scope, report *Report) {
	at := slices.Clone(s.whole)
	last := &at[len(at)-1]
	last.Step, last.Index = record.Item, len(rec.Find(s.whole))
	for _, item := range one.Find(s.whole) {
		if rec.Set(at, item.Clone()) == nil {
			last.Index++
		}
	}
	one.Leaves(func(p record.Path, n *record.Node) {
		if covers(s.whole, p) {
			return
		}
		old := rec.First(p)
		switch {
		case old == nil || old.Kind == record.Null:
			if rec.Set(p, n.Clone()) == nil {
				return
			}
		case old.Kind == n.Kind && old.Text == n.Text:
			return
		case m.out != nil && p.String() == m.out.String() && old.Kind == record.Text:
			old.Text = joinLines(old.Text, n.Text)
			return
		}
		report.Dropped = append(report.Dropped, PlaceReport{Local: p.String(), Label: humanize(p), Reason: "the referrals of the group differ; the first one's is kept"})
	})
}

// joinLines adds the lines that are not there yet.
func joinLines(text, more string) string {
	have := strings.Split(text, "\n")
	for line := range strings.SplitSeq(more, "\n") {
		if !slices.Contains(have, line) {
			have = append(have, line)
		}
	}
	return strings.Join(have, "\n")
}

// add collects the reasons of a Hold and passes any other error on.
func (h *Hold) add(err error) error {
	var one *Hold
	if !errors.As(err, &one) {
		return err
	}
	for _, r := range one.Reasons {
		if !slices.Contains(h.Reasons, r) {
			h.Reasons = append(h.Reasons, r)
		}
	}
	return nil
}

func (h *Hold) orNil() error {
	if len(h.Reasons) == 0 {
		return nil
	}
	return h
}

// Merge adds a report of the same mapping and direction to all, which changes; of nil it makes a copy. Of each field the
// worst counts, every place once.
func Merge(all, one *Report) *Report {
	if all == nil {
		c := *one
		c.Fields, c.Values, c.Carried = slices.Clone(one.Fields), slices.Clone(one.Values), slices.Clone(one.Carried)
		c.Dropped, c.Stated = slices.Clone(one.Dropped), slices.Clone(one.Stated)
		return &c
	}
	for _, f := range one.Fields {
		i := slices.IndexFunc(all.Fields, func(g FieldReport) bool { return g.Rule == f.Rule && g.Path == f.Path })
		if i < 0 {
			all.Fields = append(all.Fields, f)
			continue
		}
		g := &all.Fields[i]
		if g.Times += f.Times; worse[f.Status] > worse[g.Status] {
			g.Status, g.Reason = f.Status, f.Reason
		}
	}
	for _, v := range one.Values {
		i := slices.IndexFunc(all.Values, func(w ValueReport) bool { return w.Rule == v.Rule && w.Table == v.Table && w.Outcome == v.Outcome })
		if i < 0 {
			all.Values = append(all.Values, v)
			continue
		}
		all.Values[i].Times += v.Times
	}
	all.Carried, all.Dropped = addPlaces(all.Carried, one.Carried), addPlaces(all.Dropped, one.Dropped)
	for _, s := range one.Stated {
		if !slices.Contains(all.Stated, s) {
			all.Stated = append(all.Stated, s)
		}
	}
	all.Empty = max(all.Empty, one.Empty)
	return all
}

func addPlaces(all, more []PlaceReport) []PlaceReport {
	for _, p := range more {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}
