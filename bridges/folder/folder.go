// Package folder exchanges files with a system that can do no more than that: in a folder of the node's machine, or of a
// server by SFTP.
//
// A Source takes each file of the inbox once. A file is read when its writer has finished it; each record in it is handed
// on and durable before the next; then the file moves to processed or failed with a report beside it, in words and as
// JSON. A stop between any two steps loses nothing and doubles nothing: a file stays in working until it has moved on, and
// each record has a key made of the file's content and the record's place in it.
//
// A Sink writes each document under a name of reference number only, whole or not at all, and once.
package folder

import (
	"context"

	"referworks/bridges"
)

// Local is the medium "folder": a folder on the node's machine.
func Local(allowed Allowed) bridges.Kind {
	return bridges.Kind{
		Name: "folder", Title: "A folder on this computer", Group: bridges.Files, Ways: []string{"both", "in", "out"},
		Help: "Your system writes files into one folder and reads them from another, on the computer where Referworks runs.",
		Settings: append([]bridges.Setting{
			{Name: "folder", Label: "Folder", Help: "Where files are exchanged. Empty: a folder of your own in the node's data. Another one must lie where the node's operator allows it.", Type: bridges.String},
		}, form()...),
		New: func(cfg bridges.Config) (any, error) {
			set, err := parse(cfg, form())
			if err != nil {
				return nil, err
			}
			l, err := allowed.find(cfg.Settings["folder"], cfg.Organization)
			if err != nil {
				return nil, err
			}
			return &medium{settings: set, place: l}, nil
		},
	}
}

// SFTP is the medium "sftp": a folder of a server, over SSH.
func SFTP() bridges.Kind {
	return bridges.Kind{
		Name: "sftp", Title: "A folder on a server (SFTP)", Group: bridges.Files, Ways: []string{"both", "in", "out"}, Settings: append(remoteForm(), form()...),
		Help: "Files are exchanged in folders of a server that your vendor or your own staff runs. You need its name, a user name, and a password or key.",
		New: func(cfg bridges.Config) (any, error) {
			set, err := parse(cfg, append(remoteForm(), form()...))
			if err != nil {
				return nil, err
			}
			r, err := newRemote(cfg)
			if err != nil {
				return nil, err
			}
			return &medium{settings: set, place: r}, nil
		},
	}
}

// medium is a folder, here or on a server: what comes in and what goes out.
type medium struct {
	*settings
	place place
}

var (
	_ bridges.Source = (*medium)(nil)
	_ bridges.Sink   = (*medium)(nil)
	_ bridges.Tester = (*medium)(nil)
)

// Test makes the folders, and writes and removes a file in each.
func (m *medium) Test(ctx context.Context) error {
	if err := m.prepare(ctx); err != nil {
		return err
	}
	defer m.place.rest()
	for _, dir := range []string{m.inbox, m.outbox, working} {
		name := dir + "/.referworks-test.tmp"
		if err := writeWhole(ctx, m.place, name, []byte("A test of Referworks. It may be deleted.\n")); err != nil {
			return told(err, "write a file into "+dir)
		}
		if err := m.place.remove(ctx, name); err != nil {
			return told(err, "remove a file from "+dir)
		}
	}
	return nil
}

// prepare makes the folders that are not there yet.
func (m *medium) prepare(ctx context.Context) error {
	for _, dir := range []string{m.inbox, m.outbox, working, processed, failed} {
		if err := m.place.mkdir(ctx, dir); err != nil {
			return told(err, "make the folder "+dir)
		}
	}
	return nil
}
