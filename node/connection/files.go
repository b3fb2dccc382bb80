package connection

import (
	"io"

	"referworks/bridges"
	"referworks/node/exchange"
)

// files are those that came along with an item, to be handed over with it.
func (s *Set) files(item *exchange.Item) (list []bridges.File, err error) {
	all, err := s.Desk.Files(item.Referral)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.Ours || f.Seq != item.Seq || f.State != exchange.FileHere {
			continue
		}
		list = append(list, bridges.File{ID: f.ID + " " + f.SHA256.String(), Name: f.Name, MediaType: f.MediaType, Size: f.Size, Open: func() (io.ReadCloser, error) {
			_, r, err := s.Desk.OpenFile(item.Referral, f.ID)
			return r, err
		}})
	}
	return list, nil
}
