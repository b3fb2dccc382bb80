package exchange

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"referworks/crypto"
	"referworks/node/store"
	"referworks/protocol"
)

// uploadKept is how long an upload waits for the document that takes it along.
const uploadKept = 7 * 24 * time.Hour

// maxUploads is how many uploads may wait.
const maxUploads = 200

func uploadKey(id string) store.Key { return store.K("upload", id) }

// keptUploadKey marks an upload that goes along with something that waits for a person: it waits as long.
func keptUploadKey(id string) store.Key { return store.K("upload-kept", id) }

// KeepUploads lets uploads wait for as long as what they go along with, in the transaction that stores it.
func (d *Desk) KeepUploads(tx *store.Tx, ids []string) error {
	for _, id := range ids {
		if err := tx.Put(keptUploadKey(id), store.Row{}); err != nil {
			return err
		}
	}
	return nil
}

// DropUploads destroys uploads that went along with something that was given up. What is gone already is no error.
func (d *Desk) DropUploads(tx *store.Tx, ids []string) error {
	for _, id := range ids {
		if err := tx.Delete(keptUploadKey(id)); err != nil {
			return err
		}
		f, err := readUpload(tx, id)
		if errors.Is(err, ErrNoFile) {
			continue
		} else if err != nil {
			return err
		}
		if err := errors.Join(tx.Erase(f.held), tx.Delete(uploadKey(id))); err != nil {
			return err
		}
	}
	return nil
}

// OpenUpload gives an upload and its content. ErrNoFile. The caller closes it.
func (d *Desk) OpenUpload(id string) (File, io.ReadSeekCloser, error) {
	var f *file
	err := d.org.View(func(tx *store.Tx) (err error) {
		f, err = readUpload(tx, id)
		return err
	})
	if err != nil {
		return File{}, nil, err
	}
	return f.view(ours), d.openContent(&f.content, f.Size), nil
}

// Upload keeps a file until a document or a message takes it along, at most seven days. nil means on our disk. name is
// cut down to what may stand in a file's name; mediaType is as it was declared, and is held against the content. Errors
// that say what to do are a *protocol.Error.
func (d *Desk) Upload(ctx context.Context, name, mediaType string, r io.Reader) (File, error) {
	f := &file{State: FileHere, Since: d.now().UnixMilli()}
	f.ID, f.Name = newFileID(), FileName(name)
	sum := sha256.New()
	chunk := make([]byte, protocol.MaxChunk)
	for done := false; !done; {
		n, err := io.ReadFull(r, chunk)
		done = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !done {
			return File{}, fmt.Errorf("read upload: %w", err)
		}
		if n == 0 && len(f.Blobs) > 0 {
			break
		}
		if len(f.Blobs) == 0 {
			if f.MediaType, err = mediaTypeOf(mediaType, f.Name, chunk[:n]); err != nil {
				return File{}, err
			}
		}
		if f.Size += int64(n); f.Size > protocol.MaxFile {
			return File{}, protocol.Errorf(protocol.CodeTooLarge, "The file is larger than the %d MB that are allowed. Make it smaller, or send it in parts.", protocol.MaxFile>>20)
		}
		sum.Write(chunk[:n])
		id, _, err := d.org.PutBlob(ctx, bytes.NewReader(chunk[:n]))
		if err != nil {
			return File{}, fmt.Errorf("keep upload: %w", err)
		}
		f.Blobs = append(f.Blobs, id)
	}
	f.SHA256 = protocol.Hash(sum.Sum(nil))
	err := d.org.Update(ctx, func(tx *store.Tx) error {
		if err := d.sweepUploads(tx); err != nil {
			return err
		}
		c, err := tx.NewCase()
		if err != nil {
			return err
		}
		for _, id := range f.Blobs {
			if err := tx.NameBlob(id, c); err != nil {
				return err
			}
		}
		return tx.Put(uploadKey(f.ID), f.row(c))
	})
	if err != nil {
		return File{}, fmt.Errorf("keep upload: %w", err)
	}
	return f.view(ours), nil
}

