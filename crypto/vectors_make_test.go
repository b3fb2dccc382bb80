package crypto_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

const vectorReferral protocol.ReferralID = "urn:uuid:019a1b2c-3d4e-7f00-8a1b-2c3d4e5f6071"

// maker builds the vectors of two made-up organizations; nothing in it is random but the envelope, whose bytes are
// taken from the file once it exists.
type maker struct {
	t    *testing.T
	a, b *fixed
	all  map[string]*vector
}

func makeVectors(t *testing.T) map[string]*vector {
	m := &maker{t, newFixed(t, "a"), newFixed(t, "b"), map[string]*vector{}}
	m.computations()
	m.identity()
	m.grants()
	m.messages()
	m.envelope()
	m.later()
	m.file()
	m.frames()
	return m.all
}

func (m *maker) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// example is an unsigned object.
func (m *maker) example(name string, v any) good {
	m.t.Helper()
	b, err := crypto.Marshal(v)
	m.check(err)
	h, err := crypto.HashOf(v)
	m.check(err)
	return good{Name: name, Object: b, Canonical: string(b), Hash: h.String()}
}

// signed is an example with its token.
func (m *maker) signed(name string, typ protocol.Typ, k *crypto.SigningKey, v any) good {
	m.t.Helper()
	g := m.example(name, v)
	token, err := crypto.Sign(typ, k, v)
	m.check(err)
	g.Token = string(token)
	return g
}

// misspelled gives bad forms of a token that hold for every kind.
func (m *maker) misspelled(k *crypto.SigningKey, typ protocol.Typ, g good) []bad {
	other, stray := protocol.TypHead, g.Token[:len(g.Token)-1]+nextLetter(g.Token[len(g.Token)-1])
	if typ == other {
		other = protocol.TypCard
	}
	text := func(header, payload string) string { return rawToken(k, header, payload) }
	h, dot := header(k, typ), strings.LastIndexByte(g.Token, '.')
	return []bad{
		{Name: "signed as another kind", Text: text(header(k, other), g.Canonical), Refusal: "form"},
		{Name: "algorithm none", Text: text(strings.Replace(h, "EdDSA", "none", 1), g.Canonical), Refusal: "form"},
		{Name: "a further header member", Text: text(strings.Replace(h, "}", `,"jku":"http://example.org/"}`, 1), g.Canonical), Refusal: "form"},
		{Name: "header in another order", Text: text(`{"kid":"`+k.Kid()+`","alg":"EdDSA","typ":"`+string(typ)+`"}`, g.Canonical), Refusal: "form"},
		{Name: "padded", Text: g.Token + "=", Refusal: "form"},
		{Name: "stray bits in the last letter", Text: stray, Refusal: "form"},
		{Name: "no signature", Text: g.Token[:dot+1], Refusal: "form"},
		{Name: "payload not canonical", Text: text(h, " "+g.Canonical), Refusal: "form"},
		{Name: "a member twice", Text: text(h, strings.Replace(g.Canonical, "{", `{"v":1,`, 1)), Refusal: "form"},
		{Name: "an unknown member", Text: text(h, strings.Replace(g.Canonical, "{", `{"A":1,`, 1)), Refusal: "form"},
		{Name: "signature of another text", Text: g.Token[:dot+1] + strings.Repeat("A", 86), Refusal: "signature"},
	}
}

func (m *maker) computations() {
	object := func(name string, v map[string]any) good {
		g := m.example(name, v)
		found, err := compute(name, g.Object)
		m.check(err)
		g.Name, g.Canonical, g.Hash, g.Expect = "computed", "", "", found
		return g
	}
	m.all["keys"] = &vector{
		About: "One seed as every kind of key. signing: Ed25519 (RFC 8032). kid: RFC 7638. keyID: SHA-256 of the canonical {alg, key}. peer: libp2p. encryption: ML-KEM-768+X25519 from the seed (HPKE). pairingSeed and doorSeed: HKDF-SHA256.",
		Good:  []good{object("keys", map[string]any{"seed": protocol.Bytes(seed("keys")), "partner": m.b.chain.Org()})},
	}
	m.all["hashes"] = &vector{
		About: "Salted hashes of a body and of a note.",
		Good:  []good{object("hashes", map[string]any{"salt": protocol.Bytes(seed("body salt")), "text": `{"a":1}`})},
	}
	m.all["pairing"] = &vector{
		About: "Commit, transcript and the four words of a pairing.",
		Good: []good{object("pairing", map[string]any{
			"invitation": protocol.Hash(seed("invitation")), "nonceInvitee": protocol.Bytes(seed("nonce invitee")), "nonceInviter": protocol.Bytes(seed("nonce inviter")),
			"headInvitee": m.b.chain.Mark().Hash, "headInviter": m.a.chain.Mark().Hash, "peerInvitee": m.b.peer.Peer(), "peerInviter": m.a.peer.Peer(),
		})},
	}
}

