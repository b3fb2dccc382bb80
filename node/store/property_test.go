package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"referworks/node/store"
)

// model is what the store must hold, as plain maps.
type model struct {
	rows map[string]modelRow
	log  []string
	dead map[store.CaseID]bool
	live []store.CaseID
}

type modelRow struct {
	kept, private string
	of            store.CaseID
}

func (m *model) clone() *model {
	return &model{maps.Clone(m.rows), slices.Clone(m.log), maps.Clone(m.dead), slices.Clone(m.live)}
}

var errRefused = errors.New("refused")

// TestAgainstAMap runs transactions of random steps, some of which fail at their end, and starts over from the disk
// in between: store and model must agree all the time.
func TestAgainstAMap(t *testing.T) {
	for _, engine := range []string{"memory", "badger"} {
		t.Run(engine, func(t *testing.T) {
			runs := 0
			rapid.Check(t, func(t *rapid.T) {
				cfg := store.Config{Ballast: -1}
				if engine == "badger" {
					if runs++; runs > 20 && os.Getenv("LONG") == "" {
						return
					}
					cfg = smallConfig(testDir(t))
					cfg.NoSync() // other tests cut the power; this one is faster so
				}
				s, o, err := openForWork(cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { s.Close() }()
				m := &model{rows: map[string]modelRow{}, dead: map[store.CaseID]bool{}}
				t.Repeat(map[string]func(*rapid.T){
					"transaction": func(t *rapid.T) {
						fails := rapid.IntRange(0, 3).Draw(t, "fails") == 0
						next := m
						err := o.Update(context.Background(), func(tx *store.Tx) error {
							next = m.clone()
							for range rapid.IntRange(1, 6).Draw(t, "steps") {
								if err := step(t, tx, next); err != nil {
									return err
								}
							}
							if err := agree(tx, next); err != nil {
								return fmt.Errorf("inside: %w", err)
							}
							if fails {
								return errRefused
							}
							return nil
						})
						switch {
						case fails && errors.Is(err, errRefused):
						case err != nil:
							t.Fatal(err)
						default:
							m = next
						}
					},
					"restart": func(t *rapid.T) {
						if engine == "memory" || rapid.IntRange(0, 5).Draw(t, "rarely") > 0 {
							return // nothing outlives memory, and a disk takes its time
						}
						if err := s.Close(); err != nil {
							t.Fatal(err)
						}
						if s, o, err = openForWork(cfg); err != nil {
							t.Fatal(err)
						}
					},
					"rewrap": func(t *rapid.T) {
						if err := o.Rewrap(context.Background()); err != nil {
							t.Fatal(err)
						}
					},
					"": func(t *rapid.T) {
						if err := o.View(func(tx *store.Tx) error { return agree(tx, m) }); err != nil {
							t.Fatal(err)
						}
					},
				})
			})
		})
	}
}

var names = rapid.SampledFrom([]string{"", "a", "b", "ab", "a\x00", "a\x00b", "\xff"})

func step(t *rapid.T, tx *store.Tx, m *model) error {
	name := names.Draw(t, "name")
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0:
		c, err := tx.NewCase()
		m.live = append(m.live, c)
		return err
	case 1:
		if len(m.live) == 0 {
			return nil
		}
		i := rapid.IntRange(0, len(m.live)-1).Draw(t, "case")
		m.dead[m.live[i]] = true
		return tx.Erase(m.live[i])
	case 2:
		delete(m.rows, name)
		return tx.Delete(store.K(name))
	case 3:
		v := rapid.StringN(0, 20, 20).Draw(t, "entry")
		n, err := tx.Append("log", store.Row{Kept: []byte(v)})
		m.log = append(m.log, v)
		if err == nil && n != uint64(len(m.log)) {
			err = fmt.Errorf("entry %d got number %d", len(m.log), n)
		}
		return err
	}
	r := modelRow{kept: strings.Repeat("k", rapid.IntRange(1, 1500).Draw(t, "kept"))}
	if len(m.live) > 0 && rapid.Bool().Draw(t, "private") {
		r.of = m.live[rapid.IntRange(0, len(m.live)-1).Draw(t, "case")]
		r.private = strings.Repeat("p", rapid.IntRange(1, 1500).Draw(t, "size"))
	}
	row := store.Row{Kept: []byte(r.kept), Case: r.of}
	if r.private != "" {
		row.Private = []byte(r.private)
	}
	err := tx.Put(store.K(name), row)
	if m.dead[r.of] {
		if !errors.Is(err, store.ErrErased) {
			return fmt.Errorf("write under an erased case: %v", err)
		}
		return nil
	}
	m.rows[name] = r
	return err
}

func agree(tx *store.Tx, m *model) error {
	var found []string
	for it, err := range tx.Scan(store.Key{}, store.Key{}) {
		if err != nil {
			return err
		}
		name := it.Key.At(0)
		want, ok := m.rows[name]
		if m.dead[want.of] {
			want.private = ""
		}
		if !ok || string(it.Row.Kept) != want.kept || string(it.Row.Private) != want.private || it.Row.Erased != m.dead[want.of] {
			return fmt.Errorf("row %q is not that of the model", name)
		}
		found = append(found, name)
	}
	if want := slices.Sorted(maps.Keys(m.rows)); !slices.Equal(found, want) {
		return fmt.Errorf("rows %q and in the model %q", found, want)
	}
	n := 0
	for e, err := range tx.Log("log", 0) {
		if err != nil {
			return err
		}
		if n >= len(m.log) || string(e.Row.Kept) != m.log[n] || e.Seq != uint64(n+1) {
			return fmt.Errorf("entry %d is not that of the model", e.Seq)
		}
		n++
	}
	if n != len(m.log) {
		return fmt.Errorf("the log ends at %d and in the model at %d", n, len(m.log))
	}
	return nil
}
