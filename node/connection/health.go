package connection

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"referworks/bridges"
	"referworks/node/store"
)

// Health is how the medium of a connection is.
type Health struct {
	Error   string `json:"error,omitempty"`   // what is wrong, in one sentence; empty while it works
	Since   int64  `json:"since,omitempty"`   // since when it is as it is, milliseconds UTC; 0: nothing is known
	Success int64  `json:"success,omitempty"` // when it last worked, milliseconds UTC
}

// healths are those of all connections that were looked at. The mutex guards what follows it.
type healths struct {
	mu    sync.Mutex
	byID  map[string]Health
	saved map[string]Health // as they are on the disk
}

// successEvery is how much older the last success on the disk may be than in memory.
const successEvery = 10 * time.Minute

func healthKey(id string) store.Key { return store.K("connection-health", id) }

// Health tells how the medium of a connection is; zero when it was not used yet.
func (s *Set) Health(id string) (Health, error) {
	s.healths.mu.Lock()
	defer s.healths.mu.Unlock()
	return s.health(id)
}

// health reads what is known; the caller holds the mutex.
func (s *Set) health(id string) (h Health, err error) {
	if h, ok := s.healths.byID[id]; ok {
		return h, nil
	}
	err = s.Org.View(func(tx *store.Tx) error {
		row, err := tx.Get(healthKey(id))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		return json.Unmarshal(row.Kept, &h)
	})
	if err != nil {
		return h, err
	}
	if s.healths.byID == nil {
		s.healths.byID, s.healths.saved = map[string]Health{}, map[string]Health{}
	}
	s.healths.byID[id], s.healths.saved[id] = h, h
	return h, nil
}

// setHealth writes down that a medium works, or why it does not. Nobody waits for it, and the disk hears of it when it
// is news.
func (s *Set) setHealth(id string, because error) {
	s.healths.mu.Lock()
	defer s.healths.mu.Unlock()
	h, err := s.health(id)
	if err != nil {
		s.Log.Warn("could not read how a connection is", "connection", id, "error", err)
		return
	}
	now, before := s.Now().UnixMilli(), h
	if because == nil {
		h.Error, h.Success = "", now
	} else {
		h.Error = sentence(because)
	}
	if h.Since == 0 || (h.Error == "") != (before.Error == "") {
		h.Since = now
	}
	s.healths.byID[id] = h
	saved := s.healths.saved[id]
	if h.Error == saved.Error && h.Since == saved.Since && h.Success-saved.Success < successEvery.Milliseconds() {
		return
	}
	s.healths.saved[id] = h
	s.Org.Later(func(tx *store.Tx) error { return putJSON(tx, healthKey(id), h) })
}

// resetHealth forgets what a medium said of a connection that has changed since; when it last worked stays.
func (s *Set) resetHealth(id string) {
	s.healths.mu.Lock()
	defer s.healths.mu.Unlock()
	h, err := s.health(id)
	if err != nil || h.Since == 0 {
		return
	}
	h = Health{Success: h.Success}
	s.healths.byID[id], s.healths.saved[id] = h, h
	s.Org.Later(func(tx *store.Tx) error { return putJSON(tx, healthKey(id), h) })
}

// healthAfter concludes from what became of one delivery how the medium is: what is wrong with a document says nothing.
func (s *Set) healthAfter(c *Connection, err error) {
	var be *bridges.Error
	switch {
	case err == nil:
		s.setHealth(c.ID, nil)
	case errors.As(err, &be) && be.Class != bridges.Permanent:
		s.setHealth(c.ID, be)
	}
}

// sentence makes an error of a medium fit for a screen: one line, of a length that can be read.
func sentence(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if r := []rune(text); len(r) > 500 {
		return string(r[:500]) + "…"
	}
	return text
}
