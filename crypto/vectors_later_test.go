package crypto_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

// maxLater is how many later receipts one envelope holds (docs/protocol.md, 8.7).
const maxLater = 64

// later makes the vector of an envelope with later receipts. A bad example's text is the list of receipts, a line
// end, and the list of notes: what stands in the place of token and body.
func (m *maker) later() {
	mh, err := crypto.HashOf(m.manifest())
	m.check(err)
	note := protocol.Note{Reference: "R-17", Role: "intake"}
	text, err := crypto.Marshal(&note)
	m.check(err)
	salt := seed("later note salt")
	group := make([]protocol.Receipt, 3)
	for i, level := range []protocol.Level{protocol.Delivered, protocol.DeliveredBlind, protocol.Read} {
		group[i] = protocol.Receipt{
			V: 1, From: m.b.chain.Org(), To: m.a.chain.Org(), Referral: vectorReferral, Seq: int64(i + 1), Manifest: mh, Level: level, At: now + 9,
			Charter: m.b.chain.Mark().Hash, Salt: seed("later salt " + string(rune('0'+i)))[:16],
		}
	}
	group[0].Note, group[2].Note = crypto.NoteHash(salt, text), crypto.NoteHash(seed("gone"), text)
	proofs, err := crypto.SignReceipts(m.b.node, group)
	m.check(err)
	notes := [][2]protocol.Bytes{{salt, text}, {}, {}}
	body, err := crypto.Marshal(notes)
	m.check(err)
	list := m.example("a delivery with its note, a blind one without, and a reading whose note was erased", proofs)
	plain := crypto.Plain{Token: []byte(list.Canonical), Salt: make([]byte, crypto.SaltSize), Body: body}
	header := protocol.EnvelopeHeader{V: 1, From: m.b.chain.Org(), To: m.a.chain.Org(), Charter: m.b.chain.Mark().Hash}
	if _, err := os.Stat(filepath.Join(vectorFolder, "later.json")); err == nil {
		list.Bytes = readVector(m.t, "later").Good[0].Bytes // sealing is random: the frozen bytes are the vector
	} else if list.Bytes, err = crypto.Seal(header, m.a.decryption.Public(), plain); err != nil {
		m.t.Fatal(err)
	}
	list.Expect = map[string]any{"notes": string(body), "salt": protocol.Bytes(plain.Salt), "references": []string{"R-17", "", ""}}

	var wrong []bad
	spoil := func(name, why string, p any, n any) {
		wrong = append(wrong, bad{Name: name, Text: m.example("", p).Canonical + "\n" + m.example("", n).Canonical, Refusal: why})
	}
	spoil("no receipt", "form", []protocol.ReceiptProof{}, [][2]protocol.Bytes{})
	spoil("65 receipts", "form", slices.Repeat(proofs[1:2], maxLater+1), make([][2]protocol.Bytes, maxLater+1))
	spoil("fewer notes than receipts", "form", proofs, notes[:2])
	spoil("a note that the receipt does not name", "form", proofs, [][2]protocol.Bytes{{salt, []byte(`{"reference":"R-18"}`)}, {}, {}})
	spoil("a note under a receipt without one", "form", proofs, [][2]protocol.Bytes{{salt, text}, {salt, text}, {}})
	spoil("a salt of 31 bytes", "form", proofs, [][2]protocol.Bytes{{salt[:31], text}, {}, {}})
	other := slices.Clone(proofs)
	other[0].Receipt.Level = protocol.Read
	spoil("one of another level than was signed", "signature", other, notes)
	first := m.receipts()[:1]
	spoil("a first receipt", "form", first, notes[1:2])
	spoil("one receipt, not in a list", "form", &proofs[1], notes[1:2])
	m.all["later"] = &vector{
		About: "An envelope of later receipts, and the seed of the key that opens it: in the place of the token the canonical list of receipts, the salt all zeros, the body a canonical list of [salt, note].",
		Given: map[string]any{"chain": m.b.chain.Wire(), "decryptionSeed": protocol.Bytes(m.a.decryption.Seed())},
		Good:  []good{list}, Bad: wrong,
	}
}

func laterChecker(t *testing.T, v *vector) checker {
	chain := givenChain(t, v, "chain")
	key, err := crypto.DecryptionKeyFromSeed(given[protocol.Bytes](t, v, "decryptionSeed"), now)
	if err != nil {
		t.Fatal(err)
	}
	return checker{
		func(g good) error {
			plain, err := crypto.Open(g.Bytes, key)
			if err != nil {
				return err
			}
			if string(plain.Token) != g.Canonical || !bytes.Equal(plain.Salt, make([]byte, crypto.SaltSize)) {
				return crypto.ErrForm
			}
			references, err := readLater(plain.Token, plain.Body, chain)
			if err != nil {
				return err
			}
			return expect(g, map[string]any{"notes": string(plain.Body), "salt": protocol.Bytes(plain.Salt), "references": references})
		},
		func(b bad) error {
			list, notes, _ := strings.Cut(b.Text, "\n")
			_, err := readLater([]byte(list), []byte(notes), chain)
			return err
		},
	}
}

// readLater reads the two lists as docs/protocol.md says and gives the reference in each note.
func readLater(list, body []byte, chain *crypto.Chain) (references []string, err error) {
	var proofs []protocol.ReceiptProof
	var notes [][2]protocol.Bytes
	if err := crypto.Unmarshal(list, &proofs); err != nil {
		return nil, err
	}
	if err := crypto.Unmarshal(body, &notes); err != nil {
		return nil, err
	}
	if len(proofs) == 0 || len(proofs) > maxLater || len(notes) != len(proofs) {
		return nil, crypto.ErrForm
	}
	for i := range proofs {
		if err := crypto.VerifyReceipt(&proofs[i], chain); err != nil {
			return nil, err
		}
		if !slices.Contains([]protocol.Level{protocol.Delivered, protocol.DeliveredBlind, protocol.Read}, proofs[i].Receipt.Level) {
			return nil, crypto.ErrForm
		}
		salt, text := notes[i][0], notes[i][1]
		var note protocol.Note
		if len(text) > 0 {
			if len(salt) != crypto.SaltSize || crypto.NoteHash(salt, text) != proofs[i].Receipt.Note {
				return nil, crypto.ErrForm
			}
			if err := crypto.Unmarshal(text, &note); err != nil {
				return nil, err
			}
		}
		references = append(references, note.Reference)
	}
	return references, nil
}
