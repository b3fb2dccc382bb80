package exchange

import (
	"errors"
	"fmt"
	"io"

	"referworks/node/store"
	"referworks/protocol"
)

// Input gives the document that a referral of ours was made of, as it came in, and its format; of a document that became
// several referrals only the first has it. Empty when there is none or it was erased here.
func (d *Desk) Input(id protocol.ReferralID) (raw []byte, format string, err error) {
	var m *messageParts
	err = d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil || !t.Out {
			return err
		}
		m, _, err = readMessage(tx, messageKey(t.Partner, t.Referral, ours, 1))
		return err
	})
	if err != nil || m == nil {
		return nil, "", err
	}
	if m.blob.IsZero() {
		return m.raw, m.format, nil
	}
	r, err := d.org.OpenBlob(m.blob)
	if err != nil {
		return nil, "", fmt.Errorf("read the input of %s: %w", id, err)
	}
	defer r.Close()
	if raw, err = io.ReadAll(r); err != nil {
		return nil, "", fmt.Errorf("read the input of %s: %w", id, err)
	}
	return raw, m.format, nil
}

func originKey(p protocol.OrgID, id protocol.ReferralID) store.Key {
	return store.K("origin", string(p), string(id))
}

// Origin gives what the medium that a referral of ours came in through calls it: Outgoing.Origin. Empty when it said
// nothing, or when it was erased here.
func (d *Desk) Origin(id protocol.ReferralID) (origin string, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		key, _, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		row, err := tx.Get(originKey(protocol.OrgID(key.Dest), id))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		origin = string(row.Private)
		return err
	})
	return origin, err
}

func wholeKey(p protocol.OrgID, id protocol.ReferralID) store.Key {
	return store.K("whole", string(p), string(id))
}

// keepWhole puts the whole of what came beside the first message: once a case.
func keepWhole(tx *store.Tx, id store.CaseID, out *Outgoing, p *post) error {
	row := store.Row{Case: id, Private: out.Whole}
	if !p.whole.IsZero() {
		row = store.Row{Case: id, Kept: p.whole[:]}
		if err := tx.NameBlob(p.whole, id); err != nil {
			return err
		}
	}
	return tx.Put(wholeKey(p.messages[0].to, p.messages[0].manifest.Referral), row)
}

// Whole gives the whole of what came, when the document that a referral of ours was made of is only a part of it: the
// mail that a file was attached to. Of a document that became several referrals only the first has it. Empty when there
// is none or it was erased here.
func (d *Desk) Whole(id protocol.ReferralID) ([]byte, error) {
	var row store.Row
	err := d.org.View(func(tx *store.Tx) error {
		key, _, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		if row, err = tx.Get(wholeKey(protocol.OrgID(key.Dest), id)); errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil || len(row.Kept) == 0 {
		return row.Private, err
	}
	var blob store.BlobID
	copy(blob[:], row.Kept)
	r, err := d.org.OpenBlob(blob)
	if errors.Is(err, store.ErrErased) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read what came for %s: %w", id, err)
	}
	defer r.Close()
	return io.ReadAll(r)
}
