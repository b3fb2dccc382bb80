package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/suggest"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

type postInput struct {
	ContentType    string   `header:"Content-Type" doc:"The format of your system: application/json, application/xml, text/csv, application/pdf for its form, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, or for a form or mail text/plain or text/html."`
	IdempotencyKey string   `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same document is sent once, however often it is posted; kept for as long as the referral."`
	To             []string `query:"to,explode" maxItems:"50" doc:"Partner to send to, by name or organization id; repeat it for several. Without it the document or the connection decides."`
	Connection     string   `query:"connection" doc:"Which of your connections takes the document; needed only when several take its format."`
	Files          []string `query:"file,explode" maxItems:"64" doc:"Ids of uploaded files that go along; repeat it for several. A document may also name them itself, where its mapping maps files."`
	Rule           string   `query:"rule" enum:"all,first-accepted" doc:"Of several recipients: all may help, or the first to accept is the only one and the others are recalled. Without it the document decides, and otherwise all."`
	RawBody        []byte   `contentType:"application/octet-stream"`
}

// Posted is the answer to a posted document.
type posted struct {
	Group     string      `json:"group,omitempty" doc:"The referrals made of this document belong together."`
	Referrals []part      `json:"referrals"`
	Waiting   string      `json:"waiting,omitempty" doc:"The document waits for a person under this id; see sentence."`
	Sentence  string      `json:"sentence,omitempty"`
	Report    report      `json:"report,omitempty" doc:"What the conversion kept, changed and lost: names of fields, never values."`
	Rows      []postedRow `json:"rows,omitempty" doc:"Of a file with several records: what became of each."`
}

// PostedRow is what became of one record of a file with several.
type postedRow struct {
	Row int `json:"row" doc:"From 1."`
	posted
}

// Part is one referral of a posted document: one recipient.
type part struct {
	ID        protocol.ReferralID `json:"id,omitempty"`
	Reference string              `json:"reference,omitempty" doc:"Short number for people."`
	To        protocol.OrgID      `json:"to"`
	Name      string              `json:"name,omitempty"`
	Nth       int                 `json:"nth,omitempty" doc:"Of a document that asks for several things, which of its referrals this is, from 1."`
	State     protocol.Transport  `json:"state"`
	Code      protocol.Code       `json:"code,omitempty"`
	Sentence  string              `json:"sentence,omitempty"`
	URL       string              `json:"url,omitempty"`
	Report    report              `json:"report,omitempty" doc:"Of a document that asks for several things, the report of this referral."`
}

type postOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     posted
}

func (s *Server) referrals() {
	doc := func(op huma.Operation) huma.Operation {
		op.MaxBodyBytes, op.SkipValidateBody = maxBody, true
		op.Errors = append([]int{401, 403, 404, 409, 422, 503}, bodyErrors...)
		op.RequestBody = &huma.RequestBody{Required: true, Description: "The document as your system writes it.", Content: map[string]*huma.MediaType{"application/json": {}, "application/xml": {}, "text/csv": {}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}, "application/pdf": {}, "text/plain": {}, "text/html": {}}}
		return op
	}
	schemas := s.api.OpenAPI().Components.Schemas
	says := func(what string, t reflect.Type) *huma.Response {
		return &huma.Response{Description: what, Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(t, true, "")}}}
	}
	huma.Register(s.api, doc(huma.Operation{
		OperationID: "send-referral", Method: http.MethodPost, Path: "/v1/referrals", DefaultStatus: http.StatusCreated,
		Summary:     "Send a referral",
		Description: "Post a document in your own schema. 201 means that everything is on this node's disk and on its way; 202 that it is on disk and waits for a person, with the reason.",
		Responses:   map[string]*huma.Response{"202": says("On disk, and waits for a person", reflect.TypeFor[posted]())},
	}), s.post)
	huma.Register(s.api, doc(huma.Operation{
		OperationID: "preview-referral", Method: http.MethodPost, Path: "/v1/referrals:preview",
		Summary: "See what would be sent", Description: "Converts the document and keeps nothing.",
		Responses: map[string]*huma.Response{"200": says("What would be sent, to whom", reflect.TypeFor[previewed]())},
	}), s.preview)
	add(s, http.MethodGet, "/v1/referrals", "list-referrals", "List referrals, newest first", s.list)
	add(s, http.MethodGet, "/v1/referrals/{id}", "show-referral", "Show one referral", s.show)
	add(s, http.MethodGet, "/v1/referrals/{id}/proof", "prove-referral", "Receipts and signatures of one referral, to be verified offline", s.proof)
	add(s, http.MethodPost, "/v1/referrals/{id}/retry", "retry-referral", "Try to deliver now", s.retry)
}

