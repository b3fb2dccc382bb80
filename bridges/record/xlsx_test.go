package record_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"referworks/bridges/record"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// workbook makes a spreadsheet of parts; those that are not given are as small as can be.
func workbook(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="One" sheetId="1" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="b" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="c" Type="x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="d" Type="x/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData/></worksheet>`,
		"xl/sharedStrings.xml":       `<sst/>`,
		"xl/styles.xml":              `<styleSheet/>`,
	}
	for name, text := range parts {
		all[name] = text
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range all {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sheet(rows string) map[string]string {
	return map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"}
}

func TestASpreadsheetAsAProgramSavesIt(t *testing.T) {
	d, err := record.Sniff(readFile(t, "testdata/xlsx/weekly.xlsx"), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if want := `a spreadsheet, the sheet "Referrals": 9 columns, 2 rows; 1 row above the header left out`; d.Understood != want {
		t.Errorf("understood %s", d.Understood)
	}
	for i, want := range []map[string]string{
		{"First name": "Ana", "ZIP": "02139", "Date of birth": "1990-02-28", "Seen at": "2026-03-02T14:30:00", "SSN": "012-34-5678", "Urgent": "true", "Income": "0.1", "Note": "=1+1 is not run", "Total": ""},
		{"First name": "Łukasz\n2nd line", "ZIP": "02140", "Date of birth": "", "SSN": "", "Income": "123456789012", "Note": "rich text"},
	} {
		for name, text := range want {
			if got := d.Records()[i].Value(name); got != text {
				t.Errorf("row %d: %s is %q, want %q", i+1, name, got, text)
			}
		}
	}
	other, err := record.DecodeXLSX(readFile(t, "testdata/xlsx/weekly.xlsx"), record.Limits{Sheet: "other"})
	if err != nil || other.Children[0].Value("y") != "1000000000000000000000" {
		t.Errorf("the other sheet: %v %v", other, err)
	}
	if _, err := record.DecodeXLSX(readFile(t, "testdata/xlsx/weekly.xlsx"), record.Limits{Sheet: "third"}); err == nil {
		t.Error("a sheet that is not there was read")
	}
}

func TestSpreadsheetsRoundTrip(t *testing.T) {
	row := func(texts ...string) *record.Node {
		n := record.NewObject()
		for i, text := range texts {
			n.Add(fmt.Sprintf("c%d", i), record.NewText(text))
		}
		return n
	}
	want := record.NewList(row("=cmd|'/c calc'!A1", "02139", " space ", "a\r\nb"), row("_x0041_", "", "<&>\"", "\x01\u202e"), row("", "", "1e5", "@x"))
	b, err := record.EncodeXLSX(want, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.DecodeXLSX(b, record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(want) {
		t.Errorf("%v", got)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(in); err != nil || strings.Contains(text.String(), "<f") {
			t.Errorf("%s has a formula (%v)", f.Name, err)
		}
	}
	n := 0
	for one, err := range record.Documents(record.FormatXLSX, bytes.NewReader(b), nil, record.Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		alone, err := record.DecodeXLSX(one, record.Limits{})
		if err != nil || len(alone.Children) != 1 || !alone.Children[0].Equal(want.Children[n]) {
			t.Errorf("row %d alone: %v %v", n+1, alone, err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d documents", n)
	}
}

func TestCellsOfASpreadsheet(t *testing.T) {
	parts := sheet(`<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><r><t>b</t></r><rPh><t>x</t></rPh></is></c></row>
		<row r="2"><c r="A2" s="1"><v>61</v></c><c r="B2" s="2"><v>0.5</v></c></row>
		<row r="3"><c r="A3" s="1"><v>59</v></c><c r="B3" s="3"><v>123456789</v></c></row>
		<row r="4"><c r="A4"><f>1+1</f><v>2</v></c><c r="B4" t="e"><v>#N/A</v></c></row>
		<row r="9"><c r="A9" t="s"><v>0</v></c><c r="B9" s="4"><v>1.5</v></c></row>`)
	parts["xl/styles.xml"] = `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="00000\-0000"/><numFmt numFmtId="171" formatCode="[h]:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>`
	parts["xl/sharedStrings.xml"] = `<sst><si><t>shared</t></si></sst>`
	got, err := record.DecodeXLSX(workbook(t, parts), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, row := range got.Children {
		texts = append(texts, row.Value("a")+" "+row.Value("b"))
	}
	if want := "1900-03-01 12:00:00|59 12345-6789|2 #N/A|shared 1.5"; strings.Join(texts, "|") != want {
		t.Errorf("read %q, want %q", strings.Join(texts, "|"), want)
	}
	if got.Children[3].Line != 9 {
		t.Errorf("the last row stands in row %d", got.Children[3].Line)
	}
}

func TestABadRowOfASpreadsheetDoesNotSpoilTheOthers(t *testing.T) {
	b := workbook(t, sheet(`<row><c t="inlineStr"><is><t>a</t></is></c></row><row><c><f>1+1</f></c></row><row><c><v>1</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>`))
	var row *record.RecordError
	if _, err := record.DecodeXLSX(b, record.Limits{}); !errors.As(err, &row) || row.Line != 2 || !strings.Contains(row.Reason, "never computed") {
		t.Errorf("%v", err)
	}
	good, bad := 0, 0
	for _, err := range record.Documents(record.FormatXLSX, bytes.NewReader(b), nil, record.Limits{}) {
		if errors.As(err, &row) {
			bad++
		} else if err == nil {
			good++
		}
	}
	if good != 1 || bad != 2 {
		t.Errorf("%d good, %d bad", good, bad)
	}
}

// bombs are spreadsheets that would take the memory or the files of who opens them.
func bombs(t testing.TB) map[string][]byte {
	cell := `<c t="inlineStr"><is><t>`
	huge := sheet(`<row>` + cell + strings.Repeat("a", 10<<20) + `</t></is></c></row>`)
	doctype := sheet("")
	doctype["xl/sharedStrings.xml"] = `<!DOCTYPE sst [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>`
	slip := sheet("")
	slip["xl/_rels/workbook.xml.rels"] = `<Relationships><Relationship Id="b" Type="x/worksheet" Target="../../../../etc/passwd"/></Relationships>`
	slip["../../../../etc/passwd"] = `<worksheet><sheetData>` + `<row>` + cell + `root</t></is></c></row></sheetData></worksheet>`
	external := sheet("")
	external["xl/_rels/workbook.xml.rels"] = `<Relationships><Relationship Id="b" Type="x/worksheet" Target="http://example.org/sheet.xml" TargetMode="External"/></Relationships>`
	return map[string][]byte{
		"unpacks to 10 MB of 1":      workbook(t, huge),
		"too many empty rows":        workbook(t, sheet(strings.Repeat(`<row/>`, 200_000))),
		"a cell beyond all columns":  workbook(t, sheet(`<row><c r="XFE1"><v>1</v></c></row>`)),
		"a header of 16,384 columns": workbook(t, sheet(`<row>`+cell+`a</t></is></c><c r="XFD1" t="inlineStr"><is><t>b</t></is></c></row>`)),
		"rows that go back":          workbook(t, sheet(`<row r="5"/><row r="4"/>`)),
		"a text that is not there":   workbook(t, sheet(`<row><c t="s"><v>7</v></c></row>`)),
		"nested elements":            workbook(t, sheet(strings.Repeat(`<x>`, 100_000))),
		"nested texts":               workbook(t, sheet(`<row><c t="inlineStr"><is>`+strings.Repeat(`<r>`, 100_000))),
		"entities":                   workbook(t, doctype),
		"a sheet outside":            workbook(t, slip),
		"a sheet elsewhere":          workbook(t, external),
		"cut":                        workbook(t, nil)[:200],
		"an old file":                []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on"),
	}
}

func TestSpreadsheetBombs(t *testing.T) {
	all := bombs(t)
	for name, b := range all {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := record.DecodeXLSX(b, record.Limits{Size: 1 << 20, Nodes: 100_000})
		runtime.ReadMemStats(&after)
		var syntax *record.SyntaxError
		if !errors.As(err, &syntax) && name != "a sheet outside" {
			t.Errorf("%s: %v %v", name, got, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 100 {
			t.Errorf("%s took %d MB", name, took)
		}
	}
	// The name of a part is only a name: what is called ../../etc/passwd in an archive is a part of it.
	if got, err := record.DecodeXLSX(all["a sheet outside"], record.Limits{}); err != nil || len(got.Children) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

func FuzzDecodeXLSX(f *testing.F) {
	f.Add(readFile(f, "testdata/xlsx/weekly.xlsx"))
	f.Add(workbook(f, sheet(`<row><c t="inlineStr"><is><t>a</t></is></c></row><row><c><v>1</v></c></row>`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := record.DecodeXLSX(b, record.Limits{Size: 1 << 20, Nodes: 10_000})
		if err != nil {
			return
		}
		if len(got.Children) == 0 {
			return
		}
		again, err := record.EncodeXLSX(got, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := record.DecodeXLSX(again, record.Limits{}); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzSheet changes the XML inside and not the archive around it.
func FuzzSheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="B2" s="1"><f>A1</f><v>45000.5</v></c></row>`, `<sst><si><t>a_x000D_</t></si></sst>`, `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy\-mm;@"/></numFmts><cellXfs><xf numFmtId="170"/><xf numFmtId="22"/></cellXfs></styleSheet>`)
	f.Fuzz(func(t *testing.T, rows, texts, styles string) {
		parts := sheet(rows)
		parts["xl/sharedStrings.xml"], parts["xl/styles.xml"] = texts, styles
		_, _ = record.DecodeXLSX(workbook(t, parts), record.Limits{Size: 1 << 20, Nodes: 10_000})
	})
}
