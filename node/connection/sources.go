package connection

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"referworks/bridges"
)

// A source that ended is started again after a pause that doubles, up to longestRest; one that ran for steady begins
// with the shortest again.
const (
	longestRest = 5 * time.Minute
	steady      = 10 * time.Minute
)

// running is a source in its goroutine.
type running struct {
	changed int64
	stop    context.CancelFunc
	ended   chan struct{}
}

// runSources runs the sources of the connections that take documents in and are not paused, each in a goroutine of its
// own, until ctx ends. One whose connection changed is stopped, and started again when it has ended.
func (s *Set) runSources(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	now := map[string]running{}
	group.Go(func() error {
		for {
			list, err := s.List()
			if err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("run the sources of %s: %w", s.Self.Short(), err)
			}
			wanted := map[string]*Connection{}
			for i, c := range list {
				if _, medium := s.Kinds[c.Kind]; medium && c.Direction != Out && !c.Paused {
					wanted[c.ID] = &list[i]
				}
			}
			for id, r := range now {
				if c := wanted[id]; c == nil || c.Changed != r.changed {
					r.stop()
				}
			}
			for id, c := range wanted {
				before, was := now[id]
				if was && before.changed == c.Changed {
					continue
				}
				own, stop := context.WithCancel(ctx)
				r := running{c.Changed, stop, make(chan struct{})}
				now[id] = r
				group.Go(func() error {
					defer close(r.ended)
					defer stop()
					if was {
						<-before.ended
					}
					s.source(own, c)
					return nil
				})
			}
			select {
			case <-ctx.Done():
				return nil
			case <-s.changed:
			}
		}
	})
	return group.Wait()
}

// errNoSource means that a connection's bridge brings nothing in by itself.
var errNoSource = errors.New("it brings nothing in by itself")

// source keeps the source of a connection running until ctx ends.
func (s *Set) source(ctx context.Context, c *Connection) {
	for ends := 1; ; ends++ {
		began := s.Now()
		err := s.runSource(ctx, c)
		if ctx.Err() != nil || errors.Is(err, errNoSource) {
			return
		}
		s.setHealth(c.ID, err)
		if s.Now().Sub(began) > steady {
			ends = 1
		}
		rest := time.NewTimer(min(pause(ends, 0), longestRest))
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
	}
}

// runSource runs the source of a connection once. Its end before that of ctx is an error, always.
func (s *Set) runSource(ctx context.Context, c *Connection) (err error) {
	bridge, err := s.bridge(c)
	if err != nil {
		return fmt.Errorf("the connection %s cannot be opened: %w", c.Name, err)
	}
	source, ok := bridge.(bridges.Source)
	if !ok {
		return errNoSource
	}
	defer func() {
		if p := recover(); p != nil { // what it says may be somebody's data
			s.Log.Error("a source ended by a defect", "organization", s.Self.Short(), "connection", c.ID, "stack", string(debug.Stack()))
			err = fmt.Errorf("the connection %s stopped because of a defect in this program, and is started again by itself; tell who runs the node", c.Name)
		}
		s.dropBridge(c.ID)
	}()
	if err = source.Run(ctx, s.accept(c)); err == nil && ctx.Err() == nil {
		err = fmt.Errorf("the connection %s stopped taking documents in, and is started again by itself", c.Name)
	}
	return err
}
