package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/spanish"
	"referworks/node/store"
	"referworks/protocol"
	"referworks/protocol/codes"
)

// ReportAsked is the time of a report.
type ReportAsked struct {
	From     int64  `query:"from" minimum:"0" doc:"Referrals made from then on; milliseconds UTC; 0: the last 90 days."`
	Language string `header:"Accept-Language" doc:"en or es: the language of what needs are called."`
}

// reported counts referrals. Practice referrals are not counted, and of what a referral says only the code of its first
// need is read.
type reported struct {
	From     int64            `json:"from" doc:"Milliseconds UTC."`
	Weeks    []reportWeek     `json:"weeks"`
	Partners []reportPartner  `json:"partners" doc:"Of what was sent."`
	Needs    []reportNeed     `json:"needs" doc:"By the code of the first need; those without a code that is known here, and erased ones, stand under an empty one."`
	Funnel   []reportStage    `json:"funnel" doc:"Of what was sent: how far it came."`
	Reply    reportFirstReply `json:"reply" doc:"Of what was sent: how long until the partner's first message."`
	More     bool             `json:"more" doc:"There are more referrals than were counted; ask for a shorter time."`
}

type reportWeek struct {
	Start    int64 `json:"start" doc:"Monday, milliseconds UTC."`
	Sent     int   `json:"sent"`
	Received int   `json:"received"`
}

type reportPartner struct {
	ID       protocol.OrgID `json:"id"`
	Name     string         `json:"name"`
	Sent     int            `json:"sent"`
	Accepted int            `json:"accepted"`
	Declined int            `json:"declined"`
	Open     int            `json:"open"`
}

type reportNeed struct {
	System   string `json:"system,omitempty"`
	Code     string `json:"code,omitempty"`
	Label    string `json:"label,omitempty" doc:"What the code is called; absent where that is not known."`
	Sent     int    `json:"sent"`
	Received int    `json:"received"`
}

type reportStage struct {
	Stage string `json:"stage" enum:"sent,arrived,accepted,served"`
	N     int    `json:"n"`
}

type reportFirstReply struct {
	N         int   `json:"n" doc:"Referrals that were answered."`
	Median    int64 `json:"median" doc:"Milliseconds."`
	Ninetieth int64 `json:"ninetieth" doc:"Nine of ten were answered within; milliseconds."`
}

type reportExport struct {
	CSV string `json:"csv" doc:"UTF-8 with a mark in front; a number from 1 to 4 stands as <5."`
}

// Bounds of a report.
const (
	usualReport  = 90 * 24 * time.Hour
	maxReported  = 20_000 // referrals of one direction
	maxReplies   = 100_000
	fewest       = 5 // a smaller number could point at a person
	week         = 7 * 24 * time.Hour
	mondayOffset = 4 * 24 * time.Hour // from the Thursday of 1970 to a Monday
)

func (s *Server) reports() {
	add(s, http.MethodGet, "/v1/reports", "show-report", "Count referrals over time, by partner and by how far they came", func(_ context.Context, c caller, in *struct{ ReportAsked }) (reported, error) {
		return s.report(c, in.ReportAsked)
	})
	add(s, http.MethodPost, "/v1/reports:export", "export-report", "The report as CSV, with small numbers hidden; the export itself is recorded", func(ctx context.Context, c caller, in *struct{ ReportAsked }) (reportExport, error) {
		r, err := s.report(c, in.ReportAsked)
		if err != nil {
			return reportExport{}, err
		}
		err = c.org.Store().Update(ctx, func(tx *store.Tx) error { // on disk before a number leaves
			_, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: c.actor, Kind: "report.exported"})
			return err
		})
		if err != nil {
			return reportExport{}, err
		}
		text, err := r.csv()
		return reportExport{text}, err
	})
}

func (s *Server) report(c caller, asked ReportAsked) (reported, error) {
	from := asked.From
	if from == 0 {
		from = s.Now().Add(-usualReport).UnixMilli()
	}
	sent, moreSent, err := threadsSince(c, "out", from)
	if err != nil {
		return reported{}, err
	}
	came, moreCame, err := threadsSince(c, "in", from)
	if err != nil {
		return reported{}, err
	}
	r := reported{From: from, More: moreSent || moreCame, Weeks: weeksOf(sent, came), Partners: partnersOf(c, sent), Needs: needsOf(sent, came, asked.Language), Funnel: funnelOf(sent)}
	r.Reply, err = firstReplies(c, sent, from)
	return r, err
}

