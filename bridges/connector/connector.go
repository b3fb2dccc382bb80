// Package connector carries presets out: it signs in, pushes a referral so that it takes effect once, pulls lists, takes
// webhooks, and tells a system what became of its referrals. Everything goes through the guarded transport of package rest.
//
// A push first looks whether its record is there, or makes it in a way that may be repeated. What is neither is tried once:
// when its answer is lost, a person looks. A look-up that cannot be understood waits for a person too.
package connector

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/bridges/rest"
	"referworks/protocol"
)

// Kinds returns the kind of each preset. Their connections share what is known of a host: whether it answers, and how many
// requests it still takes. media are the kinds that presets without a description of HTTP are made of, by name.
func Kinds(list []*presets.Preset, media map[string]bridges.Kind) ([]bridges.Kind, error) {
	shared := newHosts()
	var out []bridges.Kind
	for _, p := range list {
		k := bridges.Kind{Settings: form(p)}
		if p.Medium != "" {
			medium, ok := media[p.Medium]
			if !ok {
				return nil, fmt.Errorf("preset %s: there is no medium %q", p.Name, p.Medium)
			}
			k = medium
		} else {
			opened := *p
			opened.Mapping, opened.Sample = nil, nil // most of a preset's memory; the kind has them as bytes
			k.New = func(cfg bridges.Config) (any, error) { return open(&opened, cfg, shared) }
		}
		k.Name, k.Title, k.Format, k.Vendor, k.Ways = p.Name, p.Title, p.Format, strings.Join(p.Vendor, "\n"), ways(p)
		k.Help = p.Help
		for _, w := range p.Status {
			k.Statuses = append(k.Statuses, bridges.StatusWord{Word: w.Word, Status: protocol.Status(w.Status), Reason: w.Reason, Outcome: w.Outcome})
		}
		var err error
		if k.Mapping, err = encoded(p.Mapping); err != nil {
			return nil, err
		}
		if k.Sample, err = encoded(p.Sample); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// ways are the directions that a preset describes.
func ways(p *presets.Preset) []string {
	out, in := p.Push != nil || p.Medium != "", len(p.Pull) > 0 || p.Webhook != nil
	switch {
	case in && out:
		return []string{"in", "out", "both"}
	case in:
		return []string{"in"}
	}
	return []string{"out"}
}

func encoded(n *record.Node) ([]byte, error) {
	if n == nil {
		return nil, nil
	}
	return record.EncodeJSON(n)
}

// form is the preset's settings and those that all have.
func form(p *presets.Preset) []bridges.Setting {
	var out []bridges.Setting
	for _, s := range p.Settings {
		out = append(out, bridges.Setting{Name: s.Name, Label: s.Label, Help: s.Help, Type: bridges.SettingType(s.Type), Required: s.Required, Default: s.Default, Choices: s.Choices, When: when(s)})
	}
	if !ownPlace(p) {
		out = append(out, bridges.Setting{Name: "address", Label: "Other address", Help: "Only for a test system: it is asked instead of the vendor's.", Type: bridges.URL})
	}
	if len(p.Pull) > 0 {
		out = append(out, bridges.Setting{Name: "poll", Label: "Seconds between two looks", Help: "How often the system is asked for something new. Empty: as the preset says.", Type: bridges.Integer})
	}
	if ownPlace(p) { // one in somebody's own house; the vendors' clouds ask for none
		out = append(out, rest.CertificateForm()...)
	}
	return append(out, bridges.Setting{Name: "ca", Label: "Certificate authority", Help: "PEM, only for a system in your own network whose certificate no public authority has signed.", Type: bridges.Text})
}

// ownPlace tells whether an administrator enters the address of the system itself.
func ownPlace(p *presets.Preset) bool {
	return slices.ContainsFunc(p.Settings, func(s presets.Setting) bool { return s.Type == "url" && p.Base == "{settings."+s.Name+"}" })
}

func when(s presets.Setting) *bridges.When {
	if s.When == nil {
		return nil
	}
	return &bridges.When{Setting: s.When.Setting, Is: s.When.Is}
}

// connection is one opened preset.
type connection struct {
	preset *presets.Preset
	cfg    bridges.Config
	base   *url.URL
	hosts  []string // patterns; the base's own host alone when an other address was given
	client *rest.Client
	shared *hosts
	auth   *auth
	rules  []rule
	gate   chan struct{} // as many requests at the same time as the system likes
	poll   time.Duration
}

func open(p *presets.Preset, cfg bridges.Config, shared *hosts) (any, error) {
	c := &connection{preset: p, cfg: cfg, hosts: p.Hosts, shared: shared}
	if c.cfg.Log == nil {
		c.cfg.Log = slog.New(slog.DiscardHandler)
	}
	if c.cfg.Now == nil {
		c.cfg.Now = time.Now
	}
	if c.cfg.State == nil {
		c.cfg.State = forgetful{}
	}
	if c.cfg.Health == nil {
		c.cfg.Health = func(error) {}
	}
	problems := c.checkSettings()
	if err := c.findBase(); err != nil {
		problems = append(problems, bridges.At(c.baseSetting(), err))
	}
	roots, err := roots(cfg.Settings["ca"])
	if err != nil {
		problems = append(problems, bridges.At("ca", err))
	}
	if c.auth, err = newAuth(c); err != nil {
		problems = append(problems, err)
	}
	ours, err := rest.Certificates(cfg.Secrets, c.cfg.Now())
	if err == nil && len(ours) == 0 && c.auth != nil && c.auth.kind == "mtls" {
		err = bridges.At(rest.CertificateSetting, errors.New("the sign-in mtls needs a certificate of ours and its private key"))
	}
	if err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	transport := rest.NewTransport(bridges.Guard{AllowPrivate: cfg.AllowPrivate, OnlyPrivate: c.base.Scheme == "http"}, &tls.Config{RootCAs: roots, Certificates: ours, MinVersion: tls.VersionTLS12})
	c.client = rest.NewClient(transport)
	c.gate = make(chan struct{}, max(p.Limits.Together, 1))
	if p.Limits.Together == 0 {
		c.gate = make(chan struct{}, 8)
	}
	if c.rules, err = readRules(p.Errors); err != nil {
		return nil, err
	}
	return c.shape(), nil
}

func roots(pem string) (*x509.CertPool, error) {
	if pem == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, errors.New("the certificate authority holds no certificate in PEM form")
	}
	return pool, nil
}

// checkSettings says what is wrong with what an administrator entered.
func (c *connection) checkSettings() (problems []error) {
	wrong := func(setting, format string, args ...any) {
		problems = append(problems, bridges.At(setting, fmt.Errorf(format, args...)))
	}
	for _, s := range c.preset.Settings {
		value, ok := c.setting(s.Name)
		if s.Type == "secret" {
			value, ok = c.secret(s.Name)
		}
		switch {
		case !ok || value == "":
			if s.Required {
				wrong(s.Name, "%s is missing", s.Label)
			}
		case s.Type == "boolean" && value != "true" && value != "false":
			wrong(s.Name, "%s must be true or false", s.Label)
		case s.Type == "choice" && !slices.Contains(s.Choices, value):
			wrong(s.Name, "%s must be one of: %s", s.Label, strings.Join(s.Choices, ", "))
		case s.Pattern != "" && !regexp.MustCompile("^(?:"+s.Pattern+")$").MatchString(value): // checked by Parse
			wrong(s.Name, "%s is not written as it should be: %s", s.Label, s.Help)
		}
	}
	if v := c.cfg.Settings["poll"]; v != "" {
		seconds, err := time.ParseDuration(v + "s")
		if err != nil || seconds < time.Second || seconds > 24*time.Hour {
			wrong("poll", "the seconds between two looks must be a number from 1 to 86400")
		}
		c.poll = seconds
	}
	return problems
}

func (c *connection) setting(name string) (string, bool) {
	if v := c.cfg.Settings[name]; v != "" {
		return v, true
	}
	i := slices.IndexFunc(c.preset.Settings, func(s presets.Setting) bool { return s.Name == name && s.Type != "secret" })
	if i < 0 {
		return "", false
	}
	return c.preset.Settings[i].Default, true
}

func (c *connection) secret(name string) (string, bool) {
	if c.cfg.Secrets == nil {
		return "", true
	}
	v, _ := c.cfg.Secrets(name)
	return v, true
}

// findBase works out where the system is. Only hosts that the preset names are reached, or the one that an administrator of
// a test system gave.
func (c *connection) findBase() error {
	raw := c.cfg.Settings["address"]
	other := raw != ""
	if !other {
		raw, _ = presets.Expand(c.preset.Base, c.known, nil)
	}
	u, err := rest.ParseURL(strings.TrimRight(raw, "/"), c.cfg.AllowPrivate)
	if err != nil {
		return err
	}
	c.base = u
	if other || len(c.hosts) == 0 {
		c.hosts = []string{u.Hostname()}
	}
	if !c.mayReach(u) {
		return fmt.Errorf("%s is no host of %s", u.Hostname(), c.preset.Title)
	}
	return nil
}

// baseSetting is the setting that says where the system is.
func (c *connection) baseSetting() string {
	if c.cfg.Settings["address"] != "" {
		return "address"
	}
	for _, name := range presets.Variables(c.preset.Base) {
		return strings.TrimPrefix(name, "settings.")
	}
	return "address"
}

// mayReach tells whether an address is on a host of the system, by the same protocol.
func (c *connection) mayReach(u *url.URL) bool {
	if u.Scheme != c.base.Scheme || u.User != nil {
		return false
	}
	if u.Hostname() == c.base.Hostname() {
		return u.Port() == c.base.Port()
	}
	return u.Port() == "" && slices.ContainsFunc(c.hosts, func(pattern string) bool {
		ok, err := path.Match(pattern, u.Hostname())
		return err == nil && ok
	})
}

// forgetful is the state of a connection whose owner keeps none: every token is got anew.
type forgetful struct{}

func (forgetful) Load(string) ([]byte, error)                { return nil, nil }
func (forgetful) Save(context.Context, string, []byte) error { return nil }

// shape gives the connection the methods of what its preset describes.
func (c *connection) shape() any {
	push, tell := c.preset.Push != nil, c.preset.Tell != nil
	switch {
	case push && tell:
		return &struct {
			*connection
			sinkPart
			tellerPart
		}{c, sinkPart{c}, tellerPart{c}}
	case push:
		return &struct {
			*connection
			sinkPart
		}{c, sinkPart{c}}
	case tell:
		return &struct {
			*connection
			tellerPart
		}{c, tellerPart{c}}
	}
	return c
}

var (
	_ bridges.Source   = (*connection)(nil)
	_ bridges.Receiver = (*connection)(nil)
	_ bridges.Tester   = (*connection)(nil)
	_ bridges.Lister   = (*connection)(nil)
	_ bridges.Sink     = sinkPart{}
	_ bridges.Once     = sinkPart{}
	_ bridges.Updater  = sinkPart{}

	_ bridges.Rehearser = sinkPart{}
	_ bridges.Teller    = tellerPart{}
)

// Test asks the system something harmless: that it is there, and that the sign-in works.
func (c *connection) Test(ctx context.Context) error {
	q := c.preset.Test
	if q == nil {
		return nil
	}
	a, err := c.do(ctx, q, c.scope(), false)
	if err != nil {
		return err
	}
	if err := c.judge(a, q.OK, nil); err != nil {
		return err
	}
	if q.Method != http.MethodHead && q.OK == nil && rest.Decode(a, answers) == nil && len(a.Body) > 0 {
		return fmt.Errorf("%s answered, but not with data: check the address", c.preset.Title)
	}
	return nil
}
