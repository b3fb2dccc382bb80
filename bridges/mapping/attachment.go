package mapping

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"path"
	"strconv"
	"strings"

	"referworks/protocol"
)

// attachmentFunction is "attachment": a place with the name of a file and one with its content in base64. The content goes
// to Context.Attach and only its size and fingerprint into the referral. One way: the node keeps received files.
type attachmentFunction struct{}

const maxAttachment = 32 << 20

var attachmentParts = []string{"id", "name", "mediaType", "size", "sha256"}

func newAttachment(struct{}) (spec, string) {
	return spec{function: attachmentFunction{}, members: attachmentParts, many: true, places: 2, oneWay: true, inOnly: true}, ""
}

func (attachmentFunction) forward(c *call, v value) value {
	if len(v.list) != 2 || v.list[1] == "" {
		return c.fail("the file has no content")
	}
	if c.ctx.Attach == nil {
		return c.fail("files cannot be taken along here")
	}
	if len(v.list[1]) > maxAttachment/3*4+4 {
		return c.fail("the file is too large")
	}
	content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v.list[1]), ""))
	if err != nil {
		return c.fail("the content of the file is no base64")
	}
	sum := sha256.Sum256(content)
	digest := protocol.Hash(sum).String()
	name := path.Base(strings.ReplaceAll(strings.TrimSpace(v.list[0]), `\`, "/"))
	if name == "." || name == "/" {
		name = "file"
	}
	kind := mediaTypes[strings.ToLower(path.Ext(name))]
	if kind == "" {
		kind = "application/octet-stream"
	}
	id := "f" + hex.EncodeToString(sum[:6])
	if err := c.ctx.Attach(id, name, kind, content); err != nil {
		return c.fail("the file could not be taken along")
	}
	return value{kind: group, parts: []part{{"id", id}, {"name", name}, {"mediaType", kind}, {"size", strconv.Itoa(len(content))}, {"sha256", digest}}}
}

func (attachmentFunction) back(c *call, _ value) value { return c.fail("files stay with the node") }

// mediaTypes names the files that case systems exchange; it is our own, because the system's table differs by machine.
var mediaTypes = map[string]string{
	".pdf": "application/pdf", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".tif": "image/tiff", ".tiff": "image/tiff", ".heic": "image/heic",
	".txt": "text/plain", ".csv": "text/csv", ".rtf": "application/rtf", ".doc": "application/msword", ".xls": "application/vnd.ms-excel",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
