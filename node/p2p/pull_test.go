package p2p_test

import (
	"errors"
	"testing"

	"referworks/protocol"
)

// TestPull: messages come with their envelopes, in one answer or over the node's own pipe, and a refusal is one.
func TestPull(t *testing.T) {
	a, b := newNode(t).run(t), newNode(t).run(t)
	partners(a, b)
	for _, to := range []*node{b, a} {
		list, err := a.Pull(soon(t), to.ID(), protocol.PullAsk{V: 1, From: "rw1a", To: "rw1b", After: 16})
		if err != nil || len(list) != 16 || len(list[0].Envelope) != 100_000 || len(list[1].Envelope) != 0 || !list[1].Erased {
			t.Fatalf("%d messages, %v", len(list), err)
		}
		var no *protocol.Error
		if _, err := a.Pull(soon(t), to.ID(), protocol.PullAsk{V: 1, From: "rw1a", To: "rw1b", After: -1}); !errors.As(err, &no) || no.Code != protocol.CodeRefused {
			t.Errorf("a refusal came as %v", err)
		}
		page, err := a.Threads(soon(t), to.ID(), protocol.ThreadsAsk{V: 1, From: "rw1a", To: "rw1b", After: "x"})
		if err != nil || len(page.Rows) != 1 || page.Rows[0].Referral != "x" || !page.More {
			t.Errorf("the page is %+v, %v", page, err)
		}
	}
	if list, err := a.Pull(soon(t), b.ID(), protocol.PullAsk{V: 1, From: "rw1a", To: "rw1b", After: 40}); err != nil || len(list) != 16 {
		t.Errorf("of more than an answer may have came %d, %v", len(list), err)
	}
}
