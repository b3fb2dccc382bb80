package store

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"slices"
	"testing"
)

// The parsers of what lies on the disk: none may panic, and each accepts exactly what its writer writes.

func FuzzKey(f *testing.F) {
	f.Add("")
	f.Add(K("a", "b\x00c").Number(7).path)
	f.Add("\x02a\x00")
	f.Add("\x03\x00")
	f.Fuzz(func(t *testing.T, s string) {
		parts, err := splitKey(s)
		if err != nil {
			return
		}
		var again Key
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				again = again.Text(p)
			case uint64:
				again = again.Number(p)
			}
		}
		if again.path != s {
			t.Fatalf("%q reads as %q, which is written %q", s, parts, again.path)
		}
	})
}

func FuzzKeyOrder(f *testing.F) {
	f.Add("a", "a\x00")
	f.Add("", "\x00")
	f.Add("a\x00", "a\x01")
	f.Fuzz(func(t *testing.T, a, b string) {
		ka, kb := K("x", a), K("x", b)
		if (a < b) != (ka.path < kb.path) || (a == b) != (ka == kb) {
			t.Fatalf("%q and %q sort otherwise as keys", a, b)
		}
		if a != b && len(kb.path) >= len(ka.path) && kb.path[:len(ka.path)] == ka.path {
			t.Fatalf("the key of %q is a prefix of that of %q", a, b)
		}
		if kb.Number(1).path < kb.path || ka.path < kb.path != (ka.Number(9).path < kb.Number(1).path) && a != b {
			t.Fatalf("what follows %q and %q does not lie beside it", a, b)
		}
	})
}

func FuzzRecord(f *testing.F) {
	store := [16]byte{1}
	good := encodeRecord(nil, store, 7, []op{{"key", []byte("value")}, {"gone", nil}, {batchKey, batchRow{n: 7}.encode()}})
	f.Add(good)
	f.Add(good[:30])
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		// What is broken is no record; with the checksum mended the contents must still be safe to read.
		decodeRecord(store, b)
		if len(b) >= recordHead {
			b = slices.Clone(b)
			copy(b, recordMagic)
			binary.BigEndian.PutUint32(b[8:], uint32(len(b)-recordHead))
			binary.BigEndian.PutUint32(b[4:], recordCRC(store, b[8:]))
			if n, ops, _, ok := decodeRecord(store, b); ok {
				again := encodeRecord(nil, store, n, ops)
				if _, ops2, _, ok := decodeRecord(store, again); !ok || len(ops) != len(ops2) {
					t.Fatal("a record that was read cannot be written again")
				}
			}
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add(checkpoint{3, batchRow{n: 5}, 2}.encode([16]byte{1}))
	f.Add([]byte(checkpointMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok := decodeCheckpoint([16]byte{1}, b); ok && !bytes.Equal(m.encode([16]byte{1}), b[:checkpointSize]) {
			t.Fatal("a checkpoint that was read is written otherwise")
		}
	})
}

func FuzzRow(f *testing.F) {
	kept, private := (&symmetricKey{1}).aead(), (&symmetricKey{2}).aead()
	row := &Row{Kept: []byte("kept"), Case: CaseID{3}, Private: []byte("private")}
	good := sealRow("rw1a", "key", row, dueRow{5, "queue"}, kept, private)
	f.Add(good)
	f.Add(good[:bodyAt])
	f.Add(wrapKey("rw1a", "key", &symmetricKey{4}, &symmetricKey{5}, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range []cipher.AEAD{nil, private} {
			r, err := openRow("rw1a", "key", b, kept, p)
			if err == nil && (string(r.Kept) != "kept" || r.Case != row.Case || p != nil && string(r.Private) != "private") {
				t.Fatal("an altered row opens")
			}
		}
		if _, err := wrappedVersion(b); err == nil {
			unwrapKey("rw1a", "key", b, &symmetricKey{5})
		}
		decodeBatchRow(b)
	})
}

func FuzzKeyFile(f *testing.F) {
	seal := func() *sealer {
		s, err := newSealer(KeySealing{Passphrase: []byte("p")})
		if err != nil {
			f.Fatal(err)
		}
		s.argonM = 8
		return s
	}
	good := seal().seal([]byte(`{"version":1}`))
	f.Add(good)
	f.Add(good[:keyFileHead])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > keyFileHead && (binary.BigEndian.Uint32(b[5:]) > 4 || binary.BigEndian.Uint32(b[9:]) > 1024) {
			return // only slow
		}
		if plain, err := seal().open(b); err == nil && string(plain) != `{"version":1}` {
			t.Fatalf("an altered key file opens with %d bytes", len(plain))
		}
	})
}

// TestSealedRows moves and alters sealed values: only the row itself opens, under its own organization and key.
func TestSealedRows(t *testing.T) {
	kept, private := (&symmetricKey{1}).aead(), (&symmetricKey{2}).aead()
	row := &Row{Kept: []byte("kept part"), Case: CaseID{3}, Private: []byte("private part")}
	good := sealRow("rw1a", "key", row, dueRow{5, "queue"}, kept, private)
	if r, err := openRow("rw1a", "key", good, kept, private); err != nil || string(r.Kept) != "kept part" || string(r.Private) != "private part" {
		t.Fatal(r, err)
	}
	if _, err := openRow("rw1b", "key", good, kept, private); err == nil {
		t.Error("opens for another organization")
	}
	if _, err := openRow("rw1a", "other", good, kept, private); err == nil {
		t.Error("opens under another key")
	}
	for i := range len(good) * 8 {
		b := slices.Clone(good)
		b[i/8] ^= 1 << (i % 8)
		if _, err := openRow("rw1a", "key", b, kept, private); err == nil {
			t.Fatalf("opens with bit %d turned", i)
		}
	}
	// The parts of two rows of one case cannot be swapped.
	other := sealRow("rw1a", "other", &Row{Kept: []byte("kept part"), Case: CaseID{3}, Private: []byte("other person")}, dueRow{}, kept, private)
	mixed := slices.Clone(good)
	copy(mixed[len(mixed)-12:], other[len(other)-12:])
	copy(mixed[tagsAt+tagSize:], other[tagsAt+tagSize:lengthAt])
	if _, err := openRow("rw1a", "key", mixed, kept, private); err == nil {
		t.Error("opens with the private part of another row")
	}
	key := wrapKey("rw1a", "key", &symmetricKey{4}, &symmetricKey{5}, 1)
	for i := range len(key) * 8 {
		b := slices.Clone(key)
		b[i/8] ^= 1 << (i % 8)
		if _, err := wrappedVersion(b); err != nil {
			continue
		}
		if _, err := unwrapKey("rw1a", "key", b, &symmetricKey{5}); err == nil {
			t.Fatalf("a key row opens with bit %d turned", i)
		}
	}
}
