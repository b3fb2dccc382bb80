// Package rest hands documents to a system's HTTP API: it posts JSON or XML exactly as the mapping made it, over a
// transport that reaches only what the node's operator allows, follows no redirect and uses no proxy.
//
// A referral must take effect once. Every attempt carries the same Idempotency-Key; when an answer got lost, the
// state is unknown, and what comes next is a look-up where one is set up, the same request again where the system is
// declared to honor the key, and otherwise a person.
package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"referworks/bridges"
	"referworks/bridges/record"
)

// The ways to authenticate.
const (
	authNone   = "none"
	authBearer = "bearer"
	authBasic  = "basic"
	authHeader = "header"
	authMTLS   = "mtls" // our certificate alone
)

// Kind is the medium "rest": JSON or XML by HTTP POST.
func Kind() bridges.Kind {
	return bridges.Kind{Name: "rest", Title: "Your system's API (HTTP)", Help: "Each referral for you is posted to an address of your case system. Whoever looks after that system knows the address and the sign-in.", Settings: form(), New: func(cfg bridges.Config) (any, error) { return open(cfg, "") }}
}

// XML is the medium "xml": the same, for systems that take XML only.
func XML() bridges.Kind {
	return bridges.Kind{Name: "xml", Title: "XML to your system (HTTP)", Help: "The same, for a system that takes XML only.", Settings: form(), New: func(cfg bridges.Config) (any, error) { return open(cfg, "xml") }}
}

func form() []bridges.Setting {
	return append([]bridges.Setting{
		{Name: "url", Label: "Address", Help: "Referrals are posted here. It begins with https://; http:// is possible only in your own network.", Type: bridges.URL, Required: true},
		{Name: "auth", Label: "Sign-in", Help: "How your system recognizes us.", Type: bridges.Choice, Choices: []string{authNone, authBearer, authBasic, authHeader, authMTLS}, Default: authNone},
		{Name: "token", Label: "Bearer token", Help: "For the sign-in bearer.", Type: bridges.Secret, When: &bridges.When{Setting: "auth", Is: []string{authBearer}}},
		{Name: "user", Label: "User name", Help: "For the sign-in basic.", Type: bridges.String, When: &bridges.When{Setting: "auth", Is: []string{authBasic}}},
		{Name: "password", Label: "Password", Help: "For the sign-in basic.", Type: bridges.Secret, When: &bridges.When{Setting: "auth", Is: []string{authBasic}}},
		{Name: "header-name", Label: "Header", Help: "For the sign-in header: the header that carries the key.", Type: bridges.String, Default: "X-API-Key", When: &bridges.When{Setting: "auth", Is: []string{authHeader}}},
		{Name: "key", Label: "Key", Help: "For the sign-in header.", Type: bridges.Secret, When: &bridges.When{Setting: "auth", Is: []string{authHeader}}},
		{Name: "success", Label: "Success statuses", Help: "The HTTP statuses that mean: taken.", Type: bridges.String, Default: "200,201,202,204"},
		{Name: "id-path", Label: "Place of the new id", Help: "Where your system's own id stands in its answer, for example data.id. Empty: the end of the Location header.", Type: bridges.String},
		{Name: "idempotent", Label: "Honors Idempotency-Key", Help: "Say yes only when your system takes a repeated request with the same Idempotency-Key once.", Type: bridges.Boolean, Default: "false"},
		{Name: "lookup-url", Label: "Look-up address", Help: "Finds a referral that may be there already, on the same host, for example https://cases.example.org/api/intakes?external_id={reference}. {key} stands for the Idempotency-Key.", Type: bridges.URL},
		{Name: "lookup-path", Label: "Place of the id in the look-up", Help: "Where the look-up's answer has the id of what it found, for example results[].id. No id there means: not found.", Type: bridges.String, When: &bridges.When{Setting: "lookup-url"}},
		{Name: "timeout", Label: "Time-out", Help: "Seconds to wait for an answer, at most 300.", Type: bridges.Integer, Default: "30"},
		{Name: "ca", Label: "Certificate authority", Help: "The certificate, in PEM form, of the authority that signed your system's certificate, when it is your own.", Type: bridges.Text},
	}, CertificateForm()...)
}

// settings are a connection's settings once they make sense.
type settings struct {
	only       string // "xml": refuse other documents
	url        *url.URL
	sign       func(*http.Request)
	success    []int
	id         record.Path
	hasID      bool
	idempotent bool
	lookup     string // template; empty: none
	lookupID   record.Path
	timeout    time.Duration
	roots      *x509.CertPool
	ours       []tls.Certificate
	private    bool
	log        *slog.Logger
	now        func() time.Time
}

const maxTimeout = 300 * time.Second

