package store

import (
	"container/heap"
	"maps"
	"math"
	"slices"
	"sync"
	"time"
)

// laneIndex knows in memory which lanes of a room are due or claimed; an idle lane takes no room in it. For each queue
// it holds a heap of lanes by the time they can next be claimed. The mutex guards all fields.
type laneIndex struct {
	mu      sync.Mutex
	queues  map[string]*laneHeap
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
	queue string
	list  []*lane
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
	return &laneIndex{queues: make(map[string]*laneHeap), lanes: make(map[string]*lane)}
}

// set takes in a committed change of a lane.
func (x *laneIndex) set(path string, due dueRow, deleted bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.lanes[path]
	switch {
	case deleted, due.at == 0 && (l == nil || l.token == 0):
		if l != nil {
			x.leave(l)
			delete(x.lanes, path)
		}
	case l == nil:
		l = &lane{path: path, due: due.at}
		x.lanes[path] = l
		x.enter(l, due.queue)
	default:
		l.due = due.at
		if due.at != 0 && due.queue != l.heap.queue {
			x.leave(l)
			x.enter(l, due.queue)
		} else {
			heap.Fix(l.heap, l.at)
		}
	}
}

func (x *laneIndex) enter(l *lane, queue string) {
	h := x.queues[queue]
	if h == nil {
		h = &laneHeap{queue: queue}
		x.queues[queue] = h
	}
	l.heap = h
	heap.Push(h, l)
}

func (x *laneIndex) leave(l *lane) {
	heap.Remove(l.heap, l.at)
	if len(l.heap.list) == 0 {
		delete(x.queues, l.heap.queue)
	}
}

func (x *laneIndex) claim(queue string, now time.Time, lease time.Duration) (Token, time.Time, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		h := x.queues[queue]
		if h == nil || h.list[0].next() > now.UnixMilli() {
			return Token{}, time.Time{}, false
		}
		l := h.list[0]
		if l.due == 0 { // it became idle while claimed, and the lease ran out
			x.leave(l)
			delete(x.lanes, l.path)
			continue
		}
		until := now.Add(lease)
		x.lastID++
		l.token, l.leased = x.lastID, max(until.UnixMilli(), now.UnixMilli()+1)
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

func (x *laneIndex) holds(t Token) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.held(t) != nil
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

// end takes the claim away after its settle was committed.
func (x *laneIndex) end(t Token) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if l := x.held(t); l != nil {
		x.unclaim(l)
	}
}

// release gives the claim back; at is the due time in memory when it is not 0.
func (x *laneIndex) release(t Token, at int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.held(t)
	if l == nil || l.pins > 0 {
		return
	}
	if at != 0 && l.due != 0 {
		l.due = at
	}
	x.unclaim(l)
}

func (x *laneIndex) unclaim(l *lane) {
	l.token, l.leased, l.pins = 0, 0, 0
	if l.due == 0 {
		x.leave(l)
		delete(x.lanes, l.path)
		return
	}
	heap.Fix(l.heap, l.at)
}

// rouse makes all lanes of a queue due; claimed ones are due once their claim ends.
func (x *laneIndex) rouse(queue string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	h := x.queues[queue]
	if h == nil {
		return
	}
	for _, l := range h.list {
		if l.due != 0 {
			l.due = 1
		}
	}
	heap.Init(h)
}

// paths gives the lanes that are due or claimed.
func (x *laneIndex) paths() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Collect(maps.Keys(x.lanes))
}

func (x *laneIndex) due(now time.Time) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var names []string
	for queue, h := range x.queues {
		if h.list[0].next() <= now.UnixMilli() {
			names = append(names, queue)
		}
	}
	return names
}

func (x *laneIndex) earliest() (time.Time, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	next := int64(math.MaxInt64)
	for _, h := range x.queues {
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
