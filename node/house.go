package node

import (
	"os"
	"path/filepath"

	"referworks/crypto"
)

// HouseFile writes the organization's house file: its chain, its card, and how to find each partner, sealed to a key in
// its root file. It is written again after each pairing and charter; offer it to be saved with the kit.
func (o *Organization) HouseFile() ([]byte, error) {
	o.mu.RLock()
	h := crypto.House{V: 1, Org: o.id, At: o.node.now().UnixMilli(), Chain: o.chain.Wire(), Card: o.card}
	recipient := o.about.House
	o.mu.RUnlock()
	for _, p := range o.book.List() {
		if p.Related() {
			h.Partners = append(h.Partners, crypto.HousePartner{
				Org: p.ID(), Name: p.Name(), Peer: p.Peer(), Addresses: p.Addresses(), Head: p.Chain().Mark(), Door: p.Door(),
			})
		}
	}
	return crypto.SealHouse(recipient, &h)
}

// writeHouse keeps the house file in the data folder, from where backups take it. What goes wrong is logged: the next
// pairing writes it again.
func (n *Node) writeHouse(o *Organization) {
	if n.cfg.Dir == "" {
		return
	}
	o.mu.RLock()
	recipient := o.about.House
	o.mu.RUnlock()
	if recipient == "" {
		return
	}
	err := func() error {
		b, err := o.HouseFile()
		if err != nil {
			return err
		}
		dir := filepath.Join(n.cfg.Dir, "house")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		f, err := os.CreateTemp(dir, "new-*")
		if err != nil {
			return err
		}
		_, err = f.Write(b)
		if err == nil {
			err = f.Sync()
		}
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err == nil {
			err = os.Rename(f.Name(), filepath.Join(dir, o.id.Short()+".txt"))
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
		return err
	}()
	if err != nil {
		n.log.Error("the house file was not written", "org", string(o.id), "error", err.Error())
	}
}
