package p2p

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"referworks/crypto"
	"referworks/protocol"
	"referworks/protocol/wire"
)

// line is the persistent stream to one peer for envelopes. It is opened by the first delivery, and again after it broke.
type line struct {
	host *Host
	peer protocol.PeerID

	mu      sync.Mutex // guards what follows
	session *session   // nil: none is open
	opening *opening   // nil: none is being opened
	closed  error
}

// opening is one attempt that all who wait share.
type opening struct {
	done    chan struct{} // closed when session and err are set
	session *session
	err     error
}

// delivery is one envelope on its way.
type delivery struct {
	ctx    context.Context
	sealed []byte
	done   chan outcome // of one element, written once at most
}

type outcome struct {
	answer protocol.Answer
	err    error
}

// Deliver sends a sealed envelope and gives the peer's answer: nothing less says that it arrived. Envelopes to one peer
// share a stream and may be many at once. An error, also the end of ctx, leaves open whether the peer has it: deliver it
// again. The stream outlives ctx. sealed must not be changed before Deliver returned, and not after when ctx ended it.
func (h *Host) Deliver(ctx context.Context, peer protocol.PeerID, sealed []byte) (protocol.Answer, error) {
	if len(sealed) > protocol.MaxEnvelope {
		return protocol.Answer{}, fmt.Errorf("deliver envelope of %d bytes: at most %d", len(sealed), protocol.MaxEnvelope)
	}
	if peer != h.id && h.gate.classes(peer)&Partner == 0 {
		return protocol.Answer{}, fmt.Errorf("deliver envelope: %w", errNotAdmitted)
	}
	l, err := h.line(peer)
	if err != nil {
		return protocol.Answer{}, fmt.Errorf("deliver envelope: %w", err)
	}
	s, err := l.get(ctx)
	if err != nil {
		return protocol.Answer{}, fmt.Errorf("deliver envelope: %w", err)
	}
	d := &delivery{ctx: ctx, sealed: sealed, done: make(chan outcome, 1)}
	select {
	case s.queue <- d:
	case <-s.dead:
		return protocol.Answer{}, fmt.Errorf("deliver envelope: %w", s.err)
	case <-ctx.Done():
		return protocol.Answer{}, fmt.Errorf("deliver envelope: %w", ctx.Err())
	}
	select {
	case o := <-d.done:
		return o.answer, o.err
	case <-ctx.Done():
		return protocol.Answer{}, fmt.Errorf("deliver envelope: %w", ctx.Err())
	case <-s.dead:
	}
	select {
	case o := <-d.done: // came with the stream's last breath
		return o.answer, o.err
	default:
		return protocol.Answer{}, fmt.Errorf("deliver envelope: %w", s.err)
	}
}

func (h *Host) line(peer protocol.PeerID) (*line, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.net == nil {
		return nil, errNotRunning
	}
	l := h.lines[peer]
	if l == nil {
		l = &line{host: h, peer: peer}
		h.lines[peer] = l
	}
	return l, nil
}

