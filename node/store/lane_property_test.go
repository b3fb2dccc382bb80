package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"referworks/node/store"
)

// modelLane is one lane as it must be: when it is due and where, and who holds it until when.
type modelLane struct {
	there  bool
	due    time.Time // zero: idle
	queue  string
	holder int // number of the claim, 0 for none
	until  time.Time
}

// TestLanesAgainstAModel puts, claims, settles, releases and lets time pass: each lane is claimed by one at a time, only
// when it is due, and only the present holder may settle.
func TestLanesAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, o, err := openForWork(store.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		now := time.UnixMilli(1_800_000_000_000)
		lanes := make([]modelLane, 4)
		key := func(i int) store.LaneKey { return store.LaneKey{Kind: "thread", Dest: "b", ID: fmt.Sprint(i)} }
		type claim struct {
			lane  int
			token store.Token
		}
		claims := []claim{{}} // by number; 0 is nobody's
		lane := rapid.IntRange(0, len(lanes)-1)
		queue := rapid.SampledFrom([]string{"net", "sink"})
		due := func(t *rapid.T) store.Due {
			if rapid.IntRange(0, 3).Draw(t, "idle") == 0 {
				return store.Due{}
			}
			at := now.Add(time.Duration(rapid.IntRange(-5, 60).Draw(t, "in")) * time.Second)
			return store.Due{At: at, Queue: queue.Draw(t, "queue")}
		}
		free := func(l modelLane) bool { return l.holder == 0 || !l.until.After(now) }
		run := func(t *rapid.T, fn func(*store.Tx) error) error { return o.Update(context.Background(), fn) }
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				i, d := lane.Draw(t, "lane"), due(t)
				if err := run(t, func(tx *store.Tx) error { return tx.PutLane(key(i), store.Row{}, d) }); err != nil {
					t.Fatal(err)
				}
				l := &lanes[i]
				l.there, l.due, l.queue = true, d.At, d.Queue
			},
			"delete": func(t *rapid.T) {
				i := lane.Draw(t, "lane")
				if err := run(t, func(tx *store.Tx) error { return tx.DeleteLane(key(i)) }); err != nil {
					t.Fatal(err)
				}
				lanes[i] = modelLane{}
			},
			"claim": func(t *rapid.T) {
				q, most := queue.Draw(t, "queue"), rapid.IntRange(1, 5).Draw(t, "most")
				lease := time.Duration(rapid.IntRange(1, 30).Draw(t, "lease")) * time.Second
				var able []int
				for i, l := range lanes {
					if l.there && !l.due.IsZero() && !l.due.After(now) && l.queue == q && free(l) {
						able = append(able, i)
					}
				}
				if ready := slices.Contains(o.Queues(now), q); len(able) > 0 && !ready {
					t.Fatalf("queue %s has work and is not named", q)
				}
				got := o.Claim(q, now, most, lease)
				if len(got) != min(most, len(able)) {
					t.Fatalf("claimed %d of %d able lanes, at most %d", len(got), len(able), most)
				}
				for _, c := range got {
					var i int
					fmt.Sscan(c.Key.ID, &i)
					if !slices.Contains(able, i) {
						t.Fatalf("claimed lane %d, which is %+v", i, lanes[i])
					}
					claims = append(claims, claim{i, c.Token})
					lanes[i].holder, lanes[i].until = len(claims)-1, c.Until
				}
			},
			"settle": func(t *rapid.T) {
				n := rapid.IntRange(0, len(claims)-1).Draw(t, "claim")
				c, d := claims[n], due(t)
				fails := rapid.IntRange(0, 3).Draw(t, "fails") == 0
				good := n > 0 && lanes[c.lane].holder == n
				err := run(t, func(tx *store.Tx) error {
					if err := tx.Settle(c.token, store.Row{}, d); err != nil {
						return err
					}
					if err := tx.Settle(c.token, store.Row{}, d); !errors.Is(err, store.ErrStale) {
						return fmt.Errorf("settled twice in one closure: %v", err)
					}
					if fails {
						return errRefused
					}
					return nil
				})
				switch {
				case !good:
					// A claim that ran out may be forgotten or not until somebody else claims; it never settles then.
					if !errors.Is(err, store.ErrStale) {
						t.Fatalf("claim %d settles lane %+v: %v", n, lanes[c.lane], err)
					}
				case errors.Is(err, store.ErrStale):
					// Only an idle lane whose lease ran out may have been forgotten.
					if l := lanes[c.lane]; !l.due.IsZero() || l.until.After(now) {
						t.Fatalf("claim %d is stale on lane %+v", n, l)
					}
					lanes[c.lane].holder = 0
				case fails:
					if !errors.Is(err, errRefused) {
						t.Fatal(err)
					}
				case err != nil:
					t.Fatal(err)
				default:
					lanes[c.lane] = modelLane{there: true, due: d.At, queue: d.Queue}
				}
			},
			"release": func(t *rapid.T) {
				n := rapid.IntRange(0, len(claims)-1).Draw(t, "claim")
				o.Release(claims[n].token)
				if l := &lanes[claims[n].lane]; n > 0 && l.holder == n {
					l.holder = 0
				}
			},
			"wake": func(t *rapid.T) {
				q := queue.Draw(t, "queue")
				o.Wake(q)
				for i := range lanes {
					if l := &lanes[i]; l.there && !l.due.IsZero() && l.queue == q {
						l.due = time.UnixMilli(1)
					}
				}
			},
			"time passes": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
			},
		})
	})
}

// TestWaitDueInTime wakes at the due time of a lane and at the end of a lease, not before.
func TestWaitDueInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o, err := openForWork(store.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		began := time.Now()
		update(t, o, func(tx *store.Tx) error {
			return tx.PutLane(store.LaneKey{Kind: "k"}, store.Row{}, store.Due{At: began.Add(time.Minute), Queue: "q"})
		})
		wait := func(want time.Duration) {
			t.Helper()
			for len(o.Queues(time.Now())) == 0 {
				if err := o.WaitDue(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if took := time.Since(began); took < want || took > want+time.Second {
				t.Errorf("woke after %v and not %v", took, want)
			}
		}
		wait(time.Minute)
		if c := o.Claim("q", time.Now(), 1, 10*time.Minute); len(c) != 1 {
			t.Fatal("nothing to claim")
		}
		wait(11 * time.Minute) // nobody settled: the lease ran out
	})
}
