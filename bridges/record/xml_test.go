package record_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"referworks/bridges/record"
)

func decodeXML(t testing.TB, s string) *record.Node {
	t.Helper()
	n, err := record.DecodeXML([]byte(s), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHostileXML(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples(t), "hostile/xml/*"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = record.DecodeXML(b, record.Limits{})
		hostile := strings.Contains(string(b), "<!DOCTYPE")
		if hostile && (err == nil || !strings.Contains(err.Error(), "DOCTYPE")) {
			t.Errorf("%s: its DOCTYPE was not refused: %v", filepath.Base(file), err)
		}
		if !hostile && err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}

func TestXMLRefusals(t *testing.T) {
	for doc, want := range map[string]string{
		`<a b="1" b="2"/>`: "twice", `<a/><b/>`: "follows the root", `<a/>text`: "outside the root", `text<a/>`: "outside the root",
		`<:b/>`: "", `<a:/>`: "", `<a::b/>`: "", `<p:a/>`: "not declared", `<a>&x;</a>`: "entity", `<a>`: "ends before", ``: "ends before",
		`<a></b>`: "no start", `<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>`: "twice", `<a xmlns:xmlns="u"/>`: "declared wrongly",
		`<a xmlns:p=""/>`: "declared wrongly", `<a><!DOCTYPE b></a>`: "DOCTYPE", `<!ENTITY x "y"><a/>`: "DOCTYPE",
		`<?xml version="1.0" encoding="utf-7"?><a/>`: "encoding", "<a>\x01</a>": "", "<a>\xff</a>": "UTF-8",
		strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65): "deeper than 64", `<a xmlns="u" xmlns="v"/>`: "twice",
	} {
		_, err := record.DecodeXML([]byte(doc), record.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", doc, err, want)
		}
	}
	if _, err := record.DecodeXML([]byte(`<a b="1"><c/><c/></a>`), record.Limits{Nodes: 3}); err == nil {
		t.Error("the limit of nodes was not kept")
	}
}

func TestXMLTree(t *testing.T) {
	n := decodeXML(t, `<?xml version="1.0"?><!-- c --><r:Ref xmlns:r="urn:r" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="7" r:v="1">
		<r:Name>Ana &amp; Bo</r:Name><Phone type="home">1</Phone><Phone type="work">2</Phone><Gone xsi:nil="true"/><Empty/><C><![CDATA[<x>]]></C></r:Ref>`)
	got, err := record.EncodeJSON(n)
	want := `{"@id":"7","@v":"1","Name":"Ana & Bo","Phone":[{"@type":"home","#text":"1"},{"@type":"work","#text":"2"}],"Gone":null,"Empty":"","C":"<x>"}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s (%v)", got, want, err)
	}
	if n.Space != "urn:r" || n.Prefix != "r" || n.Member("@v").Space != "urn:r" || n.Member("Phone").Space != "" {
		t.Error("a namespace was lost")
	}
	path := record.MustPath("r:Name").Bind(map[string]string{"r": "urn:r"})
	if found := n.Find(path); len(found) != 1 {
		t.Errorf("bound path found %d nodes", len(found))
	}
	if found := n.Find(record.MustPath("r:Name").Bind(map[string]string{"r": "urn:other"})); len(found) != 0 {
		t.Error("a path found an element of another namespace")
	}
	if found := n.Find(record.MustPath("Phone[@type=work].#text")); len(found) != 1 || found[0].Text != "2" {
		t.Errorf("found %d phones", len(found))
	}
}

func TestXMLEncodings(t *testing.T) {
	doc := `<?xml version="1.0" encoding="ENC"?><a>Größe – €</a>`
	utf16, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(doc, "ENC", "UTF-16", 1))
	if err != nil {
		t.Fatal(err)
	}
	cp1252, err := charmap.Windows1252.NewEncoder().String(strings.Replace(doc, "ENC", "windows-1252", 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, sample := range map[string]string{"UTF-16": utf16, "windows-1252": cp1252, "UTF-8": strings.Replace(doc, "ENC", "utf-8", 1)} {
		n := decodeXML(t, sample)
		if n.Text != "Größe – €" {
			t.Errorf("%s read as %q", name, n.Text)
		}
		out, err := record.EncodeXML(record.NewText("Đorđe – €"), []byte(sample))
		if err != nil {
			t.Fatal(err)
		}
		if back := decodeXML(t, string(out)); back.Text != "Đorđe – €" {
			t.Errorf("%s written and read as %q", name, back.Text)
		}
		if name == "windows-1252" && !strings.Contains(string(out), "\x96 \x80") {
			t.Errorf("%s was not kept: %q", name, out)
		}
	}
	if _, err := record.DecodeXML([]byte(utf16[:len(utf16)-1]), record.Limits{}); err == nil {
		t.Error("half a UTF-16 character was read")
	}
}

func TestXMLVersionsThatDoNotExist(t *testing.T) {
	for _, version := range []string{"2.0", "1.1"} {
		doc := `<?xml version="` + version + `" encoding="utf-8"?><a><r>x</r></a>`
		if n := decodeXML(t, doc); n.Value("r") != "x" || !strings.Contains(doc, version) {
			t.Errorf("version %s read as %+v", version, n)
		}
		for n, err := range record.XMLRecords(strings.NewReader(doc), record.MustPath("r"), record.Limits{}) {
			if err != nil || n.Text != "x" {
				t.Errorf("version %s streamed as %v, %v", version, n, err)
			}
		}
	}
}

const sampleXML = `<?xml version="1.0" encoding="UTF-8"?>
<in:Intake xmlns:in="urn:intake" version="2">
  <in:Client><in:Last>Sample</in:Last><in:First>Person</in:First></in:Client>
  <in:Phones><in:Phone kind="home">555-0100</in:Phone></in:Phones>
  <in:Help code="X">Sample help</in:Help>
</in:Intake>`

func TestEncodeXMLFillsTheSample(t *testing.T) {
	n := decode(t, `{"Help":"Guardianship","Client":{"First":"Ana <\"&>","Last":"Đorđević","Nick":"A"},
		"Phones":{"Phone":[{"@kind":"home","#text":"1"},{"#text":"2","@kind":"work"}]},"Extra":{"Deep":"x"}}`)
	out, err := record.EncodeXML(n, []byte(sampleXML))
	want := `<?xml version="1.0" encoding="UTF-8"?>
<in:Intake xmlns:in="urn:intake">
  <in:Client>
    <in:Last>Đorđević</in:Last>
    <in:First>Ana &lt;"&amp;&gt;</in:First>
    <in:Nick>A</in:Nick>
  </in:Client>
  <in:Phones>
    <in:Phone kind="home">1</in:Phone>
    <in:Phone kind="work">2</in:Phone>
  </in:Phones>
  <in:Help>Guardianship</in:Help>
  <in:Extra>
    <in:Deep>x</in:Deep>
  </in:Extra>
</in:Intake>
`
	if err != nil || string(out) != want {
		t.Errorf("got  %s\nwant %s (%v)", out, want, err)
	}
	if strings.Contains(string(out), "Sample") {
		t.Error("a value of the sample was sent")
	}
}

func TestEncodeXMLRefuses(t *testing.T) {
	for name, n := range map[string]*record.Node{
		"control character": decode(t, `{"a":"\u0001"}`), "element name": decode(t, `{"First Name":"x"}`),
		"attribute name": decode(t, `{"@a b":"x"}`), "injected name": decode(t, `{"a><b":"x"}`), "attribute with members": decode(t, `{"@a":{}}`),
	} {
		if out, err := record.EncodeXML(n, nil); err == nil {
			t.Errorf("%s was written: %s", name, out)
		}
	}
	if _, err := record.EncodeXML(record.NewText("x"), []byte("<a><b></a>")); err == nil {
		t.Error("a broken sample was filled")
	}
}

// FuzzDecodeXML: what we read, we write and read again the same, and no second reader sees a second root.
func FuzzDecodeXML(f *testing.F) {
	for _, s := range []string{sampleXML, `<a b="1">x<c/>y</a>`, `<!DOCTYPE a><a/>`, "\xff\xfe<\x00a\x00/\x00>\x00", `<a xmlns="u"><b xmlns=""/></a>`,
		`<a xml:lang="en">&#13;&lt;</a>`, `<?xml version="1.0" encoding="windows-1252"?><a>` + "\x80</a>", `<a xmlns:p="u" p:b="&#10;"/>`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := record.DecodeXML(b, record.Limits{})
		if err != nil {
			return
		}
		out, err := record.EncodeXML(n, nil)
		if err != nil {
			return // names beyond what we write
		}
		back, err := record.DecodeXML(out, record.Limits{})
		if err != nil {
			t.Fatalf("%q was written as %q: %v", b, out, err)
		}
		if err := xml.Unmarshal(out, new(struct{})); err != nil {
			t.Fatalf("encoding/xml refuses %q: %v", out, err)
		}
		if again, err := record.EncodeXML(back, nil); err != nil || string(again) != string(out) {
			t.Fatalf("%q was written again as %q, %v", out, again, err)
		}
	})
}
