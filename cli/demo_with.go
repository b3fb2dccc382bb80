package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/examples"
	"referworks/internal/fakes"
	"referworks/protocol"
)

// withSystems are what --with may name.
var withSystems = []string{"legalserver", "email", "xml"}

// systemStory plays one referral between systems that know nothing of each other: it leaves a LegalServer, is read as mail and as
// XML, lands in a CiviCRM, and each decision comes back to the LegalServer. The systems are servers that behave like the real ones.
type systemStory struct {
	*story
	with  []string
	legal *fakes.LegalServer
	civi  *fakes.CiviCRM
	at    map[string]*fakes.Server
}

// systemResult is the story as data.
type systemResult struct {
	Start     *entrance        `json:"start,omitempty"`
	Arrived   []storyArrival   `json:"arrived"`
	Decisions []systemDecision `json:"decisions"`
	Seconds   float64          `json:"seconds"`
}

// systemDecision is what stands in the LegalServer in the end.
type systemDecision struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

const (
	demoToken = "demo-token-of-the-legalserver"
	demoKey   = "demo-key-of-the-civicrm"
)

func (s *story) playWith(ctx context.Context, with []string) (*systemResult, error) {
	x := &systemStory{story: s, with: with, legal: &fakes.LegalServer{Token: demoToken}, civi: &fakes.CiviCRM{Key: demoKey}, at: map[string]*fakes.Server{}}
	x.at["legalserver"], x.at["civicrm"] = fakes.Start(x.legal), fakes.Start(x.civi)
	for _, server := range x.at {
		s.world.servers = append(s.world.servers, server.Close)
	}
	base := &storyResult{}
	for _, step := range []func(context.Context, *storyResult) error{s.startNodes, s.createOrganizations, s.pairAll, x.connect} {
		if err := step(ctx, base); err != nil {
			return nil, err
		}
	}
	r := &systemResult{}
	for _, step := range []func(context.Context, *systemResult) error{x.leave, x.arrive, x.decide, x.back} {
		if err := step(ctx, r); err != nil {
			return nil, err
		}
	}
	r.Seconds = time.Since(s.started).Seconds()
	return r, nil
}

func (x *systemStory) has(system string) bool { return slices.Contains(x.with, system) }

// recipients are the names that the matter in the LegalServer has for the partners, and the partners.
func (x *systemStory) recipients() ([]string, []*member) {
	names, members := []string{"Court Help Center"}, []*member{x.c}
	if x.has("email") {
		names, members = append(names, "Elm Street"), append(members, x.b)
	}
	if x.has("xml") {
		names, members = append(names, "St. Brigid"), append(members, x.d)
	}
	return names, members
}

func (x *systemStory) connect(ctx context.Context, _ *storyResult) error {
	x.say("Each organization connects the system that it has.")
	names, members := x.recipients()
	recipients := map[string]protocol.OrgID{}
	for i, name := range names {
		recipients[name] = members[i].id
	}
	consent := map[string]any{"basis": "consent", "method": "verbal", "capacity": "self", "days": 180, "purposes": []string{"referral"}, "outcomeSharing": true}
	if err := x.publish(ctx, x.a, "harbor-legalserver"); err != nil {
		return err
	}
	err := x.story.connect(ctx, x.a, map[string]any{
		"id": "legalserver", "name": "Our LegalServer", "kind": "legalserver", "direction": "both", "format": "json", "mapping": "harbor-legalserver", "consent": consent, "recipients": recipients,
		"settings": map[string]string{"site": "demo", "address": x.at["legalserver"].URL, "poll": "1"}, "secrets": map[string]string{"token": demoToken},
	})
	if err != nil {
		return err
	}
	x.note("%s: a LegalServer, read every second and told what partners decide", x.a.name)
	kind := media(x.folder, config{})["civicrm"]
	if err := x.c.client().call(ctx, "PUT", "/v1/mappings/civicrm", json.RawMessage(kind.Mapping), nil); err != nil {
		return fmt.Errorf("publish the mapping of the preset civicrm: %w", err)
	}
	err = x.story.connect(ctx, x.c, map[string]any{
		"id": "civicrm", "name": "Our CiviCRM", "kind": "civicrm", "direction": "both", "format": "json", "mapping": "civicrm",
		"settings": map[string]string{"url": x.at["civicrm"].URL, "poll": "1"}, "secrets": map[string]string{"key": demoKey},
	})
	if err != nil {
		return err
	}
	x.note("%s: a CiviCRM, with the preset's own mapping", x.c.name)
	return x.connectPartners(ctx)
}

func (x *systemStory) connectPartners(ctx context.Context) error {
	host, port, err := net.SplitHostPort(x.world.mail.Addr())
	if err != nil {
		return err
	}
	for _, y := range []struct {
		system     string
		m          *member
		mapping    string
		connection map[string]any
		how        string
	}{
		{"email", x.b, "elm-street", map[string]any{"id": "mailbox", "name": "Our mailbox", "kind": "email", "format": "json", "settings": map[string]string{"host": host, "port": port, "from": "referworks@elmstreet.example", "to": "intake@elmstreet.example", "policy": "full", "own-server": "true", "pin": x.world.mail.Pin()}}, "e-mail only"},
		{"xml", x.d, "st-brigid", map[string]any{"id": "intake", "name": "Our XML intake", "kind": "xml", "format": "xml", "settings": map[string]string{"url": x.world.xml.url, "idempotent": "true"}}, "XML only"},
	} {
		if !x.has(y.system) {
			continue
		}
		if err := x.publish(ctx, y.m, y.mapping); err != nil {
			return err
		}
		y.connection["direction"], y.connection["mapping"] = "out", y.mapping
		if err := x.story.connect(ctx, y.m, y.connection); err != nil {
			return err
		}
		x.note("%s: %s", y.m.name, y.how)
	}
	return nil
}