func (m *maker) identity() {
	a, b := m.a, m.b
	inception := m.example("inception", &a.inception)
	inception.Expect = map[string]any{"org": a.chain.Org()}
	short := a.inception
	short.Salt = short.Salt[:15]
	m.all["inception"] = &vector{
		About: "The first link of a chain; its hash makes the organization's id.", Good: []good{inception},
		Bad: []bad{
			{Name: "short salt", Text: m.example("", &short).Canonical, Refusal: "form"},
			{Name: "not canonical", Text: " " + inception.Canonical, Refusal: "form"},
			{Name: "padded hash", Text: strings.Replace(inception.Canonical, `","root"`, `=","root"`, 1), Refusal: "form"},
		},
	}

	ordinary := a.chain.Head()
	charter := m.signed("an ordinary charter", protocol.TypCharter, a.root, &ordinary)
	charter.Expect = map[string]any{"change": "newer", "head": a.chain.Mark()}
	spoil := func(name, why string, c protocol.Charter, k *crypto.SigningKey, f func(*protocol.Charter)) bad {
		c.Nodes = slices.Clone(c.Nodes)
		f(&c)
		return bad{Name: name, Text: m.signed("", protocol.TypCharter, k, &c).Token, Refusal: why}
	}
	weak := append([]byte{1}, make([]byte, 31)...)
	m.all["charter"] = &vector{
		About: "A charter on the chain below it, merged into the chain that is held.",
		Given: map[string]any{"held": a.first.Wire(), "below": a.first.Wire()}, Good: []good{charter},
		Bad: append(m.misspelled(a.root, protocol.TypCharter, charter),
			spoil("signed by a node", "key", ordinary, a.node, func(*protocol.Charter) {}),
			spoil("number jumps", "form", ordinary, a.root, func(c *protocol.Charter) { c.N++ }),
			spoil("another next", "form", ordinary, a.root, func(c *protocol.Charter) { c.Next = protocol.Hash{1} }),
			spoil("another root", "key", ordinary, a.root, func(c *protocol.Charter) { c.Root = a.node.Public() }),
			spoil("another organization", "organization", ordinary, a.root, func(c *protocol.Charter) { c.Org = b.chain.Org() }),
			spoil("does not follow", "form", ordinary, a.root, func(c *protocol.Charter) { c.Prev = protocol.Hash{1} }),
			spoil("a key of small order", "form", ordinary, a.root, func(c *protocol.Charter) { c.Nodes[0].Key.Key = weak }),
		),
	}

	rotation := a.rotated.Head()
	rotated := m.signed("a rotation that drops the newest charter", protocol.TypCharter, a.next, &rotation)
	rotated.Expect = map[string]any{"change": "rotated", "head": a.rotated.Mark()}
	m.all["rotation"] = &vector{
		About: "A rotation on the charter that it keeps, merged into a chain that went on: the higher epoch wins.",
		Given: map[string]any{"held": a.chain.Wire(), "below": a.first.Wire()}, Good: []good{rotated},
		Bad: []bad{
			spoil("by the root", "key", rotation, a.root, func(c *protocol.Charter) { c.Root = a.root.Public() }),
			spoil("by another key", "key", rotation, a.node, func(c *protocol.Charter) { c.Root = a.node.Public() }),
			spoil("keeps nothing", "form", rotation, a.next, func(c *protocol.Charter) { c.Keeps = protocol.Hash{} }),
			spoil("keeps another charter", "form", rotation, a.next, func(c *protocol.Charter) { c.Keeps = a.chain.Mark().Hash }),
			spoil("does not start at 0", "form", rotation, a.next, func(c *protocol.Charter) { c.N = 1 }),
			spoil("two epochs at once", "form", rotation, a.next, func(c *protocol.Charter) { c.Epoch = 2 }),
		},
	}

	card := m.card(a)
	signedCard := m.signed("a card", protocol.TypCard, a.node, card)
	spoilCard := func(name, why string, k *crypto.SigningKey, f func(*protocol.Card)) bad {
		c := *card
		f(&c)
		return bad{Name: name, Text: m.signed("", protocol.TypCard, k, &c).Token, Refusal: why}
	}
	m.all["card"] = &vector{
		About: "A card under the chain of its organization.", Given: map[string]any{"chain": a.chain.Wire()}, Good: []good{signedCard},
		Bad: append(m.misspelled(a.node, protocol.TypCard, signedCard),
			spoilCard("by a key that is not delegated", "key", b.node, func(*protocol.Card) {}),
			spoilCard("by the root", "key", a.root, func(*protocol.Card) {}),
			spoilCard("with another node's peer", "key", a.second, func(*protocol.Card) {}),
			spoilCard("of another organization", "organization", a.node, func(c *protocol.Card) { c.Org = b.chain.Org() }),
			spoilCard("of a charter that is not held", "charter", a.node, func(c *protocol.Card) { c.Charter = protocol.Hash{1} }),
			spoilCard("with a direction character", "form", a.node, func(c *protocol.Card) { c.Name = "a\u202eb" }),
		),
	}

	invitation := &protocol.Invitation{
		V: 1, Inviter: a.chain.Org(), Name: "Maple Street Legal Aid", Head: a.chain.Mark().Hash, Peer: a.peer.Peer(),
		Addresses: []string{"/ip4/192.0.2.7/tcp/4001"}, Secret: seed("invitation secret"), Words: protocol.WordList, Expires: now + protocol.InvitationLifetime,
	}
	text, err := crypto.EncodeInvitation(invitation)
	m.check(err)
	pairing, err := crypto.SigningKeyFromSeed(crypto.InvitationKey(invitation.Secret))
	m.check(err)
	g := m.example("an invitation, its text in bytes", invitation)
	g.Bytes, g.Expect = []byte(text), map[string]any{"pairingPeer": pairing.Peer()}
	m.all["invitation"] = &vector{
		About: "An invitation as text, and the one-use peer that its secret makes.", Good: []good{g},
		Bad: []bad{
			{Name: "a letter lost", Text: text[:50] + text[51:], Refusal: "form"},
			{Name: "padded", Text: text + "=", Refusal: "form"},
			{Name: "another prefix", Text: strings.Replace(text, "rwinvite1", "rwinvite2", 1), Refusal: "form"},
			{Name: "not canonical", Text: protocol.InvitationPrefix + b64.EncodeToString([]byte(" "+g.Canonical)), Refusal: "form"},
		},
	}
}

