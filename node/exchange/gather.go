package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"referworks/crypto"
	"referworks/node/partner"
	"referworks/node/store"
	"referworks/protocol"
)

// Limits of what is gathered from one partner.
const (
	maxGathering  = 16 // messages whose files are awaited at a time
	maxPulling    = 2  // files under way at a time
	lastPullRetry = 30 * time.Second
	soonest       = time.Second // after which a message whose files are awaited is sent again
)

// gathering is the lane of a message that is not taken yet because its files are not all here. The files' rows and what
// came of them are under the case that the message will have.
type gathering struct {
	Partner  protocol.OrgID
	Referral protocol.ReferralID
	Seq      int64
	Content  protocol.Hash
	Expires  int64
	Opens    bool // the message opens the thread: the case is its own
	Taken    bool // the message came back after a restore, and is here
	Roots    []protocol.Hash

	held store.CaseID
}

const (
	gatherKind   = "files"
	gatherPrefix = "files:"
	gatherForm   = 1
)

func gatherLane(p protocol.OrgID, id protocol.ReferralID) store.LaneKey {
	return store.LaneKey{Kind: gatherKind, Dest: string(p), ID: string(id)}
}

func gatherQueue(p protocol.OrgID) string { return gatherPrefix + string(p) }

func (g *gathering) fields(c *coder) {
	text(c, &g.Partner)
	text(c, &g.Referral)
	c.number(&g.Seq)
	c.hash(&g.Content)
	c.number(&g.Expires)
	c.flag(&g.Opens)
	c.flag(&g.Taken)
	list(c, &g.Roots, func(c *coder, h *protocol.Hash) { c.hash(h) })
}

func (g *gathering) row() store.Row {
	return store.Row{Case: g.held, Kept: encode(gatherForm, 160+33*len(g.Roots), g.fields)}
}

func (g *gathering) key(root protocol.Hash) store.Key {
	return fileKey(g.Partner, g.Referral, theirs, root)
}

func readGathering(r store.Row) (*gathering, error) {
	g := &gathering{held: r.Case}
	if err := decode(r.Kept, gatherForm, g.fields); err != nil {
		return nil, fmt.Errorf("read gathering: %w", err)
	}
	return g, nil
}

// files are those that a message brings: listed with a root and a key.
func (a *arrival) files() (list []protocol.Attachment) {
	switch {
	case a.referral != nil:
		list = a.referral.Attachments
	case a.step != nil:
		list = a.step.Files
		if a.step.Referral != nil {
			list = append(list[:len(list):len(list)], a.step.Referral.Attachments...)
		}
	}
	var with []protocol.Attachment
	for _, f := range list {
		if f.Root.Given() && f.Key.Given() {
			with = append(with, f)
		}
	}
	return with
}

