package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// childSteps does twenty steps one after another and prints each when it is acknowledged.
func childSteps(dir string) int {
	cfg := smallConfig(dir)
	if os.Getenv("STORE_TEST_NOSYNC") != "" {
		cfg.NoSync()
	}
	_, o, err := openForWork(cfg)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	for step := uint64(1); step <= 20; step++ {
		if err := doStep(o, 0, step); err != nil {
			fmt.Println("error", err)
			return 1
		}
		fmt.Println("ack", step)
	}
	return 0
}

// TestSyncedBeforeAcknowledged watches the system calls: between the write of a batch to the log and the word of it
// there is a sync that succeeded. It asks the kernel's side and so does not trust our own bookkeeping of syncs.
func TestSyncedBeforeAcknowledged(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	trace := func(extra ...string) (acks, early int) {
		out := filepath.Join(t.TempDir(), "trace")
		cmd := exec.Command(strace, "-f", "-y", "-s", "8", "-e", "trace=pwrite64,fdatasync,write", "-o", out, os.Args[0])
		cmd.Env = append(append(os.Environ(), "STORE_TEST_CHILD=steps", "STORE_TEST_DIR="+t.TempDir()), extra...)
		if b, err := cmd.CombinedOutput(); err != nil {
			if strings.Contains(string(b), "ptrace") || strings.Contains(string(b), "PTRACE") {
				t.Skip("strace may not trace here")
			}
			t.Fatalf("%v: %s", err, b)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		unsynced := false
		for _, line := range strings.Split(string(b), "\n") {
			switch {
			case strings.Contains(line, "pwrite64(") && strings.Contains(line, ".log>"):
				unsynced = true
			case strings.Contains(line, "fdatasync") && strings.HasSuffix(line, "= 0"):
				unsynced = false
			case strings.Contains(line, `"ack `):
				acks++
				if unsynced {
					early++
				}
			}
		}
		return acks, early
	}
	if acks, early := trace(); acks != 20 || early != 0 {
		t.Errorf("%d of %d steps were acknowledged before their sync", early, acks)
	}
	// Negative control.
	if acks, early := trace("STORE_TEST_NOSYNC=1"); acks != 20 || early == 0 {
		t.Errorf("without syncs, %d of %d steps were found to be acknowledged early", early, acks)
	}
}
