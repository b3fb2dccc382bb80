package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"slices"
	"strings"

	"referworks/bridges"
	"referworks/bridges/record"
)

// What is read as the document of a mail.
const (
	readAll  = "attachment-or-text"
	readFile = "attachment"
	readText = "text"
)

// Sentences about mail that waits for a person.
const (
	noDocument     = "A mail arrived that holds no referral a machine can read: no file in JSON, XML or CSV, and no lines like \"First name: Ana\". Look at the original and fill the form beside it."
	severalFiles   = "A mail arrived with several files that could each be the referral. Look at the original and choose."
	unreadableFile = "A mail arrived whose referral file cannot be read. Look at the original and fill the form beside it, or ask the sender for a new file."
)

// mailFormat names a whole mail, as it came.
const mailFormat = "eml"

func original(raw []byte) bridges.Document {
	return bridges.Document{Format: mailFormat, MediaType: "message/rfc822", Bytes: raw}
}

// inbound makes of a mail what the node takes: the document in it, else the whole mail for a person.
func (l *letter) inbound(raw []byte, what string) bridges.Inbound {
	in := bridges.Inbound{Key: l.key(raw)}
	in.Document, in.Unread = l.document(what)
	if in.Unread != "" {
		in.Document = original(raw)
		return in // its files are in the original
	}
	in.Original = original(raw)
	for _, f := range l.everyFile() {
		if !bytes.Equal(f.bytes, in.Document.Bytes) && comesAlong(f) {
			in.Files = append(in.Files, f.file())
		}
	}
	return in
}

// key is the same for the same mail again, by whichever way it comes: its id, its writer and what stands in it. The id
// alone would let anybody who knows one keep a mail away.
func (l *letter) key(raw []byte) string {
	h := sha256.New()
	if l.id == "" {
		h.Write(raw)
	} else {
		for _, s := range []string{l.id, l.from.Address, l.header.get("Date"), l.text, l.html} {
			h.Write([]byte(s))
			h.Write([]byte{0})
		}
		for _, f := range l.files {
			h.Write(f.bytes)
		}
	}
	return "mail " + hex.EncodeToString(h.Sum(nil)[:20])
}

// document finds the referral in a mail: a file in one of our formats, else lines or tables with labels. A mail that was
// forwarded as a file counts as what it holds.
func (l *letter) document(what string) (_ bridges.Document, unread string) {
	if what != readText {
		d, unread := l.fromFiles()
		if unread != "" || len(d.Bytes) > 0 {
			return d, unread
		}
	}
	if what != readFile {
		if d := l.fromText(); len(d.Bytes) > 0 {
			return d, ""
		}
		for _, inner := range l.forwarded {
			if d := inner.fromText(); len(d.Bytes) > 0 {
				return d, ""
			}
		}
	}
	return bridges.Document{}, noDocument
}

// fromFiles reads the file that is the referral. The formats are asked in the order of their table, and a file that is
// called like ours goes before others.
func (l *letter) fromFiles() (_ bridges.Document, unread string) {
	all := l.everyFile()
	for _, format := range record.Formats() {
		if !format.Reads || format.Format == record.FormatMail {
			continue
		}
		fits := slices.DeleteFunc(slices.Clone(all), func(f attached) bool { return !isFormat(f, format) })
		if ours := slices.DeleteFunc(slices.Clone(fits), func(f attached) bool { return !strings.HasPrefix(f.name, "referral.") }); len(ours) == 1 {
			fits = ours
		}
		switch {
		case len(fits) == 0:
			continue
		case len(fits) > 1 && allAlike(fits):
		case len(fits) > 1:
			return bridges.Document{}, severalFiles
		}
		if _, err := record.Decode(format.Format, fits[0].bytes, record.Limits{}); err != nil {
			if format.Format == record.FormatJSON || format.Format == record.FormatXML || format.Format == record.FormatCSV {
				return bridges.Document{}, unreadableFile
			}
			continue // a PDF without a form is a file like others
		}
		return bridges.Document{Format: string(format.Format), MediaType: format.MediaType, Bytes: fits[0].bytes}, ""
	}
	return bridges.Document{}, ""
}

func allAlike(files []attached) bool {
	return !slices.ContainsFunc(files, func(f attached) bool { return !bytes.Equal(f.bytes, files[0].bytes) })
}

func isFormat(f attached, format record.FormatInfo) bool {
	_, sub, _ := strings.Cut(format.MediaType, "/")
	media, is, _ := strings.Cut(f.media, "/")
	switch {
	case f.media == format.MediaType, (media == "text" || media == "application") && (is == sub || strings.HasSuffix(is, "+"+sub)):
		return true
	}
	return strings.EqualFold(path.Ext(f.name), format.Suffix)
}

// fromText reads labels and values from the body, from whichever of text and HTML has more of them.
func (l *letter) fromText() bridges.Document {
	text, found := labeled(l.text)
	page, more := labeled(l.html)
	if more > found && more > 1 {
		return bridges.Document{Format: string(record.FormatMail), MediaType: "text/html", Bytes: page}
	}
	if found > 1 {
		return bridges.Document{Format: string(record.FormatMail), MediaType: "text/plain", Bytes: text}
	}
	return bridges.Document{}
}

// labeled counts the labels with a value in a body.
func labeled(body string) ([]byte, int) {
	b := []byte(body)
	if strings.TrimSpace(body) == "" {
		return nil, 0
	}
	root, _, err := record.DecodeForm(b, record.Limits{})
	if err != nil {
		return nil, 0
	}
	n := 0
	root.Leaves(func(p record.Path, leaf *record.Node) {
		if p[len(p)-1].Name != record.ContentName && leaf.Text != "" {
			n++
		}
	})
	return b, n
}

// everyFile gives the files of a mail and of those that were forwarded with it.
func (l *letter) everyFile() []attached {
	var all []attached
	for _, f := range l.files {
		if f.media != "message/rfc822" && f.media != "message/global" {
			all = append(all, f)
		}
	}
	for _, inner := range l.forwarded {
		all = append(all, inner.everyFile()...)
	}
	return all
}

// comesAlong tells a file about the person from what mail programs add: signatures, reports, pictures of a logo.
func comesAlong(f attached) bool {
	switch f.media {
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "message/delivery-status", "text/rfc822-headers", "text/calendar":
		return false
	}
	return len(f.bytes) > 0 && !f.shown
}

func (f attached) file() bridges.File {
	name := f.name
	if name == "" {
		name = "attachment"
	}
	return bridges.File{Name: name, MediaType: f.media, Size: int64(len(f.bytes)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.bytes)), nil }}
}
