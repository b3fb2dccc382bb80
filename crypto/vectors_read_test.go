package crypto_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

// readAs reads an unsigned object strictly and checks its form.
func readAs(v interface{ Validate() error }, text string) error {
	if err := crypto.CheckCanonical([]byte(text)); err != nil {
		return err
	}
	if err := crypto.Unmarshal([]byte(text), v); err != nil {
		return err
	}
	return v.Validate()
}

func inceptionChecker(_ *testing.T, _ *vector) checker {
	return checker{
		func(g good) error {
			var i protocol.Inception
			if err := readAs(&i, g.Canonical); err != nil {
				return err
			}
			return expect(g, map[string]any{"org": crypto.OrgOf(i)})
		},
		func(b bad) error { return readAs(new(protocol.Inception), b.Text) },
	}
}

func termsChecker(_ *testing.T, _ *vector) checker {
	return checker{
		func(g good) error { return readAs(new(protocol.Terms), g.Canonical) },
		func(b bad) error { return readAs(new(protocol.Terms), b.Text) },
	}
}

// charterChecker puts each token on the given chain and merges the two.
func charterChecker(t *testing.T, v *vector) checker {
	held := givenChain(t, v, "held")
	w := given[protocol.Chain](t, v, "below")
	read := func(token string) (*crypto.Chain, crypto.Change, error) {
		n := protocol.Chain{Inception: w.Inception, Charters: append(append([]string(nil), w.Charters...), token)}
		return held.Merge(n)
	}
	return checker{
		func(g good) error {
			c, change, err := read(g.Token)
			if err != nil {
				return err
			}
			if err := tokenOver(g, protocol.TypCharter); err != nil {
				return err
			}
			return expect(g, map[string]any{"change": change.String(), "head": c.Mark()})
		},
		func(b bad) error { _, _, err := read(b.Text); return err },
	}
}

// tokenOver tells whether a token's payload is the canonical object beside it.
func tokenOver(g good, typ protocol.Typ) error {
	parts := bytes.Split([]byte(g.Token), []byte("."))
	payload, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	if err != nil || string(payload) != g.Canonical {
		return fmt.Errorf("the token of the %s is not over the object: %w", typ, err)
	}
	return nil
}

// tokenChecker is for the objects whose whole check is one verifier.
func tokenChecker(typ protocol.Typ, verify func(token string) error) checker {
	return checker{
		func(g good) error {
			if err := tokenOver(g, typ); err != nil {
				return err
			}
			return verify(g.Token)
		},
		func(b bad) error { return verify(b.Text) },
	}
}

func cardChecker(t *testing.T, v *vector) checker {
	chain := givenChain(t, v, "chain")
	return tokenChecker(protocol.TypCard, func(token string) error { return second(crypto.VerifyCard(token, chain)) })
}

func standingChecker(t *testing.T, v *vector) checker {
	chain := givenChain(t, v, "chain")
	return tokenChecker(protocol.TypStanding, func(token string) error { return second(crypto.VerifyStanding(token, chain)) })
}

func headChecker(t *testing.T, v *vector) checker {
	chain := givenChain(t, v, "chain")
	return tokenChecker(protocol.TypHead, func(token string) error { return second(crypto.VerifyHead(token, chain)) })
}

func manifestChecker(t *testing.T, v *vector) checker {
	chain, peer := givenChain(t, v, "chain"), given[protocol.PeerID](t, v, "peer")
	verify := func(token string) (protocol.Hash, error) {
		_, content, err := crypto.VerifyMessage([]byte(token), chain, peer)
		return content, err
	}
	return checker{
		func(g good) error {
			if err := tokenOver(g, protocol.TypMessage); err != nil {
				return err
			}
			content, err := verify(g.Token)
			if err == nil && content.String() != g.Hash {
				err = errors.New("the content is " + content.String())
			}
			return err
		},
		func(b bad) error { _, err := verify(b.Text); return err },
	}
}

func receiptChecker(t *testing.T, v *vector) checker {
	chain := givenChain(t, v, "chain")
	verify := func(text string) error {
		var p protocol.ReceiptProof
		if err := crypto.Unmarshal([]byte(text), &p); err != nil {
			return err
		}
		return crypto.VerifyReceipt(&p, chain)
	}
	return checker{func(g good) error { return verify(g.Canonical) }, func(b bad) error { return verify(b.Text) }}
}

func invitationChecker(_ *testing.T, _ *vector) checker {
	return checker{
		func(g good) error {
			i, err := crypto.DecodeInvitation(string(g.Bytes))
			if err != nil {
				return err
			}
			h, err := crypto.HashOf(i)
			if err != nil || h.String() != g.Hash {
				return fmt.Errorf("hash %s, %w", h, err)
			}
			k, err := crypto.SigningKeyFromSeed(crypto.InvitationKey(i.Secret))
			if err != nil {
				return err
			}
			return expect(g, map[string]any{"pairingPeer": k.Peer()})
		},
		func(b bad) error { _, err := crypto.DecodeInvitation(b.Text); return err },
	}
}