// mediaFormats are the types of posted documents beside the table of formats.
var mediaFormats = map[string]record.Format{"text/xml": record.FormatXML, "text/html": record.FormatMail, "message/rfc822": record.FormatMail}

// formatOf reads a Content-Type as a format that can be read; empty when it is none.
func formatOf(contentType string) string {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	media = strings.TrimSpace(media)
	for _, f := range record.Formats() {
		if suffix, ok := strings.CutPrefix(f.MediaType, "application/"); f.Reads && (media == f.MediaType || ok && strings.HasSuffix(media, "+"+suffix)) {
			return string(f.Format)
		}
	}
	return string(mediaFormats[media])
}

func submission(c caller, in *postInput) (connection.Submission, error) {
	format := formatOf(in.ContentType)
	if format == "" {
		return connection.Submission{}, huma.Error415UnsupportedMediaType("Say what the document is: Content-Type must be application/json, application/xml, text/csv, application/pdf, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet or, for a form or mail, text/plain or text/html.")
	}
	return connection.Submission{Connection: in.Connection, Format: format, Raw: in.RawBody, To: in.To, Actor: c.actor, Key: in.IdempotencyKey, Files: in.Files, Rule: protocol.GroupRule(in.Rule)}, nil
}

func (s *Server) post(ctx context.Context, in *postInput) (*postOutput, error) {
	c := callerOf(ctx)
	if err := unwrap(ctx, in); err != nil {
		return nil, err
	}
	sub, err := submission(c, in)
	if err != nil {
		return nil, err
	}
	res, err := c.org.Connections().Submit(ctx, sub)
	if err != nil {
		return nil, s.problem(err)
	}
	out := &postOutput{Status: http.StatusCreated, Body: s.posted(c, res)}
	if res.Waiting != "" {
		out.Status = http.StatusAccepted
		out.Location = "/v1/waiting/" + res.Waiting
	} else if len(res.Parts) > 0 {
		out.Location = "/v1/referrals/" + string(res.Parts[0].Referral)
	}
	return out, nil
}

func (s *Server) posted(c caller, res connection.Result) posted {
	out := posted{Group: res.Group, Referrals: []part{}, Waiting: res.Waiting, Sentence: res.Sentence, Report: report(res.Short)}
	if res.Short == nil && res.Report != nil { // it waits
		short, err := connection.ShortReport(res.Report)
		if err == nil {
			out.Report = report(short)
		}
	}
	for _, p := range res.Parts {
		row := part{ID: p.Referral, To: p.To, Name: partnerName(c, p.To), Nth: p.Nth, State: p.State, Code: p.Code, Sentence: p.Sentence}
		if p.Referral != "" {
			row.Reference, row.URL = p.Referral.Reference(), "/v1/referrals/"+string(p.Referral)
		}
		if p.Nth > 0 && p.Nth <= len(res.Shorts) {
			row.Report = report(res.Shorts[p.Nth-1])
		}
		out.Referrals = append(out.Referrals, row)
	}
	for i, r := range res.Rows {
		out.Rows = append(out.Rows, postedRow{i + 1, s.posted(c, r)})
	}
	return out
}

func partnerName(c caller, id protocol.OrgID) string {
	if p, ok := c.org.Book().Current(id); ok {
		return p.Name()
	}
	return ""
}

type previewed struct {
	Referral json.RawMessage  `json:"referral,omitempty" doc:"In the common standard; its own JSON Schema describes it."`
	To       []protocol.OrgID `json:"to"`
	Sentence string           `json:"sentence,omitempty" doc:"Why it would wait for a person."`
	Report   *mapping.Report  `json:"report,omitempty"`
	Partners []partnerView    `json:"partners" doc:"What each partner's worker would read of it."`
	More     []previewed      `json:"more,omitempty" doc:"Of a document that asks for several things, or has several records, the other referrals."`
}

