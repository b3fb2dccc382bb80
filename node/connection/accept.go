package connection

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"referworks/bridges"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// Limits of what a source may hand over at once.
const (
	maxOriginal = 64 << 20 // bytes of a document as it came
	maxMediumID = 2 << 10  // bytes of a medium's own id
	maxEvidence = 20
)

// taken is what was made of an inbound document that did not become referrals at once: the same again is not taken twice,
// whatever a person made of it meanwhile.
type taken struct {
	Waiting   string `json:"waiting,omitempty"`
	Reference string `json:"reference,omitempty"`
}

func takenKey(connection, key string) store.Key {
	return store.K("taken", connection, sumOf(key).String())
}

func sumOf(key string) protocol.Hash { return sha256.Sum256([]byte(key)) }

// arrival marks a submission that a source brought: what its medium calls it, and what it knows of who sent it.
type arrival struct {
	connection string
	key        string
	evidence   []string
	whole      []byte // of which the document is only a part, or nil
}

// submissionKey makes of a medium's own id an Idempotency-Key: the medium's id may say something about the person.
func submissionKey(connection, key string) string {
	return "source/" + connection + "/" + sumOf(key).String()
}

// accept gives a bridge of c the way in. See bridges.Accept.
func (s *Set) accept(c *Connection) bridges.Accept {
	return func(ctx context.Context, in bridges.Inbound) (bridges.Accepted, error) {
		now, err := s.Connection(c.ID)
		switch {
		case err != nil:
			return bridges.Accepted{}, later("The node could not look the connection up. Try again.", err)
		case now.Paused:
			return bridges.Accepted{}, later(fmt.Sprintf("The connection %s is paused.", now.Name), nil)
		case len(in.Key) > maxMediumID:
			return bridges.Accepted{}, &bridges.Error{Class: bridges.Permanent, Sentence: fmt.Sprintf("The id of this document is longer than %d bytes.", maxMediumID)}
		case in.News != nil:
			return s.takeNews(ctx, &now, in)
		}
		return s.take(ctx, &now, in)
	}
}

// later is a refusal of something that may be brought again.
func later(sentence string, err error) *bridges.Error {
	return &bridges.Error{Class: bridges.Temporary, Sentence: sentence, Err: err}
}

// take makes an inbound document durable: as referrals, or as an item that waits for a person.
func (s *Set) take(ctx context.Context, c *Connection, in bridges.Inbound) (bridges.Accepted, error) {
	if max(len(in.Document.Bytes), len(in.Original.Bytes)) > maxOriginal {
		return bridges.Accepted{}, &bridges.Error{Class: bridges.Permanent, Sentence: fmt.Sprintf("The document is larger than the %d MB that are taken.", maxOriginal>>20)}
	}
	if before, err := s.before(c.ID, in.Key); err != nil {
		return bridges.Accepted{}, later("The node could not look up what came before. Try again.", err)
	} else if before != nil {
		return *before, nil
	}
	sub := Submission{Connection: c.ID, Format: in.Document.Format, Raw: in.Document.Bytes, To: in.To, Actor: "connection " + c.ID}
	sub.arrived = &arrival{connection: c.ID, key: in.Key, evidence: in.Evidence[:min(len(in.Evidence), maxEvidence)], whole: in.Original.Bytes}
	if len(sub.Raw) == 0 && in.Unread != "" { // there is no document in it
		sub.Format, sub.Raw, sub.arrived.whole = in.Original.Format, in.Original.Bytes, nil
	}
	if sub.Format == "" {
		sub.Format = c.Format
	}
	if in.Key != "" {
		sub.Key = submissionKey(c.ID, in.Key)
		sub.stands = sumOf(sub.Key)
	}
	unkept, err := s.uploadAll(ctx, &sub, in.Files)
	if err != nil {
		return bridges.Accepted{}, later("The node could not keep the files that came along. Try again.", err)
	}
	why := in.Unread
	if why == "" {
		why = unkept
	}
	if why == "" {
		res, err := s.Submit(ctx, sub)
		if err == nil {
			return s.accepted(&sub, res)
		}
		if temporary(ctx, err) {
			return bridges.Accepted{}, later("The node cannot take it now. Try again.", err)
		}
		why = err.Error()
	}
	w := waitingOf(&sub, c.ID, why, s.Now().UnixMilli())
	w.Unread = in.Unread != ""
	if err := s.wait(&w, sub.Actor); err != nil {
		return bridges.Accepted{}, later("The node cannot keep it now. Try again.", err)
	}
	return bridges.Accepted{Reference: waitingReference(w.ID), Waiting: true}, nil
}

