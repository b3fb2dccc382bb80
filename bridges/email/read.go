package email

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"path"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // its table of character sets
	"github.com/jhillyerd/enmime/v2"
)

// letter is a mail that was read.
type letter struct {
	from       mail.Address
	subject    string
	id         string   // Message-ID without brackets
	refers     []string // ids that it refers to: In-Reply-To, References
	header     header
	text, html string // the bodies, as UTF-8
	files      []attached
	forwarded  []*letter // mails that came along as attachments, looked into
}

// attached is a part of a mail that is no body.
type attached struct {
	name  string // a file name without path, or ""
	media string
	bytes []byte
	shown bool // a picture in the text
}

// unreadable says, in one sentence without personal data, why a mail was not read.
type unreadable struct{ reason string }

func (e *unreadable) Error() string {
	return "A mail arrived that cannot be read by itself: " + e.reason + ". Look at the original and decide."
}

// readTime is how long reading may take: a second, and one more for each 4 MB.
func readTime(raw []byte) time.Duration {
	return time.Second + time.Duration(len(raw)>>22)*time.Second
}

// read parses a mail: the tolerant parser first, a second one when that gives up. The error is an *unreadable, or errBusy.
func (w workers) read(raw []byte) (*letter, error) {
	raw = trimmed(raw)
	if err := scan(raw); err != nil {
		return nil, &unreadable{err.Error()}
	}
	fields, err := topHeader(raw)
	if err != nil {
		return nil, &unreadable{err.Error()}
	}
	l, err := do(w, readTime(raw), func(l *leash) (*letter, error) { return tolerant(raw, l, 0) })
	if err != nil && !errors.Is(err, errTooLong) && !errors.Is(err, errBusy) {
		l, err = do(w, readTime(raw), func(l *leash) (*letter, error) { return second(raw, l, 0) })
	}
	if errors.Is(err, errBusy) {
		return nil, err
	} else if err != nil {
		return nil, &unreadable{sentence(err)}
	}
	l.header = fields
	if err := l.address(fields); err != nil {
		return nil, &unreadable{err.Error()}
	}
	return l, nil
}

func sentence(err error) string {
	if errors.Is(err, errTooLong) {
		return err.Error()
	}
	return "its parts do not fit together" // a parser's own words may hold some of the mail
}

