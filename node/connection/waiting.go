package connection

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"referworks/node/audit"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// Waiting is something that waits for a person: a document that came in and could not be sent, or a referral that
// could not be handed to our own medium. The original is kept with it until a person resends or discards it.
type Waiting struct {
	ID         string              `json:"id"`
	Direction  Direction           `json:"direction"` // In: came in from our system; Out: arrived from a partner
	Connection string              `json:"connection,omitempty"`
	Format     string              `json:"format,omitempty"`
	To         []protocol.OrgID    `json:"to,omitempty"` // In: whom it was to go to, when that was clear
	Sentence   string              `json:"sentence"`     // what happened and what to do, without personal data
	Since      int64               `json:"since"`        // milliseconds UTC
	From       protocol.OrgID      `json:"from,omitempty"`
	Referral   protocol.ReferralID `json:"referral,omitempty"`
	Seq        int64               `json:"seq,omitempty"`
	Attempt    int                 `json:"attempt,omitempty"` // Out: the last one
	Key        string              `json:"key,omitempty"`     // Idempotency-Key of the post
	Files      []string            `json:"files,omitempty"`   // In: uploads that go along; they wait for seven days
	Rule       protocol.GroupRule  `json:"rule,omitempty"`    // In: of several recipients
	Evidence   []string            `json:"evidence,omitempty" doc:"What is known of who sent it."`
	Unread     bool                `json:"unread,omitempty" doc:"A machine could not read it, so it cannot be sent again as it is: a person reads the original."`
	Task       *Task               `json:"task,omitempty" doc:"What a person is to do, when it is no document that waits."`
	Shows      bool                `json:"shows,omitempty" doc:"The original can be shown as text, beside a form: open-waiting."`
	Large      bool                `json:"large,omitempty"` // the original is a blob
	KeyHash    protocol.Hash       `json:"-"`               // what the key stands for
	Original   []byte              `json:"-"`
	Whole      []byte              `json:"-"` // the whole of what came, when Original is only a part of it
	CaseID     store.CaseID        `json:"-"`

	arrived *arrival
	origin  string // what the medium that it came in through calls it
}

// waitingOriginKey finds what a medium calls what waits.
func waitingOriginKey(id string) store.Key { return store.K("waiting-origin", id) }

// waitingOf makes of a submission what waits for a person.
func waitingOf(in *Submission, connection, because string, now int64) Waiting {
	w := Waiting{
		Direction: In, Connection: connection, Format: in.Format, Sentence: because, Since: now, Key: in.Key, Files: in.Files, KeyHash: keyHash(*in),
		Rule: in.Rule, Original: in.Raw, arrived: in.arrived,
	}
	if in.arrived != nil {
		w.Evidence, w.Whole = in.arrived.evidence, in.arrived.whole
	}
	return w
}

func waitingKey(id string) store.Key { return store.K("waiting", id) }

// heldKey finds what waits by the Idempotency-Key of its post; the key's own text is not kept in the clear.
func heldKey(key string) store.Key {
	sum := sha256.Sum256([]byte(key))
	return store.K("waiting-key", protocol.Hash(sum).String())
}

// held gives what waits under an Idempotency-Key: the same post again is not a second item. It is nil when nothing
// waits under the key, and exchange.ErrKeyReused when another document does.
func (s *Set) held(key string, hash protocol.Hash) (w *Waiting, err error) {
	if key == "" {
		return nil, nil
	}
	err = s.Org.View(func(tx *store.Tx) error {
		w, err = heldIn(tx, key, hash)
		return err
	})
	return w, err
}

func heldIn(tx *store.Tx, key string, hash protocol.Hash) (*Waiting, error) {
	row, err := tx.Get(heldKey(key))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	item, err := tx.Get(waitingKey(string(row.Kept)))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if string(row.Private) != string(hash[:]) {
		return nil, exchange.ErrKeyReused
	}
	w := new(Waiting)
	return w, json.Unmarshal(item.Kept, w)
}

// maxRow is how large an original may be to be kept in a row; a larger one is a blob.
const maxRow = 256 << 10

