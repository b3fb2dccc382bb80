package connection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/bridges"
	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/node/exchange"
	"referworks/node/store"
	"referworks/protocol"
)

// giveUp is how long deliveries to a medium are tried before a person is asked.
const giveUp = 48 * time.Hour

// pausedFor is how long an item whose connection is paused rests before somebody looks again.
const pausedFor = 5 * time.Minute

// Run hands what arrived to the connections' sinks, runs their sources and tells them what partners do until ctx ends. It leaves no goroutine behind.
func (s *Set) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.runSinks(ctx) })
	group.Go(func() error { return s.runSources(ctx) })
	group.Go(func() error { return s.runTells(ctx) })
	return group.Wait()
}

func (s *Set) runSinks(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.Workers + 1)
	group.Go(func() error {
		for {
			items, err := s.Desk.ClaimInbox(ctx, s.Workers)
			if err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("claim inbox of %s: %w", s.Self.Short(), err)
			}
			for _, item := range items {
				group.Go(func() error {
					err := s.deliver(ctx, item)
					if errors.Is(err, store.ErrStale) { // it took so long that the item was given out again
						s.Log.Warn("lost an inbox item to another attempt", "organization", s.Self.Short(), "referral", item.Referral)
						return nil
					}
					return err
				})
			}
		}
	})
	return group.Wait()
}

// deliver hands one item to the connection that takes it and writes down what became of it. Only an error of our
// own store ends the run.
func (s *Set) deliver(ctx context.Context, item exchange.Item) error {
	c, err := s.sinkFor(item)
	if err != nil {
		return err
	}
	if c == nil { // the built-in inbox: it stays on our disk until a person opens it
		return s.Desk.Keep(ctx, item, nil)
	}
	if c.Kind == KindAPI {
		return s.offer(ctx, c, item)
	}
	if c.Paused {
		item.Attempt-- // this is none
		return s.Desk.Retry(ctx, item, s.Now().Add(pausedFor), fmt.Sprintf("The connection %s is paused. Resume it, and this goes out within five minutes.", c.Name), item.Unknown)
	}
	done, err := s.hand(ctx, c, &item)
	var be *bridges.Error
	if err == nil || ctx.Err() == nil {
		s.healthAfter(c, err)
	}
	switch {
	case err == nil:
		err := s.Desk.Delivered(background, item, done.level, done.note) // the medium has it, even when the node is stopping
		if err == nil && done.noted {
			s.forgetAttempts(item)
		}
		return err
	case ctx.Err() != nil: // the node is stopping in the middle of it: unless nothing was sent, nobody knows what the medium did
		sent := !errors.As(err, &be) || be.Class != bridges.Temporary
		return s.Desk.Retry(background, item, s.Now(), "", item.Unknown || sent)
	case errors.As(err, &be) && (be.Class == bridges.Temporary || be.Class == bridges.Unknown) && s.Now().Sub(item.Since) < giveUp:
		return s.Desk.Retry(ctx, item, s.Now().Add(pause(item.Attempt, be.RetryAfter)), be.Sentence, be.Class == bridges.Unknown)
	case errors.As(err, &be):
		return s.hold(ctx, c, item, be.Sentence)
	default:
		s.Log.Error("could not convert an inbox item", "organization", s.Self.Short(), "connection", c.ID, "referral", item.Referral)
		return s.hold(ctx, c, item, err.Error())
	}
}

// handed is what a medium's answer comes to.
type handed struct {
	note  protocol.Note
	level protocol.Level
	noted bool // see begin
}

// hand converts an item and gives it to the sink of c.
func (s *Set) hand(ctx context.Context, c *Connection, item *exchange.Item) (handed, error) {
	sink, err := s.sink(c)
	if err != nil {
		return handed{}, &bridges.Error{Class: bridges.Hold, Sentence: fmt.Sprintf("The connection %s cannot be opened: %v", c.Name, err)}
	}
	d, report, err := s.delivery(c, item)
	if err != nil {
		return handed{}, err
	}
	noted, err := s.begin(item, sink)
	if err != nil {
		return handed{}, err
	}
	d.Unknown = item.Unknown
	if speaks(sink) {
		s.handing(c, item)
	}
	defer s.beginDelivery(c.ID)()
	out, err := sink.Deliver(ctx, d)
	if err != nil {
		return handed{}, s.atOurField(err, c)
	}
	level := protocol.Delivered
	if out.Blind {
		level = protocol.DeliveredBlind
	}
	report.Files = out.Left
	told, err := packReport(report)
	if err != nil {
		return handed{}, err
	}
	if speaks(sink) {
		s.handedAs(c, item, out.Reference)
	}
	s.Log.Info("delivered a referral", "organization", s.Self.Short(), "connection", c.ID, "referral", item.Referral)
	return handed{protocol.Note{Reference: out.Reference, Report: told}, level, noted}, nil
}

