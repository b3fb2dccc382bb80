package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"referworks/node/store"
)

const crashWorkers = 6

// TestMain lets the test binary be the child process that is killed.
func TestMain(m *testing.M) {
	switch os.Getenv("STORE_TEST_CHILD") {
	case "":
		os.Exit(m.Run())
	case "work":
		os.Exit(childWork(os.Getenv("STORE_TEST_DIR")))
	case "steps":
		os.Exit(childSteps(os.Getenv("STORE_TEST_DIR")))
	case "open":
		os.Exit(childOpen(os.Getenv("STORE_TEST_DIR")))
	case "look":
		os.Exit(childLook(os.Getenv("STORE_TEST_DIR")))
	}
	os.Exit(64)
}

func child(ctx context.Context, job, dir string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_CHILD="+job, "STORE_TEST_DIR="+dir)
	return cmd
}

func smallConfig(dir string) store.Config {
	cfg := store.Config{Dir: dir, Ballast: -1}
	cfg.Small()
	return cfg
}

// openForWork opens a folder with its organization A.
func openForWork(cfg store.Config) (*store.Store, *store.Org, error) {
	s, err := store.Open(context.Background(), cfg)
	if err != nil {
		return nil, nil, err
	}
	o, err := s.Org(orgA)
	if errors.Is(err, store.ErrNotFound) {
		o, err = s.CreateOrg(context.Background(), orgA)
	}
	return s, o, err
}

// childWork does steps and prints each when it is acknowledged, until it is killed.
func childWork(dir string) int {
	_, o, err := openForWork(smallConfig(dir))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	steps, err := stepsOf(o, crashWorkers)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("open", fmt.Sprint(steps))
	var wg sync.WaitGroup
	for w := range uint64(crashWorkers) {
		wg.Go(func() {
			for step := steps[w] + 1; ; step++ {
				if err := doStep(o, w, step); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println("ack", w, step)
			}
		})
	}
	wg.Wait()
	return 1
}

// TestKilled kills a process under load again and again: nothing acknowledged is lost, nothing is there by half.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	cycles := 10
	if os.Getenv("LONG") != "" {
		cycles = 200
	}
	acked := make([]uint64, crashWorkers)
	total := 0
	for cycle := range cycles {
		cmd := child(t.Context(), "work", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		var timer *time.Timer
		for lines.Scan() {
			var w, step uint64
			switch line := lines.Text(); {
			case strings.HasPrefix(line, "error"):
				t.Errorf("cycle %d: %s", cycle, line)
			case strings.HasPrefix(line, "open"):
				timer = time.AfterFunc(time.Duration(30+rand.IntN(300))*time.Millisecond, func() { cmd.Process.Kill() })
			default:
				if n, _ := fmt.Sscanf(line, "ack %d %d", &w, &step); n == 2 {
					acked[w] = step
					total++
				}
			}
		}
		cmd.Wait()
		if timer != nil {
			timer.Stop()
		}
		if t.Failed() {
			return
		}
		steps, err := look(t, dir)
		if cycle%2 == 0 { // every other time the next child starts after a clean stop
			steps, err = lookAndClose(dir)
		}
		if err != nil {
			t.Fatalf("cycle %d: %v", cycle, err)
		}
		for w := range steps {
			if steps[w] < acked[w] || steps[w] > acked[w]+1 {
				t.Fatalf("cycle %d, worker %d: step %d was acknowledged and the store is at %d", cycle, w, acked[w], steps[w])
			}
			acked[w] = steps[w]
		}
	}
	if total < cycles*20 {
		t.Errorf("only %d steps in %d cycles: the test hardly tests", total, cycles)
	}
	t.Logf("%d cycles, %d steps acknowledged, none lost", cycles, total)
}

// childLook opens a folder, waits for the check of all rows, prints where the workers are, and ends without closing.
func childLook(dir string) int {
	s, o, err := openForWork(smallConfig(dir))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	go s.Run(context.Background())
	select {
	case <-s.Checked():
	case <-s.Dead():
	}
	steps, err := stepsOf(o, crashWorkers)
	if err = errors.Join(err, s.Health().Check.Err, s.Err()); err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("steps", fmt.Sprint(steps))
	return 0
}

// look does childLook in a process of its own, since Badger may bring the process down on damage.
func look(t *testing.T, dir string) ([]uint64, error) {
	t.Helper()
	out, err := child(t.Context(), "look", dir).CombinedOutput()
	if err != nil {
		line, _, _ := strings.Cut(string(out), "\n")
		return nil, fmt.Errorf("%w: %s", err, line)
	}
	steps := make([]uint64, crashWorkers)
	fields := strings.Fields(strings.Trim(strings.TrimPrefix(strings.TrimSpace(string(out)), "steps "), "[]"))
	if len(fields) != crashWorkers {
		return nil, fmt.Errorf("unexpected output %q", out)
	}
	for w, f := range fields {
		fmt.Sscan(f, &steps[w])
	}
	return steps, nil
}

func lookAndClose(dir string) ([]uint64, error) {
	s, o, err := openForWork(smallConfig(dir))
	if err != nil {
		return nil, err
	}
	steps, err := stepsOf(o, crashWorkers)
	return steps, errors.Join(err, s.Close())
}
