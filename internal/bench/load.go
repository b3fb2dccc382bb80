package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"referworks/internal/lab"
)

// patience is how long one referral may take before the run is a failure.
const patience = time.Minute

// load posts documents for a while, so many in flight or so many a second, and measures until both the receipt is on
// A's disk (A's event says so, after the commit) and the record reached the sink.
func (h *house) load(flight int, rate float64, d time.Duration) (run, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	receipts := newReceipts()
	followed := make(chan error, 1)
	go func() { followed <- h.follow(ctx, receipts) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: flight + 8}, Timeout: patience}
	defer client.CloseIdleConnections()

	var mu sync.Mutex
	var took []time.Duration
	var failed error
	cpuA, cpuB := h.a.CPU(), h.b.CPU()
	begin := time.Now()
	// An open loop offers turns by the clock, whether anybody is free or not; a closed loop takes one when it is free.
	turns := make(chan time.Time, 1<<16)
	if rate == 0 {
		turns = make(chan time.Time)
	}
	go func() {
		defer close(turns)
		for i := 0; time.Since(begin) < d; i++ {
			var at time.Time
			if rate > 0 {
				at = begin.Add(time.Duration(float64(i) / rate * 1e9))
				time.Sleep(time.Until(at))
			}
			turns <- at
		}
	}()
	workers := flight
	if rate > 0 {
		workers = 4 * flight // open loop: enough never to hold an offer back
	}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for at := range turns {
				if at.IsZero() {
					at = time.Now()
				}
				err := h.one(ctx, client, receipts)
				mu.Lock()
				if err != nil && failed == nil {
					failed = err
				}
				took = append(took, time.Since(at))
				stop := failed != nil
				mu.Unlock()
				if stop {
					cancel()
					for range turns {
					}
					return
				}
			}
		})
	}
	all.Wait()
	seconds := time.Since(begin).Seconds()
	cancel()
	if err := <-followed; err != nil && failed == nil {
		failed = err
	}
	if failed != nil {
		return run{}, failed
	}
	n := float64(len(took))
	slices.Sort(took)
	q := func(p float64) float64 { return float64(took[int(p*(n-1))].Microseconds()) / 1000 }
	return run{PerSecond: n / seconds, P50: q(.5), P99: q(.99), CPUSend: (h.a.CPU() - cpuA) * 1e6 / n, CPURecv: (h.b.CPU() - cpuB) * 1e6 / n}, nil
}

// one posts a document with a number of its own and waits for both ends.
func (h *house) one(ctx context.Context, client *http.Client, receipts *receipts) error {
	number := h.number()
	sunk := h.sink.expect(number)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.a.API+"/v1/referrals?to=Receiver", bytes.NewReader(bytes.Replace(h.document, []byte(lab.Mark), []byte(number), 1)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+h.key)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("post: %s: %s %w", resp.Status, b, err)
	}
	var posted struct{ Referrals []struct{ ID string } }
	if err := json.Unmarshal(b, &posted); err != nil || len(posted.Referrals) != 1 {
		return fmt.Errorf("post: answer %s", b)
	}
	end := time.NewTimer(patience)
	defer end.Stop()
	for _, c := range []<-chan struct{}{receipts.expect(posted.Referrals[0].ID), sunk} {
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return errors.New("a referral did not arrive within a minute")
		}
	}
	return nil
}

var numbers sync.Mutex

func (h *house) number() string {
	numbers.Lock()
	defer numbers.Unlock()
	h.next++
	return fmt.Sprintf("BENCH-%08d", h.next)
}

// receipts matches A's events with who waits for them, in whichever order the two come.
type receipts struct {
	mu   sync.Mutex
	wait map[string]chan struct{}
}

func newReceipts() *receipts { return &receipts{wait: map[string]chan struct{}{}} }

func (r *receipts) channel(id string) chan struct{} {
	c := r.wait[id]
	if c == nil {
		c = make(chan struct{})
		r.wait[id] = c
	}
	return c
}

func (r *receipts) expect(id string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.channel(id)
}

func (r *receipts) came(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.channel(id)
	select {
	case <-c:
	default:
		close(c)
	}
}

// follow reads A's events as a case management system would.
func (h *house) follow(ctx context.Context, r *receipts) error {
	client := &http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.a.API+"/v1/events?limit=1000&wait=true&after="+h.after, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+h.key)
		resp, err := client.Do(req)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		var page struct {
			Items []struct{ Kind, Subject string }
			Next  string
		}
		err = json.NewDecoder(resp.Body).Decode(&page)
		_ = resp.Body.Close()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, e := range page.Items {
			switch e.Kind {
			case "referral.acknowledged", "referral.delivered":
				r.came(e.Subject)
			}
		}
		if page.Next != "" {
			h.after = page.Next
		}
	}
	return nil
}

// fill stores referrals and measures memory and starts.
func (h *house) fill(f *figures) error {
	fmt.Printf("\nstoring %d referrals ...\n", *stored)
	for h.next < *stored {
		if _, err := h.load(*inFlight, 0, 5*time.Second); err != nil {
			return err
		}
	}
	f.Memory.Stored, f.Memory.After = h.next, h.b.Memory()
	h.b.Stop(os.Interrupt)
	f.Start.Bytes = diskUse(filepath.Join(h.b.Data, "store"))
	if err := h.b.Start(); err != nil {
		return err
	}
	f.Start.Clean, f.Memory.Reopened = h.b.Ready.Seconds(), h.b.Memory()
	h.b.Stop(syscall.SIGKILL)
	if err := h.b.Start(); err != nil {
		return err
	}
	f.Start.Unclean = h.b.Ready.Seconds()
	return nil
}

// diskUse is what the files really take: Badger's are sparse.
func diskUse(dir string) (n int64) {
	_ = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				n += st.Blocks * 512
			}
		}
		return nil
	})
	return n
}
