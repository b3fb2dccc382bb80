// Package lab runs real nodes: processes of the built program, set up with the command line as a person would, killed
// for real. The benchmark and the tests that kill nodes share it.
package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Node is one process with its data folder. Its log is beside the folder.
type Node struct {
	Program, Data string
	API           string        // http://…, known once it is ready
	Ready         time.Duration // from start to ready, of the last start
	cmd           *exec.Cmd
	done          chan struct{}
}

// New makes a node in a new folder and starts it.
func New(program, data string) (*Node, error) {
	n := &Node{Program: program, Data: data}
	// A port of its own for good: a node whose address changed with every start could not be found again.
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	if _, err := n.Command("", "init", "--listen", fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", port), "--api", "127.0.0.1:0", "--allow-private"); err != nil {
		return nil, err
	}
	return n, n.Start()
}

// FreePort finds a port of loopback below the range that the system gives to outgoing connections and to listeners that
// name no port: either could take it while nobody listens there.
func FreePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(10000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port was found")
}

// Start runs the node and measures how long it takes until it is ready.
func (n *Node) Start() error {
	log, err := os.OpenFile(n.Data+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.cmd = exec.Command(n.Program, "--data", n.Data, "serve")
	n.cmd.Stdout, n.cmd.Stderr = log, log
	if os.Getenv("REFERWORKS_CPUPROFILE") != "" { // one for each node
		n.cmd.Env = append(os.Environ(), "REFERWORKS_CPUPROFILE="+os.Getenv("REFERWORKS_CPUPROFILE")+"."+filepath.Base(n.Data))
	}
	begin := time.Now()
	if err := n.cmd.Start(); err != nil {
		return err
	}
	n.done = make(chan struct{})
	cmd, done := n.cmd, n.done
	go func() { _ = cmd.Wait(); close(done) }()
	control := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(n.Data, "control.sock"))
	}}, Timeout: time.Second}
	defer control.CloseIdleConnections()
	for time.Since(begin) < time.Minute {
		resp, err := control.Get("http://node/v1/status")
		if err == nil {
			var st struct {
				Ready bool
				API   string
			}
			err = json.NewDecoder(resp.Body).Decode(&st)
			_ = resp.Body.Close()
			if err == nil && st.Ready {
				n.Ready, n.API = time.Since(begin), "http://"+st.API
				return nil
			}
		}
		select {
		case <-n.done:
			return fmt.Errorf("the node ended at its start; see %s.log", n.Data)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return errors.New("the node was not ready within a minute")
}

// Stop sends a signal and waits for the end; what does not end in 20 seconds is killed.
func (n *Node) Stop(sig os.Signal) {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	_ = n.cmd.Process.Signal(sig)
	select {
	case <-n.done:
	case <-time.After(20 * time.Second):
		_ = n.cmd.Process.Kill()
		<-n.done
	}
}

// Ended waits for the process to end by itself and reports whether it did.
func (n *Node) Ended(within time.Duration) bool {
	select {
	case <-n.done:
		return true
	case <-time.After(within):
		return false
	}
}

// Command runs one command against the node and gives its output.
func (n *Node) Command(in string, args ...string) (string, error) {
	cmd := exec.Command(n.Program, append([]string{"--data", n.Data, "--quiet"}, args...)...)
	cmd.Stdin = strings.NewReader(in)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	return string(out), nil
}

// Memory is the resident size in MB.
func (n *Node) Memory() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb >> 10
		}
	}
	return 0
}

// CPU is what the process has used, in seconds; the kernel counts in hundredths.
func (n *Node) CPU() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100
}

// Pair makes two partners of fresh nodes: A takes the sample matter in, B posts records to sink. It gives A's API key.
func Pair(a, b *Node, sink, kits string) (key string, err error) {
	for _, step := range []struct {
		n    *Node
		in   string
		args []string
	}{
		{a, "", []string{"org", "create", "Sender", "--phone", "+16175550100", "--kit", filepath.Join(kits, "kit-a")}},
		{b, "", []string{"org", "create", "Receiver", "--phone", "+16175550111", "--kit", filepath.Join(kits, "kit-b")}},
		{a, "", []string{"mapping", "publish", "m", Root("examples/mappings/harbor-legalserver.json")}},
		{b, "", []string{"mapping", "publish", "m", Root("examples/mappings/court-help-center.json")}},
		{a, `{"id":"in","name":"in","kind":"api","direction":"in","format":"json","mapping":"m","consent":{"basis":"consent","method":"verbal","capacity":"self","days":180,"purposes":["referral"]}}`, []string{"connection", "put", "-"}},
		{b, fmt.Sprintf(`{"id":"out","name":"out","kind":"rest","direction":"out","format":"json","mapping":"m","settings":{"url":%q,"idempotent":"true"}}`, sink), []string{"connection", "put", "-"}},
	} {
		if _, err := step.n.Command(step.in, step.args...); err != nil {
			return "", err
		}
	}
	invitation, err := a.Command("", "partner", "invite")
	if err != nil {
		return "", err
	}
	if _, err := b.Command(invitation, "partner", "accept", "-"); err != nil {
		return "", err
	}
	if _, err := a.Command("", "--yes", "partner", "confirm", "Receiver", "--we-send"); err != nil {
		return "", err
	}
	if _, err := b.Command("", "--yes", "partner", "confirm", "Sender", "--they-send"); err != nil {
		return "", err
	}
	if key, err = a.Command("", "apikey", "create", "lab"); err != nil {
		return "", err
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		list, err := a.Command("", "--json", "partner", "list")
		if err == nil && strings.Contains(list, `"weSend":"yes"`) {
			return strings.TrimSpace(key), nil
		}
		if time.Now().After(end) {
			return "", fmt.Errorf("the two nodes did not become partners: %s %w", list, err)
		}
	}
}

// Root gives the path of a file in the repository, from the working folder of a test or of the benchmark.
func Root(name string) string {
	dir := "."
	for range 4 {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Join(dir, "..")
	}
	return filepath.Join(dir, name)
}

// Mark stands in the sample matter's case number; each referral gets a number of its own in its place.
const Mark = "26-0004417"

// Matter is the sample matter.
func Matter() ([]byte, error) {
	b, err := os.ReadFile(Root("examples/legalserver-matter.json"))
	if err == nil && !bytes.Contains(b, []byte(Mark)) {
		err = errors.New("the sample has lost its case number")
	}
	return b, err
}
