package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"referworks/crypto"
	"referworks/node/api"
	"referworks/node/store"
)

// kitMark is what is known of one file of a recovery kit: of the epoch of the charter that it goes with, so that what
// was known of an earlier kit counts no more after a recovery.
type kitMark struct {
	Epoch int64 `json:"epoch"`
	api.KitMark
}

// Kit tells what is known of the files of the kit in force.
func (o *Organization) Kit() []api.KitMark {
	epoch := o.Charter().Epoch
	o.mu.RLock()
	defer o.mu.RUnlock()
	known := []api.KitMark{}
	for _, m := range o.about.Kit {
		if m.Epoch == epoch {
			known = append(known, m.KitMark)
		}
	}
	return known
}

// KeepKit notes that a person kept both files; nil means durable.
func (o *Organization) KeepKit(ctx context.Context, actor string) error {
	at := o.node.now().UnixMilli()
	return o.markKit(ctx, actor, api.KitMark{File: string(crypto.RootFile), At: at, By: actor}, api.KitMark{File: string(crypto.NextFile), At: at, By: actor})
}

// CheckKit opens a file with its passphrase, sees that it is of the kit in force, and notes it. Nothing of the file
// stays. *api.Amiss says what is wrong with it.
func (o *Organization) CheckKit(ctx context.Context, actor string, file []byte, passphrase string) (api.KitMark, error) {
	r, err := crypto.OpenRecovery(file, passphrase)
	if errors.Is(err, crypto.ErrPassphrase) {
		return api.KitMark{}, &api.Amiss{At: "passphrase", Sentence: "These words do not open this file. Check each word, and that they are the words of this file and not of the other."}
	}
	if err != nil {
		return api.KitMark{}, &api.Amiss{At: "file", Sentence: "This is no recovery file, or it is damaged. Choose the file as it was saved; when it is damaged, use the other copy."}
	}
	key, err := r.SigningKey()
	if err != nil {
		return api.KitMark{}, fmt.Errorf("check recovery file: %w", err)
	}
	head := o.Chain().Head()
	fits := r.Kind == crypto.RootFile && key.Public().Equal(head.Root) || r.Kind == crypto.NextFile && crypto.KeyID(key.Public()) == head.Next
	switch {
	case r.Org != o.id:
		return api.KitMark{}, &api.Amiss{At: "file", Sentence: "This file belongs to another organization."}
	case !fits:
		return api.KitMark{}, &api.Amiss{At: "file", Sentence: "This file is of an earlier kit and opens nothing any more. Choose the one that was made last, and destroy this one."}
	}
	m := api.KitMark{File: string(r.Kind), At: o.node.now().UnixMilli(), By: actor, Checked: true}
	return m, o.markKit(ctx, actor, m)
}

// markKit keeps the newest mark of each file of the kit in force.
func (o *Organization) markKit(ctx context.Context, actor string, marks ...api.KitMark) error {
	o.change.Lock()
	defer o.change.Unlock()
	epoch := o.Charter().Epoch
	next, err := o.put(ctx, func(a *about) {
		kit := slices.Clone(a.Kit)
		for _, m := range marks {
			kit = slices.DeleteFunc(kit, func(old kitMark) bool { return old.Epoch != epoch || old.File == m.File })
			kit = append(kit, kitMark{epoch, m})
		}
		a.Kit = kit
	}, func(tx *store.Tx) error { return o.note(tx, actor, "organization.kit-kept", marks[0].File) })
	if err != nil {
		return fmt.Errorf("note that the recovery files are kept: %w", err)
	}
	o.mu.Lock()
	o.about = next
	o.mu.Unlock()
	return nil
}
