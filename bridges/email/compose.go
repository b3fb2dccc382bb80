package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

// compose writes one mail: the letter as text, the same as HTML, and the record attached. Every part is encoded as
// lines of ASCII that end in CRLF, so that nothing in a letter can end the mail early or begin another one.
func (s *mailbox) compose(d bridges.Delivery) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
	if err := m.From(s.from); err != nil {
		return nil, err
	}
	if err := m.To(s.to); err != nil {
		return nil, err
	}
	m.Subject(subject(d))
	m.SetMessageIDWithValue(messageID(d.Key, s.from))
	m.SetDateWithValue(s.now())
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation answers
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	m.SetGenHeader("X-Referworks-Reference", inHeader(d.Reference))
	m.SetBodyString(gomail.TypeTextPlain, text(d))
	var page bytes.Buffer
	if err := letterPage.Execute(&page, view(d)); err != nil {
		return nil, err
	}
	m.AddAlternativeString(gomail.TypeTextHTML, page.String())
	name, media := "referral.bin", gomail.TypeAppOctetStream
	switch d.Document.Format {
	case "json":
		name, media = "referral.json", "application/json"
	case "xml":
		name, media = "referral.xml", "application/xml"
	}
	if len(d.Document.Bytes) > 0 {
		err := m.AttachReader(name, bytes.NewReader(d.Document.Bytes), gomail.WithFileContentType(media), gomail.WithFileEncoding(gomail.EncodingB64))
		if err != nil {
			return nil, err
		}
	}
	return m, attach(m, d.Files)
}

// attach adds the files that came along, as downloads: no type that a mail program would show by itself as a page.
func attach(m *gomail.Msg, files []bridges.File) error {
	for _, f := range files {
		r, err := f.Open()
		if err != nil {
			return err
		}
		err = m.AttachReader(inHeader(f.Name), r, gomail.WithFileContentType(gomail.ContentType(f.MediaType)), gomail.WithFileEncoding(gomail.EncodingB64))
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// subject holds the reference number and the sending organization's name, and nothing about the person or the need.
func subject(d bridges.Delivery) string {
	s := strings.TrimSpace("New referral " + inHeader(d.Reference))
	if from := inHeader(d.From.Name); from != "" {
		s += " from " + short(from, 80)
	}
	if d.Practice {
		s = "PRACTICE: " + s
	}
	return s
}

// messageID is made of the delivery's key, so that every attempt carries the same.
func messageID(key, from string) string {
	sum := sha256.Sum256([]byte("referworks mail 1\x00" + key))
	_, domain, _ := strings.Cut(from, "@")
	return hex.EncodeToString(sum[:16]) + "@" + domain
}
