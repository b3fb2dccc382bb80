package suggest

import (
	"cmp"
	"slices"
	"sync"

	"referworks/protocol"
	"referworks/protocol/codes"
)

// Place is a place of the standard that a field of ours can be joined with. One field of the standard may be several
// places: the phone of the person and the phone of the other side.
type Place struct {
	Place    string `json:"place"`    // as a mapping document writes it: "people[role=adverse].names[].given"
	Standard string `json:"standard"` // general path, as protocol.FieldAt knows it
}

// Places gives every place that the matcher knows, and every other field of the standard but those that nodes set, in
// the order of the standard. The list is shared: read it only.
var Places = sync.OnceValue(func() []Place {
	v := theVocabulary()
	order := map[string]int{}
	for i, f := range protocol.Fields() {
		order[f.Path] = i
	}
	var all []Place
	seen, met := map[string]bool{}, map[string]bool{}
	for _, t := range v.targets {
		met[t.standard] = true
		if !seen[t.place] && !t.field.Technical {
			seen[t.place] = true
			all = append(all, Place{t.place, t.standard})
		}
	}
	for _, f := range protocol.Fields() {
		if !met[f.Path] && !f.Technical {
			all = append(all, Place{f.Path, f.Path})
		}
	}
	slices.SortStableFunc(all, func(a, b Place) int { return cmp.Compare(order[a.Standard], order[b.Standard]) })
	return all
})

// Code is an entry of a list that values of the standard are taken from.
type Code struct {
	Code    string `json:"code"`
	Label   string `json:"label,omitempty"`
	Spanish string `json:"spanish,omitempty"`
	Parent  string `json:"parent,omitempty"`  // code of the entry above
	Heading bool   `json:"heading,omitempty"` // groups others and cannot be chosen
}

// CodeList is a list of codes for a field.
type CodeList struct {
	System  string   `json:"system"`            // "" for a closed list without a name
	Systems []string `json:"systems,omitempty"` // others that the field takes, this one included
	Codes   []Code   `json:"codes"`
}

// CodesOf gives the list that values of a field of the standard are taken from. system is one of the list's Systems, or
// empty for the usual one. It is false for a field whose values are not codes, or whose codes are not known here.
func CodesOf(standard, system string) (CodeList, bool) {
	goal, ok := GoalOf(standard)
	if !ok {
		return CodeList{}, false
	}
	out := CodeList{System: goal.System, Codes: []Code{}}
	if goal.System == "" && len(goal.Values) == 0 { // needs: any system whose table is shipped
		out.Systems = []string{codes.LSC, codes.SDOHCC}
		out.System = codes.LSC
		if slices.Contains(out.Systems, system) {
			out.System = system
		}
	}
	known := map[string]bool{}
	add := func(c Code) {
		if key := c.Code + c.Label; !known[key] && (c.Heading || len(goal.Values) == 0 || slices.Contains(goal.Values, c.Code)) {
			known[key], known[c.Code] = true, true
			out.Codes = append(out.Codes, c)
		}
	}
	if t, ok := codes.System(out.System); ok {
		for _, e := range t.Entries {
			add(Code(e))
		}
	}
	for _, l := range localList(out.System) {
		if !known[l.code] {
			add(Code{Code: l.code, Label: l.label, Spanish: l.spanish})
		}
	}
	for _, v := range goal.Values {
		if !known[v] {
			add(Code{Code: v})
		}
	}
	return out, true
}