type rawAnswer struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// partnerView is a referral as one partner's worker would read it.
type partnerView struct {
	ID         protocol.OrgID `json:"id"`
	Name       string         `json:"name,omitempty"`
	NamesFirst bool           `json:"namesFirst,omitempty" doc:"The names go alone, and the rest when the partner finds no conflict of interest."`
	Sentence   string         `json:"sentence,omitempty" doc:"Why nothing can be sent to it now."`
	Lines      []suggest.Line `json:"lines" doc:"Each value of the referral: as a field of the partner's own, as text, or withheld. Never the value."`
}

func views(c caller, p connection.Preview) []partnerView {
	all := []partnerView{}
	if p.Referral == nil {
		return all
	}
	for _, id := range p.To {
		v := partnerView{ID: id, Name: partnerName(c, id), Lines: []suggest.Line{}}
		f, err := c.org.Desk().Foresee(p.Referral, id)
		if err != nil {
			v.Sentence = err.Error()
		} else {
			v.NamesFirst, v.Lines = f.NamesFirst, suggest.Preview(p.Referral, f.Keeps, f.Withheld)
		}
		all = append(all, v)
	}
	return all
}

func (s *Server) preview(ctx context.Context, in *postInput) (*rawAnswer, error) {
	c := callerOf(ctx)
	sub, err := submission(c, in)
	if err != nil {
		return nil, err
	}
	all, err := c.org.Connections().Preview(sub)
	if err != nil {
		return nil, s.problem(err)
	}
	var out previewed
	for i, p := range all {
		one := previewed{To: p.To, Sentence: p.Sentence, Report: p.Report}
		if p.Referral != nil {
			if one.Referral, err = json.Marshal(p.Referral); err != nil {
				return nil, s.problem(err)
			}
		}
		if one.To == nil {
			one.To = []protocol.OrgID{}
		}
		one.Partners = views(c, p)
		if i == 0 {
			out = one
		} else {
			out.More = append(out.More, one)
		}
	}
	return rawJSON(out)
}

type listInput struct {
	Direction string `query:"direction" enum:"in,out," doc:"in: received; out: sent."`
	State     string `query:"state" doc:"Transport state, for example queued, waiting, received, delivered."`
	Partner   string `query:"partner" doc:"Organization id."`
	View      string `query:"view" enum:"waiting,overdue,soon,urgent,mine,stuck,closed," doc:"waiting: your move; soon: with less than a day left; mine: given to the person who asks; stuck: sent, and does not get through by itself."`
	After     string `query:"after" doc:"Cursor of the page before."`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last."`
}

func (s *Server) list(_ context.Context, c caller, in *listInput) (page[row], error) {
	threads, next, err := c.org.Desk().Threads(exchange.Query{Direction: in.Direction, State: protocol.Transport(in.State), Partner: protocol.OrgID(in.Partner), View: exchange.View(in.View), Person: c.person(), After: in.After, Limit: in.Limit})
	if err != nil {
		return page[row]{}, err
	}
	out, names := page[row]{Items: []row{}, Next: next}, s.names(c)
	for _, t := range threads {
		out.Items = append(out.Items, rowOf(names, t))
	}
	return out, nil
}

type idInput struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *Server) show(_ context.Context, c caller, in *idInput) (row, error) {
	t, err := c.org.Desk().Thread(protocol.ReferralID(in.ID))
	if err != nil {
		return row{}, err
	}
	return rowOf(s.names(c), t), nil
}

type proofInput struct {
	ID   string `path:"id" maxLength:"100"`
	Full bool   `query:"body" doc:"With what was said, which shows everything about the person; that it was taken out is in the audit log."`
}

func (s *Server) proof(ctx context.Context, c caller, in *proofInput) (exchange.Proof, error) {
	if in.Full {
		return c.org.Desk().ProofWithBodies(ctx, protocol.ReferralID(in.ID), c.actor)
	}
	return c.org.Desk().Proof(protocol.ReferralID(in.ID))
}

func (s *Server) retry(ctx context.Context, c caller, in *idInput) (done, error) {
	return done{true}, c.org.Desk().TryNow(ctx, protocol.ReferralID(in.ID))
}
