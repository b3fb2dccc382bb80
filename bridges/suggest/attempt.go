package suggest

import (
	"slices"
	"strings"

	"referworks/bridges/mapping"
)

// attempt is a rule that try was asked to add.
type attempt struct {
	rule           mapping.Rule
	locals, tables []string
}

// try adds a rule in the first form that compiles: as it is, with lists of ours entered at their first item, on the
// way in only; otherwise its fields are carried. Rules are tried one by one; only when they do not fit together, each
// is tried beside those before it.
func (d *drafter) try(r mapping.Rule, locals, tables []string) {
	d.attempts = append(d.attempts, attempt{r, locals, tables})
	for _, form := range forms(r) {
		doc := *d.doc
		doc.Groups = d.withGroup(form)
		doc.Rules = []mapping.Rule{form}
		if d.together {
			doc.Rules = append(slices.Clone(d.doc.Rules), form)
		}
		if _, err := mapping.Compile(&doc); err == nil {
			d.doc.Rules, d.doc.Groups = append(slices.Clip(d.doc.Rules), form), doc.Groups
			if form.Direction == "in" && r.Direction != "in" {
				d.note("%s is taken on the way in only.", d.label(locals[0]))
			}
			return
		}
	}
	for _, l := range locals {
		delete(d.ruled, l)
		d.note("%s: %s could not be filled by itself, it may be taken already.", d.label(l), r.Standard)
	}
}

// retry adds the rules again, each beside those before it.
func (d *drafter) retry() {
	all := d.attempts
	d.together, d.attempts = true, nil
	d.doc.Rules, d.doc.Groups = d.base, d.baseGroups
	d.out.Notes = slices.Clip(d.out.Notes)
	for _, a := range all {
		for _, l := range a.locals {
			d.ruled[l] = true
		}
		d.try(a.rule, a.locals, a.tables)
	}
}

// dropTables takes out the tables that only rules used that could not be added.
func (d *drafter) dropTables() {
	used := map[string]bool{}
	for _, r := range d.doc.Rules {
		used[tableOf(r)] = true
	}
	for _, a := range d.attempts {
		for _, t := range a.tables {
			if !used[t] {
				delete(d.doc.ValueTables, t)
			}
		}
	}
}

func (d *drafter) label(local string) string { return named(d.fields[local]) }

func named(f *Field) string {
	if f.Label != "" {
		return f.Label
	}
	return f.Path
}

// forms gives a rule and weaker forms of it.
func forms(r mapping.Rule) []mapping.Rule {
	out := []mapping.Rule{r}
	if lists := strings.Count(r.Local[0], "[]"); lists > 0 {
		for keep := lists - 1; keep >= 0; keep-- {
			f := r
			f.Local = slices.Clone(r.Local)
			for i := range f.Local {
				f.Local[i] = firstItems(f.Local[i], keep)
			}
			out = append(out, f)
		}
	}
	if len(r.Via) > 0 {
		f := r
		f.Direction = "in"
		out = append(out, f)
	}
	return out
}

// firstItems keeps the first lists of a path and enters the others at their first item.
func firstItems(path string, keep int) string {
	var b strings.Builder
	for {
		i := strings.Index(path, "[]")
		if i < 0 {
			b.WriteString(path)
			return b.String()
		}
		b.WriteString(path[:i])
		if keep > 0 {
			keep--
			b.WriteString("[]")
		} else {
			b.WriteString("[0]")
		}
		path = path[i+2:]
	}
}

// withGroup gives the groups with the one that pairs the rule's list of ours with the standard's.
func (d *drafter) withGroup(r mapping.Rule) []mapping.Group {
	i := strings.Index(r.Local[0], "[]")
	j := strings.IndexByte(r.Standard, ']')
	if i < 0 || j < 0 || strings.Count(r.Local[0], "[]") != 1 || j+1 == len(r.Standard) {
		return d.doc.Groups
	}
	local, std := r.Local[0][:i+2], r.Standard[:j+1]
	for _, g := range d.doc.Groups {
		if g.Local == local || g.Standard == std {
			return d.doc.Groups
		}
	}
	id := d.unique(nameOf(local), func(s string) bool {
		return slices.ContainsFunc(d.doc.Groups, func(g mapping.Group) bool { return g.ID == s })
	})
	return append(slices.Clone(d.doc.Groups), mapping.Group{ID: id, Local: local, Standard: std})
}
