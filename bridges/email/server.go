package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"referworks/bridges"
)

// Limits of the mail server.
const (
	maxRecipients = 20
	maxConns      = 100 // at once
	maxConnsOfOne = 20  // at once, of one address
	maxTaking     = 8   // mails that are being taken at once; others are asked to come again
	smtpDeadline  = 2 * time.Minute
)

// servers are the mail servers of a node, by the address that they listen on. Connections share one: each has its own
// mail address, and mail for any other is refused.
type servers struct {
	mu   sync.Mutex
	open map[string]*server
}

// server takes mail for the addresses of the connections that joined it. It relays nothing.
type server struct {
	smtp     *smtp.Server
	listener net.Listener
	taking   chan struct{}
	ended    chan struct{}

	mu    sync.Mutex
	boxes map[string]*box // by mail address in small letters
	certs map[string]*tls.Certificate
	conns map[string]int // open, by remote address
	all   int
}

// box is where mail for one address goes.
type box struct {
	mailbox *mailbox
	accept  bridges.Accept
	ctx     context.Context // of the source: it ends the taking of mail too
}

// join adds an address to the server that listens at listen, and starts that when it is the first.
func (ss *servers) join(ctx context.Context, listen string, m *mailbox, accept bridges.Accept) (leave func(), err error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.open[listen]
	if s == nil {
		if s, err = serve(listen, m.incoming.name); err != nil {
			return nil, err
		}
		if ss.open == nil {
			ss.open = map[string]*server{}
		}
		ss.open[listen] = s
	}
	address := strings.ToLower(m.address)
	if !s.add(address, &box{m, accept, ctx}) {
		return nil, fmt.Errorf("another connection of this node takes mail for this address already; choose another address")
	}
	return func() {
		ss.mu.Lock()
		defer ss.mu.Unlock()
		if s.remove(address) == 0 {
			delete(ss.open, listen)
			s.close()
		}
	}, nil
}

func serve(listen, name string) (*server, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("the node cannot take mail at %s: %w. Choose another port, or end the program that has it", listen, err)
	}
	s := &server{
		listener: l, taking: make(chan struct{}, maxTaking), ended: make(chan struct{}),
		boxes: map[string]*box{}, certs: map[string]*tls.Certificate{}, conns: map[string]int{},
	}
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain, s.smtp.MaxMessageBytes, s.smtp.MaxRecipients, s.smtp.MaxLineLength = name, maxMail, maxRecipients, maxLine
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = smtpDeadline, smtpDeadline
	s.smtp.ErrorLog = silent{}
	s.smtp.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.certificate}
	go func() {
		defer close(s.ended)
		_ = s.smtp.Serve(l) // ends with close
	}()
	return s, nil
}

func (s *server) close() {
	_ = s.smtp.Close()
	_ = s.listener.Close() // the library does not know the listener before Serve has begun
	<-s.ended
}

func (s *server) add(address string, b *box) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.boxes[address] != nil {
		return false
	}
	s.boxes[address] = b
	s.certs[address] = b.mailbox.incoming.cert
	return true
}

func (s *server) remove(address string) (left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.boxes, address)
	delete(s.certs, address)
	return len(s.boxes)
}

// certificate gives the certificate that fits the name that was asked for, else any.
func (s *server) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var any *tls.Certificate
	for _, c := range s.certs {
		if hello.SupportsCertificate(c) == nil {
			return c, nil
		}
		any = c
	}
	if any == nil {
		return nil, errors.New("no connection takes mail now")
	}
	return any, nil
}

// find gives the box of an address, without what stands behind "+".
func (s *server) find(address string) *box {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boxes[local+"@"+domain]
}

func refuse(code int, status smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}
}

func (s *server) session(c *smtp.Conn) (smtp.Session, error) {
	host, _, _ := net.SplitHostPort(c.Conn().RemoteAddr().String())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxConns || s.conns[host] >= maxConnsOfOne {
		return nil, refuse(421, smtp.EnhancedCode{4, 7, 0}, "too many connections, try again later")
	}
	s.all++
	s.conns[host]++
	return &session{server: s, conn: c, host: host}, nil
}

// session is one conversation.
type session struct {
	server *server
	conn   *smtp.Conn
	host   string
	sender string
	null   bool
	box    *box
	to     []string
	once   sync.Once
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.sender, s.null, s.box, s.to = from, from == "", nil, nil
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	b := s.server.find(to)
	switch {
	case b == nil:
		return refuse(550, smtp.EnhancedCode{5, 1, 1}, "no such mailbox here")
	case s.box != nil && s.box != b: // each of two organizations has its own say about a mail
		return refuse(452, smtp.EnhancedCode{4, 5, 3}, "one mailbox at a time, send it again for this one")
	}
	if _, secure := s.conn.TLSConnectionState(); !secure && b.mailbox.incoming.tlsOnly {
		return refuse(530, smtp.EnhancedCode{5, 7, 0}, "must issue a STARTTLS command first")
	}
	s.box, s.to = b, append(s.to, strings.ToLower(to))
	return nil
}

// Data takes the mail. 250 is said when it is durable, and not before.
func (s *session) Data(r io.Reader) error {
	select {
	case s.server.taking <- struct{}{}:
		defer func() { <-s.server.taking }()
	case <-s.box.ctx.Done():
		return refuse(421, smtp.EnhancedCode{4, 3, 2}, "closing, try again later")
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxMail+1))
	switch {
	case errors.Is(err, smtp.ErrDataTooLarge) || len(raw) > maxMail:
		return refuse(552, smtp.EnhancedCode{5, 3, 4}, "message too big")
	case err != nil:
		return refuse(451, smtp.EnhancedCode{4, 3, 0}, "the message did not arrive whole")
	case bare(raw):
		return refuse(554, smtp.EnhancedCode{5, 6, 0}, "a line that does not end in CRLF")
	}
	env := envelope{sender: s.sender, null: s.null, to: s.to, helo: s.conn.Hostname(), ip: net.ParseIP(s.host)}
	got, err := s.box.mailbox.arrive(s.box.ctx, raw, env, s.box.accept)
	switch {
	case err == nil:
		return refuse(250, smtp.EnhancedCode{2, 0, 0}, strings.TrimSpace("OK: kept "+got.Reference))
	case class(err) == bridges.Permanent:
		return refuse(554, smtp.EnhancedCode{5, 6, 0}, "not taken: "+clean(err.Error()))
	}
	return refuse(451, smtp.EnhancedCode{4, 3, 0}, "cannot keep it now, try again later")
}

// bare reports a CR or LF that stands alone. Servers that disagree on what ends a line can be made to disagree on what
// ends a mail (SMTP smuggling, CVE-2023-51764 to 51766).
func bare(b []byte) bool {
	pairs := bytes.Count(b, []byte("\r\n"))
	return bytes.Count(b, []byte("\r")) != pairs || bytes.Count(b, []byte("\n")) != pairs
}

func (s *session) Reset() { s.sender, s.null, s.box, s.to = "", false, nil, nil }

func (s *session) Logout() error {
	s.once.Do(func() {
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.all--
		if s.server.conns[s.host]--; s.server.conns[s.host] == 0 {
			delete(s.server.conns, s.host)
		}
	})
	return nil
}

// silent drops the library's log, which would name senders and recipients.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
