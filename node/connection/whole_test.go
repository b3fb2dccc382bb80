package connection_test

import (
	"bytes"
	"strings"
	"testing"

	"referworks/bridges"
)

// A document may be only a part of what came: the mail that it was attached to is kept with it, sent or waiting, small or
// large, and goes when a person gives it up.
func TestTheWholeOfWhatCameIsKept(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b := sender(t, h)
		accept := accepting(t, a, h)
		small, large := []byte("From: x\r\n\r\nsmall"), []byte("From: x\r\n\r\n"+strings.Repeat("large", 100_000))
		bring := func(key, to string, whole []byte) {
			t.Helper()
			_, err := accept(t.Context(), bridges.Inbound{Document: bridges.Document{Bytes: matter(t)}, Original: bridges.Document{Bytes: whole}, Key: key, To: []string{to}})
			must(t, err)
		}
		has := func(whole []byte) {
			t.Helper()
			list := threads(t, a)
			got, err := a.desk.Whole(list[0].Referral)
			must(t, err)
			if !bytes.Equal(got, whole) {
				t.Errorf("%d bytes are kept, want %d", len(got), len(whole))
			}
		}
		for i, whole := range [][]byte{small, large} {
			bring("sent"+string(rune('a'+i)), string(b.OrgID()), whole)
			has(whole)
			bring("waits"+string(rune('a'+i)), "nobody", whole)
			w, err := a.set.WaitingItem(waiting(t, a)[0].ID)
			must(t, err)
			if !bytes.Equal(w.Came(), whole) || !bytes.Equal(w.Original, matter(t)) {
				t.Errorf("%d bytes wait", len(w.Came()))
			}
			_, err = a.set.Resend(w.ID, []string{string(b.OrgID())}, "test", nil)
			must(t, err)
			has(whole)
			if n := len(waiting(t, a)); n != 0 {
				t.Errorf("%d still wait", n)
			}
		}
		bring("given up", "nobody", large)
		must(t, a.set.Discard(waiting(t, a)[0].ID, "test"))
		last := threads(t, a)[0].Referral
		_, err := a.desk.Erase(t.Context(), last, "test")
		must(t, err)
		if got, err := a.desk.Whole(last); err != nil || len(got) != 0 {
			t.Errorf("%d bytes after it was erased, %v", len(got), err)
		}
	})
}
