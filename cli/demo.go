package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/examples"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "play the main job with three nodes on this machine, then stay up to look at",
		Description: "Starts three nodes as processes in a temporary folder, with a mail server, an HTTP API and an XML endpoint:\nHarbor Legal Aid (A) posts a referral once, in its own JSON; Elm Street Elder Law Clinic (B) gets it as an e-mail,\nthe County Court Help Center (C) as a POST, St. Brigid Housing (D) as XML, each in its own words.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "once", Usage: "end after the story"},
			&cli.StringFlag{Name: "referral", Usage: "send your own `FILE` through the story (a LegalServer-like matter in JSON)"},
			&cli.StringFlag{Name: "story", Value: "main", Usage: "`WHICH` story: main, or full: what happens to referrals after they arrived, down to the proofs"},
			&cli.StringSliceFlag{Name: "with", Usage: "play one referral between `SYSTEM`s that behave like the real ones: legalserver, and the partners' email and xml (repeat)"},
			&cli.BoolFlag{Name: "keep", Usage: "keep the temporary folder"},
		},
		Action: demo,
	}
}

// storyTime bounds the whole story on a slow machine.
const storyTime = 3 * time.Minute

func demo(c *cli.Context) (err error) {
	if which := c.String("story"); which != "main" && which != "full" {
		return fail(exitUsage, "The stories are main and full.", "there is no story %q", printable(which))
	}
	if err := checkWith(c); err != nil {
		return err
	}
	referral, own := []byte(nil), c.String("referral") != ""
	if own && c.String("story") == "full" {
		return fail(exitUsage, "Leave out --referral, or play the main story.", "the full story has people of its own")
	}
	if own {
		if referral, err = readInput(c.String("referral")); err != nil {
			return err
		}
	} else if referral, err = examples.Files.ReadFile("legalserver-matter.json"); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "referworks-demo-")
	if err != nil {
		return err
	}
	t := &teller{json: c.Bool("json"), out: os.Stderr, started: time.Now()}
	world, err := newWorld(t, folder)
	if err != nil {
		return err
	}
	defer func() {
		world.close()
		if c.Bool("keep") || err != nil {
			talk(c, "The nodes' folders and logs are kept in %s", folder)
		} else {
			_ = os.RemoveAll(folder)
		}
	}()
	if _, lookErr := exec.LookPath("node"); lookErr != nil {
		t.note("Node is not installed: the web UI is not built; everything else works.")
	}
	ctx, cancel := context.WithTimeout(c.Context, storyTime)
	defer cancel()
	story := &story{teller: t, world: world, folder: folder, own: own}
	arrived, show, err := story.tell(ctx, c, referral)
	if err != nil {
		return err
	}
	if c.Bool("once") {
		return show(c, nil)
	}
	entry, err := story.open(ctx, arrived)
	if err != nil {
		return err
	}
	if err := show(c, entry); err != nil {
		return err
	}
	if !entry.Built {
		talk(c, "\nThe web UI is not built (it needs Node), so the doors open plain pages only. Everything else works.")
	}
	talk(c, "\nEverything stays up. Open %s to look at it; end with Ctrl-C.", entry.Page)
	select {
	case <-c.Context.Done():
	case err := <-world.died:
		return err
	}
	return nil
}

// checkWith says what is wrong with --with.
func checkWith(c *cli.Context) error {
	with := c.StringSlice("with")
	for _, system := range with {
		if !slices.Contains(withSystems, system) {
			return fail(exitUsage, "It may be: "+strings.Join(withSystems, ", ")+".", "the demo knows no system %q", printable(system))
		}
	}
	if len(with) > 0 && (!slices.Contains(with, "legalserver") || c.String("story") != "main" || c.IsSet("referral")) {
		return fail(exitUsage, "For example: referworks demo --with legalserver --with email --with xml", "the story between systems begins in a LegalServer, and has a person of its own")
	}
	return nil
}

// tell plays one of the stories, and gives what arrived and how to print what happened.
func (s *story) tell(ctx context.Context, c *cli.Context, referral []byte) ([]storyArrival, func(*cli.Context, *entrance) error, error) {
	if with := c.StringSlice("with"); len(with) > 0 {
		r, err := s.playWith(ctx, with)
		if err != nil {
			return nil, nil, err
		}
		return r.Arrived, func(c *cli.Context, in *entrance) error { r.Start = in; return s.showWith(c, r) }, nil
	}
	if c.String("story") == "full" {
		life, err := s.playLife(ctx)
		return nil, func(c *cli.Context, in *entrance) error { life.Start = in; return s.showLife(c, life) }, err
	}
	r, err := s.play(ctx, referral)
	if err != nil {
		return nil, nil, err
	}
	return r.Arrived, func(c *cli.Context, in *entrance) error { r.Start = in; return s.show(c, r) }, nil
}

// teller narrates for a person; with --json it is silent and the story is printed as data.
type teller struct {
	json    bool
	out     io.Writer
	started time.Time
	step    int
}

// say begins a step of the story.
func (t *teller) say(format string, args ...any) {
	t.step++
	if !t.json {
		fmt.Fprintf(t.out, "\n%d. %s\n", t.step, fmt.Sprintf(format, args...))
	}
}

// note adds a line to the present step.
func (t *teller) note(format string, args ...any) {
	if !t.json {
		fmt.Fprintln(t.out, "   "+printable(fmt.Sprintf(format, args...)))
	}
}

// process is one node of the demo.
type process struct {
	name string
	data string
	api  string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// startNode makes a node in a folder of its own and starts it as a process of this very program.
func startNode(ctx context.Context, folder, name string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: name, data: filepath.Join(folder, name), done: make(chan struct{})}
	initNode := exec.CommandContext(ctx, self, "--data", p.data, "--quiet", "init", "--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--api", "127.0.0.1:0", "--allow-private")
	if out, err := initNode.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make the node %s: %w: %s", name, err, out)
	}
	log, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		return nil, err
	}
	p.cmd = exec.Command(self, "--data", p.data, "serve")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = append(os.Environ(), "REFERWORKS_DEMO=true")
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
		_ = log.Close()
	}()
	for {
		var st struct {
			Ready bool
			API   string
		}
		if err := p.client("").call(ctx, "GET", "/v1/status", nil, &st); err == nil && st.Ready {
			p.api = "http://" + st.API
			return p, nil
		}
		select {
		case <-p.done:
			return nil, fmt.Errorf("the node %s ended at its start; see %s", name, log.Name())
		case <-ctx.Done():
			return nil, fmt.Errorf("the node %s was not ready in time; see %s", name, log.Name())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) client(org string) *client { return newClient(p.data, org, time.Minute) }

// stop ends a node as a supervisor would, and by force when it does not end.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// until asks again and again until f says yes; f's last reason is in the error.
func until(ctx context.Context, what string, f func() (bool, string, error)) error {
	last := ""
	for {
		ok, reason, err := f()
		if ok || err != nil {
			return err
		}
		last = reason
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return context.Canceled
			}
			return fmt.Errorf("%s: not within %s; last seen: %s", what, storyTime, last)
		case <-time.After(25 * time.Millisecond):
		}
	}
}
