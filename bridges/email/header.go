package email

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/textproto"
	"strings"

	"golang.org/x/net/html/charset"
)

// header holds the fields of a mail's own header as they came, unfolded, by canonical name.
type header map[string][]string

// get gives the first field of a name, without control characters.
func (h header) get(name string) string {
	if v := h[name]; len(v) > 0 {
		return clean(v[0])
	}
	return ""
}

// text gives the first field of a name, with its encoded words decoded. What comes out of those is cleaned after
// decoding: an encoded line break would be a header of its own where somebody writes it again.
func (h header) text(name string) string {
	if v := h[name]; len(v) > 0 {
		return clean(decoded(v[0]))
	}
	return ""
}

// words decodes encoded words (RFC 2047) of any character set that browsers know.
var words = &mime.WordDecoder{CharsetReader: func(name string, r io.Reader) (io.Reader, error) {
	return charset.NewReaderLabel(name, r)
}}

func decoded(s string) string {
	if d, err := words.DecodeHeader(s); err == nil {
		return d
	}
	return s
}

// clean makes a header's text one line that shows what it says: without control characters and without those that turn
// its direction.
func clean(s string) string { return oneLine(strings.ToValidUTF8(s, "\uFFFD")) }

// topHeader reads the fields of the header, which the scan has found to be of bearable size.
func topHeader(raw []byte) (header, error) {
	h := header{}
	var name string
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if v := h[name]; len(v) > 0 {
				v[len(v)-1] += " " + string(bytes.TrimSpace(line))
			}
			continue
		}
		key, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			continue
		}
		name = textproto.CanonicalMIMEHeaderKey(string(bytes.TrimSpace(key)))
		h[name] = append(h[name], string(bytes.TrimSpace(value)))
	}
	if len(h) == 0 {
		return nil, errors.New("it has no header")
	}
	return h, nil
}
