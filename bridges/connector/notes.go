package connector

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"referworks/bridges"
)

// notes remember which steps of a push were done that can neither be looked up nor repeated.
type notes struct {
	c   *connection
	key string // of the push
}

// note is about one push.
type note struct {
	At    int64             `json:"at"` // unix seconds
	Begun string            `json:"begun,omitempty"`
	Done  map[string]string `json:"done,omitempty"` // step -> the id it made
}

// noteTime is how long a note is kept: longer than a delivery is tried by itself.
const noteTime = 7 * 24 * time.Hour

// noteLock guards the rows that several pushes share; there is one for all connections because it is held only while one
// small row is written.
var noteLock sync.Mutex

// load reads the row of the push: pushes are spread over 256 rows.
func (n *notes) load() (map[string]note, error) {
	b, err := n.c.cfg.State.Load(n.row())
	if err != nil {
		return nil, &bridges.Error{Class: bridges.Temporary, Sentence: "What was noted of earlier attempts cannot be read now. It is tried again.", Err: err}
	}
	all := map[string]note{}
	if len(b) > 0 && json.Unmarshal(b, &all) != nil {
		return nil, hold("What was noted of earlier attempts cannot be read. Look in %s whether the referral is there before you send it again.", n.c.preset.Title)
	}
	return all, nil
}

func (n *notes) row() string { return "pushes/" + n.key[:2] }

// change writes the note of the push down.
func (n *notes) change(ctx context.Context, f func(*note)) error {
	noteLock.Lock()
	defer noteLock.Unlock()
	all, err := n.load()
	if err != nil {
		return err
	}
	now := n.c.cfg.Now()
	for key, old := range all {
		if now.Sub(time.Unix(old.At, 0)) > noteTime {
			delete(all, key)
		}
	}
	mine := all[n.key]
	if mine.Done == nil {
		mine.Done = map[string]string{}
	}
	f(&mine)
	mine.At = now.Unix()
	all[n.key] = mine
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := n.c.cfg.State.Save(ctx, n.row(), b); err != nil {
		return &bridges.Error{Class: bridges.Temporary, Sentence: "The attempt could not be noted, so nothing was sent. It is tried again.", Err: err}
	}
	return nil
}

// begun tells whether an earlier attempt began something and did not see its end.
func (n *notes) begun() bool {
	all, err := n.load()
	return err == nil && all[n.key].Begun != ""
}

// once does what must not be done twice. unknown says that how the last attempt ended is not known: then only what is noted
// as not begun is done.
func (n *notes) once(ctx context.Context, step string, unknown bool, do func() (string, error)) (string, error) {
	all, err := n.load()
	if err != nil {
		return "", stay(err, unknown)
	}
	mine, noted := all[n.key]
	if id, done := mine.Done[step]; done {
		return id, nil
	}
	if unknown && (!noted || mine.Begun == step) {
		return "", hold("We do not know whether the referral arrived: the answer of %s got lost. Look there for the reference number, then send it again or mark it as done.", n.c.preset.Title)
	}
	if err := n.change(ctx, func(m *note) { m.Begun = step }); err != nil {
		return "", err
	}
	id, err := do()
	if err != nil {
		err = lost(err)
		var be *bridges.Error
		if errors.As(err, &be) && be.Class != bridges.Unknown && ctx.Err() == nil {
			return "", errors.Join(err, n.change(ctx, func(m *note) { m.Begun = "" }))
		}
		return "", err
	}
	// It is done there: what cannot be noted of it must not be done again.
	if err := n.change(context.WithoutCancel(ctx), func(m *note) { m.Begun, m.Done[step] = "", id }); err != nil {
		return "", &bridges.Error{Class: bridges.Unknown, Sentence: "The system took the referral, but that could not be noted here.", Err: err}
	}
	return id, nil
}

// brokeInside is an error of a system that broke while it worked: it may have taken what it got.
type brokeInside struct{ status int }

func (e *brokeInside) Error() string { return http.StatusText(e.status) }

// lost makes an error of the system itself an unknown state.
func lost(err error) error {
	var be *bridges.Error
	var inside *brokeInside
	if errors.As(err, &be) && errors.As(be.Err, &inside) {
		told := *be
		told.Class = bridges.Unknown
		told.Sentence = "The system answered with an error of its own. We do not know whether it took the referral."
		return &told
	}
	return err
}
