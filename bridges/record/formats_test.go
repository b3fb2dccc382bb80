package record_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"referworks/bridges/record"
)

func TestSniff(t *testing.T) {
	utf16 := "\xff\xfe<\x00a\x00/\x00>\x00"
	for in, want := range map[string]string{
		`{"a":1}`: "json: JSON with 1 value", ` [1,2]`: "json: JSON: a list of 2 items with 2 values", bundle: "json: a FHIR bundle: 1 Organization, 1 Patient, 1 ServiceRequest",
		`{"resourceType":"Task"}`: "json: a FHIR resource, Task, with 1 value", sampleXML: `xml: XML in UTF-8: the element "Intake" with 7 values`, utf16: `xml: XML in UTF-16: the element "a" with 1 value`,
		"a;b\n1;2\n": "csv: CSV in UTF-8: 2 columns separated by semicolon, 1 row", "Zip\n02139\n": "csv: CSV in UTF-8: 1 column separated by comma, 1 row",
		"First Name: Ana, B\nLast Name: C, D\n": "mail: a form mail with 2 labeled or free texts",
		"Name: Ana\nPhone: 1\n\n--\nx":          "mail: a form mail with 2 labeled or free texts; lines 4 to 5 left out (signature)",
		"<p>Name: A<br>Zip: 1</p>":              "mail: a form mail with 2 labeled or free texts",
		"[Client]\nName: A\nZip: 1":             "mail: a form mail with 2 labeled or free texts",
		"Name,Note\nAna,\"Phone: 1\nFax: 2\"\n": "csv: CSV in UTF-8: 2 columns separated by comma, 1 row",
		"":                                      "error: the document is empty", "Hello there. How are you?\n": "error: no line of it is a label", "PK\x03\x04\x00": "error: reading spreadsheet", "{\"a\":": "error: reading JSON", "<a>": "error: reading XML",
		"a,b\n1,2,3\n": "error: record 1 in line 2",
	} {
		d, err := record.Sniff([]byte(in), record.Limits{})
		got := ""
		if err != nil {
			got = "error: " + err.Error()
			if rest, is := strings.CutPrefix(want, "error: "); is && strings.Contains(got, rest) {
				continue
			}
		} else {
			got = string(d.Format) + ": " + d.Understood
		}
		if got != want {
			t.Errorf("%.40q: got %s, want %s", in, got, want)
		}
	}
}

func TestFormatsAgreeWithDecodeAndEncode(t *testing.T) {
	docs := map[record.Format]string{record.FormatJSON: `{"a":"1"}`, record.FormatXML: `<r><a>1</a></r>`, record.FormatCSV: "a,b\n1,2\n", record.FormatMail: "a: 1\n", record.FormatPDF: pdfForm(`/T(a)/FT/Tx/V(1)`)}
	sheet, err := record.EncodeXLSX(record.NewObject(record.NewText("1").Named("a")), nil)
	if err != nil {
		t.Fatal(err)
	}
	docs[record.FormatXLSX] = string(sheet)
	for _, f := range record.Formats() {
		d, err := record.Decode(f.Format, []byte(docs[f.Format]), record.Limits{})
		if (err == nil) != f.Reads {
			t.Errorf("%s: the table says it is read: %v; %v", f.Format, f.Reads, err)
		}
		n := record.NewObject(record.NewText("1").Named("a"))
		if err == nil {
			if n = d.Root; len(d.Records()) != 1 || d.Records()[0].Value("a") != "1" {
				t.Errorf("%s: record %v", f.Format, d.Records())
			}
		}
		if _, err := record.Encode(f.Format, n, nil); (err == nil) != f.Writes {
			t.Errorf("%s: the table says it is written: %v; %v", f.Format, f.Writes, err)
		}
	}
	if _, err := record.Decode("yaml", nil, record.Limits{}); err == nil || !strings.Contains(err.Error(), `"yaml"`) {
		t.Errorf("an unknown format: %v", err)
	}
}

// leaves lists every leaf with its path and kind.
func leaves(n *record.Node) []string {
	var out []string
	n.Leaves(func(p record.Path, leaf *record.Node) {
		out = append(out, p.String()+"="+leaf.Kind.String()+":"+leaf.Text)
	})
	return out
}

// Every sample goes in, out in its own format and in again, and is compared leaf by leaf.
func TestSamplesRoundTrip(t *testing.T) {
	files := 0
	err := filepath.WalkDir(samples(t), func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && e.Name() == "hostile" {
			return fs.SkipDir
		}
		format, known := map[string]record.Format{".json": record.FormatJSON, ".xml": record.FormatXML, ".csv": record.FormatCSV, ".tsv": record.FormatCSV}[filepath.Ext(file)]
		if !known {
			return nil
		}
		name := strings.TrimPrefix(file, samples(t))
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		sniffed, err := record.Sniff(b, record.Limits{})
		if err != nil || sniffed.Format != format {
			t.Errorf("%s was not found to be %s: %v", name, format, err)
			return nil
		}
		files++
		sniffed.Root.Leaves(func(p record.Path, leaf *record.Node) {
			if leaf.Line < 1 || leaf.Column < 1 {
				t.Errorf("%s: %s has no place in the source", name, p)
			}
		})
		for what, sample := range map[string][]byte{"with sample": b, "without": nil} {
			out, err := record.Encode(format, sniffed.Root, sample)
			if err != nil {
				t.Errorf("%s %s: %v", name, what, err)
				continue
			}
			back, err := record.Decode(format, out, record.Limits{})
			if err != nil {
				t.Errorf("%s %s: %v", name, what, err)
				continue
			}
			before, after := leaves(sniffed.Root), leaves(back.Root)
			if sample != nil { // elements of other names stand in the order that the sample's first one has
				slices.Sort(before)
				slices.Sort(after)
			}
			compare(t, name+" "+what, before, after)
		}
		// Through JSON a record of any format keeps all its leaves.
		asJSON, err := record.EncodeJSON(sniffed.Root)
		if err != nil || !json.Valid(asJSON) {
			t.Errorf("%s as JSON: %v", name, err)
			return nil
		}
		back, err := record.DecodeJSON(asJSON, record.Limits{})
		if err != nil || len(leaves(back)) != len(leaves(sniffed.Root)) {
			t.Errorf("%s through JSON: %d leaves of %d, %v", name, len(leaves(back)), len(leaves(sniffed.Root)), err)
		}
		return nil
	})
	if err != nil || files < 30 {
		t.Errorf("%d files, %v", files, err)
	}
	t.Logf("%d files", files)
}

func compare(t *testing.T, what string, want, got []string) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			t.Errorf("%s: %d leaves came back, %d went in", what, len(got), len(want))
			return
		case i >= len(got) || want[i] != got[i]:
			t.Errorf("%s: leaf %d of %d (%.60s) changed", what, i+1, len(want), want[i])
			return
		}
	}
}

// FuzzSniff: no panic in any codec, and a document that was read says what it is.
func FuzzSniff(f *testing.F) {
	for _, s := range []string{`{"a":1}`, sampleXML, "a,b\n1,2", textForm, "<p>a: b", "\xff\xfea\x00", "PK\x03\x04", "[x]\na: b\nc: d"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := record.Sniff(b, record.Limits{})
		if err != nil {
			return
		}
		if d.Root == nil || d.Format == "" || d.Understood == "" {
			t.Fatalf("%+v", d)
		}
		for _, format := range record.Formats() {
			_, _ = record.Encode(format.Format, d.Root, b) // may refuse, may not panic
		}
	})
}
