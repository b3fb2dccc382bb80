package email

import (
	"context"
	"crypto/tls"
	"net"
	"regexp"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

// Deliver sends one letter. The Message-ID is the same at every attempt, so that a letter that arrived twice after
// a lost answer can be recognized.
func (s *mailbox) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	if err := s.permitted(); err != nil {
		return bridges.Outcome{}, err
	}
	msg, err := s.compose(d)
	if err != nil {
		return bridges.Outcome{}, &bridges.Error{Class: bridges.Hold, Sentence: "The letter could not be written. Check the sender address and the mailbox of the connection.", Err: err}
	}
	client, done, err := s.connect(ctx)
	if err != nil {
		return bridges.Outcome{}, err
	}
	defer done()
	// After the server took the mail, the library says goodbye and may fail at that: the mail stays taken.
	if err := client.Send(msg); err != nil && !msg.IsDelivered() {
		return bridges.Outcome{}, classify(err)
	}
	_ = client.Close()
	out := bridges.Outcome{Blind: true, Reference: queueID(msg.ServerResponse())}
	if out.Reference == "" {
		out.Reference = messageID(d.Key, s.from)
	}
	s.log.Debug("handed a letter over", "attempt", d.Attempt)
	return out, nil
}

// Test connects, proves TLS and the password, and sends nothing.
func (s *mailbox) Test(ctx context.Context) error {
	if err := s.permitted(); err != nil {
		return err
	}
	client, done, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer done()
	_ = client.Close()
	return nil
}

// permitted says why a mail may not go out under the connection's policy; nil when it may. This version can make
// full letters only: the page that a notice links to comes with mail coming in.
func (s *mailbox) permitted() error {
	switch {
	case s.policy != Full:
		return hold("This version can only send full letters to your own mail server. Set the policy to full, or receive by another connection.")
	case !s.ours:
		return hold("A full letter goes only to your own mail server. Declare the server as yours, or receive by another connection.")
	case s.pin == nil && s.roots == nil:
		return hold("A full letter needs the certificate pin of your mail server, or your own certificate authority, so that nobody can stand between. Enter one and try again.")
	}
	return nil
}

// connect dials through the guard, proves TLS, and signs in. The connection ends with ctx. Call done at the end.
func (s *mailbox) connect(ctx context.Context) (client *gomail.Client, done func(), err error) {
	done = func() {}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := s.guard.Dialer().DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // the library itself does not listen to ctx while it talks
		done = func() { stop(); _ = conn.Close() }
		if !s.implicit {
			return conn, nil
		}
		secure := tls.Client(conn, s.tls())
		if err := secure.HandshakeContext(dialing); err != nil {
			return nil, err
		}
		return secure, nil
	}
	_, domain, _ := strings.Cut(s.from, "@")
	port, _ := strconv.Atoi(s.port) // parsed before
	options := []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(s.timeout), gomail.WithTLSConfig(s.tls()), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithHELO(domain), gomail.WithoutNoop(), gomail.WithoutRset(), gomail.WithDialContextFunc(dial),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	client, err = gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, done, &bridges.Error{Class: bridges.Hold, Sentence: "The mail server's settings cannot be used. Check host, port and user.", Err: err}
	}
	if err := client.DialWithContext(ctx); err != nil {
		done()
		return nil, func() {}, classify(err)
	}
	return client, done, nil
}

// queued finds the server's own id in its answer. The rest of the answer is not kept: servers repeat addresses there.
var queued = regexp.MustCompile(`(?i)(?:queued as|queue id:?|id[ =:])\s*<?([0-9A-Za-z][0-9A-Za-z._-]{2,63})`)

func queueID(answer string) string {
	if m := queued.FindStringSubmatch(answer); m != nil {
		return m[1]
	}
	return ""
}
