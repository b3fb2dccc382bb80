package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"referworks/node/exchange"
	"referworks/protocol"
)

// pdf is a document of so many bytes that looks like one.
func pdf(size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = r.Read(b)
	copy(b, "%PDF-1.7\n")
	return b
}

func (s *side) upload(name string, b []byte) exchange.File {
	s.t.Helper()
	f, err := s.Upload(ctx, name, "application/pdf", bytes.NewReader(b))
	must(s.t, err)
	return f
}

func (s *side) sendFiles(to *side, files ...string) protocol.ReferralID {
	s.t.Helper()
	out := outgoing(to)
	out.Files = files
	sent, err := s.Send(ctx, out)
	must(s.t, err)
	return sent.Parts[0].Referral
}

// content reads a file of a referral whole.
func (s *side) content(id protocol.ReferralID, file string) []byte {
	s.t.Helper()
	_, r, err := s.OpenFile(id, file)
	must(s.t, err)
	defer r.Close()
	b, err := io.ReadAll(r)
	must(s.t, err)
	return b
}

func (s *side) files(id protocol.ReferralID) []exchange.File {
	s.t.Helper()
	list, err := s.Files(id)
	if errors.Is(err, exchange.ErrNone) {
		return nil
	}
	must(s.t, err)
	return list
}

// TestFilesOverABrokenLink: a file of 25 MB arrives whole over a link that breaks ten times, no chunk is asked for twice,
// and the referral is not taken before.
func TestFilesOverABrokenLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Elm Street Food")
		a, b := w[0], w[1]
		chunks, breaks := 0, 0
		a.net.cut = func() bool {
			if breaks < 10 && chunks == 9*(breaks+1) {
				breaks++
				return true
			}
			chunks++
			return false
		}
		large := pdf(protocol.MaxFile)
		f := a.upload("notice.pdf", large)
		id := a.sendFiles(b, f.ID)
		time.Sleep(50 * time.Millisecond)
		if v := a.show(id); v.State == protocol.OnTheirDisk {
			t.Fatal("it was taken before its file was there")
		}
		for a.show(id).State != protocol.OnTheirDisk {
			if list := a.files(id); len(list) != 1 || list[0].Done > f.Size {
				t.Fatalf("the sender sees %+v", list)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if breaks != 10 || chunks != 100 {
			t.Errorf("the link broke %d times, and %d chunks went over it", breaks, chunks)
		}
		got := b.files(id)
		if len(got) != 1 || got[0].Name != "notice.pdf" || got[0].State != exchange.FileHere || got[0].Done != f.Size || got[0].Ours {
			t.Fatalf("it has %+v", got)
		}
		if !bytes.Equal(b.content(id, got[0].ID), large) || !bytes.Equal(a.content(id, f.ID), large) {
			t.Error("the content is another one")
		}
		if list := a.files(id); list[0].Done != f.Size {
			t.Errorf("the sender sees %d of %d bytes", list[0].Done, f.Size)
		}
		_, r, err := b.OpenFile(id, f.ID)
		must(t, err)
		_, err = r.Seek(-5, io.SeekEnd)
		must(t, err)
		if tail, err := io.ReadAll(r); err != nil || !bytes.Equal(tail, large[len(large)-5:]) {
			t.Errorf("its end is %x, %v", tail, err)
		}
	})
}

// TestFilesAfterARestart: what came before stays, at either side.
func TestFilesAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Elm Street Food")
		a, b := w[0], w[1]
		var chunks int
		down := false
		a.net.cut = func() bool {
			if down = down || chunks == 20; down {
				return true
			}
			chunks++
			return false
		}
		f := a.upload("lease.pdf", pdf(40*protocol.MaxChunk+1))
		id := a.sendFiles(b, f.ID)
		time.Sleep(3 * time.Second)
		b.restart()
		a.restart()
		down, chunks = false, 21
		for range 600 {
			if a.show(id).State == protocol.OnTheirDisk {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if a.show(id).State != protocol.OnTheirDisk || chunks != 42 {
			t.Errorf("it is %s after chunk %d", a.show(id).State, chunks)
		}
		if list := b.files(id); len(list) != 1 || int64(len(b.content(id, f.ID))) != f.Size {
			t.Errorf("it has %+v", list)
		}
	})
}

