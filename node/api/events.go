package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/websocket"

	"referworks/node/audit"
)

// Event is one change, in the order in which it was committed. It carries ids and words of this system only.
type event struct {
	Seq     uint64 `json:"seq"`
	At      int64  `json:"at" doc:"Milliseconds UTC."`
	Kind    string `json:"kind" doc:"For example referral.received."`
	Actor   string `json:"actor,omitempty"`
	Subject string `json:"subject,omitempty" doc:"What it is about: an id."`
}

type eventsInput struct {
	After uint64 `query:"after" doc:"Sequence number of the last event that you have; 0 for the beginning."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Wait  bool   `query:"wait" doc:"When there is nothing new, wait up to 20 seconds for it."`
}

func (s *Server) events() {
	add(s, http.MethodGet, "/v1/events", "list-events", "List events after a sequence number", func(ctx context.Context, c caller, in *eventsInput) (page[event], error) {
		if err := beyond(c, in.After); err != nil {
			return page[event]{}, err
		}
		if in.Wait {
			ctx, cancel := context.WithTimeout(ctx, waitLimit)
			defer cancel()
			_ = audit.Wait(ctx, c.org.Store(), in.After) // its end is no error: the answer is empty then
		}
		list, err := eventsAfter(c, in.After, in.Limit)
		out := page[event]{Items: list}
		if len(list) > 0 {
			out.Next = strconv.FormatUint(list[len(list)-1].Seq, 10)
		}
		return out, err
	})
	s.mux.HandleFunc("GET /v1/events/stream", s.stream)
}

// beyond refuses a number that no event has yet. Whoever has it read another log, from before a restore perhaps: waiting
// for what comes behind it would leave out, without a word, all that is written until then.
func beyond(c caller, after uint64) error {
	if after == 0 {
		return nil
	}
	list, err := audit.ListBack(c.org.Store(), 0, 1)
	if err != nil {
		return err
	}
	var last uint64
	if len(list) > 0 {
		last = list[0].Seq
	}
	if after > last {
		return &otherLog{last}
	}
	return nil
}

// otherLog says that a number is of another log.
type otherLog struct{ last uint64 }

// Error is short: the end of a stream has room for 123 bytes.
func (e *otherLog) Error() string {
	return fmt.Sprintf("The last event is %d, so your number is of another log (a restore?). Read from 0 and pass over what you know.", e.last)
}

func eventsAfter(c caller, after uint64, limit int) ([]event, error) {
	list, err := audit.List(c.org.Store(), after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]event, 0, len(list))
	for _, e := range list {
		out = append(out, event{Seq: e.Seq, At: e.At, Kind: e.Kind, Actor: e.Actor, Subject: e.Subject})
	}
	return out, nil
}

// Limits of an event stream.
const (
	pingEvery  = 30 * time.Second
	writeLimit = 10 * time.Second
	readLimit  = 4 << 10 // bytes of what a client may send
	waitLimit  = 20 * time.Second
)

// closeOtherLog is the code of a stream's end that says: your number is from another log, read again from 0.
const closeOtherLog = 4409

// upgrader refuses a browser page of another origin: CheckOrigin stays nil, which compares Origin with Host.
var upgrader = websocket.Upgrader{HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 4096}

// stream sends every event after ?after=N as one JSON text message each, then each new one as it is committed. A
// client that reads too slowly is cut off and resumes from the last number that it has.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	c, ok := s.streamCaller(r)
	if !ok {
		refuseStream(w, http.StatusUnauthorized, "Sign in first, or send an API key that is not revoked: Authorization: Bearer rw_live_…")
		return
	}
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil && r.URL.Query().Get("after") != "" {
		refuseStream(w, http.StatusUnprocessableEntity, "after must be the sequence number of an event.")
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer conn.Close()
	var ahead *otherLog
	if errors.As(beyond(c, after), &ahead) { // said here, because a browser sees no answer that comes before the stream
		sayClose(conn, closeOtherLog, ahead.Error())
		return
	}
	gone := make(chan struct{})
	go func() { // reads only to notice pongs and the end
		defer close(gone)
		conn.SetReadLimit(readLimit)
		alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(2*pingEvery + writeLimit)) }
		conn.SetPongHandler(alive)
		if alive("") != nil {
			return
		}
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	defer func() { conn.Close(); <-gone }()
	s.pump(conn, c, after, gone)
}

func (s *Server) pump(conn *websocket.Conn, c caller, after uint64, gone <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-gone:
		case <-s.ends:
		case <-ctx.Done():
		}
		cancel()
	}()
	for {
		list, err := eventsAfter(c, after, 100)
		if err != nil {
			return
		}
		if !s.stillOpen(c) {
			sayClose(conn, websocket.ClosePolicyViolation, "this API key was revoked, or the session has ended")
			return
		}
		for _, e := range list {
			b, err := json.Marshal(e)
			if err != nil || conn.SetWriteDeadline(time.Now().Add(writeLimit)) != nil || conn.WriteMessage(websocket.TextMessage, b) != nil {
				return
			}
			after = e.Seq
		}
		if len(list) > 0 {
			continue
		}
		wait, stop := context.WithTimeout(ctx, pingEvery)
		err = audit.Wait(wait, c.org.Store(), after)
		stop()
		switch {
		case ctx.Err() != nil:
			sayClose(conn, websocket.CloseGoingAway, "the node is stopping")
			return
		case err != nil && conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeLimit)) != nil:
			return
		}
	}
}

// sayClose tells why a stream ends, as far as the client still listens.
func sayClose(conn *websocket.Conn, code int, text string) {
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(writeLimit))
}

// refuseStream answers with a problem document, as operations do.
func refuseStream(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: sentence})
}

// streamCaller does for the stream what authorize does for operations.
func (s *Server) streamCaller(r *http.Request) (caller, bool) {
	c := callerOf(r.Context())
	if !c.socket {
		var err error
		if c, err = s.fromNetwork(r); err != nil {
			s.Log.Error("could not read a session", "error", err)
			return caller{}, false
		}
	}
	return c, c.org != nil && slices.Contains(c.may, ReadReferrals)
}

// stillOpen ends a stream whose key was revoked, or whose session or role has ended, while it was open.
func (s *Server) stillOpen(c caller) bool {
	switch {
	case c.socket:
		return true
	case c.keyed:
		_, ok := s.ring.find(c.text)
		return ok
	}
	return c.session.Alive()
}

func bearer(authorization string) string {
	const scheme = "Bearer "
	if len(authorization) < len(scheme) || authorization[:len(scheme)] != scheme {
		return ""
	}
	return authorization[len(scheme):]
}
