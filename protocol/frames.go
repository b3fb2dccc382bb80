package protocol

// Stream protocols of libp2p. A stranger sees none of them.
const (
	ProtoPair    = "/referworks/pair/1"    // one use, for the two sides of an invitation
	ProtoPeer    = "/referworks/peer/1"    // hello, chain, card, terms, standing, pull
	ProtoDeliver = "/referworks/deliver/1" // envelopes and receipts; needs an active grant
	ProtoDoor    = "/referworks/door/1"    // a charter chain and a card from an organization that moved
)

// FrameKind is the byte after a frame's length.
type FrameKind byte

// The kinds of frames. Every request has exactly one answer, in order; a handler resets the stream on any kind
// that it does not serve.
const (
	FrameHello     FrameKind = 1 // Hello <-> Hello
	FramePairHello FrameKind = 2 // PairHello -> PairHello
	FramePairState FrameKind = 3 // PairState -> PairState
	FrameThreads   FrameKind = 4 // ThreadsAsk -> Threads
	FramePull      FrameKind = 5 // PullAsk -> FramePulled, once a message and receipt, then FrameOK
	FramePulled    FrameKind = 6 // Pulled, then one envelope frame when it announces one
	FrameChunks    FrameKind = 7 // ChunksAsk -> FrameChunk, once a chunk, then FrameOK
	FrameOK        FrameKind = 8
	FrameError     FrameKind = 9  // Answer with a code
	FrameChunk     FrameKind = 10 // uint32 header length, canonical ChunkHead, the sealed chunk

	FramePairCommit FrameKind = 16 // PairCommit -> PairAnswer
	FramePairAnswer FrameKind = 17
	FramePairReveal FrameKind = 18 // PairReveal -> FrameOK

	FrameEnvelope FrameKind = 32 // uint32 header length, canonical EnvelopeHeader, ciphertext -> FrameAnswer
	FrameAnswer   FrameKind = 33 // Answer

	FrameDoor FrameKind = 48 // DoorCall -> DoorCall
)

// Hello opens each peer stream, in both directions; it is inside TLS and unsigned.
type Hello struct {
	V         int    `json:"v"`
	Proto     string `json:"proto"`     // the stream's protocol: NewStream is lazy, so the first frame names it
	Protocols []int  `json:"protocols"` // majors
	Time      int64  `json:"time"`      // milliseconds UTC, own clock
	MaxFrame  int    `json:"maxFrame"`
	Instance  Bytes  `json:"instance"` // 16 random bytes of this start: two running copies of a node show
}

// CharterMark names a charter without carrying it.
type CharterMark struct {
	Epoch int64 `json:"epoch"`
	N     int64 `json:"n"`
	Hash  Hash  `json:"hash"`
}

// PairHello says where one side of a pair stands; the answer says the same from the other side.
type PairHello struct {
	V         int         `json:"v"`
	From      OrgID       `json:"from"`
	To        OrgID       `json:"to"`
	Charter   CharterMark `json:"charter"` // own newest
	Held      CharterMark `json:"held"`    // newest of the other's that we hold
	Card      int64       `json:"card"`    // own newest n
	HeldCard  int64       `json:"heldCard"`
	Standings []Mark      `json:"standings"` // all newest standings of the pair that we hold, ours and theirs
	Threads   Hash        `json:"threads"`   // sum over threads with a receipt in the last 90 days
}

// Mark is the number of the newest standing of one side for one direction.
type Mark struct {
	From  OrgID `json:"from"`
	By    OrgID `json:"by"`
	Terms Hash  `json:"terms"`
	N     int64 `json:"n"`
}

// PairState carries what the other side lacks; the answer carries what we lack. MaxState limits it.
type PairState struct {
	V         int      `json:"v"`
	From      OrgID    `json:"from"`
	To        OrgID    `json:"to"`
	Chain     *Chain   `json:"chain,omitempty"`
	Card      string   `json:"card,omitempty"`      // compact JWS
	Terms     []Terms  `json:"terms,omitempty"`     // immutable, so unsigned: a standing names their hash
	Standings []string `json:"standings,omitempty"` // compact JWS
}

// MaxState is the largest PairState frame, in bytes.
const MaxState = 512 << 10

// ThreadsAsk asks for a page of the pair's threads, after a referral id.
type ThreadsAsk struct {
	V     int        `json:"v"`
	From  OrgID      `json:"from"`
	To    OrgID      `json:"to"`
	After ReferralID `json:"after,omitempty"`
}

// Threads is a page of at most 256.
type Threads struct {
	V    int          `json:"v"`
	Rows []ThreadMark `json:"rows"`
	More bool         `json:"more"`
}

// ThreadMark is the highest receipted seq of each side: Mine of who speaks, Yours of who asked.
type ThreadMark struct {
	Referral ReferralID `json:"referral"`
	Mine     int64      `json:"mine"`
	Yours    int64      `json:"yours"`
}

// PullAsk asks for the messages of a thread that the asker lacks.
type PullAsk struct {
	V        int        `json:"v"`
	From     OrgID      `json:"from"`
	To       OrgID      `json:"to"`
	Referral ReferralID `json:"referral"`
	By       OrgID      `json:"by"`    // whose messages
	After    int64      `json:"after"` // seq
}

// Pulled announces one message with the receipts that its holder has for it; an envelope frame follows unless
// its content was erased.
type Pulled struct {
	V        int            `json:"v"`
	Manifest string         `json:"manifest"` // the original compact JWS
	Receipts []ReceiptProof `json:"receipts,omitempty"`
	Erased   bool           `json:"erased,omitempty"`
}

// ChunksAsk asks for chunks of one file that a message of the asked side lists, from First on.
type ChunksAsk struct {
	V        int        `json:"v"`
	From     OrgID      `json:"from"`
	To       OrgID      `json:"to"`
	Referral ReferralID `json:"referral"`
	Root     Hash       `json:"root"` // of the file, as the message lists it
	First    int64      `json:"first"`
	Most     int64      `json:"most"` // how many; the answer may have fewer, and at most MaxChunks
}

// MaxChunks is how many chunks one answer may have.
const MaxChunks = 16

// ChunkHead shows that a chunk is part of the file whose root was asked for: RFC 6962, section 2.1.1.
type ChunkHead struct {
	Index int64  `json:"index"`
	Path  []Hash `json:"path,omitempty"`
}

// Answer answers an envelope, or any request that could not be served. At most one of Receipt and Code is set;
// neither means a plain ok (a later receipt was stored).
type Answer struct {
	V       int           `json:"v"`
	Receipt *ReceiptProof `json:"receipt,omitempty"`
	Code    Code          `json:"code,omitempty"`
	RetryAt int64         `json:"retryAt,omitempty"` // milliseconds UTC
	Card    string        `json:"card,omitempty"`    // with key-unknown: the newest card, compact JWS
}

// DoorCall presents a charter chain and a card at a door; the answer is the other side's.
type DoorCall struct {
	V     int    `json:"v"`
	From  OrgID  `json:"from"`
	To    OrgID  `json:"to"`
	Chain Chain  `json:"chain"`
	Card  string `json:"card"`
}

// Announcement is what the opt-in community topic carries: a public signed card and the chain that verifies it.
type Announcement struct {
	V     int    `json:"v"`
	Chain Chain  `json:"chain"`
	Card  string `json:"card"`
}

// MaxAnnouncement is the largest gossip message, in bytes.
const MaxAnnouncement = 64 << 10
