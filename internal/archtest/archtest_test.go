package archtest_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"referworks/internal/archtest"
)

func TestHouseRules(t *testing.T) {
	broken, err := archtest.Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// What an idle node pays for with memory and every command with time, though we use nothing of it, stays out of the program.
func TestProgramLeavesOut(t *testing.T) {
	list, err := exec.Command("go", "list", "-deps", "referworks/cli").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Split(strings.TrimSpace(string(list)), "\n")
	if !slices.Contains(linked, "referworks/node/p2p") {
		t.Fatal("the list of packages is not that of the program")
	}
	for pkg, why := range map[string]string{
		"github.com/libp2p/go-libp2p":             "docs/decisions/0160-libp2p-by-hand.md",
		"github.com/pion/webrtc/v4":               "docs/decisions/0160-libp2p-by-hand.md",
		"github.com/ccojocar/zxcvbn-go/frequency": "docs/decisions/0079-zxcvbn.md",
		"github.com/ccojocar/zxcvbn-go/matching":  "docs/decisions/0079-zxcvbn.md",
	} {
		if slices.Contains(linked, pkg) {
			t.Errorf("the program links %s; see %s", pkg, why)
		}
	}
}

// The checker must find what it is for: each row breaks one rule, and the last breaks none.
func TestCheckerFindsBrokenRules(t *testing.T) {
	for name, c := range map[string]struct{ file, src, want string }{
		"upward import":        {"protocol/up.go", `package protocol; import _ "referworks/node"`, "protocol imports node, which is not below it"},
		"child imports parent": {"node/store/up.go", `package store; import _ "referworks/node"`, "node/store imports node"},
		"bridge imports node":  {"bridges/rest/up.go", `package rest; import _ "referworks/node/exchange"`, "bridges/rest imports node/exchange"},
		"unknown package":      {"helpers/x.go", `package helpers`, "package helpers is not in the table"},
		"foreign library":      {"cli/x.go", `package main; import _ "github.com/dgraph-io/badger/v4"`, "which belongs to node/store"},
		"library nobody owns":  {"cli/x.go", `package main; import _ "example.org/x"`, "has no owner"},
		"test library":         {"crypto/x.go", `package crypto; import _ "pgregory.net/rapid"`, "outside of tests"},
		"leaking parameter":    {"node/store/x.go", `package store; import "github.com/dgraph-io/badger/v4"; func Use(db *badger.DB) {}`, "shows badger.DB"},
		"leaking field":        {"crypto/x.go", `package crypto; import "filippo.io/age"; type Kit struct{ Who age.Recipient }`, "shows age.Recipient"},
		"hidden use":           {"crypto/x.go", `package crypto; import "filippo.io/age"; type Kit struct{ who age.Recipient }; func (k *Kit) open(a age.Identity) {}`, ""},
		"below":                {"node/x.go", `package node; import _ "referworks/node/store"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			broken, err := archtest.Check(fstest.MapFS{c.file: {Data: []byte(c.src)}})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(broken, "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}
