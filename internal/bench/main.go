// Command bench measures the whole product and prints its share of the limit: two nodes in two processes on loopback,
// documents posted over HTTP in A's own schema, until B's signed receipt is on A's disk and the mapped record was
// handed to a sink. With REFERWORKS_LIMITREF it builds the limit reference there and runs it in between, since only
// ratios within one run mean anything on a shared machine.
//
//	go run ./internal/bench ./referworks            what make bench runs
//	go run ./internal/bench -d 10s -stored 0 …      longer runs, without filling the store
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

var (
	length   = flag.Duration("d", 6*time.Second, "length of each run")
	inFlight = flag.Int("c", 64, "referrals in flight")
	rounds   = flag.Int("rounds", 3, "how often product and limit reference take turns")
	stored   = flag.Int("stored", 20000, "referrals to store before memory and start are measured; 0 leaves that out")
)

// figures are everything that was measured; they are also written to bench.json.
type figures struct {
	Product []run     `json:"product"`
	Plain   []run     `json:"limitPlain"`
	Hard    []run     `json:"limitHPKEandHTTP"`
	Offered []offered `json:"offered"`
	Size    int64     `json:"strippedBytes"`
	Memory  memory    `json:"memory"`
	Start   starts    `json:"start"`
}

type run struct {
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50ms"`
	P99       float64 `json:"p99ms"`
	CPUSend   float64 `json:"cpuSendMs"` // milliseconds per 1,000 referrals
	CPURecv   float64 `json:"cpuRecvMs"`
}

type offered struct {
	Rate    int `json:"rate"`
	Product run `json:"product"`
	Limit   run `json:"limit"`
}

type memory struct {
	Empty    int `json:"emptyMB"`
	After    int `json:"afterMB"`
	Reopened int `json:"reopenedMB"`
	Stored   int `json:"stored"`
}

type starts struct {
	Empty   float64 `json:"emptySeconds"`
	Clean   float64 `json:"cleanSeconds"`
	Unclean float64 `json:"uncleanSeconds"`
	Bytes   int64   `json:"storeBytes"`
}

func main() {
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: bench [flags] ./referworks")
		os.Exit(2)
	}
	if err := bench(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(program string) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "referworks-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go func() { <-stop; _ = os.RemoveAll(folder); os.Exit(130) }()

	var f figures
	if info, err := os.Stat(program); err == nil {
		f.Size = info.Size()
	}
	limit, err := buildLimit(folder)
	if err != nil {
		return err
	}
	h, err := newHouse(program, folder)
	if err != nil {
		return err
	}
	defer h.close()
	f.Start.Empty, f.Memory.Empty = h.begun, h.empty
	fmt.Printf("%-34s %10s %9s %9s %13s %13s\n", "closed loop, "+fmt.Sprint(*inFlight)+" in flight", "per s", "p50 ms", "p99 ms", "CPU ms/1000", "CPU ms/1000")
	if _, err := h.load(*inFlight, 0, 2*time.Second); err != nil { // warm up
		return err
	}
	for range *rounds {
		r, err := limit.run("-c", fmt.Sprint(*inFlight))
		f.Plain = keep(f.Plain, "limit reference, plain", r, err)
		p, err := h.load(*inFlight, 0, *length)
		if err != nil {
			return err
		}
		f.Product = keep(f.Product, "Referworks", &p, nil)
		r, err = limit.run("-c", fmt.Sprint(*inFlight), "-seal", "hpke", "-http")
		f.Hard = keep(f.Hard, "limit reference, HPKE and HTTP", r, err)
	}
	fmt.Println()
	for _, rate := range []int{50, 200} {
		o := offered{Rate: rate}
		if o.Product, err = h.load(*inFlight, float64(rate), *length); err != nil {
			return err
		}
		print1(fmt.Sprintf("Referworks, %d/s offered", rate), o.Product)
		if r, err := limit.run("-rate", fmt.Sprint(rate)); err == nil && r != nil {
			o.Limit = *r
			print1(fmt.Sprintf("limit reference, %d/s offered", rate), *r)
		}
		f.Offered = append(f.Offered, o)
	}
	if *stored > 0 {
		if err := h.fill(&f); err != nil {
			return err
		}
	}
	summary(&f)
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile("bench.json", append(b, '\n'), 0o644)
}

func keep(list []run, name string, r *run, err error) []run {
	if err != nil || r == nil {
		if err != nil {
			fmt.Println(name+":", err)
		}
		return list
	}
	print1(name, *r)
	return append(list, *r)
}

func print1(name string, r run) {
	fmt.Printf("%-34s %10.0f %9.1f %9.1f %13.0f %13.0f\n", name, r.PerSecond, r.P50, r.P99, r.CPUSend, r.CPURecv)
}

func median(list []run) float64 {
	var all []float64
	for _, r := range list {
		all = append(all, r.PerSecond)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func summary(f *figures) {
	fmt.Println()
	ours := median(f.Product)
	if plain := median(f.Plain); plain > 0 {
		fmt.Printf("our share of the limit, plain:              %3.0f%%\n", 100*ours/plain)
	} else {
		fmt.Println("our share of the limit: skipped, REFERWORKS_LIMITREF is not set")
	}
	if hard := median(f.Hard); hard > 0 {
		fmt.Printf("our share of the limit with HPKE and HTTP:  %3.0f%%\n", 100*ours/hard)
	}
	fmt.Printf("resident memory of B: empty %d MB", f.Memory.Empty)
	if f.Memory.Stored > 0 {
		fmt.Printf(", with %d stored %d MB, reopened %d MB", f.Memory.Stored, f.Memory.After, f.Memory.Reopened)
	}
	fmt.Printf("\nstart to ready: empty %.2f s", f.Start.Empty)
	if f.Memory.Stored > 0 {
		fmt.Printf(", after a clean stop %.2f s, after a kill %.2f s", f.Start.Clean, f.Start.Unclean)
		if gib := float64(f.Start.Bytes) / (1 << 30); gib > 0 {
			fmt.Printf(" (%.1f s per GiB of the store's %.2f GiB)", (f.Start.Unclean-f.Start.Clean)/gib, gib)
		}
	}
	fmt.Printf("\nstripped size: %.1f MB\n", float64(f.Size)/1e6)
}
