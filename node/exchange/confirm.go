package exchange

import (
	"context"
	"errors"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Later receipts (delivered, delivered-blind, read) of all threads with a partner travel together in envelopes of their
// own: in the place of a message's token a canonical list of ReceiptProofs, and as the body a canonical list of [salt,
// note], one for each, where the note is a canonical Note that the receipt's note commits to by NoteHash. An empty pair
// is a receipt without a note, or one whose note was erased at its author. The envelope's own salt is zeros.
type (
	laterProofs []protocol.ReceiptProof
	laterNotes  [][2]protocol.Bytes
)

// Limits of an envelope with later receipts.
const (
	maxTogether      = 64
	maxTogetherBytes = 256 << 10 // of notes; one note may be larger
)

// confirmAll brings later receipts to the partner: one envelope at a time, and what comes meanwhile goes into the next.
func (d *Desk) confirmAll(ctx context.Context, to protocol.OrgID, steps []*step) {
	if err := d.loadLater(steps); err != nil {
		for _, s := range steps {
			d.shelve(s, err)
		}
		d.end(to, len(steps))
		return
	}
	d.mu.Lock()
	t := d.dest(to)
	t.confirm = append(t.confirm, steps...)
	lead := !t.confirming
	t.confirming = true
	d.mu.Unlock()
	for lead {
		d.mu.Lock()
		n := together(t.confirm)
		batch := t.confirm[:n:n]
		t.confirm = t.confirm[n:]
		lead = n > 0
		t.confirming = lead
		d.mu.Unlock()
		if lead {
			d.confirm(ctx, batch)
			d.end(to, n)
		}
	}
}

// together is how many steps one envelope takes.
func together(steps []*step) int {
	size := 0
	for i, s := range steps {
		size += len(s.note.note)
		if i == maxTogether || i > 0 && size > maxTogetherBytes {
			return i
		}
	}
	return len(steps)
}

// loadLater reads the oldest later receipt of each lane with its note. One whose note was erased goes without.
func (d *Desk) loadLater(steps []*step) error {
	return d.org.View(func(tx *store.Tx) error {
		for _, s := range steps {
			l := s.thread.Later[0]
			row, err := tx.Get(receiptKey(s.to, s.thread.Referral, ours, l.Seq, l.Level))
			if err == nil {
				s.proof, s.note, err = readReceipt(row)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// confirm delivers the oldest later receipt of each lane. It is tried until a plain ok and never receipted.
func (d *Desk) confirm(ctx context.Context, steps []*step) {
	each := func(do func(*step)) {
		for _, s := range steps {
			do(s)
		}
	}
	pair, ok := d.book.Current(steps[0].to)
	if !ok || pair.MayAnswer() != nil { // blocked: nobody is told anything any more
		each(func(s *step) {
			d.settle(s.claim, func(t *thread, _ *private) string { t.Later = nil; return "" })
		})
		return
	}
	proofs, plain, err := d.laterPlain(steps)
	if err != nil {
		each(func(s *step) { d.again(s, err) })
		return
	}
	steps[0].pair = pair
	answer, err := d.hand(ctx, steps[0], plain)
	switch {
	case errors.Is(err, errChanged):
		each(func(s *step) { d.org.Release(s.claim.Token) })
	case err != nil:
		each(func(s *step) { d.again(s, err) })
	case answer.Code != "":
		each(func(s *step) { d.again(s, &protocol.Error{Code: answer.Code}) })
	default:
		d.reached(pair.ID())
		for i, s := range steps {
			d.taken(s, &proofs[i])
		}
	}
}

// laterPlain gathers the oldest later receipt of each step. Those that were signed under an older charter of ours are
// signed again.
func (d *Desk) laterPlain(steps []*step) (proofs laterProofs, plain crypto.Plain, err error) {
	head := d.self.Chain().Mark().Hash
	notes := make(laterNotes, len(steps))
	var old []protocol.Receipt
	var at []int
	for i, s := range steps {
		proofs = append(proofs, s.proof)
		if r := s.proof.Receipt; r.Charter != head {
			r.Charter = head
			old, at = append(old, r), append(at, i)
		}
		if len(s.note.note) > 0 {
			notes[i] = [2]protocol.Bytes{s.note.salt, s.note.note}
		}
	}
	if len(old) > 0 {
		again, err := crypto.SignReceipts(d.self.Signer(), old)
		if err != nil {
			return nil, plain, err
		}
		for i, p := range again {
			proofs[at[i]] = p
		}
	}
	plain.Salt = make([]byte, crypto.SaltSize)
	if plain.Token, err = crypto.Marshal(proofs); err == nil {
		plain.Body, err = crypto.Marshal(notes)
	}
	return proofs, plain, err
}

// taken settles a later receipt that the partner has.
func (d *Desk) taken(s *step, proof *protocol.ReceiptProof) {
	d.settle(s.claim, func(t *thread, _ *private) string {
		r := &proof.Receipt
		if len(t.Later) == 0 || t.Later[0] != (pending{r.Seq, r.Level}) {
			return ""
		}
		t.Later = t.Later[1:]
		if r.Charter != s.proof.Receipt.Charter { // signed again: what they have is what we keep
			t.keepReceipt(ours, proof, &s.note)
		}
		return ""
	})
}

// taking is a later receipt that was verified, on its way into its thread.
type taking struct {
	proof  protocol.ReceiptProof
	note   protocol.Note
	sealed sealedNote
	event  string
}

// takeReceipts takes later receipts for messages of ours. The answer is a plain ok once all are on our disk. One that is
// about no message here is not an error: after a restore the pull brings message and receipts.
func (d *Desk) takeReceipts(ctx context.Context, peer protocol.PeerID, pair *partner.Pair, plain crypto.Plain) protocol.Answer {
	all, code := d.readReceipts(peer, pair, plain)
	if code != "" {
		return failed(code)
	}
	err := d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
		if now, err := d.book.Pair(tx, pair.ID()); err != nil || now.MayAnswer() != nil {
			return &protocol.Error{Code: protocol.CodeRefused, Cause: err}
		}
		for i := range all {
			if err := d.confirmed(tx, &all[i]); err != nil && !errors.Is(err, ErrNone) {
				return err
			}
		}
		return nil
	})
	var e *protocol.Error
	switch {
	case err == nil:
		return protocol.Answer{V: protocol.Version}
	case errors.As(err, &e):
		return failed(e.Code)
	}
	d.log.Error("could not store receipts", "partner", string(pair.ID()), "error", err)
	return failed(protocol.CodeStorage)
}

// readReceipts verifies: nothing but refused is answered before the first signature was.
func (d *Desk) readReceipts(peer protocol.PeerID, pair *partner.Pair, plain crypto.Plain) ([]taking, protocol.Code) {
	var proofs laterProofs
	var notes laterNotes
	if crypto.Unmarshal(plain.Token, &proofs) != nil || len(proofs) == 0 || len(proofs) > maxTogether || !pair.Chain().HasPeer(peer) {
		return nil, protocol.CodeRefused
	}
	for i := range proofs {
		if d.verifier.Verify(&proofs[i], pair.Chain()) != nil || proofs[i].Receipt.To != d.self.OrgID() {
			return nil, protocol.CodeRefused
		}
	}
	if crypto.Unmarshal(plain.Body, &notes) != nil || len(notes) != len(proofs) {
		return nil, protocol.CodeSchema
	}
	all := make([]taking, len(proofs))
	for i, p := range proofs {
		all[i] = taking{proof: p, event: laterEvents[p.Receipt.Level]}
		salt, note := notes[i][0], notes[i][1]
		if all[i].event == "" {
			return nil, protocol.CodeSchema
		}
		if len(note) > 0 && (len(salt) != crypto.SaltSize || crypto.NoteHash(salt, note) != p.Receipt.Note || crypto.Unmarshal(note, &all[i].note) != nil) {
			return nil, protocol.CodeSchema
		}
		all[i].sealed = sealedNote{salt, note}
	}
	return all, ""
}

var laterEvents = map[protocol.Level]string{protocol.Delivered: EventDelivered, protocol.DeliveredBlind: EventBlind, protocol.Read: EventRead}

// confirmed writes a later receipt into the thread that it is about; ErrNone when there is no such message.
func (d *Desk) confirmed(tx *store.Tx, in *taking) error {
	r := &in.proof.Receipt
	var wrong error
	err := d.alter(tx, laneOf(r.From, r.Referral), nil, "partner", func(t *thread, p *private) string {
		if wrong = isOurs(tx, t, r); wrong != nil {
			return ""
		}
		var known bool
		if known, wrong = tx.Has(receiptKey(t.Partner, t.Referral, theirs, r.Seq, r.Level)); known || wrong != nil {
			return ""
		}
		t.keepReceipt(theirs, &in.proof, &in.sealed)
		if t.Sending == r.Seq { // whose first receipt was lost
			t.pass()
		}
		if in.note.Reference != "" {
			p.Reference = in.note.Reference
		}
		// The partner's word is stronger than what we concluded from its silence.
		reg := t.of(ours, r.Seq)
		if state := protocol.TransportOf(r.Level); !state.After(reg.State) && state != reg.State && (r.Seq == 1 || r.Seq == t.OurSeq) {
			reg.become(state, "", in.note.Sentence, d.now())
		}
		return in.event
	})
	return errors.Join(wrong, err)
}

// isOurs holds a receipt against the message that it is about.
func isOurs(tx *store.Tx, t *thread, r *protocol.Receipt) error {
	if r.Seq == t.OurSeq {
		if r.Manifest != t.OurHead {
			return ErrNone
		}
		return nil
	}
	m, _, err := readMessage(tx, messageKey(r.From, r.Referral, ours, r.Seq))
	if errors.Is(err, store.ErrNotFound) || err == nil && m.content != r.Manifest {
		return ErrNone
	}
	return err
}
