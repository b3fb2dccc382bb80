package exchange_test

import (
	"testing"
	"time"

	"referworks/node/exchange"
	"referworks/protocol"
)

// The practice partner takes nothing live, even from a node that does not know what it is: no card said so here.
func TestPracticePartnerRefusesLive(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Practice partner")
	a, b := w[0], w[1]
	b.practice = &exchange.Practice{
		Away:   func(*protocol.Referral, time.Time) time.Time { return time.Time{} },
		Spoils: func(*protocol.Referral) bool { return false },
	}
	b.restart()
	keepAll(t, a, b)
	live := a.send(b).Parts[0].Referral
	a.becomes(live, protocol.TurnedAway)
	out := outgoing(b)
	out.Referral.Header.Mode = protocol.Choose(protocol.ModePractice)
	sent, err := a.Send(ctx, out)
	must(t, err)
	a.becomes(sent.Parts[0].Referral, protocol.OnTheirDisk)
	if _, err := b.Thread(live); err == nil {
		t.Error("a live referral is on the practice partner's disk")
	}
}
