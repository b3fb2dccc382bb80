package crypto

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"sync"

	"referworks/protocol"
)

// MaxGroup is how many receipts one signature may cover.
const MaxGroup = 4096

// SignReceipts signs a group of receipts from one organization to one other, at most MaxGroup, with one signature over
// the root of their RFC 6962 tree. The proofs are in the order of the receipts; each stands alone.
func SignReceipts(key *SigningKey, receipts []protocol.Receipt) ([]protocol.ReceiptProof, error) {
	if len(receipts) == 0 || len(receipts) > MaxGroup {
		return nil, fmt.Errorf("sign receipts: %d in a group; it may have 1 to %d", len(receipts), MaxGroup)
	}
	leaves := make([]protocol.Hash, len(receipts))
	for i := range receipts {
		r := &receipts[i]
		if r.From != receipts[0].From || r.To != receipts[0].To {
			return nil, fmt.Errorf("sign receipts: %w: a group has one sender and one recipient", ErrForm)
		}
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("sign receipts: %w", err)
		}
		var err error
		if leaves[i], err = leafHash(r); err != nil {
			return nil, fmt.Errorf("sign receipts: %w", err)
		}
	}
	token, err := Sign(protocol.TypReceipt, key, &protocol.ReceiptTree{
		V: protocol.Version, From: receipts[0].From, To: receipts[0].To, Size: int64(len(leaves)), Root: treeRoot(leaves),
	})
	if err != nil {
		return nil, err
	}
	proofs := make([]protocol.ReceiptProof, len(receipts))
	for i, r := range receipts {
		proofs[i] = protocol.ReceiptProof{Receipt: r, Index: int64(i), Path: treePath(leaves, i), JWS: string(token)}
	}
	return proofs, nil
}

// VerifyReceipt checks a receipt that arrives fresh: its tree is signed under the newest charter of its author, by a
// key that the charter named in the receipt delegates (ErrCharter when the chain does not hold that one).
func VerifyReceipt(p *protocol.ReceiptProof, from *Chain) error {
	return new(ReceiptVerifier).Verify(p, from)
}

// VerifyReceiptEver checks a receipt that was pulled, kept or is to be proved.
func VerifyReceiptEver(p *protocol.ReceiptProof, from *Chain) error {
	return new(ReceiptVerifier).VerifyEver(p, from)
}

// ReceiptVerifier verifies receipts and remembers the last trees whose signature it verified, so that a group costs
// one signature. The zero value is ready; it is safe for concurrent use.
type ReceiptVerifier struct {
	mu    sync.Mutex
	trees map[protocol.Hash]*verifiedTree // by the hash of token and signer
	order []protocol.Hash                 // oldest first, at most maxTrees
}

const maxTrees = 64

type verifiedTree struct {
	tree   protocol.ReceiptTree
	signer protocol.Delegate
}

// Verify is VerifyReceipt.
func (v *ReceiptVerifier) Verify(p *protocol.ReceiptProof, from *Chain) error {
	return v.verify(p, from, from.Key)
}

// VerifyEver is VerifyReceiptEver.
func (v *ReceiptVerifier) VerifyEver(p *protocol.ReceiptProof, from *Chain) error {
	return v.verify(p, from, from.KeyEver)
}

func (v *ReceiptVerifier) verify(p *protocol.ReceiptProof, from *Chain, key func(string) (protocol.Delegate, bool)) error {
	if err := p.Receipt.Validate(); err != nil {
		return fmt.Errorf("verify receipt: %w: %w", ErrForm, err)
	}
	t, err := v.tree(p.JWS, key)
	if err != nil {
		return fmt.Errorf("verify receipt: %w", err)
	}
	r := &p.Receipt
	if r.From != from.Org() || t.tree.From != r.From || t.tree.To != r.To {
		return fmt.Errorf("verify receipt: %w", ErrWrongOrg)
	}
	if err := from.delegatedBy(r.Charter, t.signer); err != nil {
		return fmt.Errorf("verify receipt: %w", err)
	}
	leaf, err := leafHash(r)
	if err != nil {
		return fmt.Errorf("verify receipt: %w", err)
	}
	if root, ok := rootOf(leaf, p.Index, t.tree.Size, p.Path); !ok || root != t.tree.Root {
		return fmt.Errorf("verify receipt: %w: it is not in the tree that was signed", ErrSignature)
	}
	return nil
}

