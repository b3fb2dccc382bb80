package protocol

import (
	"errors"
	"regexp"
)

// Kind is what a message does in its thread. This version sends KindReferral and the kinds of the lifecycle
// table; an unknown kind of a newer sender is refused as CodeSchema.
type Kind = MessageKind

// MessageKind names a step of a thread.
type MessageKind string

// The kinds of messages. KindReferral opens a thread and nothing else does.
const (
	KindReferral       MessageKind = "referral"
	KindAccept         MessageKind = "accept"
	KindDecline        MessageKind = "decline"
	KindReturn         MessageKind = "return"
	KindWaitlist       MessageKind = "waitlist"
	KindReview         MessageKind = "review"
	KindUnaccept       MessageKind = "unaccept"
	KindSchedule       MessageKind = "schedule"
	KindNoShow         MessageKind = "no-show"
	KindServe          MessageKind = "serve"
	KindClose          MessageKind = "close"
	KindReopen         MessageKind = "reopen"
	KindRecall         MessageKind = "recall"
	KindRecallAnswer   MessageKind = "recall-answer"
	KindConsentEnded   MessageKind = "consent-ended"
	KindPurged         MessageKind = "purged"
	KindUpdate         MessageKind = "update"
	KindQuestion       MessageKind = "question"
	KindAnswer         MessageKind = "answer"
	KindNote           MessageKind = "note"
	KindAttach         MessageKind = "attach"
	KindEnteredInError MessageKind = "entered-in-error"
	KindPropose        MessageKind = "propose"
	KindProposeAnswer  MessageKind = "propose-answer"
	KindCleared        MessageKind = "cleared"
)

// Known tells whether this version can read messages of the kind.
func (k MessageKind) Known() bool { return kinds[k] }

var kinds = map[MessageKind]bool{
	KindReferral: true, KindAccept: true, KindDecline: true, KindReturn: true, KindWaitlist: true, KindReview: true,
	KindUnaccept: true, KindSchedule: true, KindNoShow: true, KindServe: true, KindClose: true, KindReopen: true,
	KindRecall: true, KindRecallAnswer: true, KindConsentEnded: true, KindPurged: true, KindUpdate: true,
	KindQuestion: true, KindAnswer: true, KindNote: true, KindAttach: true, KindEnteredInError: true,
	KindPropose: true, KindProposeAnswer: true, KindCleared: true,
}

// SchemaNow is the newest minor of the common standard that this version writes.
const SchemaNow = "referral/1.0"

// Manifest is the signed face of a message (typ rw-message): everything two machines need to judge it, and
// nothing about the person. Identity is (from, to, referral, seq); content is the hash of the canonical form.
type Manifest struct {
	V        int         `json:"v"`
	From     OrgID       `json:"from"`
	To       OrgID       `json:"to"`
	Referral ReferralID  `json:"referral"`
	Seq      int64       `json:"seq"`           // the author's own messages in the thread, from 1 without gaps
	Prev     Hash        `json:"prev,omitzero"` // hash of the author's manifest seq-1; absent for seq 1
	Seen     int64       `json:"seen"`          // the highest seq of the other side that the author held
	Kind     MessageKind `json:"kind"`
	Schema   string      `json:"schema"`
	Terms    Hash        `json:"terms"` // those of the thread's first message
	At       int64       `json:"at"`
	Expires  int64       `json:"expires"` // milliseconds UTC, at most 90 days after At
	Body     Hash        `json:"body"`    // salted hash of the canonical body
}

var schemaName = regexp.MustCompile(`^referral/1\.(0|[1-9][0-9]{0,3})$`)

// MaxLifetime is how far Expires may lie after At, in milliseconds.
const MaxLifetime = 90 * 24 * 3600 * 1000

// Validate checks form; what depends on the time, the grant or the thread is checked by its receiver.
func (m *Manifest) Validate() error {
	if m.V != Version || m.Terms.IsZero() || m.Body.IsZero() || m.At <= 0 || m.Seen < 0 {
		return errors.New("read manifest: a member is missing or of another version")
	}
	if m.Seq < 1 || (m.Seq == 1) != m.Prev.IsZero() {
		return errors.New("read manifest: the numbering does not start at 1 or does not name the message before")
	}
	if m.Expires <= m.At || m.Expires-m.At > MaxLifetime {
		return errors.New("read manifest: it must expire within 90 days")
	}
	if _, err := ParseReferralID(string(m.Referral)); err != nil {
		return err
	}
	for _, id := range []OrgID{m.From, m.To} {
		if _, err := ParseOrgID(string(id)); err != nil {
			return err
		}
	}
	if m.From == m.To || m.Kind == "" || len(m.Kind) > 40 || !schemaName.MatchString(m.Schema) {
		return errors.New("read manifest: sender and recipient, the kind or the schema are not usable")
	}
	return nil
}