// sweepUploads destroys what nothing took along in time.
func (d *Desk) sweepUploads(tx *store.Tx) error {
	waiting := 0
	for it, err := range tx.Scan(store.K("upload"), store.Key{}) {
		if err != nil {
			return err
		}
		f, err := readFile(it.Row)
		if err != nil {
			return err
		}
		if kept, err := tx.Has(keptUploadKey(it.Key.At(1))); err != nil {
			return err
		} else if kept && !f.erased {
			continue
		}
		if f.erased || d.now().Sub(time.UnixMilli(f.Since)) > uploadKept {
			if err := errors.Join(tx.Erase(f.held), tx.Delete(it.Key)); err != nil {
				return err
			}
			continue
		}
		waiting++
	}
	if waiting >= maxUploads {
		return protocol.Errorf(protocol.CodeQuota, "%d uploaded files wait to be sent, and no more may. Send or delete some of them.", maxUploads)
	}
	return nil
}

// Uploads lists what was uploaded and not yet taken along, in no order.
func (d *Desk) Uploads() (list []File, err error) {
	err = d.org.View(func(tx *store.Tx) error {
		for it, err := range tx.Scan(store.K("upload"), store.Key{}) {
			if err != nil {
				return err
			}
			f, err := readFile(it.Row)
			if err != nil {
				return err
			}
			if !f.erased {
				list = append(list, f.view(ours))
			}
		}
		return nil
	})
	return list, err
}

// DropUpload destroys an upload that nothing took along. ErrNoFile.
func (d *Desk) DropUpload(ctx context.Context, id string) error {
	return d.org.UpdateAlways(ctx, func(tx *store.Tx) error {
		f, err := readUpload(tx, id)
		if err != nil {
			return err
		}
		return errors.Join(tx.Erase(f.held), tx.Delete(uploadKey(id)))
	})
}

