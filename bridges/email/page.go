package email

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"referworks/bridges"
	"referworks/protocol"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

var (
	linkPage = template.Must(template.New("page").Parse(pageSource))
	// The page has one style sheet, named by its hash, and no script.
	pageCSP = "default-src 'none'; style-src 'sha256-" + hashOf(pageStyle) + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

var _ bridges.Receiver = (*mailbox)(nil)

// maxForm is the most that a form of the page may send, in bytes.
const maxForm = 64 << 10

// pageView is what the page shows; which part is said by Step.
type pageView struct {
	*say
	Style    template.CSS
	Step     string // gone, ask, code, open, done
	Problem  string
	Number   string
	Session  string
	Letter   letterView
	Partner  string
	Files    []string
	Reasons  []reason
	Text     string
	Did      string
	Practice bool
}

type reason struct{ Code, Words string }

// Serve answers the page behind a link. GET changes nothing: mail scanners follow links. The link alone opens nothing:
// a code goes to the mailbox that the link was sent to.
func (m *mailbox) Serve(w http.ResponseWriter, r *http.Request, accept bridges.Accept) {
	h := w.Header()
	h.Set("Content-Security-Policy", pageCSP)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Referrer-Policy", "same-origin")
	secret := strings.Trim(r.URL.Path, "/")
	t := m.lookUp(secret)
	v := &pageView{say: inLanguage(r.URL.Query().Get("lang")), Style: template.CSS(pageStyle), Step: "gone"}
	if t == nil || t.expired {
		v.show(w, http.StatusNotFound)
		return
	}
	if r.URL.Query().Get("lang") == "" {
		v.say = inLanguage(t.Language)
	}
	v.Number, v.Practice = oneLine(t.Number), t.Practice
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		v.Step = "ask"
		v.show(w, http.StatusOK)
	case http.MethodPost:
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			v.Step = "ask"
			v.show(w, http.StatusBadRequest)
			return
		}
		m.post(w, r, v, t, tokenName(secret), accept)
	default:
		h.Set("Allow", "GET, HEAD, POST")
		http.Error(w, "Open this address with a browser.", http.StatusMethodNotAllowed)
	}
}

func (v *pageView) show(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = linkPage.Execute(w, v) // who asked is gone when this does not arrive
}

// post does what a button says. Every act needs the session of an opened page, which no other site can know.
func (m *mailbox) post(w http.ResponseWriter, r *http.Request, v *pageView, t *token, name string, accept bridges.Accept) {
	do := r.PostFormValue("do")
	switch do {
	case "code":
		m.mailCode(w, r, v, t, name)
		return
	case "open":
		session, ok, locked := m.page.open(name, r.PostFormValue("code"), m.now())
		switch {
		case locked:
			v.Step, v.Problem = "ask", v.CodeMany
			v.show(w, http.StatusTooManyRequests)
		case !ok:
			v.Step, v.Problem = "code", v.CodeWrong
			v.show(w, http.StatusForbidden)
		default:
			v.Session = session
			m.showLetter(r.Context(), w, v, t, http.StatusOK)
		}
		return
	}
	if v.Session = r.PostFormValue("session"); !m.page.valid(name, v.Session, m.now()) {
		v.Step, v.Problem = "ask", v.Closed
		v.show(w, http.StatusForbidden)
		return
	}
	switch do {
	case "file":
		m.sendFile(w, r, v, t)
	case "accept", "decline", "question":
		m.act(w, r, v, t, protocol.MessageKind(do), accept)
	default:
		m.showLetter(r.Context(), w, v, t, http.StatusOK)
	}
}

func (m *mailbox) mailCode(w http.ResponseWriter, r *http.Request, v *pageView, t *token, name string) {
	code, ok := m.page.newCode(name, m.now())
	if !ok {
		v.Step, v.Problem = "ask", v.CodeMany
		v.show(w, http.StatusTooManyRequests)
		return
	}
	if err := m.sendCode(r.Context(), v.say, code, t.Practice); err != nil {
		m.health(err)
		m.page.forget(name)
		v.Step, v.Problem = "ask", v.CodeMail
		v.show(w, http.StatusServiceUnavailable)
		return
	}
	v.Step = "code"
	v.show(w, http.StatusOK)
}

