package connection_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"referworks/bridges"
	"referworks/node/connection"
	"referworks/node/exchange"
)

// A source runs while its connection works: not while it is paused, anew after a change, never twice at once.
func TestSourceRunsAsLongAsItsConnection(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, _ := sender(t, h)
		a.run()
		runs := func(now, starts int) {
			t.Helper()
			synctest.Wait()
			if at, most, started := h.running(); at != now || started != starts || most != 1 {
				t.Fatalf("%d run, %d were started, %d at once; want %d and %d", at, started, most, now, starts)
			}
		}
		runs(1, 1)
		must(t, a.set.Pause("hub", true, "test"))
		runs(0, 1)
		must(t, a.set.Pause("hub", false, "test"))
		runs(1, 2)
		changed := hubConnection()
		changed.Name = "another name"
		must(t, a.set.Put(changed, nil, "test"))
		runs(1, 3)
		changed.Direction = connection.Out
		must(t, a.set.Put(changed, nil, "test"))
		runs(0, 3)
		must(t, a.set.Put(hubConnection(), nil, "test"))
		runs(1, 4)
		a.halt()
		runs(0, 4)
	})
}

// One that does not end when it is told holds up nobody, and the next waits for it.
func TestSlowSourceIsWaitedFor(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{brings: func(ctx context.Context, _ bridges.Accept) error {
			<-ctx.Done()
			time.Sleep(time.Hour)
			return nil
		}}
		a, _ := sender(t, h)
		a.run()
		synctest.Wait()
		must(t, a.set.Put(hubConnection(), nil, "test"))
		time.Sleep(30 * time.Minute)
		if now, most, starts := h.running(); now != 1 || most != 1 || starts != 1 {
			t.Fatalf("%d run, %d at once, %d were started", now, most, starts)
		}
		time.Sleep(40 * time.Minute)
		if now, most, starts := h.running(); now != 1 || most != 1 || starts != 2 {
			t.Fatalf("%d run, %d at once, %d were started", now, most, starts)
		}
	})
}

// A source that panics, gives up or cannot be opened is started again, later and later, and its health says so.
func TestCrashingSourceIsStartedAgain(t *testing.T) {
	inTime(t, func(t *testing.T) {
		const canary = "Zebulona-7"
		n := 0
		h := &hub{brings: func(ctx context.Context, _ bridges.Accept) error {
			switch n++; n {
			case 1:
				panic(canary)
			case 2:
				return errors.New("the mail server does not answer; check its name")
			case 3:
				return nil
			}
			<-ctx.Done()
			return nil
		}}
		a, _ := sender(t, h)
		a.run()
		for i, says := range []string{"defect", "does not answer", "stopped"} {
			synctest.Wait()
			got, err := a.set.Health("hub")
			if err != nil || !strings.Contains(got.Error, says) || strings.Contains(got.Error, canary) || got.Since == 0 {
				t.Fatalf("after end %d: %+v %v", i+1, got, err)
			}
			time.Sleep(2 * time.Second << i)
		}
		synctest.Wait()
		if n != 4 {
			t.Fatalf("it was started %d times", n)
		}
		h.config().Health(nil)
		if got, err := a.set.Health("hub"); err != nil || got.Error != "" || got.Success == 0 {
			t.Errorf("when it works: %+v %v", got, err)
		}
		h.config().Health(errors.New("the password is wrong"))
		time.Sleep(time.Second)
		a.halt()
		a.open(h.kinds()) // a restart
		if got, err := a.set.Health("hub"); err != nil || got.Error != "the password is wrong" || got.Success == 0 {
			t.Errorf("after a restart: %+v %v", got, err)
		}
		must(t, a.set.Put(hubConnection(), nil, "test")) // what was heard of the settings before says nothing any more
		if got, err := a.set.Health("hub"); err != nil || got.Error != "" || got.Since != 0 || got.Success == 0 {
			t.Errorf("after a change: %+v %v", got, err)
		}
		h.refuses = true
		a.run()
		synctest.Wait()
		if got, err := a.set.Health("hub"); err != nil || !strings.Contains(got.Error, "cannot be opened") {
			t.Errorf("one that cannot be opened: %+v %v", got, err)
		}
	})
}