// Level is how far a message got, in its order; refused stands apart.
type Level string

// The levels of a receipt.
const (
	Received       Level = "received"        // on the receiver's disk
	Delivered      Level = "delivered"       // written into the receiver's medium, which answered
	DeliveredBlind Level = "delivered-blind" // handed to e-mail or a file; nobody confirmed
	Read           Level = "read"
	Refused        Level = "refused"
)

// Receipt is the receiver's word on one message. It is a leaf of a signed tree (see ReceiptProof) and carries
// its own salt, so that a proof shows no other referral.
type Receipt struct {
	V        int        `json:"v"`
	From     OrgID      `json:"from"` // author of the receipt: the message's recipient
	To       OrgID      `json:"to"`
	Referral ReferralID `json:"referral"`
	Seq      int64      `json:"seq"`
	Manifest Hash       `json:"manifest"`
	Level    Level      `json:"level"`
	At       int64      `json:"at"`
	Charter  Hash       `json:"charter"`           // the author's charter when it signed
	Note     Hash       `json:"note,omitzero"`     // salted hash of what travels sealed beside it
	Code     Code       `json:"code,omitempty"`    // of a refusal
	RetryAt  int64      `json:"retryAt,omitempty"` // of a refusal that is temporary
	Salt     Bytes      `json:"salt"`              // 16 bytes
}

// Validate checks form.
func (r *Receipt) Validate() error {
	if r.V != Version || r.Seq < 1 || r.At <= 0 || r.Manifest.IsZero() || r.Charter.IsZero() || len(r.Salt) != 16 || r.From == r.To {
		return errors.New("read receipt: a member is missing or of another version")
	}
	switch r.Level {
	case Received, Delivered, DeliveredBlind, Read:
		if r.Code != "" {
			return errors.New("read receipt: only a refusal has a code")
		}
	case Refused:
		if r.Code == "" {
			return errors.New("read receipt: a refusal has no code")
		}
	default:
		return errors.New("read receipt: its level is not known here")
	}
	if _, err := ParseReferralID(string(r.Referral)); err != nil {
		return err
	}
	return nil
}

// ReceiptTree is what the signature over receipts covers (typ rw-receipt): the root of an RFC 6962 tree over the
// canonical receipts, all from one organization to one other.
type ReceiptTree struct {
	V    int   `json:"v"`
	From OrgID `json:"from"`
	To   OrgID `json:"to"`
	Size int64 `json:"size"`
	Root Hash  `json:"root"`
}

// ReceiptProof is a receipt as it travels and is kept: with one signature for a group.
type ReceiptProof struct {
	Receipt Receipt `json:"receipt"`
	Index   int64   `json:"index"`
	Path    []Hash  `json:"path"`
	JWS     string  `json:"jws"`
}

// Note travels sealed beside a receipt: the medium's own reference and the report of the conversion. Role, never
// a name, says who acted.
type Note struct {
	Reference string `json:"reference,omitempty"`
	Role      string `json:"role,omitempty"`
	Sentence  string `json:"sentence,omitempty"`
	Report    Bytes  `json:"report,omitempty"` // the receiver's conversion report: JSON, deflated (RFC 1951)
}

// EnvelopeHeader stands in the clear before the ciphertext and is bound to it as HPKE's info.
type EnvelopeHeader struct {
	V       int    `json:"v"`
	Suite   string `json:"suite"`
	From    OrgID  `json:"from"`
	To      OrgID  `json:"to"`
	Kid     Hash   `json:"kid"`     // of the recipient's encryption key
	Charter Hash   `json:"charter"` // the sender's newest, so that the receiver knows whether to pull
}

// Validate checks form.
func (h *EnvelopeHeader) Validate() error {
	if h.V != Version || h.Suite == "" || len(h.Suite) > 64 || h.Kid.IsZero() || h.Charter.IsZero() || h.From == h.To {
		return errors.New("read envelope: a member is missing or of another version")
	}
	for _, id := range []OrgID{h.From, h.To} {
		if _, err := ParseOrgID(string(id)); err != nil {
			return err
		}
	}
	return nil
}

// Head is the daily signature over an organization's audit log (typ rw-head).
type Head struct {
	V    int   `json:"v"`
	Org  OrgID `json:"org"`
	Size int64 `json:"size"`
	Root Hash  `json:"root"`
	At   int64 `json:"at"`
}

// Sizes, in bytes unless said.
const (
	MaxFrame      = 64 << 10  // control frame
	MaxCharter    = 16 << 10  // charter and card
	MaxPlaintext  = 512 << 10 // message in an envelope
	MaxEnvelope   = MaxPlaintext + 80<<10
	MaxChunk      = 256 << 10 // of a file, without its tag
	MaxFiles      = 64        // a referral
	MaxFile       = 25 << 20
	MaxFilesBytes = 50 << 20 // of a referral
)
