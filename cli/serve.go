package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"referworks/bridges"
	"referworks/bridges/connector"
	"referworks/bridges/email"
	"referworks/bridges/folder"
	"referworks/bridges/presets"
	"referworks/bridges/rest"
	"referworks/bridges/webhook"
	"referworks/node"
	"referworks/node/api"
	"referworks/node/store"
	"referworks/webui"
	"referworks/webui/handbook"
)

func serveCommand() *cli.Command {
	return &cli.Command{Name: "serve", Usage: "run the node until it is told to stop", Action: func(c *cli.Context) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		return serve(c.Context, c.String("data"), cfg)
	}}
}

// media is the table of all media: this room alone knows them.
func media(data string, cfg config) map[string]bridges.Kind {
	kinds := map[string]bridges.Kind{}
	own := filepath.Join(data, "folders")
	if abs, err := filepath.Abs(own); err == nil { // people are shown it, and give whole paths
		own = abs
	}
	allowed := folder.Allowed{Own: own, Roots: cfg.Folders.Roots}
	for _, k := range []bridges.Kind{rest.Kind(), rest.XML(), stepped(email.Kind()), folder.Local(allowed), folder.SFTP(), webhook.Kind()} {
		kinds[k.Name] = k
	}
	for _, k := range presetKinds(kinds) {
		kinds[k.Name] = k
	}
	return kinds
}

// presetKinds are the ready connections. They are part of the program, and a test reads them: one that cannot be read is our bug.
func presetKinds(media map[string]bridges.Kind) []bridges.Kind {
	list, err := presets.All()
	if err != nil {
		panic(err)
	}
	kinds, err := connector.Kinds(list, media)
	if err != nil {
		panic(err)
	}
	return kinds
}

// serve runs a node: its network side, the API for case management systems, and the control socket for commands.
func serve(ctx context.Context, data string, cfg config) error {
	log, err := newLog(cfg.Log)
	if err != nil {
		return err
	}
	// The heap of a node is small and its garbage short-lived: collecting half as often costs a few megabytes.
	debug.SetGCPercent(200)
	stopProfile, err := profile()
	if err != nil {
		return err
	}
	defer stopProfile()
	n, err := open(ctx, data, cfg, log)
	if err != nil {
		return err
	}
	defer func() {
		if err := n.Close(); err != nil {
			log.Error("the store did not close cleanly; it is checked at the next start", "error", err)
		}
	}()
	l, err := net.Listen("tcp", cfg.API)
	if err != nil {
		return fail(exitError1, "Choose another address: api in "+configName+", or REFERWORKS_API.", "open the API: %w", err)
	}
	control, err := listenControl(data)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	house := &located{n.House(version), l.Addr().String()}
	server := api.New(api.Config{House: house, Version: version, Log: log, Page: pages(house, handbook.New())})
	n.Accounts().At(pageURL(cfg.URL, l.Addr()))
	n.ReachedAt(cfg.URL)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.Run(ctx) })
	group.Go(func() error { return runHTTP(ctx, server.Handler(), l, server.Close) })
	group.Go(func() error { return runHTTP(ctx, server.Control(), control, server.Close) })
	debug.FreeOSMemory() // starting took more than working will
	log.Info("the node is ready", "api", "http://"+l.Addr().String(), "peer", string(n.Peer()))
	if err := greet(ctx, n); err != nil {
		log.Error("could not make the link for the first account", "error", err)
	}
	err = group.Wait()
	if errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	log.Info("the node has stopped")
	return err
}