func (m *maker) card(o *fixed) *protocol.Card {
	return &protocol.Card{
		V: 1, Org: o.chain.Org(), Charter: o.chain.Mark().Hash, N: now, Name: "Maple Street Legal Aid",
		Contact: protocol.CardContact{Name: "Intake desk", Phone: "+15555550100"}, Peer: o.peer.Peer(), Addresses: []string{"/ip4/192.0.2.7/tcp/4001"},
		Keys:     []protocol.EncryptionKey{o.decryption.Public()},
		Services: []protocol.CardService{{ID: "eviction", Name: "Eviction defense", Needs: []protocol.NeedCode{{System: "example:needs", Code: "housing"}}}},
		Schemas:  []string{protocol.SchemaNow}, Protocols: []int{1}, Keeps: &protocol.Keeps{Fields: []string{"person.names[].given"}, Text: true},
	}
}

func (m *maker) grants() {
	a, b := m.a, m.b
	terms := &protocol.Terms{
		V: 1, From: a.chain.Org(), To: b.chain.Org(), Needs: []protocol.NeedCode{{System: "example:needs", Code: "housing"}}, Withheld: []string{"P3"},
		Attachments: protocol.AttachmentTerms{Max: 3, Bytes: 1 << 20, Types: []string{"application/pdf"}}, PerDay: 50, RespondIn: 172_800_000, Salt: seed("terms salt")[:16],
	}
	all := &protocol.Terms{V: 1, From: a.chain.Org(), To: b.chain.Org(), Salt: seed("all salt")[:16]}
	g := m.example("with limits", terms)
	self := *terms
	self.To = self.From
	m.all["terms"] = &vector{
		About: "What one organization may send another; absent members have no limit.", Good: []good{g, m.example("everything", all)},
		Bad: []bad{
			{Name: "to itself", Text: m.example("", &self).Canonical, Refusal: "form"},
			{Name: "a fraction", Text: strings.Replace(g.Canonical, `"perDay":50`, `"perDay":50.0`, 1), Refusal: "form"},
			{Name: "above 2^53-1", Text: strings.Replace(g.Canonical, `"perDay":50`, `"perDay":9007199254740993`, 1), Refusal: "form"},
			{Name: "a mistyped id", Text: strings.Replace(g.Canonical, "rw1", "rw1a", 1), Refusal: "form"},
		},
	}
	hash, err := crypto.HashOf(terms)
	m.check(err)
	standing := &protocol.Standing{
		V: 1, From: a.chain.Org(), To: b.chain.Org(), By: a.chain.Org(), Terms: hash, N: now, State: protocol.Active, At: now, Door: fixedKey("a door").Peer(),
	}
	s := m.signed("active, with the door of its side", protocol.TypStanding, a.node, standing)
	spoil := func(name, why string, k *crypto.SigningKey, f func(*protocol.Standing)) bad {
		c := *standing
		f(&c)
		return bad{Name: name, Text: m.signed("", protocol.TypStanding, k, &c).Token, Refusal: why}
	}
	m.all["standing"] = &vector{
		About: "One side's word on terms, under that side's chain.", Given: map[string]any{"chain": a.chain.Wire()}, Good: []good{s},
		Bad: append(m.misspelled(a.node, protocol.TypStanding, s),
			spoil("by the other side's key", "key", b.node, func(*protocol.Standing) {}),
			spoil("in the other side's name", "organization", a.node, func(s *protocol.Standing) { s.By = s.To }),
			spoil("by a third", "form", a.node, func(s *protocol.Standing) { s.By = newFixed(m.t, "c").chain.Org() }),
			spoil("an unknown state", "form", a.node, func(s *protocol.Standing) { s.State = "paused" }),
		),
	}
}