// accepting gives what the source of a was handed, while the set runs.
func accepting(t *testing.T, a *desk, h *hub) bridges.Accept {
	t.Helper()
	got := make(chan bridges.Accept, 1)
	h.mu.Lock()
	h.brings = func(ctx context.Context, accept bridges.Accept) error {
		select {
		case got <- accept:
		default: // it was started anew
		}
		<-ctx.Done()
		return nil
	}
	h.mu.Unlock()
	a.run()
	return <-got
}

func threads(t *testing.T, d *desk) []exchange.Thread {
	t.Helper()
	list, _, err := d.desk.Threads(exchange.Query{Limit: 200})
	must(t, err)
	return list
}

func waiting(t *testing.T, d *desk) []connection.Waiting {
	t.Helper()
	list, err := d.set.WaitingList()
	must(t, err)
	return list
}

// The same document is taken once under its medium's id, whatever happens in between.
func TestSourceDocumentIsTakenOnce(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b := sender(t, h)
		accept := accepting(t, a, h)
		in := document(t, b, "matter 12 of Zebulona")
		in.Files = []bridges.File{fileOf("note.txt", "a note")}
		first, err := accept(t.Context(), in)
		if err != nil || first.Reference == "" || first.Waiting || first.Again {
			t.Fatalf("%+v %v", first, err)
		}
		for range 2 {
			again, err := accept(t.Context(), in)
			if err != nil || again.Reference != first.Reference || !again.Again {
				t.Fatalf("again: %+v %v", again, err)
			}
			a.halt()
			a.open(h.kinds())
			accept = accepting(t, a, h)
		}
		list := threads(t, a)
		if len(list) != 1 || list[0].Connection != "hub" {
			t.Fatalf("%d referrals: %+v", len(list), list)
		}
		if origin, err := a.desk.Origin(list[0].Referral); err != nil || origin != in.Key {
			t.Errorf("it came in as %q: %v", origin, err)
		}
		if files, err := a.desk.Files(list[0].Referral); err != nil || len(files) != 1 {
			t.Errorf("%d files went along: %v", len(files), err)
		}
		if other, err := accept(t.Context(), document(t, b, "matter 13")); err != nil || other.Again || len(threads(t, a)) != 2 {
			t.Errorf("another: %+v %v", other, err)
		}
		if up, err := a.desk.Uploads(); err != nil || len(up) != 0 {
			t.Errorf("%d uploads are left: %v", len(up), err)
		}
	})
}

// What a machine must not read waits for a person, whole, for as long as that takes.
func TestUnreadWaitsWithAllThatIsKnown(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b := sender(t, h)
		accept := accepting(t, a, h)
		for _, size := range []int{100, 3 << 20} {
			in := document(t, b, "mail")
			in.Key += string(rune('a' + size%7))
			in.Document = bridges.Document{Format: "mail", Bytes: bytes.Repeat([]byte{'x'}, size)}
			in.Unread, in.Evidence = "The sender is not known. Read it, and send it on yourself.", []string{"DKIM: pass for example.org"}
			in.Files = []bridges.File{fileOf("photo.txt", "a photo")}
			got, err := accept(t.Context(), in)
			if err != nil || !got.Waiting || got.Reference == "" || got.Again {
				t.Fatalf("%+v %v", got, err)
			}
			if again, err := accept(t.Context(), in); err != nil || !again.Again || !again.Waiting || again.Reference != got.Reference {
				t.Errorf("again: %+v %v", again, err)
			}
			list := waiting(t, a)
			if len(list) != 1 || !list[0].Unread || list[0].Sentence != in.Unread || len(list[0].Evidence) != 1 || len(list[0].Files) != 1 || list[0].Connection != "hub" {
				t.Fatalf("%+v", list)
			}
			time.Sleep(10 * 24 * time.Hour)
			if _, err := a.desk.Upload(t.Context(), "x.txt", "text/plain", strings.NewReader("sweeps")); err != nil {
				t.Fatal(err)
			}
			_, r, err := a.desk.OpenUpload(list[0].Files[0])
			must(t, err)
			if content, err := io.ReadAll(r); err != nil || string(content) != "a photo" {
				t.Errorf("its file says %q after ten days: %v", content, err)
			}
			if w, err := a.set.WaitingItem(list[0].ID); err != nil || !bytes.Equal(w.Original, in.Document.Bytes) {
				t.Errorf("its original has %d bytes: %v", len(w.Original), err)
			}
			if _, err := a.set.Resend(list[0].ID, nil, "person", nil); err == nil || !strings.Contains(err.Error(), "could not read") {
				t.Errorf("to send it as it is: %v", err)
			}
			must(t, a.set.Discard(list[0].ID, "person"))
			if _, _, err := a.desk.OpenUpload(list[0].Files[0]); !errors.Is(err, exchange.ErrNoFile) {
				t.Errorf("the file of what was given up: %v", err)
			}
			if again, err := accept(t.Context(), in); err != nil || !again.Again || again.Waiting || len(waiting(t, a)) != 0 {
				t.Errorf("after it was given up: %+v %v", again, err)
			}
		}
	})
}

