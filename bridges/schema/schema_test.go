package schema_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/schema"
)

func infer(t testing.TB, format, doc string) *schema.Shape {
	t.Helper()
	s, err := schema.Infer(schema.Sample{Name: "sample", Format: format, Bytes: []byte(doc)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func field(t testing.TB, s *schema.Shape, path string) *schema.Field {
	t.Helper()
	for i := range s.Fields {
		if s.Fields[i].Path == path {
			return &s.Fields[i]
		}
	}
	t.Fatalf("there is no field %s", path)
	return nil
}

// The same people in every format give the same fields.
func TestFormats(t *testing.T) {
	for format, doc := range map[string]string{
		"json": `[{"first":"Ana","zip":"02139"},{"first":"Luis","zip":"02118"}]`,
		"xml":  `<r><first>Ana</first><zip>02139</zip></r>`,
		"csv":  "first,zip\nAna,02139\nLuis,02118\n",
		"mail": "first: Ana\nzip: 02139\n",
	} {
		for _, name := range []string{"", format} { // told, and found out
			s := infer(t, name, doc)
			if s.Format != format && !(format == "csv" && name == "") {
				t.Errorf("%s is taken for %s", format, s.Format)
			}
			if s.Format == format && (len(s.Fields) != 2 || !slices.Contains(s.Fields[1].Examples, "02139")) {
				t.Errorf("%s: %+v", format, s.Fields)
			}
		}
	}
	if _, err := schema.Infer(schema.Sample{Format: "odd"}); err == nil {
		t.Error("an odd format is known")
	}
	if _, err := schema.Infer(schema.Sample{Format: "json", Bytes: []byte("{}")}, schema.Sample{Format: "csv", Bytes: []byte("a\n1\n")}); err == nil {
		t.Error("two formats are one kind of sample")
	}
}

// Lists, facts with labels, and kinds.
func TestFieldsAndGroups(t *testing.T) {
	s := infer(t, "json", `{"n":1,"ok":true,"none":null,"people":[{"name":"Ana"},{"name":"Luis"}],"facts":[{"label":"Rent","value":"900"},{"label":"Need","value":"Food"}]}`)
	for path, kind := range map[string]string{"n": "number", "ok": "bool", "none": "null", "people[].name": "text", `facts[label=Rent].value`: "text"} {
		if f := field(t, s, path); f.Kind != kind {
			t.Errorf("%s is %s", path, f.Kind)
		}
	}
	js := infer(t, "json", `{"$schema":"x","properties":{"born":{"type":"string","format":"date","title":"Birth date"},"sex":{"enum":["f","m"]}}}`)
	if f := field(t, js, "born"); !js.Schema || f.Kind != "date" || f.Label != "Birth date" || len(field(t, js, "sex").Values) != 2 {
		t.Errorf("of a schema: %+v", js)
	}
}

// A column of dates says how it is written, or asks.
func TestDates(t *testing.T) {
	for values, want := range map[string]string{
		"13/02/1950 01/03/1960":           "DD/MM/YYYY",
		"02/13/1950 01/03/1960":           "MM/DD/YYYY",
		"02.01.1950 31.12.1960":           "DD.MM.YYYY",
		"1950-02-13 1960-01-03":           "YYYY-MM-DD",
		"02/03/1950 04/05/1960":           "asks",
		"13/02/1950 02/13/1950":           "asks",
		"1950 1961":                       "",
		"Boston Cambridge":                "",
		"02/13/1950 Boston Quincy Malden": "",
		"617-555-0142 617-555-0143":       "",
	} {
		f := infer(t, "csv", "d\n"+strings.ReplaceAll(values, " ", "\n")+"\n").Fields[0]
		got := f.Form
		if f.Ask != "" {
			got = "asks"
		}
		if got != want {
			t.Errorf("%s: %q", values, got)
		}
	}
}

// Values come with counts when they are few and come again; masked, nothing of them is left.
func TestValuesAndMask(t *testing.T) {
	s := infer(t, "csv", "sex,name\n"+strings.Repeat("F,Ana\nM,Bo\n", 3)+"F,Cyd\n")
	if v := field(t, s, "sex").Values; len(v) != 2 || v[0] != (schema.Word{Text: "F", Count: 4}) {
		t.Errorf("values: %+v", v)
	}
	s.Mask()
	for _, f := range s.Fields {
		if len(f.Values) > 0 || slices.Contains(f.Examples, "Ana") {
			t.Errorf("masked: %+v", f)
		}
	}
	if got := field(t, infer(t, "json", `{"a":"Ana 02139 ana@example.org Ünal-٣"}`), "a"); got.Examples[0] != "Ana 02139 ana@example.org Ünal-٣" {
		t.Error(got.Examples)
	}
	m := infer(t, "json", `{"a":"Ana 02139 Ünal-٣"}`)
	if m.Mask(); m.Fields[0].Examples[0] != "Xxx 99999 Xxxx-9" {
		t.Error(m.Fields[0].Examples)
	}
}

func TestCompare(t *testing.T) {
	row := func(head, body string) *schema.Shape { return infer(t, "csv", head+"\n"+strings.Repeat(body+"\n", 4)) }
	for _, c := range []struct {
		was, now *schema.Shape
		want     []string
	}{
		{infer(t, "csv", "a,b\n1,2\n3,4\n"), infer(t, "csv", "a,b\n5,6\n7,8\n"), nil},
		{row("a,b", "1,2"), row("a,c", "1,9"), []string{"c is new.", "b is gone."}},
		{row("first_name", "Ana"), row("client_first_name", "Ana"), []string{"client_first_name is new, and may be what first_name was.", "first_name is gone."}},
		{row("d", "13/02/1950"), row("d", "02/13/1950"), []string{"d had dates like DD/MM/YYYY and has dates like MM/DD/YYYY now."}},
		{infer(t, "json", `{"n":1}`), infer(t, "json", `{"n":"x"}`), []string{"n was a number and is text now."}},
		{infer(t, "json", `{"p":{"n":1}}`), infer(t, "json", `{"p":[{"n":1},{"n":2}]}`), []string{"p[].n was one and is several now."}},
		{row("s", "F"), infer(t, "csv", "s\nF\nF\nX\nX\n"), []string{`s has new values: "X".`}},
		{infer(t, "json", `[{"a":1},{"a":1,"b":2}]`), infer(t, "json", `{"a":1}`), nil}, // b was not always there
		{infer(t, "json", `{"a":1}`), infer(t, "json", `{"a":1,"b":""}`), nil},          // nothing stands there yet
	} {
		var got []string
		for _, one := range schema.Compare(c.was, c.now) {
			got = append(got, one.Sentence)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if same := c.was.Fingerprint() == c.now.Fingerprint(); same != (len(c.want) == 0 || strings.Contains(c.want[0], "new values")) && len(c.was.Fields) == len(c.now.Fields) {
			t.Errorf("the fingerprints of %q are the same: %v", c.want, same)
		}
	}
}

// The order of samples changes neither which fields there are nor the fingerprint, and no shape differs from itself.
func TestOrderOfSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []schema.Sample
		for i := range rapid.IntRange(1, 4).Draw(t, "samples") {
			var doc bytes.Buffer
			doc.WriteString("{")
			for j, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID[string]).Draw(t, "names") {
				if j > 0 {
					doc.WriteString(",")
				}
				fmt.Fprintf(&doc, "%q:%s", name, rapid.SampledFrom([]string{"1", `"x"`, "true", "null", `[{"k":1}]`, `"13/02/1950"`}).Draw(t, "value"))
			}
			doc.WriteString("}")
			all = append(all, schema.Sample{Name: fmt.Sprint(i), Format: "json", Bytes: doc.Bytes()})
		}
		one, err := schema.Infer(all...)
		if err != nil {
			t.Fatal(err)
		}
		other, err := schema.Infer(rapid.Permutation(all).Draw(t, "order")...)
		if err != nil {
			t.Fatal(err)
		}
		if one.Fingerprint() != other.Fingerprint() {
			t.Fatal("another order, another fingerprint")
		}
		if c := append(schema.Compare(one, other), schema.Compare(one, one)...); len(c) != 0 {
			t.Fatalf("they differ: %s", c[0].Sentence)
		}
	})
}

