package store

import (
	"hash/maphash"
	"sync/atomic"
)

// memory is the engine without a disk: a treap whose nodes are never altered, so that a snapshot is its root.
type memory struct {
	root atomic.Pointer[leaf]
	seed maphash.Seed
}

type leaf struct {
	key         string
	value       []byte
	priority    uint64
	left, right *leaf
}

func newMemory() *memory { return &memory{seed: maphash.MakeSeed()} }

func (m *memory) apply(changes []op) error {
	root := m.root.Load()
	for _, c := range changes {
		root = root.without(c.key)
		if c.value != nil {
			root = root.with(&leaf{key: c.key, value: c.value, priority: maphash.String(m.seed, c.key)})
		}
	}
	m.root.Store(root)
	return nil
}

func (m *memory) snapshot() snapshot { return memorySnapshot{m.root.Load()} }

func (m *memory) close() error { return nil }

// with gives a tree that holds n as well; n's key is not in t.
func (t *leaf) with(n *leaf) *leaf {
	if t == nil {
		return n
	}
	if n.priority > t.priority {
		n.left, n.right = t.split(n.key)
		return n
	}
	c := *t
	if n.key < t.key {
		c.left = t.left.with(n)
	} else {
		c.right = t.right.with(n)
	}
	return &c
}

// split gives the keys below key, and the others.
func (t *leaf) split(key string) (*leaf, *leaf) {
	if t == nil {
		return nil, nil
	}
	c := *t
	if t.key < key {
		var above *leaf
		c.right, above = t.right.split(key)
		return &c, above
	}
	var below *leaf
	below, c.left = t.left.split(key)
	return below, &c
}

func (t *leaf) without(key string) *leaf {
	if t == nil {
		return nil
	}
	if key == t.key {
		return join(t.left, t.right)
	}
	c := *t
	if key < t.key {
		if c.left = t.left.without(key); c.left == t.left {
			return t
		}
	} else if c.right = t.right.without(key); c.right == t.right {
		return t
	}
	return &c
}

// join merges two trees, every key of a being below every key of b.
func join(a, b *leaf) *leaf {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.priority > b.priority:
		c := *a
		c.right = join(a.right, b)
		return &c
	default:
		c := *b
		c.left = join(a, b.left)
		return &c
	}
}

type memorySnapshot struct{ root *leaf }

func (m memorySnapshot) get(key string) ([]byte, error) {
	for t := m.root; t != nil; {
		switch {
		case key == t.key:
			return t.value, nil
		case key < t.key:
			t = t.left
		default:
			t = t.right
		}
	}
	return nil, nil
}

func (m memorySnapshot) scan(lo, hi string, back bool, fn func(string, func() ([]byte, error)) bool) error {
	m.root.walk(lo, hi, back, func(t *leaf) bool {
		return fn(t.key, func() ([]byte, error) { return t.value, nil })
	})
	return nil
}

func (t *leaf) walk(lo, hi string, back bool, fn func(*leaf) bool) bool {
	if t == nil {
		return true
	}
	first, second := t.left, t.right
	if back {
		first, second = second, first
	}
	below, above := t.key < lo, hi != "" && t.key >= hi
	skipLeft, skipRight := below, above
	skipFirst, skipSecond := skipLeft, skipRight
	if back {
		skipFirst, skipSecond = skipRight, skipLeft
	}
	if !skipFirst && !first.walk(lo, hi, back, fn) {
		return false
	}
	if !below && !above && !fn(t) {
		return false
	}
	return skipSecond || second.walk(lo, hi, back, fn)
}

func (m memorySnapshot) discard() {}
