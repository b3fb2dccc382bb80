package testnet

import (
	"io"
	"net"
	"sync"
	"testing"
)

// links are the ways between the nodes of a net. Each node is dialed through a front of its own, which knows by the port
// that a connection comes from who is dialing, since libp2p dials from the port that it listens on.
type links struct {
	mu     sync.Mutex // guards what follows
	names  map[int]string
	cut    map[[2]string]bool
	routes map[*route]bool
}

// route is one connection through a front.
type route struct {
	from, to string
	conns    [2]net.Conn
}

func newLinks() *links {
	return &links{names: map[int]string{}, cut: map[[2]string]bool{}, routes: map[*route]bool{}}
}

func between(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

// Cut ends all connections between two nodes and lets no new one through, in either direction.
func (n *Net) Cut(a, b *Node) {
	l := n.links
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut[between(a.Name, b.Name)] = true
	for r := range l.routes {
		if between(r.from, r.to) == between(a.Name, b.Name) {
			r.close()
		}
	}
}

// Heal lets connections through again. Nobody is told: the nodes must find out.
func (n *Net) Heal(a, b *Node) {
	n.links.mu.Lock()
	defer n.links.mu.Unlock()
	delete(n.links.cut, between(a.Name, b.Name))
}

func (r *route) close() {
	for _, c := range r.conns {
		_ = c.Close()
	}
}

// front opens the way to a node that listens on port of loopback, and gives the port to announce.
func (l *links) front(t testing.TB, name string, port int) int {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("open the way to node %s: %v", name, err)
	}
	l.mu.Lock()
	l.names[port] = name
	l.mu.Unlock()
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			work.Go(func() { l.carry(c, name, port) })
		}
	})
	t.Cleanup(func() {
		_ = in.Close()
		l.mu.Lock()
		for r := range l.routes {
			if r.to == name {
				r.close()
			}
		}
		l.mu.Unlock()
		work.Wait()
	})
	return in.Addr().(*net.TCPAddr).Port
}

// carry joins a connection to the node, unless the link is cut.
func (l *links) carry(c net.Conn, to string, port int) {
	defer func() { _ = c.Close() }()
	out, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	r := &route{to: to, conns: [2]net.Conn{c, out}}
	if !l.add(r, c.RemoteAddr().(*net.TCPAddr).Port) {
		return
	}
	defer l.drop(r)
	var work sync.WaitGroup
	work.Go(func() { _, _ = io.Copy(out, c); r.close() })
	work.Go(func() { _, _ = io.Copy(c, out); r.close() })
	work.Wait()
}

// add counts a connection; false when its link is cut. Who dials from an unknown port gets through only to a node that
// has no link cut.
func (l *links) add(r *route, from int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	name, known := l.names[from]
	for pair := range l.cut {
		if !known && (pair[0] == r.to || pair[1] == r.to) || known && pair == between(name, r.to) {
			return false
		}
	}
	r.from = name
	l.routes[r] = true
	return true
}

func (l *links) drop(r *route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.routes, r)
}
