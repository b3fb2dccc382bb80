package folder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"referworks/bridges"
)

// source is the inbox while it is watched.
type source struct {
	*medium
	accept bridges.Accept
	seen   map[string]sighting // files that are not taken yet, by name with folder
}

// sighting is how a file was seen last, and since when it is so.
type sighting struct {
	size     int64
	modified time.Time
	since    time.Time
}

// Run looks into the inbox again and again. What cannot be done now is told as the medium's health and tried at the next
// look.
func (m *medium) Run(ctx context.Context, accept bridges.Accept) error {
	s := &source{medium: m, accept: accept, seen: map[string]sighting{}}
	defer m.place.rest()
	for {
		err := s.look(ctx)
		if ctx.Err() == nil {
			m.health(err)
		}
		wait := time.NewTimer(m.every)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}

// look takes what is ready: first what an earlier run left in the middle of its work, then what is new. A file that
// cannot be taken does not keep the others; the first trouble is returned.
func (s *source) look(ctx context.Context) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	var first error
	for _, dir := range []string{working, s.inbox} {
		files, err := s.place.list(ctx, dir)
		if err != nil {
			return told(err, "look into the folder "+dir)
		}
		slices.SortFunc(files, func(a, b entry) int {
			return cmp.Or(a.modified.Compare(b.modified), cmp.Compare(a.name, b.name))
		})
		for _, f := range files {
			err := s.file(ctx, dir, f)
			var stop *stopped
			switch {
			case errors.As(err, &stop), ctx.Err() != nil:
				return err
			case err != nil && first == nil:
				first = err
			}
		}
		s.forget(dir, files)
		if n := s.left(dir, files); n > 0 && first == nil {
			first = &bridges.Error{Class: bridges.Hold, Sentence: fmt.Sprintf("%s in the folder %s with a name that programs use while they write did not change for a day, and will not be taken. Rename what is complete, and delete the rest.", count(n, "file"), dir)}
		}
	}
	return first
}

// stopped is a trouble that the next file would have too.
type stopped struct{ error }

func (e *stopped) Unwrap() error { return e.error }

// file does the next step for one file of inbox or working.
func (s *source) file(ctx context.Context, dir string, f entry) error {
	switch {
	case unfinished(f.name), f.dir:
		return nil
	case f.strange:
		return &bridges.Error{Class: bridges.Hold, Sentence: "A file in the folder " + dir + " has a name that cannot be used safely, and stays there. Rename it."}
	case f.regular && !s.settled(dir, f):
		return nil
	case dir == s.inbox:
		name, err := s.claim(ctx, f)
		if name == "" || err != nil {
			return err
		}
		return s.take(ctx, name)
	}
	return s.take(ctx, f.name)
}

// settled reports whether nobody has written to a file for a while.
func (s *source) settled(dir string, f entry) bool {
	now := s.now()
	was, known := s.seen[dir+"/"+f.name]
	if !known || was.size != f.size || !was.modified.Equal(f.modified) {
		was = sighting{f.size, f.modified, now}
		s.seen[dir+"/"+f.name] = was
	}
	return now.Sub(was.since) >= s.settle
}

// forget drops what was seen of files that are gone.
func (s *source) forget(dir string, files []entry) {
	there := map[string]bool{}
	for _, f := range files {
		there[dir+"/"+f.name] = true
	}
	for name := range s.seen {
		if !there[name] && len(name) > len(dir) && name[:len(dir)+1] == dir+"/" {
			delete(s.seen, name)
		}
	}
}

// abandoned is how long an unfinished file may lie there before somebody is told.
const abandoned = 24 * time.Hour

// left counts the files of the inbox that their writers seem to have given up.
func (s *source) left(dir string, files []entry) (n int) {
	for _, f := range files {
		if dir == s.inbox && f.regular && unfinished(f.name) && s.now().Sub(f.modified) > abandoned {
			n++
		}
	}
	return n
}

// claim moves a file out of the inbox before it is read: from here on, a new file of the same name is another file. It
// gives no name when the file is not ready: somebody writes to it still, or an earlier one of its name is being taken.
func (s *source) claim(ctx context.Context, f entry) (string, error) {
	name := safeName(f.name)
	switch _, err := s.place.stat(ctx, working+"/"+name); {
	case err == nil:
		return "", nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", told(err, "look into the folder "+working)
	}
	if err := s.place.move(ctx, s.inbox+"/"+f.name, working+"/"+name); errors.Is(err, fs.ErrNotExist) {
		return "", nil // whoever put it there took it away
	} else if err != nil {
		return "", told(err, "move a file from "+s.inbox+" to "+working)
	}
	is, err := s.place.stat(ctx, working+"/"+name)
	if err != nil {
		return "", told(err, "look into the folder "+working)
	}
	if is.regular && (is.size != f.size || !is.modified.Equal(f.modified)) {
		return "", nil
	}
	return name, nil
}

// take reads a file of working, hands its records on, and moves it away with its reports.
func (s *source) take(ctx context.Context, name string) error {
	f, err := s.place.stat(ctx, working+"/"+name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return told(err, "look at a file in "+working)
	}
	t := &taking{source: s, name: name, began: s.now()}
	switch {
	case !f.regular:
		return t.putAside(ctx, "It is a link, a device or a pipe and no plain file; it was not followed. Put the file itself into the inbox.")
	case f.size == 0:
		return t.putAside(ctx, "The file is empty. Look whether the program that wrote it was cut off.")
	case f.size > s.largest:
		return t.putAside(ctx, fmt.Sprintf("The file is larger than the %d MB that this connection takes. Divide it, or change the connection's setting.", s.largest>>20))
	}
	if t.content, err = s.read(ctx, name); err != nil || t.content.size != f.size {
		if err != nil {
			return told(err, "read a file in "+working)
		}
		delete(s.seen, working+"/"+name) // it grows still
		return nil
	}
	return t.run(ctx)
}

func (s *source) read(ctx context.Context, name string) (content, error) {
	in, err := s.place.open(ctx, working+"/"+name)
	if err != nil {
		return content{}, err
	}
	c, err := readContent(in)
	return c, errors.Join(err, in.Close())
}