// TestFilesInAConversation: an answer brings a document back, and each recipient of a group gets its own copy.
func TestFilesInAConversation(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "St Anne's Shelter")
	a, b, c := w[0], w[1], w[2]
	f := a.upload(`C:\Users\x\lease`+"\u202e"+`.pdf`, pdf(700_000))
	if f.Name != "lease.pdf" {
		t.Errorf("its name is %q", f.Name)
	}
	out := outgoing(b, c)
	out.Files = []string{f.ID}
	sent, err := a.Send(ctx, out)
	must(t, err)
	ib, ic := sent.Parts[0].Referral, sent.Parts[1].Referral
	a.becomes(ib, protocol.OnTheirDisk)
	a.becomes(ic, protocol.OnTheirDisk)
	if !bytes.Equal(b.content(ib, f.ID), c.content(ic, f.ID)) {
		t.Error("the copies differ")
	}
	sink(t, b, map[protocol.ReferralID]int{})
	rb, err := b.Body(ib)
	must(t, err)
	rc, err := c.Body(ic)
	must(t, err)
	if rb.Attachments[0].Key.Text() == rc.Attachments[0].Key.Text() {
		t.Error("two recipients have one key")
	}
	if _, err := a.Send(ctx, exchange.Outgoing{Referral: out.Referral, To: out.To, Files: out.Files, Actor: "test"}); !errors.Is(err, exchange.ErrNoFile) {
		t.Errorf("an upload that was sent: %v", err)
	}
	if _, err := b.Act(ctx, ib, exchange.Doing{Kind: protocol.KindQuestion, Actor: "test", Step: protocol.Step{Text: "Do you have the notice?"}}); err != nil {
		t.Fatal(err)
	}
	until(t, "the question", func() bool { l, _, err := a.Life(ib); return err == nil && len(l.Questions) == 1 })
	n := a.upload("notice.pdf", pdf(300_000))
	if _, err := a.Act(ctx, ib, exchange.Doing{Kind: protocol.KindAnswer, Actor: "test", Step: protocol.Step{Text: "Here it is."}, Files: []string{n.ID}}); err != nil {
		t.Fatal(err)
	}
	until(t, "the answer", func() bool { l, _, err := b.Life(ib); return err == nil && len(l.Questions) == 0 })
	if list := b.files(ib); len(list) != 2 || list[1].Name != "notice.pdf" || int64(len(b.content(ib, n.ID))) != n.Size {
		t.Errorf("it has %+v", list)
	}
}

// TestForwardOfAFile: nobody but the recipient gets a chunk, and nothing of an erased one.
func TestForwardOfAFile(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food", "St Anne's Shelter")
	a, b, c := w[0], w[1], w[2]
	f := a.upload("lease.pdf", pdf(5000))
	id := a.sendFiles(b, f.ID)
	a.becomes(id, protocol.OnTheirDisk)
	r, err := b.Body(id)
	must(t, err)
	var root protocol.Hash
	must(t, root.UnmarshalText([]byte(r.Attachments[0].Root.Text())))
	ask := protocol.ChunksAsk{V: 1, From: b.OrgID(), To: a.OrgID(), Referral: id, Root: root, Most: 1}
	if _, last, err := a.Chunk(ctx, ask, 0); err != nil || !last {
		t.Fatalf("the recipient gets %v, %v", last, err)
	}
	for name, wrong := range map[string]func(*protocol.ChunksAsk){
		"another partner": func(q *protocol.ChunksAsk) { q.From = c.OrgID() },
		"a stranger":      func(q *protocol.ChunksAsk) { q.From = "rw1nobody" },
		"another file":    func(q *protocol.ChunksAsk) { q.Root[0] ^= 1 },
	} {
		q := ask
		wrong(&q)
		var no *protocol.Error
		if _, _, err := a.Chunk(ctx, q, 0); !errors.As(err, &no) || no.Code != protocol.CodeRefused {
			t.Errorf("%s gets %v", name, err)
		}
	}
	if _, _, err := a.Chunk(ctx, ask, 1); err == nil {
		t.Error("there is a chunk behind the last")
	}
	_, err = a.Erase(ctx, id, "test")
	must(t, err)
	if _, _, err := a.Chunk(ctx, ask, 0); err == nil {
		t.Error("an erased file is given")
	}
	if list := a.files(id); len(list) != 1 || list[0].State != exchange.FileErased || list[0].Name != "" {
		t.Errorf("after the erasure: %+v", list)
	}
	if _, _, err := a.OpenFile(id, f.ID); !errors.Is(err, exchange.ErrNoFile) {
		t.Errorf("an erased file opens: %v", err)
	}
}

// TestBrokenFile: what is not what was announced is refused with a word to the sender, and nothing of it stays.
func TestBrokenFile(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	a.net.mu.Lock()
	a.net.alter = func(c *protocol.Chunk) { c.Sealed[len(c.Sealed)-1] ^= 1 }
	a.net.mu.Unlock()
	id := a.sendFiles(b, a.upload("lease.pdf", pdf(5000)).ID)
	if v := a.becomes(id, protocol.TurnedAway); v.Code != protocol.CodeFile {
		t.Errorf("it was refused with %s", v.Code)
	}
	if v := b.show(id); v.State != "" {
		t.Errorf("the receiver shows %s", v.State)
	}
}

