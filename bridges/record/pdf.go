package record

import (
	"fmt"
	"strings"
)

// DecodePDF reads the fields of a PDF form (AcroForm) into an Object: a Text member for each, named as the form names it
// ("client.first_name"), in the form's order, with what the form shows people as its Label; a List of texts for a choice
// of several. A box that is ticked has its export value, one that is not has "Off". Buttons and signatures are left out.
//
// The objects are looked for in the file itself and not by its table of contents, so that a damaged table does no harm;
// the last one of a number counts, as in a file that was saved several times. Nothing is run, fetched or drawn; what
// streams unpack to is bounded. Refused are files with a password, forms of the kind XFA alone, and files without fields.
// Errors are *SyntaxError.
func DecodePDF(b []byte, lim Limits) (*Node, error) {
	lim = lim.filled()
	if len(b) > lim.Size {
		return nil, tooLarge("PDF", lim)
	}
	f := pdfFile{lim: lim, left: lim.Size * unpacked, objects: map[int]pdfValue{}}
	if err := f.scan(b); err != nil {
		return nil, err
	}
	form, ok := f.follow(f.dict(f.root)["AcroForm"]).(pdfDict)
	if !ok {
		return nil, pdfError("it has no fields to fill in: it is no form, or was saved as a picture or print of one. Ask for the form itself, or type what it says")
	}
	w := formWalk{file: &f, root: &Node{Kind: Object, Line: 1, Column: 1}, seen: map[int]bool{}}
	if err := w.fields(form["Fields"], pdfField{}, 0); err != nil {
		return nil, err
	}
	if len(w.root.Children) == 0 {
		if form["XFA"] != nil {
			return nil, pdfError("it is a form of a kind (XFA) that only Adobe's own programs read. Print it to a form with fields, or ask for another one")
		}
		return nil, pdfError("its form has no fields")
	}
	return w.root, nil
}

func pdfError(format string, args ...any) error {
	return &SyntaxError{Format: "PDF", Reason: fmt.Sprintf(format, args...)}
}

// pdfField is what a field hands down to those below it.
type pdfField struct {
	name  string
	kind  pdfName
	flags int
	value pdfValue
	label string
}

// The flags of fields that matter here (ISO 32000-1, 12.7.4).
const pushButton = 1 << 16

type formWalk struct {
	file  *pdfFile
	root  *Node
	seen  map[int]bool // by number of the object
	nodes int
}

// fields visits a list of fields; a child without a name of its own is a place where its parent is shown.
func (w *formWalk) fields(list pdfValue, above pdfField, depth int) error {
	kids, _ := w.file.follow(list).(pdfArray)
	if depth > w.file.lim.Depth {
		return pdfError("its fields are nested deeper than %d levels", w.file.lim.Depth)
	}
	for _, kid := range kids {
		if ref, ok := kid.(pdfRef); ok {
			if w.seen[int(ref)] {
				continue // a field that stands below itself, or is named twice
			}
			w.seen[int(ref)] = true
		}
		if w.nodes++; w.nodes > w.file.lim.Nodes {
			return pdfError("it has more than %d fields", w.file.lim.Nodes)
		}
		if d, ok := w.file.follow(kid).(pdfDict); ok {
			if err := w.field(d, above, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *formWalk) field(d pdfDict, above pdfField, depth int) error {
	f := above
	if own, ok := w.file.follow(d["T"]).(pdfString); ok {
		if f.label = ""; f.name != "" {
			f.name += "."
		}
		f.name += pdfText(own)
	}
	if len(f.name) > 4096 {
		return pdfError("the name of a field is longer than 4,096 bytes")
	}
	if kind, ok := w.file.follow(d["FT"]).(pdfName); ok {
		f.kind = kind
	}
	if flags, ok := w.file.follow(d["Ff"]).(pdfNumber); ok {
		f.flags = int(flags)
	}
	if v := w.file.follow(d["V"]); v != nil {
		f.value = v
	}
	if label, ok := w.file.follow(d["TU"]).(pdfString); ok {
		f.label = pdfText(label)
	}
	if kids, ok := w.file.follow(d["Kids"]).(pdfArray); ok && w.named(kids) {
		return w.fields(kids, f, depth+1)
	}
	if f.value == nil && f.kind == "Btn" {
		f.value = w.state(d)
	}
	w.add(f)
	return nil
}

// named reports whether the children are fields of their own.
func (w *formWalk) named(kids pdfArray) bool {
	for _, kid := range kids {
		if d, ok := w.file.follow(kid).(pdfDict); ok && d["T"] != nil {
			return true
		}
	}
	return false
}

// state is what a box without a value looks like: ticked where one of its places is.
func (w *formWalk) state(d pdfDict) pdfValue {
	places, _ := w.file.follow(d["Kids"]).(pdfArray)
	for _, place := range append(pdfArray{d}, places...) {
		p, _ := w.file.follow(place).(pdfDict)
		if as, ok := w.file.follow(p["AS"]).(pdfName); ok && as != "Off" {
			return as
		}
	}
	return pdfName("Off")
}

func (w *formWalk) add(f pdfField) {
	if f.name == "" || f.kind == "Sig" || f.kind == "Btn" && f.flags&pushButton != 0 {
		return
	}
	n := &Node{Kind: Text, Text: w.text(f.value)}
	if several, ok := f.value.(pdfArray); ok && f.kind == "Ch" {
		n.Kind = List
		for _, one := range several {
			n.Append(NewText(w.text(w.file.follow(one))))
		}
	}
	if f.label != f.name {
		n.Label = f.label
	}
	w.root.Add(f.name, n)
}

// text is a value for people. A long text may stand in a stream.
func (w *formWalk) text(v pdfValue) string {
	switch v := v.(type) {
	case pdfString:
		return lines(pdfText(v))
	case pdfName:
		return string(v)
	case pdfStream:
		b, err := w.file.unpack(v)
		if err != nil {
			return ""
		}
		return lines(pdfText(pdfString(b)))
	}
	return ""
}

// lines writes the ends of lines, which forms have as CR, as everywhere else.
func lines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