func (m *maker) manifest() *protocol.Manifest {
	return &protocol.Manifest{
		V: 1, From: m.a.chain.Org(), To: m.b.chain.Org(), Referral: vectorReferral, Seq: 1, Kind: protocol.KindReferral, Schema: protocol.SchemaNow,
		Terms: protocol.Hash(seed("terms")), At: now, Expires: now + 7*24*3600*1000, Body: crypto.BodyHash(seed("body salt"), []byte(`{"a":1}`)),
	}
}

func (m *maker) receipts() []protocol.ReceiptProof {
	mh, err := crypto.HashOf(m.manifest())
	m.check(err)
	var group []protocol.Receipt
	for i := range 3 {
		group = append(group, protocol.Receipt{
			V: 1, From: m.b.chain.Org(), To: m.a.chain.Org(), Referral: vectorReferral, Seq: int64(i + 1), Manifest: mh, Level: protocol.Received, At: now + 5,
			Charter: m.b.chain.Mark().Hash, Salt: seed("receipt salt " + string(rune('0'+i)))[:16],
		})
	}
	group[1].Level, group[1].Note = protocol.Delivered, crypto.NoteHash(seed("note salt"), []byte(`{"reference":"R-17"}`))
	group[2].Level, group[2].Code = protocol.Refused, protocol.CodeBeyond
	proofs, err := crypto.SignReceipts(m.b.node, group)
	m.check(err)
	return proofs
}

