package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The samples of the developers' screen are run as they stand, each in its language, with the key of the demo.
func runSamples(t *testing.T, d *shown) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct{ name, program, file string }{
		{"curl", "curl", "referral.sh"}, {"Python", "python3", "referral.py"}, {"JavaScript", "node", "referral.mjs"},
	} {
		t.Run(s.name, func(t *testing.T) {
			if _, err := exec.LookPath(s.program); err != nil {
				t.Skipf("%s is not installed: its sample is not run", s.program)
			}
			program := s.program
			if program == "curl" {
				program = "sh"
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, program, filepath.Join(root, "examples/api", s.file), filepath.Join(root, "examples/legalserver-matter.json"), "legalserver")
			cmd.Env = append(os.Environ(), "REFERWORKS_URL="+d.Start.API, "REFERWORKS_KEY="+d.Start.Key)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, step := range []string{"posted urn:uuid:", "report", "listed", "event", "referral.delivered", "state delivered", "needs"} {
				if !strings.Contains(string(out), step) {
					t.Errorf("it does not say %q:\n%s", step, out)
				}
			}
		})
	}
}
