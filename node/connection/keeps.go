package connection

import (
	"fmt"
	"slices"

	"referworks/protocol"
)

// Keeps is what the organization's card says of its media, so that a partner can see before sending what its worker
// here will read: the fields that every medium in use puts into places of their own, and whether each shows the rest
// as text. Without a medium referrals are read in the built-in inbox, which shows all.
func (s *Set) Keeps() (*protocol.Keeps, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	var keeps *protocol.Keeps
	for _, c := range list {
		if c.Direction == In || c.Kind == KindInbox || c.Kind == KindAPI || c.Paused {
			continue
		}
		m, _, err := s.mapping(c.Mapping)
		if err != nil {
			return nil, fmt.Errorf("what connection %s keeps: %w", c.ID, err)
		}
		one := &protocol.Keeps{Fields: m.Kept(), Text: s.Kinds[c.Kind].Letters || m.Document().Unmapped.Out != ""}
		if keeps == nil {
			keeps = one
			continue
		}
		keeps.Text = keeps.Text && one.Text
		keeps.Fields = slices.DeleteFunc(keeps.Fields, func(f string) bool { return !slices.Contains(one.Fields, f) })
	}
	if keeps == nil {
		return &protocol.Keeps{Fields: []string{protocol.KeepsAll}}, nil
	}
	return keeps, nil
}
