package store

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"iter"
)

// Tx is one transaction inside one room: an organization, or the node. It is valid until its closure returns and
// only in the goroutine of the closure. What a closure reads is the state after all closures that ran before it.
// Rows handed in belong to the store from then on; rows handed out must not be altered.
type Tx struct {
	room  *room
	ring  *keyring
	snap  snapshot
	at    uint64   // the batch of snap
	batch *overlay // what earlier closures of the batch wrote; nil in a View
	own   *overlay // what this closure wrote; nil in a View
}

// Item is a row met by a scan.
type Item struct {
	Key Key
	Row Row
}

// Get gives the row, or ErrNotFound.
func (tx *Tx) Get(k Key) (Row, error) {
	r, _, err := tx.read(physical(tx.room.number, areaRows, k.path))
	return r, err
}

// Has tells whether there is a row, without opening it.
func (tx *Tx) Has(k Key) (bool, error) {
	key := physical(tx.room.number, areaRows, k.path)
	if c := tx.change(key); c != nil {
		return !c.deleted, nil
	}
	v, err := tx.snap.get(key)
	return v != nil, err
}

// Put writes a row. A row with Private needs a Case that was not erased (ErrErased). A row of an erased case may
// still be written with its Kept part alone; it stays marked as erased.
func (tx *Tx) Put(k Key, r Row) error {
	return tx.write(physical(tx.room.number, areaRows, k.path), r, dueRow{})
}

// Delete removes a row; removing what is not there is no error.
func (tx *Tx) Delete(k Key) error { return tx.remove(physical(tx.room.number, areaRows, k.path)) }

// Scan gives the rows whose keys begin with the parts of prefix, in order, those behind after when that is not
// zero. It sees what was there when it began. Break off at the limit you need.
func (tx *Tx) Scan(prefix, after Key) iter.Seq2[Item, error] {
	lo, hi := tx.bounds(areaRows, prefix)
	if !after.IsZero() {
		lo = max(lo, physical(tx.room.number, areaRows, after.path)+"\x00")
	}
	return tx.items(lo, hi, false)
}

// ScanBack is Scan from the last key to the first, of those in front of before when that is not zero.
func (tx *Tx) ScanBack(prefix, before Key) iter.Seq2[Item, error] {
	lo, hi := tx.bounds(areaRows, prefix)
	if !before.IsZero() {
		hi = min(hi, physical(tx.room.number, areaRows, before.path))
	}
	return tx.items(lo, hi, true)
}

// Keys is Scan without opening the rows.
func (tx *Tx) Keys(prefix, after Key) iter.Seq2[Key, error] {
	lo, hi := tx.bounds(areaRows, prefix)
	if !after.IsZero() {
		lo = max(lo, physical(tx.room.number, areaRows, after.path)+"\x00")
	}
	return func(yield func(Key, error) bool) {
		err := tx.scan(lo, hi, false, func(key string, _ *change, _ func() ([]byte, error)) bool {
			return yield(Key{key[pathAt:]}, nil)
		})
		if err != nil {
			yield(Key{}, err)
		}
	}
}

// NewCase makes a case with a key of its own. The case exists when the closure's commit does.
func (tx *Tx) NewCase() (CaseID, error) {
	if tx.own == nil {
		return CaseID{}, ErrReadOnly
	}
	id := CaseID(randomID())
	secret := (*symmetricKey)(newKey())
	tx.own.put(&change{room: tx.room, key: caseKeyPath(tx.room.number, id), secret: secret, aead: secret.aead()})
	return id, nil
}

// Erase destroys a case's key row: every private part under it reads as erased from the commit on, and within
// 24 hours no copy of the store can be opened with the key file any more (Org.Rewrap). The erasure is noted in the
// key file before the commit, so that an older copy of the store cannot bring the case back. Erasing twice is no error.
func (tx *Tx) Erase(id CaseID) error {
	if err := tx.remove(caseKeyPath(tx.room.number, id)); err != nil {
		return err
	}
	tx.own.erased = append(tx.own.erased, erasedCase{tx.room, id})
	return nil
}

// HasCase tells whether the case exists and was not erased.
func (tx *Tx) HasCase(id CaseID) (bool, error) {
	a, err := tx.caseKey(id)
	return a != nil, err
}

// AtBatchEnd keeps item until the closures of the batch ran; then fold is called once for each room and name with
// the items of those closures that returned nil, in order, in a transaction that belongs to the batch. It is for
// rows that would otherwise be written once a closure. An error of fold fails the whole batch and ends the store.
func (tx *Tx) AtBatchEnd(name string, item []byte, fold func(*Tx, [][]byte) error) error {
	if tx.own == nil {
		return ErrReadOnly
	}
	tx.own.folds = append(tx.own.folds, foldItem{tx.room, name, item, fold})
	return nil
}

func caseKeyPath(room uint32, id CaseID) string { return physical(room, areaCases, string(id[:])) }

func (tx *Tx) bounds(area byte, prefix Key) (lo, hi string) {
	lo = physical(tx.room.number, area, prefix.path)
	return lo, prefixEnd(lo)
}