func (m *maker) messages() {
	a, b := m.a, m.b
	opener := m.manifest()
	first := m.signed("the opener of a thread", protocol.TypMessage, a.node, opener)
	prev, err := crypto.HashOf(opener)
	m.check(err)
	reply := *opener
	reply.Seq, reply.Prev, reply.Seen, reply.Kind = 2, prev, 1, protocol.KindUpdate
	spoil := func(name, why string, k *crypto.SigningKey, f func(*protocol.Manifest)) bad {
		c := *opener
		f(&c)
		return bad{Name: name, Text: m.signed("", protocol.TypMessage, k, &c).Token, Refusal: why}
	}
	m.all["manifest"] = &vector{
		About: "A message on a stream of the given peer, under its author's chain. hash is its content.",
		Given: map[string]any{"chain": a.chain.Wire(), "peer": a.peer.Peer()},
		Good:  []good{first, m.signed("the author's second", protocol.TypMessage, a.node, &reply)},
		Bad: append(m.misspelled(a.node, protocol.TypMessage, first),
			spoil("by the recipient", "key", b.node, func(*protocol.Manifest) {}),
			spoil("by another node of the author than the peer's", "key", a.second, func(*protocol.Manifest) {}),
			spoil("in another's name", "organization", a.node, func(m *protocol.Manifest) { m.From, m.To = m.To, m.From }),
			spoil("number 2 without the message before", "form", a.node, func(m *protocol.Manifest) { m.Seq = 2 }),
			spoil("lives longer than 90 days", "form", a.node, func(m *protocol.Manifest) { m.Expires = m.At + protocol.MaxLifetime + 1 }),
			bad{Name: "an absent member as null", Text: rawToken(a.node, header(a.node, protocol.TypMessage), strings.Replace(first.Canonical, `"referral"`, `"prev":null,"referral"`, 1)), Refusal: "form"},
		),
	}

	v := &vector{
		About: "Three receipts under one signature over the root of their RFC 6962 tree, and one alone. A leaf is SHA-256(0x00, canonical receipt), a node SHA-256(0x01, left, right).",
		Given: map[string]any{"chain": b.chain.Wire()},
	}
	proofs := m.receipts()
	for i, name := range []string{"received", "delivered, with a note", "refused"} {
		v.Good = append(v.Good, m.example(name, &proofs[i]))
	}
	alone, err := crypto.SignReceipts(b.node, []protocol.Receipt{proofs[0].Receipt})
	m.check(err)
	v.Good = append(v.Good, m.example("alone", &alone[0]))
	wrong := func(name, why string, i int, f func(*protocol.ReceiptProof)) {
		p := proofs[i]
		p.Path = slices.Clone(p.Path)
		f(&p)
		v.Bad = append(v.Bad, bad{Name: name, Text: m.example("", &p).Canonical, Refusal: why})
	}
	wrong("another level", "signature", 0, func(p *protocol.ReceiptProof) { p.Receipt.Level = protocol.Read })
	wrong("another place", "signature", 0, func(p *protocol.ReceiptProof) { p.Index = 1 })
	wrong("outside the tree", "signature", 0, func(p *protocol.ReceiptProof) { p.Index = 3 })
	wrong("path too short", "signature", 0, func(p *protocol.ReceiptProof) { p.Path = p.Path[:1] })
	wrong("path too long", "signature", 0, func(p *protocol.ReceiptProof) { p.Path = append(p.Path, protocol.Hash{}) })
	wrong("signature of one alone", "signature", 0, func(p *protocol.ReceiptProof) { p.JWS = alone[0].JWS })
	wrong("refused without a code", "form", 2, func(p *protocol.ReceiptProof) { p.Receipt.Code = "" })
	m.all["receipt"] = v

	head := m.signed("a head", protocol.TypHead, a.node, &protocol.Head{V: 1, Org: a.chain.Org(), Size: 12, Root: protocol.Hash(seed("log root")), At: now})
	m.all["head"] = &vector{
		About: "The daily signature over an audit log.", Given: map[string]any{"chain": a.chain.Wire()}, Good: []good{head},
		Bad: append(m.misspelled(a.node, protocol.TypHead, head),
			bad{Name: "of another organization", Text: m.signed("", protocol.TypHead, a.node, &protocol.Head{V: 1, Org: b.chain.Org(), Size: 1, At: now}).Token, Refusal: "organization"}),
	}
}

