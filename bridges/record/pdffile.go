package record

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strconv"
)

// The values of a PDF file. A missing one, null and false are nil: nothing here asks for more.
type (
	pdfValue  any
	pdfName   string
	pdfString []byte
	pdfNumber float64
	pdfArray  []pdfValue
	pdfDict   map[pdfName]pdfValue
	pdfRef    int // number of an object
	pdfStream struct {
		dict pdfDict
		raw  []byte
	}
)

// pdfFile is what was found in a file.
type pdfFile struct {
	lim     Limits
	left    int // bytes that its streams may still unpack to
	objects map[int]pdfValue
	root    pdfValue // of the last trailer that names one
	values  int
}

// dict follows a value to a dictionary; an empty one when it is none.
func (f *pdfFile) dict(v pdfValue) pdfDict {
	d, _ := f.follow(v).(pdfDict)
	return d
}

// follow gives what a reference stands for. References to references go a few steps.
func (f *pdfFile) follow(v pdfValue) pdfValue {
	for range 8 {
		ref, ok := v.(pdfRef)
		if !ok {
			return v
		}
		v = f.objects[int(ref)]
	}
	return nil
}

// scan finds the objects and trailers of a file, in its order.
func (f *pdfFile) scan(b []byte) error {
	if !bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-")) {
		return pdfError("it is no PDF file")
	}
	s := pdfScan{b: b, file: f}
	for {
		s.space()
		if s.at >= len(b) {
			break
		}
		if err := s.top(); err != nil {
			return err
		}
	}
	if f.root == nil {
		for _, v := range f.objects { // a file whose end was lost
			if d, ok := v.(pdfDict); ok && d["Type"] == pdfName("Catalog") {
				f.root = d
			}
		}
	}
	if f.root == nil {
		return pdfError("it is damaged: nothing in it says where its contents begin")
	}
	return nil
}

// top reads what stands outside of objects: "7 0 obj", "trailer", or something to be passed over.
func (s *pdfScan) top() error {
	start := s.at
	if number, ok := s.header(); ok {
		v, err := s.object()
		if err != nil {
			return err
		}
		return s.file.keep(number, v)
	}
	s.at = start
	if s.word("trailer") {
		v, err := s.value(0)
		if err != nil {
			return err
		}
		if d, ok := v.(pdfDict); ok {
			return s.file.trailer(d)
		}
		return nil
	}
	s.at = start
	for s.at < len(s.b) && !blank(s.b[s.at]) {
		s.at++
	}
	s.at = max(s.at, start+1)
	return nil
}

func (f *pdfFile) trailer(d pdfDict) error {
	if d["Encrypt"] != nil {
		return pdfError("it is protected by a password. Ask for one that is not, or type what it says")
	}
	if d["Root"] != nil {
		f.root = d["Root"]
	}
	return nil
}

// keep remembers an object, and what stands in it when it is a stream of objects.
func (f *pdfFile) keep(number int, v pdfValue) error {
	f.objects[number] = v
	s, ok := v.(pdfStream)
	if !ok {
		return nil
	}
	switch s.dict["Type"] {
	case pdfName("XRef"):
		return f.trailer(s.dict)
	case pdfName("ObjStm"):
		return f.objectStream(s)
	}
	return nil
}

// objectStream reads the objects that a stream holds: numbers and places first, then the objects.
func (f *pdfFile) objectStream(s pdfStream) error {
	b, err := f.unpack(s)
	if err != nil {
		return err
	}
	n, _ := s.dict["N"].(pdfNumber)
	first, _ := s.dict["First"].(pdfNumber)
	if first < 0 || int(first) > len(b) || n < 0 || int(n) > len(b) {
		return pdfError("it is damaged: a part of it does not fit together")
	}
	head := pdfScan{b: b[:int(first)], file: f}
	for range int(n) {
		number, ok1 := head.whole()
		at, ok2 := head.whole()
		if !ok1 || !ok2 || int(first)+at > len(b) {
			return pdfError("it is damaged: a part of it does not fit together")
		}
		one := pdfScan{b: b, at: int(first) + at, file: f}
		v, err := one.value(0)
		if err != nil {
			return err
		}
		f.objects[number] = v
	}
	return nil
}

var errPredictor = errors.New("a part of it is packed in a way that we do not know")

// unpack gives the content of a stream. Only what forms need is known: no packing, and Flate.
func (f *pdfFile) unpack(s pdfStream) ([]byte, error) {
	filter := f.follow(s.dict["Filter"])
	if list, ok := filter.(pdfArray); ok && len(list) == 1 {
		filter = f.follow(list[0])
	}
	if p, ok := f.dict(s.dict["DecodeParms"])["Predictor"].(pdfNumber); ok && p > 1 {
		return nil, pdfError("%v", errPredictor)
	}
	switch filter {
	case nil:
		if f.left -= len(s.raw); f.left < 0 {
			return nil, pdfError("%v", errUnpacked)
		}
		return s.raw, nil
	case pdfName("FlateDecode"):
	default:
		return nil, pdfError("%v", errPredictor)
	}
	in, err := zlib.NewReader(bytes.NewReader(s.raw))
	if err != nil {
		return nil, pdfError("it is damaged: a packed part of it cannot be read")
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(in, int64(f.left)+1))
	if f.left -= int(n); f.left < 0 {
		return nil, pdfError("%v", errUnpacked)
	}
	if err != nil && out.Len() == 0 { // many writers leave out the sum at the end
		return nil, pdfError("it is damaged: a packed part of it cannot be read")
	}
	return out.Bytes(), nil
}

// header reads "7 0 obj".
func (s *pdfScan) header() (number int, ok bool) {
	number, ok = s.whole()
	if !ok {
		return 0, false
	}
	if _, ok = s.whole(); !ok {
		return 0, false
	}
	s.space()
	return number, s.word("obj")
}

// whole reads a whole number.
func (s *pdfScan) whole() (int, bool) {
	s.space()
	start := s.at
	for s.at < len(s.b) && s.b[s.at] >= '0' && s.b[s.at] <= '9' && s.at-start < 10 {
		s.at++
	}
	n, err := strconv.Atoi(string(s.b[start:s.at]))
	return n, err == nil
}

// object reads the value of an object, and the stream behind it.
func (s *pdfScan) object() (pdfValue, error) {
	v, err := s.value(0)
	if err != nil {
		return nil, err
	}
	s.space()
	d, ok := v.(pdfDict)
	if !ok || !s.word("stream") {
		return v, nil
	}
	if s.at < len(s.b) && s.b[s.at] == '\r' {
		s.at++
	}
	if s.at < len(s.b) && s.b[s.at] == '\n' {
		s.at++
	}
	rest := s.b[s.at:]
	if n, ok := d["Length"].(pdfNumber); ok && n >= 0 && int(n) <= len(rest) && bytes.HasPrefix(bytes.TrimLeft(rest[int(n):min(len(rest), int(n)+12)], "\r\n "), []byte("ends")) {
		s.at += int(n)
		return pdfStream{d, rest[:int(n)]}, nil
	}
	end := bytes.Index(rest, []byte("endstream"))
	if end < 0 {
		end = len(rest)
	}
	s.at += end
	return pdfStream{d, bytes.TrimRight(rest[:end], "\r\n")}, nil
}
