package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"referworks/bridges"
)

// remote is a folder of a server. One connection is kept and made anew when it breaks. The server is not trusted beyond
// its key: what it says of a name is checked, what it sends is bounded, and each step has a time-out.
type remote struct {
	*remoteSettings

	mu   sync.Mutex
	link *link // nil: none
}

// link is one connection to the server.
type link struct {
	conn *metered
	ssh  *ssh.Client
	sftp *sftp.Client
}

func newRemote(cfg bridges.Config) (*remote, error) {
	s, err := parseRemote(cfg)
	if err != nil {
		return nil, err
	}
	return &remote{remoteSettings: s}, nil
}

// mostAnswer bounds what a server may send in one step, in bytes: a listing, or a piece of a file.
const mostAnswer = 32 << 20

// metered is a connection that ends when one step sends us too much.
type metered struct {
	net.Conn
	left atomic.Int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	if m.left.Add(-int64(n)) < 0 {
		return 0, errors.New("the server sends more than it was asked for")
	}
	return n, err
}

// step runs one question to the server within the time-out. A connection that broke is made anew once.
func (r *remote) step(ctx context.Context, ask func(*link) error) error {
	for first := true; ; first = false {
		l, fresh, err := r.connect(ctx)
		if err != nil {
			return err
		}
		err = r.watch(ctx, l, func() error { return ask(l) })
		if err == nil || !broken(err) {
			return err
		}
		r.drop(l)
		if fresh || !first || ctx.Err() != nil {
			return &bridges.Error{Class: bridges.Temporary, Sentence: "The connection to the server broke, or the server did not answer in time. It is tried again by itself.", Err: err}
		}
	}
}

// watch ends the connection when a question takes too long.
func (r *remote) watch(ctx context.Context, l *link, ask func() error) error {
	l.conn.left.Store(mostAnswer)
	late := time.AfterFunc(r.timeout, func() { _ = l.conn.Close() })
	defer late.Stop()
	defer context.AfterFunc(ctx, func() { _ = l.conn.Close() })()
	return ask()
}

// broken reports whether an error is the connection's and not the server's answer.
func broken(err error) bool {
	var status *sftp.StatusError
	return !errors.As(err, &status) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrExist) && !errors.Is(err, errNoFile)
}

func (r *remote) connect(ctx context.Context) (l *link, fresh bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.link != nil {
		return r.link, false, nil
	}
	r.link, err = r.dial(ctx)
	return r.link, true, err
}

func (r *remote) drop(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = l.conn.Close() // it is broken
	if r.link == l {
		r.link = nil
	}
}

func (r *remote) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.link != nil {
		_ = r.link.sftp.Close() // the server hears it or not
		_ = r.link.ssh.Close()
		r.link = nil
	}
}

// dial connects, compares the server's key with the pinned ones, and signs in. A server without a pinned key is told
// nothing, not even our password.
func (r *remote) dial(ctx context.Context) (*link, error) {
	hold := func(format string, args ...any) error {
		return &bridges.Error{Class: bridges.Hold, Sentence: fmt.Sprintf(format, args...)}
	}
	raw, err := r.guard.Dialer().DialContext(ctx, "tcp", r.address)
	var refused *bridges.AddressError
	switch {
	case errors.As(err, &refused):
		return nil, hold("The server was not called: it has %s. Enter another server, or ask the node's operator.", refused.Reason)
	case err != nil:
		return nil, &bridges.Error{Class: bridges.Temporary, Sentence: "The server cannot be reached. Check its name and port, and whether a firewall lets us out; it is tried again by itself.", Err: err}
	}
	conn := &metered{Conn: raw}
	conn.left.Store(mostAnswer)
	late := time.AfterFunc(r.timeout, func() { _ = conn.Close() })
	defer late.Stop()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	config, shown := r.client, ""
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		shown = ssh.FingerprintSHA256(key)
		if !slices.Contains(r.pins, shown) {
			return errOtherKey
		}
		return nil
	}
	c, channels, requests, err := ssh.NewClientConn(conn, r.address, &config)
	if err != nil {
		_ = conn.Close()
		switch {
		case shown != "" && len(r.pins) == 0:
			return nil, hold("The server shows the fingerprint %s. Compare it with whoever runs the server, then enter it as fingerprint; before that nothing is exchanged.", shown)
		case shown != "" && !slices.Contains(r.pins, shown):
			return nil, hold("The server shows another fingerprint, %s, than the one that was entered. Nothing was exchanged, and our password was not sent. Somebody may stand between us and the server: ask whoever runs it whether its key was changed.", shown)
		case shown != "":
			return nil, hold("The server does not accept the sign-in. Check user name, password and key.")
		}
		return nil, &bridges.Error{Class: bridges.Temporary, Sentence: "Something answers at the server's address, but no SSH server that we understand. Check name and port.", Err: err}
	}
	client := ssh.NewClient(c, channels, requests)
	files, err := sftp.NewClient(client)
	if err != nil {
		_ = client.Close()
		return nil, &bridges.Error{Class: bridges.Hold, Sentence: "The server lets us sign in but offers no SFTP to this user. Ask whoever runs it.", Err: err}
	}
	return &link{conn, client, files}, nil
}

