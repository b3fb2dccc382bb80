package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/mapping"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

// row is a referral as it is listed and shown: of the person only initials, and what is needed in a few words.
type row struct {
	ID             protocol.ReferralID `json:"id"`
	Reference      string              `json:"reference" doc:"Short number for people."`
	Direction      string              `json:"direction" enum:"in,out"`
	Partner        protocol.OrgID      `json:"partner"`
	PartnerName    string              `json:"partnerName,omitempty"`
	Group          string              `json:"group,omitempty"`
	Practice       bool                `json:"practice,omitempty"`
	State          protocol.Transport  `json:"state"`
	Words          string              `json:"words" doc:"The state as people read it."`
	Since          int64               `json:"since" doc:"Milliseconds UTC."`
	Code           protocol.Code       `json:"code,omitempty"`
	Reason         string              `json:"reason,omitempty" doc:"Why it is in this state, and what to do."`
	Alarm          exchange.Alarm      `json:"alarm,omitempty" enum:"late,warning,phone-them"`
	Attempts       int                 `json:"attempts,omitempty"`
	NextTry        int64               `json:"nextTry,omitempty"`
	Status         protocol.Status     `json:"status" doc:"Where the referral stands; docs/lifecycle.md."`
	StatusWords    string              `json:"statusWords"`
	StatusSince    int64               `json:"statusSince" doc:"Milliseconds UTC."`
	Turn           protocol.Side       `json:"turn,omitempty" enum:"sender,recipient" doc:"Whose move it is."`
	ReplyBy        int64               `json:"replyBy,omitempty" doc:"When that side should have answered; milliseconds UTC."`
	Late           bool                `json:"late,omitempty" doc:"That time is over."`
	Purge          protocol.Purge      `json:"purge,omitempty" enum:"asked,done,refused" doc:"Whether the recipient destroyed what it held."`
	Version        int                 `json:"version"`
	Inbox          string              `json:"inbox,omitempty" doc:"Of a received one: due, kept, held or done."`
	TheirReference string              `json:"theirReference,omitempty" doc:"The number that the other system gave it."`
	OurReport      report              `json:"ourReport,omitempty" doc:"What our conversion kept, changed and lost."`
	TheirReport    report              `json:"theirReport,omitempty" doc:"What their conversion kept, changed and lost."`
	Erased         bool                `json:"erased,omitempty"`
	Initials       string              `json:"initials,omitempty" doc:"Of the person; absent once it was erased."`
	Need           string              `json:"need,omitempty" doc:"The first need in the sender's words."`
	NeedSystem     string              `json:"needSystem,omitempty" doc:"The code system of needCode, for example lsc."`
	NeedCode       string              `json:"needCode,omitempty"`
	Urgency        string              `json:"urgency,omitempty" enum:"routine,soon,urgent,emergency"`
	Assignee       string              `json:"assignee,omitempty" doc:"Id of the colleague who has it."`
	AssigneeName   string              `json:"assigneeName,omitempty"`
	LookAlike      protocol.ReferralID `json:"lookAlike,omitempty" doc:"An earlier referral of the same person for the same need: look whether it is the same."`
}

func rowOf(n *names, t exchange.Thread) row {
	g := &t.Gist
	r := row{
		ID: t.Referral, Reference: t.Referral.Reference(), Direction: t.Direction, Partner: t.Partner, PartnerName: partnerName(n.c, t.Partner), Group: t.Group,
		Practice: t.Practice, State: t.State, Words: words(t.State), Since: t.Since.UnixMilli(), Code: t.Code, Reason: t.Reason, Alarm: t.Alarm, Attempts: t.Attempts,
		Inbox: t.Item, TheirReference: t.Reference, Erased: t.Erased, LookAlike: t.LookAlike,
		Status: t.Status, StatusWords: protocol.WordsOfStatus(t.Status).Label.EN, StatusSince: t.StatusSince.UnixMilli(), Turn: t.Turn, ReplyBy: when(t.ReplyBy), Late: t.Late, Purge: t.Purge, Version: t.Version,
		Initials: g.Initials, Need: g.Need, NeedSystem: g.System, NeedCode: g.Code, Urgency: string(g.Urgency), Assignee: t.Assignee, AssigneeName: n.people[t.Assignee],
	}
	// A partner's report that cannot be read is left out: what it is about was delivered all the same.
	ours, _ := connection.OpenReport(t.OurReport)
	theirs, _ := connection.OpenReport(t.TheirReport)
	r.OurReport, r.TheirReport = report(ours), report(theirs)
	if !t.NextTry.IsZero() {
		r.NextTry = t.NextTry.UnixMilli()
	}
	return r
}

// report is a conversion's report as it is kept: the JSON of a mapping.Report, written once.
type report json.RawMessage

func (r report) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// Schema describes it as what it is (huma.SchemaProvider).
func (report) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[mapping.Report](), true, "Report")
}

func words(s protocol.Transport) string {
	for _, r := range protocol.TransportTable() {
		if r.State == s {
			return r.Words
		}
	}
	return string(s)
}
