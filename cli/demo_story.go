package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/examples"
	"referworks/node/api"
	"referworks/protocol"
)

// story is the main job as one plays it by hand: init, create, invite, accept, compare words, confirm, publish,
// connect, post, look.
type story struct {
	*teller
	world  *world
	folder string
	own    bool // the referral is the user's file

	a, b, c, d *member
	key        string // A's API key
}

// member is one organization of the story.
type member struct {
	name  string
	title string
	node  *process
	id    protocol.OrgID
}

func (m *member) client() *client { return m.node.client(string(m.id)) }

// storyResult is the story as data.
type storyResult struct {
	Organizations []storyOrganization `json:"organizations"`
	Pairings      []storyPairing      `json:"pairings"`
	Posts         []json.RawMessage   `json:"posts"`
	Arrived       []storyArrival      `json:"arrived"`
	Receipts      []storyReceipt      `json:"receipts"`
	Seconds       float64             `json:"seconds"`
	Start         *entrance           `json:"start,omitempty"` // without --once: the page with the doors
}

type storyOrganization struct {
	Name string         `json:"name"`
	ID   protocol.OrgID `json:"id"`
	Node string         `json:"node"`
	Page string         `json:"page"`
}

type storyPairing struct {
	Between [2]string `json:"between"`
	Words   string    `json:"words"`
}

type storyArrival struct {
	At       string `json:"at"`
	Medium   string `json:"medium"`
	Document string `json:"document"` // as the medium captured it; of a mail the decoded text
	Raw      string `json:"raw,omitempty"`
}

type storyReceipt struct {
	Referral  protocol.ReferralID `json:"referral"`
	Reference string              `json:"reference"`
	To        string              `json:"to"`
	Levels    []protocol.Level    `json:"levels"`
	Verified  bool                `json:"verified"`
	Theirs    string              `json:"theirReference,omitempty"`
	Report    json.RawMessage     `json:"theirReport,omitempty"`
}

func (s *story) play(ctx context.Context, referral []byte) (*storyResult, error) {
	r := &storyResult{}
	for _, step := range []func(context.Context, *storyResult) error{s.startNodes, s.createOrganizations, s.pairAll, s.connectAll} {
		if err := step(ctx, r); err != nil {
			return nil, err
		}
	}
	if err := s.send(ctx, r, referral); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(s.started).Seconds()
	return r, nil
}

func (s *story) startNodes(ctx context.Context, _ *storyResult) error {
	s.say("Three nodes start: Harbor's, the Help Center's, and a hosting provider's for two small organizations.")
	nodes := map[string]*process{}
	for _, name := range []string{"harbor", "helpcenter", "commons-hosting"} {
		p, err := startNode(ctx, s.folder, name)
		if err != nil {
			return err
		}
		s.world.watch(p)
		nodes[name] = p
		s.note("%-16s ready, %s", name, p.api)
	}
	s.a = &member{name: "Harbor Legal Aid", title: "A", node: nodes["harbor"]}
	s.b = &member{name: "Elm Street Elder Law Clinic", title: "B", node: nodes["commons-hosting"]}
	s.c = &member{name: "County Court Help Center", title: "C", node: nodes["helpcenter"]}
	s.d = &member{name: "St. Brigid Housing", title: "D", node: nodes["commons-hosting"]}
	return nil
}

func (s *story) members() []*member { return []*member{s.a, s.b, s.c, s.d} }

func (s *story) createOrganizations(ctx context.Context, r *storyResult) error {
	s.say("Each organization gets an identity and a key store of its own, and takes its recovery kit home.")
	for _, m := range s.members() {
		var made api.Created
		in := api.NewOrganization{Name: m.name, Contact: protocol.CardContact{Name: "Intake desk", Phone: "+16175550100"}}
		if err := m.node.client("").call(ctx, "POST", "/v1/organizations", in, &made); err != nil {
			return fmt.Errorf("create %s: %w", m.name, err)
		}
		m.id = made.ID
		r.Organizations = append(r.Organizations, storyOrganization{m.name, m.id, m.node.name, m.node.api})
		s.note("%s  %-28s %s…", m.title, m.name, m.id.Short())
	}
	return nil
}