// before gives what became of a document that was taken under the same key, or nil.
func (s *Set) before(connection, key string) (*bridges.Accepted, error) {
	if key == "" {
		return nil, nil
	}
	under := submissionKey(connection, key)
	sent, err := s.Desk.SentUnder(under, sumOf(under))
	if err != nil {
		return nil, err
	}
	if sent != nil {
		return &bridges.Accepted{Reference: referenceOf(sent.Parts), Again: true}, nil
	}
	var t *taken
	err = s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(takenKey(connection, key))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		t = new(taken)
		if err := json.Unmarshal(row.Kept, t); err != nil || t.Waiting == "" {
			return err
		}
		there, err := tx.Has(waitingKey(t.Waiting))
		if !there {
			t.Waiting = ""
		}
		return err
	})
	if err != nil || t == nil {
		return nil, err
	}
	return &bridges.Accepted{Reference: t.Reference, Waiting: t.Waiting != "", Again: true}, nil
}

// accepted is what is told of a submission that went well. A file of several rows is remembered here: its rows are known
// each by itself.
func (s *Set) accepted(sub *Submission, res Result) (bridges.Accepted, error) {
	got := bridges.Accepted{Reference: referenceOf(res.Parts), Waiting: res.Waiting != ""}
	if got.Reference == "" {
		got.Reference = waitingReference(res.Waiting)
	}
	if len(res.Rows) == 0 || sub.arrived.key == "" {
		return got, nil
	}
	err := s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		return putJSON(tx, takenKey(sub.Connection, sub.arrived.key), taken{Reference: got.Reference})
	})
	if err != nil {
		return got, later("The node cannot keep it now. Try again.", err)
	}
	return got, nil
}

func referenceOf(parts []exchange.Part) string {
	for _, p := range parts {
		if p.Referral != "" {
			return p.Referral.Reference()
		}
	}
	return ""
}

// waitingReference is a short number for something that waits.
func waitingReference(id string) string {
	if id == "" {
		return ""
	}
	return protocol.ReferralID(id).Reference()
}

// uploadAll keeps the files that came along. unkept says why some of them could not be: then a person looks at it.
func (s *Set) uploadAll(ctx context.Context, sub *Submission, files []bridges.File) (unkept string, err error) {
	if len(files) > protocol.MaxFiles {
		return fmt.Sprintf("%d files came along, and at most %d can. They are in the original.", len(files), protocol.MaxFiles), nil
	}
	for i, f := range files {
		id, err := s.upload(ctx, f)
		var no *protocol.Error
		switch {
		case err == nil:
			sub.Files = append(sub.Files, id)
		case errors.As(err, &no) && no.Code.Class() == protocol.Permanent:
			unkept = fmt.Sprintf("File %d of the %d that came along was not kept: %s", i+1, len(files), no.Text())
		default:
			return "", err
		}
	}
	return unkept, nil
}

func (s *Set) upload(ctx context.Context, f bridges.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	kept, err := s.Desk.Upload(ctx, f.Name, f.MediaType, r)
	return kept.ID, err
}

// temporary tells whether what kept a document from being taken passes by itself.
func temporary(ctx context.Context, err error) bool {
	var no *protocol.Error
	return ctx.Err() != nil || errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrClosed) || errors.Is(err, store.ErrDead) || errors.Is(err, errPaused) ||
		errors.As(err, &no) && no.Code.Class() == protocol.Temporary
}