// gather sees to it that a message is taken only when all its files are on our disk. nil: they are, or there are none, or
// the message is not the next one, which accept finds out. Otherwise a *protocol.Error: pending, or why it is refused.
func (d *Desk) gather(ctx context.Context, a *arrival) error {
	list := a.files()
	if len(list) == 0 {
		return nil
	}
	m := a.manifest
	var g *gathering
	var states []*file
	next := true
	err := d.org.View(func(tx *store.Tx) error {
		t, stored, err := d.earlier(tx, a)
		if err != nil || stored != nil {
			next = false
			return nil
		}
		if t != nil && t.erased {
			next = false // nothing about the person is kept any more
			return nil
		}
		row, _, err := tx.Lane(gatherLane(m.From, m.Referral))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if g, err = readGathering(row); err != nil {
			return err
		}
		for _, root := range g.Roots {
			row, err := tx.Get(g.key(root))
			if err != nil {
				return err
			}
			f, err := readFile(row)
			if err != nil {
				return err
			}
			states = append(states, f)
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("look for files: %w", err)
	case !next:
		return nil
	case g == nil || g.Content != a.content:
		if err := d.org.Update(ctx, func(tx *store.Tx) error { return d.expect(tx, a, list) }); err != nil {
			return err
		}
		signal(d.outbox)
		return d.pending(nil)
	}
	coming := false
	for _, f := range states {
		switch f.State {
		case FileBroken:
			return &protocol.Error{Code: protocol.CodeFile}
		case FileComing:
			coming = true
		}
	}
	if coming {
		d.org.Wake(gatherQueue(m.From))
		signal(d.outbox)
		return d.pending(states)
	}
	return nil
}

// pending asks the sender to come again: about when the rest should be here.
func (d *Desk) pending(states []*file) error {
	left := int64(0)
	for _, f := range states {
		left += f.Size - int64(len(f.Blobs))*protocol.MaxChunk
	}
	wait := min(max(time.Duration(left>>20)*time.Second, soonest), lastPullRetry)
	return &protocol.Error{Code: protocol.CodePending, RetryAt: d.now().Add(wait)}
}

// expect begins to gather a message's files, after the rules were asked: nothing is pulled that could not be taken.
func (d *Desk) expect(tx *store.Tx, a *arrival, list []protocol.Attachment) error {
	m, now := a.manifest, d.now()
	pair, err := d.book.Pair(tx, m.From)
	if err != nil || pair.MayAnswer() != nil {
		return &protocol.Error{Code: protocol.CodeRefused, Cause: err}
	}
	move := partner.Move{Terms: m.Terms}
	if a.referral != nil {
		move = openerOf(a.referral, m.Terms)
	} else {
		addFiles(&move, list)
	}
	if err := pair.MayReceive(move, now); err != nil && !d.off.standing {
		return err
	}
	key := gatherLane(m.From, m.Referral)
	waiting := 0
	for it, err := range tx.ScanLanes(gatherKind, string(m.From), store.LaneKey{}) {
		if err != nil {
			return err
		}
		if it.Key == key {
			if old, err := readGathering(it.Row); err != nil || old.Taken { // those come first
				return errors.Join(err, &protocol.Error{Code: protocol.CodeBusy, RetryAt: now.Add(soonest)})
			}
			// another message under the same number was refused or withdrawn before
			if err := d.forget(tx, it.Key, it.Row); err != nil {
				return err
			}
			continue
		}
		waiting++
	}
	if waiting >= maxGathering {
		return &protocol.Error{Code: protocol.CodeRate, RetryAt: now.Add(lastPullRetry)}
	}
	g := &gathering{Partner: m.From, Referral: m.Referral, Seq: m.Seq, Content: a.content, Expires: m.Expires, Opens: a.referral != nil}
	if g.Opens {
		g.held, err = tx.NewCase()
	} else {
		var t *thread
		if t, _, err = d.earlier(tx, a); err == nil {
			g.held = t.held
		}
	}
	if err != nil {
		return err
	}
	return d.await(tx, g, list)
}

// await writes what is to be pulled.
func (d *Desk) await(tx *store.Tx, g *gathering, list []protocol.Attachment) error {
	all, err := filesOf(tx, g.Partner, g.Referral)
	if err != nil {
		return err
	}
	total, count := int64(0), len(all)
	for _, f := range all {
		total += f.Size
	}
	for i := range list {
		f, root, err := fileOf(&list[i], g.Seq, d.now())
		if err != nil {
			return err
		}
		if known, err := tx.Has(g.key(root)); err != nil || known { // of an earlier version of the referral
			if err != nil {
				return err
			}
			continue
		}
		total, count = total+f.Size, count+1
		g.Roots = append(g.Roots, root)
		if err := tx.Put(g.key(root), f.row(g.held)); err != nil {
			return err
		}
	}
	if total > protocol.MaxFilesBytes || count > protocol.MaxFiles {
		return &protocol.Error{Code: protocol.CodeTooLarge}
	}
	return tx.PutLane(gatherLane(g.Partner, g.Referral), g.row(), store.Due{At: d.now(), Queue: gatherQueue(g.Partner)})
}

// awaitAgain has the files of a message pulled that came back after a restore. Our own are not asked for: the partner that
// gave its receipt has them.
func (d *Desk) awaitAgain(tx *store.Tx, b *back, c store.CaseID) error {
	a := &arrival{referral: b.referral}
	if b.by == ours || b.parts.open {
		return nil
	}
	if a.referral == nil {
		a.step = new(protocol.Step)
		if err := crypto.Unmarshal(b.parts.body, a.step); err != nil {
			return err
		}
	}
	list := a.files()
	if len(list) == 0 {
		return nil
	}
	m := b.manifest
	g := &gathering{Partner: m.From, Referral: m.Referral, Seq: m.Seq, Content: b.parts.content, Expires: m.Expires, Taken: true, held: c}
	row, _, err := tx.Lane(gatherLane(m.From, m.Referral))
	if err == nil {
		if g, err = readGathering(row); err == nil && !g.Taken {
			return errLost // the partner comes again
		}
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return d.await(tx, g, list)
}

// fileOf reads an announced file.
func fileOf(a *protocol.Attachment, seq int64, now time.Time) (*file, protocol.Hash, error) {
	f := &file{Seq: seq, State: FileComing, Since: now.UnixMilli()}
	var root protocol.Hash
	var ok bool
	for to, from := range map[*protocol.Hash]protocol.Digest{&root: a.Root, &f.Key: a.Key, &f.SHA256: a.SHA256} {
		if to.UnmarshalText([]byte(from.Text())) != nil {
			return nil, root, &protocol.Error{Code: protocol.CodeSchema}
		}
	}
	if f.Size, ok = a.Size.Int(); !ok || f.Size < 0 || f.Size > protocol.MaxFile {
		return nil, root, &protocol.Error{Code: protocol.CodeTooLarge}
	}
	f.ID, f.Name, f.MediaType = a.ID.Text(), FileName(a.Name.Text()), a.MediaType.Text()
	return f, root, nil
}

// forget drops what was gathered for a message that was not taken.
func (d *Desk) forget(tx *store.Tx, key store.LaneKey, row store.Row) error {
	g, err := readGathering(row)
	if err != nil {
		return err
	}
	for _, root := range g.Roots {
		r, err := tx.Get(g.key(root))
		if err != nil {
			return err
		}
		f, err := readFile(r)
		if err != nil {
			return err
		}
		for _, b := range f.Blobs {
			if err := tx.DropBlob(b); err != nil {
				return err
			}
		}
		if err := tx.Delete(g.key(root)); err != nil {
			return err
		}
	}
	if g.Opens && !row.Erased {
		if err := tx.Erase(g.held); err != nil {
			return err
		}
	}
	return tx.DeleteLane(key)
}

// gathered ends the lane of a message that is being taken, and gives the case that its files are under; zero when it
// brought none.
func gathered(tx *store.Tx, a *arrival) (c store.CaseID, err error) {
	if len(a.files()) == 0 {
		return c, nil
	}
	key := gatherLane(a.manifest.From, a.manifest.Referral)
	row, _, err := tx.Lane(key)
	if errors.Is(err, store.ErrNotFound) {
		return c, nil // nothing of it is kept
	} else if err != nil {
		return c, err
	}
	g, err := readGathering(row)
	if err != nil {
		return c, err
	}
	if g.Content != a.content {
		return c, errChanged
	}
	return g.held, tx.DeleteLane(key)
}

// collect claims what is to be pulled from a partner and pulls it.
func (d *Desk) collect(ctx context.Context, queue string, now time.Time, under interface{ Go(func()) }) {
	id := protocol.OrgID(strings.TrimPrefix(queue, gatherPrefix))
	d.mu.Lock()
	room := maxPulling - d.dest(id).pulling
	d.mu.Unlock()
	if room <= 0 {
		return
	}
	for _, c := range d.org.Claim(queue, now, room, lease) {
		d.mu.Lock()
		d.dest(id).pulling++
		d.mu.Unlock()
		under.Go(func() {
			d.pullAll(ctx, id, c)
			d.mu.Lock()
			d.dest(id).pulling--
			d.mu.Unlock()
			signal(d.outbox)
		})
	}
}

// pullAll pulls what is missing of one message's files.
func (d *Desk) pullAll(ctx context.Context, from protocol.OrgID, c store.Claim) {
	g, err := readGathering(c.Row)
	if err != nil {
		d.log.Error("could not read what is to be pulled", "partner", string(from), "error", err)
		d.org.Release(c.Token, store.Due{At: d.now().Add(lastRetry), Queue: gatherQueue(from)})
		return
	}
	if d.now().After(time.UnixMilli(g.Expires).Add(clockGrace)) && !g.Taken || c.Row.Erased {
		err := d.org.UpdateAlways(ctx, func(tx *store.Tx) error { return d.forget(tx, c.Key, c.Row) })
		if err == nil {
			return
		}
	}
	for _, root := range g.Roots {
		if err = d.pullFile(ctx, g, root); err != nil {
			break
		}
	}
	d.mu.Lock()
	t := d.dest(from)
	if t.pullFailures++; err == nil {
		t.pullFailures = 0
	}
	failures := t.pullFailures
	d.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		d.org.Release(c.Token)
	case err != nil:
		d.log.Debug("could not pull a file", "partner", string(from), "error", err)
		d.org.Release(c.Token, store.Due{At: d.now().Add(min(backoff(failures), lastPullRetry)), Queue: gatherQueue(from)})
	case g.Taken:
		_ = d.org.UpdateAlways(ctx, func(tx *store.Tx) error { return tx.SettleDelete(c.Token) })
	default: // the sender comes again, until then
		d.org.Release(c.Token, store.Due{At: time.UnixMilli(g.Expires).Add(2 * clockGrace), Queue: gatherQueue(from)})
	}
}

// errBroken is a file that is not what was announced.
var errBroken = errors.New("the file is not what was announced")

// pullFile pulls one file to its end and inspects it. nil: its state is final.
func (d *Desk) pullFile(ctx context.Context, g *gathering, root protocol.Hash) error {
	for {
		f, err := d.incoming(g, root)
		if err != nil || f.State != FileComing {
			return err
		}
		if int64(len(f.Blobs)) == crypto.Chunks(f.Size) {
			return d.conclude(ctx, g, root, f)
		}
		err = d.pullSome(ctx, g, root, f)
		var no *protocol.Error
		if errors.Is(err, errBroken) || errors.As(err, &no) && no.Code == protocol.CodeFile {
			return d.settleFile(ctx, g, root, FileBroken)
		}
		if err != nil {
			return err
		}
	}
}

func (d *Desk) incoming(g *gathering, root protocol.Hash) (f *file, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		row, err := tx.Get(g.key(root))
		if err != nil {
			return err
		}
		if row.Erased {
			return store.ErrErased
		}
		f, err = readFile(row)
		return err
	})
	return f, err
}

