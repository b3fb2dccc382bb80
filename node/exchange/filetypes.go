package exchange

import (
	"context"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"referworks/protocol"
)

// Scanner looks through a file's content; found says that it must not be kept. An error means that nobody looked, and is
// tried again.
type Scanner func(ctx context.Context, content io.Reader) (found bool, err error)

// sniffed is how much of a file is looked at to see what it is, in bytes.
const sniffed = 64 << 10

// vague are types of content that several of ours begin as: what was declared decides among them.
var vague = map[string][]string{
	"text/plain":                {"text/csv", "text/rtf", "application/rtf", "message/rfc822", "text/markdown", "text/calendar", "text/vcard"},
	"application/zip":           {"application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."},
	"application/x-ole-storage": {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-outlook", "application/vnd.ms-powerpoint"},
}

// mediaTypeOf tells what a file is by its content, its declared type and its name. A file that is of no type that travels,
// or is not what it says, is refused with a sentence.
func mediaTypeOf(declared, name string, head []byte) (string, error) {
	found := bareType(mimetype.Detect(head[:min(len(head), sniffed)]).String())
	said := bareType(declared)
	if said == "" || said == "application/octet-stream" {
		said = bareType(mime.TypeByExtension(strings.ToLower(path.Ext(name))))
	}
	switch {
	case len(head) == 0:
		found = "text/plain"
	case fits(said, found):
		found = said
	case said != "" && slices.Contains(protocol.FileTypes, said) && !slices.Contains(protocol.FileTypes, found):
		return "", protocol.Errorf(protocol.CodeFile, "The file says that it is %s, and its content is not. Save it again, or print it to PDF.", kindOf(said))
	}
	if !slices.Contains(protocol.FileTypes, found) {
		return "", protocol.Errorf(protocol.CodeFile, "Files of the type %s are not sent, since they can harm a computer. Print it to PDF and send that.", found)
	}
	return found, nil
}

// fits tells whether a file whose content looks like found may be of the type said.
func fits(said, found string) bool {
	return said == found && slices.Contains(protocol.FileTypes, said) ||
		slices.Contains(protocol.FileTypes, said) && slices.ContainsFunc(vague[found], func(p string) bool { return strings.HasPrefix(said, p) })
}

// kindOf names a type in words.
func kindOf(mediaType string) string {
	switch {
	case mediaType == "application/pdf":
		return "a PDF"
	case strings.HasPrefix(mediaType, "image/"):
		return "a picture"
	}
	return "of the type " + mediaType
}

func bareType(s string) string {
	t, _, err := mime.ParseMediaType(s)
	if err != nil {
		return ""
	}
	return t
}

// inspect looks at a whole file that came in: whether it is what it says, and what the scanner says of it.
func (d *Desk) inspect(ctx context.Context, f *file) (FileState, error) {
	r := d.openContent(&f.content, f.Size)
	head := make([]byte, min(f.Size, sniffed))
	if _, err := io.ReadFull(r, head); err != nil {
		return "", err
	}
	if kind, err := mediaTypeOf(f.MediaType, f.Name, head); err != nil || kind != f.MediaType {
		return FileBlocked, nil
	}
	if d.scan == nil {
		return FileHere, nil
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	found, err := d.scan(ctx, r)
	switch {
	case err != nil:
		return "", fmt.Errorf("scan file: %w", err)
	case found:
		return FileBlocked, nil
	}
	return FileHere, nil
}
