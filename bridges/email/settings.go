package email

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"referworks/bridges"
)

// settings are a connection's settings once they make sense.
type settings struct {
	host, port     string
	implicit       bool
	from, to       string
	user, password string
	policy         string
	ours           bool
	pin            []byte // SHA-256; nil: none
	roots          *x509.CertPool
	timeout        time.Duration
	guard          bridges.Guard
	log            *slog.Logger
	now            func() time.Time
	incoming       incoming
	address        string   // for incoming mail, in small letters; empty: none
	allowed        []string // senders whose mail may be read by itself
	what           string   // what is read of a mail
	perHour        int
	provider       string
	oauth          oauth
	dns            resolver
	state          bridges.State
	health         func(error)
	link           string // where the page behind a notice is reached; empty: nowhere
	again          func(context.Context, string) (bridges.Delivery, error)
	language       string            // of mails that have no letter
	verp           bool              // reports come back by an address of their own for each mail
	smime          *x509.Certificate // of the mailbox: full letters are encrypted to it; nil: they are not
	dkimSelector   string
	dkimSigner     crypto.Signer
	sts            stsProof
	stsAddress     func(domain string) string
	stsTLS         *tls.Config // nil: as browsers check
}

// parse reads a form and says everything that is wrong with it at once.
func parse(cfg bridges.Config) (*settings, error) {
	get := func(name string) string {
		if v := strings.TrimSpace(cfg.Settings[name]); v != "" {
			return v
		}
		i := slices.IndexFunc(form(), func(f bridges.Setting) bool { return f.Name == name })
		return form()[i].Default
	}
	s := &settings{
		from: get("from"), to: get("to"), user: get("user"), policy: get("policy"), port: get("port"),
		guard: bridges.Guard{AllowPrivate: cfg.AllowPrivate}, log: cfg.Log, now: cfg.Now,
		dns: net.DefaultResolver, state: cfg.State, health: cfg.Health, link: cfg.Address, again: cfg.Again,
	}
	if s.state == nil {
		s.state = &forgetful{}
	}
	s.stsAddress = func(domain string) string { return "https://mta-sts." + domain + "/.well-known/mta-sts.txt" }
	if s.health == nil {
		s.health = func(error) {}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	var problems []error
	say := func(ok bool, setting, sentence string) {
		if !ok {
			problems = append(problems, bridges.At(setting, errors.New(sentence)))
		}
	}
	var err error
	s.host, err = idna.Lookup.ToASCII(get("host"))
	say(err == nil && s.host != "" && !strings.ContainsAny(s.host, "/:@ "), "host", "the mail server must be a host name like mail.example.org, without port or path")
	port, err := strconv.Atoi(s.port)
	say(err == nil && port >= 1 && port <= 65535, "port", "the port must be a number from 1 to 65535")
	seconds, err := strconv.Atoi(get("timeout"))
	s.timeout = time.Duration(seconds) * time.Second
	say(err == nil && seconds >= 1 && seconds <= 300, "timeout", "the time-out must be a number of seconds from 1 to 300")
	say(plainAddress(s.from), "from", "the sender address must be a plain e-mail address like node@example.org")
	say(plainAddress(s.to), "to", "the mailbox must be a plain e-mail address like intake@example.org")
	switch get("tls") {
	case startTLS, implicit:
		s.implicit = get("tls") == implicit
	default:
		say(false, "tls", "the encryption must be starttls or implicit")
	}
	switch get("own-server") {
	case "true", "false":
		s.ours = get("own-server") == "true"
	default:
		say(false, "own-server", "this mail server is ours must be true or false")
	}
	say(slices.Contains([]string{Notice, Summary, Full}, s.policy), "policy", "what the mail may show must be notice, summary or full")
	if s.user != "" {
		if cfg.Secrets != nil {
			s.password, _ = cfg.Secrets("password")
		}
		say(s.password != "" || get("oauth-url") != "", "password", "the password for the user name is missing")
	}
	if pin := get("pin"); pin != "" {
		s.pin = parsePin(pin)
		say(s.pin != nil, "pin", "the certificate pin must be a SHA-256 in base64 (43 characters) or hexadecimal (64)")
	}
	s.readIncoming(get, cfg, say)
	s.language = get("language")
	say(slices.Contains([]string{"en", "es"}, s.language), "language", "the language must be en or es")
	_, fromDomain, _ := strings.Cut(strings.ToLower(s.from), "@")
	_, ownDomain, _ := strings.Cut(s.address, "@")
	s.verp = get("verp") == "true" && s.address != "" && fromDomain == ownDomain
	if s.dkimSelector = get("dkim-selector"); s.dkimSelector != "" {
		key := ""
		if cfg.Secrets != nil {
			key, _ = cfg.Secrets("dkim-key")
		}
		s.dkimSigner, err = dkimKey(key)
		say(err == nil, "dkim-key", "the DKIM key must be an Ed25519 key, or an RSA key of 2,048 bits or more, in PEM form")
	}
	if text := get("smime"); text != "" {
		if s.smime, err = smimeCertificate(text, s.to); err == nil && cfg.Fresh {
			err = inForce(s.smime, s.now())
		}
		if err != nil {
			say(false, "smime", err.Error())
		}
	}
	if pem := get("ca"); pem != "" {
		s.roots = x509.NewCertPool()
		say(s.roots.AppendCertsFromPEM([]byte(pem)), "ca", "the certificate authority holds no certificate in PEM form")
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return s, nil
}

func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && !strings.ContainsAny(s, "\r\n<>\" ")
}

// parsePin reads a SHA-256 the ways that tools write one: base64 or base64url with or without padding, or hexadecimal
// with or without colons (openssl x509 -fingerprint -sha256). Nil: it is none.
func parsePin(s string) []byte {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "sha256//"), "sha256:")
	if b, err := hex.DecodeString(strings.ReplaceAll(s, ":", "")); err == nil && len(b) == sha256.Size {
		return b
	}
	for _, e := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
		if b, err := e.Strict().DecodeString(strings.TrimRight(s, "=")); err == nil && len(b) == sha256.Size {
			return b
		}
	}
	return nil
}

// errPin is a server whose key is not the pinned one.
var errPin = errors.New("the server's key is not the pinned one")

func (s *settings) tls() *tls.Config { return proving(s.host, s.pin, s.roots) }

// proving makes a client ask a server for its proof: a certificate for its name, or the very key that was pinned.
func proving(host string, pin []byte, roots *x509.CertPool) *tls.Config {
	cfg := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: roots}
	if pin == nil {
		return cfg
	}
	// A pin is the stronger proof: the very key, whoever signed its certificate. So the chain is asked for only where
	// an authority was named besides.
	cfg.InsecureSkipVerify = roots == nil
	cfg.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) > 0 {
			key := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo) // RFC 7469, section 2.4
			whole := sha256.Sum256(state.PeerCertificates[0].Raw)
			if string(key[:]) == string(pin) || string(whole[:]) == string(pin) {
				return nil
			}
		}
		return errPin
	}
	return cfg
}
