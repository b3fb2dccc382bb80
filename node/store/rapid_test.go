package store_test

import (
	"os"

	"pgregory.net/rapid"
)

// testDir is a folder for one run of a property.
func testDir(t *rapid.T) string {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