// envelopeChecker opens what stands on a stream, after the frame's own length and kind where it is a frame.
func envelopeChecker(t *testing.T, v *vector) checker {
	k, err := crypto.DecryptionKeyFromSeed(given[protocol.Bytes](t, v, "decryptionSeed"), now)
	if err != nil {
		t.Fatal(err)
	}
	open := func(b []byte) (crypto.Plain, protocol.EnvelopeHeader, error) {
		if v.Frame != 0 {
			if len(b) < 5 || int(binary.BigEndian.Uint32(b)) != len(b)-4 || b[4] != byte(v.Frame) {
				return crypto.Plain{}, protocol.EnvelopeHeader{}, crypto.ErrForm
			}
			b = b[5:]
		}
		p, err := crypto.Open(b, k)
		if err != nil {
			return p, protocol.EnvelopeHeader{}, err
		}
		h, err := crypto.ReadHeader(b)
		return p, h, err
	}
	return checker{
		func(g good) error {
			p, h, err := open(g.Bytes)
			if err != nil {
				return err
			}
			header, err := crypto.Marshal(&h)
			if err != nil || string(header) != g.Canonical {
				return fmt.Errorf("header %s, %w", header, err)
			}
			return expect(g, map[string]any{"token": string(p.Token), "salt": protocol.Bytes(p.Salt), "body": string(p.Body), "bodyHash": crypto.BodyHash(p.Salt, p.Body)})
		},
		func(b bad) error { _, _, err := open(b.Bytes); return err },
	}
}

// frameChecker reads uint32 length, kind and canonical JSON.
func frameChecker(v *vector) checker {
	read := func(b []byte) error {
		if len(b) < 5 || int(binary.BigEndian.Uint32(b)) != len(b)-4 || b[4] != byte(v.Frame) {
			return crypto.ErrForm
		}
		if err := crypto.CheckCanonical(b[5:]); err != nil {
			return err
		}
		var err error
		for _, payload := range framePayloads(v.Frame) { // an answer may have the kind of its question
			if err = crypto.Unmarshal(b[5:], payload); err == nil {
				return nil
			}
		}
		return err
	}
	return checker{
		func(g good) error {
			if len(g.Bytes) < 5 || string(g.Bytes[5:]) != g.Canonical {
				return errors.New("the frame does not carry the object")
			}
			return read(g.Bytes)
		},
		func(b bad) error { return read(b.Bytes) },
	}
}

// framePayloads gives what a frame of this kind may carry.
func framePayloads(k protocol.FrameKind) []any {
	return map[protocol.FrameKind][]any{
		protocol.FrameHello: {new(protocol.Hello)}, protocol.FramePairHello: {new(protocol.PairHello)}, protocol.FramePairState: {new(protocol.PairState)},
		protocol.FrameThreads: {new(protocol.ThreadsAsk), new(protocol.Threads)}, protocol.FramePull: {new(protocol.PullAsk)}, protocol.FrameChunks: {new(protocol.ChunksAsk)}, protocol.FramePulled: {new(protocol.Pulled)},
		protocol.FrameOK: {new(protocol.Answer)}, protocol.FrameError: {new(protocol.Answer)}, protocol.FrameAnswer: {new(protocol.Answer)},
		protocol.FramePairCommit: {new(protocol.PairCommit)}, protocol.FramePairAnswer: {new(protocol.PairAnswer)}, protocol.FramePairReveal: {new(protocol.PairReveal)},
		protocol.FrameDoor: {new(protocol.DoorCall)},
	}[k]
}

// computed checks the files that hold computations: each is done again from its object.
func computed(name string) checker {
	return checker{func(g good) error {
		found, err := compute(name, g.Object)
		if err != nil {
			return err
		}
		return expect(g, found)
	}, nil}
}

func compute(name string, object []byte) (map[string]any, error) {
	switch name {
	case "keys":
		var in struct {
			Seed    protocol.Bytes `json:"seed"`
			Partner protocol.OrgID `json:"partner"`
		}
		if err := crypto.Unmarshal(object, &in); err != nil {
			return nil, err
		}
		k, err := crypto.SigningKeyFromSeed(in.Seed)
		if err != nil {
			return nil, err
		}
		d, err := crypto.DecryptionKeyFromSeed(in.Seed, now)
		if err != nil {
			return nil, err
		}
		return map[string]any{
			"signing": k.Public(), "kid": k.Kid(), "keyID": crypto.KeyID(k.Public()), "peer": k.Peer(),
			"encryption": d.Public().Key, "encryptionKeyID": d.ID(),
			"pairingSeed": protocol.Bytes(crypto.InvitationKey(in.Seed)), "doorSeed": protocol.Bytes(crypto.DoorKey(in.Seed, in.Partner)),
		}, nil
	case "hashes":
		var in struct {
			Salt protocol.Bytes `json:"salt"`
			Text string         `json:"text"`
		}
		if err := crypto.Unmarshal(object, &in); err != nil {
			return nil, err
		}
		return map[string]any{"body": crypto.BodyHash(in.Salt, []byte(in.Text)), "note": crypto.NoteHash(in.Salt, []byte(in.Text))}, nil
	case "pairing":
		var in struct {
			Invitation   protocol.Hash   `json:"invitation"`
			NonceInvitee protocol.Bytes  `json:"nonceInvitee"`
			NonceInviter protocol.Bytes  `json:"nonceInviter"`
			HeadInvitee  protocol.Hash   `json:"headInvitee"`
			HeadInviter  protocol.Hash   `json:"headInviter"`
			PeerInvitee  protocol.PeerID `json:"peerInvitee"`
			PeerInviter  protocol.PeerID `json:"peerInviter"`
		}
		if err := crypto.Unmarshal(object, &in); err != nil {
			return nil, err
		}
		p := crypto.Pairing{
			Invitation: in.Invitation, NonceInvitee: in.NonceInvitee, NonceInviter: in.NonceInviter,
			HeadInvitee: in.HeadInvitee, HeadInviter: in.HeadInviter, PeerInvitee: in.PeerInvitee, PeerInviter: in.PeerInviter,
			Commit: crypto.Commit(in.Invitation, in.NonceInvitee, in.HeadInvitee, in.PeerInvitee),
		}
		return map[string]any{"commit": p.Commit, "transcript": p.Transcript(), "words": crypto.Words(p.Transcript())}, nil
	}
	return nil, errors.New("no such computation: " + name)
}
