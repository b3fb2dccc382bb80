package crypto_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39/wordlists"
	"pgregory.net/rapid"

	"referworks/crypto"
	"referworks/protocol"
)

func newInvitation(o *org) *protocol.Invitation {
	return &protocol.Invitation{
		V: 1, Inviter: o.chain.Org(), Name: "Maple Street Legal Aid", Head: o.chain.Mark().Hash, Peer: o.peer,
		Addresses: []string{"/ip4/127.0.0.1/tcp/4001"}, Secret: crypto.NewSecret(), Words: protocol.WordList, Expires: now,
	}
}

func TestWordListIsFrozen(t *testing.T) {
	// The SHA-256 of BIP 39's english.txt.
	const want = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
	if got := sha256.Sum256([]byte(strings.Join(wordlists.English, "\n") + "\n")); hex.EncodeToString(got[:]) != want {
		t.Errorf("the word list has %d words and the hash %x", len(wordlists.English), got)
	}
}

func TestInvitationText(t *testing.T) {
	i := newInvitation(newOrg(t))
	text, err := crypto.EncodeInvitation(i)
	if err != nil || !strings.HasPrefix(text, "rwinvite1.") || strings.ContainsAny(text, " \n=+/") {
		t.Fatal(text, err)
	}
	for name, s := range map[string]string{"as it is": text, "with spaces": "  " + text + "\r\n", "wrapped": text[:30] + "\n" + text[30:90] + "\r\n" + text[90:]} {
		got, err := crypto.DecodeInvitation(s)
		if err != nil || got.Inviter != i.Inviter || !bytes.Equal(got.Secret, i.Secret) {
			t.Errorf("%s: %v", name, err)
		}
		again, err := crypto.EncodeInvitation(got)
		if err != nil || again != text {
			t.Errorf("%s: encoded again as %s, %v", name, again, err)
		}
	}
	raw, _ := b64.DecodeString(strings.TrimPrefix(text, "rwinvite1."))
	recoded := func(s string) string { return "rwinvite1." + b64.EncodeToString([]byte(s)) }
	spoil := func(f func(*protocol.Invitation)) string {
		j := *i
		f(&j)
		b, err := crypto.Marshal(&j)
		if err != nil {
			t.Fatal(err)
		}
		return recoded(string(b))
	}
	for name, s := range map[string]string{
		"empty": "", "prefix": "rwinvite1.", "other prefix": strings.Replace(text, "rwinvite1", "rwinvite2", 1), "case of the prefix": "RW" + text[2:],
		"cut": text[:len(text)-5], "padding": text + "=", "letter lost": text[:50] + text[51:], "text after": text + ".x",
		"not canonical": recoded(" " + string(raw)), "member twice": recoded(strings.Replace(string(raw), `{`, `{"v":1,`, 1)), "more members": recoded(strings.Replace(string(raw), `{`, `{"a":1,`, 1)),
		"short secret":     spoil(func(j *protocol.Invitation) { j.Secret = j.Secret[:31] }),
		"other word list":  spoil(func(j *protocol.Invitation) { j.Words = "other" }),
		"no address":       spoil(func(j *protocol.Invitation) { j.Addresses = nil }),
		"name turned over": spoil(func(j *protocol.Invitation) { j.Name = "a\u202eb" }),
		"mistyped id":      spoil(func(j *protocol.Invitation) { j.Inviter = protocol.OrgID("rw1" + strings.Repeat("a", 56)) }),
		"too long":         text + strings.Repeat(" ", 1<<20),
	} {
		if got, err := crypto.DecodeInvitation(s); !errors.Is(err, crypto.ErrForm) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := *i
	for range protocol.MaxAddresses {
		long.Addresses = append(long.Addresses[:min(len(long.Addresses), protocol.MaxAddresses-1)], strings.Repeat("x", 1000))
	}
	if _, err := crypto.EncodeInvitation(&long); err == nil {
		t.Error("an invitation was written that nobody can read")
	}
}

// Both sides of a pairing, from what each knows.
func newPairing(t testing.TB) crypto.Pairing {
	t.Helper()
	inviter, invitee := newOrg(t), newOrg(t)
	i, err := crypto.HashOf(newInvitation(inviter))
	if err != nil {
		t.Fatal(err)
	}
	p := crypto.Pairing{
		Invitation: i, NonceInvitee: crypto.NewNonce(), NonceInviter: crypto.NewNonce(),
		HeadInvitee: invitee.chain.Mark().Hash, HeadInviter: inviter.chain.Mark().Hash, PeerInvitee: invitee.peer, PeerInviter: inviter.peer,
	}
	p.Commit = crypto.Commit(i, p.NonceInvitee, p.HeadInvitee, p.PeerInvitee)
	return p
}

func TestPairingBindsEverything(t *testing.T) {
	p := newPairing(t)
	if !p.Opens() {
		t.Fatal("the commit does not open")
	}
	words := crypto.Words(p.Transcript())
	other := newPairing(t)
	for name, change := range map[string]struct {
		f     func(*crypto.Pairing)
		opens bool
	}{
		"invitation":    {func(q *crypto.Pairing) { q.Invitation = other.Invitation }, false},
		"commit":        {func(q *crypto.Pairing) { q.Commit = other.Commit }, false},
		"invitee nonce": {func(q *crypto.Pairing) { q.NonceInvitee = other.NonceInvitee }, false},
		"inviter nonce": {func(q *crypto.Pairing) { q.NonceInviter = other.NonceInviter }, true},
		"invitee head":  {func(q *crypto.Pairing) { q.HeadInvitee = other.HeadInvitee }, false},
		"inviter head":  {func(q *crypto.Pairing) { q.HeadInviter = other.HeadInviter }, true},
		"invitee peer":  {func(q *crypto.Pairing) { q.PeerInvitee = other.PeerInvitee }, false},
		"inviter peer":  {func(q *crypto.Pairing) { q.PeerInviter = other.PeerInviter }, true},
		"sides":         {func(q *crypto.Pairing) { q.HeadInvitee, q.HeadInviter = q.HeadInviter, q.HeadInvitee }, false},
		"short nonce":   {func(q *crypto.Pairing) { q.NonceInvitee = q.NonceInvitee[:31] }, false},
	} {
		q := p
		change.f(&q)
		if q.Transcript() == p.Transcript() || crypto.Words(q.Transcript()) == words {
			t.Errorf("%s: the words stay the same", name)
		}
		if q.Opens() != change.opens {
			t.Errorf("%s: opens: %v", name, q.Opens())
		}
	}
}

func TestWordsAreTheFirst44Bits(t *testing.T) {
	index := map[string]uint64{}
	for i, w := range wordlists.English {
		index[w] = uint64(i)
	}
	rapid.Check(t, func(t *rapid.T) {
		var h protocol.Hash
		copy(h[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "transcript"))
		got := uint64(0)
		for _, w := range crypto.Words(h) {
			got = got<<11 | index[w]
		}
		if want := binary.BigEndian.Uint64(h[:]) >> 20; got != want {
			t.Fatalf("%011x, want %011x", got, want)
		}
	})
}

func TestDerivedKeys(t *testing.T) {
	s := bytes.Repeat([]byte{5}, 32)
	keys := [][]byte{crypto.InvitationKey(s), crypto.DoorKey(s, "rw1a"), crypto.DoorKey(s, "rw1b"), crypto.InvitationKey(bytes.Repeat([]byte{6}, 32)), s}
	for i, k := range keys {
		if len(k) != 32 {
			t.Errorf("key %d has %d bytes", i, len(k))
		}
		for j := range i {
			if bytes.Equal(k, keys[j]) {
				t.Errorf("keys %d and %d are the same", i, j)
			}
		}
	}
	if !bytes.Equal(crypto.DoorKey(s, "rw1a"), keys[1]) {
		t.Error("a door's key changes")
	}
}

func FuzzInvitation(f *testing.F) {
	f.Add(string(readVector(f, "invitation").Good[0].Bytes))
	f.Add("rwinvite1.e30")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := crypto.DecodeInvitation(s)
		if err != nil {
			return
		}
		again, err := crypto.EncodeInvitation(i)
		if err != nil || again != strings.Join(strings.Fields(s), "") {
			t.Fatalf("%q was read, %q is written: %v", s, again, err)
		}
	})
}
