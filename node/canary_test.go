package node_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"referworks/internal/sample"
	"referworks/internal/testnet"
	"referworks/node"
	"referworks/node/exchange"
	"referworks/protocol"
)

// A referral goes from one node to another; what is in it is in no file of either and in no line of either log.
func TestCanaryInFilesAndLogs(t *testing.T) {
	const name, phone, raw = "Quetzal Marrowbone", "617 555 0187", "raw-canary-58213"
	var log lockedBuffer
	disk := func(c *node.Config) {
		testnet.OnDisk(t)(c)
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	net := testnet.New(t)
	a, b := net.Org("Harbor Legal Aid", disk), net.Org("Elm Street Food", disk)
	net.Pair(a, b)
	r := sample.Minimal()
	r.Person.Names[0].Full = protocol.Of[protocol.Text](name)
	r.Contact.Points[0].Value = protocol.Of[protocol.Text](phone)
	sent, err := a.Desk().Send(ctx, exchange.Outgoing{Referral: r, To: []protocol.OrgID{b.ID()}, Actor: "test", Raw: []byte(raw), RawFormat: "text"})
	must(t, err)
	testnet.Eventually(t, "b has it", func() bool { return threads(t, b) == 1 })
	testnet.Eventually(t, "a has the receipt", func() bool {
		th, err := a.Desk().Thread(sent.Parts[0].Referral)
		return err == nil && th.State != protocol.Queued && th.State != protocol.Sent
	})
	a.Node.Stop()
	b.Node.Stop()
	find := func() (found []string) {
		for _, dir := range []string{a.Node.Dir(), b.Node.Dir()} {
			must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				for _, canary := range []string{name, phone, raw, "Marrowbone"} {
					if bytes.Contains(content, []byte(canary)) || bytes.Contains([]byte(path), []byte(canary)) {
						found = append(found, path)
					}
				}
				return err
			}))
		}
		if out := log.read(); bytes.Contains(out, []byte("Marrowbone")) || bytes.Contains(out, []byte(phone)) || bytes.Contains(out, []byte(raw)) {
			found = append(found, "the log")
		}
		return found
	}
	if found := find(); len(found) > 0 {
		t.Errorf("personal data is in %q", found)
	}
	if len(log.read()) == 0 {
		t.Error("nothing was logged, so the log proves nothing")
	}
	// The search itself finds what is there.
	must(t, os.WriteFile(filepath.Join(a.Node.Dir(), "left-behind"), []byte("… "+name+" …"), 0o600))
	if found := find(); len(found) == 0 {
		t.Error("the search does not find a canary that is there")
	}
}

type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) read() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}
