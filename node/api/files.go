package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"referworks/node/exchange"
	"referworks/protocol"
)

// fileRow is a file: uploaded and waiting, or of a referral.
type fileRow struct {
	ID        string             `json:"id"`
	Name      string             `json:"name,omitempty" doc:"Absent when it was erased."`
	MediaType string             `json:"mediaType,omitempty"`
	Size      int64              `json:"size"`
	SHA256    protocol.Hash      `json:"sha256,omitzero"`
	State     exchange.FileState `json:"state" enum:"here,coming,blocked,broken,erased" doc:"blocked: not kept, since it is not what it says or the scanner found something in it."`
	Mine      bool               `json:"mine" doc:"You sent it."`
	Done      int64              `json:"done" doc:"Bytes that went over so far."`
	Since     int64              `json:"since" doc:"Milliseconds UTC."`
	URL       string             `json:"url,omitempty" doc:"Of its content."`
}

type fileList struct {
	Files []fileRow `json:"files"`
}

// uploadInput is a file as the body of the request; it is read as it comes and never held whole.
type uploadInput struct {
	Name string `query:"name" maxLength:"1000" required:"true" doc:"As the other side will see it."`
	Type string `header:"Content-Type" maxLength:"200" doc:"What it is; its content decides."`
	body io.Reader
}

// Resolve takes the body before the framework would read it (huma.Resolver).
func (in *uploadInput) Resolve(ctx huma.Context) []error {
	_ = ctx.SetReadDeadline(time.Now().Add(uploadTime))
	in.body = ctx.BodyReader()
	return nil
}

// uploadTime is how long an upload may take.
const uploadTime = 15 * time.Minute

type referralFile struct {
	ID   string `path:"id" maxLength:"100"`
	File string `path:"file" maxLength:"100"`
}

type uploadID struct {
	File string `path:"file" maxLength:"100"`
}

func (s *Server) files() {
	huma.Register(s.api, huma.Operation{
		OperationID: "upload-file", Method: http.MethodPost, Path: "/v1/files", DefaultStatus: http.StatusCreated,
		Summary:      "Upload a file, to be sent with a referral or a step",
		Description:  "The body is the file, up to 25 MB. It waits for seven days until a post or a step names its id.",
		Errors:       []int{400, 401, 403, 409, 413, 415, 422, 503},
		MaxBodyBytes: -1, BodyReadTimeout: -1,
		RequestBody: &huma.RequestBody{Required: true, Description: "The file as it is.", Content: map[string]*huma.MediaType{"application/octet-stream": {}, "application/pdf": {}, "image/*": {}, "text/*": {}}},
	}, s.upload)
	add(s, http.MethodGet, "/v1/files", "list-uploads", "List files that were uploaded and not sent yet", func(_ context.Context, c caller, _ *struct{}) (fileList, error) {
		list, err := c.org.Desk().Uploads()
		return rowsOf(list, ""), err
	})
	add(s, http.MethodDelete, "/v1/files/{file}", "delete-upload", "Delete a file that was not sent", func(ctx context.Context, c caller, in *uploadID) (done, error) {
		return done{true}, c.org.Desk().DropUpload(ctx, in.File)
	})
	add(s, http.MethodGet, "/v1/referrals/{id}/files", "list-files", "List the files of a referral, with how far they came over", func(_ context.Context, c caller, in *idInput) (fileList, error) {
		list, err := c.org.Desk().Files(protocol.ReferralID(in.ID))
		return rowsOf(list, in.ID), err
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "read-file", Method: http.MethodGet, Path: "/v1/referrals/{id}/files/{file}", Summary: "Download a file of a referral, or a range of it",
		Errors:    []int{401, 403, 404, 409, 416, 503},
		Responses: downloaded("The file."),
	}, s.download)
}

func rowsOf(list []exchange.File, referral string) fileList {
	out := fileList{Files: []fileRow{}}
	for _, f := range list {
		out.Files = append(out.Files, rowOfFile(f, referral))
	}
	return out
}

func rowOfFile(f exchange.File, referral string) fileRow {
	row := fileRow{ID: f.ID, Name: f.Name, MediaType: f.MediaType, Size: f.Size, SHA256: f.SHA256, State: f.State, Mine: f.Ours, Done: f.Done, Since: f.Since.UnixMilli()}
	if referral != "" && f.State == exchange.FileHere {
		row.URL = "/v1/referrals/" + referral + "/files/" + f.ID
	}
	return row
}

type uploaded struct{ Body fileRow }

func (s *Server) upload(ctx context.Context, in *uploadInput) (*uploaded, error) {
	f, err := callerOf(ctx).org.Desk().Upload(ctx, in.Name, in.Type, in.body)
	var no *protocol.Error
	switch {
	case errors.As(err, &no) && no.Code == protocol.CodeTooLarge:
		return nil, huma.NewError(http.StatusRequestEntityTooLarge, no.Text())
	case errors.As(err, &no) && no.Code == protocol.CodeFile:
		return nil, huma.Error415UnsupportedMediaType(no.Text())
	case err != nil:
		return nil, s.problem(err)
	}
	return &uploaded{rowOfFile(f, "")}, nil
}

// download gives a file as a download, never as a page of ours: what is in it is the other side's.
func (s *Server) download(ctx context.Context, in *referralFile) (*huma.StreamResponse, error) {
	c := callerOf(ctx)
	f, r, err := c.org.Desk().OpenFile(protocol.ReferralID(in.ID), in.File)
	if err == nil {
		err = c.org.Desk().Viewed(ctx, protocol.ReferralID(in.ID), c.actor)
	}
	if err != nil {
		return nil, s.problem(err)
	}
	return asDownload(f.Name, f.SHA256.String(), r), nil
}

// asDownload answers with bytes that are somebody else's: to be saved, never shown as a page of ours. Ranges are honored.
func asDownload(name, tag string, r io.ReadSeekCloser) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer r.Close()
		req, w := humago.Unwrap(hc)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(uploadTime))
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		h.Set("Cache-Control", "no-store")
		if tag != "" {
			h.Set("ETag", `"`+tag+`"`)
		}
		http.ServeContent(w, req, "", time.Time{}, r)
	}}
}

// downloaded describes such an answer.
func downloaded(what string) map[string]*huma.Response {
	bytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	return map[string]*huma.Response{"200": {Description: what, Content: bytes}, "206": {Description: "The range that was asked for.", Content: bytes}}
}
