package crypto_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"referworks/crypto"
)

const passphrase = "ocean velvet garden lunar timber walnut copper saddle"

func sealRecovery(t testing.TB, r *crypto.Recovery) []byte {
	t.Helper()
	b, err := crypto.SealRecovery(r, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecoveryFiles(t *testing.T) {
	a := newOrg(t)
	root, next := a.identity.Recoveries(true)
	rootFile, nextFile := sealRecovery(t, root), sealRecovery(t, next)

	for file, want := range map[*[]byte]crypto.RecoveryKind{&rootFile: crypto.RootFile, &nextFile: crypto.NextFile} {
		kind, org, err := crypto.RecoveryLabel(*file)
		if err != nil || kind != want || org != a.chain.Org() {
			t.Errorf("label %s, %s, %v", kind, org, err)
		}
		for _, line := range []string{"# Referworks recovery file: " + string(want) + "\n", string(a.chain.Org()), "For: ", "somebody else runs"} {
			if !strings.Contains(string(*file), line) {
				t.Errorf("the %s file does not say %q", want, line)
			}
		}
		for _, secret := range [][]byte{a.identity.Root.Seed(), a.identity.Next.Seed(), a.identity.Door} {
			if strings.Contains(string(*file), b64.EncodeToString(secret)) || bytes.Contains(*file, secret) {
				t.Error("a secret stands in the clear")
			}
		}
	}

	// The root file signs charters and opens house files.
	r, err := crypto.OpenRecovery(rootFile, " "+strings.ToUpper(strings.ReplaceAll(passphrase, " ", "-"))+"\n")
	if err != nil {
		t.Fatal(err)
	}
	key, err := r.SigningKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := crypto.NextCharter(a.chain, key, nil); err != nil {
		t.Error(err)
	}
	if _, err := r.Renew(); err == nil {
		t.Error("the root file rotates")
	}
	if !bytes.Equal(crypto.DoorKey(r.Door, "rw1x"), crypto.DoorKey(a.identity.Door, "rw1x")) {
		t.Error("the door secret is another")
	}

	// The recovery file rotates and nothing else.
	n, err := crypto.OpenRecovery(nextFile, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.HouseKey(); err == nil {
		t.Error("the recovery file opens house files")
	}
	renewed, err := n.Renew()
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := crypto.Rotate(a.chain, renewed.Root, crypto.KeyID(renewed.Next.Public()), a.chain.Mark().Hash, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The fresh pair works on the new epoch.
	freshRoot, freshNext := renewed.Recoveries(false)
	if freshRoot.Org != a.chain.Org() || freshRoot.Epoch != 1 || freshNext.Epoch != 2 {
		t.Errorf("the fresh pair is of epochs %d and %d", freshRoot.Epoch, freshNext.Epoch)
	}
	key, _ = freshRoot.SigningKey()
	if _, err := crypto.NextCharter(rotated, key, nil); err != nil {
		t.Error(err)
	}
	if bytes.Contains(sealRecovery(t, freshRoot), []byte("somebody else runs")) {
		t.Error("a file made at home says that it was not")
	}
}

func TestRecoveryFileErrors(t *testing.T) {
	a := newOrg(t)
	root, next := a.identity.Recoveries(false)
	file, other := sealRecovery(t, root), sealRecovery(t, next)
	begin := bytes.Index(file, []byte("-----BEGIN"))
	middle := (begin + len(file)) / 2
	flip := func(at int) []byte {
		b := bytes.Clone(file)
		b[at] ^= 1
		return b
	}
	otherBegin := bytes.Index(other, []byte("-----BEGIN"))
	for name, c := range map[string]struct {
		file, words string
		want        error
	}{
		"wrong passphrase":       {string(file), strings.Replace(passphrase, "ocean", "onion", 1), crypto.ErrPassphrase},
		"no passphrase":          {string(file), "", crypto.ErrPassphrase},
		"half a passphrase":      {string(file), passphrase[:20], crypto.ErrPassphrase},
		"bit in the middle":      {string(flip(middle)), passphrase, crypto.ErrDamaged},
		"bit near the start":     {string(flip(begin + 60)), passphrase, crypto.ErrDamaged},
		"cut":                    {string(file[:len(file)-200]), passphrase, crypto.ErrDamaged},
		"cut at the top":         {string(file[begin:]), passphrase, crypto.ErrDamaged},
		"only the top":           {string(file[:begin]), passphrase, crypto.ErrDamaged},
		"empty":                  {"", passphrase, crypto.ErrDamaged},
		"another file's inside":  {string(file[:begin]) + string(other[otherBegin:]), passphrase, crypto.ErrDamaged},
		"another kind on top":    {strings.Replace(string(file), "file: root", "file: recovery", 1), passphrase, crypto.ErrDamaged},
		"another organization's": {strings.Replace(string(file), string(a.chain.Org()), string(newOrg(t).chain.Org()), 1), passphrase, crypto.ErrDamaged},
		"too large":              {string(file) + strings.Repeat("x", 1<<20), passphrase, crypto.ErrDamaged},
	} {
		if _, err := crypto.OpenRecovery([]byte(c.file), c.words); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	// What happens to a file in the hands of people and programs does not matter.
	for name, text := range map[string]string{
		"CRLF":    strings.ReplaceAll(string(file), "\n", "\r\n"),
		"printed": "A title\n\n" + string(file) + "\n\n",
	} {
		if _, err := crypto.OpenRecovery([]byte(text), passphrase); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	root.Key = root.Key[:31]
	if _, err := crypto.SealRecovery(root, passphrase); err == nil {
		t.Error("a file without its key was written")
	}
}

// Files of earlier versions open for good. Never change what is in testdata.
func TestRecoveryFilesOfVersion1(t *testing.T) {
	org := newFixed(t, "a").chain.Org()
	root, err := crypto.OpenRecovery(read(t, "testdata", "root-1.txt"), passphrase)
	if err != nil || root.Org != org || !bytes.Equal(root.Key, seed("a root")) {
		t.Fatal("the root file:", err)
	}
	next, err := crypto.OpenRecovery(read(t, "testdata", "recovery-1.txt"), passphrase)
	if err != nil || next.Org != org || !bytes.Equal(next.Key, seed("a next")) {
		t.Fatal("the recovery file:", err)
	}
	house, chain, err := crypto.OpenHouse(read(t, "testdata", "house-1.txt"), root)
	if err != nil || !chain.Equal(newFixed(t, "a").chain) || len(house.Partners) != 1 {
		t.Fatal("the house file:", err)
	}
}

func TestPassphrases(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		p := crypto.NewPassphrase()
		if n := len(strings.Fields(p)); n != 8 { // 88 bits
			t.Fatalf("%d words", n)
		}
		seen[p] = true
	}
	if len(seen) != 100 {
		t.Error("a passphrase came twice")
	}
}

func TestPagesHoldOneOfTwo(t *testing.T) {
	a := newOrg(t)
	root, _ := a.identity.Recoveries(false)
	file := sealRecovery(t, root)
	words := crypto.PassphrasePage(crypto.RootFile, a.chain.Org(), passphrase)
	page, err := crypto.FilePage(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(words, "BEGIN AGE") || !strings.Contains(words, "1  ocean") || !strings.Contains(words, string(a.chain.Org())) {
		t.Errorf("the page of the passphrase:\n%s", words)
	}
	if strings.Contains(page, "ocean") || !strings.Contains(page, "BEGIN AGE") {
		t.Error("the page of the file")
	}
	if _, err := crypto.OpenRecovery([]byte(page), passphrase); err != nil {
		t.Errorf("typed back from the page: %v", err)
	}
	if _, err := crypto.FilePage([]byte("x")); err == nil {
		t.Error("a page of nothing")
	}
}

func TestHouseFile(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	root, next := a.identity.Recoveries(false)
	h := &crypto.House{V: 1, Org: a.chain.Org(), At: now, Chain: a.chain.Wire(), Partners: []crypto.HousePartner{
		{Org: b.chain.Org(), Name: "County Housing Office", Peer: b.peer, Addresses: []string{"/ip4/127.0.0.1/tcp/4001"}, Head: b.chain.Mark()},
	}}
	file, err := crypto.SealHouse(a.identity.House.Recipient(), h)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(file), string(a.chain.Org())) || strings.Contains(string(file), string(b.chain.Org())) {
		t.Error("the first lines must name the organization and none of its partners")
	}
	// Through the recovery file, as it is really opened.
	opened, err := crypto.OpenRecovery(sealRecovery(t, root), passphrase)
	if err != nil {
		t.Fatal(err)
	}
	got, chain, err := crypto.OpenHouse(file, opened)
	if err != nil || !chain.Equal(a.chain) || len(got.Partners) != 1 || got.Partners[0].Org != b.chain.Org() || got.Partners[0].Head != b.chain.Mark() {
		t.Fatal(got, err)
	}
	strange, _ := b.identity.Recoveries(false)
	forged := &crypto.House{V: 1, Org: a.chain.Org(), At: now, Chain: b.chain.Wire()}
	forgedFile, err := crypto.SealHouse(a.identity.House.Recipient(), forged)
	if err != nil {
		t.Fatal(err)
	}
	middle := bytes.Clone(file)
	middle[len(middle)/2] ^= 1
	for name, c := range map[string]struct {
		file []byte
		root *crypto.Recovery
	}{
		"another's key": {file, strange}, "the recovery file": {file, next}, "a changed bit": {middle, root}, "cut": {file[:len(file)/2], root},
		"another's chain": {forgedFile, root}, "nothing": {nil, root}, "a recovery file": {sealRecovery(t, root), root},
	} {
		if _, _, err := crypto.OpenHouse(c.file, c.root); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	// Many partners: the file may be much larger than a frame.
	h.Partners = slices.Repeat(h.Partners, 4000)
	if file, err = crypto.SealHouse(a.identity.House.Recipient(), h); err != nil {
		t.Fatal(err)
	}
	if got, _, err := crypto.OpenHouse(file, root); err != nil || len(got.Partners) != 4000 {
		t.Fatal(err)
	}
	if _, err := crypto.SealHouse("age1nothing", h); err == nil {
		t.Error("sealed to no key")
	}
}

func FuzzRecoveryFile(f *testing.F) {
	a := newOrg(f)
	root, _ := a.identity.Recoveries(false)
	f.Add(sealRecovery(f, root))
	f.Add([]byte("# Referworks recovery file: root\n# Organization: " + string(a.chain.Org()) + "\n# Check: 0000000000\n\n-----BEGIN AGE ENCRYPTED FILE-----\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		// A word that is wrong: what is found out must be found out about the file alone.
		if r, err := crypto.OpenRecovery(file, "wrong"); err == nil || r != nil || !errors.Is(err, crypto.ErrPassphrase) && !errors.Is(err, crypto.ErrDamaged) {
			t.Fatal(err)
		}
		_, _, _ = crypto.OpenHouse(file, root)
	})
}
