package record

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"
)

// DecodeXLSX reads a sheet of a spreadsheet (Office Open XML, .xlsx) into a List of rows, as DecodeCSV reads a CSV file:
// members are named by the header row, every cell is a Text node, and a row that is empty is skipped. The sheet is
// Limits.Sheet, else the first one that is shown. What the first rows hold before the header (a title, a date) is left
// out: the header is the first row that is about as wide as the widest and has only texts.
//
// Numbers have the digits that were stored, and those that the format of a cell adds (a postcode formatted 00000);
// dates are 2026-03-01, with a time of day behind a T; formulas are never computed: the value that the program which saved
// the file saw stands for them. Nothing is unpacked to a disk, no name in the archive is a path, and what it unpacks to is
// bounded while it is read, whatever the archive says of itself. Errors are *SyntaxError and *RecordError.
func DecodeXLSX(b []byte, lim Limits) (*Node, error) {
	root, _, err := decodeXLSX(b, lim)
	return root, err
}

// sheetTable is what a sheet's rows are called, for who writes them again.
type sheetTable struct {
	name    string
	columns []Column
	skipped int // rows before the header
}

func decodeXLSX(b []byte, lim Limits) (*Node, sheetTable, error) {
	records, t, err := sheetRecords(b, lim)
	if err != nil {
		return nil, t, err
	}
	root := &Node{Kind: List, Line: 1, Column: 1}
	for _, r := range records {
		if r.err != nil {
			return nil, t, r.err
		}
		root.Children = append(root.Children, r.node)
	}
	return root, t, nil
}

// sheetRecords reads the rows of a sheet, those that cannot be read as well.
func sheetRecords(b []byte, lim Limits) ([]sheetRecord, sheetTable, error) {
	if lim.Nodes <= 0 {
		lim.Nodes = csvCells
	}
	lim = lim.filled()
	if len(b) > lim.Size {
		return nil, sheetTable{}, tooLarge("spreadsheet", lim)
	}
	w, err := openXLSX(b, lim)
	if err != nil {
		return nil, sheetTable{}, err
	}
	rows, err := w.rows()
	if err != nil {
		return nil, sheetTable{}, err
	}
	return tabulate(rows, w.sheet, lim)
}

// workbook is an archive that is being read.
type workbook struct {
	parts   map[string]*zip.File
	left    int64 // bytes that it may still unpack to
	lim     Limits
	sheet   string
	part    string // of the sheet
	strings []string
	styles  []numberFormat // by the index that cells name
	since   int            // days to add to a date: 1462 for workbooks that count from 1904
}

// unpacked is how many times its limit a workbook may unpack to: XML packs to a tenth, and no honest sheet to a fiftieth.
const unpacked = 8

const mostParts = 10_000

func xlsxError(format string, args ...any) error {
	return &SyntaxError{Format: "spreadsheet", Reason: fmt.Sprintf(format, args...)}
}

func openXLSX(b []byte, lim Limits) (*workbook, error) {
	if bytes.HasPrefix(b, []byte("\xD0\xCF\x11\xE0")) {
		return nil, xlsxError("it is an old .xls file, or it is protected by a password; save it as .xlsx without a password")
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) > mostParts {
		return nil, xlsxError("it is no .xlsx file, or it is damaged; save it again in the spreadsheet program")
	}
	w := &workbook{parts: map[string]*zip.File{}, left: int64(lim.Size) * unpacked, lim: lim}
	for _, f := range z.File {
		name := strings.ToLower(path.Clean("/" + f.Name))
		if _, twice := w.parts[name]; twice {
			return nil, xlsxError("two of its parts have one name; save it again in the spreadsheet program")
		}
		w.parts[name] = f
	}
	if err := w.contents(); err != nil {
		return nil, err
	}
	return w, nil
}

// part opens a part of the archive. What it unpacks to counts against the whole workbook.
func (w *workbook) open(name string) (*xml.Decoder, io.Closer, error) {
	f := w.parts[strings.ToLower(name)]
	if f == nil {
		return nil, nil, errNoPart
	}
	in, err := f.Open()
	if err != nil {
		return nil, nil, xlsxError("a part of it is packed in a way that we do not know, or is encrypted")
	}
	d := xml.NewDecoder(&unpacking{in, w})
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("a part is not in UTF-8") }
	return d, in, nil
}

var errNoPart = errors.New("the part is missing")

// unpacking counts what comes out of an archive.
type unpacking struct {
	in io.Reader
	w  *workbook
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	if u.w.left -= int64(n); u.w.left < 0 {
		return 0, errUnpacked
	}
	return n, err
}

var errUnpacked = errors.New("it unpacks to far more than a document may have")

// each walks the elements of a part. visit sees each start tag with the names of the elements around it, and may read on
// to the end of that element, which it then says.
func (w *workbook) each(name string, visit func(d *xml.Decoder, around []string, el xml.StartElement) (ended bool, err error)) error {
	d, in, err := w.open(name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	var around []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return partError(err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return xlsxError("a part of it has a DOCTYPE, which no spreadsheet program writes")
		case xml.StartElement:
			if len(around) >= w.lim.Depth {
				return xlsxError("elements are nested deeper than %d levels", w.lim.Depth)
			}
			ended, err := visit(d, around, t)
			if err != nil {
				return err
			}
			if !ended {
				around = append(around, t.Name.Local)
			}
		case xml.EndElement:
			if len(around) > 0 {
				around = around[:len(around)-1]
			}
		}
	}
}

