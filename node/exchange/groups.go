package exchange

import (
	"crypto/rand"
	"sync"

	"referworks/crypto"
	"referworks/protocol"
)

// groups sign receipts together. Whoever comes while receipts for the same partner are being signed and committed waits
// for the next group: so a group is what one commit lets gather, and its one signature costs each receipt little. No
// goroutine is kept for it; the first of each group does its work.
type groups struct {
	mu   sync.Mutex
	open map[protocol.OrgID]*group // guarded by mu; there is one while somebody signs or commits
}

type group struct{ waiting []*leaf }

// leaf is a receipt that waits for its signature.
type leaf struct {
	receipt protocol.Receipt
	proof   protocol.ReceiptProof
	err     error
	turn    chan bool // capacity 1; true: you sign for the group, false: you are signed
}

// release signs a receipt together with all that wait for the same partner, then runs commit with its proof. What
// commit does not store is not released: nobody outside has seen it.
func (d *Desk) release(r protocol.Receipt, commit func(protocol.ReceiptProof) error) error {
	l := &leaf{receipt: r, turn: make(chan bool, 1)}
	lead := d.groups.join(l)
	if !lead {
		lead = <-l.turn
	}
	if !lead {
		if l.err != nil {
			return l.err
		}
		return commit(l.proof)
	}
	defer d.groups.pass(r.To)
	d.groups.sign(d.self.Signer(), l)
	if l.err != nil {
		return l.err
	}
	return commit(l.proof)
}

// join tells whether l is the first.
func (g *groups) join(l *leaf) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if o := g.open[l.receipt.To]; o != nil {
		o.waiting = append(o.waiting, l)
		return false
	}
	if g.open == nil {
		g.open = map[protocol.OrgID]*group{}
	}
	g.open[l.receipt.To] = &group{}
	return true
}

// sign signs for the leader and all that wait.
func (g *groups) sign(key *crypto.SigningKey, leader *leaf) {
	g.mu.Lock()
	o := g.open[leader.receipt.To]
	n := min(len(o.waiting), crypto.MaxGroup-1)
	all := append([]*leaf{leader}, o.waiting[:n]...)
	o.waiting = append([]*leaf(nil), o.waiting[n:]...)
	g.mu.Unlock()
	receipts := make([]protocol.Receipt, len(all))
	for i, l := range all {
		receipts[i] = l.receipt
	}
	proofs, err := crypto.SignReceipts(key, receipts)
	for i, l := range all {
		if l.err = err; err == nil {
			l.proof = proofs[i]
		}
		if l != leader {
			l.turn <- false
		}
	}
}

// pass makes the first that waits the leader of the next group.
func (g *groups) pass(to protocol.OrgID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	o := g.open[to]
	if len(o.waiting) == 0 {
		delete(g.open, to)
		return
	}
	next := o.waiting[0]
	o.waiting = o.waiting[1:]
	next.turn <- true
}

// receipt makes the leaf of a receipt.
func (d *Desk) receipt(to protocol.OrgID, id protocol.ReferralID, seq int64, content protocol.Hash, level protocol.Level) protocol.Receipt {
	salt := make(protocol.Bytes, 16)
	rand.Read(salt)
	return protocol.Receipt{
		V: protocol.Version, From: d.self.OrgID(), To: to, Referral: id, Seq: seq, Manifest: content,
		Level: level, At: d.now().UnixMilli(), Charter: d.self.Chain().Mark().Hash, Salt: salt,
	}
}
