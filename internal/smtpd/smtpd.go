// Package smtpd is a small real SMTP server for tests and for the demo: it takes mail over TLS only, keeps what it
// took, and fails on request in the ways that real servers fail.
package smtpd

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Config says how a server behaves. The zero value takes everything.
type Config struct {
	Addr           string // default 127.0.0.1:0
	User, Password string // empty: no authentication
	NoTLS          bool   // offers no STARTTLS: a client that insists on TLS must refuse it
}

// Fault makes the server fail with the next messages.
type Fault int

// The faults.
const (
	None          Fault = iota
	Greylist            // 451 at RCPT
	NoSuchBox           // 550 at RCPT
	PolicyRefused       // 550 5.7.1 at DATA's end
	DropAfterData       // takes the message, then closes the connection without an answer
)

// Message is one mail as it was taken, with the bytes that came.
type Message struct {
	From string
	To   []string
	Data []byte
}

// Server is a running server. Its methods may be called at the same time.
type Server struct {
	server   *smtp.Server
	listener net.Listener
	pin      string
	done     chan struct{}

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
	cert, pin, err := selfMade()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	s := &Server{listener: l, pin: pin, done: make(chan struct{}), news: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, cfg: cfg}, nil
	}))
	s.server.Domain, s.server.MaxMessageBytes, s.server.MaxRecipients = "localhost", 32<<20, 50
	s.server.ReadTimeout, s.server.WriteTimeout = time.Minute, time.Minute
	s.server.ErrorLog = discard{}
	if !cfg.NoTLS {
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
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
	err := s.server.Close()
	_ = s.listener.Close() // the library forgets a listener that it has not begun to serve
	<-s.done
	return err
}

func (s *Server) take(m Message) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == PolicyRefused {
		return s.fault
	}
	s.messages = append(s.messages, m)
	close(s.news)
	s.news = make(chan struct{})
	return s.fault
}

func (s *Server) failing() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

type session struct {
	server *Server
	conn   *smtp.Conn
	cfg    Config
	signed bool
	mail   Message
}

func (s *session) AuthMechanisms() []string {
	if s.cfg.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.cfg.User || password != s.cfg.Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "authentication failed"}
		}
		s.signed = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if _, secure := s.conn.TLSConnectionState(); !secure && !s.cfg.NoTLS {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "must issue STARTTLS first"}
	}
	if s.cfg.User != "" && !s.signed {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "authentication required"}
	}
	s.mail = Message{From: from}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch s.server.failing() {
	case Greylist:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted, try again later"}
	case NoSuchBox:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Data = b
	switch s.server.take(s.mail) {
	case PolicyRefused:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "refused by policy"}
	case DropAfterData:
		_ = s.conn.Conn().Close()
		return errors.New("dropped on request")
	}
	return nil
}

func (s *session) Reset()        { s.mail = Message{} }
func (s *session) Logout() error { return nil }

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

// Body gives the part of a message after its header.
func (m Message) Body() []byte {
	_, body, _ := bytes.Cut(m.Data, []byte("\r\n\r\n"))
	return body
}
