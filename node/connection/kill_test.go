package connection_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"referworks/bridges"
	"referworks/node/store"
)

// killed ends the process of a desk in the middle of what it does and begins another over what was on the disk at that moment:
// nothing that the old one does afterwards is in the copy.
func (d *desk) killed(to string, kinds map[string]bridges.Kind, from string) {
	d.t.Helper()
	synctest.Wait() // a copy that is made while a file is being written is no state of a disk
	must(d.t, os.CopyFS(to, os.DirFS(from)))
	d.end()
	var err error
	d.store, err = store.Open(d.t.Context(), store.Config{Dir: to, Ballast: -1})
	must(d.t, err)
	d.org, err = d.store.Org(d.OrgID())
	must(d.t, err)
	d.begin(kinds)
}

// A source that is killed on its way, before or after it could note how far it came, brings each document once: over stores on a
// disk, several times in a row.
func TestSourcesOverADiskOutliveKills(t *testing.T) {
	const documents = 8
	seeds := uint64(3)
	if os.Getenv("LONG") != "" {
		seeds = 30
	}
	for seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			folder := t.TempDir()
			inTime(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 23))
				h := &hub{}
				at := filepath.Join(folder, "0")
				a, b := newDeskIn(t, "Harbor Legal Aid", at, h.kinds()), newDesk(t, "Elm Street Elder Services", nil)
				acquaint(t, a, b)
				a.publish("legalserver", "harbor-legalserver")
				must(t, a.set.Put(hubConnection(), nil, "test"))
				taken := map[string]int{} // key -> how often accept said that it is durable and new
				stops, stopped := map[string]bool{}, false
				for range 4 {
					stops[fmt.Sprintf("%d %t", rng.IntN(documents), rng.IntN(2) == 0)] = true
				}
				h.brings = func(ctx context.Context, accept bridges.Accept) error {
					state := h.config().State
					b0, err := state.Load("place")
					if err != nil {
						return err
					}
					place, _ := strconv.Atoi(string(b0))
					for n := place; n < documents; n++ {
						key := fmt.Sprintf("matter %d", n)
						in := document(t, b, key)
						in.Files = []bridges.File{fileOf("note.txt", key)}
						got, err := accept(ctx, in)
						if err != nil {
							return err
						}
						if !got.Again {
							taken[key]++
						}
						for _, noted := range []bool{false, true} {
							if noted {
								if err := state.Save(ctx, "place", []byte(strconv.Itoa(n+1))); err != nil {
									return err
								}
							}
							if mark := fmt.Sprintf("%d %t", n, noted); stops[mark] {
								delete(stops, mark)
								stopped = true
								<-ctx.Done()
								return nil
							}
						}
					}
					<-ctx.Done()
					return nil
				}
				kills := 0
				for {
					a.run()
					synctest.Wait()
					if !stopped {
						break
					}
					stopped = false
					kills++
					next := filepath.Join(folder, strconv.Itoa(kills))
					a.killed(next, h.kinds(), at)
					at = next
				}
				time.Sleep(time.Minute)
				list := threads(t, a)
				origins := map[string]bool{}
				for _, th := range list {
					origin, err := a.desk.Origin(th.Referral)
					must(t, err)
					origins[origin] = true
					if files, err := a.desk.Files(th.Referral); err != nil || len(files) != 1 {
						t.Errorf("%d files went along: %v", len(files), err)
					}
				}
				if kills == 0 || len(list) != documents || len(origins) != documents || len(taken) != documents {
					t.Errorf("%d referrals of %d documents after %d kills", len(list), len(origins), kills)
				}
				for key, n := range taken {
					if n != 1 {
						t.Errorf("%s was new %d times", key, n)
					}
				}
				if there := threads(t, b); len(there) != documents {
					t.Errorf("the partner has %d", len(there))
				}
			})
		})
	}
}