func TestFilesThatAreNotTaken(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a := w[0]
	for name, f := range map[string]struct{ declared, content, says string }{
		"setup.exe":  {"application/octet-stream", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", "harm a computer"},
		"page.html":  {"text/html", "<!DOCTYPE html><html><script>alert(1)</script></html>", "harm a computer"},
		"image.svg":  {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "harm a computer"},
		"lease.pdf":  {"application/pdf", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", "its content is not"},
		"letter.pdf": {"application/pdf", "<html><body>hello</body></html>", "its content is not"},
	} {
		_, err := a.Upload(ctx, name, f.declared, strings.NewReader(f.content))
		var no *protocol.Error
		if !errors.As(err, &no) || !strings.Contains(no.Text(), f.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := a.Upload(ctx, "large.pdf", "application/pdf", io.MultiReader(bytes.NewReader(pdf(protocol.MaxFile)), strings.NewReader("x")))
	var no *protocol.Error
	if !errors.As(err, &no) || no.Code != protocol.CodeTooLarge {
		t.Errorf("a file that is too large: %v", err)
	}
	for name, f := range map[string]struct{ declared, content, want string }{
		"notes.txt":   {"", "plain words", "text/plain"},
		"list.csv":    {"text/csv", "name,phone\nx,y\n", "text/csv"},
		"empty.txt":   {"text/plain", "", "text/plain"},
		"picture.jpg": {"", "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", "image/jpeg"},
	} {
		got, err := a.Upload(ctx, name, f.declared, strings.NewReader(f.content))
		if err != nil || got.MediaType != f.want {
			t.Errorf("%s: %s, %v", name, got.MediaType, err)
		}
	}
	list, err := a.Uploads()
	must(t, err)
	if len(list) != 4 {
		t.Fatalf("%d uploads wait", len(list))
	}
	must(t, a.DropUpload(ctx, list[0].ID))
	if err := a.DropUpload(ctx, list[0].ID); !errors.Is(err, exchange.ErrNoFile) {
		t.Errorf("dropped twice: %v", err)
	}
}

// TestScannedFile: what the scanner finds is not kept, the referral is; a scanner that does not work is waited for.
func TestScannedFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t, "Harbor Legal Aid", "Elm Street Food")
		a, b := w[0], w[1]
		tries := 0
		b.scan = func(_ context.Context, r io.Reader) (bool, error) {
			if tries++; tries < 3 {
				return false, errors.New("the scanner is starting")
			}
			all, err := io.ReadAll(r)
			return bytes.Contains(all, []byte("EICAR")), err
		}
		b.restart()
		bad, good := pdf(3000), pdf(4000)
		copy(bad[100:], "EICAR")
		one, two := a.upload("bad.pdf", bad), a.upload("good.pdf", good)
		id := a.sendFiles(b, one.ID, two.ID)
		for range 600 {
			if a.show(id).State == protocol.OnTheirDisk {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		states := map[string]exchange.FileState{}
		for _, f := range b.files(id) {
			states[f.Name] = f.State
		}
		if tries < 4 || states["bad.pdf"] != exchange.FileBlocked || states["good.pdf"] != exchange.FileHere {
			t.Errorf("after %d tries %v", tries, states)
		}
		if _, _, err := b.OpenFile(id, one.ID); !errors.Is(err, exchange.ErrFileState) {
			t.Errorf("a blocked file opens: %v", err)
		}
	})
}

func FuzzFileName(f *testing.F) {
	for _, s := range []string{"", "a.pdf", "../../etc/passwd", `..\..\x.txt`, "con.txt", "a\x00b", strings.Repeat("ä", 500), "x\u202egpj.exe", " . "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := exchange.FileName(name)
		if got == "" || strings.ContainsAny(got, "/\\\x00\n\r<>:\"|?*\u202e") || len([]rune(got)) > 210 || exchange.FileName(got) != got {
			t.Errorf("%q becomes %q, and that %q", name, got, exchange.FileName(got))
		}
	})
}

// TestActOnce: a step under a key is taken once, whatever is lost on the way; another step under it is refused.
func TestActOnce(t *testing.T) {
	w := world(t, "Harbor Legal Aid", "Elm Street Food")
	a, b := w[0], w[1]
	id := a.send(b).Parts[0].Referral
	note := exchange.Doing{Kind: protocol.KindNote, Actor: "test", Step: protocol.Step{Text: "once"}, Key: "k", KeyHash: protocol.Hash{1}}
	for range 3 {
		if _, err := a.Act(ctx, id, note); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := a.Messages(id); err != nil || len(list) != 2 {
		t.Errorf("there are %d messages, %v", len(list), err)
	}
	note.KeyHash = protocol.Hash{2}
	if _, err := a.Act(ctx, id, note); !errors.Is(err, exchange.ErrKeyReused) {
		t.Errorf("another step under the key: %v", err)
	}
}
