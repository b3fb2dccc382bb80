package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// figures is quality.json. Fractions of 1; docs/mapping.md says how each is counted.
type figures struct {
	FieldsFirst            float64 `json:"fieldsFirst"`
	FieldsFirstLeaveOneOut float64 `json:"fieldsFirstLeaveOneOut"`
	ValuesFirst            float64 `json:"valuesFirst"`
	ConfidentWrong         float64 `json:"confidentWrong"`
	LeavesAccounted        float64 `json:"leavesAccounted"`
	RoundTrip              float64 `json:"roundTrip"`

	Systems  int `json:"systems"`
	Unread   int `json:"unread"` // samples that are not there or not readable
	Fields   int `json:"fields"`
	Words    int `json:"words"`
	Leaves   int `json:"leaves"`   // filled leaves of all records
	HomeSame int `json:"homeSame"` // of them home again as they were, or in another form
}

func figuresOf(lines []line) figures {
	var f figures
	var first, out, values, wrong, accounted, home share
	for _, l := range lines {
		if l.problem != "" {
			f.Unread++
			continue
		}
		f.Systems++
		first, out, values = first.plus(l.first.First), out.plus(l.learnt.First), values.plus(l.values.First)
		wrong = wrong.plus(l.first.Wrong).plus(l.values.Wrong)
		if l.journey != nil {
			accounted, home = accounted.plus(l.journey.accounted()), home.plus(l.journey.home())
			f.HomeSame += l.journey.Exact + l.journey.Normalized
		}
	}
	f.Fields, f.Words, f.Leaves = first.Whole, values.Whole, accounted.Whole
	f.FieldsFirst, f.FieldsFirstLeaveOneOut, f.ValuesFirst = round(first), round(out), round(values)
	if wrong.Whole > 0 {
		f.ConfidentWrong = round(wrong)
	}
	f.LeavesAccounted, f.RoundTrip = round(accounted), round(home)
	return f
}

func round(s share) float64 { return math.Round(s.fraction()*10_000) / 10_000 }

func table(out io.Writer, lines []line, misses bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	p := &printer{w: w}
	p.say("SYSTEM\tLEAVES\tFIELDS FIRST\tLEAVE ONE OUT\tSURE, WRONG\tVALUES FIRST\tSURE, WRONG\tRULES\tMAPPED\tCARRIED\tDROPPED\tLOST\tHOME SAME\tLISTED\tSILENT\n")
	for _, l := range lines {
		if l.problem != "" {
			p.say("%s\t-\t\t\t\t\t\t\t\t\t\t\t\t\t\n", l.truth.System)
			continue
		}
		p.say("%s\t%d\t%s\t%s\t%s\t%s\t%s\t", l.truth.System, l.leaves, of(l.first.First), of(l.learnt.First), of(l.first.Wrong), of(l.values.First), of(l.values.Wrong))
		if j := l.journey; j != nil {
			p.say("%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", j.Rules, j.Mapped, j.Carried, j.Dropped, j.Lost, j.Exact+j.Normalized, j.Listed, j.Silent)
		} else {
			p.say("-\t-\t-\t-\t-\t-\t-\t-\n")
		}
	}
	if p.err == nil {
		p.err = w.Flush()
	}
	p.w = out
	p.say("\n")
	for _, l := range lines {
		if l.problem != "" {
			p.say("%s is not measured: %s\n", l.truth.System, l.problem)
		}
		if len(l.unlisted) > 0 {
			p.say("%s: %d leaves have no right answer: %s\n", l.truth.System, len(l.unlisted), strings.Join(l.unlisted, ", "))
		}
		if j := l.journey; j != nil && len(j.LostAt)+len(j.SilentAt) > 0 {
			p.say("%s: lost on the way in: %s; changed in silence: %s\n", l.truth.System, strings.Join(j.LostAt, ", "), strings.Join(j.SilentAt, ", "))
		}
		if misses {
			p.misses("fields", &l, l.first)
			p.misses("leave one out", &l, l.learnt)
			p.misses("values", &l, l.values)
		}
	}
	f := figuresOf(lines)
	p.say("fieldsFirst             %.4f  of %d fields that mean one of the standard, nothing learnt\n", f.FieldsFirst, f.Fields)
	p.say("fieldsFirstLeaveOneOut  %.4f  learnt from the other systems only\n", f.FieldsFirstLeaveOneOut)
	p.say("valuesFirst             %.4f  of %d words that have a code\n", f.ValuesFirst, f.Words)
	p.say("confidentWrong          %.4f  of what was chosen, fields and words\n", f.ConfidentWrong)
	p.say("leavesAccounted         %.4f  of %d leaves: mapped, carried or listed as dropped\n", f.LeavesAccounted, f.Leaves)
	p.say("roundTrip               %.4f  home the same (%d) or listed\n", f.RoundTrip, f.HomeSame)
	return p.err
}

func of(s share) string {
	if s.Whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.Part, s.Whole)
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) say(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) misses(what string, l *line, m matching) {
	for _, miss := range m.Misses {
		sure := ""
		if miss.Sure {
			sure = " (sure)"
		}
		p.say("%s, %s: %s: suggested %q%s, right is %q\n", l.truth.System, what, miss.Local, miss.Said, sure, miss.Right)
	}
}