// pullSome asks for the next chunks. What came before the link broke stays.
func (d *Desk) pullSome(ctx context.Context, g *gathering, root protocol.Hash, f *file) error {
	pair, ok := d.book.Current(g.Partner)
	if !ok || pair.MayAnswer() != nil {
		return errors.New("there is no partnership any more")
	}
	sealer, n := crypto.NewFileSealer(f.Key), crypto.Chunks(f.Size)
	var got []store.BlobID
	ask := protocol.ChunksAsk{
		V: protocol.Version, From: d.self.OrgID(), To: g.Partner, Referral: g.Referral, Root: root, First: int64(len(f.Blobs)), Most: protocol.MaxChunks,
	}
	failed := d.network.Chunks(ctx, pair.Peer(), ask, func(c protocol.Chunk) error {
		at := ask.First + int64(len(got))
		if c.Index != at || at >= n {
			return errors.New("the partner gave another chunk than was asked for")
		}
		if err := crypto.CheckChunk(root, c.Index, n, c.Path, c.Sealed); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		plain, err := sealer.Open(nil, c.Index, at == n-1, c.Sealed)
		if err != nil || int64(len(plain)) != min(f.Size-at*protocol.MaxChunk, protocol.MaxChunk) {
			return errBroken
		}
		id, _, err := d.org.PutBlob(ctx, bytes.NewReader(plain))
		if err == nil {
			got = append(got, id)
		}
		return err
	})
	if len(got) > 0 {
		err := d.org.UpdateAlways(context.WithoutCancel(ctx), func(tx *store.Tx) error {
			row, err := tx.Get(g.key(root))
			if err != nil {
				return err
			}
			now, err := readFile(row)
			if err != nil || now.erased {
				return errors.Join(err, store.ErrErased)
			}
			if len(now.Blobs) != int(ask.First) {
				return errChanged
			}
			for _, id := range got {
				if err := tx.NameBlob(id, now.held); err != nil {
					return err
				}
			}
			now.Blobs = append(now.Blobs, got...)
			return tx.Put(g.key(root), now.row(now.held))
		})
		if err != nil {
			return err
		}
	}
	if failed == nil && len(got) == 0 {
		return errors.New("the partner gave no chunk")
	}
	return failed
}

// conclude holds a whole file against what was announced and has it inspected.
func (d *Desk) conclude(ctx context.Context, g *gathering, root protocol.Hash, f *file) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, d.openContent(&f.content, f.Size)); err != nil {
		return err
	}
	if protocol.Hash(sum.Sum(nil)) != f.SHA256 {
		return d.settleFile(ctx, g, root, FileBroken)
	}
	state, err := d.inspect(ctx, f)
	if err != nil {
		return err
	}
	return d.settleFile(ctx, g, root, state)
}

// settleFile writes the final state of a file; only one that is here keeps its content.
func (d *Desk) settleFile(ctx context.Context, g *gathering, root protocol.Hash, state FileState) error {
	return d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
		row, err := tx.Get(g.key(root))
		if err != nil {
			return err
		}
		f, err := readFile(row)
		if err != nil || f.erased {
			return err
		}
		if f.State = state; state != FileHere {
			for _, id := range f.Blobs {
				if err := tx.DropBlob(id); err != nil {
					return err
				}
			}
			f.Blobs = nil
		}
		return tx.Put(g.key(root), f.row(f.held))
	})
}
