package exchange

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// Receipts stand in rows of their own, each written once: theirs for our messages, and ours of later levels for theirs.
// (The first receipt that we gave stands in the row of the message that it is for.) Beside a receipt, under the case,
// is what travelled sealed with it.

// sealedNote is what travels sealed beside a later receipt.
type sealedNote struct {
	salt []byte
	note []byte // canonical
}

func (n *sealedNote) fields(c *coder) {
	octets(c, &n.salt)
	octets(c, &n.note)
}

// receiptKey names a receipt: by whom, for which message of the other side, and how far it got.
func receiptKey(p protocol.OrgID, id protocol.ReferralID, by author, seq int64, level protocol.Level) store.Key {
	return receiptsOf(p, id).Text(string(by)).Number(uint64(seq)).Text(string(level))
}

func receiptsOf(p protocol.OrgID, id protocol.ReferralID) store.Key {
	return store.K("receipt", string(p), string(id))
}

// keepReceipt writes a receipt with the thread. note may be nil; after an erasure it is not kept.
func (t *thread) keepReceipt(by author, p *protocol.ReceiptProof, note *sealedNote) {
	row := store.Row{Kept: packProof(p), Case: t.held}
	if note != nil && len(note.note) > 0 && !t.erased {
		row.Private = encode(proofForm, 64+len(note.note), note.fields)
	}
	t.also = append(t.also, also{receiptKey(t.Partner, t.Referral, by, p.Receipt.Seq, p.Receipt.Level), row})
}

// readReceipt opens a row of keepReceipt; the note is empty when there was none, or when the case was erased.
func readReceipt(r store.Row) (p protocol.ReceiptProof, n sealedNote, err error) {
	p, err = unpackProof(r.Kept)
	if err == nil && len(r.Private) > 0 {
		err = decode(r.Private, proofForm, n.fields)
	}
	if err != nil {
		err = fmt.Errorf("read receipt: %w", err)
	}
	return p, n, err
}

// keptReceipt is a receipt as it stands here, with what travelled sealed beside it, if that is still readable.
type keptReceipt struct {
	proof protocol.ReceiptProof
	note  protocol.Note
}

// receipts gives all receipts of a thread but the first ones that we gave, theirs and ours in the order of time.
func receipts(tx *store.Tx, t *thread) (all []keptReceipt, err error) {
	for it, err := range tx.Scan(receiptsOf(t.Partner, t.Referral), store.Key{}) {
		if err != nil {
			return nil, err
		}
		p, n, err := readReceipt(it.Row)
		if err != nil {
			return nil, err
		}
		k := keptReceipt{proof: p}
		if len(n.note) > 0 {
			if err := crypto.Unmarshal(n.note, &k.note); err != nil {
				return nil, errors.Join(errRow, err)
			}
		}
		all = append(all, k)
	}
	slices.SortStableFunc(all, func(a, b keptReceipt) int {
		x, y := &a.proof.Receipt, &b.proof.Receipt
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.Seq, y.Seq), cmp.Compare(rank[x.Level], rank[y.Level]))
	})
	return all, nil
}

// rank is the order in which one message's receipts come to be.
var rank = map[protocol.Level]int{protocol.Refused: 0, protocol.Received: 0, protocol.Delivered: 1, protocol.DeliveredBlind: 1, protocol.Read: 2}
