package protocol_test

import (
	"strings"
	"testing"

	"referworks/protocol"
)

func TestFieldsAreComplete(t *testing.T) {
	labels, paths := map[string]string{}, map[string]bool{}
	for _, f := range protocol.Fields() {
		if f.Help == "" || f.Label == "" || f.Group == "" || f.Class < protocol.P0 || f.Class > protocol.P3 {
			t.Errorf("%s has no help, label, group or class: %+v", f.Path, f)
		}
		if other, ok := labels[f.Label]; ok {
			t.Errorf("%s and %s have one label %q", f.Path, other, f.Label)
		}
		if paths[f.Path] {
			t.Errorf("%s stands twice", f.Path)
		}
		labels[f.Label], paths[f.Path] = f.Path, true
		if strings.Contains(f.Label, "  ") || !strings.HasPrefix(f.Label, f.Group+" - ") || strings.HasSuffix(f.Label, " ") {
			t.Errorf("%s has a malformed label %q", f.Path, f.Label)
		}
		if f.Repeats != strings.Contains(f.Path, "[]") {
			t.Errorf("%s: repeats is %v", f.Path, f.Repeats)
		}
		if (f.Kind == protocol.LeafChoice) != (len(f.Values) > 0) {
			t.Errorf("%s of kind %s has %d values", f.Path, f.Kind, len(f.Values))
		}
	}
	if len(labels) < 150 {
		t.Errorf("only %d fields", len(labels))
	}
}

func TestLabels(t *testing.T) {
	for path, want := range map[string]string{
		"person.names[].given":       "Referred person - First name",
		"person.names[3].given":      "Referred person - First name",
		"person.names":               "Referred person - Names",
		"person":                     "Referred person",
		"person.birthDate.value":     "Referred person - Birth date",
		"people[0].names[1].family":  "Other people - Last name",
		"referrer.organization.name": "Referrer - Organization name",
		"needs[].codes[]":            "Need - Codes",
		"no.such.field":              "no.such.field",
		"person.names[":              "person.names[",
	} {
		if got := protocol.Label(path); got != want {
			t.Errorf("Label(%q) = %q, want %q", path, got, want)
		}
	}
}
