// Package smtpd is a small real SMTP server for tests and for the demo: it takes mail over TLS only, keeps what it
// took, and fails on request in the ways that real servers fail.
package smtpd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Config says how a server behaves. The zero value takes everything, over STARTTLS.
type Config struct {
	Addr           string   // default 127.0.0.1:0
	User, Password string   // empty: no authentication
	Mechanisms     []string // PLAIN and LOGIN; default both
	NoTLS          bool     // offers no STARTTLS: a client that insists on TLS must refuse it
	Implicit       bool     // TLS from the first byte instead of STARTTLS
	Folder         string   // each mail is also written here, as a file 000001.eml and so on; empty: memory only
}

// Fault makes the server fail with the next messages.
type Fault int

// The faults.
const (
	None           Fault = iota
	Greylist             // 451 at RCPT
	NoSuchBox            // 550 5.1.1 at RCPT
	BadSender            // 550 5.1.8 at MAIL
	PolicyRefused        // 550 5.7.1 after the data
	Refused              // 554 5.6.0 after the data
	TooBig               // 552 5.3.4 after the data
	StorageFails         // 451 4.3.0 after the data
	DropInData           // closes the connection when data begins, and takes nothing
	DropAfterData        // takes the message, then closes the connection without an answer
	StallAfterData       // takes the message, then says nothing
)

// Message is one mail as it was taken, with the bytes that came.
type Message struct {
	From string
	To   []string
	Data []byte
}

// Limits of a server: mail larger or more than that is refused.
const (
	maxSize = 32 << 20
	maxKept = 10_000
)

// Server is a running server. Its methods may be called at the same time.
type Server struct {
	server   *smtp.Server
	listener net.Listener
	folder   string
	pin      string
	pem      []byte
	done     chan struct{} // closed when no goroutine is left that listens
	closing  chan struct{}
	once     sync.Once

	mu       sync.Mutex
	fault    Fault
	messages []Message
	news     chan struct{} // closed and replaced at each message
}

// Start listens and serves until Close.
func Start(cfg Config) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Mechanisms == nil {
		cfg.Mechanisms = []string{sasl.Plain, sasl.Login}
	}
	cert, pin, err := selfMade()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	s := &Server{listener: l, folder: cfg.Folder, pin: pin, done: make(chan struct{}), closing: make(chan struct{}), news: make(chan struct{})}
	s.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, cfg: cfg}, nil
	}))
	s.server.Domain, s.server.MaxMessageBytes, s.server.MaxRecipients = "localhost", maxSize, 50
	s.server.ReadTimeout, s.server.WriteTimeout = time.Minute, time.Minute
	s.server.ErrorLog = discard{}
	secure := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	switch {
	case cfg.Implicit:
		l = tls.NewListener(l, secure)
	case !cfg.NoTLS:
		s.server.TLSConfig = secure
	}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(l) // ends with Close
	}()
	return s, nil
}

// Addr is host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Pin is the SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469, section 2.4) in base64url.
func (s *Server) Pin() string { return s.pin }

// Certificate is the server's self-made certificate, for localhost and the loopback addresses, in PEM form.
func (s *Server) Certificate() string { return string(s.pem) }

// Fail sets what happens with the messages from now on.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Messages gives what was taken so far, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Wait returns what was taken once it is n messages or more.
func (s *Server) Wait(ctx context.Context, n int) ([]Message, error) {
	for {
		s.mu.Lock()
		got, news := append([]Message(nil), s.messages...), s.news
		s.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return got, fmt.Errorf("wait for mail %d of %d: %w", len(got)+1, n, ctx.Err())
		}
	}
}

// Close ends the server and its connections.
func (s *Server) Close() error {
	s.once.Do(func() { close(s.closing) })
	err := s.server.Close()
	_ = s.listener.Close() // the library does not know the listener before Serve has begun
	<-s.done
	return err
}

// take keeps a message and gives its number from 1.
func (s *Server) take(m Message) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.messages) + 1
	if n > maxKept {
		return 0, errors.New("the server keeps no more messages")
	}
	if s.folder != "" {
		if err := os.WriteFile(filepath.Join(s.folder, fmt.Sprintf("%06d.eml", n)), m.Data, 0o600); err != nil {
			return 0, fmt.Errorf("write a mail: %w", err)
		}
	}
	s.messages = append(s.messages, m)
	close(s.news)
	s.news = make(chan struct{})
	return n, nil
}

func (s *Server) failing() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// selfMade makes a certificate for localhost and its pin.
func selfMade() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	sum := sha256.Sum256(spki)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// discard drops the library's log, which would name senders and recipients.
type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}
