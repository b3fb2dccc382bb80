package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"referworks/crypto"
	"referworks/node/audit"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// side is which side of a thread we are.
func (t *thread) side() protocol.Side {
	if t.Out {
		return protocol.Sender
	}
	return protocol.Recipient
}

// said reads a thread as the fold reads it, with what we decided and have not numbered yet.
func said(tx *store.Tx, t *thread) ([]protocol.Said, error) {
	list, err := messages(tx, t)
	if err != nil {
		return nil, err
	}
	all := make([]protocol.Said, 0, len(list))
	next := t.OurSeq
	for i := range list {
		m := &list[i]
		s := protocol.Said{By: t.side().Other(), Seq: m.Seq, Seen: m.Seen, Kind: m.Kind, At: m.At.UnixMilli()}
		if m.Ours {
			s.By = t.side()
		}
		if s.Seq == 0 {
			next++
			s.Seq = next
		}
		s.Step = m.Step
		all = append(all, s)
	}
	return all, nil
}

// refold writes down in the thread what its messages come to.
func (d *Desk) refold(tx *store.Tx, t *thread) (protocol.Life, error) {
	all, err := said(tx, t)
	if err != nil {
		return protocol.Life{}, err
	}
	life := protocol.Fold(all)
	if life.Version != t.Version {
		if err := keepGist(tx, t, all); err != nil {
			return life, err
		}
	}
	t.Status, t.StatusSince, t.Turn, t.Purge, t.Version = life.Status, life.Since, life.Turn(), life.Purge, life.Version
	if by := d.replyBy(t, &life); by != t.ReplyBy {
		t.ReplyBy = by
		return life, d.watch(tx, t)
	}
	return life, nil
}

// Life gives what a referral's messages come to, and which side of it we are. ErrNone when there is no such referral.
func (d *Desk) Life(id protocol.ReferralID) (life protocol.Life, side protocol.Side, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		_, row, _, err := d.find(tx, id)
		if err != nil {
			return err
		}
		t, _, err := readThread(row)
		if err != nil {
			return err
		}
		all, err := said(tx, t)
		life, side = protocol.Fold(all), t.side()
		return err
	})
	return life, side, err
}

// Viewed notes that somebody read what a referral says: at most once an hour for each actor.
func (d *Desk) Viewed(ctx context.Context, id protocol.ReferralID, actor string) error {
	key := [2]string{string(id), actor}
	now := d.now()
	d.mu.Lock()
	again := now.Sub(d.viewed[key]) < time.Hour
	if !again {
		if d.viewed == nil || len(d.viewed) > 10_000 {
			d.viewed = map[[2]string]time.Time{}
		}
		d.viewed[key] = now
	}
	d.mu.Unlock()
	if again {
		return nil
	}
	return d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
		_, err := audit.Record(tx, audit.Event{At: now.UnixMilli(), Actor: actor, Kind: EventViewed, Subject: string(id)})
		return err
	})
}

// Doing is one step that somebody of ours takes in a referral.
type Doing struct {
	Kind  protocol.MessageKind
	Step  protocol.Step // without ids: they are given
	Files []string      // ids of uploads that go along
	Actor string        // a role or a key, never a person's name

	Key     string        // Idempotency-Key, or empty
	KeyHash protocol.Hash // what the key stands for: the same key with another hash is ErrKeyReused

	uploads, files []*file // read; locked for the partner
	masked         bool    // the true reason stays here
}

// NotNow is a step that the life of the referral does not allow; Sentence says why and what can be done instead.
type NotNow struct {
	Refusal  *protocol.Refusal
	Partner  string
	Language string // of the sentence that Error gives; English when empty
}

func (e *NotNow) Error() string { return e.Sentence(e.Language) }
func (e *NotNow) Unwrap() error { return e.Refusal }

// Sentence is the refusal in a language, with the partner's name and the date.
func (e *NotNow) Sentence(language string) string {
	return e.Refusal.Sentence(language, e.Partner, dateIn(language, time.UnixMilli(e.Refusal.Since)))
}

// ErrStep is a step that is not as it must be; what wraps it says what is wrong, without a value that came in.
var ErrStep = errors.New("this step is not complete")

// Act takes a step in a referral: it is checked against the table, stored, and goes to the partner in its turn. nil
// means on our disk. The life that comes back counts it already. Errors: ErrNone, *NotNow, ErrStep, *NoConsent,
// *protocol.Error.
func (d *Desk) Act(ctx context.Context, id protocol.ReferralID, do Doing) (life protocol.Life, err error) {
	var key store.LaneKey
	err = d.org.View(func(tx *store.Tx) (err error) {
		key, _, _, err = d.find(tx, id)
		return err
	})
	if err != nil {
		return life, err
	}
	if taken, err := d.actedBefore(do); err != nil {
		return life, err
	} else if taken {
		life, _, err = d.Life(id)
		return life, err
	}
	if err := d.suspension(); err != nil {
		return life, err
	}
	if do.uploads, err = d.uploads(do.Files); err != nil {
		return life, err
	}
	if do.Kind != protocol.KindUpdate {
		for _, f := range do.uploads {
			do.Step.Files = append(do.Step.Files, protocol.Attachment{})
			f.describe(&do.Step.Files[len(do.Step.Files)-1])
		}
		if do.files, err = d.lock(do.Step.Files, do.uploads, 0); err != nil {
			return life, err
		}
	}
	if do.Kind == protocol.KindUpdate {
		if err := d.prepareUpdate(key, id, &do); err != nil {
			return life, err
		}
	}
	err = d.org.Update(ctx, func(tx *store.Tx) error {
		life, err = d.act(tx, key, do)
		return err
	})
	if err != nil {
		return life, err
	}
	d.arrived.drop(key)
	signal(d.outbox)
	return life, nil
}