// trimmed takes away what stands before the header: blank lines, and the mark of a mailbox file; and gives lines to a mail
// that has none but by CR.
func trimmed(raw []byte) []byte {
	raw = bytes.TrimLeft(raw, "\r\n")
	if bytes.HasPrefix(raw, []byte("From ")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	if !bytes.Contains(raw, []byte("\n")) {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	}
	return raw
}

// tolerant reads with the parser that reads the nastiest real mail best.
func tolerant(raw []byte, on *leash, depth int) (*letter, error) {
	root, err := parts(raw, on, false)
	if err != nil {
		return nil, err
	}
	l := &letter{}
	var undecoded *enmime.Part // the same tree, where a part cannot be decoded
	for p := root; p != nil; p = next(p) {
		if p.FirstChild != nil {
			continue
		}
		media, content := p.ContentType, p.Content
		if media == "" && p.Parent != nil && p.Parent.ContentType == "multipart/digest" {
			media = "message/rfc822" // RFC 2046, section 5.1.5
		}
		if damaged(p) {
			if undecoded == nil {
				if undecoded, err = parts(raw, on, true); err != nil {
					return nil, err
				}
			}
			content = same(undecoded, p).Content
		}
		l.add(media, p.Disposition, p.FileName, content)
	}
	l.open(depth, func(b []byte) (*letter, error) { return tolerant(b, on, depth+1) })
	return l, nil
}

// parts gives the tree of a mail's parts, as they came or decoded.
func parts(raw []byte, on *leash, asTheyCame bool) (*enmime.Part, error) {
	parser := enmime.NewParser(
		enmime.SetCustomParseMediaType(func(v string) (string, map[string]string, []string, error) {
			on.pull()
			return parseMedia(v)
		}),
		enmime.MultipartWOBoundaryAsSinglePart(true), enmime.MaxStoredPartErrors(10), enmime.DisableTextConversion(true),
		enmime.DisableCharacterDetection(true), enmime.RawContent(asTheyCame),
	)
	return parser.ReadParts(&leashed{Reader: bytes.NewReader(raw), leash: on})
}

// damaged reports a part that is no base64 although it says so: better as it came than as what decoding makes of it.
func damaged(p *enmime.Part) bool {
	notes := 0
	for _, e := range p.Errors {
		if e.Name == enmime.ErrorMalformedBase64 {
			notes++
		}
	}
	return notes > 2 || notes > 0 && len(p.Content) == 0
}

// same finds the part of a tree that stands where p stands in its own.
func same(root, p *enmime.Part) *enmime.Part {
	for q := root; q != nil; q = next(q) {
		if q.PartID == p.PartID {
			return q
		}
	}
	return p
}

// next walks the tree of parts in the order of the mail.
func next(p *enmime.Part) *enmime.Part {
	if p.FirstChild != nil {
		return p.FirstChild
	}
	for ; p != nil; p = p.Parent {
		if p.NextSibling != nil {
			return p.NextSibling
		}
	}
	return nil
}

// second reads with the other parser.
func second(raw []byte, on *leash, depth int) (*letter, error) {
	e, err := message.ReadWithOptions(&leashed{Reader: bytes.NewReader(raw), leash: on}, &message.ReadOptions{MaxHeaderBytes: maxFields * maxField})
	if e == nil {
		return nil, err
	}
	l := &letter{}
	err = e.Walk(func(_ []int, e *message.Entity, _ error) error {
		on.pull()
		media, params, _, _ := parseMedia(e.Header.Get("Content-Type"))
		if e.MultipartReader() != nil {
			return nil
		}
		disposition, named, _, _ := parseMedia(e.Header.Get("Content-Disposition"))
		name := named["filename"]
		if name == "" {
			name = params["name"]
		}
		b, _ := io.ReadAll(e.Body) // as far as it can be decoded: the original is kept
		l.add(media, disposition, name, b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.open(depth, func(b []byte) (*letter, error) { return second(b, on, depth+1) })
	return l, nil
}

// maxBody is how long a body may be to be read as text, in bytes; no form is longer, and what is counts as a file.
const maxBody = 4 << 20

// add puts a part where it belongs: text that the writer meant to be read, or a file.
func (l *letter) add(media, disposition, name string, content []byte) {
	body := &l.text
	switch media {
	case "", "text/plain":
	case "text/html":
		body = &l.html
	default:
		body = nil
	}
	if body == nil || disposition == "attachment" || name != "" || len(content) > maxBody {
		l.files = append(l.files, attached{fileName(name), media, content, disposition == "inline" && strings.HasPrefix(media, "image/")})
		return
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(string(content), "\x00", ""), "\uFFFD")
	if *body != "" && text != "" {
		*body = strings.TrimRight(*body, "\r\n") + "\n\n"
	}
	*body += text
}

// open looks into mails that came along.
func (l *letter) open(depth int, read func([]byte) (*letter, error)) {
	if depth >= maxForward {
		return
	}
	for _, f := range l.files {
		if f.media != "message/rfc822" && f.media != "message/global" {
			continue
		}
		inner, err := read(trimmed(f.bytes))
		if err != nil {
			continue // the file itself is kept
		}
		if inner.header, err = topHeader(trimmed(f.bytes)); err == nil {
			_ = inner.address(inner.header) // who wrote it is nobody's proof
		}
		l.forwarded = append(l.forwarded, inner)
	}
}

// fileName makes a name fit to be shown and written: no path, no control characters, not too long.
func fileName(name string) string {
	name = clean(decoded(name))
	name = path.Base(strings.ReplaceAll("/"+name, `\`, "/"))
	if name == "/" || name == "." || name == ".." {
		return ""
	}
	if r := []rune(name); len(r) > 150 {
		ext := path.Ext(name)
		if len(ext) > 10 {
			ext = ""
		}
		name = string(r[:140]) + ext
	}
	return name
}

// address reads who wrote the mail and what it refers to. Zero or several writers are refused: two readers would believe
// another one each.
func (l *letter) address(h header) error {
	l.subject = h.text("Subject")
	l.id = messageIDs(h.get("Message-Id"))
	for _, name := range []string{"In-Reply-To", "References"} {
		l.refers = append(l.refers, strings.Fields(strings.NewReplacer("<", " ", ">", " ", ",", " ").Replace(h.get(name)))...)
	}
	switch n := len(h["From"]); n {
	case 0:
		return errors.New("it does not say who wrote it")
	case 1:
	default:
		return fmt.Errorf("it names its writer %d times", n)
	}
	list, err := (&mail.AddressParser{WordDecoder: words}).ParseList(h.get("From"))
	if err != nil || len(list) == 0 {
		return errors.New("the address of who wrote it cannot be read")
	}
	if len(list) > 1 {
		return errors.New("it names more than one writer")
	}
	l.from = mail.Address{Name: clean(list[0].Name), Address: strings.ToLower(clean(list[0].Address))}
	return nil
}

func messageIDs(s string) string {
	return strings.Trim(strings.TrimSpace(s), "<>")
}
