package record_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"
	"testing"

	"referworks/bridges/record"
)

// pdfForm makes a form with the given fields, each the inside of a dictionary.
func pdfForm(fields ...string) string {
	var b, kids strings.Builder
	for i, f := range fields {
		fmt.Fprintf(&b, "%d 0 obj\n<</Subtype/Widget %s>>\nendobj\n", i+10, f)
		fmt.Fprintf(&kids, "%d 0 R ", i+10)
	}
	return "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<</Type/Catalog/AcroForm 2 0 R>>\nendobj\n2 0 obj <</Fields[" + kids.String() + "]>> endobj\n" + b.String() + "trailer<</Root 1 0 R/Size 99>>\nstartxref\n0\n%%EOF\n"
}

func flate(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFieldsOfAPDF(t *testing.T) {
	doc := pdfForm(
		`/T(first_name)/TU(First name)/FT/Tx/V(Ana \(Mar\355a\))`,
		`/T(<esc>#)/FT/Tx/V<FEFF00C5006B>`,
		"/T(note)/FT/Tx/V(one\\\ntwo\\r\\nthree)",
		`/T(urgent)/FT/Btn/V/Yes`, `/T(box)/FT/Btn/AS/Off`, `/T(press)/FT/Btn/Ff 65536`, `/T(sign)/FT/Sig`,
		`/T(langs)/FT/Ch/V[(es)(en)]`, `/T(lang)/FT/Ch/V(es)`, `/T(empty)/FT/Tx`,
		`/T(client)/FT/Tx/Kids[18 0 R 30 0 R 31 0 R]`,
	) + "30 0 obj<</T(zip)/V(02139)/Parent 20 0 R>>endobj 31 0 obj<</T(city)/V 32 0 R>>endobj 32 0 obj(Bos\\164on)endobj\n"
	d, err := record.Sniff([]byte(doc), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`first_name=text:Ana (María)`, `"<esc>#"=text:Åk`, "note=text:onetwo\nthree", "urgent=text:Yes", "box=text:Off",
		"langs[0]=text:es", "langs[1]=text:en", "lang=text:es", "empty=text:", `"client.zip"=text:02139`, `"client.city"=text:Boston`,
	}
	if got := leaves(d.Root); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("read\n%q, want\n%q", got, want)
	}
	if d.Root.Children[0].Label != "First name" || d.Understood != "a PDF form with 11 filled or empty fields" {
		t.Errorf("label %q, understood %s", d.Root.Children[0].Label, d.Understood)
	}
}

// TestAPDFSavedTwice has a later value of a field behind the first end of the file, in a packed stream of objects, as
// programs write it that fill a form in.
func TestAPDFSavedTwice(t *testing.T) {
	later := "10 0 <</T(a)/FT/Tx/V(new)>>"
	head := "10 0 "
	packed := flate(t, head+strings.TrimPrefix(later, head))
	doc := pdfForm(`/T(a)/FT/Tx/V(old)`) + fmt.Sprintf("50 0 obj<</Type/ObjStm/N 1/First %d/Filter/FlateDecode/Length %d>>stream\r\n%s\nendstream endobj\n", len(head), len(packed), packed) +
		"51 0 obj<</Type/XRef/Root 1 0 R/Length 3>>stream\nxyz\nendstream endobj\n%%EOF"
	n, err := record.DecodePDF([]byte(doc), record.Limits{})
	if err != nil || n.Value("a") != "new" {
		t.Errorf("%v %v", n, err)
	}
}

func TestPDFsThatAreRefused(t *testing.T) {
	bomb := flate(t, strings.Repeat("0", 20<<20))
	for name, doc := range map[string]string{
		"no PDF":                 "hello",
		"no form":                "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj trailer<</Root 1 0 R>>",
		"a password":             strings.Replace(pdfForm(`/T(a)/FT/Tx/V(x)`), "trailer<<", "trailer<</Encrypt 9 0 R", 1),
		"XFA alone":              "%PDF-1.7\n1 0 obj<</Type/Catalog/AcroForm<</Fields[]/XFA 2 0 R>>>>endobj trailer<</Root 1 0 R>>",
		"a bomb":                 pdfForm(`/T(a)/FT/Tx`) + fmt.Sprintf("50 0 obj<</Type/ObjStm/N 1/First 9/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj", len(bomb), bomb),
		"nested values":          pdfForm("/T(a)/X" + strings.Repeat("[", 100_000)),
		"too many values":        pdfForm("/T(a)/X[" + strings.Repeat("1 ", 2_000_000) + "]"),
		"fields below fields":    fieldsBelow(200),
		"a stream without sense": pdfForm(`/T(a)/FT/Tx`) + "50 0 obj<</Type/ObjStm/N 999999999/First 99999999>>stream\nx\nendstream endobj",
		"cut":                    pdfForm(`/T(a)/FT/Tx`)[:30],
	} {
		n, err := record.DecodePDF([]byte(doc), record.Limits{Size: 6 << 20, Nodes: 10_000})
		var syntax *record.SyntaxError
		if name == "a bomb" {
			n, err = record.DecodePDF([]byte(doc), record.Limits{Size: 1 << 20})
		}
		if !errors.As(err, &syntax) {
			t.Errorf("%s: %v %v", name, n, err)
		}
	}
	// A field below itself is no way to stay in here for ever.
	loop := pdfForm(`/T(a)/FT/Tx/V(x)/Kids[11 0 R]`, `/T(b)/FT/Tx/Kids[10 0 R 11 0 R]`)
	if _, err := record.DecodePDF([]byte(loop), record.Limits{}); err != nil && !strings.Contains(err.Error(), "no fields") {
		t.Error(err)
	}
}

func fieldsBelow(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d 0 obj<</T(a)/FT/Tx/Kids[%d 0 R]>>endobj\n", 1000+i, 1001+i)
	}
	return pdfForm(`/T(a)/FT/Tx/Kids[1000 0 R]`) + b.String()
}

func FuzzDecodePDF(f *testing.F) {
	f.Add([]byte(pdfForm(`/T(a)/FT/Tx/V(x)`, `/T(b)/FT/Ch/V[(es)<FEFF00>]`, `/T(c)/FT/Btn/AS/On`)))
	f.Add([]byte("%PDF-1.7\n5 0 obj<</Type/ObjStm/N 1/First 4/Length 20>>stream\n1 0 <</AcroForm<<>>>>endstream endobj trailer<</Root 1 0 R>>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := record.DecodePDF(b, record.Limits{Size: 1 << 20, Nodes: 10_000})
		if err == nil && len(n.Children) == 0 {
			t.Error("a form without fields was read")
		}
	})
}