// act takes a step in the transaction that stores it.
func (d *Desk) act(tx *store.Tx, key store.LaneKey, do Doing) (life protocol.Life, err error) {
	row, _, err := tx.Lane(key)
	if errors.Is(err, store.ErrNotFound) {
		return life, ErrNone
	} else if err != nil {
		return life, err
	}
	now, _, err := readThread(row)
	if err != nil {
		return life, err
	}
	if taken, err := readActed(tx, &do); err != nil {
		return life, err
	} else if taken {
		return d.folded(tx, key)
	}
	body, err := d.judgeAct(tx, now, &do)
	if err != nil {
		return life, err
	}
	if do.Key != "" {
		if err := tx.Put(actedKey(do.Key), store.Row{Kept: do.KeyHash[:]}); err != nil {
			return life, err
		}
	}
	if destroys(do.Kind, &do.Step) && now.Sending == 0 && !now.Acts.any() { // else with its number; see number
		if err := tx.Erase(now.held); err != nil {
			return life, err
		}
	}
	if len(do.files) > 0 && row.Erased {
		return life, protocol.Errorf(protocol.CodeConflict, "The person's data was erased here, so no files can be sent any more. Send a message without them.")
	}
	if err := errors.Join(keepFiles(tx, row.Case, now.Partner, now.Referral, do.files), useUploads(tx, row.Case, do.uploads)); err != nil {
		return life, err
	}
	if do.masked {
		e := audit.Event{At: d.now().UnixMilli(), Actor: do.Actor, Kind: EventMasked, Subject: string(now.Referral), Case: row.Case, Details: []byte(`{"reason":"conflict"}`)}
		if _, err := audit.Record(tx, e); err != nil {
			return life, err
		}
	}
	err = d.alter(tx, key, nil, do.Actor, func(t *thread, _ *private) string {
		t.add(&act{kind: do.Kind, at: d.now().UnixMilli(), actor: do.Actor, body: body})
		return actEvent(do.Kind)
	})
	if err != nil {
		return life, err
	}
	return d.folded(tx, key)
}

// folded folds a thread as it stands now and writes what it comes to.
func (d *Desk) folded(tx *store.Tx, key store.LaneKey) (life protocol.Life, err error) {
	var wrong error
	err = d.alter(tx, key, nil, "node", func(t *thread, _ *private) string {
		life, wrong = d.refold(tx, t)
		return ""
	})
	return life, errors.Join(wrong, err)
}

// actEvent is the kind of the event of a message, from either side.
func actEvent(k protocol.MessageKind) string { return "referral." + string(k) }

// judgeAct checks a step against the thread as it stands and gives its body.
func (d *Desk) judgeAct(tx *store.Tx, t *thread, do *Doing) ([]byte, error) {
	if t.Out && (t.State == protocol.TurnedAway || t.State == protocol.Undeliverable) {
		return nil, protocol.Errorf(protocol.CodeConflict, "This referral never reached the partner, so there is nothing to do in it. Send a new one.")
	}
	all, err := said(tx, t)
	if err != nil {
		return nil, err
	}
	life, side, s := protocol.Fold(all), t.side(), &do.Step
	if takes(do.Kind, "id") {
		s.ID = protocol.NextID(all, side)
	}
	if s.Of == "" && takes(do.Kind, "of") {
		s.Of = onlyOpen(&life, side, do.Kind)
	}
	if err := life.May(side, do.Kind, s); err != nil {
		return nil, d.notNow(t, err)
	}
	if do.Kind == protocol.KindUnaccept && d.now().Sub(time.UnixMilli(life.Since)) > protocol.UnacceptWithin {
		return nil, d.notNow(t, &protocol.Refusal{Kind: do.Kind, By: side, Status: life.Status, Since: life.Since, Made: life.By, Why: protocol.WhyLate, Instead: kindsOf(life.Allowed(side))})
	}
	if do.Kind == protocol.KindDecline && s.Reason == ReasonConflict {
		s.Reason, s.Text, do.masked = unable, "", true
	}
	if err := s.Check(do.Kind); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStep, err)
	}
	if do.Kind == protocol.KindClose {
		if err := d.narrowOutcomes(tx, t, s); err != nil {
			return nil, err
		}
	}
	pair, ok := d.book.Current(t.Partner)
	if !ok || pair.MayAnswer() != nil {
		return nil, protocol.Errorf(protocol.CodeNoGrant, "There is no partnership with this organization any more. Phone them.")
	}
	if len(s.Files) > 0 {
		move := partner.Move{Terms: t.Terms}
		addFiles(&move, s.Files)
		if err := pair.MaySend(move, d.now()); err != nil && protocol.CodeOf(err).Class() == protocol.Permanent {
			return nil, err
		}
	}
	body, err := crypto.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write step: %w", err)
	}
	if len(body) > protocol.MaxPlaintext-4096 {
		return nil, protocol.Errorf(protocol.CodeTooLarge, "This is larger than a message may be. Send large parts as files.")
	}
	return body, nil
}

