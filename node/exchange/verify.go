package exchange

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"referworks/crypto"
	"referworks/protocol"
)

// Verified is what a proof shows to whoever holds nothing but the proof.
type Verified struct {
	Referral protocol.ReferralID `json:"referral"`
	From     protocol.OrgID      `json:"from"` // who opened it
	To       protocol.OrgID      `json:"to"`
	Steps    []VerifiedStep      `json:"steps"`
	Bodies   int                 `json:"bodies"` // messages whose content is in the file and is the one that was signed
}

// VerifiedStep is one signed message and how far its recipient says it got.
type VerifiedStep struct {
	By       protocol.OrgID       `json:"by"`
	Seq      int64                `json:"seq"`
	Kind     protocol.MessageKind `json:"kind"`
	At       time.Time            `json:"at"` // by its author's clock
	Receipts []VerifiedReceipt    `json:"receipts"`
	Body     []byte               `json:"-"` // empty when it is not in the file
}

// VerifiedReceipt is the recipient's word on a message.
type VerifiedReceipt struct {
	Level protocol.Level `json:"level"`
	At    time.Time      `json:"at"` // by its author's clock
	Code  protocol.Code  `json:"code,omitempty"`
}

// MaxProof is the largest proof that is read, in bytes.
const MaxProof = 64 << 20

var proofLimits = crypto.Limits{Bytes: MaxProof, Depth: 64, Values: 4 << 20}

// WriteProof writes a proof as VerifyProof reads it: canonical JSON, so that not a byte may change.
func WriteProof(p *Proof) ([]byte, error) {
	b, err := crypto.MarshalLimited(p, proofLimits)
	if err != nil {
		return nil, fmt.Errorf("write proof: %w", err)
	}
	return b, nil
}

// VerifyProof checks a proof offline: every signature in it, that each receipt is about a message in it, that each
// side's messages follow one another without a gap, that the terms are those that the messages name, and that bodies are
// the ones that were signed. The error says which part does not hold.
func VerifyProof(b []byte) (*Verified, error) {
	v, err := verifyProof(b)
	if err != nil {
		return nil, fmt.Errorf("verify proof: %w", err)
	}
	return v, nil
}

func verifyProof(b []byte) (*Verified, error) {
	var p Proof
	if err := crypto.UnmarshalLimited(b, &p, proofLimits); err != nil {
		return nil, err
	}
	if again, err := WriteProof(&p); err != nil || string(again) != string(b) {
		return nil, errors.New("the file was changed after it was written: it does not have its exact form any more")
	}
	chains := map[protocol.OrgID]*crypto.Chain{}
	for org, wire := range p.Chains {
		c, err := crypto.VerifyChain(wire)
		if err != nil {
			return nil, fmt.Errorf("the charters of %s: %w", org.Short(), err)
		}
		if c.Org() != org {
			return nil, fmt.Errorf("the charters of %s are another organization's", org.Short())
		}
		chains[org] = c
	}
	v := &proofReader{p: &p, chains: chains, out: &Verified{Referral: p.Referral, Steps: []VerifiedStep{}}, at: map[protocol.Hash]int{}, bodies: map[protocol.Hash]protocol.Hash{}}
	for _, step := range []func() error{v.messages, v.receipts, v.terms, v.standings, v.contents} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v.out, nil
}

type proofReader struct {
	p      *Proof
	chains map[protocol.OrgID]*crypto.Chain
	out    *Verified
	at     map[protocol.Hash]int           // step by content
	bodies map[protocol.Hash]protocol.Hash // body hash by content
	named  protocol.Hash                   // terms
}

