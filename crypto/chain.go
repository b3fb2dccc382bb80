package crypto

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	"referworks/protocol"
)

// Chain is an organization's verified chain: its inception and the charters that stand, oldest first. It never
// changes and may be shared.
type Chain struct {
	org   protocol.OrgID
	wire  protocol.Chain
	links []link
	ever  map[string]int // kid -> the newest link that delegates it
}

// link is one charter with what was made of it.
type link struct {
	token   string
	charter protocol.Charter
	hash    protocol.Hash // of the canonical charter
	keys    map[string]protocol.Delegate
}

// VerifyChain checks a chain from its inception on: each hash, each number, each signature, each key. It needs nothing
// that is known before, since the organization's id is the hash of the inception.
func VerifyChain(w protocol.Chain) (*Chain, error) { return verifyChain(w, nil) }

// verifyChain skips the signatures of charters that known holds at the same place.
func verifyChain(w protocol.Chain, known *Chain) (_ *Chain, err error) {
	defer guard(&err)
	if len(w.Charters) == 0 || len(w.Charters) > protocol.MaxChain {
		return nil, fmt.Errorf("verify chain: %w: it has %d charters and may have 1 to %d", ErrForm, len(w.Charters), protocol.MaxChain)
	}
	if err := w.Inception.Validate(); err != nil {
		return nil, fmt.Errorf("verify chain: %w", err)
	}
	inception, err := HashOf(w.Inception)
	if err != nil {
		return nil, fmt.Errorf("verify chain: %w", err)
	}
	c := &Chain{org: protocol.OrgIDOf(inception), wire: protocol.Chain{Inception: w.Inception}}
	same, checked := known != nil && known.org == c.org, checkedKeys{}
	for i, token := range w.Charters {
		if same = same && i < len(known.links) && known.links[i].token == token; same {
			c.links = append(c.links, known.links[i])
			continue
		}
		l, err := checked.readCharter([]byte(token))
		if err != nil {
			return nil, fmt.Errorf("verify chain, charter %d: %w", i, err)
		}
		if err := c.fits(&l.charter, inception); err != nil {
			return nil, fmt.Errorf("verify chain, charter %d: %w", i, err)
		}
		c.links = append(c.links, l)
	}
	c.index()
	return c, nil
}

// checkedKeys remembers the keys of a chain that CheckKey found good: most charters repeat them.
type checkedKeys map[string]bool

func (k checkedKeys) check(key protocol.Key) error {
	if k[string(key.Key)] {
		return nil
	}
	err := CheckKey(key)
	k[string(key.Key)] = err == nil
	return err
}

// readCharter verifies a charter by the root that it names itself; whether that root may speak, fits decides.
func (k checkedKeys) readCharter(token []byte) (link, error) {
	l := link{token: string(token)}
	if len(token) > protocol.MaxCharter {
		return l, fmt.Errorf("%w: a charter has at most %d bytes", ErrForm, protocol.MaxCharter)
	}
	if _, err := Peek(token, protocol.TypCharter, &l.charter); err != nil {
		return l, err
	}
	if err := k.check(l.charter.Root); err != nil {
		return l, err
	}
	payload, _, err := verifyToken(token, protocol.TypCharter, func(kid string) (protocol.Key, bool) {
		return l.charter.Root, kid == Thumbprint(l.charter.Root)
	})
	if err != nil {
		return l, err
	}
	l.charter = protocol.Charter{}
	if err := readExact(payload, &l.charter); err != nil {
		return l, err
	}
	l.hash = sha256.Sum256(payload)
	l.keys = make(map[string]protocol.Delegate, len(l.charter.Nodes))
	for _, d := range l.charter.Nodes {
		if err := k.check(d.Key); err != nil {
			return l, err
		}
		l.keys[Thumbprint(d.Key)] = d
	}
	return l, nil
}

// fits tells whether a charter may follow the last one of the chain so far, or the inception.
func (c *Chain) fits(n *protocol.Charter, inception protocol.Hash) error {
	prev, root, next, epoch, number := inception, c.wire.Inception.Root, c.wire.Inception.Next, int64(0), int64(-1)
	if len(c.links) > 0 {
		last := &c.links[len(c.links)-1]
		prev, root, next, epoch, number = last.hash, last.charter.Root, last.charter.Next, last.charter.Epoch, last.charter.N
	}
	switch {
	case n.Org != c.org:
		return ErrWrongOrg
	case n.Prev != prev:
		return fmt.Errorf("%w: it does not name the charter before it", ErrForm)
	case n.Epoch == epoch && n.N == number+1:
		if !n.Root.Equal(root) || n.Next != next {
			return fmt.Errorf("%w: only a rotation may change root and next", ErrForm)
		}
		return nil
	case n.Epoch == epoch+1 && n.N == 0:
		if KeyID(n.Root) != next {
			return fmt.Errorf("%w: the rotation is not by the next root that was promised", ErrKey)
		}
		if n.Keeps != prev {
			return fmt.Errorf("%w: the rotation keeps another charter than the one before it", ErrForm)
		}
		return nil
	}
	return fmt.Errorf("%w: its number does not follow", ErrForm)
}

