package protocol_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"referworks/protocol"
)

var update = flag.Bool("update", false, "write the generated files again")

func TestGeneratedFilesAreCurrent(t *testing.T) {
	for path, want := range map[string][]byte{
		"schema/referral-1.json": protocol.Schema(),
		"../docs/standard.md":    standardPage(),
		"../docs/lifecycle.md":   lifePage(),
		"../docs/lifecycle.svg":  lifePicture(t),
		"../docs/protocol.md":    withTable(t, source(t, "../docs/protocol.md")),
	} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not current; run: go test ./protocol -run TestGeneratedFilesAreCurrent -update", path)
		}
	}
}
