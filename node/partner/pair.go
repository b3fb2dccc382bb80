package partner

import (
	"slices"
	"time"

	"referworks/crypto"
	"referworks/protocol"
)

// Direction is a direction of a pair as we see it. Each has its own terms and standings.
type Direction string

// The directions.
const (
	In  Direction = "in"  // they send, we receive
	Out Direction = "out" // we send, they receive
)

// Pair is one relationship as it stood at some commit. It never changes and may be shared.
type Pair struct {
	self    protocol.OrgID
	row     row
	version protocol.Hash
	chain   *crypto.Chain
	card    *protocol.Card // nil when there is none in force
	in, out grant
}

// grant is one direction: the terms that were ever agreed or are proposed, and the newest word of each side.
type grant struct {
	terms        []termsRow
	ours, theirs *protocol.Standing
}

func (g *grant) find(h protocol.Hash) *termsRow {
	if i := slices.IndexFunc(g.terms, func(t termsRow) bool { return t.Hash == h }); i >= 0 {
		return &g.terms[i]
	}
	return nil
}

// replaced tells whether each side's newest terms are these or say, step by step, that they replace these.
func (g *grant) replaced(h protocol.Hash) bool {
	return g.follows(g.ours.Terms, h) && g.follows(g.theirs.Terms, h)
}

// follows tells whether terms are those before or say, step by step, that they replace them.
func (g *grant) follows(at, before protocol.Hash) bool {
	for range len(g.terms) {
		if at == before {
			return true
		}
		t := g.find(at)
		if t == nil {
			return false
		}
		at = t.Terms.Replaces
	}
	return at == before
}

// parse makes the Pair of a row. The row comes from our own sealed store or was verified by merge, so standings are
// not verified again; a card is, since it is void when its signer is no longer delegated.
func parse(self protocol.OrgID, r row, version protocol.Hash, known *crypto.Chain) (*Pair, error) {
	p := &Pair{self: self, row: r, version: version}
	var err error
	if known != nil && slices.Equal(known.Wire().Charters, r.Chain.Charters) {
		p.chain = known
	} else if p.chain, err = crypto.VerifyChain(r.Chain); err != nil {
		return nil, err
	}
	if r.Card != "" {
		if c, err := crypto.VerifyCard(r.Card, p.chain); err == nil {
			p.card = c
		}
	}
	if p.in, err = r.In.parse(); err != nil {
		return nil, err
	}
	p.out, err = r.Out.parse()
	return p, err
}

// ID gives the partner.
func (p *Pair) ID() protocol.OrgID { return p.row.Org }

// Self gives our own organization.
func (p *Pair) Self() protocol.OrgID { return p.self }

// Version names this state of the pair: it changes with every standing, charter, card and terms. What was signed by
// what was read may be released only when a later transaction reads the same version.
func (p *Pair) Version() protocol.Hash { return p.version }

// Name is the partner's name by its own card; before there is one, the beginning of its id.
func (p *Pair) Name() string {
	if p.card != nil {
		return p.card.Name
	}
	if p.row.Name != "" {
		return p.row.Name
	}
	return p.row.Org.Short()
}

// Chain is the partner's verified chain.
func (p *Pair) Chain() *crypto.Chain { return p.chain }

// Card is the partner's card in force, or nil. It is shared: do not change it.
func (p *Pair) Card() *protocol.Card { return p.card }

// Peer is the node to deliver to: the one of the card in force, else one that the charter delegates.
func (p *Pair) Peer() protocol.PeerID {
	if p.card != nil && p.chain.HasPeer(p.card.Peer) {
		return p.card.Peer
	}
	if p.chain.HasPeer(p.row.Peer) {
		return p.row.Peer
	}
	if peers := p.chain.Peers(); len(peers) > 0 {
		return peers[0]
	}
	return ""
}

// Peers are all nodes that the partner's newest charter delegates.
func (p *Pair) Peers() []protocol.PeerID { return p.chain.Peers() }

// Addresses are where Peer listens: by the card, and by the invitation while there is none.
func (p *Pair) Addresses() []string {
	if p.card != nil && len(p.card.Addresses) > 0 {
		return p.card.Addresses
	}
	return p.row.Addresses
}

// Door is the partner's door for us, or "".
func (p *Pair) Door() protocol.PeerID { return p.row.Door }

// Contact is whom to phone; it is empty without a card.
func (p *Pair) Contact() protocol.CardContact {
	if p.card == nil {
		return protocol.CardContact{}
	}
	return p.card.Contact
}

// Confirmed tells whether our own person pressed "the words match".
func (p *Pair) Confirmed() bool { return p.row.Confirmed != 0 }

// Answered tells whether the partner's person pressed too, as far as it has shown: it signed a standing.
func (p *Pair) Answered() bool { return p.in.theirs != nil || p.out.theirs != nil }

// BlockedByUs tells whether we blocked the whole pair.
func (p *Pair) BlockedByUs() bool { return p.row.Blocked != 0 || p.says(protocol.Blocked, true) }

// Related tells whether the partner's nodes belong into the gate for our sake.
func (p *Pair) Related() bool { return p.Confirmed() && !p.BlockedByUs() }

