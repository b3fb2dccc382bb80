package folder_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"referworks/bridges"
	"referworks/bridges/folder"
)

// server is a real SFTP server in this process, over a real folder.
type server struct {
	t       *testing.T
	dir     string
	host    ssh.Signer
	client  ssh.PublicKey // who may sign in with a key
	address net.Addr

	mu    sync.Mutex
	conns []net.Conn
	tries int // passwords that it was told
}

func signer(t *testing.T) (ssh.Signer, ed25519.PrivateKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	s, err := ssh.NewSignerFromKey(key)
	must(t, err)
	return s, key
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir()}
	s.host, _ = signer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.address = l.Addr()
	t.Cleanup(func() { _ = l.Close(); s.cut() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			go s.serve(conn)
		}
	}()
	return s
}

// cut ends all connections.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
}

func (s *server) serve(conn net.Conn) {
	config := &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			s.mu.Lock()
			s.tries++
			s.mu.Unlock()
			if string(password) != "secret" {
				return nil, errors.New("no")
			}
			return nil, nil
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if s.client == nil || string(key.Marshal()) != string(s.client.Marshal()) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	config.AddHostKey(s.host)
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for ch := range channels {
		c, requests, err := ch.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		}()
		files, err := sftp.NewServer(c, sftp.WithServerWorkingDirectory(s.dir))
		if err != nil {
			return
		}
		_ = files.Serve()
		_ = c.Close()
	}
}

func (s *server) config(n *node, more ...string) bridges.Config {
	host, port, err := net.SplitHostPort(s.address.String())
	must(s.t, err)
	settings := map[string]string{"host": host, "port": port, "user": "rw", "settle": "0", "every": "1", "timeout": "60", "fingerprint": ssh.FingerprintSHA256(s.host.PublicKey())}
	for i := 0; i+1 < len(more); i += 2 {
		settings[more[i]] = more[i+1]
	}
	cfg := n.config(settings)
	cfg.AllowPrivate, cfg.Format = true, "csv"
	cfg.Secrets = func(name string) (string, bool) { return "secret", name == "password" }
	return cfg
}

func openSFTP(t *testing.T, cfg bridges.Config) any {
	t.Helper()
	b, err := folder.SFTP().New(cfg)
	must(t, err)
	t.Cleanup(func() { folder.Rest(b) })
	return b
}

func TestFilesOfAServer(t *testing.T) {
	s, n := newServer(t), newNode()
	bridge := openSFTP(t, s.config(n))
	must(t, bridge.(bridges.Tester).Test(t.Context()))
	put := func(name, text string) {
		must(t, os.WriteFile(filepath.Join(s.dir, "inbox", name), []byte(text), 0o644))
	}
	put("a.csv", rows(3))
	must(t, os.Symlink("/etc/passwd", filepath.Join(s.dir, "inbox", "link.csv")))
	look := folder.Watch(bridge, n.accept)
	must(t, look(t.Context()))
	if len(n.texts()) != 3 {
		t.Fatalf("accepted %q", n.texts())
	}
	for _, name := range []string{"processed/a.csv", "processed/a.csv.report.txt", "processed/a.csv.report.json", "failed/link.csv.report.txt"} {
		if _, err := os.Lstat(filepath.Join(s.dir, name)); err != nil {
			t.Error(err)
		}
	}
	s.cut() // the connection breaks, and is made anew
	put("b.csv", rows(2))
	must(t, look(t.Context()))
	if len(n.texts()) != 5 {
		t.Fatalf("accepted %q", n.texts())
	}
	out, err := bridge.(bridges.Sink).Deliver(t.Context(), delivery("k", "csv", "a\n1\n"))
	must(t, err)
	if b, err := os.ReadFile(filepath.Join(s.dir, "outbox", out.Reference)); err != nil || string(b) != "a\n1\n" {
		t.Errorf("%q %v", b, err)
	}
}

func TestAServerIsKnownByItsKey(t *testing.T) {
	s, n := newServer(t), newNode()
	err := openSFTP(t, s.config(n, "fingerprint", "")).(bridges.Tester).Test(t.Context())
	if err == nil || !strings.Contains(err.Error(), ssh.FingerprintSHA256(s.host.PublicKey())) {
		t.Errorf("without a fingerprint: %v", err)
	}
	other, _ := signer(t)
	pin := ssh.FingerprintSHA256(other.PublicKey())
	err = openSFTP(t, s.config(n, "fingerprint", pin)).(bridges.Tester).Test(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another fingerprint") {
		t.Errorf("with another fingerprint: %v", err)
	}
	if s.tries != 0 {
		t.Errorf("a server that is not known was told a password")
	}
	must(t, openSFTP(t, s.config(n, "fingerprint", pin+", "+ssh.FingerprintSHA256(s.host.PublicKey()))).(bridges.Tester).Test(t.Context()))
}

func TestSignIn(t *testing.T) {
	s, n := newServer(t), newNode()
	key, private := signer(t)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("open sesame"))
	must(t, err)
	text := string(pem.EncodeToMemory(block))
	s.client = key.PublicKey()
	cfg := s.config(n)
	secrets := map[string]string{"key": text, "passphrase": "open sesame"}
	cfg.Secrets = func(name string) (string, bool) { v, ok := secrets[name]; return v, ok }
	must(t, openSFTP(t, cfg).(bridges.Tester).Test(t.Context()))
	secrets["passphrase"] = ""
	if _, err := folder.SFTP().New(cfg); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Errorf("a key without its passphrase: %v", err)
	}
	delete(secrets, "key")
	if _, err := folder.SFTP().New(cfg); err == nil {
		t.Error("nothing to sign in with was taken")
	}
	secrets["password"] = "wrong"
	if err := openSFTP(t, cfg).(bridges.Tester).Test(t.Context()); err == nil || !strings.Contains(err.Error(), "sign-in") {
		t.Errorf("a wrong password: %v", err)
	}
	cfg.AllowPrivate = false
	if err := openSFTP(t, cfg).(bridges.Tester).Test(t.Context()); err == nil || !strings.Contains(err.Error(), "private address") {
		t.Errorf("a private address: %v", err)
	}
}

func TestAServerThatDoesNotAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	s := newServer(t)
	s.address = l.Addr()
	if err := openSFTP(t, s.config(newNode(), "timeout", "1")).(bridges.Tester).Test(t.Context()); err == nil {
		t.Error("a server without an answer passed the test")
	}
}
