package connection

import (
	"context"
	"errors"
	"fmt"

	"referworks/bridges"
)

// rehearsed is the referral that a rehearsal speaks of. It is nobody's.
const rehearsed = "urn:uuid:00000000-0000-4000-8000-000000000000"

// rehearse asks a medium that can be asked whether it would take a referral like the sample of its kind, as the connection's
// mapping writes it. The person of the sample is invented, and nothing is changed there. What the mapping cannot convert is for
// the mapping's own tests to say.
func (s *Set) rehearse(ctx context.Context, c *Connection, bridge any) error {
	r, ok := bridge.(bridges.Rehearser)
	if !ok || c.Direction == In || len(s.Kinds[c.Kind].Sample) == 0 {
		return nil
	}
	all, format, err := s.Convert(Example{Name: c.Mapping, Input: s.Kinds[c.Kind].Sample, Back: true})
	if err != nil || len(all) == 0 || all[0].Back == nil || len(all[0].Back.Document) == 0 || format != c.Format {
		return nil
	}
	err = r.Rehearse(ctx, bridges.Delivery{
		Referral: rehearsed, Key: "rehearsal", Reference: "RW-TEST", Attempt: 1, Practice: true,
		From: bridges.Party{ID: s.Self, Name: s.Name()}, To: bridges.Party{ID: s.Self, Name: s.Name()},
		Document: bridges.Document{Format: format, MediaType: "application/" + format, Bytes: all[0].Back.Document},
	})
	var be *bridges.Error
	if err = s.atOurField(err, c); errors.As(err, &be) {
		return fmt.Errorf("the system answers, and would not take a referral like the sample of this kind of connection: %s", be.Sentence)
	}
	return err
}