func (s *story) pairAll(ctx context.Context, r *storyResult) error {
	s.say("Harbor invites the other three. People compare four words on the phone; then each side says what it permits.")
	for _, m := range []*member{s.b, s.c, s.d} {
		var inv struct{ Invitation string }
		if err := s.a.client().call(ctx, "POST", "/v1/partners/invitations", map[string]any{}, &inv); err != nil {
			return fmt.Errorf("invite %s: %w", m.name, err)
		}
		var theirs partnerRow
		if err := m.client().call(ctx, "POST", "/v1/partners:accept", map[string]any{"invitation": inv.Invitation}, &theirs); err != nil {
			return fmt.Errorf("%s accepts: %w", m.name, err)
		}
		ours, err := s.partner(ctx, s.a, m.id)
		if err != nil {
			return err
		}
		if len(ours.Words) != 4 || !slices.Equal(ours.Words, theirs.Words) {
			return fmt.Errorf("the words of %s and %s differ", s.a.name, m.name)
		}
		s.note("%s and %s read the same words: %s", s.a.name, m.name, strings.Join(ours.Words, " - "))
		r.Pairings = append(r.Pairings, storyPairing{[2]string{s.a.name, m.name}, strings.Join(ours.Words, " ")})
		if err := s.a.client().call(ctx, "POST", "/v1/partners/"+segment(string(m.id))+"/confirmation", map[string]any{"match": true, "weSend": true, "theySend": false}, nil); err != nil {
			return err
		}
		if err := m.client().call(ctx, "POST", "/v1/partners/"+segment(string(s.a.id))+"/confirmation", map[string]any{"match": true, "weSend": false, "theySend": true}, nil); err != nil {
			return err
		}
	}
	for _, m := range []*member{s.b, s.c, s.d} {
		err := until(ctx, "both sides permit "+m.name, func() (bool, string, error) {
			p, err := s.partner(ctx, s.a, m.id)
			return p.WeSend == "yes", p.State + ", we send: " + p.WeSend, err
		})
		if err != nil {
			return err
		}
	}
	s.note("Both sides of each pair have said yes. Before that, nothing would have moved.")
	return nil
}

func (s *story) partner(ctx context.Context, m *member, id protocol.OrgID) (partnerRow, error) {
	var list struct{ Items []partnerRow }
	if err := m.client().call(ctx, "GET", "/v1/partners", nil, &list); err != nil {
		return partnerRow{}, err
	}
	for _, p := range list.Items {
		if p.ID == id {
			return p, nil
		}
	}
	return partnerRow{}, nil
}

// inboxSamples are Harbor's three sources, one mapping each.
var inboxSamples = []string{"legalserver", "county-housing", "child-protection"}

func (s *story) connectAll(ctx context.Context, _ *storyResult) error {
	s.say("Each organization publishes its mapping and says how it sends and receives.")
	consent := map[string]any{"basis": "consent", "method": "verbal", "capacity": "self", "days": 180, "purposes": []string{"referral"}, "outcomeSharing": true}
	recipients := map[string]protocol.OrgID{"Elm Street": s.b.id, "Court Help Center": s.c.id, "St. Brigid": s.d.id}
	for _, name := range inboxSamples {
		if err := s.publish(ctx, s.a, "harbor-"+name); err != nil {
			return err
		}
		if err := s.connect(ctx, s.a, map[string]any{"id": name, "name": "Harbor: " + name, "kind": "api", "direction": "in", "format": "json", "mapping": "harbor-" + name, "consent": consent, "recipients": recipients}); err != nil {
			return err
		}
	}
	host, port, err := net.SplitHostPort(s.world.mail.Addr())
	if err != nil {
		return err
	}
	for _, x := range []struct {
		m          *member
		mapping    string
		connection map[string]any
		how        string
	}{
		{s.b, "elm-street", map[string]any{"id": "mailbox", "name": "Our mailbox", "kind": "email", "format": "json", "settings": map[string]string{"host": host, "port": port, "from": "referworks@elmstreet.example", "to": "intake@elmstreet.example", "policy": "full", "own-server": "true", "pin": s.world.mail.Pin()}}, "by e-mail, over TLS to its own server"},
		{s.c, "court-help-center", map[string]any{"id": "matters", "name": "Our matters API", "kind": "rest", "format": "json", "settings": map[string]string{"url": s.world.posts.url, "id-path": "matter.id", "idempotent": "true"}}, "by POST to its API"},
		{s.d, "st-brigid", map[string]any{"id": "intake", "name": "Our XML intake", "kind": "xml", "format": "xml", "settings": map[string]string{"url": s.world.xml.url, "idempotent": "true"}}, "as XML"},
	} {
		if err := s.publish(ctx, x.m, x.mapping); err != nil {
			return err
		}
		x.connection["direction"], x.connection["mapping"] = "out", x.mapping
		if err := s.connect(ctx, x.m, x.connection); err != nil {
			return err
		}
		s.note("%s receives %s", x.m.name, x.how)
	}
	var key struct{ Key string }
	if err := s.a.client().call(ctx, "POST", "/v1/apikeys", map[string]any{"name": "case management system", "scope": "referrals"}, &key); err != nil {
		return err
	}
	s.key = key.Key
	return nil
}

func (s *story) publish(ctx context.Context, m *member, name string) error {
	doc, err := examples.Files.ReadFile("mappings/" + name + ".json")
	if err != nil {
		return err
	}
	if err := m.client().call(ctx, "PUT", "/v1/mappings/"+name, doc, nil); err != nil {
		return fmt.Errorf("publish the mapping of %s: %w", m.name, err)
	}
	return nil
}