// delivery converts an item as a connection hands it over.
func (s *Set) delivery(c *Connection, item *exchange.Item) (d bridges.Delivery, report *mapping.Report, err error) {
	m, _, err := s.mapping(c.Mapping)
	if err != nil {
		return d, nil, err
	}
	in := mapping.Context{Now: s.Now(), Organization: s.Self, OrganizationName: s.Name(), Partner: item.From}
	rec, report, err := m.FromReferral(item.Body, in)
	if err != nil {
		return d, nil, err
	}
	d = bridges.Delivery{
		Referral:  item.Referral,
		Update:    item.Kind == protocol.KindUpdate,
		Key:       deliveryKey(item.From, item.Referral, item.Seq),
		Reference: item.Referral.Reference(),
		Attempt:   item.Attempt,
		Unknown:   item.Unknown,
		From:      bridges.Party{ID: item.From, Name: s.partnerName(item.From)},
		To:        bridges.Party{ID: s.Self, Name: s.Name()},
		Practice:  item.Practice,
	}
	if d.Document, err = encode(c.Format, rec, m); err != nil {
		return d, nil, err
	}
	if s.Kinds[c.Kind].Letters {
		l, _, err := m.Letter(item.Body, in)
		if err != nil {
			return d, nil, err
		}
		d.Letter = letterOf(l)
	}
	d.Files, err = s.files(item)
	return d, report, err
}

func deliveryKey(from protocol.OrgID, id protocol.ReferralID, seq int64) string {
	return fmt.Sprintf("%s/%s/%d", from.Short(), id, seq)
}

// atOurField says of a field that a medium refused what our own people call it.
func (s *Set) atOurField(err error, c *Connection) error {
	var be *bridges.Error
	if !errors.As(err, &be) || be.Field == "" {
		return err
	}
	m, _, failed := s.mapping(c.Mapping)
	if failed != nil {
		return err
	}
	label, standard, ok := m.Label(be.Field)
	if !ok {
		return err
	}
	told := *be
	told.Sentence = fmt.Sprintf("%s In the mapping this is %q, and %q of the standard.", be.Sentence, label, standard)
	return &told
}

// hold stops trying and puts the item on the list of what waits for a person.
func (s *Set) hold(ctx context.Context, c *Connection, item exchange.Item, sentence string) error {
	w := Waiting{Direction: Out, Connection: c.ID, Format: c.Format, Sentence: sentence, Since: s.Now().UnixMilli(), From: item.From, Referral: item.Referral, Seq: item.Seq, Attempt: item.Attempt}
	if err := s.waitOut(&w); err != nil {
		return err
	}
	return s.Desk.Hold(ctx, item, sentence)
}

// sinkFor chooses the connection that an item goes out through: the first, by id, that takes one of its needs and is
// not paused; a paused one only when there is no other, so that the item waits for it. Nil means the built-in inbox.
func (s *Set) sinkFor(item exchange.Item) (*Connection, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	var paused *Connection
	for i, c := range list {
		if c.Direction == In || c.Kind == KindInbox {
			continue
		}
		if len(c.Needs) == 0 || slices.ContainsFunc(needCodes(item.Body), func(n protocol.NeedCode) bool { return slices.Contains(c.Needs, n) }) {
			if !c.Paused {
				return &list[i], nil
			}
			if paused == nil {
				paused = &list[i]
			}
		}
	}
	return paused, nil
}

// sink gives the bridge of a connection as a sink.
func (s *Set) sink(c *Connection) (bridges.Sink, error) {
	bridge, err := s.bridge(c)
	if err != nil {
		return nil, err
	}
	sink, ok := bridge.(bridges.Sink)
	if !ok {
		return nil, fmt.Errorf("connections of kind %q cannot send", c.Kind)
	}
	return sink, nil
}

// Test tries a connection without sending a referral; the error is one clear sentence.
func (s *Set) Test(ctx context.Context, id string) error {
	c, err := s.Connection(id)
	if err != nil {
		return err
	}
	if c.Kind == KindAPI || c.Kind == KindInbox {
		return nil
	}
	bridge, err := s.bridge(&c)
	if err != nil {
		return err
	}
	t, ok := bridge.(bridges.Tester)
	if !ok {
		return nil
	}
	if err = t.Test(ctx); err == nil {
		err = s.rehearse(ctx, &c, bridge)
	}
	s.setHealth(id, err)
	return err
}

func (s *Set) partnerName(id protocol.OrgID) string {
	if p, ok := s.Book.Current(id); ok {
		return p.Name()
	}
	return id.Short()
}

func letterOf(l *mapping.Letter) bridges.Letter {
	out := bridges.Letter{Language: l.Language, Lines: make([]bridges.Line, 0, len(l.Lines))}
	for _, line := range l.Lines {
		out.Lines = append(out.Lines, bridges.Line(line))
	}
	return out
}

func encode(format string, rec *record.Node, m *mapping.Mapping) (bridges.Document, error) {
	b, err := record.Encode(record.Format(format), rec, []byte(m.Document().Side.Sample))
	for _, f := range record.Formats() {
		if string(f.Format) == format {
			return bridges.Document{Format: format, MediaType: f.MediaType, Bytes: b}, err
		}
	}
	return bridges.Document{}, err
}

// pause is how long to wait before attempt n+1: 2 s, doubling, at most 30 minutes; what the medium asks for wins
// when it is longer.
func pause(attempt int, asked time.Duration) time.Duration {
	d := 2 * time.Second << min(max(attempt-1, 0), 10)
	return max(min(d, 30*time.Minute), min(asked, giveUp))
}