// threadsSince gives the referrals of one direction that were made since, without those for practice.
func threadsSince(c caller, direction string, from int64) (all []exchange.Thread, more bool, err error) {
	for after := ""; ; {
		list, next, err := c.org.Desk().Threads(exchange.Query{Direction: direction, After: after, Limit: 200})
		if err != nil {
			return nil, false, err
		}
		for _, t := range list {
			switch {
			case t.Opened.UnixMilli() < from:
				return all, false, nil // the newest come first
			case len(all) == maxReported:
				return all, true, nil
			case !t.Practice:
				all = append(all, t)
			}
		}
		if after = next; next == "" {
			return all, false, nil
		}
	}
}

func weeksOf(sent, came []exchange.Thread) []reportWeek {
	byStart := map[int64]*reportWeek{}
	at := func(t exchange.Thread) *reportWeek {
		start := (t.Opened.UnixMilli()-mondayOffset.Milliseconds())/week.Milliseconds()*week.Milliseconds() + mondayOffset.Milliseconds()
		if byStart[start] == nil {
			byStart[start] = &reportWeek{Start: start}
		}
		return byStart[start]
	}
	for _, t := range sent {
		at(t).Sent++
	}
	for _, t := range came {
		at(t).Received++
	}
	out := make([]reportWeek, 0, len(byStart))
	for _, start := range slices.Sorted(maps.Keys(byStart)) {
		out = append(out, *byStart[start])
	}
	return out
}

// taken are the states of a referral that the partner has accepted at some time, as far as its state now tells.
var taken = []protocol.Status{protocol.StatusAccepted, protocol.StatusScheduled, protocol.StatusInService, protocol.StatusNoShow, protocol.StatusClosed}

