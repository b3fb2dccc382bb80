package connection_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"referworks/bridges"
	"referworks/node/connection"
)

// lists is a medium with pick lists.
type lists struct {
	medium
	err error
}

func (*lists) Lists() []string { return []string{"gender", "problem"} }

func (l *lists) Values(_ context.Context, list string) ([]bridges.Value, error) {
	if l.err != nil {
		return nil, l.err
	}
	return []bridges.Value{{Word: list + "-1", Label: "One"}, {Word: list + "-2", Label: "Two"}}, nil
}

// The lists of a system are named and read through its connection; one without lists has none, and what the system says is passed on.
func TestLookups(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &lists{}
		_, b := pair(t, map[string]bridges.Kind{
			"medium": {Name: "medium", Title: "medium", New: func(bridges.Config) (any, error) { return m, nil }},
			"plain":  (&medium{}).kind("plain"),
		})
		b.publish("intake", "court-help-center")
		must(t, b.set.Put(out("cases"), nil, "test"))
		plain := out("plain")
		plain.Kind = "plain"
		must(t, b.set.Put(plain, nil, "test"))
		names, err := b.set.Lookups("cases")
		if err != nil || !slices.Equal(names, []string{"gender", "problem"}) {
			t.Errorf("%v, %v", names, err)
		}
		if names, err := b.set.Lookups("plain"); err != nil || len(names) != 0 {
			t.Errorf("a system without lists: %v, %v", names, err)
		}
		values, err := b.set.Lookup(t.Context(), "cases", "problem")
		if err != nil || len(values) != 2 || values[1] != (bridges.Value{Word: "problem-2", Label: "Two"}) {
			t.Errorf("%v, %v", values, err)
		}
		for _, at := range [][2]string{{"cases", "none"}, {"plain", "gender"}, {"none", "gender"}} {
			if _, err := b.set.Lookup(t.Context(), at[0], at[1]); !errors.Is(err, connection.ErrNone) {
				t.Errorf("%v: %v", at, err)
			}
		}
		m.err = errors.New("the sign-in was refused")
		if _, err := b.set.Lookup(t.Context(), "cases", "gender"); !errors.Is(err, m.err) {
			t.Errorf("%v", err)
		}
	})
}