// says tells whether the newest word of a side, in any direction, is this.
func (p *Pair) says(state protocol.State, us bool) bool {
	for _, g := range []*grant{&p.in, &p.out} {
		s := g.theirs
		if us {
			s = g.ours
		}
		if s != nil && s.State == state {
			return true
		}
	}
	return false
}

// Words gives the four words to compare by phone, while they wait for our person.
func (p *Pair) Words() ([4]string, bool) {
	return p.row.Words, p.row.Confirmed == 0 && p.row.Rejected == 0 && p.row.Words[0] != ""
}

// Invitation names the invitation that the two met by.
func (p *Pair) Invitation() protocol.Hash { return p.row.Invitation }

// Lapses is when an unconfirmed pairing can no longer be confirmed.
func (p *Pair) Lapses() time.Time { return time.UnixMilli(p.row.Expires) }

// GrantOut gives the terms that a new referral to the partner names now, and their hash; or why there are none. The
// terms are shared: do not change them.
func (p *Pair) GrantOut(now time.Time) (*protocol.Terms, protocol.Hash, error) {
	if err := p.open(); err != nil {
		return nil, protocol.Hash{}, err
	}
	return p.live(&p.out, now)
}

// GrantIn gives the terms under which the partner may open threads with us now.
func (p *Pair) GrantIn(now time.Time) (*protocol.Terms, protocol.Hash, error) {
	if err := p.open(); err != nil {
		return nil, protocol.Hash{}, err
	}
	return p.live(&p.in, now)
}

// live finds the newest terms in force, or the reason why the newest are not.
func (p *Pair) live(g *grant, now time.Time) (*protocol.Terms, protocol.Hash, error) {
	var first error
	for i := len(g.terms) - 1; i >= 0; i-- {
		t := &g.terms[i]
		err := p.stands(g, t, true, now)
		if err == nil {
			return &t.Terms, t.Hash, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = protocol.Errorf(protocol.CodeNoGrant, "There are no terms between you and %s yet. Both sides must permit it first.", p.Name())
	}
	return nil, protocol.Hash{}, first
}

// Terms gives known terms of either direction by their hash.
func (p *Pair) Terms(h protocol.Hash) (*protocol.Terms, bool) {
	for _, g := range []*grant{&p.out, &p.in} {
		if t := g.find(h); t != nil {
			return &t.Terms, true
		}
	}
	return nil, false
}

// Standing gives the newest word of a side for a direction, with its token; nil when there is none.
func (p *Pair) Standing(d Direction, ours bool) (*protocol.Standing, string) {
	g, r := &p.in, &p.row.In
	if d == Out {
		g, r = &p.out, &p.row.Out
	}
	if ours {
		return g.ours, r.Ours
	}
	return g.theirs, r.Theirs
}

// Alarm says what a person must look at before trusting this partner, or "".
func (p *Pair) Alarm() string {
	if n := len(p.row.Alarms); n > 0 {
		return p.row.Alarms[n-1].Text
	}
	return ""
}

// Forked gives the other chain when two different charters with one number are known.
func (p *Pair) Forked() (protocol.Chain, bool) {
	if p.row.Fork == nil {
		return protocol.Chain{}, false
	}
	return *p.row.Fork, true
}

// State says in a few words how the pair stands.
func (p *Pair) State() string {
	switch {
	case p.row.Rejected != 0:
		return "the words did not match"
	case p.row.Confirmed == 0:
		return "compare the words"
	case p.BlockedByUs():
		return "blocked by you"
	case p.says(protocol.Blocked, false):
		return "blocked by them"
	case !p.Answered():
		return "waiting for them to confirm"
	}
	return "partner"
}

// StateIn says in a few words whether they may send to us; StateOut whether we may send to them.
func (p *Pair) StateIn() string { return p.stateOf(&p.in) }

// StateOut is StateIn for the other direction.
func (p *Pair) StateOut() string { return p.stateOf(&p.out) }

func (p *Pair) stateOf(g *grant) string {
	o, t := g.ours, g.theirs
	for _, s := range []protocol.State{protocol.Blocked, protocol.Ended, protocol.Suspended, protocol.WindingDown} {
		switch {
		case o != nil && o.State == s:
			return string(s) + " by you"
		case t != nil && t.State == s:
			return string(s) + " by them"
		}
	}
	switch {
	case o == nil && t == nil:
		return "no"
	case o == nil:
		return "waiting for you"
	case t == nil:
		return "waiting for them"
	case o.Terms == t.Terms:
		return "yes"
	case g.follows(o.Terms, t.Terms): // not by the newer word: who pauses and goes on speaks anew on the old terms
		return "new terms wait for them"
	}
	return "new terms wait"
}

// Unanswered gives the terms of a direction to which one side, ours or theirs, has said yes and the other not yet.
func (p *Pair) Unanswered(d Direction, ours bool) (*protocol.Terms, protocol.Hash, bool) {
	said, _ := p.Standing(d, ours)
	other, _ := p.Standing(d, !ours)
	g := &p.in
	if d == Out {
		g = &p.out
	}
	if said == nil || said.State != protocol.Active || other != nil && (other.Terms == said.Terms || !g.follows(said.Terms, other.Terms)) {
		return nil, protocol.Hash{}, false
	}
	t, ok := p.Terms(said.Terms)
	return t, said.Terms, ok
}
