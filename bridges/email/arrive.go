package email

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"referworks/bridges"
)

// Sentences about mail that waits for a person because of who sent it.
const (
	unproven = "A mail arrived and nothing proves that it comes from the address that it names, so nothing was done with it. Look at it and at what was checked, ask the sender by another way, and decide."
	unlisted = "A mail arrived from an address that is not on this connection's list of senders, so nothing was done with it. Look at it and decide; add the address to the list if mail from it may be read by itself."
	echoed   = "An automatic answer arrived. Nothing was done with it. Look at it and discard it, unless it says something about a referral."
)

// arrive takes in one mail. nil means durable: only then may the medium be told so. Errors are those of bridges.Accept.
func (m *mailbox) arrive(ctx context.Context, raw []byte, env envelope, accept bridges.Accept) (bridges.Accepted, error) {
	l, err := m.readers.read(raw)
	if errors.Is(err, errBusy) {
		m.health(err)
		return bridges.Accepted{}, err
	} else if err != nil {
		return accept(ctx, bridges.Inbound{Document: original(raw), Key: (&letter{}).key(raw), Unread: err.Error()})
	}
	if m.isOwn(l) { // what we sent came back: it is here already
		return bridges.Accepted{Again: true}, nil
	}
	if !m.senders.allow(l.from.Address, m.now()) {
		return bridges.Accepted{}, &bridges.Error{Class: bridges.Temporary, Sentence: "More mail from one sender than may come in an hour. Send it again later."}
	}
	if isReport(l, env) {
		return accept(ctx, m.bounce(l, raw, env))
	}
	sure := m.evidence(ctx, raw, l, env)
	if t := m.tokenOf(l, env); t != nil {
		return accept(ctx, m.reply(l, raw, t, sure))
	}
	in := l.inbound(raw, m.what)
	in.Evidence = sure.labels
	switch {
	case isEcho(l, env):
		in = waits(in, raw, echoed)
	case !m.listed(l.from.Address):
		in = waits(in, raw, unlisted)
	case !sure.proven:
		in = waits(in, raw, unproven)
	}
	return accept(ctx, in)
}

// waits puts a mail before a person, whole.
func waits(in bridges.Inbound, raw []byte, why string) bridges.Inbound {
	return bridges.Inbound{Document: original(raw), Key: in.Key, Evidence: in.Evidence, Unread: why, News: in.News}
}

// listed tells whether an address is on the list of senders: itself, or its domain as "@example.org".
func (m *mailbox) listed(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	for _, s := range m.allowed {
		if s == address || s == "@"+domain {
			return true
		}
	}
	return false
}

// isEcho tells an automatic answer, which must never be taken for a person's word and never be answered (RFC 3834). What
// a program sent on its own, as form mail and our own letters are, is none.
func isEcho(l *letter, env envelope) bool {
	auto, _, _ := strings.Cut(strings.ToLower(l.header.get("Auto-Submitted")), ";")
	switch strings.TrimSpace(auto) {
	case "auto-replied", "auto-notified":
		return true
	}
	return env.null || l.header.get("X-Autoreply") != "" || l.header.get("X-Autorespond") != "" || strings.EqualFold(l.header.get("Precedence"), "auto_reply")
}

// isAutomatic tells mail that no person wrote at that moment: good enough for a document, never for a decision.
func isAutomatic(l *letter, env envelope) bool {
	auto := strings.ToLower(l.header.get("Auto-Submitted"))
	switch strings.ToLower(l.header.get("Precedence")) {
	case "bulk", "junk", "list":
		return true
	}
	return isEcho(l, env) || auto != "" && auto != "no" || l.header.get("List-Id") != "" || l.header.get("X-Loop") != ""
}

// counter caps how much mail of one sender is acted on.
type counter struct {
	mu    sync.Mutex
	hour  time.Time
	most  int
	count map[string]int
}

// maxSenders is how many senders are counted apart; the others share one count.
const maxSenders = 10_000

func (c *counter) allow(sender string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.hour) >= time.Hour || c.count == nil {
		c.hour, c.count = now, map[string]int{}
	}
	if _, known := c.count[sender]; !known && len(c.count) >= maxSenders {
		sender = ""
	}
	c.count[sender]++
	return c.count[sender] <= c.most
}

// class says what to tell a medium about an error of accept.
func class(err error) bridges.Class {
	var be *bridges.Error
	if errors.As(err, &be) {
		return be.Class
	}
	return bridges.Temporary
}