// pageURL is where people open the page: as the configuration says, else at the address of the API. Loopback is named
// localhost, because a browser keeps passkeys for names only.
func pageURL(configured string, at net.Addr) string {
	if configured != "" {
		return configured
	}
	host, port, err := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// greet prints the one-time link for the first account of a node where nobody has one. It goes to the terminal and not
// into the log: who has it owns the node's page.
func greet(ctx context.Context, n *node.Node) error {
	people := n.Accounts()
	if people.Demo {
		return nil
	}
	code, err := people.FirstLink(ctx)
	if err != nil || code == "" {
		return err
	}
	fmt.Fprintf(os.Stdout, "\nNobody has an account here yet. Open this link within 24 hours to make the first one; it works once:\n\n  %s/setup#%s\n\nA new link: referworks user link\n\n", people.URL, code)
	return nil
}

// profile writes a CPU profile of the whole run to the file that REFERWORKS_CPUPROFILE names, for make bench and for
// who wants to know what a node does. It holds names of functions and times.
func profile() (stop func(), err error) {
	name := os.Getenv("REFERWORKS_CPUPROFILE")
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write the CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

// open opens the node in a data folder and gives its errors their exit codes.
func open(ctx context.Context, data string, cfg config, log *slog.Logger) (*node.Node, error) {
	sealing, err := keySealing(cfg.Keys)
	if err != nil {
		return nil, err
	}
	n, err := node.Open(ctx, node.Config{Dir: filepath.Join(data, "store"), Listen: cfg.Listen, Announce: cfg.Announce, Keys: sealing, Kinds: media(data, cfg), AllowPrivate: cfg.AllowPrivate, Demo: cfg.demo, Scan: scanner(cfg.Scan), Log: log})
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, store.ErrLocked):
		return nil, fail(exitRunning, "See: referworks status", "the node in %s is running already", data)
	case errors.Is(err, store.ErrWrongPassphrase):
		return nil, fail(exitPassphrase, "Check the file named by passphrase_file or credential_file.", "%w", err)
	case errors.Is(err, store.ErrIntegrity):
		return nil, fail(exitIntegrity, "Nothing was sent or accepted. Keep the folder as it is and restore a backup; see docs/operate.md.", "%w", err)
	}
	return nil, err
}

// prepare makes the store and the keys of a new node and gives its peer id.
func prepare(ctx context.Context, data string, cfg config) (string, error) {
	n, err := open(ctx, data, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	return string(n.Peer()), n.Close()
}

func keySealing(k keys) (store.KeySealing, error) {
	var s store.KeySealing
	for name, to := range map[string]*[]byte{k.PassphraseFile: &s.Passphrase, k.CredentialFile: &s.Credential} {
		if name == "" {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return s, fail(exitPassphrase, "Check passphrase_file and credential_file.", "read what opens the key file: %w", err)
		}
		*to = b
	}
	s.Passphrase = bytes.TrimRight(s.Passphrase, "\r\n")
	return s, nil
}

// listenControl opens the control socket; only the owner may connect. What an unclean stop left is taken away: the
// store's lock has shown by now that no other node runs here.
func listenControl(data string) (net.Listener, error) {
	path := filepath.Join(data, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w; a data folder with a shorter path may help", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// drain is how long a stopping node lets requests finish.
const drain = 20 * time.Second

func runHTTP(ctx context.Context, h http.Handler, l net.Listener, stopping func()) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stopping()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := s.Shutdown(end); err != nil {
		_ = s.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// located is the house with its address.
type located struct {
	api.House
	address string
}

func (h *located) Status() api.Status {
	st := h.House.Status()
	st.API = h.address
	return st
}

// CreateOrganization gives back the memory that sealing a recovery kit takes on purpose: a hundred megabytes, once.
func (h *located) CreateOrganization(ctx context.Context, in api.NewOrganization) (api.Created, error) {
	defer debug.FreeOSMemory()
	return h.House.CreateOrganization(ctx, in)
}

// pages is everything outside the API: the program of the browser, the plain pages, and the handbook.
func pages(house api.House, help *handbook.Book) http.Handler {
	mux := http.NewServeMux()
	book := help.Handler()
	mux.Handle("GET /help", book)
	mux.Handle("GET /help/", book)
	mux.Handle("/", webui.Handler(func() webui.State { return pageState(house.Status()) }))
	return mux
}

func pageState(st api.Status) webui.State {
	return webui.State{
		Version: st.Version, Ready: st.Ready, Started: st.Started.Local().Format("Mon 2 Jan 2006, 15:04 MST"), Organizations: st.Organizations,
		Partners: st.Partners, Connected: st.Connected, Store: st.Store, Free: size(st.FreeBytes), Warnings: st.Warnings,
	}
}

// newLog writes to stderr. Structured values are replaced: under a JSON handler a person inside a struct would be
// written out whole, whatever its type says of itself.
func newLog(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fail(exitUsage, "", "log must be debug, info, warn or error")
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l, ReplaceAttr: plainOnly})), nil
}

// plainOnly lets plain values through and drops everything structured.
func plainOnly(_ []string, a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, printable(v.String()))
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, printable(err.Error()))
		}
		if s, ok := v.Any().(fmt.Stringer); ok {
			return slog.String(a.Key, printable(s.String()))
		}
		return slog.String(a.Key, "[left out]")
	}
	return a
}