func partError(err error) error {
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return err
	}
	if errors.Is(err, errUnpacked) {
		return xlsxError("%v", errUnpacked)
	}
	return xlsxError("a part of it is damaged; save it again in the spreadsheet program")
}

func attribute(el xml.StartElement, name string) string {
	for _, a := range el.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// contents finds the sheet, the shared texts and the formats of cells.
func (w *workbook) contents() error {
	book := "/xl/workbook.xml"
	err := w.relations("/_rels/.rels", "/", func(_, kind, target string) {
		if strings.HasSuffix(kind, "/officeDocument") {
			book = target
		}
	})
	if err != nil && !errors.Is(err, errNoPart) {
		return err
	}
	targets := map[string]string{}
	texts, styles := "", ""
	dir, base := path.Split(book)
	err = w.relations(dir+"_rels/"+base+".rels", dir, func(id, kind, target string) {
		targets[id] = target
		switch {
		case strings.HasSuffix(kind, "/sharedStrings"):
			texts = target
		case strings.HasSuffix(kind, "/styles"):
			styles = target
		}
	})
	if err != nil {
		return whole(err)
	}
	if err := w.findSheet(book, targets); err != nil {
		return whole(err)
	}
	if styles != "" {
		if err := w.readStyles(styles); err != nil {
			return whole(err)
		}
	}
	if texts != "" {
		return whole(w.readTexts(texts))
	}
	return nil
}

func whole(err error) error {
	if errors.Is(err, errNoPart) {
		return xlsxError("it is no spreadsheet, or a part of it is missing; save it again in the spreadsheet program")
	}
	return err
}

func (w *workbook) relations(part, dir string, see func(id, kind, target string)) error {
	return w.each(part, func(_ *xml.Decoder, _ []string, el xml.StartElement) (bool, error) {
		if el.Name.Local == "Relationship" && attribute(el, "TargetMode") != "External" {
			target := attribute(el, "Target")
			if !strings.HasPrefix(target, "/") {
				target = dir + target
			}
			see(attribute(el, "Id"), attribute(el, "Type"), path.Clean(target))
		}
		return false, nil
	})
}

func (w *workbook) findSheet(book string, targets map[string]string) error {
	var names []string
	err := w.each(book, func(_ *xml.Decoder, _ []string, el xml.StartElement) (bool, error) {
		switch el.Name.Local {
		case "workbookPr":
			if v := attribute(el, "date1904"); v == "1" || v == "true" {
				w.since = 1462
			}
		case "sheet":
			name, state := attribute(el, "name"), attribute(el, "state")
			names = append(names, name)
			wanted := w.lim.Sheet == "" && state != "hidden" && state != "veryHidden" || w.lim.Sheet != "" && Loose(name) == Loose(w.lim.Sheet)
			if wanted && w.part == "" {
				w.sheet = name
				for _, a := range el.Attr {
					if a.Name.Local == "id" { // of the relation; sheetId is another attribute
						w.part = targets[a.Value]
					}
				}
			}
		}
		return false, nil
	})
	switch {
	case err != nil:
		return err
	case w.part == "" && w.lim.Sheet != "":
		return xlsxError("it has no sheet of the name that is asked for, but %d others", len(names))
	case w.part == "":
		return xlsxError("it has no sheet that is shown")
	}
	return nil
}

// readTexts reads the texts that cells share. Phonetic readings beside a text are left out.
func (w *workbook) readTexts(part string) error {
	return w.each(part, func(d *xml.Decoder, _ []string, el xml.StartElement) (bool, error) {
		if el.Name.Local != "si" {
			return false, nil
		}
		text, err := textOf(d)
		if err != nil {
			return true, err
		}
		if w.strings = append(w.strings, text); len(w.strings) > 4*w.lim.Nodes {
			return true, xlsxError("it has more than %d texts", 4*w.lim.Nodes)
		}
		return true, nil
	})
}

// textOf reads the text of an element (si or is) to its end.
func textOf(d *xml.Decoder) (string, error) {
	var b strings.Builder
	var around []string
	for {
		token, err := d.Token()
		if err != nil {
			return "", partError(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if around = append(around, t.Name.Local); len(around) > 8 {
				return "", xlsxError("a text is nested deeper than texts are")
			}
		case xml.EndElement:
			if len(around) == 0 {
				return escaped(b.String()), nil
			}
			around = around[:len(around)-1]
		case xml.CharData:
			if n := len(around); n > 0 && around[n-1] == "t" && around[0] != "rPh" {
				b.Write(t)
			}
		}
	}
}

// escaped reads the spelling of characters that XML does not have: _x000D_ is a carriage return, _x005F_ an underscore
// before something that would read so.
func escaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		var r rune
		if s[i] == '_' && len(s) >= i+7 && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := fmt.Sscanf(s[i+2:i+6], "%04x", &r); n == 1 && err == nil && r > 0 && utf8.ValidRune(r) {
				b.WriteRune(r)
				i += 6
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
