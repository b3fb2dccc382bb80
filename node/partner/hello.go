package partner

import (
	"referworks/crypto"
	"referworks/protocol"
)

// Hello says where our side of a pair stands; false when our person has not confirmed it, or there is none. Threads is
// the caller's to fill in.
func (b *Book) Hello(partner protocol.OrgID) (protocol.PairHello, bool) {
	p, ok := b.Current(partner)
	if !ok || !p.Confirmed() {
		return protocol.PairHello{}, false
	}
	h := protocol.PairHello{
		V: protocol.Version, From: b.self, To: partner,
		Charter: b.cfg.Self.Chain().Mark(), Held: p.chain.Mark(), Card: b.ownCardNumber(), Standings: []protocol.Mark{},
	}
	if p.card != nil {
		h.HeldCard = p.card.N
	}
	for _, s := range p.newest() {
		h.Standings = append(h.Standings, mark(s.standing))
	}
	return h, true
}

type newest struct {
	standing *protocol.Standing
	token    string
	grant    *grant
}

// newest lists the newest standings of the pair, of both sides and both directions, that are held.
func (p *Pair) newest() []newest {
	var all []newest
	for _, n := range []newest{
		{p.in.ours, p.row.In.Ours, &p.in}, {p.in.theirs, p.row.In.Theirs, &p.in},
		{p.out.ours, p.row.Out.Ours, &p.out}, {p.out.theirs, p.row.Out.Theirs, &p.out},
	} {
		if n.standing != nil {
			all = append(all, n)
		}
	}
	return all
}

func mark(s *protocol.Standing) protocol.Mark {
	return protocol.Mark{From: s.From, By: s.By, Terms: s.Terms, N: s.N}
}

func markOf(marks []protocol.Mark, from, by protocol.OrgID) int64 {
	for _, m := range marks {
		if m.From == from && m.By == by {
			return m.N
		}
	}
	return 0
}

// ownCardNumber reads the number of our own card, once a card.
func (b *Book) ownCardNumber() int64 {
	token := b.cfg.Self.Card()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ownCard.token != token {
		var c protocol.Card
		if _, err := crypto.Peek([]byte(token), protocol.TypCard, &c); err != nil {
			return 0
		}
		b.ownCard = ownCard{token, c.N}
	}
	return b.ownCard.n
}

// Heard keeps a partner's hello, so that Missing knows what it lacks, and forgets what was learnt by an earlier one.
func (b *Book) Heard(theirs protocol.PairHello) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard[theirs.From] = theirs
}

// Missing gives what the partner lacks by its last hello; false when it lacks nothing or said no hello since start.
// Standings of the partner itself are among it: so a restored backup learns its own newest word.
func (b *Book) Missing(partner protocol.OrgID) (protocol.PairState, bool) {
	b.mu.Lock()
	theirs, heard := b.heard[partner]
	b.mu.Unlock()
	p, ok := b.Current(partner)
	if !heard || !ok || !p.Confirmed() {
		return protocol.PairState{}, false
	}
	s := protocol.PairState{V: protocol.Version, From: b.self, To: partner}
	some := false
	if chain := b.cfg.Self.Chain(); theirs.Held != chain.Mark() {
		w := chain.Wire()
		s.Chain, some = &w, true
	}
	if theirs.HeldCard < b.ownCardNumber() {
		s.Card, some = b.cfg.Self.Card(), true
	}
	for _, n := range p.newest() {
		if markOf(theirs.Standings, n.standing.From, n.standing.By) >= n.standing.N {
			continue
		}
		s.Standings, some = append(s.Standings, n.token), true
		if t := n.grant.find(n.standing.Terms); t != nil && !holds(s.Terms, t.Terms) {
			s.Terms = append(s.Terms, t.Terms)
		}
	}
	return s, some
}

func holds(all []protocol.Terms, t protocol.Terms) bool {
	for _, o := range all {
		if string(o.Salt) == string(t.Salt) {
			return true
		}
	}
	return false
}

// Lacks tells whether we lack something by the partner's hello.
func (b *Book) Lacks(theirs protocol.PairHello) bool {
	p, ok := b.Current(theirs.From)
	if !ok {
		return false
	}
	ours, ok := b.Hello(theirs.From)
	if !ok {
		return false
	}
	held := p.chain.Mark()
	if theirs.Charter != held && !(theirs.Charter.Epoch < held.Epoch || theirs.Charter.Epoch == held.Epoch && theirs.Charter.N < held.N) {
		return true
	}
	if theirs.Card > ours.HeldCard {
		return true
	}
	for _, m := range theirs.Standings {
		if m.N > markOf(ours.Standings, m.From, m.By) {
			return true
		}
	}
	return false
}

// HelloSeen tells whether the pair had its hello since start, with nothing left to exchange: only then may a later
// message of a thread be signed at once.
func (b *Book) HelloSeen(partner protocol.OrgID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[partner]
}

// SawHello says so.
func (b *Book) SawHello(partner protocol.OrgID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen[partner] = true
}

// LastHello gives the partner's last hello since start.
func (b *Book) LastHello(partner protocol.OrgID) (protocol.PairHello, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.heard[partner]
	return h, ok
}
