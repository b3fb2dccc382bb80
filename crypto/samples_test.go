package crypto_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// samples gives a folder of the shared samples, or skips.
func samples(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("REFERWORKS_SAMPLES")
	if root == "" {
		t.Skip("REFERWORKS_SAMPLES is not set")
	}
	return filepath.Join(root, "hostile", folder)
}

func read(t testing.TB, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readJSON(t testing.TB, v any, parts ...string) {
	t.Helper()
	if err := json.Unmarshal(read(t, parts...), v); err != nil {
		t.Fatal(err)
	}
}
