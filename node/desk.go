package node

import (
	"referworks/node/exchange"
	"referworks/node/p2p"
	"referworks/node/partner"
)

var (
	_ exchange.Network = (*p2p.Host)(nil)
	_ exchange.Self    = (*Organization)(nil)
	_ partner.Self     = (*Organization)(nil)
)

func (n *Node) openDesk(o *Organization) (*exchange.Desk, error) {
	return exchange.New(exchange.Config{
		Org: o.rows, Self: o, Book: o.book, Network: n.host, Now: n.now, Log: n.log.With("org", string(o.id)), Numbering: n.numbering(o), Scan: n.cfg.Scan, Hosted: o.hosted, Practice: o.practiceDesk(),
	}), nil
}
