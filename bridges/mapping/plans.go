package mapping

import (
	lru "container/list"
	"sync"

	"referworks/protocol"
)

// Plans keeps compiled mappings by the hash of their documents, the most recently used ones. It may be used by many
// goroutines. The zero value keeps 256.
type Plans struct {
	mu    sync.Mutex
	known map[protocol.Hash]*lru.Element
	inUse lru.List // of *Mapping, the last used first
	Most  int
}

// Compile returns the plan of a document, compiled now or before. Documents with mistakes are not kept.
func (p *Plans) Compile(d *Document) (*Mapping, error) {
	hash, err := d.Hash()
	if err != nil {
		return nil, err
	}
	if m := p.Get(hash); m != nil {
		return m, nil
	}
	m, err := Compile(d)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[protocol.Hash]*lru.Element{}
	}
	if at := p.known[hash]; at != nil { // somebody was faster
		return at.Value.(*Mapping), nil
	}
	p.known[hash] = p.inUse.PushFront(m)
	most := p.Most
	if most <= 0 {
		most = 256
	}
	for p.inUse.Len() > most {
		last := p.inUse.Back()
		delete(p.known, p.inUse.Remove(last).(*Mapping).hash)
	}
	return m, nil
}

// Get returns the plan of a version, or nil when it is not kept.
func (p *Plans) Get(hash protocol.Hash) *Mapping {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.known[hash]
	if at == nil {
		return nil
	}
	p.inUse.MoveToFront(at)
	return at.Value.(*Mapping)
}
