package webhook

import (
	"encoding/json"
	"net/url"
	"time"

	"referworks/bridges"
	"referworks/protocol"
)

// Event is what is posted: that something happened, and to what. It holds ids and our own words; only with a document does it
// say anything of a person.
type Event struct {
	Type      string `json:"type"`      // "referral.received", "referral.accept", "ping"
	Timestamp string `json:"timestamp"` // RFC 3339, UTC
	Data      Data   `json:"data"`
}

// Data is what an event is about.
type Data struct {
	ID        string          `json:"id,omitempty"`
	Reference string          `json:"reference,omitempty"` // short number for people
	URL       string          `json:"url,omitempty"`       // path in our API
	Practice  bool            `json:"practice,omitempty"`
	Document  json.RawMessage `json:"document,omitempty"` // in the connection's own format
	Text      string          `json:"text,omitempty"`     // the document, when its format is not JSON
}

// Types of events that are not a step in the life of a referral.
const (
	typeReferral = "referral."
	typeReceived = typeReferral + "received"
	typePing     = "ping"
)

// About is an event of a referral, without anything of the person.
func About(kind string, id protocol.ReferralID, at time.Time) Event {
	return Event{Type: kind, Timestamp: stamp(at), Data: Data{ID: string(id), Reference: id.Reference(), URL: "/v1/referrals/" + url.PathEscape(string(id))}}
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// arrived is the event of a delivery.
func arrived(d bridges.Delivery, whole bool, at time.Time) Event {
	kind := typeReceived
	if d.Update {
		kind = typeReferral + string(protocol.KindUpdate)
	}
	e := About(kind, d.Referral, at)
	e.Data.Practice = d.Practice
	switch {
	case !whole:
	case d.Document.Format == "json":
		e.Data.Document = d.Document.Bytes
	default:
		e.Data.Text = string(d.Document.Bytes)
	}
	return e
}

// told is the event of a piece of news.
func told(n bridges.News) Event {
	kind := string(n.Kind)
	if kind == "" {
		kind = string(n.Transport)
	}
	return About(typeReferral+kind, n.Referral, n.At)
}
