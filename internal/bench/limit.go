package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// limit is the limit reference: the bare pipeline with no product around it.
type limit struct{ program, folder string }

// buildLimit builds it from REFERWORKS_LIMITREF; nil when that is not set.
func buildLimit(folder string) (*limit, error) {
	source := os.Getenv("REFERWORKS_LIMITREF")
	if source == "" {
		return nil, nil
	}
	l := &limit{filepath.Join(folder, "limitref"), folder}
	cmd := exec.Command("go", "build", "-o", l.program, "./cmd/limitref")
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the limit reference: %w: %s", err, out)
	}
	return l, nil
}

var line = regexp.MustCompile(`([0-9.]+) referrals/s +p50=([0-9.]+)ms p99=([0-9.]+)ms .*cpu us/ref: send ([0-9.]+) recv ([0-9.]+)`)

func (l *limit) run(args ...string) (*run, error) {
	if l == nil {
		return nil, nil
	}
	args = append([]string{"bench", "-t", "tls", "-d", length.String(), "-dir", l.folder}, args...)
	out, err := exec.Command(l.program, args...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("limit reference: %w: %s", err, out)
	}
	m := line.FindSubmatch(out)
	if m == nil {
		return nil, fmt.Errorf("limit reference: could not read %q", out)
	}
	v := make([]float64, 5)
	for i := range v {
		if v[i], err = strconv.ParseFloat(string(m[i+1]), 64); err != nil {
			return nil, err
		}
	}
	return &run{PerSecond: v[0], P50: v[1], P99: v[2], CPUSend: v[3], CPURecv: v[4]}, nil // us a referral = ms per 1,000
}
