package connection_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/node/connection"
)

// rehearsing is a medium that can be asked beforehand.
type rehearsing struct {
	medium
	asked []bridges.Delivery
	says  error
	down  error
}

func (r *rehearsing) Test(context.Context) error { return r.down }

func (r *rehearsing) Rehearse(_ context.Context, d bridges.Delivery) error {
	r.asked = append(r.asked, d)
	return r.says
}

// A test of a connection asks the system whether it would take a referral, through the connection's own mapping; nothing is
// delivered, and what the system would refuse is said at our field.
func TestATestIsARehearsal(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &rehearsing{}
		_, b := pair(t, map[string]bridges.Kind{"medium": {Name: "medium", Title: "medium", Sample: matter(t), New: func(bridges.Config) (any, error) { return m, nil }}})
		b.publish("intake", "harbor-legalserver")
		must(t, b.set.Put(out("cases"), nil, "test"))
		must(t, b.set.Test(t.Context(), "cases"))
		if len(m.asked) != 1 || !m.asked[0].Practice || !strings.Contains(string(m.asked[0].Document.Bytes), `"first"`) || len(m.deliveries()) != 0 {
			t.Fatalf("%d rehearsals, %d deliveries", len(m.asked), len(m.deliveries()))
		}
		m.says = &bridges.Error{Class: bridges.Permanent, Sentence: "The system refused it.", Field: "date_of_birth"}
		if err := b.set.Test(t.Context(), "cases"); err == nil || !strings.Contains(err.Error(), "would not take") || !strings.Contains(err.Error(), "Date of birth") {
			t.Errorf("%v", err)
		}
		if h, err := b.set.Health("cases"); err != nil || h.Error == "" {
			t.Errorf("%+v %v", h, err)
		}
		m.down = errors.New("the system does not answer")
		if err := b.set.Test(t.Context(), "cases"); !errors.Is(err, m.down) || len(m.asked) != 2 {
			t.Errorf("%v, %d rehearsals", err, len(m.asked))
		}
		m.down, m.says = nil, nil
		in := out("cases")
		in.Direction, in.Consent = connection.In, statement
		must(t, b.set.Put(in, nil, "test"))
		if err := b.set.Test(t.Context(), "cases"); err != nil || len(m.asked) != 2 {
			t.Errorf("one that only brings: %v, %d rehearsals", err, len(m.asked))
		}
	})
}
