package record_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/record"
)

func samples(t testing.TB) string {
	dir := os.Getenv("REFERWORKS_SAMPLES")
	if dir == "" {
		t.Skip("REFERWORKS_SAMPLES is not set")
	}
	return dir
}

func TestJSONSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples(t), "hostile/json/*.json"))
	if err != nil || len(files) < 280 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		_, err = record.DecodeJSON(b, record.Limits{KeepDuplicates: true})
		if accepted, want := err == nil, name[0] == 'y'; accepted != want {
			t.Errorf("%s: accepted %v, want %v (%v)", name, accepted, want, err)
		}
		_, err = record.DecodeJSON(b, record.Limits{})
		twice := strings.HasPrefix(name, "y_object_duplicated_key")
		if accepted, want := err == nil, name[0] == 'y' && !twice; accepted != want {
			t.Errorf("%s without duplicates: accepted %v, want %v (%v)", name, accepted, want, err)
		}
	}
}

func TestJSONErrorsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "line 1, column 1: a value is expected"},
		{"{\n  \"zip\": 02139}", "line 2, column 11: a number may not begin with 0; an id or postcode"},
		{`{"a":1,"a":2}`, `has "a" more than once`},
		{`{"a":"\ud800"}`, "half of a surrogate pair"},
		{"{\"a\":1} x", "something follows the end"},
		{"\"\xff\"", "not valid UTF-8"},
		{strings.Repeat("[", 65), "deeper than 64 levels"},
	} {
		_, err := record.DecodeJSON([]byte(c.in), record.Limits{})
		var syntax *record.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q: got %v, want %q", c.in, err, c.want)
		}
	}
}

func TestJSONLimits(t *testing.T) {
	doc := []byte(`[[[1,2,3]]]`)
	for name, lim := range map[string]record.Limits{"size": {Size: 10}, "depth": {Depth: 2}, "nodes": {Nodes: 5}} {
		if _, err := record.DecodeJSON(doc, lim); err == nil {
			t.Errorf("%s limit was not kept", name)
		}
	}
	if _, err := record.DecodeJSON(doc, record.Limits{Size: 11, Depth: 3, Nodes: 6}); err != nil {
		t.Errorf("document at the limits: %v", err)
	}
}

func TestJSONKeepsOrderNumbersAndPlaces(t *testing.T) {
	in := `{"z":12345678901234567890.10,"a":[null,true,"x\u00e9\n"],"e":{},"n":-0}`
	n, err := record.DecodeJSON([]byte("\uFEFF"+in), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := n.Value("z"); got != "12345678901234567890.10" {
		t.Errorf("number text %q", got)
	}
	if a := n.Member("a"); a.Line != 1 || a.Column != 34 {
		t.Errorf("place of a: %d:%d", a.Line, a.Column)
	}
	out, err := record.EncodeJSON(n)
	if want := strings.Replace(in, `\u00e9`, "é", 1); err != nil || string(out) != want {
		t.Errorf("got %s, want %s (%v)", out, want, err)
	}
}

func TestEncodeJSONRefusesWhatIsNoNumber(t *testing.T) {
	for _, s := range []string{"", "02139", "1x", "NaN", "--1", "1 "} {
		if _, err := record.EncodeJSON(record.NewNumber(s)); err == nil {
			t.Errorf("%q was written as a number", s)
		}
	}
}

// anyNode draws a tree that JSON can hold.
func anyNode(depth int) *rapid.Generator[*record.Node] {
	return rapid.Custom(func(t *rapid.T) *record.Node {
		kinds := 6
		if depth == 0 {
			kinds = 4
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return &record.Node{}
		case 1:
			return record.NewBool(rapid.Bool().Draw(t, "bool"))
		case 2:
			return record.NewNumber(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?(e[+-]?[0-9]{1,2})?`).Draw(t, "number"))
		case 3:
			return record.NewText(rapid.String().Draw(t, "text"))
		case 4:
			n := record.NewObject()
			names := rapid.SliceOfNDistinct(rapid.String(), 0, 5, rapid.ID[string]).Draw(t, "names")
			for _, name := range names {
				n.Add(name, anyNode(depth-1).Draw(t, "member"))
			}
			return n
		}
		return record.NewList(rapid.SliceOfN(anyNode(depth-1), 0, 4).Draw(t, "items")...)
	})
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNode(4).Draw(t, "tree")
		b, err := record.EncodeJSON(n)
		if err != nil {
			t.Fatal(err)
		}
		back, err := record.DecodeJSON(b, record.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if !n.Equal(back) {
			t.Fatalf("%s came back different", b)
		}
		pretty, err := record.IndentJSON(n)
		if err != nil {
			t.Fatal(err)
		}
		if back, err = record.DecodeJSON(pretty, record.Limits{}); err != nil || !n.Equal(back) {
			t.Fatalf("%s came back different, %v", pretty, err)
		}
	})
}

// FuzzDecodeJSON compares with encoding/json: what we accept, it accepts with the same values.
func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\ud83d\ude00"],"b":null}`, `[`, `"\u0000"`, `{"a":1,"a":2}`, "\uFEFF{}", `-0`, `01`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := record.DecodeJSON(b, record.Limits{})
		if err != nil {
			return
		}
		out, err := record.EncodeJSON(n)
		if err != nil {
			t.Fatalf("accepted but not written: %v", err)
		}
		if back, err := record.DecodeJSON(out, record.Limits{}); err != nil || !back.Equal(n) {
			t.Fatalf("%q does not come back: %v", out, err)
		}
		var ours, theirs any
		if err := json.Unmarshal(out, &ours); err != nil {
			if strings.Contains(err.Error(), "cannot unmarshal number") {
				return // 1e999: its text is kept here, a float cannot hold it
			}
			t.Fatalf("encoding/json refuses %q: %v", out, err)
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(string(b), "\uFEFF")), &theirs); err != nil || !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("encoding/json reads %q otherwise: %v", b, err)
		}
	})
}

func BenchmarkDecodeJSON(b *testing.B) {
	doc, err := os.ReadFile(filepath.Join(samples(b), "legalserver/examples_v1_core_matter.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := record.DecodeJSON(doc, record.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// Every naughty string survives JSON, and XML as far as XML can hold it, unchanged.
func TestNaughtyStringsSurvive(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(samples(t), "hostile/blns/blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := record.DecodeJSON(b, record.Limits{})
	if err != nil || len(list.Children) < 400 {
		t.Fatalf("%d strings, %v", len(list.Children), err)
	}
	refused := 0
	for _, s := range list.Children {
		n := record.NewObject(record.NewText(s.Text).Named("a"), record.NewText(s.Text).Named("@b"))
		out, err := record.EncodeJSON(n)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := record.DecodeJSON(out, record.Limits{}); err != nil || !back.Equal(n) {
			t.Errorf("a string of %d bytes changed in JSON: %v", len(s.Text), err)
		}
		if out, err = record.EncodeXML(n, nil); err != nil {
			refused++
			continue
		}
		back, err := record.DecodeXML(out, record.Limits{})
		if err != nil || back.Value("a") != s.Text || back.Value("@b") != s.Text {
			t.Errorf("a string of %d bytes changed in XML: %v", len(s.Text), err)
		}
	}
	if refused > 10 {
		t.Errorf("%d strings were refused by XML", refused)
	}
}
