package exchange

import (
	"sync"

	"referworks/node/store"
)

// maxFresh is how many messages are kept in memory as they were written, until the next step takes them: in the usual
// case it does so at once, and nothing is read, opened or decoded twice. A step that finds nothing reads the row.
const maxFresh = 128

// fresh keeps what was just written of a lane. The zero value is ready; it is safe for concurrent use.
type fresh[T any] struct {
	mu sync.Mutex
	of map[store.LaneKey]T
}

// keep is called before the commit, since the next step may be there right after it; drop when nothing was committed.
func (f *fresh[T]) keep(k store.LaneKey, v T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[store.LaneKey]T{}
	}
	if len(f.of) < maxFresh {
		f.of[k] = v
	}
}

func (f *fresh[T]) drop(k store.LaneKey) { f.take(k) }

// take gives what is kept of a lane, to one caller only.
func (f *fresh[T]) take(k store.LaneKey) (v T, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok = f.of[k]
	delete(f.of, k)
	return v, ok
}
