package email

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/internal/smtpd"
	"referworks/protocol"
)

// reader is a person with a browser and the mailbox.
type reader struct {
	t      *testing.T
	m      *mailbox
	s      *smtpd.Server
	n      *node
	base   string
	client *http.Client
	link   string
}

// newReader sends a notice and finds the link in it.
func newReader(t *testing.T, d bridges.Delivery) *reader {
	s, n := startSMTP(t), newNode()
	m := outBox(t, s, nil)
	m.again = func(_ context.Context, key string) (bridges.Delivery, error) {
		if key != d.Key {
			t.Errorf("asked for the delivery %q", key)
		}
		return d, nil
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.Serve(w, r, n.accept) }))
	t.Cleanup(web.Close)
	m.link = web.URL
	l, _, _ := deliver(t, m, s, d)
	link := regexp.MustCompile(regexp.QuoteMeta(web.URL) + `/[a-z2-7]{26}`).FindString(l.text)
	if link == "" {
		t.Fatalf("no link in %s", l.text)
	}
	return &reader{t, m, s, n, web.URL, web.Client(), link}
}

func (r *reader) get(link string) (int, string) {
	r.t.Helper()
	res, err := r.client.Get(link)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.answer(res)
}

func (r *reader) post(form url.Values) (int, string) {
	r.t.Helper()
	res, err := r.client.PostForm(r.link, form)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.answer(res)
}

// answer reads a page and holds it to what every page promises.
func (r *reader) answer(res *http.Response) (int, string) {
	r.t.Helper()
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		r.t.Fatal(err)
	}
	page := string(b)
	if strings.Contains(res.Header.Get("Content-Type"), "html") {
		if csp := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(page, "<script") || len(res.Cookies()) != 0 || res.Header.Get("Cache-Control") != "no-store" {
			r.t.Errorf("headers %v", res.Header)
		}
	}
	return res.StatusCode, page
}

// code asks for a code and reads it in the mailbox.
func (r *reader) code() string {
	r.t.Helper()
	before := len(r.s.Messages())
	if status, _ := r.post(url.Values{"do": {"code"}}); status != http.StatusOK {
		r.t.Fatalf("status %d", status)
	}
	all := r.s.Messages()
	if len(all) != before+1 || all[before].To[0] != "intake@elm.example" {
		r.t.Fatal("the code was not mailed to the mailbox")
	}
	l, err := r.m.readers.read(all[before].Data)
	if err != nil {
		r.t.Fatal(err)
	}
	if strings.Contains(l.subject, canary) {
		r.t.Error("the subject names the person")
	}
	return regexp.MustCompile(`\b\d{8}\b`).FindString(l.text)
}

func (r *reader) open() (session, page string) {
	r.t.Helper()
	status, page := r.post(url.Values{"do": {"open"}, "code": {r.code()}})
	found := regexp.MustCompile(`name="session" value="([0-9a-f]{32})"`).FindStringSubmatch(page)
	if status != http.StatusOK || found == nil {
		r.t.Fatalf("status %d: %s", status, page)
	}
	return found[1], page
}

func TestLinkPage(t *testing.T) {
	r := newReader(t, sample())
	for range 3 { // a scanner follows links
		status, page := r.get(r.link)
		if status != http.StatusOK || strings.Contains(page, canary) || strings.Contains(page, "Harbor") || !strings.Contains(page, "RW-7K3F-19") {
			t.Fatalf("status %d: %s", status, page)
		}
	}
	if len(r.s.Messages()) != 1 || len(r.n.all()) != 0 {
		t.Fatal("GET did something")
	}
	session, page := r.open()
	if !strings.Contains(page, canary) || !strings.Contains(page, "Guardianship &lt;b&gt;") || !strings.Contains(page, "Harbor Legal Aid") {
		t.Errorf("page %s", page)
	}
	status, page := r.post(url.Values{"do": {"accept"}, "session": {session}, "text": {"We call on Monday."}})
	if status != http.StatusOK || !strings.Contains(page, "You accepted the referral RW-7K3F-19.") {
		t.Errorf("status %d: %s", status, page)
	}
	in := r.n.one(t)
	if in.News == nil || in.News.Kind != protocol.KindAccept || in.News.Step.Text != "We call on Monday." || !strings.HasSuffix(in.News.Reference, "@node.example") {
		t.Errorf("news %+v", in.News)
	}
	r.post(url.Values{"do": {"accept"}, "session": {session}, "text": {"We call on Monday."}})
	r.n.one(t) // pressed twice
	r.post(url.Values{"do": {"decline"}, "session": {session}, "reason": {"no-capacity"}})
	r.post(url.Values{"do": {"question"}, "session": {session}, "text": {"Is there a phone?"}})
	if status, page := r.post(url.Values{"do": {"question"}, "session": {session}, "text": {"  "}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Write the question first.") {
		t.Errorf("status %d", status)
	}
	for _, reason := range []string{"", "because"} {
		if status, page := r.post(url.Values{"do": {"decline"}, "session": {session}, "reason": {reason}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Choose a reason first.") {
			t.Errorf("status %d", status)
		}
	}
	all := r.n.all()
	if len(all) != 3 || all[1].News.Step.Reason != "no-capacity" || all[2].News.Kind != protocol.KindQuestion || all[2].News.Step.ID == "" {
		t.Errorf("%d taken", len(all))
	}
}

func TestLinkPageIsShut(t *testing.T) {
	r := newReader(t, sample())
	t.Run("other links", func(t *testing.T) {
		for _, link := range []string{r.base, r.base + "/", r.base + "/" + strings.Repeat("a", 26), r.link + "a", r.base + "/../x", r.link[:len(r.link)-1]} {
			if status, page := r.get(link); status != http.StatusNotFound || strings.Contains(page, "RW-7K3F-19") {
				t.Errorf("%s: %d", link, status)
			}
		}
	})
	t.Run("no session", func(t *testing.T) {
		for _, do := range []string{"accept", "decline", "question", "file", "show", ""} {
			for _, session := range []string{"", strings.Repeat("0", 32)} {
				if status, page := r.post(url.Values{"do": {do}, "session": {session}, "text": {"x"}}); status != http.StatusForbidden || strings.Contains(page, canary) {
					t.Errorf("%s: %d", do, status)
				}
			}
		}
	})
	t.Run("methods", func(t *testing.T) {
		for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS"} {
			req, _ := http.NewRequest(method, r.link, nil)
			res, err := r.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if _ = res.Body.Close(); res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s: %d", method, res.StatusCode)
			}
		}
	})
	t.Run("a session of another link", func(t *testing.T) {
		other := newReader(t, sample())
		session, _ := other.open()
		if status, _ := r.post(url.Values{"do": {"accept"}, "session": {session}}); status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
	})
	t.Run("codes are guessed", func(t *testing.T) {
		right := r.code()
		for range maxTries {
			if status, page := r.post(url.Values{"do": {"open"}, "code": {"00000000"}}); status == http.StatusOK || strings.Contains(page, canary) {
				t.Errorf("status %d", status)
			}
		}
		if status, _ := r.post(url.Values{"do": {"open"}, "code": {right}}); status != http.StatusTooManyRequests {
			t.Errorf("the right code after many tries: %d", status)
		}
		for range maxCodes - 1 {
			r.code()
		}
		if status, _ := r.post(url.Values{"do": {"code"}}); status != http.StatusTooManyRequests {
			t.Errorf("one code more: %d", status)
		}
	})
	if len(r.n.all()) != 0 {
		t.Error("something was taken")
	}
}

