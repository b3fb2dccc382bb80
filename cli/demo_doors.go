package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"time"

	"referworks/node/api"
)

// entrance is the way into the demo: one page with a door for each organization.
type entrance struct {
	Page  string `json:"page"`
	Built bool   `json:"webui"` // the nodes have the web UI; without it the doors lead nowhere yet
	Doors []door `json:"doors"`
	Key   string `json:"key"` // an API key of Harbor, for trying the API out
	API   string `json:"api"` // where it opens something
}

// door signs an invented person in.
type door struct {
	Organization string `json:"organization,omitempty"` // none: who runs the provider's node
	Person       string `json:"person"`
	Email        string `json:"email"`
	Language     string `json:"language"`
	About        string `json:"about"`
	Node         string `json:"node"` // address of the node
	URL          string `json:"url"`
	Docs         string `json:"docs"` // the API of the node
}

// invented is a person of the demo.
type invented struct{ name, email, language, about string }

// The people behind the doors. Nobody of them exists.
var (
	peopleOf = map[string][]invented{
		"A": {{"Ana Ruiz", "ana@harbor.test", "en", "Intake at a legal aid office. Its case system posts referrals by itself; Ana also sends by hand."}},
		"B": {{"Ben Osei", "ben@elmstreet.test", "en", "A small clinic without a case system. Referrals come to its mailbox and to this page."}},
		"C": {{"Dana Whitfield", "dana@courthelp.test", "en", "Referrals come into its case system over an API."}},
		"D": {
			{"Grace Lindqvist", "grace@stbrigid.test", "en", "Referrals come as XML in the shape of its own form."},
			{"Lucía Ortega", "lucia@stbrigid.test", "es", "La misma organización, en español."},
		},
	}
	provider = invented{"Olive Tan", "olive@commons.test", "en", "Runs the node of the hosting provider: organizations, quotas and health, and never a referral."}
)

// open makes the people, and serves the start page.
func (s *story) open(ctx context.Context, arrived []storyArrival) (*entrance, error) {
	in := &entrance{Key: s.key, API: s.a.node.api}
	for _, m := range s.members() {
		for _, p := range peopleOf[m.title] {
			d, err := makeDoor(ctx, m.node, m, p)
			if err != nil {
				return nil, fmt.Errorf("make a door for %s: %w", m.name, err)
			}
			in.Doors = append(in.Doors, d)
		}
	}
	host, err := makeDoor(ctx, s.b.node, nil, provider)
	if err != nil {
		return nil, fmt.Errorf("make the provider's door: %w", err)
	}
	in.Doors = append(in.Doors, host)
	if in.Built, err = builtUI(ctx, host.Node); err != nil {
		return nil, err
	}
	in.Page, err = s.world.startPage(in, arrived)
	return in, err
}

// makeDoor makes a person of an organization, or with nil the one who runs the node.
func makeDoor(ctx context.Context, node *process, m *member, p invented) (door, error) {
	d := door{Person: p.name, Email: p.email, Language: p.language, About: p.about}
	body := map[string]any{"name": p.name, "email": p.email, "language": p.language, "operator": m == nil}
	ask := node.client("")
	if m != nil {
		ask, d.Organization = m.client(), m.name
	}
	if err := ask.call(ctx, http.MethodPost, "/v1/node/people:demo", body, nil); err != nil {
		return door{}, err
	}
	var st api.Status
	if err := node.client("").call(ctx, http.MethodGet, "/v1/status", nil, &st); err != nil {
		return door{}, err
	}
	d.Node, d.URL, d.Docs = st.URL, st.URL+"/demo?language="+p.language+"#"+url.PathEscape(p.email), st.URL+"/v1/docs"
	return d, nil
}

// builtUI tells whether a node has screens behind its doors.
func builtUI(ctx context.Context, node string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, node+"/demo", nil)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	return resp.StatusCode == http.StatusOK, resp.Body.Close()
}

var (
	//go:embed demo_start.html
	startSource string
	//go:embed demo_start.css
	startStyle []byte

	startTemplate = template.Must(template.New("start").Parse(startSource))
)

// startPage serves one page with the way to everything, and gives its address.
func (w *world) startPage(in *entrance, arrived []storyArrival) (string, error) {
	var page bytes.Buffer
	if err := startTemplate.Execute(&page, map[string]any{"In": in, "Arrived": arrived}); err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	serve := func(pattern, media string, body []byte) {
		mux.HandleFunc(pattern, func(rw http.ResponseWriter, _ *http.Request) {
			h := rw.Header()
			h.Set("Content-Type", media)
			h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Cache-Control", "no-store")
			_, _ = rw.Write(body)
		})
	}
	serve("GET /{$}", "text/html; charset=utf-8", page.Bytes())
	serve("GET /start.css", "text/css; charset=utf-8", startStyle)
	w.page = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: mux}
	go func() {
		if err := w.page.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			w.died <- err
		}
	}()
	return "http://" + net.JoinHostPort("localhost", port), nil
}
