package connector

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path"
	"slices"
	"strconv"
	"strings"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/bridges/rest"
)

// files hands over what came along, one after the other, each once. left says why some of them were not.
func (p *push) files(ctx context.Context, list []bridges.File) (left string, err error) {
	how := p.c.preset.Files
	if len(list) == 0 {
		return "", nil
	}
	if how == nil || !p.c.scope().on(how.If) {
		return fmt.Sprintf("The files that came along were not put into %s, which takes none from us: download them from the inbox.", p.c.preset.Title), nil
	}
	large, strange, refused := 0, 0, 0
	for _, f := range list {
		switch {
		case f.Size > int64(how.Limit):
			large++
			continue
		case len(how.Types) > 0 && !slices.Contains(how.Types, f.MediaType):
			strange++
			continue
		}
		var be *bridges.Error
		if err := p.file(ctx, how, f); errors.As(err, &be) && be.Class == bridges.Permanent {
			refused++ // the referral is there, and nothing is wrong with it
		} else if err != nil {
			return "", err
		}
	}
	if large+strange+refused == 0 {
		return "", nil
	}
	var why []string
	for _, w := range []struct {
		n    int
		text string
	}{{large, fmt.Sprintf("%d larger than %d MB", large, how.Limit>>20)}, {strange, fmt.Sprintf("%d of a type that it does not take", strange)}, {refused, fmt.Sprintf("%d that it refused", refused)}} {
		if w.n > 0 {
			why = append(why, w.text)
		}
	}
	return fmt.Sprintf("%d of %d files were not put into %s (%s): download them from the inbox.", large+strange+refused, len(list), p.c.preset.Title, strings.Join(why, ", ")), nil
}

// file hands over one.
func (p *push) file(ctx context.Context, how *presets.Files, f bridges.File) error {
	content, err := readFile(&f)
	if err != nil {
		return stay(&bridges.Error{Class: bridges.Temporary, Sentence: "A file that came along cannot be read here now. It is tried again.", Err: err}, p.unknown)
	}
	key := externalID(p.scope.texts["referral.id"], f.ID)
	s := p.scope
	s.texts = map[string]string{}
	for name, text := range p.scope.texts {
		s.texts[name] = text
	}
	name := plainName(f.Name)
	for what, text := range map[string]string{
		"place": how.Places[kindOf(f.MediaType)], "name": name, "type": f.MediaType, "kind": kindOf(f.MediaType), "size": strconv.FormatInt(f.Size, 10), "key": key, "short": key[:8], "title": marked(name, key[:8]),
		"base64": base64.StdEncoding.EncodeToString(content), "bytes": string(content),
	} {
		s.texts["file."+what] = text
	}
	one := *p // an error about a file names no field of the document
	one.scope, one.doc, one.update = s, record.NewObject(), false
	_, err = one.step(ctx, &how.Step, "file/"+key)
	return err
}

func readFile(f *bridges.File) (b []byte, err error) {
	if f.Open == nil {
		return nil, errors.New("it cannot be opened")
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b, err = io.ReadAll(io.LimitReader(r, f.Size+1))
	if err == nil && int64(len(b)) != f.Size {
		err = errors.New("it is not as large as was said")
	}
	return b, err
}

// plainName is a file's name without a path and without what could be taken for a command.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	if name = strings.TrimLeft(name, ". "); name == "" {
		return "file"
	}
	return name
}

// marked puts a mark into a name, before its ending, by which the file is found again.
func marked(name, mark string) string {
	ending := path.Ext(name)
	return strings.TrimSuffix(name, ending) + " [" + mark + "]" + ending
}

// kindOf is the sort of a media type: image, audio, or document.
func kindOf(media string) string {
	switch sort, _, _ := strings.Cut(media, "/"); sort {
	case "image", "audio":
		return sort
	}
	return "document"
}

// multipartForm makes a request with a file in it, as forms of web pages do (RFC 7578).
func multipartForm(r *rest.Request, field string, texts *record.Node, s scope) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, m := range texts.Children {
		if err := w.WriteField(m.Name, m.Text); err != nil {
			return err
		}
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(field, s.texts["file.name"])},
		"Content-Type":        {s.texts["file.type"]},
	})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(part, s.texts["file.bytes"]); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	r.Body = b.Bytes()
	r.Header = http.Header{"Content-Type": {w.FormDataContentType()}}
	return nil
}
