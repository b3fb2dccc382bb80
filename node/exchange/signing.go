package exchange

import (
	"crypto/rand"
	"sync"

	"referworks/crypto"
	"referworks/protocol"
)

// signing groups receipts: whoever comes while a signature is being made waits for the next one, which then covers all
// that wait for the same partner. One signature serves a group.
type signing struct {
	mu      sync.Mutex
	waiting map[protocol.OrgID][]*receiptWait
	busy    map[protocol.OrgID]bool
}

type receiptWait struct {
	receipt protocol.Receipt
	proof   protocol.ReceiptProof
	err     error
	done    chan struct{}
}

// maxGroup is how many receipts one signature covers at most.
const maxGroup = 256

// sign makes a signed receipt on an arrival.
func (d *Desk) sign(a *arrival, level protocol.Level, why *protocol.Error, note protocol.Hash) (protocol.ReceiptProof, error) {
	m := a.manifest
	r := d.receipt(m.From, m.Referral, m.Seq, a.content, level, note)
	if why != nil {
		r.Code = why.Code
		if !why.RetryAt.IsZero() {
			r.RetryAt = why.RetryAt.UnixMilli()
		}
	}
	return d.signReceipt(r)
}

func (d *Desk) receipt(to protocol.OrgID, id protocol.ReferralID, seq int64, manifest protocol.Hash, level protocol.Level, note protocol.Hash) protocol.Receipt {
	salt := make(protocol.Bytes, 16)
	rand.Read(salt)
	return protocol.Receipt{
		V: protocol.Version, From: d.Self.OrgID(), To: to, Referral: id, Seq: seq, Manifest: manifest,
		Level: level, At: d.Now().UnixMilli(), Charter: d.Self.Chain().Mark().Hash, Note: note, Salt: salt,
	}
}

// signReceipt signs a receipt together with all others that wait for the same partner.
func (d *Desk) signReceipt(r protocol.Receipt) (protocol.ReceiptProof, error) {
	s, w := &d.signing, &receiptWait{receipt: r, done: make(chan struct{})}
	s.mu.Lock()
	if s.waiting == nil {
		s.waiting, s.busy = map[protocol.OrgID][]*receiptWait{}, map[protocol.OrgID]bool{}
	}
	s.waiting[r.To] = append(s.waiting[r.To], w)
	lead := !s.busy[r.To]
	s.busy[r.To] = true
	s.mu.Unlock()
	if lead {
		d.signAll(r.To)
	}
	<-w.done
	return w.proof, w.err
}

// signAll signs group after group until nobody waits.
func (d *Desk) signAll(to protocol.OrgID) {
	s := &d.signing
	for {
		s.mu.Lock()
		group := s.waiting[to]
		if len(group) == 0 {
			delete(s.waiting, to)
			delete(s.busy, to)
			s.mu.Unlock()
			return
		}
		rest := group[min(len(group), maxGroup):]
		group = group[:len(group)-len(rest)]
		s.waiting[to] = rest
		s.mu.Unlock()
		receipts := make([]protocol.Receipt, len(group))
		for i, w := range group {
			receipts[i] = w.receipt
		}
		proofs, err := crypto.SignReceipts(d.Self.Signer(), receipts)
		for i, w := range group {
			if w.err = err; err == nil {
				w.proof = proofs[i]
			}
			close(w.done)
		}
	}
}
