package exchange

import (
	"errors"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/protocol"
)

// open finds the pair by the clear header and opens the envelope. A stranger, somebody else's partner and a partner
// that we blocked get one answer after the same work, so that neither answer nor time tells who our partners are. Only
// who may know it learns that our key is another one by now.
func (d *Desk) open(peer protocol.PeerID, sealed []byte) (*partner.Pair, crypto.Plain, *protocol.Answer) {
	head, err := crypto.ReadHeader(sealed)
	if err != nil {
		return nil, crypto.Plain{}, d.stranger()
	}
	pair, ok := d.book.Current(head.From)
	if !ok || !d.off.addressee && head.To != d.self.OrgID() || pair.MayAnswer() != nil || !pair.Chain().HasPeer(peer) {
		return nil, crypto.Plain{}, d.stranger()
	}
	key := d.self.Decryption(head.Kid)
	if key == nil {
		return nil, crypto.Plain{}, &protocol.Answer{V: protocol.Version, Code: protocol.CodeKeyUnknown, Card: d.self.Card()}
	}
	plain, err := crypto.Open(sealed, key)
	if err != nil {
		return nil, crypto.Plain{}, d.stranger()
	}
	return pair, plain, nil
}

// verify makes an arrival of a message that is signed by the key of the very delegate whose peer brought it, and that
// is from and to whom the envelope says: Open found the pair by head.From, and only our own key opens.
func (d *Desk) verify(pair *partner.Pair, peer protocol.PeerID, plain crypto.Plain) (*arrival, bool) {
	m, content, err := crypto.VerifyMessage(plain.Token, pair.Chain(), peer)
	if err != nil || !d.off.addressee && m.To != d.self.OrgID() {
		return nil, false
	}
	return &arrival{pair: pair, manifest: m, content: content, plain: plain}, true
}

// renew takes the pair as it is now; false when the message would no longer verify by it.
func (d *Desk) renew(a *arrival, peer protocol.PeerID) bool {
	pair, ok := d.book.Current(a.manifest.From)
	if !ok || pair.MayAnswer() != nil {
		return false
	}
	again, ok := d.verify(pair, peer, a.plain)
	if ok {
		a.pair = again.pair
	}
	return ok
}

// judge checks what depends on the message alone: time, schema, body.
func (d *Desk) judge(a *arrival) (err error) {
	m, now := a.manifest, d.now()
	switch {
	case m.At > now.Add(clockGrace).UnixMilli():
		return &protocol.Error{Code: protocol.CodeClock, RetryAt: time.UnixMilli(m.At)}
	case m.Expires < now.Add(-clockGrace).UnixMilli():
		return &protocol.Error{Code: protocol.CodeExpired}
	case !m.Kind.Known(), m.Kind == protocol.KindReferral && m.Seq != 1: // only a first message opens
		return &protocol.Error{Code: protocol.CodeSchema}
	case crypto.BodyHash(a.plain.Salt, a.plain.Body) != m.Body:
		return &protocol.Error{Code: protocol.CodeSignature}
	}
	if m.Kind != protocol.KindReferral {
		a.step, err = readStep(m, a.plain.Body)
		return err // its place in the thread decides
	}
	r := new(protocol.Referral)
	if err := crypto.Unmarshal(a.plain.Body, r); err != nil {
		return &protocol.Error{Code: protocol.CodeSchema}
	}
	by, to := r.Referrer.Organization.ID, r.Target.Organization.ID
	if r.Header.ID.ID() != m.Referral || by.Given() && by.ID() != m.From || to.Given() && to.ID() != m.To {
		return &protocol.Error{Code: protocol.CodeSchema}
	}
	if err := r.ValidateFor(time.UnixMilli(m.At), m.To); err != nil {
		return &protocol.Error{Code: protocol.CodeSchema, Cause: err} // labels and sentences, no values
	}
	a.referral = r
	return d.practice.admit(a, now)
}

// areReceipts tells the two things that an envelope may hold apart: receipts are a list, a message is a token. The reader
// of each checks the whole.
func areReceipts(token []byte) bool { return len(token) > 0 && token[0] == '[' }

// stranger does the work that opening and verifying would cost, and refuses.
func (d *Desk) stranger() *protocol.Answer {
	d.decoy.work()
	no := refused()
	return &no
}

func refused() protocol.Answer { return failed(protocol.CodeRefused) }

func failed(code protocol.Code) protocol.Answer {
	return protocol.Answer{V: protocol.Version, Code: code}
}

// decoy is an envelope that opens and verifies, of nobody to nobody.
type decoy struct {
	sealed []byte
	key    *crypto.DecryptionKey
	signer protocol.Key
}

const decoyBody = 4 << 10 // bytes: an envelope of the usual size

func newDecoy() *decoy {
	key, signer := crypto.NewDecryptionKey(1), crypto.NewSigningKey()
	token, err := crypto.Sign(protocol.TypMessage, signer, &protocol.Manifest{})
	from, to := protocol.OrgIDOf(protocol.Hash{1}), protocol.OrgIDOf(protocol.Hash{2})
	head := protocol.EnvelopeHeader{V: protocol.Version, From: from, To: to, Charter: protocol.Hash{3}}
	sealed, err2 := crypto.Seal(head, key.Public(), crypto.Plain{Token: token, Salt: newSalt(), Body: make([]byte, decoyBody)})
	if err := errors.Join(err, err2); err != nil {
		panic(err) // nothing of it comes from outside
	}
	return &decoy{sealed, key, signer.Public()}
}

func (d *decoy) work() {
	plain, err := crypto.Open(d.sealed, d.key)
	if err == nil {
		_, _, err = crypto.Verify(plain.Token, protocol.TypMessage, func(string) (protocol.Key, bool) { return d.signer, true })
	}
	if err != nil {
		panic(err)
	}
}
