package store

import (
	"container/heap"
	"math"
	"sync"
	"time"
)

// laneIndex knows in memory which lanes of a room are due or claimed; an idle lane takes no room in it. For each
// kind and destination it holds a heap of lanes by the time they can next be claimed. The mutex guards all fields.
type laneIndex struct {
	mu      sync.Mutex
	kinds   map[string]map[string]*laneHeap
	lanes   map[string]*lane // by path
	lastID  uint64
	changed chan struct{} // closed and replaced by wake
}

type lane struct {
	path   string
	heap   *laneHeap
	at     int   // in the heap
	due    int64 // ms; 0: idle, here only because it is claimed
	token  uint64
	leased int64 // ms; until when it is claimed, 0 when it is not
	pins   int   // closures under way that settle it: it cannot be claimed meanwhile
}

// next is when the lane can be claimed.
func (l *lane) next() int64 {
	if l.pins > 0 {
		return math.MaxInt64
	}
	return max(l.due, l.leased)
}

type laneHeap struct {
	kind, dest string
	list       []*lane
}

func (h *laneHeap) Len() int           { return len(h.list) }
func (h *laneHeap) Less(i, j int) bool { return h.list[i].next() < h.list[j].next() }
func (h *laneHeap) Swap(i, j int) {
	h.list[i], h.list[j] = h.list[j], h.list[i]
	h.list[i].at, h.list[j].at = i, j
}
func (h *laneHeap) Push(x any) {
	l := x.(*lane)
	l.at = len(h.list)
	h.list = append(h.list, l)
}
func (h *laneHeap) Pop() any {
	l := h.list[len(h.list)-1]
	h.list[len(h.list)-1] = nil
	h.list = h.list[:len(h.list)-1]
	return l
}

func newLaneIndex() *laneIndex {
	return &laneIndex{kinds: make(map[string]map[string]*laneHeap), lanes: make(map[string]*lane)}
}

// set takes in a committed change of a lane.
func (x *laneIndex) set(path string, due int64, deleted bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.lanes[path]
	if deleted || due == 0 && (l == nil || l.token == 0) {
		if l != nil {
			x.drop(l)
		}
		return
	}
	if l == nil {
		l = &lane{path: path, heap: x.heapOf(path)}
		x.lanes[path] = l
		l.due = due
		heap.Push(l.heap, l)
		return
	}
	l.due = due
	heap.Fix(l.heap, l.at)
}

func (x *laneIndex) heapOf(path string) *laneHeap {
	k := laneKeyOf(path)
	dests := x.kinds[k.Kind]
	if dests == nil {
		dests = make(map[string]*laneHeap)
		x.kinds[k.Kind] = dests
	}
	h := dests[k.Dest]
	if h == nil {
		h = &laneHeap{kind: k.Kind, dest: k.Dest}
		dests[k.Dest] = h
	}
	return h
}

func (x *laneIndex) drop(l *lane) {
	heap.Remove(l.heap, l.at)
	delete(x.lanes, l.path)
	if len(l.heap.list) == 0 {
		delete(x.kinds[l.heap.kind], l.heap.dest)
	}
}

func (x *laneIndex) claim(kind, dest string, now time.Time, lease time.Duration) (Token, time.Time, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		h := x.kinds[kind][dest]
		if h == nil || h.list[0].next() > now.UnixMilli() {
			return Token{}, time.Time{}, false
		}
		l := h.list[0]
		if l.due == 0 { // it became idle while claimed, and the lease ran out
			x.drop(l)
			continue
		}
		until := now.Add(lease)
		x.lastID++
		l.token, l.leased = x.lastID, until.UnixMilli()
		heap.Fix(h, l.at)
		return Token{path: l.path, id: l.token}, until, true
	}
}

func (x *laneIndex) held(t Token) *lane {
	if l := x.lanes[t.path]; l != nil && l.token == t.id && t.id != 0 {
		return l
	}
	return nil
}

// pin keeps the lane from being claimed again until the closure's fate is known.
func (x *laneIndex) pin(t Token) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.held(t)
	if l == nil {
		return false
	}
	l.pins++
	heap.Fix(l.heap, l.at)
	return true
}

func (x *laneIndex) unpin(t Token) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if l := x.held(t); l != nil {
		l.pins--
		heap.Fix(l.heap, l.at)
	}
}

// end takes the claim away after its settle was committed, or a release.
func (x *laneIndex) end(t Token) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if l := x.held(t); l != nil {
		x.unclaim(l)
	}
}

func (x *laneIndex) release(t Token) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if l := x.held(t); l != nil && l.pins == 0 {
		x.unclaim(l)
	}
}

func (x *laneIndex) unclaim(l *lane) {
	l.token, l.leased, l.pins = 0, 0, 0
	if l.due == 0 {
		x.drop(l)
		return
	}
	heap.Fix(l.heap, l.at)
}

func (x *laneIndex) dests(kind string, now time.Time) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var names []string
	for dest, h := range x.kinds[kind] {
		if h.list[0].next() <= now.UnixMilli() {
			names = append(names, dest)
		}
	}
	return names
}

func (x *laneIndex) earliest(kind string) (time.Time, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	next := int64(math.MaxInt64)
	for _, h := range x.kinds[kind] {
		next = min(next, h.list[0].next())
	}
	if next == math.MaxInt64 {
		return time.Time{}, false
	}
	return time.UnixMilli(next), true
}

func (x *laneIndex) changes() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.changed == nil {
		x.changed = make(chan struct{})
	}
	return x.changed
}

func (x *laneIndex) wake() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.changed != nil {
		close(x.changed)
		x.changed = nil
	}
}