// leave puts a matter into the LegalServer as a caseworker does, who then fills the field that sends.
func (x *systemStory) leave(_ context.Context, _ *systemResult) error {
	doc, err := examples.Files.ReadFile("legalserver-matter.json")
	if err != nil {
		return err
	}
	var matter map[string]any
	if err := json.Unmarshal(doc, &matter); err != nil {
		return err
	}
	names, _ := x.recipients()
	list := make([]any, len(names))
	for i, n := range names {
		list[i] = n
	}
	matter["refer_to"] = list
	x.legal.Add(matter)
	x.say("At Harbor a caseworker picks the partners in LegalServer: %s. Nobody opens Referworks.", strings.Join(names, ", "))
	return nil
}

func (x *systemStory) arrive(ctx context.Context, r *systemResult) error {
	if x.has("email") {
		mails, err := x.world.mail.Wait(ctx, 1)
		if err != nil {
			return err
		}
		text, err := mailText(mails[0].Data)
		if err != nil {
			return err
		}
		x.say("%s reads an e-mail, with its own field names:", x.b.name)
		x.excerpt(text, "Client First Name", "Client Last Name", "Type of Help")
		r.Arrived = append(r.Arrived, storyArrival{At: x.b.name, Medium: "e-mail", Document: text})
	}
	if x.has("xml") {
		doc, err := x.world.xml.wait(ctx, 1)
		if err != nil {
			return err
		}
		x.say("%s gets XML in the shape of its own sample:", x.d.name)
		x.excerpt(string(doc), "FirstName", "LastName", "Help>")
		r.Arrived = append(r.Arrived, storyArrival{At: x.d.name, Medium: "XML", Document: string(doc)})
	}
	err := until(ctx, "the referral is in the CiviCRM", func() (bool, string, error) { return len(x.civi.Rows("Activity")) == 1, "not there yet", nil })
	if err != nil {
		return err
	}
	contact, activity := pretty([]byte(mustJSON(x.civi.Rows("Contact")[0]))), pretty([]byte(mustJSON(x.civi.Rows("Activity")[0])))
	x.say("%s finds a contact and an activity in its CiviCRM:", x.c.name)
	x.excerpt(contact, `"first_name"`, `"last_name"`)
	x.excerpt(activity, `"subject"`)
	r.Arrived = append(r.Arrived, storyArrival{At: x.c.name, Medium: "CiviCRM", Document: contact + "\n" + activity})
	return nil
}

// decide lets each partner decide where it works.
func (x *systemStory) decide(ctx context.Context, _ *systemResult) error {
	x.say("Each partner decides where it works.")
	activity, _ := x.civi.Rows("Activity")[0]["id"].(int)
	x.civi.SetStatus(activity, "Completed", "")
	x.note("%s sets the activity in CiviCRM to Completed", x.c.name)
	if x.has("email") {
		if err := x.act(ctx, x.b, map[string]any{"kind": protocol.KindAccept, "text": "We take her on; Tuesday at ten."}); err != nil {
			return err
		}
		x.note("%s accepts", x.b.name)
	}
	if x.has("xml") {
		if err := x.act(ctx, x.d, map[string]any{"kind": protocol.KindDecline, "reason": "wrong-service"}); err != nil {
			return err
		}
		x.note("%s declines: not what it does", x.d.name)
	}
	return nil
}

// act takes a step at the one referral that an organization has received.
func (x *systemStory) act(ctx context.Context, m *member, in map[string]any) error {
	var list struct{ Items []referralRow }
	err := until(ctx, m.name+" has the referral", func() (bool, string, error) {
		err := m.client().call(ctx, "GET", "/v1/referrals", nil, &list)
		return len(list.Items) == 1, "not there yet", err
	})
	if err != nil {
		return err
	}
	return m.client().call(ctx, "POST", "/v1/referrals/"+segment(string(list.Items[0].ID))+"/acts", in, nil, "Idempotency-Key", "demo-"+m.title)
}

func (x *systemStory) back(ctx context.Context, r *systemResult) error {
	matter, _ := x.legal.Matters()[0]["matter_uuid"].(string)
	_, members := x.recipients()
	told := func(m *member) bool {
		return slices.ContainsFunc(x.legal.Notes(matter), func(n map[string]any) bool {
			body, _ := n["body"].(string)
			return strings.Contains(body, m.name) && (strings.Contains(body, "Accepted") || strings.Contains(body, "Declined"))
		})
	}
	err := until(ctx, "all decisions are in the LegalServer", func() (bool, string, error) {
		for _, m := range members {
			if !told(m) {
				return false, "nothing yet of " + m.name, nil
			}
		}
		return true, "", nil
	})
	if err != nil {
		return err
	}
	x.say("The caseworker at Harbor reads it in the matter, in LegalServer:")
	for _, n := range x.legal.Notes(matter) {
		subject, _ := n["subject"].(string)
		body, _ := n["body"].(string)
		x.note("    %s - %s", subject, strings.TrimSpace(body))
		r.Decisions = append(r.Decisions, systemDecision{subject, strings.TrimSpace(body)})
	}
	return nil
}

func (x *story) showWith(c *cli.Context, r *systemResult) error {
	return show(c, mustJSON(r), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, `
What happened
  One matter left a LegalServer by itself; %d partners got it, each in its own system and its own words.
  %d notes with what they decided stand in the matter in LegalServer.
  It took %.1f seconds.
`, len(r.Arrived), len(r.Decisions), r.Seconds)
		return err
	})
}
