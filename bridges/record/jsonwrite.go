package record

import (
	"fmt"
	"unicode/utf8"
)

// EncodeJSON writes the tree as one JSON text without insignificant space. Members that share a name, as
// XML has them, become one list where the first of them stands. It returns an error for a number that is no
// JSON number and for text that is not UTF-8.
func EncodeJSON(n *Node) ([]byte, error) {
	return AppendJSON(make([]byte, 0, 1024), n)
}

// AppendJSON is EncodeJSON into the end of dst.
func AppendJSON(dst []byte, n *Node) ([]byte, error) {
	w := jsonWriter{b: dst}
	w.node(n, 0)
	if w.err != nil {
		return nil, w.err
	}
	return w.b, nil
}

// IndentJSON is EncodeJSON with two spaces a level, for people.
func IndentJSON(n *Node) ([]byte, error) {
	w := jsonWriter{indent: true}
	w.node(n, 0)
	if w.err != nil {
		return nil, w.err
	}
	return append(w.b, '\n'), nil
}

type jsonWriter struct {
	b      []byte
	indent bool
	err    error
}

func (w *jsonWriter) node(n *Node, level int) {
	switch n.Kind {
	case Null:
		w.b = append(w.b, "null"...)
	case Bool:
		if n.Text == "true" {
			w.b = append(w.b, "true"...)
		} else {
			w.b = append(w.b, "false"...)
		}
	case Number:
		if !IsNumber(n.Text) {
			w.fail(fmt.Errorf("writing JSON: member %q is no JSON number", clip(n.Name)))
		}
		w.b = append(w.b, n.Text...)
	case Text:
		w.text(n.Text, n.Name)
	case List:
		w.list(n.Children, level)
	case Object:
		w.object(n, level)
	}
}

func (w *jsonWriter) list(items []*Node, level int) {
	w.b = append(w.b, '[')
	for i, item := range items {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.line(level + 1)
		w.node(item, level+1)
	}
	if len(items) > 0 {
		w.line(level)
	}
	w.b = append(w.b, ']')
}

func (w *jsonWriter) object(n *Node, level int) {
	repeated := n.repeated()
	written := map[string]bool(nil)
	w.b = append(w.b, '{')
	for i, c := range n.Children {
		if written[c.Name] {
			continue
		}
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.line(level + 1)
		w.text(c.Name, "")
		w.b = append(w.b, ':')
		if w.indent {
			w.b = append(w.b, ' ')
		}
		if !repeated[c.Name] {
			w.node(c, level+1)
			continue
		}
		if written == nil {
			written = map[string]bool{}
		}
		written[c.Name] = true
		w.list(n.Find(Path{{Name: c.Name, Step: Each}}), level+1)
	}
	if len(n.Children) > 0 {
		w.line(level)
	}
	w.b = append(w.b, '}')
}

func (w *jsonWriter) line(level int) {
	if !w.indent {
		return
	}
	w.b = append(w.b, '\n')
	for range level {
		w.b = append(w.b, ' ', ' ')
	}
}

const hexDigits = "0123456789abcdef"

func (w *jsonWriter) text(s, name string) {
	if !utf8.ValidString(s) {
		w.fail(fmt.Errorf("writing JSON: member %q is not UTF-8 text", clip(name)))
		return
	}
	w.b = append(w.b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		w.b = append(w.b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			w.b = append(w.b, '\\', c)
		case '\n':
			w.b = append(w.b, '\\', 'n')
		case '\r':
			w.b = append(w.b, '\\', 'r')
		case '\t':
			w.b = append(w.b, '\\', 't')
		default:
			w.b = append(w.b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	w.b = append(w.b, s[start:]...)
	w.b = append(w.b, '"')
}

func (w *jsonWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// IsNumber reports whether s is a JSON number (RFC 8259, section 6).
func IsNumber(s string) bool {
	d := jsonDecoder{s: s, lim: Limits{}.filled()}
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return false
	}
	d.number()
	return d.reason == "" && d.i == len(s)
}
