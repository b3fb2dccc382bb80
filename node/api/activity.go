package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"referworks/node/audit"
	"referworks/node/store"
	"referworks/protocol"
)

// deed is an event of the organization's log with the names that its ids have now. The log itself keeps ids only.
type deed struct {
	Seq     uint64 `json:"seq"`
	At      int64  `json:"at" doc:"Milliseconds UTC."`
	Kind    string `json:"kind" doc:"For example referral.received."`
	Actor   string `json:"actor,omitempty" doc:"As it stands in the log: person ID, key ID, partner, node, operator."`
	Subject string `json:"subject,omitempty" doc:"What it is about: an id."`
	Who     string `json:"who,omitempty" doc:"The name of the person, the key or the partner now; empty when there is none any more."`
	About   string `json:"about,omitempty" doc:"What the subject is called now: a referral's number, a partner, a person, an organization."`
}

// ActivityAsked is what of the log is wanted. It is read backwards, the newest first.
type ActivityAsked struct {
	Actor string `query:"actor" maxLength:"200" doc:"Only what this actor did, as it stands in the log: person ID, key ID, partner, node, operator."`
	Kind  string `query:"kind" maxLength:"100" doc:"Only events of this kind, or of those that begin with it: referral, or referral.sent."`
	From  int64  `query:"from" minimum:"0" doc:"Not before; milliseconds UTC."`
	To    int64  `query:"to" minimum:"0" doc:"Before; milliseconds UTC."`
}

type activityInput struct {
	ActivityAsked
	Before uint64 `query:"before" doc:"The cursor of the page before; 0 for the newest."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type activityExport struct {
	CSV  string `json:"csv" doc:"UTF-8 with a mark in front, so that spreadsheets read it."`
	Rows int    `json:"rows"`
	More bool   `json:"more" doc:"There is more than fits one file; ask for a shorter time."`
}

// Bounds of one reading of the log.
const (
	maxLooked   = 20_000 // events that one page looks through for those that are wanted
	maxExported = 50_000
)

// activity registers the organization's log for its people.
func (s *Server) activity() {
	add(s, http.MethodGet, "/v1/activity", "list-activity", "What was done in the organization, newest first", func(_ context.Context, c caller, in *activityInput) (page[deed], error) {
		list, next, err := deedsOf(c, in.ActivityAsked, in.Before, in.Limit, maxLooked)
		out := page[deed]{Items: s.named(c, list)}
		if next > 0 {
			out.Next = strconv.FormatUint(next, 10)
		}
		return out, err
	})
	add(s, http.MethodPost, "/v1/activity:export", "export-activity", "The log as CSV; the export itself is recorded", func(ctx context.Context, c caller, in *struct{ ActivityAsked }) (activityExport, error) {
		asked := in.ActivityAsked
		list, next, err := deedsOf(c, asked, 0, maxExported, maxExported)
		if err != nil {
			return activityExport{}, err
		}
		err = c.org.Store().Update(ctx, func(tx *store.Tx) error { // on disk before a row leaves
			_, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: c.actor, Kind: "activity.exported", Subject: strconv.Itoa(len(list))})
			return err
		})
		if err != nil {
			return activityExport{}, err
		}
		text, err := csvOf(s.named(c, list))
		return activityExport{text, len(list), next > 0}, err
	})
}

func (a ActivityAsked) wants(e *audit.Entry) bool {
	return (a.Actor == "" || e.Actor == a.Actor) && (a.Kind == "" || e.Kind == a.Kind || strings.HasPrefix(e.Kind, a.Kind+".")) && e.At >= a.From && (a.To == 0 || e.At < a.To)
}

// deedsOf reads the log backwards until there are limit events, or it looked at so many; next is where to go on, or 0.
func deedsOf(c caller, asked ActivityAsked, before uint64, limit, most int) (list []audit.Entry, next uint64, err error) {
	for looked := 0; looked < most; {
		some, err := audit.ListBack(c.org.Store(), before, min(500, most-looked))
		if err != nil || len(some) == 0 {
			return list, 0, err
		}
		for i := range some {
			before, looked = some[i].Seq, looked+1
			if some[i].At < asked.From {
				return list, 0, nil // all that follow are older
			}
			if asked.wants(&some[i]) {
				list = append(list, some[i])
			}
			if len(list) == limit {
				return list, before, nil
			}
		}
		if before == 1 {
			return list, 0, nil
		}
	}
	return list, before, nil
}

// named gives events with the names that their ids have now.
func (s *Server) named(c caller, list []audit.Entry) []deed {
	n := s.names(c)
	out := make([]deed, 0, len(list))
	for _, e := range list {
		out = append(out, deed{Seq: e.Seq, At: e.At, Kind: e.Kind, Actor: e.Actor, Subject: e.Subject, Who: n.who(e.Actor), About: n.about(e.Subject)})
	}
	return out
}

// names are what the ids of an organization's people and keys are called now.
type names struct {
	c            caller
	people, keys map[string]string
}

func (s *Server) names(c caller) *names {
	n := &names{c: c, people: map[string]string{}, keys: map[string]string{}}
	if book := s.House.Accounts(); book != nil {
		for _, a := range book.Members(c.org.ID()) {
			n.people[a.ID] = a.Name
		}
	}
	for _, k := range s.ring.list(c.org.ID()) {
		n.keys[k.ID] = k.Name
	}
	return n
}

func (n *names) who(actor string) string {
	what, id, _ := strings.Cut(actor, " ")
	switch what {
	case "person":
		return n.people[id]
	case "key":
		return n.keys[id]
	}
	return ""
}

func (n *names) about(subject string) string {
	if name, ok := n.people[subject]; ok {
		return name
	}
	if name, ok := n.keys[subject]; ok {
		return name
	}
	switch {
	case subject == string(n.c.org.ID()):
		return n.c.org.Name()
	case strings.HasPrefix(subject, "rw1"):
		return partnerName(n.c, protocol.OrgID(subject))
	}
	if id, err := protocol.ParseReferralID(subject); err == nil {
		return id.Reference()
	}
	return ""
}

// csvOf writes events for a spreadsheet. What a person has named could be run there as a formula; it is made text.
func csvOf(list []deed) (string, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := [][]string{{"number", "time", "actor", "name", "kind", "subject", "called"}}
	for _, d := range list {
		rows = append(rows, []string{strconv.FormatUint(d.Seq, 10), time.UnixMilli(d.At).UTC().Format(time.RFC3339), d.Actor, d.Who, d.Kind, d.Subject, d.About})
	}
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := w.Write(row); err != nil {
			return "", fmt.Errorf("write the log as CSV: %w", err)
		}
	}
	w.Flush()
	return b.String(), w.Error()
}

// cell keeps a spreadsheet from running a text as a formula (OWASP, CSV injection).
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
