package partner

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// row is a relationship as it is stored: one row a partner. A second, tiny row holds the hash of the first, so that a
// transaction that only asks the rules reads 32 bytes.
type row struct {
	Org        protocol.OrgID  `json:"org"`
	Name       string          `json:"name,omitempty"` // by the invitation, until there is a card
	Invitation protocol.Hash   `json:"invitation"`
	Invited    bool            `json:"invited,omitempty"` // by us
	Expires    int64           `json:"expires"`           // of the invitation
	Words      [4]string       `json:"words"`
	Transcript protocol.Hash   `json:"transcript"`
	Confirmed  int64           `json:"confirmed,omitempty"` // when our person pressed
	Rejected   int64           `json:"rejected,omitempty"`
	Blocked    int64           `json:"blocked,omitempty"` // by us, also where there are no terms to stand on
	WeSend     bool            `json:"weSend,omitempty"`  // our person permitted it; the first terms are signed on arrival
	Peer       protocol.PeerID `json:"peer"`
	Addresses  []string        `json:"addresses,omitempty"`
	Door       protocol.PeerID `json:"door,omitempty"`
	Chain      protocol.Chain  `json:"chain"`
	Fork       *protocol.Chain `json:"fork,omitempty"`
	Card       string          `json:"card,omitempty"`
	In         grantRow        `json:"in"`
	Out        grantRow        `json:"out"`
	Alarms     []alarm         `json:"alarms,omitempty"`
}

type grantRow struct {
	Terms  []termsRow `json:"terms,omitempty"` // oldest first
	Ours   string     `json:"ours,omitempty"`  // tokens of the newest standings
	Theirs string     `json:"theirs,omitempty"`
}

// termsRow is terms with what became of them, by our own clock in milliseconds.
type termsRow struct {
	Hash   protocol.Hash  `json:"hash"`
	Terms  protocol.Terms `json:"terms"`
	Ours   int64          `json:"ours,omitempty"`   // since when we agreed, first
	Theirs int64          `json:"theirs,omitempty"` // since when they did
	Over   int64          `json:"over,omitempty"`   // since when a side's newest word is about other terms
}

type alarm struct {
	At   int64  `json:"at"`
	Text string `json:"text"`
}

// Limits of what one partner may make us keep.
const (
	maxTerms  = 64
	maxAlarms = 16
)

func pairKey(id protocol.OrgID) store.Key    { return store.K("partner", string(id)) }
func versionKey(id protocol.OrgID) store.Key { return store.K("partnerversion", string(id)) }

func (r *row) encode() ([]byte, protocol.Hash, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, protocol.Hash{}, fmt.Errorf("write partner: %w", err)
	}
	return b, sha256.Sum256(b), nil
}

func decodeRow(b []byte) (r row, version protocol.Hash, err error) {
	if err := json.Unmarshal(b, &r); err != nil {
		return r, version, fmt.Errorf("read partner: %w", err)
	}
	return r, sha256.Sum256(b), nil
}

// clone copies so deep that the copy may be altered.
func (r *row) clone() (row, error) {
	b, _, err := r.encode()
	if err != nil {
		return row{}, err
	}
	c, _, err := decodeRow(b)
	return c, err
}

func (r *row) grant(d Direction) *grantRow {
	if d == Out {
		return &r.Out
	}
	return &r.In
}

func (r *row) alarm(now time.Time, text string) {
	for _, a := range r.Alarms {
		if a.Text == text {
			return
		}
	}
	r.Alarms = append(r.Alarms, alarm{now.UnixMilli(), text})
	if len(r.Alarms) > maxAlarms {
		r.Alarms = r.Alarms[len(r.Alarms)-maxAlarms:]
	}
}

func (g *grantRow) parse() (grant, error) {
	out := grant{terms: g.Terms}
	for _, side := range []struct {
		token string
		s     **protocol.Standing
	}{{g.Ours, &out.ours}, {g.Theirs, &out.theirs}} {
		s, err := readStanding(side.token)
		if err != nil {
			return out, err
		}
		*side.s = s
	}
	return out, nil
}

// readStanding reads a token that was verified before it was stored; nil for none.
func readStanding(token string) (*protocol.Standing, error) {
	if token == "" {
		return nil, nil
	}
	var s protocol.Standing
	if _, err := crypto.Peek([]byte(token), protocol.TypStanding, &s); err != nil {
		return nil, fmt.Errorf("read standing: %w", err)
	}
	return &s, nil
}

// settle brings what is derived up to date after a standing or terms changed, and forgets terms that nobody agreed on
// and nobody names any more.
func (g *grantRow) settle(now time.Time) error {
	p, err := g.parse()
	if err != nil {
		return err
	}
	ms := now.UnixMilli()
	kept := g.Terms[:0]
	for _, t := range g.Terms {
		for _, side := range []struct {
			s  *protocol.Standing
			at *int64
		}{{p.ours, &t.Ours}, {p.theirs, &t.Theirs}} {
			if side.s != nil && side.s.Terms == t.Hash && side.s.State == protocol.Active && *side.at == 0 {
				*side.at = ms
			}
		}
		named := func(s *protocol.Standing) bool { return s != nil && s.Terms == t.Hash }
		switch {
		case named(p.ours) && named(p.theirs):
			t.Over = 0
		case t.Over == 0 && t.Ours != 0 && t.Theirs != 0:
			t.Over = ms
		}
		if named(p.ours) || named(p.theirs) || t.Ours != 0 && t.Theirs != 0 {
			kept = append(kept, t)
		}
	}
	if len(kept) > maxTerms {
		kept = kept[len(kept)-maxTerms:]
	}
	g.Terms = kept
	return nil
}

// add keeps terms under their hash.
func (g *grantRow) add(t protocol.Terms) (protocol.Hash, error) {
	h, err := crypto.HashOf(&t)
	if err != nil {
		return h, fmt.Errorf("name terms: %w", err)
	}
	for i := range g.Terms {
		if g.Terms[i].Hash == h {
			return h, nil
		}
	}
	g.Terms = append(g.Terms, termsRow{Hash: h, Terms: t})
	return h, nil
}
