package email

import (
	"bytes"
	"errors"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

// compose writes one mail under a policy: the letter as text, the same as HTML, and the record attached; or a notice with
// a link. Every part is encoded as lines of ASCII that end in CRLF, so that nothing in a letter can end the mail early or
// begin another one.
func (m *mailbox) compose(d bridges.Delivery, policy, secret string) (*gomail.Msg, error) {
	words := inLanguage(d.Letter.Language)
	msg, err := m.blank(secret)
	if err != nil {
		return nil, err
	}
	msg.SetGenHeader("X-Referworks-Reference", inHeader(d.Reference))
	switch {
	case policy == Full && m.smime != nil:
		msg.Subject(noticeSubject(d, words))
		err = m.encrypt(msg, d, words, secret)
	case policy == Full:
		msg.Subject(subject(d))
		err = m.writeLetter(msg, d, words, secret)
	default:
		msg.Subject(noticeSubject(d, words))
		err = m.writeNotice(msg, d, words, policy, secret)
	}
	if err != nil {
		return nil, err
	}
	return msg, m.sign(msg)
}

// blank is a mail with its addresses. Answers and reports come back with the secret, when there is an address for them.
func (m *mailbox) blank(secret string) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
	if err := errors.Join(msg.From(m.from), msg.To(m.to)); err != nil {
		return nil, err
	}
	msg.SetDateWithValue(m.now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation answers
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	if secret == "" {
		return msg, nil
	}
	msg.SetMessageIDWithValue(m.idOf(secret))
	if m.address == "" {
		return msg, nil
	}
	if err := msg.ReplyTo(m.tagged(secret)); err != nil {
		return nil, err
	}
	if m.verp {
		return msg, msg.EnvelopeFrom(m.tagged(bounceMark + secret))
	}
	return msg, nil
}

// tagged is the address for incoming mail with a tag.
func (m *mailbox) tagged(tag string) string {
	local, domain, _ := strings.Cut(m.address, "@")
	return local + "+" + tag + "@" + domain
}

func (m *mailbox) writeLetter(msg *gomail.Msg, d bridges.Delivery, words *say, secret string) error {
	msg.SetBodyString(gomail.TypeTextPlain, text(d)+m.footer(d, words, secret))
	var page bytes.Buffer
	v := view(d)
	v.Footer = m.footerLines(d, words, secret)
	if err := letterPage.Execute(&page, v); err != nil {
		return err
	}
	msg.AddAlternativeString(gomail.TypeTextHTML, page.String())
	name, media := "referral.bin", gomail.TypeAppOctetStream
	switch d.Document.Format {
	case "json":
		name, media = "referral.json", "application/json"
	case "xml":
		name, media = "referral.xml", "application/xml"
	case "csv":
		name, media = "referral.csv", "text/csv"
	}
	if len(d.Document.Bytes) > 0 {
		err := msg.AttachReader(name, bytes.NewReader(d.Document.Bytes), gomail.WithFileContentType(media), gomail.WithFileEncoding(gomail.EncodingB64))
		if err != nil {
			return err
		}
	}
	return attach(msg, d.Files)
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
