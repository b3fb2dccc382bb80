package audit

import (
	"testing"

	"referworks/node/store"
	"referworks/protocol"
)

// FuzzEvent reads events from rows of any content: none may panic, and details that do not fit the leaf are refused.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(nil), []byte(nil), false)
	f.Add(make([]byte, 48), make([]byte, 16), true)
	f.Add(append(make([]byte, 48), `{"at":1,"kind":"sent","details":"eA=="}`...), []byte("0123456789abcdefdetails"), true)
	f.Fuzz(func(t *testing.T, kept, private []byte, of bool) {
		row := store.Row{Kept: kept, Private: private}
		if of {
			row.Case = store.CaseID{1}
		}
		e, err := parse(store.Entry{Seq: 1, Row: row})
		if err == nil && e.Leaf != leafOf(kept) {
			t.Fatal("the leaf is not that of the row")
		}
	})
}

// FuzzProof gives any hashes as a proof: only the right ones verify.
func FuzzProof(f *testing.F) {
	f.Add(uint64(1), uint64(2), make([]byte, 32))
	f.Add(uint64(0), uint64(0), []byte(nil))
	f.Add(uint64(5), uint64(1)<<63, make([]byte, 320))
	f.Fuzz(func(t *testing.T, seq, size uint64, b []byte) {
		var leaf, root protocol.Hash
		leaf[0], root[0] = 1, 2
		var proof []protocol.Hash
		for ; len(b) >= 32; b = b[32:] {
			proof = append(proof, protocol.Hash(b[:32]))
		}
		if Verify(leaf, seq, size, root, proof) == nil || VerifyGrowth(seq, leaf, size, root, proof) == nil && seq != size {
			t.Fatal("verifies")
		}
	})
}
