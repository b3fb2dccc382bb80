package mapping

import (
	"fmt"
	"strings"

	"referworks/protocol"
)

// Report says what one conversion kept, changed and lost. It holds names of fields and never values, so that it may be
// shown, stored and sent to the other side.
type Report struct {
	Mapping   string        `json:"mapping"` // id of the document
	Name      string        `json:"name"`
	Version   protocol.Hash `json:"version"`
	Direction string        `json:"direction"` // in or out
	Fields    []FieldReport `json:"fields"`
	Values    []ValueReport `json:"values,omitempty"`
	Carried   []PlaceReport `json:"carried,omitempty"` // in: as extra facts; out: as text in the place that the document names
	Dropped   []PlaceReport `json:"dropped,omitempty"` // left behind on purpose, or because there is no place
	Stated    []string      `json:"stated,omitempty"`  // parts of the standard that the organization stated: consents, referrer.contact
	Empty     int           `json:"empty,omitempty"`   // places without a rule that were empty
	Files     string        `json:"files,omitempty"`   // out: why not all files that came along are in the system, in one sentence
}

// FieldReport is one rule's outcome; of a rule that runs for every item of a list, the worst.
type FieldReport struct {
	Path     string   `json:"path"`               // in the standard
	Standard string   `json:"standard,omitempty"` // the standard's label
	Local    []string `json:"local,omitempty"`    // our places
	Label    string   `json:"label"`              // our label, else the standard's
	Rule     string   `json:"rule,omitempty"`
	Status   Status   `json:"status"`
	Reason   string   `json:"reason,omitempty"`
	Times    int      `json:"times,omitempty"` // how often the rule had something to convert
}

// ValueReport is what became of the values of a coded field.
type ValueReport struct {
	Label   string `json:"label"`
	Rule    string `json:"rule"`
	Table   string `json:"table"`
	Outcome string `json:"outcome"` // equivalent, broader, narrower, related, kept, fixed or held
	Times   int    `json:"times"`
}

// PlaceReport is a place without a rule, or one whose value did not fit.
type PlaceReport struct {
	Local  string         `json:"local,omitempty"`
	Path   string         `json:"path,omitempty"`
	Label  string         `json:"label"`
	Class  protocol.Class `json:"class,omitempty"`
	Reason string         `json:"reason,omitempty"`
}

// rows finds the report's row of a rule. Their texts are the same in every report of a mapping, so that a
// report begins as a copy of blank.
type rows struct {
	report *Report
	blank  []FieldReport
	at     []int // by rule; 0 when the rule is not of the direction, otherwise the row's position + 1
}

func (r rows) of(rule *rule) *FieldReport {
	if i := r.at[rule.index]; i > 0 {
		return &r.report.Fields[i-1]
	}
	return nil
}

// begin makes an empty report with a row for each rule of the direction.
func (m *Mapping) begin(direction string) (*Report, rows) {
	r := m.rowsOut
	if direction == "in" {
		r = m.rowsIn
	}
	r.report = &Report{Mapping: m.doc.ID, Name: m.doc.Name, Version: m.hash, Direction: direction, Fields: make([]FieldReport, 0, len(r.blank)+4)}
	r.report.Fields = append(r.report.Fields, r.blank...)
	return r.report, r
}

func (k *compiler) blankRows(in bool) rows {
	r := rows{at: make([]int, len(k.doc.Rules))}
	for _, rule := range k.m.rules {
		if in && !rule.in || !in && !rule.out {
			continue
		}
		f := FieldReport{Local: rule.doc.Local, Label: rule.label, Rule: rule.doc.ID, Status: Empty}
		if rule.std != nil {
			f.Path, f.Standard = rule.std.general, rule.std.label
		}
		if f.Label == "" {
			f.Label = f.Standard
		}
		r.blank = append(r.blank, f)
		r.at[rule.index] = len(r.blank)
	}
	return r
}

func (f *FieldReport) note(s Status, reason string) {
	if s != Empty {
		f.Times++
	}
	if worse[s] > worse[f.Status] {
		f.Status, f.Reason = s, reason
	}
}

func (c *call) outcome(table, outcome string) {
	for i := range *c.values {
		v := &(*c.values)[i]
		if v.Rule == c.rule.doc.ID && v.Outcome == outcome {
			v.Times++
			return
		}
	}
	*c.values = append(*c.values, ValueReport{Label: c.rule.label, Rule: c.rule.doc.ID, Table: table, Outcome: outcome, Times: 1})
}

// Count returns how many fields have the status.
func (r *Report) Count(s Status) int {
	n := 0
	for i := range r.Fields {
		if r.Fields[i].Status == s {
			n++
		}
	}
	return n
}

// Lossless reports whether everything has arrived as a field of its own, with its meaning.
func (r *Report) Lossless() bool {
	return len(r.Dropped) == 0 && len(r.Carried) == 0 && r.Count(Narrowed)+r.Count(Flagged)+r.Count(Held)+r.Count(Missing) == 0
}

// Sentences tells the report to a person: first what came over, then everything worth a look.
func (r *Report) Sentences() []string {
	good := r.Count(OK) + r.Count(Normalized) + r.Count(Narrowed) + r.Count(Flagged)
	out := []string{fmt.Sprintf("%d %s converted, %d filled in by the mapping.", good, plural(good, "field was", "fields were"), r.Count(Defaulted))}
	for _, f := range r.Fields {
		if s := f.sentence(); s != "" {
			out = append(out, s)
		}
	}
	for _, v := range r.Values {
		switch v.Outcome {
		case "kept":
			out = append(out, fmt.Sprintf("%s: the value is not in the value table %s and is shown as the sender wrote it.", v.Label, v.Table))
		case "broader", "narrower", "related":
			out = append(out, fmt.Sprintf("%s: the value has a %s meaning on the other side.", v.Label, v.Outcome))
		}
	}
	where := "as extra facts"
	if r.Direction == "out" {
		where = "as text"
	}
	out = appendPlaces(out, r.Carried, "travels "+where, "travel "+where)
	out = appendPlaces(out, r.Dropped, "was left behind", "were left behind")
	for _, s := range r.Stated {
		out = append(out, fmt.Sprintf("%s: stated by the organization, not found in the record.", protocol.Label(s)))
	}
	return out
}

func (f *FieldReport) sentence() string {
	switch f.Status {
	case OK, Normalized, Empty:
		return ""
	case Defaulted:
		if f.Reason == "" {
			return "" // the first sentence counts it
		}
	case Missing:
		return f.Label + ": it is required and is empty."
	}
	reason := f.Reason
	if reason == "" {
		reason = string(f.Status)
	}
	return f.Label + ": " + reason + "."
}

func appendPlaces(out []string, places []PlaceReport, one, many string) []string {
	if len(places) == 0 {
		return out
	}
	labels := make([]string, 0, 8)
	for i, p := range places {
		if i == 7 && len(places) > 8 {
			labels = append(labels, fmt.Sprintf("%d more", len(places)-i))
			break
		}
		labels = append(labels, p.Label)
	}
	return append(out, fmt.Sprintf("%d %s %s: %s.", len(places), plural(len(places), "field", "fields"), plural(len(places), one, many), strings.Join(labels, ", ")))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
