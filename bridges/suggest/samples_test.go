package suggest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"referworks/bridges/record"
	"referworks/bridges/suggest"
)

// TestSamplesOfRealSystems suggests for every document of the samples: no panic, no place chosen twice, and what is
// chosen has a reason. REFERWORKS_SAMPLES names the folder.
func TestSamplesOfRealSystems(t *testing.T) {
	root := os.Getenv("REFERWORKS_SAMPLES")
	if root == "" {
		t.Skip("REFERWORKS_SAMPLES is not set")
	}
	read := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "hostile") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var n *record.Node
		switch filepath.Ext(path) {
		case ".json":
			n, err = record.DecodeJSON(b, record.Limits{})
		case ".xml":
			n, err = record.DecodeXML(b, record.Limits{})
		default:
			return nil
		}
		if err != nil {
			return nil
		}
		read++
		fields := flatten(n)
		all := suggest.Fields(fields, suggest.Options{})
		sane(t, path, fields, all)
		t.Logf("%s: %d fields", filepath.Base(path), len(fields))
		for i, s := range all {
			best := ""
			if len(s.Candidates) > 0 {
				best = s.Candidates[0].Place
			}
			t.Logf("  %-7s %-60s %-50s %.30q", s.Band, s.Local, best, fields[i].Examples)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 10 {
		t.Errorf("only %d samples were read", read)
	}
}

func sane(t *testing.T, what string, fields []suggest.Field, all []suggest.Suggestion) {
	t.Helper()
	if len(all) != len(fields) {
		t.Fatalf("%s: %d suggestions for %d fields", what, len(all), len(fields))
	}
	places := map[string]string{}
	for i, s := range all {
		if s.Local != fields[i].Path {
			t.Errorf("%s: suggestion %d is of another field", what, i)
		}
		if s.Chosen != (s.Band == suggest.Sure) {
			t.Errorf("%s %s: chosen %v although %s", what, s.Local, s.Chosen, s.Band)
		}
		for j, c := range s.Candidates {
			if len(c.Reasons) == 0 || c.Label == "" {
				t.Errorf("%s %s: %s has no reason or label", what, s.Local, c.Place)
			}
			if j > 0 && c.Score > s.Candidates[j-1].Score {
				t.Errorf("%s %s: candidates are not in order", what, s.Local)
			}
		}
		if s.Chosen && !strings.HasSuffix(s.Candidates[0].Standard, "[]") && s.Candidates[0].Standard != "people[].contact.address" {
			if other, taken := places[s.Candidates[0].Place]; taken {
				t.Errorf("%s: %s and %s both have %s", what, other, s.Local, s.Candidates[0].Place)
			}
			places[s.Candidates[0].Place] = s.Local
		}
	}
}

// flatten gives the leaves of a document as fields.
func flatten(n *record.Node) []suggest.Field {
	var out []suggest.Field
	at := map[string]int{}
	var walk func(n *record.Node, path string)
	walk = func(n *record.Node, path string) {
		switch n.Kind {
		case record.Object:
			for _, c := range n.Children {
				name := (record.Path{{Name: c.Name}}).String()
				if path != "" {
					name = path + "." + name
				}
				walk(c, name)
			}
		case record.List:
			for _, c := range n.Children {
				walk(c, path+"[]")
			}
		default:
			i, ok := at[path]
			if !ok {
				i = len(out)
				at[path] = i
				out = append(out, suggest.Field{Path: path})
			}
			if n.Text != "" {
				out[i].Examples = append(out[i].Examples, n.Text)
			}
		}
	}
	walk(n, "")
	return out
}
