// Package email hands documents to an organization's own mailbox: a letter in the organization's own field names,
// with the mapped record attached. Mail coming in, and the page behind a notice, belong to a later version.
//
// Three policies say how much a mail may show: notice (a link, nothing else), summary, full. A full letter goes only
// to a server that the administrator declared to be the organization's own, over TLS with a pinned certificate.
package email

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

// The content policies. Their names are final.
const (
	Notice  = "notice"
	Summary = "summary"
	Full    = "full"
)

// Kind describes the medium.
func Kind() bridges.Kind {
	return bridges.Kind{
		Name: "email", Title: "E-mail to your own mailbox",
		Settings: []bridges.Setting{
			{Name: "host", Label: "Mail server", Help: "The server that takes mail for you, for example mail.example.org.", Type: bridges.String, Required: true},
			{Name: "port", Label: "Port", Help: "587 with STARTTLS, 465 with TLS from the start.", Type: bridges.Integer, Default: "587"},
			{Name: "tls", Label: "Encryption", Help: "How the connection is encrypted. It always is.", Type: bridges.Choice, Choices: []string{"starttls", "implicit"}, Default: "starttls"},
			{Name: "from", Label: "Sender address", Type: bridges.String, Required: true},
			{Name: "to", Label: "Your mailbox", Help: "Referrals for you arrive here.", Type: bridges.String, Required: true},
			{Name: "user", Label: "User name", Type: bridges.String},
			{Name: "password", Label: "Password", Type: bridges.Secret},
			{Name: "policy", Label: "What the mail may show", Help: "full: the whole letter, only to your own server.", Type: bridges.Choice, Choices: []string{Notice, Summary, Full}, Default: Notice},
			{Name: "own-server", Label: "This mail server is ours", Help: "Say yes only when your organization runs the server and the mailbox stays on it.", Type: bridges.Boolean, Default: "false"},
			{Name: "pin", Label: "Certificate pin", Help: "SHA-256 of the server's public key, base64url. Needed for full letters.", Type: bridges.String},
			{Name: "ca-file", Label: "Certificate authority", Help: "File with the authority that signed the server's certificate, when it is your own.", Type: bridges.String},
		},
		New: func(cfg bridges.Config) (any, error) { return open(cfg) },
	}
}

type sink struct {
	cfg      bridges.Config
	host     string
	port     int
	implicit bool
	from, to string
	policy   string
	ours     bool
	pin      []byte
	roots    *x509.CertPool
}

func open(cfg bridges.Config) (*sink, error) {
	get := func(name, fallback string) string {
		if v := cfg.Settings[name]; v != "" {
			return v
		}
		return fallback
	}
	s := &sink{cfg: cfg, host: get("host", ""), from: get("from", ""), to: get("to", ""), implicit: get("tls", "starttls") == "implicit", policy: get("policy", Notice), ours: get("own-server", "false") == "true"}
	var err error
	if s.port, err = strconv.Atoi(get("port", "587")); err != nil || s.port < 1 || s.port > 65535 {
		return nil, errors.New("the port must be a number from 1 to 65535")
	}
	for label, address := range map[string]string{"sender address": s.from, "mailbox": s.to} {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
			return nil, fmt.Errorf("the %s must be a plain e-mail address like intake@example.org", label)
		}
	}
	if pin := get("pin", ""); pin != "" {
		if s.pin, err = base64.RawURLEncoding.DecodeString(pin); err != nil || len(s.pin) != sha256.Size {
			return nil, errors.New("the certificate pin must be 43 characters of base64url (SHA-256 of the public key)")
		}
	}
	if file := get("ca-file", ""); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the certificate authority: %w", err)
		}
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("the certificate authority's file holds no certificate in PEM form")
		}
	}
	return s, nil
}

// Test connects, proves TLS and the password, and sends nothing.
func (s *sink) Test(ctx context.Context) error {
	if err := s.permitted(); err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return classify(err, false)
	}
	return client.Close()
}

// permitted says why a mail may not go out under the connection's policy; nil when it may. This version can make
// full letters only: the page that a notice links to comes with mail coming in.
func (s *sink) permitted() error {
	switch {
	case s.policy != Full:
		return hold("This version can only send full letters to your own mail server. Set the policy to full, or receive by another connection.")
	case !s.ours:
		return hold("A full letter goes only to your own mail server. Declare the server as yours, or receive by another connection.")
	case s.pin == nil:
		return hold("A full letter needs the certificate pin of your mail server, so that nobody can stand between. Enter the pin and try again.")
	}
	return nil
}