func (s *story) connect(ctx context.Context, m *member, connection map[string]any) error {
	id, _ := connection["id"].(string)
	if err := m.client().call(ctx, "PUT", "/v1/connections/"+id, connection, nil); err != nil {
		return fmt.Errorf("connect %s: %w", m.name, err)
	}
	return nil
}

func (s *story) send(ctx context.Context, r *storyResult, referral []byte) error {
	s.say("Harbor's case management system posts one document, once, for two organizations (Elder Care, in Harbor's words).")
	both, err := s.post(ctx, r, referral, "legalserver", s.b, s.c)
	if err != nil {
		return err
	}
	s.say("It posts the same matter to St. Brigid too, which reads XML only.")
	third, err := s.post(ctx, r, referral, "legalserver", s.d)
	if err != nil {
		return err
	}
	parts := append(both, third...)
	if err := s.arrivals(ctx, r, 1); err != nil {
		return err
	}
	if !s.own {
		s.say("A county housing form and a child-protection case follow, each with its own mapping.")
		for _, x := range []struct {
			file, connection string
			to               *member
		}{{"county-housing.json", "county-housing", s.d}, {"child-protection.json", "child-protection", s.c}} {
			doc, err := examples.Files.ReadFile(x.file)
			if err != nil {
				return err
			}
			// The sample's consent was given on a fixed day; for the story it was given last week, and so it is live.
			doc = bytes.Replace(doc, []byte(`"consent_date": "2026-03-02"`), []byte(`"consent_date": "`+time.Now().AddDate(0, 0, -7).Format(time.DateOnly)+`"`), 1)
			more, err := s.post(ctx, r, doc, x.connection, x.to)
			if err != nil {
				return err
			}
			parts = append(parts, more...)
		}
	}
	s.say("Harbor sees what became of each, with the signed receipt and the partner's report.")
	for _, p := range parts {
		if err := s.receipts(ctx, r, p); err != nil {
			return err
		}
	}
	return nil
}

type sentPart struct {
	id protocol.ReferralID
	to *member
}

// post sends a document as A's system would: over HTTP, with its key.
func (s *story) post(ctx context.Context, r *storyResult, doc []byte, connection string, to ...*member) ([]sentPart, error) {
	q := url.Values{"connection": {connection}}
	if s.own || len(to) == 1 { // else the document itself says where it goes, in Harbor's own names
		for _, m := range to {
			q.Add("to", m.name)
		}
	}
	return s.postTo(ctx, r, doc, q, to...)
}

// postTo posts a document with the query that says whom it is for; to is whom the answer must name.
func (s *story) postTo(ctx context.Context, r *storyResult, doc []byte, q url.Values, to ...*member) ([]sentPart, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.a.node.api+"/v1/referrals?"+q.Encode(), bytes.NewReader(doc))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprintf("demo-%d-%s", len(r.Posts), q.Get("connection")))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 400 {
		return nil, problemError(resp.StatusCode, b)
	}
	r.Posts = append(r.Posts, b)
	var p postedRow
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, err
	}
	if p.Waiting != "" {
		return nil, fmt.Errorf("the document waits for a person: %s", p.Sentence)
	}
	s.note("%d %s: %s", resp.StatusCode, http.StatusText(resp.StatusCode), reportLine(p.Report))
	var parts []sentPart
	for _, row := range p.Referrals {
		if row.State == string(protocol.TurnedAway) {
			return nil, fmt.Errorf("%s was refused: %s", row.Name, row.Sentence)
		}
		i := slices.IndexFunc(to, func(m *member) bool { return m.id == row.To })
		if i < 0 {
			return nil, fmt.Errorf("the document went to %s, who was not meant", row.Name)
		}
		s.note("%s to %s", row.Reference, row.Name)
		parts = append(parts, sentPart{row.ID, to[i]})
	}
	if len(parts) != len(to) {
		return nil, fmt.Errorf("%d of %d organizations were sent the document", len(parts), len(to))
	}
	return parts, nil
}

func (s *story) show(c *cli.Context, r *storyResult) error {
	return show(c, mustJSON(r), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, `
What happened
  Three nodes, four organizations, %d pairs of people who compared words.
  Harbor posted one document; two organizations got it, each sealed apart.
  B reads "Client First Name" and "Guardianship" in an e-mail; Harbor wrote "first" and "Elder Care".
  C got a POST with "First", D got XML in the shape of its own sample.
  %d referrals were delivered, and every receipt verifies.
  Each delivery came back with a report of what was kept, changed and left behind.
  It took %.1f seconds.
`, len(r.Pairings), len(r.Receipts), r.Seconds)
		return err
	})
}
