package exchange_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"referworks/crypto"
	"referworks/node/exchange"
	"referworks/protocol"
)

// FuzzPlain puts anything where a partner in standing puts a token, a salt and a body. Nothing of it may be taken that
// is not signed, and nothing but refused is answered.
func FuzzPlain(f *testing.F) {
	w := world(f, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	a.net.set(cut)
	out := outgoing(b)
	sent, err := a.Send(ctx, out)
	must(f, err)
	until(f, "a frame", func() bool { return a.show(sent.Parts[0].Referral).Attempts > 0 })
	sealed := a.net.last()
	head, err := crypto.ReadHeader(sealed)
	must(f, err)
	good, err := crypto.Open(sealed, b.Decryption(head.Kid))
	must(f, err)
	proofs, err := crypto.SignReceipts(a.Signer(), []protocol.Receipt{{
		V: 1, From: a.OrgID(), To: b.OrgID(), Referral: sent.Parts[0].Referral, Seq: 1, Manifest: protocol.Hash{1},
		Level: protocol.Delivered, At: 1, Charter: a.Chain().Mark().Hash, Salt: make(protocol.Bytes, 16),
	}})
	must(f, err)
	list, err := crypto.Marshal(proofs)
	must(f, err)
	f.Add(good.Token[:len(good.Token)-1], good.Salt, good.Body)
	f.Add(list, good.Salt, []byte(`[["",""]]`))
	f.Add(list, good.Salt, []byte(`[]`))
	f.Add([]byte(`[]`), good.Salt, []byte(`[]`))
	f.Add([]byte(`[{}]`), good.Salt, []byte(`[["AA","AA"]]`))
	f.Fuzz(func(t *testing.T, token, salt, body []byte) {
		if len(salt) != crypto.SaltSize || len(token)+len(body) > 1<<16 || bytes.Equal(token, good.Token) {
			return
		}
		frame, err := crypto.Seal(protocol.EnvelopeHeader{V: 1, From: a.OrgID(), To: b.OrgID(), Charter: a.Chain().Mark().Hash}, b.key(), crypto.Plain{Token: token, Salt: salt, Body: body})
		must(t, err)
		answer := b.Receive(ctx, a.Peer(), frame)
		_, err = b.Thread(sent.Parts[0].Referral)
		if !isRefused(answer) && !bytes.Equal(token, list) || answer.Receipt != nil || !errors.Is(err, exchange.ErrNone) {
			t.Errorf("it was answered %+v, and what is there is %v", answer, err)
		}
	})
}

// FuzzRow reads what stands in a row: a damaged one is an error, never a panic, and what is read is written back alike.
func FuzzRow(f *testing.F) {
	proof := protocol.ReceiptProof{Path: []protocol.Hash{{1}, {2}}, JWS: "a.b.c", Index: 1, Receipt: protocol.Receipt{
		V: 1, From: "rw1a", To: "rw1b", Referral: "urn:uuid:x", Seq: 1, Manifest: protocol.Hash{1}, Level: protocol.Delivered,
		At: 1, Charter: protocol.Hash{1}, Note: protocol.Hash{2}, Salt: make(protocol.Bytes, 16),
	}}
	row := exchange.PackProof(&proof)
	if got, err := exchange.UnpackProof(row); err != nil || !reflect.DeepEqual(got, proof) {
		f.Fatalf("a receipt came back as %+v, %v", got, err)
	}
	f.Add(row)
	f.Add(row[:len(row)-1])
	f.Add(append(row[:len(row):len(row)], 0))
	f.Add([]byte{})
	f.Add([]byte{2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{2, 0, 2, 'a', 'b'})
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		if differ := exchange.Reread(b); len(differ) > 0 {
			t.Errorf("read and written again it is another %v", differ)
		}
	})
}