// wait stores a document that came in and waits for a person, with its original; what waits under the same key and
// stands for the same post becomes w instead. nil means durable.
func (s *Set) wait(w *Waiting, actor string) error {
	var blob store.BlobID
	if len(w.Original) > maxRow {
		var err error
		if blob, _, err = s.Org.PutBlob(background, bytes.NewReader(w.Original)); err != nil {
			return fmt.Errorf("keep the original: %w", err)
		}
	}
	var whole store.BlobID
	if len(w.Whole) > maxRow {
		var err error
		if whole, _, err = s.Org.PutBlob(background, bytes.NewReader(w.Whole)); err != nil {
			return fmt.Errorf("keep what came: %w", err)
		}
	}
	in := *w
	return s.Org.Update(background, func(tx *store.Tx) error {
		*w = in // the closure may run again
		if w.Key != "" {
			if there, err := heldIn(tx, w.Key, w.KeyHash); err != nil {
				return err
			} else if there != nil {
				*w = *there
				return nil
			}
		}
		c, err := tx.NewCase()
		if err != nil {
			return err
		}
		w.CaseID, w.ID = c, c.String()
		if w.Key != "" {
			if err := tx.Put(heldKey(w.Key), store.Row{Kept: []byte(w.ID), Case: c, Private: w.KeyHash[:]}); err != nil {
				return err
			}
		}
		if w.arrived != nil && w.arrived.key != "" {
			if err := putJSON(tx, takenKey(w.arrived.connection, w.arrived.key), taken{Waiting: w.ID, Reference: waitingReference(w.ID)}); err != nil {
				return err
			}
			if err := tx.Put(waitingOriginKey(w.ID), store.Row{Case: c, Private: []byte(w.arrived.key)}); err != nil {
				return err
			}
		}
		if err := s.Desk.KeepUploads(tx, w.Files); err != nil {
			return err
		}
		if !blob.IsZero() {
			w.Large, w.Original = true, nil
			if err := errors.Join(tx.NameBlob(blob, c), tx.Put(originalKey(w.ID), store.Row{Kept: blob[:]})); err != nil {
				return err
			}
		}
		if err := keepWhole(tx, w, whole); err != nil {
			return err
		}
		return s.putWaiting(tx, w, actor)
	})
}

// wholeKey finds the whole of what came, of which the original is a part: in the row, or as a blob.
func wholeKey(id string) store.Key { return store.K("waiting-whole", id) }

func keepWhole(tx *store.Tx, w *Waiting, blob store.BlobID) error {
	switch {
	case len(w.Whole) == 0:
		return nil
	case blob.IsZero():
		return tx.Put(wholeKey(w.ID), store.Row{Case: w.CaseID, Private: w.Whole})
	}
	return errors.Join(tx.NameBlob(blob, w.CaseID), tx.Put(wholeKey(w.ID), store.Row{Case: w.CaseID, Kept: blob[:]}))
}

// whole reads the row of wholeKey; a blob is read after the transaction.
func whole(tx *store.Tx, w *Waiting) (blob store.BlobID, err error) {
	row, err := tx.Get(wholeKey(w.ID))
	if errors.Is(err, store.ErrNotFound) {
		w.Whole = nil
		return blob, nil
	}
	w.Whole = row.Private
	copy(blob[:], row.Kept)
	return blob, err
}

func dropWhole(tx *store.Tx, w *Waiting) error {
	blob, err := whole(tx, w)
	if err != nil || len(w.Whole) == 0 && blob.IsZero() {
		return err
	}
	if !blob.IsZero() {
		err = tx.DropBlob(blob)
	}
	return errors.Join(err, tx.Delete(wholeKey(w.ID)))
}

// Came is what came, as it came.
func (w *Waiting) Came() []byte {
	if len(w.Whole) > 0 {
		return w.Whole
	}
	return w.Original
}

// originalKey finds the blob of an original that is too large for a row.
func originalKey(id string) store.Key { return store.K("waiting-original", id) }

// large reads an original that is a blob.
func (s *Set) large(blob store.BlobID) ([]byte, error) {
	r, err := s.Org.OpenBlob(blob)
	if err != nil {
		return nil, fmt.Errorf("read the original: %w", err)
	}
	defer r.Close()
	return io.ReadAll(r)
}

// waitOut stores that a referral could not be handed over. There is one item for it, however often that happens. It
// ends work and begins none, so a full disk does not stop it.
func (s *Set) waitOut(w *Waiting) error {
	w.ID = outID(w.From, w.Referral)
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error { return s.putWaiting(tx, w, "node") })
}

func outID(from protocol.OrgID, id protocol.ReferralID) string {
	sum := sha256.Sum256([]byte(string(from) + " " + string(id)))
	return "out-" + hex.EncodeToString(sum[:10])
}

func (s *Set) putWaiting(tx *store.Tx, w *Waiting, actor string) error {
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if err := tx.Put(waitingKey(w.ID), store.Row{Kept: b, Case: w.CaseID, Private: w.Original}); err != nil {
		return err
	}
	_, err = audit.Record(tx, audit.Event{At: w.Since, Actor: actor, Kind: "waiting.added", Subject: w.ID, Case: w.CaseID})
	return err
}

// WaitingList gives what waits, oldest first, without originals.
func (s *Set) WaitingList() ([]Waiting, error) {
	list := []Waiting{}
	err := s.Org.View(func(tx *store.Tx) error {
		for item, err := range tx.Scan(store.K("waiting"), store.Key{}) {
			if err != nil {
				return err
			}
			var w Waiting
			if err := json.Unmarshal(item.Row.Kept, &w); err != nil {
				return err
			}
			list = append(list, w)
		}
		return nil
	})
	for i := range list {
		list[i].Shows = s.shower(&list[i]) != nil
	}
	return list, err
}

