package connection_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/node/connection"
)

// What is pushed to a connection goes to its bridge; everybody else meets nothing.
func TestReceiver(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{}
		h := &hub{}
		a, b := sender(t, h)
		kinds := h.kinds()
		kinds["medium"] = m.kind("medium")
		a.open(kinds)
		a.publish("intake", "court-help-center")
		must(t, a.set.Put(out("sink"), nil, "test"))
		must(t, a.set.Put(connection.Connection{ID: "box", Name: "box", Kind: connection.KindInbox, Direction: connection.Out}, nil, "test"))
		push := func(id, path, body string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			a.set.Serve(w, httptest.NewRequest("POST", path, strings.NewReader(body)), id)
			return w
		}
		where := "/m-1?to=" + string(b.OrgID())
		first := push("hub", where, string(matter(t)))
		if first.Code != http.StatusOK || first.Body.Len() == 0 {
			t.Fatalf("%d %s", first.Code, first.Body)
		}
		if again := push("hub", where, string(matter(t))); again.Body.String() != first.Body.String() || len(threads(t, a)) != 1 {
			t.Errorf("the same again: %s, %d referrals", again.Body, len(threads(t, a)))
		}
		for _, id := range []string{"none", "sink", "box", ""} {
			if w := push(id, where, "x"); w.Code != http.StatusNotFound {
				t.Errorf("%q answers %d", id, w.Code)
			}
		}
		if w := push("hub", "/defect", "x"); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "Zebulona") {
			t.Errorf("a defect: %d %s", w.Code, w.Body)
		}
		if w := push("hub", "/large", strings.Repeat("x", connection.MaxReceived+1)); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("too large: %d", w.Code)
		}
		must(t, a.set.Pause("hub", true, "test"))
		if w := push("hub", where, "x"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("while paused: %d", w.Code)
		}
	})
}

var _ bridges.Receiver = (*hub)(nil)