var errOtherKey = errors.New("the server's key is not the pinned one")

func (r *remote) at(name string) string { return path.Join(r.folder, name) }

func (r *remote) list(ctx context.Context, dir string) (all []entry, err error) {
	return all, r.step(ctx, func(l *link) error {
		c := l.sftp
		found, err := c.ReadDirContext(ctx, r.at(dir))
		all = nil
		for _, f := range found[:min(len(found), mostEntries)] {
			e := entryOf(f)
			e.strange = e.strange || strings.Contains(e.name, "\\") // some servers run on Windows
			all = append(all, e)
		}
		return err
	})
}

func (r *remote) stat(ctx context.Context, name string) (e entry, err error) {
	return e, r.step(ctx, func(l *link) error {
		c := l.sftp
		info, err := c.Lstat(r.at(name))
		if err == nil {
			e = entryOf(info)
		}
		return err
	})
}

func (r *remote) open(ctx context.Context, name string) (in io.ReadCloser, err error) {
	return in, r.step(ctx, func(l *link) error {
		c := l.sftp
		info, err := c.Lstat(r.at(name))
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return errNoFile
		}
		f, err := c.Open(r.at(name))
		if err == nil {
			in = &remoteFile{ctx: ctx, r: r, l: l, f: f}
		}
		return err
	})
}

func (r *remote) create(ctx context.Context, name string) (out output, err error) {
	return out, r.step(ctx, func(l *link) error {
		c := l.sftp
		if err := c.Remove(r.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		f, err := c.OpenFile(r.at(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err == nil {
			_, syncs := c.HasExtension("fsync@openssh.com")
			out = &remoteFile{ctx: ctx, r: r, l: l, f: f, syncs: syncs}
		}
		return err
	})
}

// remoteFile is a file of the server, each read and write of which is a step of its own. It dies with its connection.
type remoteFile struct {
	ctx   context.Context
	r     *remote
	l     *link
	f     *sftp.File
	syncs bool
}

func (f *remoteFile) Read(p []byte) (n int, err error) {
	err = f.r.watch(f.ctx, f.l, func() error {
		n, err = f.f.Read(p)
		return err
	})
	return n, f.judge(err)
}

func (f *remoteFile) Write(p []byte) (n int, err error) {
	err = f.r.watch(f.ctx, f.l, func() error {
		n, err = f.f.Write(p)
		return err
	})
	return n, f.judge(err)
}

func (f *remoteFile) Close() error {
	return f.judge(f.r.watch(f.ctx, f.l, f.f.Close))
}

func (f *remoteFile) commit() error {
	if f.syncs {
		if err := f.r.watch(f.ctx, f.l, f.f.Sync); err != nil {
			return errors.Join(f.judge(err), f.Close())
		}
	}
	return f.Close()
}

func (f *remoteFile) judge(err error) error {
	if err == nil || errors.Is(err, io.EOF) || !broken(err) {
		return err
	}
	f.r.drop(f.l)
	return &bridges.Error{Class: bridges.Temporary, Sentence: "The connection to the server broke in the middle of a file. It is tried again by itself.", Err: err}
}

// move renames. OpenSSH's own extension replaces a file of that name; the plain request, for other servers, must not.
func (r *remote) move(ctx context.Context, from, to string) error {
	return r.step(ctx, func(l *link) error {
		c := l.sftp
		if _, ok := c.HasExtension("posix-rename@openssh.com"); ok {
			return c.PosixRename(r.at(from), r.at(to))
		}
		err := c.Rename(r.at(from), r.at(to))
		if err == nil {
			return nil
		}
		if _, gone := c.Lstat(r.at(from)); gone != nil {
			return err
		}
		if _, there := c.Lstat(r.at(to)); there != nil {
			return err
		}
		if err := c.Remove(r.at(to)); err != nil {
			return err
		}
		return c.Rename(r.at(from), r.at(to))
	})
}

func (r *remote) remove(ctx context.Context, name string) error {
	return r.step(ctx, func(l *link) error { return l.sftp.Remove(r.at(name)) })
}

func (r *remote) mkdir(ctx context.Context, dir string) error {
	return r.step(ctx, func(l *link) error {
		c := l.sftp
		if info, err := c.Stat(r.at(dir)); err == nil && info.IsDir() {
			return nil
		}
		return c.MkdirAll(r.at(dir))
	})
}
