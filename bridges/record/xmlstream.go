package record

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// XMLRecords yields the elements at a path of one XML document, in order, each as DecodeXML would read it, in memory
// that depends on the largest element and not on the document. The path goes down from the root element by names, and
// a step may say [] where elements repeat: Referrals.Referral[]. Prefixes must be bound (Path.Bind); a name without
// one is found in any namespace.
//
// An element that breaks a limit, or that has a duplicate attribute, a malformed name or an undeclared prefix, gives a
// *RecordError, with its line, and those behind it follow. What leaves the document without meaning (an end tag
// without start, a DOCTYPE, bytes that are no text) gives a *SyntaxError, and nothing follows; what was yielded
// before stands. What lies outside of the path is checked and not returned. A record belongs to the caller.
func XMLRecords(r io.Reader, at Path, lim Limits) iter.Seq2[*Node, error] {
	return func(yield func(*Node, error) bool) {
		s, err := openXML(r, at, lim.filled())
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			n, err := s.next()
			if err == io.EOF {
				return
			}
			var bad *RecordError
			if !yield(n, err) || err != nil && !errors.As(err, &bad) {
				return
			}
		}
	}
}

// maxSkipped bounds how deep elements may nest where nothing is kept of them but their names.
const maxSkipped = 10_000

type xmlStream struct {
	d       xmlDecoder
	in      *budgetReader
	enc     xmlEncoding
	at      Path
	skip    int // elements from this level on are only matched with their end tags; 0 for none
	records int
	line    int   // where the record at hand begins
	from    int64 // and its byte
}

func openXML(r io.Reader, at Path, lim Limits) (*xmlStream, error) {
	if len(at) == 0 {
		return nil, errors.New("reading XML: the path must name the element that is a record, like Referrals.Referral[]")
	}
	for _, seg := range at {
		if seg.Self || seg.Follow || seg.Step != Plain && seg.Step != Each || strings.HasPrefix(seg.Name, "@") {
			return nil, fmt.Errorf("reading XML: the path %s to the records may have only element names and []", at)
		}
	}
	budget := &budgetReader{in: r, most: lim.Record}
	budget.left = budget.most
	in := bufio.NewReader(budget)
	start, err := in.Peek(256)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading XML: %w", err)
	}
	enc, skip, err := detectXML(start)
	if err != nil {
		return nil, err
	}
	_, _ = in.Discard(skip) // Peek has shown it
	var text io.Reader = in
	if enc.codec != nil {
		text = enc.codec.NewDecoder().Reader(in)
	}
	decl := make([]byte, 60)
	n, err := io.ReadFull(text, decl)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("reading XML: %w", err)
	}
	text = bufio.NewReader(io.MultiReader(bytes.NewReader(asVersion1(decl[:n])), text))
	s := &xmlStream{in: budget, enc: enc, at: at}
	s.d = xmlDecoder{in: xml.NewDecoder(text), lim: lim}
	s.d.in.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // text is converted already
	return s, nil
}

// next returns the next record, a *RecordError, io.EOF, or an error behind which nothing comes.
func (s *xmlStream) next() (*Node, error) {
	for {
		s.in.left = s.in.most
		token, err := s.d.in.RawToken()
		if errors.Is(err, io.EOF) {
			if s.d.root == nil || len(s.d.open) > 0 {
				s.d.spoil("the document ends before its root element does")
				return nil, s.spoiled()
			}
			return nil, io.EOF
		}
		if err != nil {
			var syntax *xml.SyntaxError
			if !errors.As(err, &syntax) && !errors.Is(err, errBudget) {
				return nil, fmt.Errorf("reading XML: %w", err)
			}
			s.d.spoil(xmlReason(err))
			return nil, s.spoiled()
		}
		if n, err := s.token(token); n != nil || err != nil {
			return n, err
		}
	}
}

