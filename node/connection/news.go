package connection

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"referworks/bridges"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// Task is what a person is to do: our own system said something of a referral that could not be made a step in it.
type Task struct {
	Referral protocol.ReferralID  `json:"referral"`
	Kind     protocol.MessageKind `json:"kind,omitempty" doc:"The step that was to be taken, when that was clear."`
	Word     string               `json:"word,omitempty" doc:"What the system calls it."`
	Tell     bool                 `json:"tell,omitempty" doc:"Our system could not be told what a partner did: send it again tells it again, and give it up leaves this out and goes on with what came after."`
	Why      protocol.Words       `json:"why" doc:"Why the step was not taken, and what can be done."`
}

// handedKey tells through which connection a received referral was handed over; referenceKey finds a referral by what
// the connection's medium calls it.
func handedKey(id protocol.ReferralID) store.Key { return store.K("handed", string(id)) }

func referenceKey(connection, reference string) store.Key {
	return store.K("reference", connection, sumOf(reference).String())
}

// speaks tells whether a sink also brings news, or is told some.
func speaks(sink bridges.Sink) bool {
	_, tells := sink.(bridges.Teller)
	_, brings := sink.(bridges.Source)
	_, receives := sink.(bridges.Receiver)
	return tells || brings || receives || updates(sink)
}

// handing notes which connection has a referral, before its medium hears of it: the answer may be faster than our own
// note of the delivery. Nobody waits for it: what is handed over is written down after it.
func (s *Set) handing(c *Connection, item *exchange.Item) {
	s.Org.Later(func(tx *store.Tx) error {
		return tx.Put(handedKey(item.Referral), store.Row{Kept: []byte(c.ID)})
	})
}

// handedAs notes what the medium calls a referral. It is on the disk before the delivery is settled.
func (s *Set) handedAs(c *Connection, item *exchange.Item, reference string) {
	if reference == "" {
		return
	}
	s.Org.Later(func(tx *store.Tx) error {
		return tx.Put(referenceKey(c.ID, reference), store.Row{Kept: []byte(item.Referral)})
	})
}

// beginDelivery notes that something is being handed over through a connection, until the function that it gives is called.
func (s *Set) beginDelivery(id string) (end func()) {
	add := func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.handingOver == nil {
			s.handingOver = map[string]int{}
		}
		s.handingOver[id] += n
	}
	add(1)
	return func() { add(-1) }
}

func (s *Set) delivering(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handingOver[id] > 0
}

// takeNews makes a signed step of what our own system says of a referral, or a task for a person: never silence. What is
// not about a referral of this connection is refused for good.
func (s *Set) takeNews(ctx context.Context, c *Connection, in bridges.Inbound) (bridges.Accepted, error) {
	n := in.News
	if len(n.Key) > maxMediumID || len(n.Reference) > maxMediumID {
		return bridges.Accepted{}, &bridges.Error{Class: bridges.Permanent, Sentence: fmt.Sprintf("The id of this news is longer than %d bytes.", maxMediumID)}
	}
	ids, err := s.about(c, n)
	switch {
	case err != nil:
		return bridges.Accepted{}, later("The node could not look the referral up. Try again.", err)
	case len(ids) == 0 && s.delivering(c.ID):
		return bridges.Accepted{}, later("A referral is being handed over just now, which this may be about. Tell it again in a moment.", nil)
	case len(ids) == 0:
		return bridges.Accepted{}, &bridges.Error{Class: bridges.Permanent, Sentence: "No referral of this connection has this id."}
	}
	got := bridges.Accepted{Reference: ids[0].Reference(), Again: true}
	for _, id := range ids {
		one, err := s.takeNewsOf(ctx, c, id, in)
		if err != nil {
			return one, err
		}
		got.Again = got.Again && one.Again
		got.Waiting = got.Waiting || one.Waiting
	}
	return got, nil
}

// about finds the referrals of a connection that news is about: one that was handed over through it, or those that came
// in through it.
func (s *Set) about(c *Connection, n *bridges.News) (ids []protocol.ReferralID, err error) {
	if n.Referral != "" {
		ids = append(ids, n.Referral)
	} else if n.Reference != "" {
		if ids, err = s.byReference(c.ID, n.Reference); err != nil {
			return nil, err
		}
	}
	var its []protocol.ReferralID
	for _, id := range ids {
		t, err := s.Desk.Thread(id)
		if errors.Is(err, exchange.ErrNone) {
			continue
		} else if err != nil {
			return nil, err
		}
		through, err := s.through(&t)
		if err != nil {
			return nil, err
		}
		if through == c.ID {
			its = append(its, id)
		}
	}
	return its, nil
}

func (s *Set) byReference(connection, reference string) (ids []protocol.ReferralID, err error) {
	err = s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(referenceKey(connection, reference))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			ids = append(ids, protocol.ReferralID(row.Kept))
		}
		return err
	})
	if err != nil || len(ids) > 0 {
		return ids, err
	}
	under := submissionKey(connection, reference)
	sent, err := s.Desk.SentUnder(under, sumOf(under))
	if err != nil || sent == nil {
		return nil, err
	}
	for _, p := range sent.Parts {
		if p.Referral != "" {
			ids = append(ids, p.Referral)
		}
	}
	return ids, nil
}

// through gives the connection that a referral came in through, or was handed over through; "" when there is none.
func (s *Set) through(t *exchange.Thread) (id string, err error) {
	if t.Direction == "out" {
		return t.Connection, nil
	}
	return s.handedThrough(t.Referral)
}