// remake gives the delivery again; it is kept nowhere in the bridge, so that what is erased is gone.
func (m *mailbox) remake(ctx context.Context, t *token) (bridges.Delivery, error) {
	if m.again == nil {
		return bridges.Delivery{}, errors.New("nobody keeps it")
	}
	return m.again(ctx, t.Key)
}

func (m *mailbox) showLetter(ctx context.Context, w http.ResponseWriter, v *pageView, t *token, status int) {
	d, err := m.remake(ctx, t)
	if err != nil {
		v.Step, v.Problem = "ask", v.Erased
		v.show(w, http.StatusGone)
		return
	}
	v.Step, v.Letter, v.Partner = "open", view(d), oneLine(d.From.Name)
	for _, f := range d.Files {
		v.Files = append(v.Files, inHeader(f.Name))
	}
	for _, code := range protocol.DeclineReasons {
		words := protocol.ReasonWords(code)
		text := words.EN
		if v.Lang == "es" {
			text = words.ES
		}
		v.Reasons = append(v.Reasons, reason{code, text})
	}
	v.show(w, status)
}

func (m *mailbox) sendFile(w http.ResponseWriter, r *http.Request, v *pageView, t *token) {
	n, err := strconv.Atoi(r.PostFormValue("n"))
	d, err2 := m.remake(r.Context(), t)
	if err != nil || err2 != nil || n < 0 || n >= len(d.Files) {
		v.Step, v.Problem = "ask", v.Erased
		v.show(w, http.StatusGone)
		return
	}
	f, err := d.Files[n].Open()
	if err != nil {
		v.Step, v.Problem = "ask", v.NotNow
		v.show(w, http.StatusServiceUnavailable)
		return
	}
	defer func() { _ = f.Close() }()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(d.Files[n].Name)}))
	_, _ = io.Copy(w, f)
}

// act takes a decision in. The same again is taken once.
func (m *mailbox) act(w http.ResponseWriter, r *http.Request, v *pageView, t *token, kind protocol.MessageKind, accept bridges.Accept) {
	text := strings.TrimSpace(visible(r.PostFormValue("text")))
	step := stepOf(kind, text)
	switch {
	case kind == protocol.KindDecline && slices.Contains(protocol.DeclineReasons, r.PostFormValue("reason")):
		step.Reason = r.PostFormValue("reason")
	case kind == protocol.KindDecline:
		v.Text, v.Problem = text, v.ChooseFirst
		m.showLetter(r.Context(), w, v, t, http.StatusUnprocessableEntity)
		return
	case kind == protocol.KindQuestion && text == "":
		v.Problem = v.AskEmpty
		m.showLetter(r.Context(), w, v, t, http.StatusUnprocessableEntity)
		return
	}
	sum := sha256.Sum256([]byte(t.Key + "\x00" + string(kind) + "\x00" + step.Reason + "\x00" + text))
	key := "page " + hex.EncodeToString(sum[:16])
	got, err := accept(r.Context(), bridges.Inbound{Key: key, News: &bridges.News{Reference: t.Reference, Kind: kind, Step: step, At: m.now(), Key: key}})
	if err != nil {
		v.Text = text
		v.Problem = v.NotNow
		if class(err) == bridges.Permanent {
			v.Problem = v.Erased
		}
		m.showLetter(r.Context(), w, v, t, http.StatusServiceUnavailable)
		return
	}
	v.Step = "done"
	v.Did = fmt.Sprintf(map[protocol.MessageKind]string{protocol.KindAccept: v.DidAccept, protocol.KindDecline: v.DidDecline, protocol.KindQuestion: v.DidAsk}[kind], t.Number)
	if got.Waiting {
		v.Did = v.DoneWaits
	}
	v.show(w, http.StatusOK)
}
