package store

import (
	"fmt"
	"sync"
	"time"
)

// The free-space gate: below it Update answers ErrFull, because Badger dies of a full disk (a fault in a mapped file
// that no program can catch). Receipts and settles still pass.
const (
	gateLeast   = 512 << 20
	gatePercent = 5
	gateMost    = 4 << 30 // 5 % of a large disk would refuse work with plenty of room left
	gateEvery   = time.Second
)

// gate asks the disk at most once a second. The mutex guards the last answer.
type gate struct {
	dir  string
	ask  func(string) (uint64, uint64, error)
	now  func() time.Time
	mu   sync.Mutex
	at   time.Time
	free uint64
	err  error
}

func newGate(cfg Config, now func() time.Time) *gate {
	ask := cfg.FreeSpace
	if ask == nil && cfg.Dir != "" {
		ask = freeSpace
	}
	return &gate{dir: cfg.Dir, ask: ask, now: now}
}

func (g *gate) check() error {
	if g.ask == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); g.at.IsZero() || now.Sub(g.at) >= gateEvery || now.Before(g.at) {
		g.at = now
		free, total, err := g.ask(g.dir)
		g.free, g.err = free, nil
		if err != nil {
			g.err = fmt.Errorf("ask for free space: %w", err)
		} else if free < gateLimit(total) {
			g.err = ErrFull
		}
	}
	return g.err
}

// gateLimit is 512 MiB or 5 % of the disk, whichever is more, and never over 4 GiB.
func gateLimit(total uint64) uint64 {
	return min(max(gateLeast, total/100*gatePercent), gateMost)
}
