package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"referworks/protocol"
	"referworks/protocol/wire"
)

func TestFramesComeBackAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	frames := [][]byte{nil, []byte("x"), bytes.Repeat([]byte("referral"), 9000)}
	for i, p := range frames {
		if err := wire.Write(&b, protocol.FrameKind(i+1), p); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Bytes()[:6]; !bytes.Equal(got, []byte{0, 0, 0, 1, 1, 0}) {
		t.Errorf("the first frame begins %v", got)
	}
	r := iotest.OneByteReader(&b)
	for i, p := range frames {
		kind, got, err := wire.Read(r, 1<<20)
		if err != nil || kind != protocol.FrameKind(i+1) || !bytes.Equal(got, p) {
			t.Errorf("frame %d came back as kind %d with %d bytes: %v", i, kind, len(got), err)
		}
	}
	if _, _, err := wire.Read(r, 1<<20); err != io.EOF {
		t.Errorf("the end reads as %v", err)
	}
}

func TestBadFramesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"no kind":         {[]byte{0, 0, 0, 0, 1}, wire.ErrEmpty},
		"cut length":      {[]byte{0, 0, 0}, io.ErrUnexpectedEOF},
		"cut before kind": {[]byte{0, 0, 0, 1}, io.ErrUnexpectedEOF},
		"cut payload":     {[]byte{0, 0, 0, 3, 1, 9}, io.ErrUnexpectedEOF},
		"one too many":    {[]byte{0, 0, 0, 10, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9}, wire.ErrTooLarge},
		"largest length":  {[]byte{255, 255, 255, 255, 1}, wire.ErrTooLarge},
	} {
		if _, _, err := wire.Read(bytes.NewReader(c.in), 8); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, p, err := wire.Read(bytes.NewReader([]byte{0, 0, 0, 9, 1, 1, 2, 3, 4, 5, 6, 7, 8}), 8); err != nil || len(p) != 8 {
		t.Errorf("a frame of just the limit: %v", err)
	}
}

func TestALyingLengthAllocatesNothing(t *testing.T) {
	lie := []byte{255, 255, 255, 255, 1}
	n := testing.AllocsPerRun(100, func() { _, _, _ = wire.Read(bytes.NewReader(lie), 1<<16) })
	if n > 10 {
		t.Errorf("%v allocations for a refused frame", n)
	}
}

func TestWriteTellsOfAFullWriter(t *testing.T) {
	if err := wire.Write(full{}, 1, []byte("x")); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("write: %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func FuzzRead(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 8}, 10)
	f.Add([]byte{0, 0, 0, 3, 1, 9, 9}, 1)
	f.Add([]byte{255, 255, 255, 255, 1}, -1)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit = min(limit, 1<<16)
		r := bytes.NewReader(in)
		kind, p, err := wire.Read(r, limit)
		if err != nil {
			return
		}
		if len(p) > max(limit, 0) {
			t.Fatalf("%d bytes above the limit %d", len(p), limit)
		}
		var again bytes.Buffer
		if err := wire.Write(&again, kind, p); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Bytes(), in[:len(in)-r.Len()]) {
			t.Fatalf("frame %x reads as kind %d, %x", in, kind, p)
		}
	})
}
