package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/record"
)

// ChangeKind says what happened to a field.
type ChangeKind string

// The kinds of change.
const (
	New       ChangeKind = "new"
	Gone      ChangeKind = "gone"
	Changed   ChangeKind = "changed"   // of kind, of the form of dates, or between one and several
	NewValues ChangeKind = "newValues" // Field.Values has the new ones
)

// Change is one difference between what documents looked like and what they look like now.
type Change struct {
	Kind     ChangeKind `json:"kind"`
	Field    Field      `json:"field"` // as it is now; of Gone as it was
	Sentence string     `json:"sentence"`
	Renamed  string     `json:"renamed,omitempty"` // of New: the gone field that it may be, by its path
}

// Fingerprint names the paths and kinds of a shape, and nothing that is in the documents. Fields that were always empty do
// not count, so that one document with a gap is no other shape.
func (s *Shape) Fingerprint() string {
	lines := []string{s.Format}
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Kind != "null" {
			lines = append(lines, f.Path+"\x00"+f.Kind+"\x00"+f.Form)
		}
	}
	slices.Sort(lines[1:])
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}

// Compare tells what is different in now, in the order of its fields, what is gone last. Both are shapes of the same kind
// of document; from few records little can be told: a field that was not always there is not called gone.
func Compare(was, now *Shape) []Change {
	before, after := places(was), places(now)
	changes := []Change{}
	for i := range now.Fields {
		f := &now.Fields[i]
		old, known := before[f.Path]
		switch other := before[flat(f.Path)]; {
		case !known && other != nil && after[other.Path] == nil:
			sentence := fmt.Sprintf("%s was several and is one now.", named(f))
			if strings.Count(f.Path, "[]") > strings.Count(other.Path, "[]") {
				sentence = fmt.Sprintf("%s was one and is several now.", named(f))
			}
			changes = append(changes, Change{Kind: Changed, Field: *f, Sentence: sentence, Renamed: other.Path})
		case !known && f.Filled == 0 && !now.Schema: // nothing has stood there yet
		case !known:
			changes = append(changes, added(f, was, after))
		default:
			if c, ok := changed(old, f); ok {
				changes = append(changes, c)
			}
			if c, ok := newValues(old, f); ok {
				changes = append(changes, c)
			}
		}
	}
	for i := range was.Fields {
		f := &was.Fields[i]
		switch other := after[flat(f.Path)]; {
		case after[f.Path] != nil, other != nil && before[other.Path] == nil:
		case !was.Schema && f.Filled < was.Records, now.Records == 0 && !now.Schema: // it was not always there
		default:
			changes = append(changes, Change{Kind: Gone, Field: *f, Sentence: fmt.Sprintf("%s is gone.", named(f))})
		}
	}
	return changes
}

// places finds fields by their paths, and by their paths without the marks of lists.
func places(s *Shape) map[string]*Field {
	all := map[string]*Field{}
	for i := range s.Fields {
		if at := flat(s.Fields[i].Path); all[at] == nil {
			all[at] = &s.Fields[i]
		}
	}
	for i := range s.Fields {
		all[s.Fields[i].Path] = &s.Fields[i]
	}
	return all
}

func flat(path string) string { return strings.ReplaceAll(path, "[]", "") + "\x00flat" }

// added tells of a new field, and which gone one it may be: one whose name or values are the same.
func added(f *Field, was *Shape, after map[string]*Field) Change {
	c := Change{Kind: New, Field: *f, Sentence: fmt.Sprintf("%s is new.", named(f))}
	for i := range was.Fields {
		old := &was.Fields[i]
		if after[old.Path] == nil && old.Filled > 0 && alike(old, f) {
			c.Renamed = old.Path
			c.Sentence = fmt.Sprintf("%s is new, and may be what %s was.", named(f), named(old))
			break
		}
	}
	return c
}

// alike reports whether a field may be another under a new name.
func alike(a, b *Field) bool {
	if a.Kind != b.Kind || a.Form != b.Form {
		return false
	}
	x, y := record.Loose(lastOf(a.Path)), record.Loose(lastOf(b.Path))
	if x != "" && x == y || a.Label != "" && record.Loose(a.Label) == record.Loose(b.Label) {
		return true
	}
	if len(x) >= 4 && len(y) >= 4 && (strings.HasSuffix(x, y) || strings.HasSuffix(y, x) || strings.HasPrefix(x, y) || strings.HasPrefix(y, x)) {
		return true
	}
	same := 0
	for _, v := range a.Values {
		if slices.ContainsFunc(b.Values, func(w Word) bool { return w.Text == v.Text }) {
			same++
		}
	}
	return same >= 2 && same*2 >= len(a.Values)
}

func lastOf(path string) string {
	if p, err := record.ParsePath(path); err == nil && len(p) > 0 {
		return p[len(p)-1].Name
	}
	return path
}

func changed(old, f *Field) (Change, bool) {
	var how []string
	if old.Kind != f.Kind && old.Kind != "null" && f.Kind != "null" {
		how = append(how, fmt.Sprintf("was %s and is %s now", kindWords[old.Kind], kindWords[f.Kind]))
	}
	if old.Form != f.Form && old.Form != "" && f.Form != "" {
		how = append(how, fmt.Sprintf("had dates like %s and has dates like %s now", old.Form, f.Form))
	}
	if len(how) == 0 {
		return Change{}, false
	}
	return Change{Kind: Changed, Field: *f, Sentence: named(f) + " " + strings.Join(how, " and ") + "."}, true
}

var kindWords = map[string]string{"text": "text", "number": "a number", "bool": "yes or no", "date": "a date", "datetime": "a time"}

// newValues tells of values that a field with few of them did not have.
func newValues(old, f *Field) (Change, bool) {
	if len(old.Values) == 0 || old.Form != "" || old.Ask != "" { // dates that come again are no codes
		return Change{}, false
	}
	seen := f.Values
	if len(seen) == 0 {
		for _, e := range f.Examples {
			seen = append(seen, Word{Text: e})
		}
	}
	c := Change{Kind: NewValues, Field: *f}
	c.Field.Values = nil
	var words []string
	for _, v := range seen {
		if !slices.ContainsFunc(old.Values, func(w Word) bool { return w.Text == v.Text }) {
			c.Field.Values = append(c.Field.Values, v)
			words = append(words, fmt.Sprintf("%q", v.Text))
		}
	}
	if len(words) == 0 {
		return Change{}, false
	}
	c.Sentence = fmt.Sprintf("%s has new values: %s.", named(f), strings.Join(words, ", "))
	return c, true
}

func named(f *Field) string {
	if f.Label != "" && f.Label != f.Path {
		return fmt.Sprintf("%s (%s)", f.Label, f.Path)
	}
	return f.Path
}