// parse reads a form and says everything that is wrong with it at once.
func parse(cfg bridges.Config, only string) (*settings, error) {
	s := &settings{only: only, private: cfg.AllowPrivate, log: cfg.Log, now: cfg.Now}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	get := func(name string) string {
		if v := strings.TrimSpace(cfg.Settings[name]); v != "" {
			return v
		}
		i := slices.IndexFunc(form(), func(f bridges.Setting) bool { return f.Name == name })
		return form()[i].Default
	}
	var problems []error
	check := func(setting string, err error) {
		if err != nil {
			problems = append(problems, bridges.At(setting, err))
		}
	}
	var err error
	s.url, err = ParseURL(get("url"), cfg.AllowPrivate)
	check("url", err)
	s.sign, err = signer(cfg, get)
	check("auth", err)
	s.success, err = parseSuccess(get("success"))
	check("success", err)
	if s.hasID = get("id-path") != ""; s.hasID {
		if s.id, err = record.ParsePath(get("id-path")); err != nil {
			check("id-path", fmt.Errorf("the place of the new id cannot be read: %w", err))
		}
	}
	switch get("idempotent") {
	case "true", "false":
		s.idempotent = get("idempotent") == "true"
	default:
		check("idempotent", errors.New("honors Idempotency-Key must be true or false"))
	}
	check("lookup-url", s.parseLookup(get("lookup-url"), get("lookup-path"), cfg.AllowPrivate))
	seconds, err := strconv.Atoi(get("timeout"))
	s.timeout = time.Duration(seconds) * time.Second
	if err != nil || seconds < 1 || s.timeout > maxTimeout {
		check("timeout", fmt.Errorf("the time-out must be a number of seconds from 1 to %d", int(maxTimeout.Seconds())))
	}
	if pem := get("ca"); pem != "" {
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM([]byte(pem)) {
			check("ca", errors.New("the certificate authority holds no certificate in PEM form"))
		}
	}
	s.ours, err = Certificates(cfg.Secrets, s.now())
	check(CertificateSetting, err)
	if err == nil && len(s.ours) == 0 && get("auth") == authMTLS {
		check(CertificateSetting, errors.New("the sign-in mtls needs a certificate of ours and its private key"))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return s, nil
}

// ParseURL reads an address that an administrator entered: whole, without credentials, and encrypted unless the node allows
// private addresses. The error is a sentence.
func ParseURL(raw string, private bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("the address must be a whole one, like https://cases.example.org/api/intakes")
	case u.User != nil:
		return nil, errors.New("the address must not hold a user name or password: enter them as sign-in")
	case u.Fragment != "" || u.RawFragment != "":
		return nil, errors.New("the address must not have a part after #")
	case u.Scheme == "http" && !private:
		return nil, errors.New("the address must begin with https://, because http:// is not encrypted; this node does not allow it even in its own network")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the address must begin with https://")
	}
	return u, nil
}

// parseLookup takes a look-up on the same scheme and host only: it carries the same secret.
func (s *settings) parseLookup(template, path string, private bool) error {
	if template == "" {
		return nil
	}
	if !strings.Contains(template, "{reference}") && !strings.Contains(template, "{key}") {
		return errors.New("the look-up address must hold {reference} or {key}")
	}
	u, err := ParseURL(expand(template, "r", "k"), private)
	switch {
	case err != nil:
		return fmt.Errorf("look-up: %w", err)
	case s.url != nil && (u.Scheme != s.url.Scheme || u.Host != s.url.Host):
		return errors.New("the look-up address must be on the same host as the address, and by the same protocol")
	case path == "":
		return bridges.At("lookup-path", errors.New("the place of the id in the look-up is missing: without it nobody can tell found from not found"))
	}
	s.lookup = template
	if s.lookupID, err = record.ParsePath(path); err != nil {
		return bridges.At("lookup-path", fmt.Errorf("the place of the id in the look-up cannot be read: %w", err))
	}
	return nil
}

// expand fills a look-up template. QueryEscape is right in a query, and in a path too after its + became %20.
func expand(template, reference, key string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return strings.NewReplacer("{reference}", escape(reference), "{key}", escape(key)).Replace(template)
}

func parseSuccess(list string) ([]int, error) {
	var out []int
	for _, part := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 200 || n > 499 || n/100 == 3 {
			return nil, errors.New("the success statuses must be numbers like 200,201: from 200 to 299, or from 400 to 499 for systems that answer so")
		}
		out = append(out, n)
	}
	return out, nil
}

// signer makes the function that adds the sign-in to a request.
func signer(cfg bridges.Config, get func(string) string) (func(*http.Request), error) {
	secret := func(name string) (string, error) {
		if cfg.Secrets == nil {
			return "", bridges.At(name, fmt.Errorf("the %s is missing", name))
		}
		v, ok := cfg.Secrets(name)
		if !ok || v == "" {
			return "", bridges.At(name, fmt.Errorf("the %s is missing", name))
		}
		if !httpguts.ValidHeaderFieldValue(v) {
			return "", bridges.At(name, fmt.Errorf("the %s holds characters that cannot be sent", name))
		}
		return v, nil
	}
	switch how := get("auth"); how {
	case authNone, authMTLS:
		return func(*http.Request) {}, nil
	case authBearer:
		token, err := secret("token")
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }, err
	case authBasic:
		user := get("user")
		if user == "" || strings.Contains(user, ":") {
			return nil, bridges.At("user", errors.New("the sign-in basic needs a user name without a colon"))
		}
		password, err := secret("password")
		return func(r *http.Request) { r.SetBasicAuth(user, password) }, err
	case authHeader:
		name := http.CanonicalHeaderKey(get("header-name"))
		if !httpguts.ValidHeaderFieldName(name) || slices.Contains(ownHeaders, name) {
			return nil, bridges.At("header-name", errors.New("the header for the key must be a header's name that we do not use ourselves, like X-API-Key"))
		}
		key, err := secret("key")
		return func(r *http.Request) { r.Header.Set(name, key) }, err
	default:
		return nil, errors.New("the sign-in must be none, bearer, basic, header or mtls")
	}
}

// ownHeaders are set by us or by HTTP itself.
var ownHeaders = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host",
	"Idempotency-Key", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "X-Referworks-Practice", "X-Referworks-Reference",
}

func (s *settings) tls() *tls.Config {
	return &tls.Config{RootCAs: s.roots, Certificates: s.ours, MinVersion: tls.VersionTLS12}
}
