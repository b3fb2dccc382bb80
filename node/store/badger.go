package store

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// valueThreshold: values from here on lie in Badger's value log, so that what it sorts and merges stays small.
const valueThreshold = 1 << 10

// maxUnsized is how many empty files a crash may leave: memtables and the newest value log.
const maxUnsized = 4

// badgerEngine keeps the rows on disk. It syncs nothing by itself but tables and MANIFEST: the batch log in front of
// it makes batches durable.
type badgerEngine struct {
	db  *badger.DB
	log *badgerLog
}

func openBadger(dir string, size sizes, log *slog.Logger, fail func(error)) (e *badgerEngine, err error) {
	e = &badgerEngine{log: &badgerLog{log: log}}
	opts := badger.DefaultOptions(dir).
		WithLogger(e.log).WithMetricsEnabled(false).WithDetectConflicts(false).WithSyncWrites(false).
		WithNumVersionsToKeep(1).WithCompression(options.None).
		WithChecksumVerificationMode(options.OnBlockRead).WithVerifyValueChecksum(true).
		WithMemTableSize(size.memTable).WithNumMemtables(2).WithBlockCacheSize(4 << 20).WithIndexCacheSize(4 << 20).
		WithValueThreshold(valueThreshold).WithValueLogFileSize(size.valueLog).
		WithNumCompactors(2).WithNumLevelZeroTables(2).WithNumLevelZeroTablesStall(4)
	defer func() {
		if p := recover(); p != nil { // Badger panics on some damage
			e, err = nil, fmt.Errorf("%w: Badger cannot open its files (%T)", ErrIntegrity, p)
		}
	}()
	for range 1 + maxUnsized {
		e.log.errors.Store(0)
		e.db, err = badger.Open(opts)
		// A crash between making one of Badger's files and sizing it leaves an empty file; the failed attempt has sized it.
		if err == nil || !strings.Contains(err.Error(), "Create a new file") {
			break
		}
	}
	if err != nil {
		if strings.Contains(err.Error(), "Cannot acquire directory lock") {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("%w: Badger cannot open its files: %w", ErrIntegrity, err)
	}
	if e.log.errors.Load() > 0 { // it goes on without a damaged table
		return nil, errors.Join(fmt.Errorf("%w: Badger left out a damaged file", ErrIntegrity), e.db.Close())
	}
	e.log.fail.Store(&fail)
	return e, nil
}

func (e *badgerEngine) apply(changes []op) error {
	txn := e.db.NewTransaction(true)
	defer txn.Discard()
	for _, c := range changes {
		var err error
		if c.value == nil {
			err = txn.Delete([]byte(c.key))
		} else {
			err = txn.SetEntry(badger.NewEntry([]byte(c.key), c.value))
		}
		if err != nil {
			return err
		}
	}
	return txn.Commit()
}

func (e *badgerEngine) snapshot() snapshot { return &badgerSnapshot{e.db.NewTransaction(false)} }

// close gives up when Badger reports an error: it would try for ever to write out its memtable.
func (e *badgerEngine) close() error {
	failed := make(chan struct{})
	var once sync.Once
	give := func(error) { once.Do(func() { close(failed) }) }
	e.log.fail.Store(&give)
	closed := make(chan error, 1)
	go func() { closed <- e.db.Close() }()
	select {
	case err := <-closed:
		return err
	case <-failed:
		return errors.New("the engine reported an error while closing")
	}
}

type badgerSnapshot struct{ txn *badger.Txn }

func (s *badgerSnapshot) discard() { s.txn.Discard() }

func (s *badgerSnapshot) get(key string) ([]byte, error) {
	item, err := s.txn.Get([]byte(key))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readItem(item)
}

// readItem reads a value; Badger reports a broken pointer into its value log as an error or as an empty value, and
// no row of ours is empty.
func readItem(item *badger.Item) ([]byte, error) {
	v, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIntegrity, err)
	}
	if len(v) == 0 {
		return nil, fmt.Errorf("%w: a value is missing", ErrIntegrity)
	}
	return v, nil
}

func (s *badgerSnapshot) scan(lo, hi string, back bool, fn func(string, func() ([]byte, error)) bool) error {
	opts := badger.IteratorOptions{Reverse: back, Prefix: []byte(commonPrefix(lo, hi))}
	it := s.txn.NewIterator(opts)
	defer it.Close()
	from := lo
	if back {
		from = hi
	}
	for it.Seek([]byte(from)); it.Valid(); it.Next() {
		item := it.Item()
		key := string(item.Key())
		if back && hi != "" && key >= hi {
			continue
		}
		if back && key < lo || !back && hi != "" && key >= hi {
			return nil
		}
		if !fn(key, func() ([]byte, error) { return readItem(item) }) {
			return nil
		}
	}
	return nil
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// badgerLog passes on that something happened and never what: Badger's texts hold keys. An error after opening means
// that it could not write, and ends the store.
type badgerLog struct {
	log    *slog.Logger
	errors atomic.Int64
	fail   atomic.Pointer[func(error)]
}

func (l *badgerLog) Errorf(string, ...any) {
	l.errors.Add(1)
	if fail := l.fail.Load(); fail != nil {
		(*fail)(errors.New("the engine reported an error"))
	}
}

func (l *badgerLog) Warningf(string, ...any) { l.log.Warn("Badger warned") }
func (l *badgerLog) Infof(string, ...any)    {}
func (l *badgerLog) Debugf(string, ...any)   {}