// get gives the living session, or waits for one.
func (l *line) get(ctx context.Context) (*session, error) {
	l.mu.Lock()
	if l.closed != nil {
		l.mu.Unlock()
		return nil, l.closed
	}
	if s := l.session; s != nil {
		l.mu.Unlock()
		return s, nil
	}
	o := l.opening
	if o == nil {
		o = &opening{done: make(chan struct{})}
		l.opening = o
		if !l.host.work(func(run context.Context) { l.open(run, o) }) {
			l.opening = nil
			l.mu.Unlock()
			return nil, errNotRunning
		}
	}
	l.mu.Unlock()
	select {
	case <-o.done:
		return o.session, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// work runs f in a goroutine that Run waits for.
func (h *Host) work(f func(run context.Context)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.net == nil {
		return false
	}
	ctx := h.ctx
	h.streams.Go(func() { f(ctx) })
	return true
}

// open opens a session and then works for it until it dies.
func (l *line) open(run context.Context, o *opening) {
	s, err := l.dial(run)
	l.mu.Lock()
	if err == nil && l.closed != nil {
		err = l.closed
		_ = s.f.Reset()
	}
	l.opening = nil
	if err == nil {
		l.session, o.session = s, s
	}
	o.err = err
	l.mu.Unlock()
	close(o.done)
	if err != nil {
		return
	}
	stop := context.AfterFunc(run, func() { s.fail(errNotRunning) })
	var reading sync.WaitGroup
	reading.Go(func() { s.fail(s.read()) })
	s.fail(s.write())
	reading.Wait()
	stop()
	l.mu.Lock()
	if l.session == s {
		l.session = nil
	}
	l.mu.Unlock()
}

func (l *line) dial(run context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(run, openTimeout)
	defer cancel()
	f, err := l.host.open(ctx, l.peer, protocol.ProtoDeliver)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(run, func() { _ = f.Reset() })
	defer stop()
	if _, err := f.hear(); err != nil {
		_ = f.Reset()
		return nil, err
	}
	s := &session{line: l, f: f, queue: make(chan *delivery, window), room: make(chan struct{}, window), dead: make(chan struct{})}
	return s, f.SetReadDeadline(time.Time{})
}

func (l *line) close(err error) {
	l.mu.Lock()
	l.closed = err
	s := l.session
	l.mu.Unlock()
	if s != nil {
		s.fail(err)
	}
}

// session is one stream of a line: a writer, and a reader that matches answers to envelopes by their order.
type session struct {
	line  *line
	f     *frames
	queue chan *delivery
	room  chan struct{} // one element for each envelope without an answer

	once sync.Once
	dead chan struct{} // closed after err is set
	err  error

	mu      sync.Mutex // guards waiting
	waiting []*delivery
}

// fail ends the session with the first error: all who wait see it.
func (s *session) fail(err error) {
	s.once.Do(func() {
		if err == nil {
			err = errors.New("the stream ended")
		}
		s.err = err
		s.line.mu.Lock()
		if s.line.session == s {
			s.line.session = nil
		}
		s.line.mu.Unlock()
		close(s.dead)
		_ = s.f.Reset()
	})
}

func (s *session) write() error {
	for {
		var d *delivery
		select {
		case d = <-s.queue:
		default:
			if err := s.f.flush(); err != nil {
				return err
			}
			select {
			case d = <-s.queue:
			case <-s.dead:
				return nil
			}
		}
		if d.ctx.Err() != nil {
			continue // nobody waits, and nothing of it was sent
		}
		select {
		case s.room <- struct{}{}:
		default:
			if err := s.f.flush(); err != nil {
				return err
			}
			select {
			case s.room <- struct{}{}:
			case <-s.dead:
				return nil
			}
		}
		if !s.line.allowed() {
			return errNotAdmitted
		}
		if err := s.wait(d); err != nil {
			return err
		}
		if err := s.f.write(protocol.FrameEnvelope, d.sealed); err != nil {
			return err
		}
	}
}

func (l *line) allowed() bool { return l.peer == l.host.id || l.host.gate.classes(l.peer)&Partner != 0 }

// wait notes that an answer is due, and gives the first of those that are due its deadline.
func (s *session) wait(d *delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, d)
	if len(s.waiting) == 1 {
		return s.f.SetReadDeadline(time.Now().Add(answerTimeout))
	}
	return nil
}

func (s *session) read() error {
	for {
		kind, b, err := s.frame()
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		s.mu.Lock()
		if len(s.waiting) == 0 {
			s.mu.Unlock()
			return errors.New("read answer: nothing was asked")
		}
		d := s.waiting[0]
		s.waiting = s.waiting[1:]
		var until time.Time
		if len(s.waiting) > 0 {
			until = time.Now().Add(answerTimeout)
		}
		err = s.f.SetReadDeadline(until)
		s.mu.Unlock()
		if err != nil {
			return err
		}
		<-s.room
		if kind != protocol.FrameAnswer {
			return fmt.Errorf("read answer: a frame of kind %d", kind)
		}
		var a protocol.Answer
		if err := crypto.Unmarshal(b, &a); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		if a.V != protocol.Version || a.Receipt != nil && a.Code != "" {
			return errors.New("read answer: of another version, or a receipt and a code at once")
		}
		d.done <- outcome{answer: a}
	}
}

// frame reads without touching the deadline, which belongs to the answers that are due.
func (s *session) frame() (protocol.FrameKind, []byte, error) {
	return wire.Read(s.f.r, protocol.MaxFrame)
}
