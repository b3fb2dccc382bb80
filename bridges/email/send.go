package email

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

// Deliver sends one mail. The Message-ID is the same at every attempt, so that a mail that arrived twice after a lost
// answer can be recognized; what the mail may do by an answer or a link is written down before it leaves.
func (m *mailbox) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	policy, why, err := m.policyNow(ctx)
	if err != nil {
		return bridges.Outcome{}, err
	}
	secret, err := m.secret(ctx, d)
	if err != nil {
		return bridges.Outcome{}, &bridges.Error{Class: bridges.Temporary, Sentence: "The node could not keep what the mail's link and answer address may do. It is tried again.", Err: err}
	}
	msg, err := m.compose(d, policy, secret)
	if err != nil {
		return bridges.Outcome{}, badSettings(err)
	}
	queued, err := m.send(ctx, msg)
	if err != nil {
		return bridges.Outcome{}, err
	}
	out := bridges.Outcome{Blind: true, Reference: m.idOf(secret), Detail: "handed over as a " + policy}
	if queued != "" {
		out.Detail += ", queued as " + queued
	}
	if why != "" {
		out.Detail += "; a full letter was not allowed: " + why
		m.health(fmt.Errorf("full letters are not allowed now, mails with a link go out instead: %s", why))
	}
	m.log.Debug("handed a mail over", "attempt", d.Attempt, "policy", policy)
	return out, nil
}

// send hands a mail over and gives the server's own id of it.
func (m *mailbox) send(ctx context.Context, msg *gomail.Msg) (queued string, _ error) {
	client, done, err := m.connect(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	// After the server took the mail, the library says goodbye and may fail at that: the mail stays taken.
	if err := client.Send(msg); err != nil && !msg.IsDelivered() {
		return "", classify(err)
	}
	_ = client.Close()
	return queueID(msg.ServerResponse()), nil
}

// Test connects, proves TLS and the password, and sends nothing; and does the same with the mailbox that mail comes from.
func (m *mailbox) Test(ctx context.Context) error {
	_, why, err := m.policyNow(ctx)
	if err != nil {
		return err
	}
	client, done, err := m.connect(ctx)
	if err != nil {
		return err
	}
	defer done()
	_ = client.Close()
	if m.incoming.way == byIMAP {
		f, err := m.dialFolder(ctx)
		if err != nil {
			return err
		}
		f.Close()
	}
	if why != "" {
		return fmt.Errorf("the mail server answers, but a full letter may not go out: %s. Mails with a link go out instead", why)
	}
	return nil
}

// connect dials through the guard, proves TLS, and signs in. The connection ends with ctx. Call done at the end.
func (m *mailbox) connect(ctx context.Context) (client *gomail.Client, done func(), err error) {
	done = func() {}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := m.guard.Dialer().DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // the library itself does not listen to ctx while it talks
		done = func() { stop(); _ = conn.Close() }
		if !m.implicit {
			return conn, nil
		}
		secure := tls.Client(conn, m.tls())
		if err := secure.HandshakeContext(dialing); err != nil {
			return nil, err
		}
		return secure, nil
	}
	_, domain, _ := strings.Cut(m.from, "@")
	port, _ := strconv.Atoi(m.port) // parsed before
	options := []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(m.timeout), gomail.WithTLSConfig(m.tls()), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithHELO(domain), gomail.WithoutNoop(), gomail.WithoutRset(), gomail.WithDialContextFunc(dial),
	}
	if m.implicit {
		options = append(options, gomail.WithSSL())
	}
	if m.address != "" || m.verp { // somebody reads what comes back
		options = append(options, gomail.WithDSNMailReturnType(gomail.DSNMailReturnHeadersOnly), gomail.WithDSNRcptNotifyType(gomail.DSNRcptNotifyFailure, gomail.DSNRcptNotifyDelay))
	}
	if m.user != "" && m.oauth.url != "" {
		access, err := m.oauth.access(ctx, m)
		if err != nil {
			return nil, done, &bridges.Error{Class: bridges.Temporary, Sentence: "The provider gave no access to the mail server. It is tried again; check the OAuth settings of the connection.", Err: err}
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthXOAUTH2), gomail.WithUsername(m.user), gomail.WithPassword(access))
	} else if m.user != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin), gomail.WithUsername(m.user), gomail.WithPassword(m.password))
	}
	client, err = gomail.NewClient(m.host, options...)
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
