package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/record"
)

// soap lets systems that speak only SOAP post referrals: the answer, or the problem, goes back in an envelope when the
// document came in one. The handler of the post takes it out of there (unwrap), when it knows who is asking.
func (s *Server) soap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/referrals" || formatOf(r.Header.Get("Content-Type")) != string(record.FormatXML) {
			next.ServeHTTP(w, r)
			return
		}
		call := &soapCall{version: versionOf(r.Header)}
		got := &kept{header: w.Header()}
		next.ServeHTTP(got, r.WithContext(context.WithValue(r.Context(), soapKey{}, call)))
		switch {
		case call.version == "":
			w.WriteHeader(got.status)
			_, _ = w.Write(got.body.Bytes()) // whoever hears it has gone, or not
		case got.status >= 300:
			s.problemAsFault(w, call, got)
		default:
			s.answerInEnvelope(w, call.version, got)
		}
	})
}

type soapKey struct{}

// soapCall is a post that came in an envelope, or may have.
type soapCall struct {
	version string // "1.1" or "1.2"; empty: it came plain
	code    string // of the fault, when it is one that only SOAP has
}

// unwrap takes a document out of its envelope. A message that SOAP software sends again has the id that it had; so it
// stands for the Idempotency-Key where there is none.
func unwrap(ctx context.Context, in *postInput) error {
	call, _ := ctx.Value(soapKey{}).(*soapCall)
	if call == nil || call.version == "" && !bytes.Contains(in.RawBody[:min(len(in.RawBody), 4096)], []byte("Envelope")) {
		return nil
	}
	e, err := record.Unwrap(in.RawBody, record.Limits{Size: maxBody})
	switch {
	case errors.Is(err, record.ErrNoEnvelope) && call.version == "":
		return nil
	case errors.Is(err, record.ErrNoEnvelope):
		call.code = "VersionMismatch"
		return huma.Error400BadRequest("The message is no SOAP 1.1 or 1.2 envelope.")
	case err != nil:
		if call.version == "" {
			call.version = "1.1"
		}
		return huma.Error400BadRequest("The message could not be read: " + err.Error() + ".")
	}
	if call.version = e.Version; len(e.NotUnderstood) > 0 {
		call.code = "MustUnderstand"
		return huma.Error400BadRequest("The message has headers that must be understood, and are not known here: " + strings.Join(e.NotUnderstood, ", ") + ". Sign in with the HTTP header Authorization, and send the message without them.")
	}
	in.RawBody, in.ContentType = e.Document, "application/xml"
	if in.IdempotencyKey == "" && len(e.MessageID) <= 200 {
		in.IdempotencyKey = e.MessageID
	}
	return nil
}

// versionOf is the version of SOAP that the headers of a request say; empty when they say none.
func versionOf(h http.Header) string {
	switch media, _, _ := strings.Cut(strings.ToLower(h.Get("Content-Type")), ";"); {
	case strings.TrimSpace(media) == "application/soap+xml":
		return "1.2"
	case len(h.Values("SOAPAction")) > 0:
		return "1.1"
	}
	return ""
}

// answerInEnvelope tells what became of the document.
func (s *Server) answerInEnvelope(w http.ResponseWriter, version string, got *kept) {
	var p soapPosted
	if err := json.Unmarshal(got.body.Bytes(), &p); err != nil {
		s.fault(w, version, record.Fault{Code: "Server", Sentence: "The referral was taken, but the answer could not be written. Look it up before sending it again."})
		return
	}
	b, err := record.Wrap(version, soapAnswer(p))
	s.envelope(w, version, http.StatusOK, b, err)
}

// kept is an answer that is not sent yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(b)
}

// soapPosted is the part of an answer that goes into an envelope: reports are JSON and stay with the plain API.
type soapPosted struct {
	Group, Waiting, Sentence string
	Referrals                []struct{ ID, Reference, To, Name, State, Code, Sentence string }
}

// soapAnswer is what became of a document, in XML.
func soapAnswer(p soapPosted) *record.Node {
	in := func(n *record.Node, name, text string) {
		if text != "" {
			n.Add(name, record.NewText(text)).Space = record.AnswerSpace
		}
	}
	answer := record.NewObject().Named("SendReferralResponse")
	answer.Space = record.AnswerSpace
	status := "sent"
	if p.Waiting != "" {
		status = "waiting"
	}
	in(answer, "Status", status)
	in(answer, "Sentence", p.Sentence)
	in(answer, "Waiting", p.Waiting)
	in(answer, "Group", p.Group)
	for _, one := range p.Referrals {
		n := answer.Add("Referral", record.NewObject())
		n.Space = record.AnswerSpace
		in(n, "Id", one.ID)
		in(n, "Reference", one.Reference)
		in(n, "To", one.To)
		in(n, "Name", one.Name)
		in(n, "State", one.State)
		in(n, "Code", one.Code)
		in(n, "Sentence", one.Sentence)
	}
	return answer
}

// problemAsFault tells a problem of the plain API as a fault.
func (s *Server) problemAsFault(w http.ResponseWriter, call *soapCall, got *kept) {
	var p struct{ Title, Detail string }
	_ = json.Unmarshal(got.body.Bytes(), &p) // a problem without words has its status
	f := record.Fault{Code: "Client", Sentence: p.Detail, Status: got.status}
	if got.status >= 500 {
		f.Code = "Server"
	}
	if call.code != "" {
		f.Code = call.code
	}
	if f.Sentence == "" {
		f.Sentence = http.StatusText(got.status)
	}
	s.fault(w, call.version, f)
}

// fault answers with a fault. SOAP 1.1 has one HTTP status for all of them, but what an HTTP client must do itself (sign
// in, wait) keeps its own.
func (s *Server) fault(w http.ResponseWriter, version string, f record.Fault) {
	status := http.StatusInternalServerError
	switch {
	case f.Status == http.StatusUnauthorized, f.Status == http.StatusTooManyRequests, f.Status == http.StatusServiceUnavailable:
		status = f.Status
	case version == "1.2" && f.Code == "Client":
		status = http.StatusBadRequest
	}
	b, err := record.WrapFault(version, f)
	s.envelope(w, version, status, b, err)
}

func (s *Server) envelope(w http.ResponseWriter, version string, status int, b []byte, err error) {
	if err != nil {
		s.Log.Error("could not write a SOAP answer", "error", err.Error())
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	media := "text/xml; charset=utf-8"
	if version == "1.2" {
		media = "application/soap+xml; charset=utf-8"
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever hears it has gone, or not
}
