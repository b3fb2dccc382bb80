package email

import (
	"context"
	"fmt"
	"sync"

	"referworks/bridges"
)

// mailbox is the bridge of one connection: letters out to the organization's mailbox, mail in, answers to letters, and
// the page behind a link.
type mailbox struct {
	*settings
	readers workers
	senders *counter
	servers *servers
	page    *desk
	sealing sync.Mutex // keeps the key of tokens and the lists of their days from being written twice at once
}

var (
	_ bridges.Sink   = (*mailbox)(nil)
	_ bridges.Source = (*mailbox)(nil)
	_ bridges.Tester = (*mailbox)(nil)
)

func open(cfg bridges.Config, all *servers) (*mailbox, error) {
	s, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	return &mailbox{settings: s, readers: newWorkers(2), senders: &counter{most: s.perHour}, servers: all, page: newDesk()}, nil
}

// Run takes mail in until ctx ends.
func (m *mailbox) Run(ctx context.Context, accept bridges.Accept) error {
	switch m.incoming.way {
	case bySMTP:
		leave, err := m.servers.join(ctx, m.incoming.listen, m, accept)
		if err != nil {
			return fmt.Errorf("take mail in: %w", err)
		}
		defer leave()
		m.health(nil)
		if err := m.sweep(ctx); err != nil {
			return err
		}
	case byIMAP:
		return m.poll(ctx, accept)
	}
	<-ctx.Done()
	return nil
}