func (c *Chain) index() {
	c.ever = map[string]int{}
	c.wire.Charters = make([]string, len(c.links))
	for i, l := range c.links {
		c.wire.Charters[i] = l.token
		for kid := range l.keys {
			c.ever[kid] = i
		}
	}
}

func (c *Chain) last() *link { return &c.links[len(c.links)-1] }

// Org gives the organization's id.
func (c *Chain) Org() protocol.OrgID { return c.org }

// Head gives the newest charter. Its lists are shared: do not change them.
func (c *Chain) Head() protocol.Charter { return c.last().charter }

// Mark names the newest charter.
func (c *Chain) Mark() protocol.CharterMark {
	l := c.last()
	return protocol.CharterMark{Epoch: l.charter.Epoch, N: l.charter.N, Hash: l.hash}
}

// Wire gives the chain as it travels and is kept. Its list is shared: do not change it.
func (c *Chain) Wire() protocol.Chain { return c.wire }

// Key gives the delegate of the newest charter whose signing key has this kid.
func (c *Chain) Key(kid string) (protocol.Delegate, bool) {
	d, ok := c.last().keys[kid]
	return d, ok
}

// KeyEver is Key over every charter of the chain, the newest that names the key first. Keys that only dropped
// charters named are not in it.
func (c *Chain) KeyEver(kid string) (protocol.Delegate, bool) {
	i, ok := c.ever[kid]
	if !ok {
		return protocol.Delegate{}, false
	}
	return c.links[i].keys[kid], true
}

// Holds tells whether a charter of this hash stands in the chain.
func (c *Chain) Holds(charter protocol.Hash) bool { return c.at(charter) != nil }

func (c *Chain) at(charter protocol.Hash) *link {
	for i := len(c.links) - 1; i >= 0; i-- {
		if c.links[i].hash == charter {
			return &c.links[i]
		}
	}
	return nil
}

// HasPeer tells whether the newest charter delegates the peer.
func (c *Chain) HasPeer(peer protocol.PeerID) bool {
	for _, d := range c.last().charter.Nodes {
		if d.Peer == peer {
			return true
		}
	}
	return false
}

// Peers lists the peers of the newest charter.
func (c *Chain) Peers() []protocol.PeerID {
	var peers []protocol.PeerID
	for _, d := range c.last().charter.Nodes {
		peers = append(peers, d.Peer)
	}
	return peers
}

// Expired tells whether the newest charter has an end and now is past it.
func (c *Chain) Expired(now time.Time) bool {
	e := c.last().charter.Expires
	return e != 0 && now.UnixMilli() > e
}

// Change is what another copy of a chain means for the one that is held.
type Change int

// The changes that Merge finds.
const (
	Same    Change = iota
	Older          // theirs lacks charters of ours, or is of an epoch before a rotation that we hold
	Newer          // theirs goes on where ours ends
	Rotated        // theirs has a higher epoch: it wins, whatever ours held, and clears an alarm
	Forked         // two different charters with one number: sending stops; the caller keeps and shows both
)

func (c Change) String() string {
	return [...]string{"same", "older", "newer", "rotated", "forked"}[c]
}

// Merge verifies another copy of the organization's chain and gives the one to hold from now on: theirs when Newer or
// Rotated, else c itself. After Forked the caller keeps theirs beside c and raises the alarm; only a later Rotated
// clears it. Charters that both copies share are not verified again.
func (c *Chain) Merge(theirs protocol.Chain) (*Chain, Change, error) {
	t, err := verifyChain(theirs, c)
	if err != nil {
		return c, Same, err
	}
	if t.org != c.org {
		return c, Same, fmt.Errorf("merge chain: %w", ErrWrongOrg)
	}
	ours, new := c.last().charter.Epoch, t.last().charter.Epoch
	if new > ours {
		return t, Rotated, nil
	}
	if new < ours {
		return c, Older, nil
	}
	for i := range min(len(c.links), len(t.links)) {
		if c.links[i].hash != t.links[i].hash {
			return c, Forked, nil
		}
	}
	switch {
	case len(t.links) > len(c.links):
		return t, Newer, nil
	case len(t.links) < len(c.links):
		return c, Older, nil
	}
	return c, Same, nil
}

// Dropped lists the kids that c delegated at some time and that newer, which a rotation made, no longer knows from any
// charter that it kept: what they sign is refused, and what they signed is to be marked.
func (c *Chain) Dropped(newer *Chain) []string {
	var kids []string
	for kid := range c.ever {
		if _, ok := newer.ever[kid]; !ok {
			kids = append(kids, kid)
		}
	}
	return kids
}

// Equal compares two chains by their charters.
func (c *Chain) Equal(o *Chain) bool {
	return c.org == o.org && len(c.links) == len(o.links) && bytes.Equal(c.last().hash[:], o.last().hash[:])
}
