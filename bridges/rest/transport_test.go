package rest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"referworks/bridges"
	"referworks/bridges/rest"
)

// resolver asks a name server on loopback that answers every name with the address that answer gives for it.
func resolver(t *testing.T, answer func(name string) string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if a, err := netip.ParseAddr(answer(strings.TrimSuffix(q.Name.String(), "."))); err == nil {
				h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}
				if a.Is4() && q.Type == dnsmessage.TypeA {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
				} else if a.Is6() && q.Type == dnsmessage.TypeAAAA {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
				}
			}
			if b, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(b, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// get asks for an address and gives the guard's refusal, if that is what came.
func get(t *testing.T, tr *http.Transport, address string) (*http.Response, *bridges.AddressError) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	response, err := tr.RoundTrip(r)
	var refused *bridges.AddressError
	if err != nil && !errors.As(err, &refused) {
		t.Errorf("%s: got %v, which is not the guard's refusal", address, err)
	}
	if response != nil {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	return response, refused
}

// Addresses that an administrator might enter, or be led to enter, to reach what only the node can reach. Names end
// in an address that the name server gives for them.
var forbidden = []string{
	"http://127.0.0.1:PORT/", "http://127.0.0.2:PORT/", "http://127.1.2.3:PORT/", "https://127.0.0.1:PORT/", "http://[::1]:PORT/",
	"http://[::ffff:127.0.0.1]:PORT/", "http://[::ffff:7f00:1]:PORT/", "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/", "http://[::127.0.0.1]:PORT/",
	"http://0.0.0.0:PORT/", "http://[::]:PORT/",
	"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/", "http://100.64.0.1/", "http://198.18.0.1/",
	"http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/",
	"http://[fd00:ec2::254]/latest/meta-data/", "http://[fd20:ce::254]/", "http://100.100.100.200/", "http://192.0.0.192/", "http://168.63.129.16/", "http://169.254.170.2/v2/credentials",
	"http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[64:ff9b:1::7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[fc00::1]/", "http://[fec0::1]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/",
	"http://loopback.test:PORT/", "http://localtest.me.test:PORT/", "http://six.test:PORT/", "http://mapped.test:PORT/", "https://metadata.google.internal.test/", "http://intranet.test/", "http://nat64.test/",
	"http://2130706433.test:PORT/", "http://0x7f000001.test:PORT/",
	"http://127.255.255.254:PORT/", "http://[::ffff:10.1.2.3]/", "http://[::ffff:c0a8:1]/", "http://[64:ff9b::192.168.1.1]/", "http://[64:ff9b::100.64.0.1]/", "http://172.31.255.255/", "http://192.168.255.254/", "http://10.255.255.255/",
	"http://100.127.255.255/", "http://[fdff::1]/", "http://169.254.0.1/", "http://[fd00:c1::a9fe:a9fe]/", "http://[fd00:42::42]/", "http://192.0.2.1/", "http://203.0.113.9/", "http://[2001:db8::1]/", "http://[ff02::1]/", "http://[100::1]/",
}

func addressOf(name string) string {
	switch name {
	case "six.test":
		return "::1"
	case "mapped.test":
		return "::ffff:127.0.0.1"
	case "metadata.google.internal.test":
		return "169.254.169.254"
	case "intranet.test":
		return "10.20.30.40"
	case "nat64.test":
		return "64:ff9b::a00:1"
	}
	return "127.0.0.1"
}

func TestForbiddenAddresses(t *testing.T) {
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(inside.Close)
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	names := resolver(t, addressOf)
	for _, address := range forbidden {
		if _, refused := get(t, rest.NewTransport(bridges.Guard{Resolver: names}, nil), strings.ReplaceAll(address, "PORT", port)); refused == nil {
			t.Errorf("%s was not refused", address)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d requests came through", reached.Load())
	}
	// The same name with the operator's leave comes through: the addresses above are refused by nothing but the guard.
	if _, refused := get(t, rest.NewTransport(bridges.Guard{Resolver: names, AllowPrivate: true}, nil), "http://loopback.test:"+port+"/"); refused != nil || reached.Load() != 1 {
		t.Errorf("with the operator's leave: %v, %d requests", refused, reached.Load())
	}
}

// The name server says a public address when somebody checks, and loopback a moment later.
func TestRebinding(t *testing.T) {
	var reached, asked atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(inside.Close)
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	names := resolver(t, func(string) string {
		if asked.Add(1) <= 2 { // A and AAAA of the first look
			return "93.184.216.34"
		}
		return "127.0.0.1"
	})
	before, err := names.LookupNetIP(context.Background(), "ip4", "rebind.test")
	if err != nil || len(before) != 1 || (bridges.Guard{}).Check(before[0]) != nil {
		t.Fatalf("the first look gave %v, %v: the trap is not set", before, err)
	}
	asked.Store(2)
	if _, refused := get(t, rest.NewTransport(bridges.Guard{Resolver: names}, nil), "http://rebind.test:"+port+"/"); refused == nil || reached.Load() != 0 {
		t.Errorf("refused %v, reached %d times", refused, reached.Load())
	}
}

func TestNoRedirectNoProxy(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, other.URL)
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := newSystem(t, status(code, "Location", other.URL+"/steal"))
		_, err := s.open(t, rest.Kind(), nil, map[string]string{"auth": "bearer"}, map[string]string{"token": "t"}).Deliver(context.Background(), delivery())
		if e := class(t, err); e.Class != bridges.Hold {
			t.Errorf("%d: class %s", code, e.Class)
		}
		if s.posts() != 1 {
			t.Errorf("%d: the system got %d posts", code, s.posts())
		}
	}
	if rest.NewTransport(bridges.Guard{}, nil).Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
	if elsewhere.Load() != 0 {
		t.Errorf("%d requests went elsewhere", elsewhere.Load())
	}
}

// What every organization's administrator may do on a node whose operator did not allow private addresses.
func TestHostedConnectionStaysOutside(t *testing.T) {
	s := newSystem(t, status(200))
	b, err := rest.Kind().New(bridges.Config{Settings: map[string]string{"url": s.URL, "ca": s.authority()}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.(bridges.Sink).Deliver(context.Background(), delivery())
	if e := class(t, err); e.Class != bridges.Hold || !strings.Contains(e.Sentence, "private") || len(s.asked()) != 0 {
		t.Errorf("class %s: %s, %d requests", e.Class, e.Sentence, len(s.asked()))
	}
}
