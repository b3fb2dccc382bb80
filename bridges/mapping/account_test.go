package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

type fatal interface{ Fatalf(string, ...any) }

// accounted checks that every leaf of the record was read by a rule, is an extra fact with its exact value, is listed as
// dropped, or was empty and counted.
func accounted(t fatal, m *mapping.Mapping, rec *record.Node, ref *protocol.Referral, report *mapping.Report) {
	ruled := map[string]bool{}
	for _, r := range m.Document().Rules {
		if r.Direction != "out" {
			for _, p := range r.Local {
				ruled[general(record.MustPath(p))] = true
			}
		}
	}
	if r := m.Document().Recipients; r != nil {
		ruled[general(record.MustPath(r.Path))] = true
	}
	extras := map[string]string{}
	for i := range ref.Extra {
		extras[report.Carried[i].Local] = ref.Extra[i].Value.Text()
	}
	dropped := map[string]bool{}
	for _, p := range report.Dropped {
		dropped[p.Local] = true
	}
	empty, sure := 0, 0 // places that are empty, and those of them that no rule can have read
	rec.Leaves(func(p record.Path, leaf *record.Node) {
		path := p.String()
		value, carried := extras[path]
		clean, _ := protocol.Clean(leaf.Text, true)
		if strings.TrimSpace(leaf.Text) == "" || slices.Contains(m.Document().Side.Empty, leaf.Text) {
			empty++
			if !ruled[general(p)] {
				sure++
			}
			return
		}
		switch {
		case carried && value != clean:
			t.Fatalf("%s: its extra fact has another value", path)
		case carried || dropped[path] || ruled[general(p)]:
		default:
			t.Fatalf("%s is lost: neither a rule, nor an extra fact, nor dropped", path)
		}
	})
	if report.Empty < sure || report.Empty > empty {
		t.Fatalf("%d to %d empty places, but the report counts %d", sure, empty, report.Empty)
	}
	if len(extras) != len(report.Carried) {
		t.Fatalf("%d extra facts, but the report lists %d", len(extras), len(report.Carried))
	}
}

// general is the path without its brackets: a rule for a list also reads a single value as a list of one.
func general(p record.Path) string {
	q := append(record.Path(nil), p...)
	for i := range q {
		q[i].Step, q[i].Match = record.Plain, nil
	}
	return q.String()
}

// anyMatter draws a record that looks like the sample, with any values in any places, places that no rule knows, and places
// that hold something else than the mapping expects.
func anyMatter(sample *record.Node) *rapid.Generator[*record.Node] {
	return rapid.Custom(func(t *rapid.T) *record.Node {
		n := sample.Clone()
		scramble(t, n)
		for _, name := range rapid.SliceOfN(rapid.StringMatching(`[a-z_ "\[.é]{1,8}`), 0, 4).Draw(t, "names") {
			if n.Member(name) == nil {
				n.Add(name, record.NewText(rapid.String().Draw(t, "value")))
			}
		}
		return n
	})
}

func scramble(t *rapid.T, n *record.Node) {
	for i, c := range n.Children {
		if !c.Leaf() && rapid.IntRange(0, 9).Draw(t, "keep") > 0 {
			scramble(t, c)
			continue
		}
		switch rapid.IntRange(0, 9).Draw(t, "change") {
		case 0:
			n.Children[i] = (&record.Node{}).Named(c.Name)
		case 1:
			n.Children[i] = record.NewText(rapid.String().Draw(t, "text")).Named(c.Name)
		case 2:
			n.Children[i] = record.NewNumber(rapid.StringMatching(`-?[1-9][0-9]{0,9}`).Draw(t, "number")).Named(c.Name)
		case 3:
			n.Children[i] = record.NewList(record.NewText("a"), record.NewObject(record.NewBool(true).Named("b"))).Named(c.Name)
		case 4:
			n.Children[i] = record.NewText(rapid.SampledFrom([]string{"N/A", " ", "Refused", "1950-02-30", "2/3/50", "12345"}).Draw(t, "word")).Named(c.Name)
		}
	}
}

// Every leaf is read, carried or listed as dropped, and what comes out is valid or waits for a person.
func TestEveryLeafIsAccountedFor(t *testing.T) {
	for sample, document := range samples {
		m := compiled(t, document)
		like := decodeJSON(t, example(t, sample+".json"))
		if err := wrongPlaces(like); err != "" {
			t.Fatal(err)
		}
		t.Run(sample, rapid.MakeCheck(func(t *rapid.T) {
			rec := anyMatter(like).Draw(t, "record")
			before := rec.Clone()
			ref, report, err := m.ToReferral(rec, harbor())
			accounted(t, m, rec, ref, report)
			if !rec.Equal(before) {
				t.Fatalf("the record was changed")
			}
			if err == nil {
				if err := ref.Validate(); err != nil {
					t.Fatalf("a referral was let through that is not valid: %v", err)
				}
			}
			if _, _, err := m.FromReferral(ref, elsewhere()); err != nil {
				if _, ok := err.(*mapping.Hold); !ok {
					t.Fatalf("the way back: %v", err)
				}
			}
		}))
	}
}

// wrongPlaces guards the test itself: a sample without leaves would prove nothing.
func wrongPlaces(n *record.Node) string {
	leaves := 0
	n.Leaves(func(record.Path, *record.Node) { leaves++ })
	if leaves < 20 {
		return "the sample has hardly any leaves"
	}
	return ""
}