func (v *proofReader) messages() error {
	last := map[protocol.OrgID]*protocol.Manifest{}
	head := map[protocol.OrgID]protocol.Hash{}
	for i, token := range v.p.Messages {
		var peek protocol.Manifest
		if _, err := crypto.Peek([]byte(token), protocol.TypMessage, &peek); err != nil {
			return fmt.Errorf("message %d: %w", i+1, err)
		}
		chain := v.chains[peek.From]
		if chain == nil || len(v.chains) != 2 || v.chains[peek.To] == nil {
			return fmt.Errorf("message %d: the charters of its two sides are not in the file", i+1)
		}
		m, content, err := crypto.VerifyMessageEver([]byte(token), chain)
		if err != nil {
			return fmt.Errorf("message %d: %w", i+1, err)
		}
		before := last[m.From]
		switch {
		case m.Referral != v.p.Referral:
			return fmt.Errorf("message %d is of another referral", i+1)
		case m.Kind == protocol.KindReferral && i > 0, m.Kind != protocol.KindReferral && v.out.From == "" && i == 0:
			return fmt.Errorf("message %d does not open the referral, and no other does", i+1)
		case before == nil && m.Seq != 1, before != nil && (m.Seq != before.Seq+1 || m.Prev != head[m.From]):
			return fmt.Errorf("message %d does not follow the one before it", i+1)
		}
		if i == 0 {
			v.out.From, v.out.To, v.named = m.From, m.To, m.Terms
		}
		if m.Terms != v.named {
			return fmt.Errorf("message %d names other terms than the first", i+1)
		}
		last[m.From], head[m.From] = m, content
		v.at[content], v.bodies[content] = len(v.out.Steps), m.Body
		v.out.Steps = append(v.out.Steps, VerifiedStep{By: m.From, Seq: m.Seq, Kind: m.Kind, At: time.UnixMilli(m.At).UTC(), Receipts: []VerifiedReceipt{}})
	}
	if len(v.p.Messages) == 0 {
		return errors.New("there is no message in it")
	}
	return nil
}

func (v *proofReader) receipts() error {
	var verifier crypto.ReceiptVerifier
	for i := range v.p.Receipts {
		r := &v.p.Receipts[i].Receipt
		chain := v.chains[r.From]
		if chain == nil {
			return fmt.Errorf("receipt %d: the charters of its author are not in the file", i+1)
		}
		if err := verifier.VerifyEver(&v.p.Receipts[i], chain); err != nil {
			return fmt.Errorf("receipt %d: %w", i+1, err)
		}
		at, ok := v.at[r.Manifest]
		if !ok || v.out.Steps[at].By != r.To || v.out.Steps[at].Seq != r.Seq || r.Referral != v.p.Referral {
			return fmt.Errorf("receipt %d is about no message in the file", i+1)
		}
		step := &v.out.Steps[at]
		step.Receipts = append(step.Receipts, VerifiedReceipt{r.Level, time.UnixMilli(r.At).UTC(), r.Code})
	}
	return nil
}

func (v *proofReader) terms() error {
	if v.p.Terms == nil {
		return nil
	}
	hash, err := crypto.HashOf(v.p.Terms)
	if err == nil && hash != v.named {
		err = errors.New("they are not those that the messages name")
	}
	if err != nil {
		return fmt.Errorf("the terms: %w", err)
	}
	return nil
}

func (v *proofReader) standings() error {
	for i, token := range v.p.Standings {
		var peek protocol.Standing
		if _, err := crypto.Peek([]byte(token), protocol.TypStanding, &peek); err != nil {
			return fmt.Errorf("standing %d: %w", i+1, err)
		}
		chain := v.chains[peek.By]
		if chain == nil {
			return fmt.Errorf("standing %d: the charters of its author are not in the file", i+1)
		}
		if _, err := crypto.VerifyStandingEver(token, chain); err != nil {
			return fmt.Errorf("standing %d: %w", i+1, err)
		}
	}
	return nil
}

func (v *proofReader) contents() error {
	var seen []protocol.Hash
	for i, b := range v.p.Bodies {
		at, ok := v.at[b.Message]
		if !ok || slices.Contains(seen, b.Message) || crypto.BodyHash(b.Salt, b.Body) != v.bodies[b.Message] {
			return fmt.Errorf("content %d is not what was signed", i+1)
		}
		seen = append(seen, b.Message)
		v.out.Steps[at].Body = b.Body
		v.out.Bodies++
	}
	return nil
}