func (d *Desk) notNow(t *thread, err error) error {
	var r *protocol.Refusal
	if !errors.As(err, &r) {
		return err
	}
	no := &NotNow{Refusal: r, Partner: t.Partner.Short()}
	if pair, ok := d.book.Current(t.Partner); ok {
		no.Partner = pair.Name()
	}
	return no
}

func takes(k protocol.MessageKind, member string) bool {
	a, ok := protocol.ActOf(k)
	for _, m := range append(append([]string(nil), a.Needs...), a.Takes...) {
		if m == member {
			return ok
		}
	}
	return false
}

func kindsOf(list []protocol.Act) (kinds []protocol.MessageKind) {
	for _, a := range list {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

// onlyOpen is what an answer is about when there is one thing to answer.
func onlyOpen(life *protocol.Life, side protocol.Side, k protocol.MessageKind) string {
	list := life.Questions
	switch k {
	case protocol.KindProposeAnswer:
		list = life.Proposals
	case protocol.KindNoShow:
		if life.Appointment != nil {
			return life.Appointment.ID
		}
		return ""
	}
	id := ""
	for _, o := range list {
		if o.By == side.Other() {
			if id != "" {
				return ""
			}
			id = o.ID
		}
	}
	return id
}

// narrowOutcomes keeps results back that the person did not let come back to the sender.
func (d *Desk) narrowOutcomes(tx *store.Tx, t *thread, s *protocol.Step) error {
	m, erased, err := readMessage(tx, messageKey(t.Partner, t.Referral, theirs, 1))
	if err != nil || erased {
		return err
	}
	r := new(protocol.Referral)
	if err := crypto.Unmarshal(m.body, r); err != nil {
		return err
	}
	for i := range r.Consents {
		if shared, _ := r.Consents[i].OutcomeSharing.Bool(); shared {
			return nil
		}
	}
	for i := range s.Outcomes {
		s.Outcomes[i].Result, s.Outcomes[i].Text = "unknown", ""
	}
	s.Text = ""
	return nil
}

// prepareUpdate makes a new version as it may go to this partner: with the number of the referral, narrowed and valid.
func (d *Desk) prepareUpdate(key store.LaneKey, id protocol.ReferralID, do *Doing) error {
	r := do.Step.Referral
	if r == nil {
		return fmt.Errorf("%w: an update needs the new version", ErrStep)
	}
	to := protocol.OrgID(key.Dest)
	before, err := d.Body(id)
	if err != nil {
		return err
	}
	out := &Outgoing{Referral: r, Files: do.Files}
	if out.uploads, err = d.attach(out, before.Attachments...); err != nil {
		return err
	}
	dr, err := d.draft(out, "", 1, to)
	if err != nil {
		return err
	}
	next := dr.referral
	do.uploads, do.files = out.uploads, dr.files
	for _, f := range do.files {
		f.Seq = 0
	}
	for i := range next.Attachments { // what went along before is there
		a := &next.Attachments[i]
		for _, was := range before.Attachments {
			if !a.Root.Given() && was.Root.Given() && was.ID.Text() == a.ID.Text() {
				*a = was
			}
		}
	}
	next.Header.ID = protocol.Of[protocol.ReferralRef](string(id))
	next.Header.Group, next.Header.CreatedAt, next.Header.Mode = before.Header.Group, before.Header.CreatedAt, before.Header.Mode
	do.Step.Referral = next
	return nil
}

// destroys tells whether a step makes what is here about the person unreadable. It does so at once, or, when something
// that was said before has not reached the partner, as soon as it has: a partner that lacked it could not take our word.
func destroys(k protocol.MessageKind, s *protocol.Step) bool {
	return k == protocol.KindPurged && s.Agreed != nil && *s.Agreed
}

var weekdaysES = [...]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"}
var monthsES = [...]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}

// dateIn writes a day as people say it.
func dateIn(language string, t time.Time) string {
	t = t.UTC()
	if len(language) >= 2 && language[:2] == "es" {
		return fmt.Sprintf("%s %d de %s", weekdaysES[t.Weekday()], t.Day(), monthsES[t.Month()-1])
	}
	return t.Format("Monday, January 2")
}