func hold(sentence string) *bridges.Error {
	return &bridges.Error{Class: bridges.Hold, Sentence: sentence}
}

// Deliver sends one letter. The Message-ID is the same at every attempt, so that a letter that arrived twice after
// a lost answer can be recognized.
func (s *sink) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	if err := s.permitted(); err != nil {
		return bridges.Outcome{}, err
	}
	msg, err := s.compose(d)
	if err != nil {
		return bridges.Outcome{}, &bridges.Error{Class: bridges.Hold, Sentence: "The letter could not be written. Check the sender address and the mailbox of the connection.", Err: err}
	}
	client, err := s.client()
	if err != nil {
		return bridges.Outcome{}, err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return bridges.Outcome{}, classify(err, false)
	}
	defer client.Close()
	if err := client.Send(msg); err != nil {
		return bridges.Outcome{}, classify(err, true)
	}
	return bridges.Outcome{Blind: true, Reference: messageID(d.Key, s.from)}, nil
}

// dialTimeout bounds one whole attempt.
const dialTimeout = 30 * time.Second

func (s *sink) client() (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(dialTimeout), gomail.WithTLSConfig(s.tls()), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithHELO("localhost"), gomail.WithoutNoop(),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if user := s.cfg.Settings["user"]; user != "" {
		password, _ := s.cfg.Secrets("password")
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthPlain), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, &bridges.Error{Class: bridges.Hold, Sentence: "The mail server's settings cannot be used. Check host, port and user.", Err: err}
	}
	return client, nil
}

// errPin is a server whose key is not the pinned one.
var errPin = errors.New("the mail server's key is not the pinned one")

func (s *sink) tls() *tls.Config {
	cfg := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, RootCAs: s.roots}
	if s.pin == nil {
		return cfg
	}
	// A pin is the stronger proof: the very key, whoever signed its certificate. So the chain is not asked for.
	cfg.InsecureSkipVerify = true
	cfg.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) > 0 {
			sum := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
			if string(sum[:]) == string(s.pin) {
				return nil
			}
		}
		return errPin
	}
	return cfg
}

// classify turns what went wrong into what to do. After the message was handed over, a lost connection leaves it
// open whether the server took it.
func classify(err error, sending bool) *bridges.Error {
	var (
		send   *gomail.SendError
		reply  *textproto.Error
		verify *tls.CertificateVerificationError
		header tls.RecordHeaderError
		net1   net.Error
	)
	code := 0
	if errors.As(err, &send) {
		code = send.ErrorCode()
	}
	if code == 0 && errors.As(err, &reply) {
		code = reply.Code
	}
	e := &bridges.Error{Err: err}
	switch {
	case errors.Is(err, errPin), errors.As(err, &verify), errors.As(err, &header):
		e.Class, e.Sentence = bridges.Hold, "The mail server did not prove who it is: its certificate is not the one that was set up. Nothing was sent. Ask who runs the server before you change the pin."
	case isNoTLS(err):
		e.Class, e.Sentence = bridges.Hold, "The mail server offers no encryption, so nothing was sent. Ask who runs it to turn STARTTLS on."
	case code == 530, code == 534, code == 535, code == 538:
		e.Class, e.Sentence = bridges.Hold, "The mail server did not accept the user name and password. Check them in the connection."
	case code >= 400 && code < 500:
		e.Class, e.Sentence = bridges.Temporary, fmt.Sprintf("The mail server asked to try later (code %d).", code)
	case code >= 500 && code < 600:
		e.Class, e.Sentence = bridges.Permanent, fmt.Sprintf("The mail server refused the letter (code %d). Check the mailbox address with who runs the server.", code)
	case sending && errors.As(err, &send) && (send.Reason == gomail.ErrSMTPDataClose || send.Reason == gomail.ErrWriteContent):
		e.Class, e.Sentence = bridges.Unknown, "The connection to the mail server broke while it took the letter, so it is not known whether it arrived. It is sent again with the same message number."
	case errors.As(err, &net1), !sending:
		e.Class, e.Sentence = bridges.Temporary, "The mail server cannot be reached now. It is tried again."
	default:
		e.Class, e.Sentence = bridges.Temporary, "The mail server did not take the letter. It is tried again."
	}
	return e
}
