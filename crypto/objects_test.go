package crypto_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

func newCard(o *org) *protocol.Card {
	return &protocol.Card{
		V: 1, Org: o.chain.Org(), Charter: o.chain.Mark().Hash, N: now, Name: "Maple Street Legal Aid", Peer: o.peer,
		Addresses: []string{"/ip4/127.0.0.1/tcp/4001"}, Keys: []protocol.EncryptionKey{crypto.NewDecryptionKey(now).Public()},
		Schemas: []string{protocol.SchemaNow}, Protocols: []int{1},
	}
}

func newStanding(from, to *org) *protocol.Standing {
	return &protocol.Standing{V: 1, From: from.chain.Org(), To: to.chain.Org(), By: from.chain.Org(), Terms: protocol.Hash{1}, N: now, State: protocol.Active, At: now}
}

func TestObjects(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	card, err := crypto.SignCard(newCard(a), a.node)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := crypto.VerifyCard(card, a.chain); err != nil || c.Name != "Maple Street Legal Aid" {
		t.Error(c, err)
	}
	standing, err := crypto.SignStanding(newStanding(a, b), a.node)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := crypto.VerifyStanding(standing, a.chain); err != nil || s.State != protocol.Active {
		t.Error(s, err)
	}
	head, err := crypto.SignHead(&protocol.Head{V: 1, Org: a.chain.Org(), Size: 7, Root: protocol.Hash{3}, At: now}, a.node)
	if err != nil {
		t.Fatal(err)
	}
	if h, err := crypto.VerifyHead(head, a.chain); err != nil || h.Size != 7 {
		t.Error(h, err)
	}
	for name, err := range map[string]error{
		"card":     second(crypto.VerifyCard(card, b.chain)),
		"standing": second(crypto.VerifyStanding(standing, b.chain)),
		"head":     second(crypto.VerifyHead(head, b.chain)),
	} {
		if !errors.Is(err, crypto.ErrKey) {
			t.Errorf("%s under another organization's chain: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestObjectsOfALeavingNode(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	card, _ := crypto.SignCard(newCard(a), a.node)
	standing, _ := crypto.SignStanding(newStanding(a, b), a.node)
	message, _ := crypto.SignMessage(newManifest(a, b), a.node)
	later := extend(t, a.chain, a.identity.Root, 1, delegate(crypto.NewSigningKey()))
	if _, err := crypto.VerifyCard(card, later); !errors.Is(err, crypto.ErrKey) {
		t.Errorf("its card: %v", err)
	}
	if _, err := crypto.VerifyStanding(standing, later); !errors.Is(err, crypto.ErrKey) {
		t.Errorf("its standing, fresh: %v", err)
	}
	if _, err := crypto.VerifyStandingEver(standing, later); err != nil {
		t.Errorf("its standing, kept: %v", err)
	}
	if _, _, err := crypto.VerifyMessage(message.Token, later, a.peer); !errors.Is(err, crypto.ErrKey) {
		t.Errorf("its message, fresh: %v", err)
	}
	if _, content, err := crypto.VerifyMessageEver(message.Token, later); err != nil || content != message.Content {
		t.Errorf("its message, kept: %v", err)
	}
}

func TestObjectsThatDoNotFitTheirSigner(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	two := crypto.NewSigningKey()
	chain := extend(t, a.chain, a.identity.Root, 1, protocol.Delegate{Peer: a.peer, Key: a.node.Public()}, delegate(two))
	card := func(f func(*protocol.Card), k *crypto.SigningKey) error {
		c := newCard(a)
		f(c)
		token, err := crypto.Sign(protocol.TypCard, k, c)
		if err != nil {
			t.Fatal(err)
		}
		return second(crypto.VerifyCard(string(token), chain))
	}
	for name, c := range map[string]struct{ got, want error }{
		"control":                         {card(func(*protocol.Card) {}, a.node), nil},
		"card of an older charter":        {card(func(c *protocol.Card) { c.Charter = a.chain.Mark().Hash }, a.node), nil},
		"card with another's peer":        {card(func(*protocol.Card) {}, two), crypto.ErrKey},
		"card before its delegation":      {card(func(c *protocol.Card) { c.Peer = chain.Peers()[1] }, two), crypto.ErrKey},
		"card of a charter not held":      {card(func(c *protocol.Card) { c.Charter = protocol.Hash{8} }, a.node), crypto.ErrCharter},
		"card of another organization":    {card(func(c *protocol.Card) { c.Org = b.chain.Org() }, a.node), crypto.ErrWrongOrg},
		"card without addresses and keys": {card(func(c *protocol.Card) { c.Keys, c.Schemas = nil, nil }, a.node), crypto.ErrForm},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	m := newManifest(a, b)
	s, _ := crypto.SignMessage(m, a.node)
	if _, _, err := crypto.VerifyMessage(s.Token, chain, chain.Peers()[1]); !errors.Is(err, crypto.ErrKey) {
		t.Errorf("message of one node brought by another: %v", err)
	}
	m.From, m.To = m.To, m.From
	s, _ = crypto.SignMessage(m, a.node)
	if _, _, err := crypto.VerifyMessage(s.Token, chain, a.peer); !errors.Is(err, crypto.ErrWrongOrg) {
		t.Errorf("message in another's name: %v", err)
	}
	st := newStanding(a, b)
	st.By = st.To
	token, _ := crypto.SignStanding(st, a.node)
	if _, err := crypto.VerifyStanding(token, chain); !errors.Is(err, crypto.ErrWrongOrg) {
		t.Errorf("standing in another's name: %v", err)
	}
}

// An object has one spelling: members that mean the same as absent ones would give it a second hash.
func TestObjectsInASecondSpelling(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	m, err := crypto.Marshal(newManifest(a, b))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(payload string) error {
		token := rawToken(a.node, header(a.node, protocol.TypMessage), payload)
		_, _, err := crypto.VerifyMessage([]byte(token), a.chain, a.peer)
		return err
	}
	if err := sign(string(m)); err != nil {
		t.Fatalf("the control was refused: %v", err)
	}
	zero := strings.Repeat("A", 43)
	for name, payload := range map[string]string{
		"absent member as zero": strings.Replace(string(m), `"referral"`, `"prev":"`+zero+`","referral"`, 1),
		"absent member as null": strings.Replace(string(m), `"referral"`, `"prev":null,"referral"`, 1),
		"unknown member":        strings.Replace(string(m), `{`, `{"a":1,`, 1),
		"space":                 strings.Replace(string(m), `,`, `, `, 1),
		"case":                  strings.Replace(string(m), `"seq"`, `"SEQ"`, 1),
	} {
		if payload == string(m) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := sign(payload); !errors.Is(err, crypto.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every payload, signed as every kind, against every verifier: only what is signed as what it is passes, where it
// belongs. All keys are delegated, so nothing but the kind stands between a charter and a receipt.
func TestTypMatrix(t *testing.T) {
	a, b := newOrg(t), newOrg(t)
	// The node's key is the root too, so that no verifier refuses for the key.
	root := a.identity.Root
	chain, err := crypto.FirstCharter(a.identity.Inception, root, []protocol.Delegate{{Peer: a.peer, Key: root.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	a.chain = chain
	receipt := newReceipts(a, b, 1)
	proofs, err := crypto.SignReceipts(root, receipt)
	if err != nil {
		t.Fatal(err)
	}
	var tree protocol.ReceiptTree
	if _, err := crypto.Peek([]byte(proofs[0].JWS), protocol.TypReceipt, &tree); err != nil {
		t.Fatal(err)
	}
	next := charterAfter(chain)
	payloads := map[protocol.Typ]any{
		protocol.TypCharter: &next, protocol.TypCard: newCard(a), protocol.TypStanding: newStanding(a, b), protocol.TypMessage: newManifest(a, b),
		protocol.TypReceipt: &tree, protocol.TypHead: &protocol.Head{V: 1, Org: chain.Org(), Size: 1, Root: protocol.Hash{1}, At: now},
	}
	verifiers := map[protocol.Typ]func(token string) error{
		protocol.TypCharter: func(token string) error {
			w := chain.Wire()
			w.Charters = append(append([]string(nil), w.Charters...), token)
			return second(crypto.VerifyChain(w))
		},
		protocol.TypCard:     func(token string) error { return second(crypto.VerifyCard(token, chain)) },
		protocol.TypStanding: func(token string) error { return second(crypto.VerifyStanding(token, chain)) },
		protocol.TypMessage: func(token string) error {
			_, _, err := crypto.VerifyMessage([]byte(token), chain, a.peer)
			return err
		},
		protocol.TypReceipt: func(token string) error {
			p := proofs[0]
			p.JWS = token
			return crypto.VerifyReceipt(&p, chain)
		},
		protocol.TypHead: func(token string) error { return second(crypto.VerifyHead(token, chain)) },
	}
	if len(payloads) != 6 || len(verifiers) != 6 {
		t.Fatal("a kind is missing")
	}
	for kind, payload := range payloads {
		for typ := range verifiers {
			token, err := crypto.Sign(typ, root, payload)
			if err != nil {
				t.Fatal(err)
			}
			for at, verify := range verifiers {
				if err := verify(string(token)); (err == nil) != (kind == typ && typ == at) {
					t.Errorf("a %s signed as %s at the verifier of %s: %v", kind, typ, at, err)
				}
			}
		}
	}
}

func TestBodyHash(t *testing.T) {
	salt := bytes.Repeat([]byte{1}, crypto.SaltSize)
	h := crypto.BodyHash(salt, []byte("body"))
	if h == crypto.BodyHash(bytes.Repeat([]byte{2}, crypto.SaltSize), []byte("body")) || h == crypto.BodyHash(salt, []byte("other")) || h == crypto.NoteHash(salt, []byte("body")) {
		t.Error("two contents, salts or kinds have one hash")
	}
}