// What cannot be sent is no error for the medium: it waits. What passes by itself is one, and nothing waits.
func TestWhatCannotBeSentWaitsAndWhatPassesIsRefused(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b := sender(t, h)
		accept := accepting(t, a, h)
		for i, change := range []func(*bridges.Inbound){
			func(in *bridges.Inbound) { in.Document.Bytes = []byte("{") },
			func(in *bridges.Inbound) { in.Document.Bytes = []byte("{}") },
			func(in *bridges.Inbound) { in.To = []string{"Nobody whom we know"} },
			func(in *bridges.Inbound) { in.To = nil },
			func(in *bridges.Inbound) { in.Files = []bridges.File{fileOf("run.exe", "MZ\x90\x00\x03\x00\x00\x00")} },
		} {
			in := document(t, b, "m"+string(rune('a'+i)))
			change(&in)
			got, err := accept(t.Context(), in)
			if err != nil || !got.Waiting || len(waiting(t, a)) != i+1 {
				t.Errorf("%d: %+v %v, %d wait", i, got, err, len(waiting(t, a)))
			}
		}
		if len(threads(t, a)) != 0 {
			t.Error("something was sent")
		}
		must(t, a.set.Pause("hub", true, "test"))
		_, err := accept(t.Context(), document(t, b, "paused"))
		var be *bridges.Error
		if !errors.As(err, &be) || be.Class != bridges.Temporary {
			t.Errorf("while paused: %v", err)
		}
		must(t, a.set.Pause("hub", false, "test"))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := accept(gone, document(t, b, "gone")); !errors.As(err, &be) || be.Class != bridges.Temporary {
			t.Errorf("with nobody waiting for it: %v", err)
		}
		if n := len(waiting(t, a)); n != 5 {
			t.Errorf("%d wait", n)
		}
	})
}

// What a person sends on after it waited is still known by its medium's id.
func TestWhatWaitedIsKnownByItsID(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, b := sender(t, h)
		accept := accepting(t, a, h)
		in := document(t, b, "matter 12")
		in.To = nil
		if got, err := accept(t.Context(), in); err != nil || !got.Waiting {
			t.Fatalf("%+v %v", got, err)
		}
		res, err := a.set.Resend(waiting(t, a)[0].ID, []string{string(b.OrgID())}, "person", nil)
		must(t, err)
		if origin, err := a.desk.Origin(res.Parts[0].Referral); err != nil || origin != in.Key {
			t.Errorf("it came in as %q: %v", origin, err)
		}
		if again, err := accept(t.Context(), in); err != nil || !again.Again || again.Waiting {
			t.Errorf("the same again: %+v %v", again, err)
		}
	})
}

func TestStateOutlivesARestart(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{}
		a, _ := sender(t, h)
		a.run()
		synctest.Wait()
		st := h.config().State
		if v, err := st.Load("cursor"); err != nil || v != nil {
			t.Fatalf("%q %v", v, err)
		}
		must(t, st.Save(t.Context(), "cursor", []byte("17")))
		if err := st.Save(t.Context(), "cursor", make([]byte, 2<<20)); err == nil {
			t.Error("two megabytes were kept")
		}
		a.halt()
		a.open(h.kinds())
		a.run()
		synctest.Wait()
		if v, err := h.config().State.Load("cursor"); err != nil || string(v) != "17" {
			t.Errorf("%q %v", v, err)
		}
		other := hubConnection()
		other.ID = "hub-2"
		must(t, a.set.Put(other, nil, "test"))
		synctest.Wait()
		if v, err := h.config().State.Load("cursor"); err != nil || v != nil {
			t.Errorf("another connection's: %q %v", v, err)
		}
	})
}