func (m *maker) envelope() {
	token, err := crypto.Sign(protocol.TypMessage, m.a.node, m.manifest())
	m.check(err)
	plain := crypto.Plain{Token: token, Salt: seed("body salt"), Body: []byte(`{"a":1}`)}
	header := protocol.EnvelopeHeader{V: 1, From: m.a.chain.Org(), To: m.b.chain.Org(), Charter: m.a.chain.Mark().Hash}
	var sealed []byte
	if _, err := os.Stat(filepath.Join(vectorFolder, "envelope.json")); err == nil {
		sealed = readVector(m.t, "envelope").Good[0].Bytes // sealing is random: the frozen bytes are the vector
	} else if sealed, err = crypto.Seal(header, m.b.decryption.Public(), plain); err != nil {
		m.t.Fatal(err)
	}
	header.Suite, header.Kid = protocol.Suite1, m.b.decryption.ID()
	g := m.example("a message", &header)
	g.Bytes = sealed
	g.Expect = map[string]any{"token": string(token), "salt": protocol.Bytes(plain.Salt), "body": string(plain.Body), "bodyHash": crypto.BodyHash(plain.Salt, plain.Body)}
	flip := func(at int) []byte {
		b := bytes.Clone(sealed)
		b[at] ^= 1
		return b
	}
	third := bytes.Replace(sealed, []byte(m.b.chain.Org()), []byte(newFixed(m.t, "c").chain.Org()), 1)
	given := map[string]any{"decryptionSeed": protocol.Bytes(m.b.decryption.Seed())}
	m.all["envelope"] = &vector{
		About: "A sealed message and the seed of the key that opens it. bytes: uint32 header length, canonical header (the object), encapsulated key, ciphertext.",
		Given: given, Good: []good{g},
		Bad: []bad{
			{Name: "a bit of the ciphertext", Bytes: flip(len(sealed) - 1), Refusal: "open"},
			{Name: "a bit of the encapsulated key", Bytes: flip(len(g.Canonical) + 40), Refusal: "open"},
			{Name: "another recipient in the header", Bytes: third, Refusal: "open"},
			{Name: "cut", Bytes: sealed[:len(sealed)-1], Refusal: "open"},
			{Name: "length of the header", Bytes: flip(3), Refusal: "form"},
			{Name: "cut in the header", Bytes: sealed[:100], Refusal: "form"},
		},
	}
	framed := g
	framed.Bytes = frame(protocol.FrameEnvelope, sealed)
	m.all["frame-envelope"] = &vector{
		About: "The envelope as a frame.", Frame: protocol.FrameEnvelope, Given: given, Good: []good{framed},
		Bad: []bad{{Name: "length", Bytes: framed.Bytes[:len(framed.Bytes)-1], Refusal: "form"}},
	}
}

// frame writes uint32 length of the rest, the kind, the payload.
func frame(k protocol.FrameKind, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)))
	return append(append(b, byte(k)), payload...)
}