func (s *xmlStream) token(token xml.Token) (*Node, error) {
	if s.skip > 0 {
		s.pass(token)
		return nil, s.spoiled()
	}
	before := len(s.d.open)
	inside := before > len(s.at)
	if start, ok := token.(xml.StartElement); ok && before > 0 && !inside && !s.onPath(start) {
		s.skip = before
		s.pass(token)
		return nil, s.spoiled()
	}
	s.d.token(token)
	after := len(s.d.open)
	if !inside && after > len(s.at) { // a record begins
		inside = true
		s.records++
		s.line, _ = s.d.in.InputPos()
		s.from = s.d.in.InputOffset()
	}
	if s.d.reason == "" && inside {
		s.check(token)
	}
	if s.d.reason != "" {
		if s.d.fatal || !inside {
			return nil, s.spoiled()
		}
		if start, ok := token.(xml.StartElement); ok && after == before {
			s.d.open = append(s.d.open, openElement{name: rawName(start.Name)}) // its end tag will come
		}
		return nil, s.bad()
	}
	if inside && after == len(s.at) {
		return s.take(), nil
	}
	if !inside && after > 0 {
		s.clear()
	}
	return nil, nil
}

// onPath reports whether an element that starts below the open ones is a step of the path.
func (s *xmlStream) onPath(start xml.StartElement) bool {
	seg := &s.at[len(s.d.open)-1]
	if start.Name.Local != seg.Name {
		return false
	}
	if seg.Space == "" {
		return true
	}
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" && a.Name.Local == start.Name.Space || a.Name.Space == "" && a.Name.Local == "xmlns" && start.Name.Space == "" {
			return a.Value == seg.Space
		}
	}
	for i := len(s.d.open) - 1; i >= 0; i-- {
		if uri, found := s.d.open[i].spaces[start.Name.Space]; found {
			return uri == seg.Space
		}
	}
	return false
}

// check finds what spoils the record at hand though the decoder took the token.
func (s *xmlStream) check(token xml.Token) {
	if s.d.in.InputOffset()-s.from > int64(s.d.lim.Record) {
		s.d.fail(fmt.Sprintf("the record is larger than %d bytes", s.d.lim.Record))
	}
	if text, ok := token.(xml.CharData); ok && s.enc.codec != nil && strings.ContainsRune(string(text), utf8.RuneError) {
		s.d.fail("the record holds bytes that are not valid " + s.enc.name + " text")
	}
}

// bad gives up the record at hand and goes on behind it.
func (s *xmlStream) bad() error {
	err := &RecordError{Format: "XML", Record: s.records, Line: s.line, Reason: s.d.reason}
	s.d.reason = ""
	s.skip = len(s.at)
	if len(s.d.open) <= s.skip { // it has ended
		s.skip = 0
	}
	s.d.open = s.d.open[:max(len(s.d.open), len(s.at))]
	s.clear()
	return err
}

// take returns the record that has just ended.
func (s *xmlStream) take() *Node {
	children := s.d.open[len(s.d.open)-1].node.Children
	n := children[len(children)-1]
	s.clear()
	return n
}

// clear forgets what the elements around the records hold.
func (s *xmlStream) clear() {
	s.d.nodes = 0
	for i := range s.d.open[:min(len(s.d.open), len(s.at))] {
		s.d.open[i].node.Children = nil
		s.d.open[i].text.Reset()
	}
}

// pass takes a token of which nothing is kept.
func (s *xmlStream) pass(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		if len(s.d.open) >= maxSkipped {
			s.d.spoil(fmt.Sprintf("elements are nested deeper than %d levels", maxSkipped))
		}
		s.d.open = append(s.d.open, openElement{name: rawName(t.Name)})
	case xml.EndElement:
		if s.d.open[len(s.d.open)-1].name != rawName(t.Name) {
			s.d.spoil(fmt.Sprintf("the end tag %q has no start", clip(rawName(t.Name))))
			return
		}
		s.d.open = s.d.open[:len(s.d.open)-1]
		if len(s.d.open) == s.skip {
			s.skip = 0
		}
	case xml.Directive, xml.ProcInst:
		s.d.token(t)
	}
}

// spoiled returns what is wrong with the whole document, or nil.
func (s *xmlStream) spoiled() error {
	if s.d.reason == "" {
		return nil
	}
	line, column := s.d.in.InputPos()
	return &SyntaxError{Format: "XML", Line: line, Column: column, Reason: s.d.reason}
}

var errBudget = errors.New("one text or tag is larger than a record may be")

// budgetReader reads at most left bytes, which are given anew at each token.
type budgetReader struct {
	in         io.Reader
	left, most int
}

func (b *budgetReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBudget
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
