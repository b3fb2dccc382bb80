package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// imapFolder is a folder of an IMAP server.
type imapFolder struct {
	client   *imapclient.Client
	stop     func() bool
	validity uint32
	arrived  chan struct{}
	move     bool // the processed folder is there
}

var _ folder = (*imapFolder)(nil)

// dialFolder connects to the mailbox, proves TLS, signs in, and opens the folder.
func (m *mailbox) dialFolder(ctx context.Context) (folder, error) {
	in := &m.incoming
	conn, err := m.guard.Dialer().DialContext(ctx, "tcp", net.JoinHostPort(in.host, in.port))
	if err != nil {
		return nil, fmt.Errorf("the mailbox at %s cannot be reached now: %w. It is tried again", in.host, err)
	}
	f := &imapFolder{arrived: make(chan struct{}, 1)}
	f.stop = context.AfterFunc(ctx, func() { _ = conn.Close() }) // the library itself does not listen to ctx
	options := &imapclient.Options{TLSConfig: in.tls(m), UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(data *imapclient.UnilateralDataMailbox) {
		if data.NumMessages != nil {
			select {
			case f.arrived <- struct{}{}:
			default:
			}
		}
	}}}
	if in.startTLS {
		f.client, err = imapclient.NewStartTLS(conn, options)
	} else {
		secure := tls.Client(conn, options.TLSConfig)
		if err = secure.HandshakeContext(ctx); err == nil {
			f.client = imapclient.New(secure, options)
		}
	}
	if err != nil {
		_ = conn.Close()
		f.stop()
		return nil, fmt.Errorf("the mailbox server did not prove who it is, or offers no encryption: %w. Nothing was sent to it", err)
	}
	if err := f.open(ctx, m); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *imapFolder) open(ctx context.Context, m *mailbox) error {
	in := &m.incoming
	var err error
	if in.oauth.url != "" {
		var access string
		if access, err = in.oauth.access(ctx, m); err != nil {
			return err
		}
		err = f.client.Authenticate(&xoauth2{in.user, access})
	} else {
		err = f.client.Login(in.user, in.password).Wait()
	}
	if err != nil {
		var no *imap.Error
		if errors.As(err, &no) {
			return errors.New("the mailbox server did not accept the user name and password. Check them in the connection")
		}
		return fmt.Errorf("sign in to the mailbox: %w", err)
	}
	if in.processed != "" {
		// It may be there already; whether it can be used shows when a mail is moved.
		_ = f.client.Create(in.processed, nil).Wait()
		f.move = true
	}
	selected, err := f.client.Select(in.folder, nil).Wait()
	if err != nil {
		return fmt.Errorf("the mailbox has no folder of the name in the connection, or it may not be opened: %w", err)
	}
	f.validity = selected.UIDValidity
	return nil
}

func (f *imapFolder) Validity() uint32 { return f.validity }

// batch is how many mails are listed at once.
const batch = 200

func (f *imapFolder) Since(uid uint32) ([]entry, error) {
	var above imap.UIDSet
	above.AddRange(imap.UID(uid)+1, 0)
	found, err := f.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{above}}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("list the mailbox: %w", err)
	}
	uids := slices.DeleteFunc(found.AllUIDs(), func(u imap.UID) bool { return uint32(u) <= uid }) // "n:*" always names the last one
	slices.Sort(uids)
	uids = uids[:min(len(uids), batch)]
	if len(uids) == 0 {
		return nil, nil
	}
	sizes, err := f.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return nil, fmt.Errorf("list the mailbox: %w", err)
	}
	list := make([]entry, 0, len(sizes))
	for _, b := range sizes {
		list = append(list, entry{uint32(b.UID), b.RFC822Size})
	}
	slices.SortFunc(list, func(a, b entry) int { return int(int64(a.uid) - int64(b.uid)) })
	return list, nil
}

func (f *imapFolder) Fetch(uid uint32, header bool) ([]byte, error) {
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxMail + 1}}
	if header {
		part.Specifier, part.Partial.Size = imap.PartSpecifierHeader, maxFields*maxField
	}
	got, err := f.client.Fetch(imap.UIDSetNum(imap.UID(uid)), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{part}}).Collect()
	if err != nil {
		return nil, fmt.Errorf("fetch a mail: %w", err)
	}
	for _, b := range got {
		if len(b.BodySection) > 0 {
			return b.BodySection[0].Bytes, nil
		}
	}
	return nil, errors.New("fetch a mail: it is not there any more") // the next listing knows
}

func (f *imapFolder) Done(uid uint32, processed string) error {
	set := imap.UIDSetNum(imap.UID(uid))
	if processed != "" {
		if _, err := f.client.Move(set, processed).Wait(); err != nil {
			return fmt.Errorf("move a mail to the folder for what is done: %w. Create the folder %q in the mailbox", err, processed)
		}
		return nil
	}
	if err := f.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close(); err != nil {
		return fmt.Errorf("mark a mail as read: %w", err)
	}
	return nil
}

// Wait idles where the server can, and else asks again after d.
func (f *imapFolder) Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	if !f.client.Caps().Has(imap.CapIdle) {
		select {
		case <-timer.C:
			return f.client.Noop().Wait()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	idle, err := f.client.Idle()
	if err != nil {
		return fmt.Errorf("wait for mail: %w", err)
	}
	select {
	case <-f.arrived:
	case <-timer.C:
	case <-ctx.Done():
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		return fmt.Errorf("wait for mail: %w", err)
	}
	return ctx.Err()
}

func (f *imapFolder) Close() {
	_ = f.client.Close()
	f.stop()
}

// xoauth2 is the client's side of XOAUTH2, as Google and Microsoft have it.
type xoauth2 struct{ user, access string }

var _ sasl.Client = (*xoauth2)(nil)

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + strings.TrimSpace(x.access) + "\x01\x01"), nil
}

// Next answers the server's reason for a refusal with nothing, after which it says no.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
