package api_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"referworks/node/api"
)

var update = flag.Bool("update", false, "write openapi.yaml anew")

// The description in the tree is what the code says: go test ./node/api -update writes it.
func TestOpenAPIIsCurrent(t *testing.T) {
	got, err := api.New(api.Config{Version: "dev"}).OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.yaml", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.yaml is not what the code says; run: go test ./node/api -update")
	}
	for _, hidden := range []string{"/v1/status", "/v1/organizations", "/v1/apikeys"} {
		if bytes.Contains(got, []byte(hidden)) {
			t.Errorf("%s is for the node's owner only and must not be described", hidden)
		}
	}
}
