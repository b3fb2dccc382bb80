package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/record"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

type resendInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		To       []string           `json:"to,omitempty" doc:"Whom to send it to, by name or id; without it, whom it was to go to."`
		Override *exchange.Override `json:"override,omitempty" doc:"Send it although no consent covers it: what allows it, and why. It is written into the referral and the audit log."`
	}
}

func (s *Server) waiting() {
	add(s, http.MethodGet, "/v1/waiting", "list-waiting", "List what waits for a person", func(_ context.Context, c caller, _ *none) (page[connection.Waiting], error) {
		list, err := c.org.Connections().WaitingList()
		return page[connection.Waiting]{Items: list}, err
	})
	add(s, http.MethodGet, "/v1/waiting/{id}", "show-waiting", "Show one thing that waits", func(_ context.Context, c caller, in *idInput) (connection.Waiting, error) {
		return c.org.Connections().WaitingItem(in.ID)
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "read-waiting", Method: http.MethodGet, Path: "/v1/waiting/{id}/original", Summary: "Download what waits, as it came",
		Description: "Looking at it is recorded, since it is about a person.",
		Errors:      []int{401, 403, 404, 503}, Responses: downloaded("The original."),
	}, s.original)
	huma.Register(s.api, huma.Operation{
		OperationID: "read-upload", Method: http.MethodGet, Path: "/v1/files/{file}", Summary: "Download a file that was not sent yet, or came along with what waits",
		Errors: []int{401, 403, 404, 416, 503}, Responses: downloaded("The file."),
	}, s.readUpload)
	add(s, http.MethodGet, "/v1/waiting/{id}/opened", "open-waiting", "Show what waits as text, with what could be read of it for a form", s.open)
	huma.Register(s.api, huma.Operation{
		OperationID: "read-waiting-file", Method: http.MethodGet, Path: "/v1/waiting/{id}/files/{file}", Summary: "Download a file that is part of what waits",
		Errors: []int{401, 403, 404, 416, 503}, Responses: downloaded("The file."),
	}, s.openedFile)
	add(s, http.MethodPost, "/v1/waiting/{id}/referral", "send-waiting", "Send what a person read in what waits; the original is kept with it", s.instead)
	add(s, http.MethodPost, "/v1/waiting/{id}/resend", "resend-waiting", "Send again what waits", func(_ context.Context, c caller, in *resendInput) (posted, error) {
		res, err := c.org.Connections().Resend(in.ID, in.Body.To, c.actor, in.Body.Override)
		if err != nil {
			return posted{}, err
		}
		return s.posted(c, res), nil
	})
	add(s, http.MethodDelete, "/v1/waiting/{id}", "discard-waiting", "Give up what waits, with its original", func(_ context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().Discard(in.ID, c.actor)
	})
}

type openInput struct {
	ID   string `path:"id" maxLength:"100"`
	Form string `query:"form" maxLength:"100" doc:"The mapping of a form's records: what could be read is given as such a record."`
}

// opened is what waits, for a person to read.
type opened struct {
	From     string          `json:"from,omitempty" doc:"Who it says wrote it. Nobody proved that."`
	Subject  string          `json:"subject,omitempty"`
	Sent     int64           `json:"sent,omitempty" doc:"When it says it was written, in milliseconds UTC."`
	Text     string          `json:"text" doc:"Plain text."`
	Sentence string          `json:"sentence,omitempty" doc:"What a person must know of it, when it could only be read in part."`
	Files    []openedFile    `json:"files"`
	Filled   json.RawMessage `json:"filled,omitempty" doc:"A record for the form, of what could be read. Nobody has checked it."`
}

type openedFile struct {
	Name      string `json:"name"`
	MediaType string `json:"mediaType,omitempty"`
	Size      int64  `json:"size"`
	URL       string `json:"url"`
}

