package folder_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"referworks/bridges"
	"referworks/bridges/folder"
	"referworks/protocol"
)

const org = protocol.OrgID("rw1test")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// node is what stands behind a source: it keeps what it accepted, once by key, and what a source wants to find again.
type node struct {
	mu    sync.Mutex
	taken map[string]bridges.Inbound
	order []string
	kept  map[string][]byte
	says  func(in bridges.Inbound) error // nil: takes everything
	came  chan bridges.Inbound
	told  chan error // health
}

func newNode() *node {
	return &node{taken: map[string]bridges.Inbound{}, kept: map[string][]byte{}, came: make(chan bridges.Inbound, 10_000), told: make(chan error, 1000)}
}

func (n *node) accept(_ context.Context, in bridges.Inbound) (bridges.Accepted, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.says != nil {
		if err := n.says(in); err != nil {
			return bridges.Accepted{}, err
		}
	}
	if _, again := n.taken[in.Key]; again {
		return bridges.Accepted{Reference: "R-" + in.Key[len(in.Key)-2:], Again: true}, nil
	}
	n.taken[in.Key] = in
	n.order = append(n.order, in.Key)
	n.came <- in
	return bridges.Accepted{Reference: "R-" + in.Key[len(in.Key)-2:], Waiting: in.Unread != ""}, nil
}

func (n *node) Load(name string) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kept[name], nil
}

func (n *node) Save(_ context.Context, name string, value []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kept[name] = value
	return nil
}

// texts are the documents that were accepted, in order.
func (n *node) texts() (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, k := range n.order {
		if in := n.taken[k]; in.Unread == "" {
			all = append(all, string(in.Document.Bytes))
		}
	}
	return all
}

func (n *node) unread() (all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, k := range n.order {
		if in := n.taken[k]; in.Unread != "" {
			all = append(all, in.Unread)
		}
	}
	return all
}

func (n *node) config(settings map[string]string) bridges.Config {
	return bridges.Config{Organization: org, Settings: settings, State: n, Health: func(err error) {
		select {
		case n.told <- err:
		default:
		}
	}}
}

// desk is a folder in a temporary place, with the node that it belongs to.
type desk struct {
	t    *testing.T
	node *node
	base string // of the connection
	own  string
	cfg  bridges.Config
}

func newDesk(t *testing.T, format string, more ...string) *desk {
	t.Helper()
	d := &desk{t: t, node: newNode(), own: t.TempDir()}
	d.base = filepath.Join(d.own, string(org))
	settings := map[string]string{"settle": "0", "every": "1"}
	for i := 0; i+1 < len(more); i += 2 {
		settings[more[i]] = more[i+1]
	}
	d.cfg = d.node.config(settings)
	d.cfg.Format = format
	must(t, os.MkdirAll(filepath.Join(d.base, "inbox"), 0o755))
	return d
}

func (d *desk) open() any {
	d.t.Helper()
	b, err := folder.Local(folder.Allowed{Own: d.own}).New(d.cfg)
	must(d.t, err)
	return b
}

func (d *desk) put(name, content string) {
	d.t.Helper()
	must(d.t, os.WriteFile(filepath.Join(d.base, "inbox", name), []byte(content), 0o644))
}

// look has the source look once.
func (d *desk) look() error {
	d.t.Helper()
	return folder.Look(context.Background(), d.open(), d.node.accept)
}

func (d *desk) names(dir string) []string {
	d.t.Helper()
	found, err := os.ReadDir(filepath.Join(d.base, dir))
	must(d.t, err)
	all := []string{}
	for _, f := range found {
		all = append(all, f.Name())
	}
	slices.Sort(all)
	return all
}

func (d *desk) read(name string) string {
	d.t.Helper()
	b, err := os.ReadFile(filepath.Join(d.base, name))
	must(d.t, err)
	return string(b)
}

func (d *desk) expect(dir string, names ...string) {
	d.t.Helper()
	slices.Sort(names)
	if got := d.names(dir); !slices.Equal(got, names) {
		d.t.Fatalf("%s holds %q, want %q", dir, got, names)
	}
}

func rows(n int) string {
	var b strings.Builder
	b.WriteString("name,zip\n")
	for i := range n {
		fmt.Fprintf(&b, "Ana %d,0213%d\n", i+1, i%10)
	}
	return b.String()
}
