package email

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/jhillyerd/enmime/v2/mediatype"
)

// What a mail may have at most. They are checked on the raw bytes, before any parser sees them: 1,215 bytes of nested
// multiparts without an end keep a good parser busy for minutes.
const (
	maxMail    = 25 << 20 // bytes
	maxDepth   = 10       // multiparts, and mails in mails, inside each other
	maxParts   = 200
	maxFields  = 200      // header fields of one part
	maxField   = 8 << 10  // bytes of one header field, with its folds
	maxLine    = 64 << 10 // bytes of one line of the body
	maxForward = 3        // mails in mails that are looked into
	maxSpoiled = 10_000   // bytes in base64 that are none of it: the parser notes each of them
)

// scanner walks the raw bytes once, line by line.
type scanner struct {
	rest    []byte
	open    []string // boundaries of the multiparts that are open, outermost first; "" is a mail in a mail
	parts   int
	field   []byte // the header field that is being read, unfolded
	fields  int
	media   string
	border  string
	base64  bool
	spoiled int
	heading bool
}

// scan refuses, in a sentence for a person, a mail that is larger or more nested than any that people write.
func scan(raw []byte) error {
	if len(raw) > maxMail {
		return fmt.Errorf("it is larger than %d MB", maxMail>>20)
	}
	s := &scanner{rest: raw}
	s.begin()
	for len(s.rest) > 0 {
		line, rest, _ := bytes.Cut(s.rest, []byte("\n"))
		s.rest = rest
		if err := s.line(bytes.TrimSuffix(line, []byte("\r"))); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) begin() {
	s.heading, s.field, s.fields, s.media, s.border, s.base64 = true, nil, 0, "", "", false
}

func (s *scanner) line(line []byte) error {
	if len(line) > maxLine {
		return errors.New("one of its lines is longer than any that mail programs write")
	}
	if bytes.HasPrefix(line, []byte("--")) {
		if ended, err := s.delimiter(line[2:]); ended || err != nil {
			return err
		}
	}
	if !s.heading {
		return s.body(line)
	}
	switch {
	case len(line) == 0:
		return s.endOfHeader()
	case (line[0] == ' ' || line[0] == '\t') && s.field != nil:
		s.field = append(append(s.field, ' '), bytes.TrimSpace(line)...)
	default:
		s.endOfField()
		s.fields++
		s.field = append([]byte{}, line...)
	}
	switch {
	case s.fields > maxFields:
		return errors.New("it has more header lines than any mail program writes")
	case len(s.field) > maxField:
		return errors.New("one of its header lines is longer than any that mail programs write")
	}
	return nil
}

// body counts what is no base64 where base64 was said.
func (s *scanner) body(line []byte) error {
	if !s.base64 {
		return nil
	}
	for _, c := range line {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '/' || c > '9') && c != '+' && c != '=' && c != ' ' && c != '\t' {
			s.spoiled++
		}
	}
	if s.spoiled > maxSpoiled {
		return errors.New("one of its parts is damaged")
	}
	return nil
}

// delimiter looks whether a line that begins with two dashes ends a part: a boundary of any multipart that is open.
func (s *scanner) delimiter(line []byte) (bool, error) {
	for i := len(s.open) - 1; i >= 0; i-- {
		rest, is := strings.CutPrefix(string(line), s.open[i])
		if s.open[i] == "" || !is {
			continue
		}
		switch end := strings.HasPrefix(rest, "--"); {
		case end:
			s.open, s.heading = s.open[:i], false
		case strings.TrimSpace(rest) != "": // a longer boundary that begins like this one
			continue
		default:
			s.open = s.open[:i+1]
			s.parts++
			s.begin()
		}
		if s.parts > maxParts {
			return true, fmt.Errorf("it has more than %d parts", maxParts)
		}
		return true, nil
	}
	return false, nil
}

func (s *scanner) endOfField() {
	name, value, found := bytes.Cut(s.field, []byte(":"))
	s.field = nil
	if !found {
		return
	}
	switch strings.ToLower(string(bytes.TrimSpace(name))) {
	case "content-type":
		if s.media == "" {
			media, params, _, _ := parseMedia(string(value))
			s.media, s.border = media, params["boundary"]
		}
	case "content-transfer-encoding":
		s.base64 = s.base64 || strings.EqualFold(string(bytes.TrimSpace(value)), "base64")
	}
}

func (s *scanner) endOfHeader() error {
	s.endOfField()
	s.heading = false
	switch {
	case strings.HasPrefix(s.media, "multipart/") && s.border != "":
		s.open = append(s.open, s.border)
	case s.media == "message/rfc822" || s.media == "message/global":
		s.open = append(s.open, "")
		s.begin()
	}
	if len(s.open) > maxDepth {
		return fmt.Errorf("its parts are nested more than %d deep", maxDepth)
	}
	return nil
}

// parseMedia reads a Content-Type or Content-Disposition as real mail has them, and never gives up on one: what cannot
// be read is a file of bytes. Scan and parser share it, so that one cannot see a multipart where the other sees none.
func parseMedia(value string) (media string, params map[string]string, bad []string, _ error) {
	media, params, bad, err := mediatype.ParseWithOptions(value, mediatype.ParseOptions{StripMediaTypeInvalidCharacters: true})
	if err == nil && params == nil {
		params = map[string]string{}
	}
	if err == nil {
		return strings.ToLower(media), params, bad, nil
	}
	media, rest, _ := strings.Cut(value, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	params = map[string]string{}
	for _, p := range strings.Split(rest, ";") {
		name, v, _ := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := params[name]; name != "" && !twice {
			params[name] = strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	if kind, sub, found := strings.Cut(media, "/"); !found || kind == "" || sub == "" || strings.ContainsAny(media, " \t\"") {
		media = "application/octet-stream"
	}
	return media, params, nil, nil
}
