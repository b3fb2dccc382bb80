package store

import (
	"crypto/cipher"
	"slices"
	"strings"
)

// overlay holds what a closure wrote, and in turn what the closures of a batch wrote, until it counts.
type overlay struct {
	changes map[string]*change // by physical key
	next    map[string]uint64  // next sequence number by physical prefix of a log
	folds   []foldItem
	settled []Token
	erased  []erasedCase
	size    int // bytes on disk, about
	inline  int // the part of size that Badger keeps beside its keys
}

// change is one row to write. Exactly one of row, key and deleted is set until it is sealed.
type change struct {
	room    *room
	key     string
	row     *Row
	due     dueRow // lanes
	secret  *symmetricKey
	aead    cipher.AEAD // of secret
	private cipher.AEAD // for row.Private
	deleted bool
	value   []byte // sealed, once the closures ran
}

type foldItem struct {
	room *room
	name string
	item []byte
	fold func(*Tx, [][]byte) error
}

type erasedCase struct {
	room *room
	id   CaseID
}

func newOverlay() *overlay {
	return &overlay{changes: make(map[string]*change), next: make(map[string]uint64)}
}

func (o *overlay) put(c *change) {
	o.changes[c.key] = c
	size := len(c.key) + bodyAt + 16
	if c.row != nil {
		size += len(c.row.Kept) + len(c.row.Private) + len(c.due.queue)
	}
	o.size += size
	o.inline += min(size, valueThreshold+len(c.key))
}

// merge takes in what a closure wrote that returned nil.
func (o *overlay) merge(own *overlay) {
	for k, c := range own.changes {
		o.changes[k] = c
	}
	for k, n := range own.next {
		o.next[k] = n
	}
	o.folds = append(o.folds, own.folds...)
	o.settled = append(o.settled, own.settled...)
	o.erased = append(o.erased, own.erased...)
	o.size += own.size
	o.inline += own.inline
}

// between gives the changes with keys in [lo, hi), the upper overlays hiding the lower ones, in scan order.
func between(lo, hi string, back bool, layers ...*overlay) []*change {
	var found map[string]*change
	for _, o := range layers {
		if o == nil {
			continue
		}
		for k, c := range o.changes {
			if k >= lo && (hi == "" || k < hi) {
				if found == nil {
					found = make(map[string]*change)
				}
				found[k] = c
			}
		}
	}
	list := make([]*change, 0, len(found))
	for _, c := range found {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *change) int {
		if back {
			a, b = b, a
		}
		return strings.Compare(a.key, b.key)
	})
	return list
}