func (m *maker) frames() {
	a, b := m.a, m.b
	from, to := a.chain.Org(), b.chain.Org()
	card, err := crypto.SignCard(m.card(a), a.node)
	m.check(err)
	terms := protocol.Terms{V: 1, From: from, To: to, Salt: seed("all salt")[:16]}
	hash, err := crypto.HashOf(&terms)
	m.check(err)
	standing, err := crypto.SignStanding(&protocol.Standing{V: 1, From: from, To: to, By: from, Terms: hash, N: now, State: protocol.Active, At: now}, a.node)
	m.check(err)
	message, err := crypto.SignMessage(m.manifest(), a.node)
	m.check(err)
	wire, proofs := a.chain.Wire(), m.receipts()
	for name, f := range map[string]struct {
		kind    protocol.FrameKind
		objects []any
	}{
		"hello":      {protocol.FrameHello, []any{&protocol.Hello{V: 1, Proto: protocol.ProtoPeer, Protocols: []int{1}, Time: now, MaxFrame: protocol.MaxFrame, Instance: seed("instance")[:16]}}},
		"pair-hello": {protocol.FramePairHello, []any{&protocol.PairHello{V: 1, From: from, To: to, Charter: a.chain.Mark(), Held: b.chain.Mark(), Card: now, HeldCard: now, Standings: []protocol.Mark{{From: from, By: from, Terms: hash, N: now}}, Threads: protocol.Hash(seed("threads"))}}},
		"pair-state": {protocol.FramePairState, []any{&protocol.PairState{V: 1, From: from, To: to, Chain: &wire, Card: card, Terms: []protocol.Terms{terms}, Standings: []string{standing}}, &protocol.PairState{V: 1, From: from, To: to}}},
		"threads":    {protocol.FrameThreads, []any{&protocol.ThreadsAsk{V: 1, From: from, To: to, After: vectorReferral}, &protocol.Threads{V: 1, Rows: []protocol.ThreadMark{{Referral: vectorReferral, Mine: 2, Yours: 1}}}}},
		"pull":       {protocol.FramePull, []any{&protocol.PullAsk{V: 1, From: from, To: to, Referral: vectorReferral, By: to, After: 1}}},
		"pulled":     {protocol.FramePulled, []any{&protocol.Pulled{V: 1, Manifest: string(message.Token), Receipts: proofs[:1]}, &protocol.Pulled{V: 1, Manifest: string(message.Token), Erased: true}}},
		"chunks":     {protocol.FrameChunks, []any{&protocol.ChunksAsk{V: 1, From: from, To: to, Referral: vectorReferral, Root: protocol.Hash(seed("root")), First: 32, Most: 16}}},
		"ok":         {protocol.FrameOK, []any{&protocol.Answer{V: 1}}},
		"error":      {protocol.FrameError, []any{&protocol.Answer{V: 1, Code: protocol.CodeRefused}, &protocol.Answer{V: 1, Code: protocol.CodeRate, RetryAt: now}}},
		"answer":     {protocol.FrameAnswer, []any{&protocol.Answer{V: 1, Receipt: &proofs[0]}, &protocol.Answer{V: 1}, &protocol.Answer{V: 1, Code: protocol.CodeKeyUnknown, Card: card}}},
		"commit":     {protocol.FramePairCommit, []any{&protocol.PairCommit{V: 1, Commit: protocol.Hash(seed("commit"))}}},
		"opening":    {protocol.FramePairAnswer, []any{&protocol.PairAnswer{V: 1, Nonce: seed("nonce inviter"), Chain: wire, Card: card, Peer: a.peer.Peer()}}},
		"reveal":     {protocol.FramePairReveal, []any{&protocol.PairReveal{V: 1, Nonce: seed("nonce invitee"), Chain: wire, Card: card, Peer: a.peer.Peer()}}},
		"door":       {protocol.FrameDoor, []any{&protocol.DoorCall{V: 1, From: from, To: to, Chain: wire, Card: card}}},
	} {
		v := &vector{About: "bytes: uint32 length of kind and payload, the kind, the canonical payload.", Frame: f.kind}
		for _, o := range f.objects {
			g := m.example(reflect.TypeOf(o).Elem().Name(), o)
			g.Hash, g.Bytes = "", frame(f.kind, []byte(g.Canonical))
			v.Good = append(v.Good, g)
		}
		payload := v.Good[0].Canonical
		v.Bad = []bad{
			{Name: "an unknown member", Bytes: frame(f.kind, []byte(strings.Replace(payload, "{", `{"A":1,`, 1))), Refusal: "form"},
			{Name: "a member twice", Bytes: frame(f.kind, []byte(strings.Replace(payload, "{", `{"v":1,`, 1))), Refusal: "form"},
			{Name: "not canonical", Bytes: frame(f.kind, []byte(" "+payload)), Refusal: "form"},
			{Name: "another kind", Bytes: frame(f.kind+100, []byte(payload)), Refusal: "form"},
			{Name: "length", Bytes: append(frame(f.kind, []byte(payload)), ' '), Refusal: "form"},
		}
		m.all["frame-"+name] = v
	}
}
