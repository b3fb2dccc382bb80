package store

// engine is an ordered map on disk or in memory. The writer goroutine alone calls apply; snapshots are read from
// any goroutine. Keys and values handed in are never altered afterwards; keys and values handed out may only be
// used until the callback returns or the snapshot is discarded, and are never altered by the caller.
type engine interface {
	// apply makes all changes visible at once.
	apply(changes []op) error
	// snapshot gives a view that later applies do not touch.
	snapshot() snapshot
	close() error
}

type snapshot interface {
	// get gives nil without an error when the key is not there.
	get(key string) ([]byte, error)
	// scan calls fn for keys in [lo, hi) in order, or from the end when back; hi "" means no end. It ends when
	// fn returns false.
	scan(lo, hi string, back bool, fn func(key string, value func() ([]byte, error)) bool) error
	discard()
}

// op is one change: value nil deletes.
type op struct {
	key   string
	value []byte
}
