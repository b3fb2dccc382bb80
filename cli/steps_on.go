//go:build steps

package main

import (
	"context"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"referworks/bridges"
)

// stepped ends the process by SIGKILL at the step of taking something in that REFERWORKS_KILL_AT names:
//
//	read    it was read, and nothing was done yet
//	handed  it is about to be handed to the node
//	file    the node is about to store a file that came along
//	kept    the node has it on disk, and nobody was told
func stepped(k bridges.Kind) bridges.Kind {
	opens := k.New
	k.New = func(cfg bridges.Config) (any, error) {
		now := cfg.Now
		if now == nil {
			now = time.Now
		}
		cfg.Now = func() time.Time {
			if pc, _, _, ok := runtime.Caller(1); ok && strings.HasSuffix(runtime.FuncForPC(pc).Name(), ".arrive") {
				killAt("read")
			}
			return now()
		}
		bridge, err := opens(cfg)
		if err != nil {
			return nil, err
		}
		return steps{bridge.(medium)}, nil
	}
	return k
}

type medium interface {
	bridges.Sink
	bridges.Source
	bridges.Receiver
	bridges.Teller
	bridges.Tester
}

type steps struct{ medium }

func (s steps) Run(ctx context.Context, accept bridges.Accept) error {
	return s.medium.Run(ctx, func(ctx context.Context, in bridges.Inbound) (bridges.Accepted, error) {
		killAt("handed")
		for i, f := range in.Files {
			in.Files[i].Open = func() (io.ReadCloser, error) {
				killAt("file")
				return f.Open()
			}
		}
		got, err := accept(ctx, in)
		if err == nil {
			killAt("kept")
		}
		return got, err
	})
}

func killAt(step string) {
	if os.Getenv("REFERWORKS_KILL_AT") != step {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