// WaitingItem gives one with its original, or ErrNone.
func (s *Set) WaitingItem(id string) (Waiting, error) {
	var w Waiting
	var blob, all store.BlobID
	err := s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(waitingKey(id))
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("waiting item %q: %w", clip(id), ErrNone)
		} else if err != nil {
			return err
		}
		if err := json.Unmarshal(row.Kept, &w); err != nil {
			return err
		}
		w.Original, w.CaseID = row.Private, row.Case
		if at, err := tx.Get(waitingOriginKey(id)); err == nil {
			w.origin = string(at.Private)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if w.Large {
			at, err := tx.Get(originalKey(id))
			if err != nil {
				return err
			}
			copy(blob[:], at.Kept)
		}
		if all, err = whole(tx, &w); err != nil {
			return err
		}
		if w.Key == "" {
			return nil
		}
		stands, err := tx.Get(heldKey(w.Key))
		if err != nil {
			return err
		}
		copy(w.KeyHash[:], stands.Private)
		return nil
	})
	if err == nil && w.Large {
		w.Original, err = s.large(blob)
	}
	if err == nil && !all.IsZero() {
		w.Whole, err = s.large(all)
	}
	w.Shows = s.shower(&w) != nil
	return w, err
}

// Viewed notes that somebody read the original of what waits.
func (s *Set) Viewed(ctx context.Context, w Waiting, actor string) error {
	return s.Org.UpdateAlways(ctx, func(tx *store.Tx) error {
		_, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: actor, Kind: "waiting.viewed", Subject: w.ID})
		return err
	})
}

// Resend sends what waits again, to the named recipients when some are given. When it is sent, it waits no more;
// when it cannot be sent, it goes on waiting with the new reason. override, which may be nil, is the word of the person
// who resends it that it may go without a consent.
func (s *Set) Resend(id string, to []string, actor string, override *exchange.Override) (Result, error) {
	w, err := s.WaitingItem(id)
	if err != nil {
		return Result{}, err
	}
	if w.Task != nil && w.Task.Tell {
		return Result{Parts: []exchange.Part{}}, s.resumeTell(w, false, "waiting.resumed", actor)
	}
	if w.Task != nil {
		return Result{}, errors.New("this is something for a person to do, not a document; do it, then take it off the list")
	}
	if w.Unread {
		return Result{}, errors.New("a machine could not read this, so it cannot be sent as it is; read the original, send what it says as a new referral, then take it off the list")
	}
	if w.Direction == Out {
		err := s.allow(w)
		if err == nil { // at once: a second refusal, however soon, waits under the same id
			err = s.Desk.Resume(background, w.From, w.Referral, func(tx *store.Tx) error { return s.dropIn(tx, w, "waiting.resumed", actor) })
		}
		return Result{}, err
	}
	// Under the key of its post, or one of its own: it is sent once, whatever crashes or is posted again meanwhile.
	in := Submission{Connection: w.Connection, Format: w.Format, Raw: w.Original, To: to, Actor: actor, Key: w.Key, Files: w.Files, Rule: w.Rule, Override: override, resent: true, stands: w.KeyHash}
	for i := 0; len(to) == 0 && i < len(w.To); i++ {
		in.To = append(in.To, string(w.To[i]))
	}
	if in.Key == "" {
		in.Key, in.stands = "waiting/"+w.ID, sha256.Sum256([]byte(w.ID))
	}
	if len(w.Whole) > 0 || w.origin != "" {
		in.arrived = &arrival{connection: w.Connection, key: w.origin, whole: w.Whole}
	}
	res, err := s.Submit(background, in)
	if err != nil {
		return res, err
	}
	return res, s.drop(w, "waiting.resent", actor)
}

// Discard gives a waiting item up, with its original; the audit log keeps that it was.
func (s *Set) Discard(id, actor string) error {
	w, err := s.WaitingItem(id)
	if err != nil {
		return err
	}
	if w.Task != nil && w.Task.Tell {
		return s.resumeTell(w, true, "waiting.discarded", actor)
	}
	return s.drop(w, "waiting.discarded", actor)
}

func (s *Set) drop(w Waiting, kind, actor string) error {
	return s.Org.Update(background, func(tx *store.Tx) error { return s.dropIn(tx, w, kind, actor) })
}

func (s *Set) dropIn(tx *store.Tx, w Waiting, kind, actor string) error {
	if err := tx.Delete(waitingKey(w.ID)); err != nil {
		return err
	}
	if w.Key != "" {
		if err := tx.Delete(heldKey(w.Key)); err != nil {
			return err
		}
	}
	if err := tx.Delete(waitingOriginKey(w.ID)); err != nil {
		return err
	}
	if w.Large {
		if err := s.dropOriginal(tx, w.ID); err != nil {
			return err
		}
	}
	if err := dropWhole(tx, &w); err != nil {
		return err
	}
	if kind == "waiting.discarded" {
		if err := s.Desk.DropUploads(tx, w.Files); err != nil {
			return err
		}
	}
	_, err := audit.Record(tx, audit.Event{At: s.Now().UnixMilli(), Actor: actor, Kind: kind, Subject: w.ID})
	return err
}

func (s *Set) dropOriginal(tx *store.Tx, id string) error {
	row, err := tx.Get(originalKey(id))
	if err != nil {
		return err
	}
	var blob store.BlobID
	copy(blob[:], row.Kept)
	return errors.Join(tx.DropBlob(blob), tx.Delete(originalKey(id)))
}
