package mapping

import (
	"fmt"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

// Letter is a referral as labelled lines, in the organization's own field names and words, for media that people
// read. How it looks, and which classes it may show, is for the medium to decide.
type Letter struct {
	Language string `json:"language,omitempty"` // BCP 47, of the labels
	Lines    []Line `json:"lines"`
}

// Line is a heading, with only a label, or a labelled value, which may have several lines of its own.
type Line struct {
	Label   string         `json:"label"`
	Value   string         `json:"value,omitempty"`
	Class   protocol.Class `json:"class,omitempty"` // of the value where it stands
	Heading bool           `json:"heading,omitempty"`
}

// Letter converts a referral as FromReferral does and returns it as lines: the organization's own fields in the order of
// the rules, by sections, then what has no rule under its standard label. The error is *Hold when a person must look first;
// letter and report are there in both cases.
func (m *Mapping) Letter(ref *protocol.Referral, ctx Context) (*Letter, *Report, error) {
	out := m.outgo(ref, &ctx, true)
	w := letterWriter{m: m, at: map[string]int{}, classes: classes(ref)}
	for i := range out.written {
		w.value(&out.written[i])
	}
	other := otherFacts(m.doc.Side.Language)
	for _, l := range out.collect() {
		row := PlaceReport{Path: l.place.Field.Path, Label: l.label, Class: l.place.Class}
		if l.extra >= 0 {
			row.Path, row.Class = "extra[]", classOfExtra(&ref.Extra[l.extra])
		}
		if m.neverHolds(row.Path) {
			row.Reason = "it is on the never list"
			out.report.Dropped = append(out.report.Dropped, row)
			continue
		}
		out.report.Carried = append(out.report.Carried, row)
		w.add(other, nil, Line{Label: l.label, Value: l.text, Class: row.Class})
	}
	letter := &Letter{Language: m.doc.Side.Language, Lines: w.lines()}
	_, report, err := out.finish()
	return letter, report, err
}

func classOfExtra(e *protocol.Extra) protocol.Class {
	if e.Class.Given() {
		return e.Class.Value()
	}
	return protocol.P2
}

// classes maps every leaf to its class where it stands, which may be higher than its field's.
func classes(ref *protocol.Referral) map[protocol.Slot]protocol.Class {
	out := make(map[protocol.Slot]protocol.Class, 64)
	ref.Visit(func(p protocol.Place) bool {
		out[p.Leaf] = p.Class
		return true
	})
	return out
}

type letterWriter struct {
	m        *Mapping
	classes  map[protocol.Slot]protocol.Class
	sections []section
	at       map[string]int
	last     *rule // of the line before, when it has several places
}

type section struct {
	heading string
	lines   []Line
}

func (w *letterWriter) value(v *written) {
	line := Line{Label: v.rule.label, Value: v.text, Class: protocol.P0}
	if v.rule.local == record.Bool {
		line.Value = yesNo(w.m.doc.Side.Language, v.text == "true")
	}
	for _, s := range v.slots {
		line.Class = max(line.Class, w.classes[s])
	}
	var several *rule
	if len(v.rule.locals) > 1 {
		several = v.rule
	}
	w.add(w.heading(v), several, line)
}

func (w *letterWriter) heading(v *written) string {
	heading := v.rule.doc.Section
	if heading == "" && v.rule.std != nil {
		if f, ok := protocol.FieldAt(v.rule.target[0].path); ok {
			heading = f.Group
		}
	}
	if v.frame.parent == nil {
		return heading
	}
	if own := w.m.headings[v.frame.scope]; own != "" {
		heading = own
	}
	return fmt.Sprintf("%s %d", heading, v.frame.number)
}

// add puts a line below its heading; what one rule has put into several places of ours stands in one line.
func (w *letterWriter) add(heading string, rule *rule, line Line) {
	i, found := w.at[heading]
	if !found {
		i = len(w.sections)
		w.at[heading] = i
		w.sections = append(w.sections, section{heading: heading})
	}
	lines := w.sections[i].lines
	if n := len(lines) - 1; n >= 0 && w.last == rule && rule != nil {
		lines[n].Value += ", " + line.Value // several places of one rule: the lines of an address
		return
	}
	w.last = rule
	w.sections[i].lines = append(lines, line)
}

func (w *letterWriter) lines() []Line {
	var out []Line
	for _, s := range w.sections {
		if s.heading != "" {
			out = append(out, Line{Label: s.heading, Heading: true})
		}
		out = append(out, s.lines...)
	}
	return out
}

// otherFacts is the heading of what has no rule.
func otherFacts(language string) string {
	if strings.HasPrefix(language, "es") {
		return "Otros datos"
	}
	return "Other facts"
}

func yesNo(language string, yes bool) string {
	switch {
	case yes && strings.HasPrefix(language, "es"):
		return "sí"
	case yes:
		return "yes"
	}
	return "no"
}
