package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"referworks/bridges"
)

// place is a tree of folders two deep, here or on a server. Names are "folder/file". Errors wrap fs.ErrNotExist and
// fs.ErrPermission where that is what happened, or are a *bridges.Error with a sentence of their own.
type place interface {
	// list gives what is in a folder, at most mostEntries of it.
	list(ctx context.Context, dir string) ([]entry, error)
	stat(ctx context.Context, name string) (entry, error)
	// open opens a regular file and nothing else; links are not followed.
	open(ctx context.Context, name string) (io.ReadCloser, error)
	// create makes or empties a file.
	create(ctx context.Context, name string) (output, error)
	// move renames durably, in place of a file of that name.
	move(ctx context.Context, from, to string) error
	remove(ctx context.Context, name string) error
	// mkdir makes a folder when it is not there.
	mkdir(ctx context.Context, dir string) error
	// rest lets go of what is open until the next call.
	rest()
}

// output is a file that is being written. Commit makes it durable and closes it; Close alone gives it up.
type output interface {
	io.WriteCloser
	commit() error
}

type entry struct {
	name     string // in its folder
	size     int64
	modified time.Time
	regular  bool
	dir      bool
	strange  bool // the name could stand for something else than a file in that folder
}

// mostEntries bounds how many files of a folder are looked at in one turn; the rest has its turn when these have moved.
const mostEntries = 5_000

// writeWhole writes a file under another name first, so that nobody ever sees a part of it.
func writeWhole(ctx context.Context, p place, name string, content []byte) error {
	temp := hidden(name)
	if err := writeOut(ctx, p, temp, content); err != nil {
		return err
	}
	return p.move(ctx, temp, name)
}

func writeOut(ctx context.Context, p place, name string, content []byte) error {
	out, err := p.create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := out.Write(content); err != nil {
		return errors.Join(err, out.Close())
	}
	return out.commit()
}

// told gives an error the words for an administrator. Names of files are left out: they may name a person.
func told(err error, what string) error {
	var be *bridges.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &be):
		return be
	case errors.Is(err, fs.ErrPermission):
		return &bridges.Error{Class: bridges.Temporary, Sentence: fmt.Sprintf("We may not %s. Give the user that we sign in as, or that the node runs as, the right to read, write and rename there.", what), Err: err}
	case errors.Is(err, fs.ErrNotExist):
		return &bridges.Error{Class: bridges.Temporary, Sentence: fmt.Sprintf("We could not %s: the folder or file is not there (any more). Check the folder of the connection.", what), Err: err}
	}
	return &bridges.Error{Class: bridges.Temporary, Sentence: fmt.Sprintf("We could not %s; it is tried again by itself. If this stays, look at the disk and the connection.", what), Err: err}
}

// forgetful is the state of a medium that nobody gave one.
type forgetful struct{}

func (forgetful) Load(string) ([]byte, error)                { return nil, nil }
func (forgetful) Save(context.Context, string, []byte) error { return nil }
