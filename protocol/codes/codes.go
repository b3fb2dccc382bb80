// Package codes holds the code systems that needs, reasons and choices are written in: as tables where they may be
// shipped, with source and license beside each in tables/, and by the form of their codes where they may not.
//
// A code that is not known here is not wrong: systems grow, and an organization's own list is known only to it.
package codes

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Entry is one code of a system.
type Entry struct {
	Code    string
	Label   string // English; empty where labels may not be shipped
	Spanish string // empty where there is none
	Parent  string // code of the entry above, or ""
	Heading bool   // groups others and is itself no code: it is shown and never sent
}

// In gives the label in a language (BCP 47), or the English one.
func (e Entry) In(language string) string {
	if primary, _, _ := strings.Cut(language, "-"); strings.EqualFold(primary, "es") && e.Spanish != "" {
		return e.Spanish
	}
	return e.Label
}

// Table is a code system.
type Table struct {
	Name    string // as it stands in a Coding: "lsc"
	Title   string
	Source  string // where it comes from, under which license
	Entries []Entry
	// CodesOnly: the table is not shipped; a code of the right form is taken without a label.
	CodesOnly bool

	form  *regexp.Regexp
	index map[string]int
}

// Lookup gives the entry of a code. In a system of which only codes are known, it gives the code itself.
func (t *Table) Lookup(code string) (Entry, bool) {
	if i, ok := t.index[code]; ok {
		return t.Entries[i], true
	}
	if t.CodesOnly && t.form.MatchString(code) {
		return Entry{Code: code}, true
	}
	return Entry{}, false
}

// Below gives the entries whose parent is code, in their order; of "" those at the top.
func (t *Table) Below(code string) []Entry {
	var all []Entry
	for _, e := range t.Entries {
		if e.Parent == code {
			all = append(all, e)
		}
	}
	return all
}

// System gives a system by its name. The table is shared: read it only.
func System(name string) (*Table, bool) {
	t, ok := theTables().byName[name]
	return t, ok
}

// Systems gives all systems: those for needs first, then the short lists of the standard. The tables are shared:
// read them only.
func Systems() []*Table { return slices.Clone(theTables().order) }

// Lookup gives the entry of a code in a system.
func Lookup(system, code string) (Entry, bool) {
	if t, ok := System(system); ok {
		return t.Lookup(code)
	}
	return Entry{}, false
}

// The systems that needs are coded in.
const (
	LSC             = "lsc"
	SDOHCC          = "sdohcc"
	LIST            = "list"
	OpenEligibility = "open-eligibility"
	HUD             = "hud"
	ICD10           = "icd-10"
	TwoOneOne       = "211"
)

//go:embed tables
var files embed.FS

type tables struct {
	order  []*Table
	byName map[string]*Table
}

var theTables = sync.OnceValue(func() *tables {
	all := &tables{byName: map[string]*Table{}}
	all.add(&Table{Name: LSC, Title: "LSC problem codes", Source: source(LSC), Entries: read("lsc.tsv", "")})
	all.add(&Table{Name: SDOHCC, Title: "SDOH categories (Gravity Project)", Source: source(SDOHCC), Entries: read("sdohcc.tsv", "")})
	for _, t := range []struct{ name, title, form string }{
		{LIST, "LIST, the legal issues taxonomy", `^[A-Z]{2}(-\d{2}){4}$`},
		{OpenEligibility, "Open Eligibility", `^\d{4}$`},
		{HUD, "HUD data standards", `^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$`},
		{ICD10, "ICD-10 Z55 to Z65", `^Z(5[5-9]|6[0-5])(\.[0-9A-Z]{1,4})?$`},
		{TwoOneOne, "211 taxonomy", `^[A-Z]{1,2}(-[0-9.]+)?$`},
	} {
		all.add(&Table{Name: t.name, Title: t.title, CodesOnly: true, form: regexp.MustCompile(t.form),
			Source: "Codes only: the table is not shipped until its license is checked."})
	}
	own := source("own")
	for _, name := range ownNames() {
		all.add(&Table{Name: name, Title: strings.ReplaceAll(name, "-", " "), Source: own, Entries: read("own.tsv", name)})
	}
	return all
})

func (all *tables) add(t *Table) {
	t.index = make(map[string]int, len(t.Entries))
	for i, e := range t.Entries {
		if !e.Heading {
			t.index[e.Code] = i
		}
	}
	all.order = append(all.order, t)
	all.byName[t.Name] = t
}

func source(name string) string { return strings.TrimSpace(file(name + ".source.txt")) }

func file(name string) string {
	b, err := files.ReadFile("tables/" + name)
	if err != nil {
		panic(err) // not embedded: a bug of ours
	}
	return string(b)
}

// rows splits a table into its cells, without the line of titles.
func rows(name string, cells int) [][]string {
	var all [][]string
	for _, line := range strings.Split(strings.TrimSuffix(file(name), "\n"), "\n")[1:] {
		row := strings.Split(line, "\t")
		if len(row) != cells {
			panic(fmt.Sprintf("read %s: a line has %d cells and needs %d", name, len(row), cells))
		}
		all = append(all, row)
	}
	return all
}

// read gives the entries of a table; own.tsv holds several lists, of which system is the name.
func read(name, system string) []Entry {
	cells := 4
	if system != "" {
		cells = 5
	}
	var all []Entry
	for _, row := range rows(name, cells) {
		if system != "" {
			if row[0] != system {
				continue
			}
			row = row[1:]
		}
		all = append(all, Entry{Code: row[0], Parent: row[1], Label: row[2], Spanish: row[3], Heading: row[0][0] == '#'})
	}
	return all
}

func ownNames() []string {
	var names []string
	for _, row := range rows("own.tsv", 5) {
		if !slices.Contains(names, row[0]) {
			names = append(names, row[0])
		}
	}
	return names
}
