package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"referworks/protocol"
)

// Passing is how a referral goes on to somebody else: as a new one, based on the earlier.
type Passing struct {
	To      []protocol.OrgID
	First   bool            // the first of them to accept is the only one
	Contact protocol.Worker // of ours, whom the next organization may ask; needed when we received it
	Key     string          // Idempotency-Key, or empty
	KeyHash protocol.Hash   // what the key stands for
	Actor   string          // a role or a key, never a person's name
}

// over are the states from which the sender may send a referral to somebody else: nobody works on it any more.
var over = []protocol.Status{protocol.StatusDeclined, protocol.StatusReturned, protocol.StatusRecalled}

// PassOn sends a referral to somebody else. The sender re-routes one that was declined, returned, recalled or never
// arrived. The recipient passes one on, where the consent allows it: the next organization learns who had it before, there
// are at most three such steps, and it never goes back to one that had it. Files go along. Errors: ErrNone,
// *protocol.Error, *NoConsent, *protocol.Problems.
func (d *Desk) PassOn(ctx context.Context, id protocol.ReferralID, p Passing) (Sent, error) {
	if earlier, err := d.sentBefore(&Outgoing{Key: p.Key, KeyHash: p.KeyHash}); err != nil || earlier != nil {
		return *orZero(earlier), err
	}
	if err := d.suspension(); err != nil {
		return Sent{}, err
	}
	t, err := d.Thread(id)
	if err != nil {
		return Sent{}, err
	}
	r, err := d.Body(id)
	if err != nil {
		return Sent{}, err
	}
	if t.Direction == "out" {
		err = d.mayReroute(&t, p.To)
	} else {
		err = d.nextLeg(&t, r, p)
	}
	if err != nil {
		return Sent{}, err
	}
	now := d.now()
	r.Header = protocol.Header{
		CreatedAt: protocol.Of[protocol.Time](now.Format(time.RFC3339)), Mode: r.Header.Mode, SenderRef: r.Header.SenderRef,
		BasedOn: protocol.Of[protocol.ReferralRef](string(id)),
	}
	if t.Direction == "in" {
		r.Header.SenderRef = protocol.Text{}
	}
	if p.First {
		r.Header.Group.Rule = protocol.Choose(protocol.GroupFirstAccepted)
	}
	r.Target.Organization = protocol.Named{}
	files, err := d.copyFiles(ctx, id, r)
	if err != nil {
		return Sent{}, err
	}
	sent, err := d.Send(ctx, Outgoing{Referral: r, To: p.To, Actor: p.Actor, Key: p.Key, KeyHash: p.KeyHash})
	if err != nil {
		for _, f := range files {
			_ = d.DropUpload(context.WithoutCancel(ctx), f)
		}
	}
	return sent, err
}

// mayReroute tells whether the partner that has it is done with it.
func (d *Desk) mayReroute(t *Thread, to []protocol.OrgID) error {
	switch {
	case slices.Contains(to, t.Partner):
		return protocol.Errorf(protocol.CodeConflict, "%s had this referral. Choose another organization.", d.name(t.Partner))
	case slices.Contains(over, t.Status), t.State == protocol.TurnedAway, t.State == protocol.Undeliverable:
		return nil
	}
	return protocol.Errorf(protocol.CodeConflict, "%s still has this referral. Recall it first, or send a new one.", d.name(t.Partner))
}

func (d *Desk) name(id protocol.OrgID) string {
	if pair, ok := d.book.Current(id); ok {
		return pair.Name()
	}
	return id.Short()
}

// nextLeg adds the step that the referral made to us, and makes us its referrer.
func (d *Desk) nextLeg(t *Thread, r *protocol.Referral, p Passing) error {
	if t.Status == protocol.StatusConsentEnded || t.Status == protocol.StatusRecalled || t.Status == protocol.StatusError {
		return protocol.Errorf(protocol.CodeConflict, "This referral is over, so it cannot be passed on.")
	}
	if len(r.Provenance.Chain) >= protocol.MaxLegs {
		return protocol.Errorf(protocol.CodeBeyond, "This referral was passed on %d times, and no more is allowed. Phone the organization that sent it.", protocol.MaxLegs)
	}
	now := d.now()
	had := []protocol.OrgID{t.Partner, d.self.OrgID()}
	for _, l := range r.Provenance.Chain {
		had = append(had, l.From.ID(), l.To.ID())
	}
	for _, to := range p.To {
		if slices.Contains(had, to) {
			return protocol.Errorf(protocol.CodeConflict, "%s had this referral before, so it cannot go there again. Choose another organization.", d.name(to))
		}
	}
	leg := protocol.Leg{
		Referral: protocol.Of[protocol.ReferralRef](string(t.Referral)), From: protocol.Of[protocol.OrgRef](string(t.Partner)),
		To: protocol.Of[protocol.OrgRef](string(d.self.OrgID())), At: protocol.Of[protocol.Time](t.Opened.UTC().Format(time.RFC3339)),
	}
	r.Provenance.Chain = append(r.Provenance.Chain, leg)
	for _, to := range p.To {
		c, ok := r.LiveConsent(now, to)
		if !ok {
			return protocol.Errorf(protocol.CodeBeyond, "The person's consent does not let you pass this referral on to %s. Propose it to %s: they can ask the person, and send it themselves.", d.name(to), d.name(t.Partner))
		}
		r.Provenance.Chain[len(r.Provenance.Chain)-1].Consent = protocol.Of[protocol.Text](string(c.Basis.Value()) + ", " + c.ObtainedAt.Text())
	}
	r.Referrer = protocol.Referrer{Contact: p.Contact, Kind: protocol.Choose(protocol.ReferrerOrganization)}
	return nil
}

// copyFiles uploads what came along again, for the new referral; what never came stays a name.
func (d *Desk) copyFiles(ctx context.Context, id protocol.ReferralID, r *protocol.Referral) (uploaded []string, err error) {
	for i := range r.Attachments {
		a := &r.Attachments[i]
		f, content, err := d.OpenFile(id, a.ID.Text())
		if errors.Is(err, ErrNoFile) || errors.Is(err, ErrFileState) {
			renameFile(r, i, fmt.Sprint("listed-", i+1))
			continue
		} else if err != nil {
			return uploaded, err
		}
		up, err := d.Upload(ctx, f.Name, f.MediaType, content)
		if err = errors.Join(err, content.Close()); err != nil {
			return uploaded, fmt.Errorf("take a file along: %w", err)
		}
		renameFile(r, i, up.ID)
		uploaded = append(uploaded, up.ID)
	}
	return uploaded, nil
}

// renameFile gives a file another id, also where a consent points to it.
func renameFile(r *protocol.Referral, i int, id string) {
	a := &r.Attachments[i]
	for j := range r.Consents {
		if c := &r.Consents[j]; c.Form.Given() && c.Form.Text() == a.ID.Text() {
			c.Form = protocol.Of[protocol.Token](id)
		}
	}
	a.ID = protocol.Of[protocol.Token](id)
}