func partnersOf(c caller, sent []exchange.Thread) []reportPartner {
	byID := map[protocol.OrgID]*reportPartner{}
	for _, t := range sent {
		p := byID[t.Partner]
		if p == nil {
			p = &reportPartner{ID: t.Partner, Name: partnerName(c, t.Partner)}
			byID[t.Partner] = p
		}
		p.Sent++
		switch {
		case slices.Contains(taken, t.Status):
			p.Accepted++
		case t.Status == protocol.StatusDeclined || t.Status == protocol.StatusReturned:
			p.Declined++
		case t.Turn != "":
			p.Open++
		}
	}
	out := make([]reportPartner, 0, len(byID))
	for _, p := range byID {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b reportPartner) int {
		return cmp.Or(cmp.Compare(b.Sent, a.Sent), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func needsOf(sent, came []exchange.Thread, language string) []reportNeed {
	if spanish.Wanted(language) {
		language = "es"
	}
	type key struct{ system, code string }
	byCode := map[key]*reportNeed{}
	at := func(t exchange.Thread) *reportNeed {
		k := key{t.Gist.System, t.Gist.Code}
		e, known := codes.Lookup(k.system, k.code)
		if !known { // it may say anything
			k = key{}
		}
		if byCode[k] == nil {
			byCode[k] = &reportNeed{System: k.system, Code: k.code, Label: e.In(language)}
		}
		return byCode[k]
	}
	for _, t := range sent {
		at(t).Sent++
	}
	for _, t := range came {
		at(t).Received++
	}
	out := make([]reportNeed, 0, len(byCode))
	for _, n := range byCode {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b reportNeed) int {
		return cmp.Or(cmp.Compare(b.Sent+b.Received, a.Sent+a.Received), cmp.Compare(a.System, b.System), cmp.Compare(a.Code, b.Code))
	})
	return out
}

func funnelOf(sent []exchange.Thread) []reportStage {
	n := map[string]int{}
	for _, t := range sent {
		n["sent"]++
		if t.State == protocol.OnTheirDisk || t.State == protocol.InTheirMedium || t.State == protocol.HandedBlind || t.State == protocol.SeenByPerson {
			n["arrived"]++
		}
		if slices.Contains(taken, t.Status) {
			n["accepted"]++
		}
		if t.Status == protocol.StatusInService || t.Status == protocol.StatusClosed {
			n["served"]++
		}
	}
	out := []reportStage{}
	for _, stage := range []string{"sent", "arrived", "accepted", "served"} {
		out = append(out, reportStage{stage, n[stage]})
	}
	return out
}

// replies are a partner's steps that answer somebody; receipts are a machine's.
var replies = []string{
	string(protocol.KindAccept), string(protocol.KindDecline), string(protocol.KindReturn), string(protocol.KindWaitlist), string(protocol.KindReview), string(protocol.KindSchedule),
	string(protocol.KindServe), string(protocol.KindClose), string(protocol.KindQuestion), string(protocol.KindNote), string(protocol.KindPropose), string(protocol.KindCleared),
}

// firstReplies takes from the log when each partner's first message came.
func firstReplies(c caller, sent []exchange.Thread, from int64) (reportFirstReply, error) {
	came := map[string]int64{} // the log is read backwards: the earliest stays
	before := uint64(0)
	for looked := 0; looked < maxReplies; {
		list, err := audit.ListBack(c.org.Store(), before, 1000)
		if err != nil {
			return reportFirstReply{}, err
		}
		for _, e := range list {
			if e.Actor == "partner" && slices.Contains(replies, strings.TrimPrefix(e.Kind, "referral.")) {
				came[e.Subject] = e.At
			}
		}
		if len(list) == 0 || list[len(list)-1].At < from || list[len(list)-1].Seq == 1 {
			break
		}
		before, looked = list[len(list)-1].Seq, looked+len(list)
	}
	var took []int64
	for _, t := range sent {
		if at, ok := came[string(t.Referral)]; ok && at >= t.Opened.UnixMilli() {
			took = append(took, at-t.Opened.UnixMilli())
		}
	}
	slices.Sort(took)
	if len(took) == 0 {
		return reportFirstReply{}, nil
	}
	return reportFirstReply{N: len(took), Median: took[len(took)/2], Ninetieth: took[len(took)*9/10]}, nil
}

// few hides a number that could point at a person.
func few(n int) string {
	if n > 0 && n < fewest {
		return "<" + strconv.Itoa(fewest)
	}
	return strconv.Itoa(n)
}

func (r *reported) csv() (string, error) {
	rows := [][]string{{"table", "row", "measure", "value"}}
	for _, w := range r.Weeks {
		start := time.UnixMilli(w.Start).UTC().Format(time.DateOnly)
		rows = append(rows, []string{"week", start, "sent", few(w.Sent)}, []string{"week", start, "received", few(w.Received)})
	}
	for _, p := range r.Partners {
		rows = append(rows, []string{"partner", p.Name, "sent", few(p.Sent)}, []string{"partner", p.Name, "accepted", few(p.Accepted)},
			[]string{"partner", p.Name, "declined", few(p.Declined)}, []string{"partner", p.Name, "open", few(p.Open)})
	}
	for _, n := range r.Needs {
		what := strings.TrimSpace(n.System + " " + n.Code + " " + n.Label)
		rows = append(rows, []string{"need", what, "sent", few(n.Sent)}, []string{"need", what, "received", few(n.Received)})
	}
	for _, f := range r.Funnel {
		rows = append(rows, []string{"funnel", f.Stage, "referrals", few(f.N)})
	}
	if r.Reply.N >= fewest { // of fewer, a time would be somebody's
		rows = append(rows, []string{"reply", "median", "hours", hours(r.Reply.Median)}, []string{"reply", "ninetieth", "hours", hours(r.Reply.Ninetieth)})
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := w.Write(row); err != nil {
			return "", fmt.Errorf("write the report as CSV: %w", err)
		}
	}
	w.Flush()
	return b.String(), w.Error()
}

func hours(ms int64) string {
	return strconv.FormatFloat(time.Duration(ms*int64(time.Millisecond)).Hours(), 'f', 1, 64)
}
