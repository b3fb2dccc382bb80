package email

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"
)

// resolver is what evidence asks of DNS; *net.Resolver is one.
type resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

var _ resolver = (*net.Resolver)(nil)

// evidenceTime bounds all questions to DNS about one mail.
const evidenceTime = 10 * time.Second

// envelope is what is known of a mail beside its bytes.
type envelope struct {
	sender string   // of the SMTP dialogue; empty: a report, or not known
	null   bool     // it came with an empty sender, as reports of servers do
	to     []string // recipients of the SMTP dialogue, or nil
	ip     net.IP   // who handed it over; nil: not known
	helo   string
}

// proof is what speaks for the address that a mail names as its writer's.
type proof struct {
	labels []string
	proven bool // a check passed for the very domain of the From line; by itself it authorizes nothing
}

// evidence checks SPF, DKIM and their alignment with From (DMARC). A mail from a mailbox brings what our own mail
// provider found, when the administrator said by which name the provider signs that (RFC 8601).
func (m *mailbox) evidence(ctx context.Context, raw []byte, l *letter, env envelope) proof {
	ctx, cancel := context.WithTimeout(ctx, evidenceTime)
	defer cancel()
	_, domain, _ := strings.Cut(l.from.Address, "@")
	var p proof
	if m.provider != "" {
		if p.say(providers(l.header["Authentication-Results"], m.provider, domain)...); p.proven {
			return p // it asked the same name servers, when the mail came
		}
	}
	p.say(m.spf(ctx, env, domain))
	p.say(m.dkim(ctx, raw, domain)...)
	p.labels = append(p.labels, m.dmarc(ctx, domain, p.proven))
	return p
}

// finding is one check, and whether it speaks for the domain of From.
type finding struct {
	label   string
	aligned bool
}

func (p *proof) say(all ...finding) {
	for _, f := range all {
		if f.label != "" {
			p.labels = append(p.labels, f.label)
			p.proven = p.proven || f.aligned
		}
	}
}

func (m *mailbox) spf(ctx context.Context, env envelope, domain string) finding {
	if env.ip == nil {
		return finding{}
	}
	sender := env.sender
	if sender == "" {
		sender = "postmaster@" + env.helo
	}
	result, _ := spf.CheckHostWithSender(env.ip, env.helo, sender, spf.WithContext(ctx), spf.WithResolver(m.dns))
	_, of, _ := strings.Cut(sender, "@")
	return finding{"SPF: " + string(result) + " for " + shown(of), result == spf.Pass && aligned(of, domain)}
}

func (m *mailbox) dkim(ctx context.Context, raw []byte, domain string) []finding {
	all, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) { return m.dns.LookupTXT(ctx, name) }, MaxVerifications: 5,
	})
	if len(all) == 0 {
		if err != nil {
			return []finding{{label: "DKIM: not readable"}}
		}
		return []finding{{label: "DKIM: none"}}
	}
	var found []finding
	for _, v := range all {
		switch {
		case v.Err == nil && signsFrom(v.HeaderKeys):
			found = append(found, finding{"DKIM: pass for " + shown(v.Domain), aligned(v.Domain, domain)})
		case v.Err == nil:
			found = append(found, finding{label: "DKIM: does not cover From, for " + shown(v.Domain)})
		case dkim.IsTempFail(v.Err):
			found = append(found, finding{label: "DKIM: not checked, the name server did not answer, for " + shown(v.Domain)})
		default:
			found = append(found, finding{label: "DKIM: fail for " + shown(v.Domain)})
		}
	}
	return found
}

func signsFrom(keys []string) bool {
	for _, k := range keys {
		if strings.EqualFold(strings.TrimSpace(k), "From") {
			return true
		}
	}
	return false
}

// providers reads what our own provider found. Only the topmost field of its name counts: providers write theirs above
// all, and take away others that claim their name.
func providers(fields []string, provider, domain string) []finding {
	for _, field := range fields {
		id, results, err := authres.Parse(field)
		if err != nil || !strings.EqualFold(id, provider) {
			continue
		}
		var found []finding
		for _, r := range results {
			switch r := r.(type) {
			case *authres.SPFResult:
				_, of, at := strings.Cut(r.From, "@")
				if !at {
					of = r.From
				}
				found = append(found, finding{"SPF by our provider: " + shown(string(r.Value)) + " for " + shown(of), r.Value == authres.ResultPass && aligned(of, domain)})
			case *authres.DKIMResult:
				found = append(found, finding{"DKIM by our provider: " + shown(string(r.Value)) + " for " + shown(r.Domain), r.Value == authres.ResultPass && aligned(r.Domain, domain)})
			case *authres.DMARCResult:
				found = append(found, finding{"DMARC by our provider: " + shown(string(r.Value)) + " for " + shown(r.From), r.Value == authres.ResultPass && strings.EqualFold(r.From, domain)})
			}
		}
		return found
	}
	return nil
}

func (m *mailbox) dmarc(ctx context.Context, domain string, proven bool) string {
	_, err := dmarc.LookupWithOptions(organizational(domain), &dmarc.LookupOptions{LookupTXT: func(name string) ([]string, error) { return m.dns.LookupTXT(ctx, name) }})
	policy := "and its domain publishes a policy"
	switch {
	case errors.Is(err, dmarc.ErrNoPolicy):
		policy = "and its domain publishes no policy"
	case err != nil:
		policy = "and the policy of its domain could not be read"
	}
	if proven {
		return "DMARC: From is proven by a check above, " + policy
	}
	return "DMARC: nothing proves From, " + policy
}

// aligned tells whether two domains belong to one organization (RFC 7489, section 3.1, relaxed).
func aligned(a, b string) bool {
	return a != "" && b != "" && organizational(a) == organizational(b)
}

func organizational(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

// shown makes a word of a stranger's fit for a label.
func shown(s string) string { return short(clean(s), 80) }