// handedThrough gives the connection that a received referral was handed over through; "" when there is none.
func (s *Set) handedThrough(referral protocol.ReferralID) (id string, err error) {
	err = s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(handedKey(referral))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		id = string(row.Kept)
		return err
	})
	return id, err
}

func (s *Set) takeNewsOf(ctx context.Context, c *Connection, id protocol.ReferralID, in bridges.Inbound) (bridges.Accepted, error) {
	got := bridges.Accepted{Reference: id.Reference()}
	under := ""
	if in.News.Key != "" {
		under = string(id) + " " + in.News.Key
		known, err := s.knownNews(c.ID, under)
		if err != nil {
			return got, later("The node could not look up what came before. Try again.", err)
		}
		if known {
			got.Again = true
			return got, nil
		}
	}
	steps, why, err := s.stepsOf(c, id, in.News)
	if err != nil {
		return got, later("The node could not look the referral up. Try again.", err)
	}
	task := Task{Referral: id, Kind: in.News.Kind, Word: clip(in.News.Word), Why: why}
	if in.Unread != "" {
		task.Why = words(in.Unread, "Esto lo decide una persona: "+in.Unread)
	}
	var files []string
	if len(in.Files) > 0 {
		sub := Submission{}
		unkept, err := s.uploadAll(ctx, &sub, in.Files)
		if err != nil {
			return got, later("The node could not keep the files that came along. Try again.", err)
		}
		if files = sub.Files; unkept != "" && task.Why == (protocol.Words{}) {
			task.Why = protocol.Words{EN: unkept, ES: "No se pudo guardar un archivo que venía con esto: " + unkept}
		}
	}
	for i := 0; i < len(steps) && task.Why == (protocol.Words{}); i++ {
		do := steps[i]
		do.Actor = "connection " + c.ID
		if takesFiles(do.Kind) {
			do.Files, files = files, nil
		}
		if under != "" {
			do.Key, do.KeyHash = fmt.Sprintf("news/%s/%s/%d", c.ID, sumOf(under), i), sumOf(under)
		}
		_, err := s.Desk.Act(ctx, id, do)
		if err == nil {
			continue
		}
		if temporary(ctx, err) {
			return got, later("The node cannot take it now. Try again.", err)
		}
		task.Kind, task.Why = do.Kind, refusalWords(err)
	}
	if task.Why == (protocol.Words{}) {
		return got, s.remember(c.ID, under)
	}
	got.Waiting = true
	if err := s.addTask(c, &task, in, files, under); err != nil {
		return got, later("The node cannot keep it now. Try again.", err)
	}
	return got, nil
}

func newsKey(connection, under string) store.Key {
	return store.K("news", connection, sumOf(under).String())
}

func (s *Set) knownNews(connection, under string) (known bool, err error) {
	err = s.Org.View(func(tx *store.Tx) error {
		known, err = tx.Has(newsKey(connection, under))
		return err
	})
	return known, err
}

// remember notes that news was taken whole. Each of its steps is known by a key of its own already.
func (s *Set) remember(connection, under string) error {
	if under == "" {
		return nil
	}
	err := s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		return tx.Put(newsKey(connection, under), store.Row{})
	})
	if err != nil {
		return later("The node cannot keep it now. Try again.", err)
	}
	return nil
}

func takesFiles(k protocol.MessageKind) bool {
	a, _ := protocol.ActOf(k)
	return slices.Contains(a.Takes, "files") || slices.Contains(a.Needs, "files")
}

// refusalWords are why a step was not taken, in the languages of the screens.
func refusalWords(err error) protocol.Words {
	var no *exchange.NotNow
	if errors.As(err, &no) {
		return protocol.Words{EN: no.Sentence("en"), ES: no.Sentence("es")}
	}
	text := sentence(err)
	return protocol.Words{EN: text, ES: "El paso no se pudo dar: " + text}
}

// addTask puts a task on the list of what waits, with what the system said. It is sealed with the referral's case.
func (s *Set) addTask(c *Connection, task *Task, in bridges.Inbound, files []string, under string) error {
	said, err := json.Marshal(in.News.Step)
	if err != nil {
		return err
	}
	t, err := s.Desk.Thread(task.Referral)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(c.ID + " " + under + " " + string(said) + " " + string(task.Referral)))
	w := Waiting{
		ID: "task-" + hex.EncodeToString(sum[:10]), Direction: In, Connection: c.ID, Format: "step", Sentence: task.Why.EN, Since: s.Now().UnixMilli(),
		From: t.Partner, Referral: task.Referral, Task: task, Files: files, Evidence: in.Evidence[:min(len(in.Evidence), maxEvidence)], CaseID: t.Case, Original: said,
	}
	if t.Erased {
		w.Original = nil
	}
	if w.Whole = in.Original.Bytes; len(w.Whole) == 0 {
		w.Whole = in.Document.Bytes
	}
	if t.Erased {
		w.Whole = nil
	}
	var blob store.BlobID
	if len(w.Whole) > maxRow {
		if blob, _, err = s.Org.PutBlob(background, bytes.NewReader(w.Whole)); err != nil {
			return err
		}
	}
	return s.Org.UpdateAlways(background, func(tx *store.Tx) error {
		if err := keepWhole(tx, &w, blob); err != nil {
			return err
		}
		if under != "" {
			if err := tx.Put(newsKey(c.ID, under), store.Row{}); err != nil {
				return err
			}
		}
		return errors.Join(s.Desk.KeepUploads(tx, files), s.putWaiting(tx, &w, "connection "+c.ID))
	})
}