func TestLinkPageEnds(t *testing.T) {
	r := newReader(t, sample())
	now := time.Now()
	session, _ := r.open()
	r.m.now = func() time.Time { return now.Add(openLife + time.Minute) }
	if status, page := r.post(url.Values{"do": {"accept"}, "session": {session}}); status != http.StatusForbidden || !strings.Contains(page, "has closed") {
		t.Errorf("status %d", status)
	}
	code := r.code()
	r.m.now = func() time.Time { return now.Add(openLife + codeLife + 2*time.Minute) }
	if status, _ := r.post(url.Values{"do": {"open"}, "code": {code}}); status != http.StatusForbidden {
		t.Errorf("an old code: %d", status)
	}
	r.m.now = func() time.Time { return now.Add(tokenLife + time.Hour) }
	if status, _ := r.get(r.link); status != http.StatusNotFound {
		t.Errorf("an old link: %d", status)
	}
}

// What was erased is not shown, and what cannot be kept is not done.
func TestLinkPageTellsTrouble(t *testing.T) {
	r := newReader(t, sample())
	session, _ := r.open()
	r.n.setRefuse(errFull)
	if status, page := r.post(url.Values{"do": {"accept"}, "session": {session}, "text": {"My note"}}); status != http.StatusServiceUnavailable || !strings.Contains(page, "Nothing was done") || !strings.Contains(page, "My note") {
		t.Errorf("status %d", status)
	}
	r.n.setRefuse(nil)
	r.m.again = func(context.Context, string) (bridges.Delivery, error) { return bridges.Delivery{}, io.EOF }
	if status, page := r.post(url.Values{"do": {"show"}, "session": {session}}); status != http.StatusGone || strings.Contains(page, canary) {
		t.Errorf("status %d", status)
	}
	r.s.Fail(smtpd.Greylist)
	if status, page := r.post(url.Values{"do": {"code"}}); status != http.StatusServiceUnavailable || !strings.Contains(page, "could not be mailed") {
		t.Errorf("status %d", status)
	}
}

// Hostile text is inert: it stands on the page as text.
func TestLinkPageIsInert(t *testing.T) {
	for _, text := range []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "{{.Session}}", "</textarea><script>", "javascript:alert(1)", "\u202egnp.exe", "</style><script>"} {
		d := sample()
		d.From.Name, d.Reference = text, "RW-1 "+text
		d.Letter.Lines = []bridges.Line{{Label: text, Heading: true}, {Label: text, Value: text}}
		d.Files = []bridges.File{{Name: text + ".pdf", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}}
		r := newReader(t, d)
		session, page := r.open()
		for _, bad := range []string{"<script", "<img", "{{", "\u202e"} {
			if strings.Contains(text, bad) && bad != "{{" && strings.Contains(page, bad) {
				t.Errorf("%q is on the page for %q", bad, text)
			}
		}
		if want := html.EscapeString(visible(text)); strings.Count(page, strings.ReplaceAll(want, "+", "&#43;")) < 3 {
			t.Errorf("the page does not show %q:\n%s", want, page)
		}
		res, err := r.client.PostForm(r.link, url.Values{"do": {"file"}, "session": {session}, "n": {"0"}})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || string(b) != text {
			t.Errorf("file: %v", res.Header)
		}
	}
}

func TestLinkPageInSpanish(t *testing.T) {
	d := sample()
	d.Letter.Language = "es"
	r := newReader(t, d)
	if _, page := r.get(r.link); !strings.Contains(page, "Enviar el código") || !strings.Contains(page, `<html lang="es">`) {
		t.Error(page)
	}
	if _, page := r.get(r.link + "?lang=en"); !strings.Contains(page, "Send the code") {
		t.Error(page)
	}
	if _, page := r.open(); !strings.Contains(page, "Aceptar esta derivación") || !strings.Contains(page, "No hay lugar ahora") {
		t.Error(page)
	}
}