// Samples of real systems are read, and have as many fields as somebody would expect at least.
func TestRealSamples(t *testing.T) {
	folder := os.Getenv("REFERWORKS_SAMPLES")
	if folder == "" {
		t.Skip("REFERWORKS_SAMPLES names no folder")
	}
	read := 0
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "hostile") {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() > 2<<20 {
			return err
		}
		switch filepath.Ext(path) {
		case ".json", ".xml", ".csv":
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			s, err := schema.Infer(schema.Sample{Name: path, Bytes: b})
			if err != nil {
				return nil // some are no documents of their own
			}
			read++
			if c := schema.Compare(s, s); len(c) != 0 {
				t.Errorf("%s differs from itself: %s", d.Name(), c[0].Sentence)
			}
		}
		return nil
	})
	if err != nil || read < 10 {
		t.Errorf("%d samples were read: %v", read, err)
	}
}

// BenchmarkInferCSV10k is a sheet of 10,000 rows and 30 columns.
func BenchmarkInferCSV10k(b *testing.B) {
	var doc bytes.Buffer
	for i := range 30 {
		fmt.Fprintf(&doc, "Column %d,", i)
	}
	doc.WriteString("End\n")
	for r := range 10_000 {
		for i := range 30 {
			switch i % 5 {
			case 0:
				fmt.Fprintf(&doc, "%02d/%02d/%d,", r%12+1, r%28+1, 1930+r%80)
			case 1:
				fmt.Fprintf(&doc, "Person %d,", r)
			case 2:
				fmt.Fprintf(&doc, "%05d,", r%99999)
			case 3:
				doc.WriteString([]string{"Yes,", "No,", "Unknown,"}[r%3])
			default:
				doc.WriteString("\"some words, and more\",")
			}
		}
		doc.WriteString("x\n")
	}
	b.SetBytes(int64(doc.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s, err := schema.Infer(schema.Sample{Format: "csv", Bytes: doc.Bytes()})
		if err != nil || s.Records != 10_000 || len(s.Fields) != 31 {
			b.Fatal(err)
		}
	}
}
