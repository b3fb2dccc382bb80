package folder

import (
	"context"
	"errors"
	"io"

	"referworks/bridges"
)

// Look is one look of a source into its inbox.
func Look(ctx context.Context, bridge any, accept bridges.Accept) error {
	m := bridge.(*medium)
	s := &source{medium: m, accept: accept, seen: map[string]sighting{}}
	return s.look(ctx)
}

// Watch is a source that looks when it is told to.
func Watch(bridge any, accept bridges.Accept) func(context.Context) error {
	s := &source{medium: bridge.(*medium), accept: accept, seen: map[string]sighting{}}
	return s.look
}

// SafeName is the name of a taken file.
var SafeName = safeName

// ErrKilled is what every step answers after the process has died.
var ErrKilled = errors.New("killed")

// Mortal makes a bridge die at its nth step: with that step done, or not. Dead tells whether it has died.
func Mortal(bridge any, n int, done bool) (dead func() bool) {
	m := bridge.(*medium)
	p := &mortal{place: m.place, left: n, done: done}
	m.place, m.state = p, &mortalState{m.state, p}
	return func() bool { return p.left < 0 }
}

// Step lets what lies outside of the bridge die with it.
func Step(bridge any, do func() error) error { return bridge.(*medium).place.(*mortal).step(do) }

type mortal struct {
	place
	left int
	done bool
}

func (p *mortal) step(do func() error) error {
	if p.left < 0 {
		return ErrKilled
	}
	if p.left--; p.left >= 0 {
		return do()
	}
	if p.done {
		_ = do()
	}
	return ErrKilled
}

func (p *mortal) list(ctx context.Context, dir string) (all []entry, err error) {
	return all, p.step(func() error { all, err = p.place.list(ctx, dir); return err })
}

func (p *mortal) stat(ctx context.Context, name string) (e entry, err error) {
	if p.left < 0 {
		return e, ErrKilled
	}
	return p.place.stat(ctx, name)
}

func (p *mortal) open(ctx context.Context, name string) (in io.ReadCloser, err error) {
	return in, p.step(func() error { in, err = p.place.open(ctx, name); return err })
}

func (p *mortal) create(ctx context.Context, name string) (out output, err error) {
	err = p.step(func() error { out, err = p.place.create(ctx, name); return err })
	if err != nil {
		return nil, err
	}
	return &mortalFile{out, p}, nil
}

func (p *mortal) move(ctx context.Context, from, to string) error {
	return p.step(func() error { return p.place.move(ctx, from, to) })
}

func (p *mortal) remove(ctx context.Context, name string) error {
	return p.step(func() error { return p.place.remove(ctx, name) })
}

func (p *mortal) mkdir(ctx context.Context, dir string) error {
	if p.left < 0 {
		return ErrKilled
	}
	return p.place.mkdir(ctx, dir)
}

type mortalFile struct {
	output
	p *mortal
}

func (f *mortalFile) Write(b []byte) (n int, err error) {
	err = f.p.step(func() error { n, err = f.output.Write(b[:len(b)/2]); return err }) // torn
	if err != nil {
		return n, err
	}
	m, err := f.output.Write(b[len(b)/2:])
	return n + m, err
}

func (f *mortalFile) commit() error { return f.p.step(f.output.commit) }

type mortalState struct {
	bridges.State
	p *mortal
}

func (s *mortalState) Save(ctx context.Context, name string, value []byte) error {
	return s.p.step(func() error { return s.State.Save(ctx, name, value) })
}

// Rest lets go of a bridge's connection.
func Rest(bridge any) { bridge.(*medium).place.rest() }
