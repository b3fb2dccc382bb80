package bridges

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Guard decides which addresses a bridge may dial. An organization's administrator writes host names into
// connections, and on a hosted node that is a stranger to the node's own network: so the address is checked when it
// is dialed, after every name was resolved, against the special-purpose registries of IANA. A name that resolves to
// something else a second later (DNS rebinding) changes nothing.
//
// The zero value allows public addresses only. The metadata services of clouds are never allowed.
type Guard struct {
	// AllowPrivate adds loopback (127.0.0.0/8, ::1), private (RFC 1918), unique local (RFC 4193) and shared
	// (RFC 6598) addresses. The node's operator decides.
	AllowPrivate bool
	// OnlyPrivate refuses public addresses, for connections without encryption.
	OnlyPrivate bool
	// Resolver finds the addresses of a name; nil means the system's.
	Resolver *net.Resolver
}

// AddressError is an address that the guard refused. Nothing was sent to it.
type AddressError struct {
	Addr   netip.Addr
	Reason string
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("refused to dial %s: %s", e.Addr, e.Reason)
}

// dialTimeout bounds looking a name up and connecting to all of its addresses.
const dialTimeout = 10 * time.Second

// Dialer returns a dialer that refuses with an *AddressError what the guard refuses.
func (g Guard) Dialer() *net.Dialer {
	return &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Resolver: g.Resolver, Control: g.control}
}

// control runs for every single address, after the name was resolved and before connect.
func (g Guard) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &AddressError{Reason: "only TCP is dialed, not " + network}
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &AddressError{Reason: "it is no address"}
	}
	return g.Check(ap.Addr())
}

// Check refuses, with an *AddressError, an address that may not be dialed.
func (g Guard) Check(a netip.Addr) error {
	refuse := func(reason string) error { return &AddressError{a, reason} }
	if !a.IsValid() || a.Zone() != "" {
		return refuse("it is no address with a meaning beyond one wire")
	}
	real := a.Unmap()
	if nat64.Contains(real) { // RFC 6052: the last 32 bits are the IPv4 address that is really reached
		b := real.As16()
		real = netip.AddrFrom4([4]byte(b[12:]))
		if within(real, private) {
			return refuse("a translated private address") // RFC 6052, section 3.1
		}
	}
	switch {
	case within(real, metadata):
		return refuse("the metadata service of a cloud")
	case within(real, private):
		if !g.AllowPrivate {
			return refuse("a private address; the node's operator can allow these")
		}
	case within(real, special), real.Is6() && !unicast.Contains(real):
		return refuse("an address for special purposes")
	case g.OnlyPrivate:
		return refuse("a public address, where only private ones may be reached without encryption")
	}
	return nil
}

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	unicast = netip.MustParsePrefix("2000::/3")     // all that IANA has given out as global unicast

	// metadata holds the addresses at which clouds give out credentials to whoever asks from inside.
	metadata = prefixes(
		"169.254.0.0/16",     // link local: AWS, Azure, GCP, Oracle and others at .169.254, ECS at .170.2
		"100.100.100.200/32", // Alibaba
		"168.63.129.16/32",   // Azure's wire server, a public address
		"192.0.0.192/32",     // Oracle, older
		"fd00:ec2::/32",      // AWS
		"fd20:ce::/32",       // GCP
		"fd00:c1::/32",       // Oracle
		"fd00:42::/32",       // Scaleway
	)

	private = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "::1/128", "fc00::/7")

	// special holds the rest of IANA's IPv4 and IPv6 special-purpose address registries (RFC 6890), multicast and
	// what is reserved. Tunnels that carry an IPv4 address inside (6to4, Teredo, local NAT64) are refused whole.
	special = prefixes(
		"0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	)
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
