package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

//go:embed truth/*.json
var ourTruth embed.FS

// truth is the right answers for one system, as truth/README.md describes them.
type truth struct {
	System  string       `json:"system"`
	Family  string       `json:"family"`
	Name    string       `json:"name"`
	Samples []string     `json:"samples"`
	Format  string       `json:"format"`
	Record  string       `json:"record"`
	Fields  []fieldTruth `json:"fields"`
	Values  []valueTruth `json:"values"`
}

type fieldTruth struct {
	Local    string   `json:"local"`
	Standard string   `json:"standard"`
	Also     []string `json:"also"`
}

// right says whether an answer, or "" for none, is among the right ones.
func (f *fieldTruth) right(place string) bool {
	return same(f.Standard, place) || slices.ContainsFunc(f.Also, func(a string) bool { return same(a, place) })
}

type valueTruth struct {
	Local    string      `json:"local"`
	Standard string      `json:"standard"`
	System   string      `json:"system"`
	Words    []wordTruth `json:"words"`
}

type wordTruth struct {
	Ours string   `json:"ours"`
	Code string   `json:"code"`
	Also []string `json:"also"`
}

func (w *wordTruth) right(code string) bool { return w.Code == code || slices.Contains(w.Also, code) }

// readTruth reads and checks all tables of a folder, sorted by name.
func readTruth(folder fs.FS) ([]truth, error) {
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list the right answers: %w", err)
	}
	var all []truth
	for _, name := range names {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read the right answers: %w", err)
		}
		var t truth
		if err := json.Unmarshal(b, &t); err != nil {
			return nil, fmt.Errorf("read the right answers in %s: %w", name, err)
		}
		if err := t.check(path.Base(name)); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// check finds slips of the pen: places that are no paths, fields that the standard does not have.
func (t *truth) check(name string) error {
	seen := map[string]bool{}
	for _, f := range t.Fields {
		if _, err := record.ParsePath(f.Local); err != nil {
			return fmt.Errorf("right answers in %s: %w", name, err)
		}
		if seen[f.Local] {
			return fmt.Errorf("right answers in %s: %s stands twice", name, f.Local)
		}
		seen[f.Local] = true
		for _, s := range append([]string{f.Standard}, f.Also...) {
			if _, ok := protocol.FieldAt(general(s)); s != "" && !ok {
				return fmt.Errorf("right answers in %s: the standard has no field %s", name, s)
			}
		}
	}
	return nil
}

// same compares a right place with a suggested one: the same field, and no condition that contradicts.
func same(right, place string) bool {
	if general(right) != general(place) {
		return false
	}
	want, have := conditions(right), conditions(place)
	for name, value := range want {
		if other, ok := have[name]; ok && other != value {
			return false
		}
	}
	return true
}

// general takes the conditions out of a place of the standard.
func general(place string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(place, "[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, rest, found := strings.Cut(after, "]")
		if !found {
			return place
		}
		b.WriteString("[]")
		place = rest
	}
}

// conditions gives what stands in the brackets of a place, by name.
func conditions(place string) map[string]string {
	p, err := record.ParsePath(place)
	if err != nil {
		return nil
	}
	all := map[string]string{}
	for _, s := range p {
		for _, m := range s.Match {
			all[s.Name+"."+m.Name] = m.Value
		}
	}
	return all
}
