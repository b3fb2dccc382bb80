package email

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"referworks/bridges"
)

// incoming says how mail comes in.
type incoming struct {
	way     string // none, smtp, imap
	listen  string // smtp
	name    string // of the mail server
	tlsOnly bool
	cert    *tls.Certificate

	host, port        string // imap
	startTLS          bool
	pin               []byte
	user, password    string
	folder, processed string
	every             time.Duration
	oauth             *oauth
}

func (in *incoming) tls(m *mailbox) *tls.Config { return proving(in.host, in.pin, m.roots) }

// readIncoming reads the half of the form that is about mail coming in. What the way that was chosen does not use may be
// anything.
func (s *settings) readIncoming(get func(string) string, cfg bridges.Config, say func(ok bool, setting, sentence string)) {
	in := &s.incoming
	secret := func(name string) string {
		if cfg.Secrets == nil {
			return ""
		}
		v, _ := cfg.Secrets(name)
		return v
	}
	in.way, s.what = get("inbox"), get("read")
	say(slices.Contains([]string{byNone, bySMTP, byIMAP}, in.way), "inbox", "how mail comes in must be none, smtp or imap")
	say(slices.Contains([]string{readAll, readFile, readText}, s.what), "read", "what is read must be attachment-or-text, attachment or text")
	s.address = strings.ToLower(get("address"))
	say(s.address == "" && in.way != bySMTP || plainAddress(s.address) && !strings.Contains(s.address, "+"), "address", "the address for incoming mail must be a plain e-mail address like refer@example.org, without a plus sign")
	for _, line := range strings.Fields(strings.ToLower(strings.ReplaceAll(get("senders"), ",", " "))) {
		say(plainAddress(line) || strings.HasPrefix(line, "@") && plainAddress("x"+line), "senders", "each line of the list of senders must be an address or a domain like @example.org")
		s.allowed = append(s.allowed, line)
	}
	n, err := strconv.Atoi(get("per-hour"))
	say(err == nil && n > 0, "per-hour", "the mails of one sender in an hour must be a number above 0")
	s.perHour, s.provider = n, get("provider")
	s.oauth = oauth{url: get("oauth-url"), client: get("oauth-client"), scope: get("oauth-scope"), secret: secret("oauth-secret"), refresh: secret("oauth-refresh")}
	in.oauth = &s.oauth
	say(s.oauth.url == "" || strings.HasPrefix(s.oauth.url, "https://") || cfg.AllowPrivate, "oauth-url", "the OAuth token address must begin with https://")
	say(s.oauth.url == "" || s.oauth.client != "", "oauth-client", "the OAuth client id is missing")
	switch in.way {
	case bySMTP:
		s.readServer(get, secret("certificate-key"), say)
	case byIMAP:
		s.readFolder(get, secret("imap-password"), say)
	}
}

func (s *settings) readServer(get func(string) string, key string, say func(ok bool, setting, sentence string)) {
	in := &s.incoming
	in.listen = get("listen")
	_, port, err := net.SplitHostPort(in.listen)
	_, err2 := strconv.ParseUint(port, 10, 16)
	say(err == nil && err2 == nil, "listen", "where the mail server listens must be an address and a port like 0.0.0.0:2525")
	switch get("tls-only") {
	case "true", "false":
		in.tlsOnly = get("tls-only") == "true"
	default:
		say(false, "tls-only", "refuse mail without encryption must be true or false")
	}
	_, in.name, _ = strings.Cut(s.address, "@")
	if pem := get("certificate"); pem != "" {
		cert, err := tls.X509KeyPair([]byte(pem), []byte(key))
		say(err == nil, "certificate", "the mail server's certificate and its key do not fit together, or are not in PEM form")
		in.cert = &cert
		return
	}
	in.cert, err = selfMade(in.name)
	say(err == nil, "certificate", "the node could not make a certificate for its mail server")
}

func (s *settings) readFolder(get func(string) string, password string, say func(ok bool, setting, sentence string)) {
	in := &s.incoming
	var err error
	in.host, err = idna.Lookup.ToASCII(get("imap-host"))
	say(err == nil && in.host != "" && !strings.ContainsAny(in.host, "/:@ "), "imap-host", "the mailbox server must be a host name like imap.example.org, without port or path")
	in.port, in.user, in.password, in.folder, in.processed = get("imap-port"), get("imap-user"), password, get("imap-folder"), get("imap-processed")
	port, err := strconv.Atoi(in.port)
	say(err == nil && port >= 1 && port <= 65535, "imap-port", "the port of the mailbox server must be a number from 1 to 65535")
	say(in.user != "", "imap-user", "the user name of the mailbox is missing")
	say(in.password != "" || s.oauth.url != "", "imap-password", "the password of the mailbox is missing")
	switch get("imap-tls") {
	case startTLS, implicit:
		in.startTLS = get("imap-tls") == startTLS
	default:
		say(false, "imap-tls", "the encryption of the mailbox server must be starttls or implicit")
	}
	if pin := get("imap-pin"); pin != "" {
		in.pin = parsePin(pin)
		say(in.pin != nil, "imap-pin", "the certificate pin of the mailbox server must be a SHA-256 in base64 (43 characters) or hexadecimal (64)")
	}
	say(in.processed == "" || in.processed != in.folder, "imap-processed", "the folder for what was taken must be another than the folder that is read")
	seconds, err := strconv.Atoi(get("imap-seconds"))
	say(err == nil && seconds >= 5 && seconds <= 86_400, "imap-seconds", "the time between two looks must be 5 seconds or more")
	in.every = time.Duration(seconds) * time.Second
}

// selfMade makes a certificate for the node's mail server. Other mail servers encrypt with it and ask for no more (RFC
// 7435); an administrator who wants more gives one.
func selfMade(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// forgetful is the state of a connection that was opened without one, to be tried: it lasts as long as the bridge.
type forgetful struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (f *forgetful) Load(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows[name], nil
}

func (f *forgetful) Save(_ context.Context, name string, value []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rows == nil {
		f.rows = map[string][]byte{}
	}
	f.rows[name] = slices.Clone(value)
	return nil
}