func readUpload(tx *store.Tx, id string) (*file, error) {
	row, err := tx.Get(uploadKey(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && row.Erased {
		return nil, fmt.Errorf("%w: it was never uploaded, was sent before, or waited longer than seven days; upload it again", ErrNoFile)
	} else if err != nil {
		return nil, err
	}
	return readFile(row)
}

// uploads reads the files that a document takes along.
func (d *Desk) uploads(ids []string) (list []*file, err error) {
	if len(ids) > protocol.MaxFiles {
		return nil, protocol.Errorf(protocol.CodeTooLarge, "A message may have %d files.", protocol.MaxFiles)
	}
	err = d.org.View(func(tx *store.Tx) error {
		for _, id := range ids {
			f, err := readUpload(tx, id)
			if err != nil {
				return err
			}
			list = append(list, f)
		}
		return nil
	})
	return list, err
}

// attachAll attaches to every referral of a document what it lists.
func (d *Desk) attachAll(out *Outgoing) (err error) {
	if out.uploads, err = d.attach(out); err != nil {
		return err
	}
	out.Also = slices.Clone(out.Also)
	for i := range out.Also {
		one := Outgoing{Referral: out.Also[i].Referral, Files: out.Files}
		files, err := d.attach(&one)
		if err != nil {
			return err
		}
		out.Also[i].Referral = one.Referral
		for _, f := range files {
			if !slices.ContainsFunc(out.uploads, func(g *file) bool { return g.ID == f.ID }) {
				out.uploads = append(out.uploads, f)
			}
		}
	}
	return nil
}

// attach puts the uploads that a document takes along into its list of files: those that it names by their id, and out's.
// What else it lists travels as a name without a content, or, when it is among those before, is there already. Nothing but
// a node sets root and key.
func (d *Desk) attach(out *Outgoing, before ...protocol.Attachment) ([]*file, error) {
	ids := append([]string(nil), out.Files...)
	r := out.Referral
	for i := range r.Attachments {
		id := r.Attachments[i].ID.Text()
		sent := slices.ContainsFunc(before, func(a protocol.Attachment) bool { return a.ID.Text() == id })
		if strings.HasPrefix(id, fileIDPrefix) && !sent && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && len(r.Attachments) == 0 {
		return nil, nil
	}
	list, err := d.uploads(ids)
	if err != nil {
		return nil, err
	}
	r = r.Clone()
	for i := range r.Attachments {
		r.Attachments[i].Root, r.Attachments[i].Key = protocol.Digest{}, protocol.Digest{}
	}
	for _, f := range list {
		at := -1
		for i := range r.Attachments {
			if r.Attachments[i].ID.Text() == f.ID {
				at = i
			}
		}
		if at < 0 {
			at = len(r.Attachments)
			r.Attachments = append(r.Attachments, protocol.Attachment{})
		}
		f.describe(&r.Attachments[at])
	}
	out.Referral = r
	return list, nil
}

// describe fills what the node knows of a file.
func (f *file) describe(a *protocol.Attachment) {
	a.ID = protocol.Of[protocol.Token](f.ID)
	if !a.Name.Given() {
		a.Name = protocol.Of[protocol.Text](f.Name)
	}
	a.MediaType = protocol.Of[protocol.Text](f.MediaType)
	a.Size = protocol.IntegerOf(f.Size)
	a.SHA256 = protocol.Of[protocol.Digest](f.SHA256.String())
}

// lock gives each upload that the list names a key and a root of its own for one recipient, and the rows to be stored
// when the message is; seq is the message's number, 0 when it has none yet.
func (d *Desk) lock(list []protocol.Attachment, uploads []*file, seq int64) (rows []*file, err error) {
	for i := range list {
		a := &list[i]
		for _, up := range uploads {
			if up.ID != a.ID.Text() {
				continue
			}
			f := &file{Seq: seq, State: FileHere, Size: up.Size, Since: d.now().UnixMilli(), content: up.content, Key: crypto.NewFileKey()}
			f.Name = a.Name.Text()
			if f.Leaves, err = d.leaves(f); err != nil {
				return nil, err
			}
			a.Root = protocol.Of[protocol.Digest](crypto.FileRoot(f.Leaves).String())
			a.Key = protocol.Of[protocol.Digest](f.Key.String())
			rows = append(rows, f)
		}
	}
	return rows, nil
}

// leaves seals each chunk of a file to see what its tree comes to.
func (d *Desk) leaves(f *file) ([]protocol.Hash, error) {
	sealer, n := crypto.NewFileSealer(f.Key), crypto.Chunks(f.Size)
	leaves := make([]protocol.Hash, 0, n)
	var sealed []byte
	for i := range n {
		plain, err := d.readChunk(&f.content, i)
		if err != nil {
			return nil, err
		}
		sealed = sealer.Seal(sealed[:0], i, i == n-1, plain)
		leaves = append(leaves, crypto.ChunkLeaf(sealed))
	}
	return leaves, nil
}

// keepFiles stores the rows of a message's files under its case, and moves what was uploaded for it there.
func keepFiles(tx *store.Tx, c store.CaseID, p protocol.OrgID, id protocol.ReferralID, rows []*file) error {
	for _, f := range rows {
		if err := tx.Put(fileKey(p, id, ours, crypto.FileRoot(f.Leaves)), f.row(c)); err != nil {
			return err
		}
	}
	return nil
}

// useUploads puts uploads under the case of the document that took them along. Each serves once.
func useUploads(tx *store.Tx, c store.CaseID, uploads []*file) error {
	for _, f := range uploads {
		if _, err := readUpload(tx, f.ID); err != nil {
			return err
		}
		for _, b := range f.Blobs {
			if err := tx.MoveBlob(b, c); err != nil {
				return err
			}
		}
		if err := errors.Join(tx.Delete(uploadKey(f.ID)), tx.Delete(keptUploadKey(f.ID))); err != nil {
			return err
		}
	}
	return nil
}

// fileIDPrefix begins the id of every upload, so that an id of somebody's own is never taken for one.
const fileIDPrefix = "rwf-"

func newFileID() string { return fileIDPrefix + strings.ToLower(rand.Text()) }

// FileName cuts a name down to what may stand as a file's name on any system: its last part, without signs that steer a
// screen or a shell, at most 200 characters.
func FileName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == 0xFEFF, strings.ContainsRune(`<>:"|?*`, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if r := []rune(name); len(r) > 200 {
		name = string(r[:150]) + string(r[len(r)-50:])
	}
	if name == "" || reserved[strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))] {
		return "document" + path.Ext(name)
	}
	return name
}

// reserved are names that Windows keeps for devices.
var reserved = map[string]bool{
	"con": true, "prn": true, "aux": true, "nul": true, "com1": true, "com2": true, "com3": true, "com4": true, "com5": true, "com6": true,
	"com7": true, "com8": true, "com9": true, "lpt1": true, "lpt2": true, "lpt3": true, "lpt4": true, "lpt5": true, "lpt6": true,
	"lpt7": true, "lpt8": true, "lpt9": true,
}