// tree verifies the signature over a tree, or finds that it did so before. The signer is looked up each time.
func (v *ReceiptVerifier) tree(jws string, key func(string) (protocol.Delegate, bool)) (*verifiedTree, error) {
	token := []byte(jws)
	name := protocol.Hash(sha256.Sum256(token))
	v.mu.Lock()
	t := v.trees[name]
	v.mu.Unlock()
	if t != nil {
		if d, ok := key(Thumbprint(t.signer.Key)); !ok || !d.Key.Equal(t.signer.Key) {
			return nil, ErrKey
		} else if d.Peer != t.signer.Peer {
			return &verifiedTree{t.tree, d}, nil
		}
		return t, nil
	}
	tree, signer, _, err := verify[signedTree](token, protocol.TypReceipt, key)
	if err != nil {
		return nil, err
	}
	t = &verifiedTree{protocol.ReceiptTree(*tree), signer}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.trees == nil {
		v.trees = make(map[protocol.Hash]*verifiedTree, maxTrees)
	}
	if v.trees[name] == nil {
		v.order = append(v.order, name)
	}
	v.trees[name] = t
	if len(v.order) > maxTrees {
		delete(v.trees, v.order[0])
		v.order = append(v.order[:0], v.order[1:]...)
	}
	return t, nil
}

// signedTree adds the check of form that the other objects have.
type signedTree protocol.ReceiptTree

func (t *signedTree) Validate() error {
	if t.V != protocol.Version || t.Size < 1 || t.Size > MaxGroup || t.From == t.To {
		return fmt.Errorf("read receipt tree: its size or its sides are not usable")
	}
	return nil
}

// leafHash and nodeHash are those of RFC 6962, section 2.1.
func leafHash(r *protocol.Receipt) (protocol.Hash, error) {
	b, err := Marshal(r)
	if err != nil {
		return protocol.Hash{}, err
	}
	return sha256.Sum256(append([]byte{0}, b...)), nil
}

func nodeHash(left, right protocol.Hash) protocol.Hash {
	var b [65]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return sha256.Sum256(b[:])
}

// splitAt is the largest power of two below n, for n of at least 2.
func splitAt(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

func treeRoot(leaves []protocol.Hash) protocol.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := splitAt(len(leaves))
	return nodeHash(treeRoot(leaves[:k]), treeRoot(leaves[k:]))
}

// treePath is PATH(m, D) of RFC 6962, section 2.1.1.
func treePath(leaves []protocol.Hash, m int) []protocol.Hash {
	if len(leaves) == 1 {
		return nil
	}
	k := splitAt(len(leaves))
	if m < k {
		return append(treePath(leaves[:k], m), treeRoot(leaves[k:]))
	}
	return append(treePath(leaves[k:], m-k), treeRoot(leaves[:k]))
}

// rootOf follows a path up (RFC 9162, section 2.1.3.2); ok is false when the path has not exactly the length that index
// and size ask for.
func rootOf(leaf protocol.Hash, index, size int64, path []protocol.Hash) (root protocol.Hash, ok bool) {
	if index < 0 || index >= size {
		return root, false
	}
	fn, sn := index, size-1
	root = leaf
	for _, p := range path {
		if sn == 0 {
			return root, false
		}
		if fn&1 == 1 || fn == sn {
			root = nodeHash(p, root)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			root = nodeHash(root, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	return root, sn == 0
}
