package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"referworks/internal/testnet"
	"referworks/node/audit"
	"referworks/node/store"
)

// watch opens an event stream; nil when it was refused with status.
func (w *world) watch(t *testing.T, key, query, origin string) (conn *websocket.Conn, status int) {
	t.Helper()
	head := http.Header{}
	if key != "" {
		head.Set("Authorization", "Bearer "+key)
	}
	if origin != "" {
		head.Set("Origin", origin)
	}
	conn, resp, err := websocket.DefaultDialer.Dial(strings.Replace(w.public.URL, "http", "ws", 1)+"/v1/events/stream"+query, head)
	if err != nil {
		if resp == nil {
			t.Fatal(err)
		}
		return nil, resp.StatusCode
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, resp.StatusCode
}

type seen struct {
	Seq  uint64
	Kind string
}

func next(t *testing.T, conn *websocket.Conn) seen {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(testnet.Patience)); err != nil {
		t.Fatal(err)
	}
	var e seen
	if err := conn.ReadJSON(&e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestStreamResumesBehindANumber(t *testing.T) {
	w := newWorld(t)
	var all struct{ Items []seen }
	w.must(t, w.public.URL, w.elmReferrals, "", "GET", "/v1/events?limit=1000", "", &all)
	if len(all.Items) < 5 {
		t.Fatalf("only %d events", len(all.Items))
	}
	conn, status := w.watch(t, w.elmReferrals, "", "")
	if conn == nil {
		t.Fatalf("refused: %d", status)
	}
	for _, want := range all.Items {
		if got := next(t, conn); got != want {
			t.Fatalf("the stream says %+v, the list %+v", got, want)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	last := all.Items[2]
	again, _ := w.watch(t, w.elmReferrals, fmt.Sprintf("?after=%d", last.Seq), "")
	for _, want := range all.Items[3:] {
		if got := next(t, again); got != want {
			t.Fatalf("resumed after %d the stream says %+v, want %+v", last.Seq, got, want)
		}
	}
	// What comes now arrives by itself, once and in order.
	at := all.Items[len(all.Items)-1].Seq
	w.wait(t)
	for {
		e := next(t, again)
		if e.Seq != at+1 {
			t.Fatalf("event %d comes after %d", e.Seq, at)
		}
		if at = e.Seq; e.Kind == "waiting.added" {
			break
		}
	}
}

func TestStreamIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		key, query, origin string
		want               int
	}{
		"no key":           {"", "", "", http.StatusUnauthorized},
		"revoked":          {w.revoked, "", "", http.StatusUnauthorized},
		"foreign origin":   {w.elmReferrals, "", "https://elsewhere.example", http.StatusForbidden},
		"foreign, no key":  {"", "", "https://elsewhere.example", http.StatusUnauthorized},
		"null origin":      {w.elmReferrals, "", "null", http.StatusForbidden},
		"nonsense":         {w.elmReferrals, "?after=-1", "", http.StatusUnprocessableEntity},
		"own origin works": {w.elmReferrals, "", w.public.URL, http.StatusSwitchingProtocols},
	} {
		if _, status := w.watch(t, c.key, c.query, c.origin); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	if status, _, _ := call(t, w.public.URL+"/v1/events/stream", "GET", w.elmReferrals, "", ""); status != http.StatusBadRequest {
		t.Errorf("without an upgrade: %d", status)
	}
}

// A number that no event has yet is from another log: waiting for what comes behind it would leave events out.
func TestStreamSaysThatANumberIsOfAnotherLog(t *testing.T) {
	w := newWorld(t)
	var all struct{ Items []seen }
	w.must(t, w.public.URL, w.elmReferrals, "", "GET", "/v1/events?limit=1000", "", &all)
	last := all.Items[len(all.Items)-1].Seq
	conn, status := w.watch(t, w.elmReferrals, "?after=18446744073709551615", "")
	if conn == nil {
		t.Fatalf("refused: %d", status)
	}
	if code := closing(t, conn); code != 4409 {
		t.Errorf("the stream ended with %d", code)
	}
	status, answer, _ := call(t, w.public.URL+fmt.Sprintf("/v1/events?wait=true&after=%d", last+1000), "GET", w.elmReferrals, "", "")
	if status != http.StatusConflict || !strings.Contains(string(answer), "Read from 0") {
		t.Errorf("the list answers %d: %s", status, answer)
	}
	// Whoever has everything waits as before.
	w.wait(t)
	again, _ := w.watch(t, w.elmReferrals, fmt.Sprintf("?after=%d", last), "")
	if e := next(t, again); e.Seq != last+1 {
		t.Errorf("event %d comes after %d", e.Seq, last)
	}
}

// closing reads until the stream ends and gives the code of its end.
func closing(t *testing.T, conn *websocket.Conn) int {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(testnet.Patience)); err != nil {
		t.Fatal(err)
	}
	for {
		_, _, err := conn.ReadMessage()
		var end *websocket.CloseError
		if errors.As(err, &end) {
			return end.Code
		}
		if err != nil {
			t.Fatalf("the stream broke off: %v", err)
		}
	}
}

func TestRevokedKeyEndsItsStreams(t *testing.T) {
	w := newWorld(t)
	id, key := w.key(t, w.b, "referrals")
	conn, _ := w.watch(t, key, "", "")
	other, _ := w.watch(t, w.elmReferrals, "", "")
	next(t, conn)
	w.must(t, w.control.URL, "", string(w.b), "DELETE", "/v1/apikeys/"+id, "", nil)
	if code := closing(t, conn); code != websocket.ClosePolicyViolation {
		t.Errorf("the stream ended with %d", code)
	}
	for next(t, other).Kind != "apikey.revoked" { // another key's stream goes on
		continue
	}
	w.server.Close()
	if code := closing(t, other); code != websocket.CloseGoingAway {
		t.Errorf("at the node's end the stream ended with %d", code)
	}
}

// A client that never reads is cut off; it keeps nothing alive here, and can resume.
func TestSlowReaderIsDropped(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a time-out: left out of -short")
	}
	w := newWorld(t)
	fill := strings.Repeat("s", 1000)
	for range 200 { // about 20 MB of events: more than the buffers between two sockets
		err := w.elm.Store().Update(t.Context(), func(tx *store.Tx) error {
			for range 100 {
				if _, err := audit.Record(tx, audit.Event{Kind: "test.filled", Actor: "test", Subject: fill}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	conn, _ := w.watch(t, w.elmReferrals, "", "")
	raw := conn.NetConn().(*net.TCPConn)
	if err := raw.SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	first := next(t, conn)
	began := time.Now()
	time.Sleep(11 * time.Second)                       // longer than the server waits for one write
	if err := raw.SetReadBuffer(1 << 20); err != nil { // what is on its way would else take minutes
		t.Fatal(err)
	}
	var last seen
	n := 0
	for {
		if err := conn.SetReadDeadline(time.Now().Add(testnet.Patience)); err != nil {
			t.Fatal(err)
		}
		_, b, err := conn.ReadMessage()
		if err != nil {
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				t.Fatal("the stream hangs instead of ending")
			}
			break
		}
		if err := json.Unmarshal(b, &last); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n >= 19_000 || last.Seq <= first.Seq {
		t.Fatalf("%d events came after %s of silence, up to %d: the reader was not dropped", n, time.Since(began).Round(time.Second), last.Seq)
	}
	again, _ := w.watch(t, w.elmReferrals, fmt.Sprintf("?after=%d", last.Seq), "")
	if e := next(t, again); e.Seq != last.Seq+1 {
		t.Errorf("resumed after %d with %d", last.Seq, e.Seq)
	}
}
