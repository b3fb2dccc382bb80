package store

import (
	"context"
	"errors"
	"time"
)

const (
	tidyEvery  = time.Minute // secrets past their end, keys to replace
	sweepEvery = time.Hour   // blobs, value log
)

// Run does what needs a clock until ctx ends or the store dies: the check in the background, replacing keys after
// erasures, secrets past their end, sweeping blobs, reclaiming disk space. It returns nil when ctx ends, the error of
// Err when the store died: then the process must end.
func (s *Store) Run(ctx context.Context) error {
	// Close interrupts what reads the disk here, and waits for it.
	if err := s.beginView(); err != nil {
		return nil
	}
	defer s.views.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		if s.disk != nil {
			s.disk.checkInBackground(ctx)
		}
	}()
	defer func() {
		cancel()
		<-checked
	}()
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	tidy, sweep := time.NewTicker(tidyEvery), time.NewTicker(sweepEvery)
	defer tidy.Stop()
	defer sweep.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return s.Err()
		case <-s.dead:
			return s.Err()
		case <-tidy.C:
			err = s.tidy(ctx)
		case <-sweep.C:
			_, err = s.SweepBlobs()
			if err == nil && s.disk != nil {
				err = s.disk.reclaim(ctx)
			}
		}
		if err != nil && !errors.Is(err, ErrClosed) && ctx.Err() == nil {
			s.log.Error("upkeep of the store did not finish", "error", err.Error())
		}
	}
}

func (s *Store) tidy(ctx context.Context) error {
	now := s.now()
	err := s.keys.expire(now)
	for _, id := range s.keys.rewrapDue(now) {
		o, oerr := s.Org(id)
		if oerr != nil {
			continue // created in the key file alone; the process ended before the commit
		}
		err = errors.Join(err, o.Rewrap(ctx))
	}
	return err
}