// change gives what was written to key before in this batch, or nil.
func (tx *Tx) change(key string) *change {
	if tx.own == nil {
		return nil
	}
	if c := tx.own.changes[key]; c != nil {
		return c
	}
	return tx.batch.changes[key]
}

func (tx *Tx) read(key string) (r Row, due dueRow, err error) {
	if c := tx.change(key); c != nil {
		if c.deleted {
			return Row{}, dueRow{}, ErrNotFound
		}
		return tx.written(c)
	}
	value, err := tx.snap.get(key)
	if err != nil {
		return Row{}, dueRow{}, fmt.Errorf("read row: %w", err)
	}
	if value == nil {
		return Row{}, dueRow{}, ErrNotFound
	}
	return tx.stored(key, value)
}

// written gives a row of the overlay as it would read after the commit.
func (tx *Tx) written(c *change) (Row, dueRow, error) {
	r := *c.row
	if !r.Case.IsZero() {
		a, err := tx.caseKey(r.Case)
		if err != nil {
			return Row{}, dueRow{}, err
		}
		if a == nil {
			r.Private, r.Erased = nil, true
		}
	}
	return r, c.due, nil
}

func (tx *Tx) stored(key string, value []byte) (Row, dueRow, error) {
	id, due, _, _, err := sealedParts(value)
	if err != nil {
		return Row{}, dueRow{}, err
	}
	var private cipher.AEAD
	if !id.IsZero() {
		if private, err = tx.caseKey(id); err != nil {
			return Row{}, dueRow{}, err
		}
	}
	r, err := openRow(tx.room.id, key, value, tx.room.kept, private)
	return r, due, err
}

// caseKey gives the key of a case, or nil when it was erased or never was.
func (tx *Tx) caseKey(id CaseID) (cipher.AEAD, error) {
	key := caseKeyPath(tx.room.number, id)
	if c := tx.change(key); c != nil {
		return c.aead, nil // nil when deleted
	}
	if a := tx.room.cases.get(id); a != nil {
		return a, nil
	}
	value, err := tx.snap.get(key)
	if err != nil || value == nil {
		return nil, err
	}
	secret, err := tx.unwrap(key, value)
	if err != nil {
		return nil, err
	}
	a := secret.aead()
	tx.room.cases.add(id, a, tx.at)
	return a, nil
}

func (tx *Tx) write(key string, r Row, due dueRow) error {
	if tx.own == nil {
		return ErrReadOnly
	}
	c := &change{room: tx.room, key: key, row: &r, due: due}
	r.Erased = false
	switch {
	case !r.Case.IsZero():
		a, err := tx.caseKey(r.Case)
		if err != nil {
			return err
		}
		if a == nil && r.Private != nil {
			return fmt.Errorf("write row: %w", ErrErased)
		}
		c.private = a
	case r.Private != nil:
		return errors.New("write row: a private part needs a case")
	}
	tx.own.put(c)
	return nil
}

func (tx *Tx) remove(key string) error {
	if tx.own == nil {
		return ErrReadOnly
	}
	tx.own.put(&change{room: tx.room, key: key, deleted: true})
	return nil
}

// items opens what scan meets.
func (tx *Tx) items(lo, hi string, back bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var broken error
		err := tx.scan(lo, hi, back, func(key string, c *change, value func() ([]byte, error)) bool {
			r, _, err := tx.open(key, c, value)
			if err != nil {
				broken = err
				return false
			}
			return yield(Item{Key{key[pathAt:]}, r}, nil)
		})
		if err = errors.Join(broken, err); err != nil {
			yield(Item{}, fmt.Errorf("scan rows: %w", err))
		}
	}
}

func (tx *Tx) open(key string, c *change, value func() ([]byte, error)) (Row, dueRow, error) {
	if c != nil {
		return tx.written(c)
	}
	v, err := value()
	if err != nil {
		return Row{}, dueRow{}, err
	}
	return tx.stored(key, v)
}

// scan merges the overlays over the snapshot. Either c or value is given.
func (tx *Tx) scan(lo, hi string, back bool, fn func(key string, c *change, value func() ([]byte, error)) bool) error {
	if hi != "" && lo >= hi {
		return nil
	}
	over := between(lo, hi, back, tx.batch, tx.own)
	more := true
	first := func(a, b string) bool { return (a < b) != back }
	err := tx.snap.scan(lo, hi, back, func(key string, value func() ([]byte, error)) bool {
		for more && len(over) > 0 && over[0].key != key && first(over[0].key, key) {
			c := over[0]
			over = over[1:]
			more = c.deleted || fn(c.key, c, nil)
		}
		if !more {
			return false
		}
		if len(over) > 0 && over[0].key == key {
			c := over[0]
			over = over[1:]
			more = c.deleted || fn(c.key, c, nil)
		} else {
			more = fn(key, nil, value)
		}
		return more
	})
	for ; more && err == nil && len(over) > 0; over = over[1:] {
		more = over[0].deleted || fn(over[0].key, over[0], nil)
	}
	return err
}
