package record

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// xmlEncoding is how the bytes of an XML document stand for text: what to write in the declaration, and
// how to write so. A nil codec is UTF-8.
type xmlEncoding struct {
	name  string
	codec encoding.Encoding
}

var declaredEncoding = regexp.MustCompile(`^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

// detectXML finds the encoding of a document from its first bytes, and how many of them are a mark to skip.
func detectXML(b []byte) (enc xmlEncoding, skip int, err error) {
	enc = xmlEncoding{name: "UTF-8"}
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return xmlEncoding{"UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)}, 0, nil
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return xmlEncoding{"UTF-16", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, 0, nil
	case bytes.HasPrefix(b, []byte("<\x00")):
		return xmlEncoding{"UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}, 0, nil
	case bytes.HasPrefix(b, []byte("\x00<")):
		return xmlEncoding{"UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}, 0, nil
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		skip = 3
	}
	if m := declaredEncoding.FindSubmatch(b[skip:min(len(b), skip+200)]); m != nil {
		var known bool
		if enc, known = namedEncoding(string(m[1])); !known {
			return enc, 0, &SyntaxError{Format: "XML", Line: 1, Column: 1,
				Reason: "the declared encoding is not one of UTF-8, UTF-16, ISO-8859-1 and windows-1252"}
		}
	}
	return enc, skip, nil
}

// xmlText returns the document as UTF-8 text without byte order mark, and the encoding it came in.
func xmlText(b []byte) (string, xmlEncoding, error) {
	enc, skip, err := detectXML(b)
	if err != nil {
		return "", enc, err
	}
	b = b[skip:]
	if enc.codec != nil {
		if strings.HasPrefix(enc.name, "UTF-16") && len(b)%2 != 0 {
			return "", enc, &SyntaxError{Format: "XML", Reason: "the document is cut in the middle of a UTF-16 character"}
		}
		out, err := enc.codec.NewDecoder().Bytes(b)
		if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
			return "", enc, &SyntaxError{Format: "XML", Reason: "the document is not valid " + enc.name + " text"}
		}
		return string(asVersion1(out)), enc, nil
	}
	if !utf8.Valid(b) {
		return "", enc, &SyntaxError{Format: "XML", Reason: "the document is not valid UTF-8 text; declare its encoding if it has another one"}
	}
	if declaredVersion.Match(b[:min(len(b), 60)]) {
		b = asVersion1(bytes.Clone(b))
	}
	return string(b), enc, nil
}

var declaredVersion = regexp.MustCompile(`^<\?xml\s+version\s*=\s*["']([0-9]\.[0-9])["']`)

// asVersion1 writes 1.0 over the version that the declaration at the beginning of text names. Some systems write 2.0, which does not
// exist, and 1.1, and mean XML as everybody reads it; what 1.0 forbids is refused all the same.
func asVersion1(text []byte) []byte {
	if m := declaredVersion.FindSubmatchIndex(text[:min(len(text), 60)]); m != nil {
		copy(text[m[2]:m[3]], "1.0")
	}
	return text
}

func namedEncoding(name string) (xmlEncoding, bool) {
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return xmlEncoding{name: "UTF-8"}, true
	case "iso-8859-1", "latin1":
		return xmlEncoding{"ISO-8859-1", charmap.ISO8859_1}, true
	case "windows-1252", "cp1252":
		return xmlEncoding{"windows-1252", charmap.Windows1252}, true
	}
	return xmlEncoding{}, false
}

// bytes encodes text that is ready to send; characters that the encoding lacks become character references.
func (e xmlEncoding) bytes(text []byte) ([]byte, error) {
	if e.codec == nil {
		return text, nil
	}
	if strings.HasPrefix(e.name, "UTF-16") {
		return e.codec.NewEncoder().Bytes(text)
	}
	return encoding.HTMLEscapeUnsupported(e.codec.NewEncoder()).Bytes(text)
}