// open gives what waits as text; looking at it is recorded, since it is about a person.
func (s *Server) open(ctx context.Context, c caller, in *openInput) (opened, error) {
	set := c.org.Connections()
	w, err := set.WaitingItem(in.ID)
	if err != nil {
		return opened{}, err
	}
	if err := set.Viewed(ctx, w, c.actor); err != nil {
		return opened{}, err
	}
	o, err := set.Open(w, in.Form)
	if err != nil {
		return opened{}, err
	}
	out := opened{From: o.From, Subject: o.Subject, Text: o.Text, Sentence: o.Sentence, Files: []openedFile{}, Filled: o.Filled}
	if !o.Sent.IsZero() {
		out.Sent = o.Sent.UnixMilli()
	}
	for i, f := range o.Files {
		out.Files = append(out.Files, openedFile{f.Name, f.MediaType, f.Size, fmt.Sprintf("/v1/waiting/%s/files/%d", in.ID, i)})
	}
	return out, nil
}

type openedFileInput struct {
	ID   string `path:"id" maxLength:"100"`
	File int    `path:"file" minimum:"0" doc:"Its place in what open-waiting lists, from 0."`
}

func (s *Server) openedFile(ctx context.Context, in *openedFileInput) (*huma.StreamResponse, error) {
	c := callerOf(ctx)
	set := c.org.Connections()
	w, err := set.WaitingItem(in.ID)
	if err == nil {
		err = set.Viewed(ctx, w, c.actor)
	}
	if err != nil {
		return nil, s.problem(err)
	}
	o, err := set.Open(w, "")
	if err == nil && in.File >= len(o.Files) {
		err = fmt.Errorf("file %d of what waits: %w", in.File, connection.ErrNone)
	}
	if err != nil {
		return nil, s.problem(err)
	}
	r, err := o.Files[in.File].Open()
	if err != nil {
		return nil, s.problem(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, s.problem(err)
	}
	return asDownload(o.Files[in.File].Name, "", nopSeekCloser{bytes.NewReader(b)}), nil
}

type insteadInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Connection string          `json:"connection" doc:"Which of your connections takes the form's record."`
		Document   json.RawMessage `json:"document" doc:"The form's record, in JSON."`
		To         []string        `json:"to,omitempty" maxItems:"50" doc:"Partner to send to, by name or organization id."`
		Rule       string          `json:"rule,omitempty" enum:"all,first-accepted"`
		Files      []int           `json:"files,omitempty" maxItems:"64" doc:"Files of the original that go along, by their place in what open-waiting lists, from 0."`
	}
}

// instead sends what a person made of something that waits; the original is kept with it.
func (s *Server) instead(_ context.Context, c caller, in *insteadInput) (posted, error) {
	res, err := c.org.Connections().SendInstead(in.ID, connection.Submission{
		Connection: in.Body.Connection, Format: string(record.FormatJSON), Raw: in.Body.Document, To: in.Body.To, Rule: protocol.GroupRule(in.Body.Rule), Actor: c.actor,
	}, in.Body.Files)
	if err != nil {
		return posted{}, err
	}
	return s.posted(c, res), nil
}

// original gives what waits as a download, never as a page of ours: anybody may have written it.
func (s *Server) original(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
	c := callerOf(ctx)
	w, err := c.org.Connections().WaitingItem(in.ID)
	if err == nil {
		err = c.org.Connections().Viewed(ctx, w, c.actor)
	}
	if err != nil {
		return nil, s.problem(err)
	}
	return asDownload("original", "", nopSeekCloser{bytes.NewReader(w.Came())}), nil
}

type nopSeekCloser struct{ *bytes.Reader }

func (nopSeekCloser) Close() error { return nil }

func (s *Server) readUpload(ctx context.Context, in *uploadID) (*huma.StreamResponse, error) {
	f, r, err := callerOf(ctx).org.Desk().OpenUpload(in.File)
	if err != nil {
		return nil, s.problem(err)
	}
	return asDownload(f.Name, f.SHA256.String(), r), nil
}
