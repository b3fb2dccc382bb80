package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"referworks/bridges"
	"referworks/bridges/webhook"
	"referworks/protocol"
)

func webhookCommand() *cli.Command {
	return &cli.Command{
		Name: "webhook", Usage: "events posted to your own program",
		Subcommands: []*cli.Command{
			{
				Name: "listen", Usage: "print events as they come, and post each to a program on your desk",
				Description: "For trying out a program before its connection is set up. Each event is signed as a connection of the kind webhook signs it,\nwith a secret that is shown at the start. An event that the program does not take is not posted again.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "forward-to", Usage: "post each event to `URL`, for example localhost:3000/hook"},
					&cli.StringFlag{Name: "secret-file", Usage: "sign with the secret in `FILE` instead of a new one"},
					&cli.Uint64Flag{Name: "after", Usage: "begin behind event `NUMBER`; 0 is the beginning (default: what comes from now on)"},
					&cli.BoolFlag{Name: "once", Usage: "end when there is nothing more"},
				},
				Action: listen,
			},
			{Name: "ping", Usage: "post a ping through a connection", ArgsUsage: "CONNECTION", Action: testConnection},
			{Name: "secret", Usage: "make a signing secret", Action: func(c *cli.Context) error {
				_, err := fmt.Fprintln(c.App.Writer, webhook.NewSecret())
				return err
			}},
		},
	}
}

// happening is an event as the API gives it.
type happening struct {
	Seq     uint64 `json:"seq"`
	At      int64  `json:"at"`
	Kind    string `json:"kind"`
	Actor   string `json:"actor,omitempty"`
	Subject string `json:"subject,omitempty"`
	Status  int    `json:"status,omitempty"` // what the program answered
}

const (
	eventsAtOnce = 1000
	longestAsk   = 40 * time.Second // the node answers a waiting question after 20
)

func listen(c *cli.Context) error {
	if err := needArgs(c, 0, "no argument"); err != nil {
		return err
	}
	hook, err := localHook(c)
	if err != nil {
		return err
	}
	node := newClient(c.String("data"), c.String("org"), max(c.Duration("timeout"), longestAsk))
	after := c.Uint64("after")
	if !c.IsSet("after") && !c.Bool("once") {
		if after, err = lastEvent(c.Context, node); err != nil {
			return err
		}
	}
	missed := 0
	for {
		list, err := eventsBehind(c.Context, node, after, !c.Bool("once"))
		if err != nil {
			return goOn(c, after, err)
		}
		if len(list) == 0 && c.Bool("once") {
			break
		}
		for _, e := range list {
			taken, err := pass(c, hook, &e)
			if err != nil {
				return goOn(c, after, err)
			}
			if !taken {
				missed++
			}
			after = e.Seq
		}
	}
	if missed > 0 {
		return fail(exitPartly, "Correct the program, and post them again with --after and the number before the first.", "the program did not take %s", counted(missed, "event"))
	}
	return nil
}

// localHook opens the way to the program; nil when events are printed only.
func localHook(c *cli.Context) (*webhook.Hook, error) {
	address := c.String("forward-to")
	if address == "" {
		return nil, nil
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	secret := webhook.NewSecret()
	if name := c.String("secret-file"); name != "" {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the signing secret: %w", err)
		}
		secret = strings.TrimSpace(string(b))
	} else {
		fmt.Fprintln(os.Stderr, "The signing secret is", secret) // --quiet must not hide it: nothing can be checked without it
	}
	hook, err := webhook.Open(bridges.Config{
		Settings: map[string]string{"url": address}, AllowPrivate: true,
		Secrets: func(name string) (string, bool) { return secret, name == "secret" },
	})
	if err != nil {
		return nil, fail(exitUsage, "See: referworks webhook listen --help", "%w", err)
	}
	return hook, nil
}

func eventsBehind(ctx context.Context, node *client, after uint64, wait bool) ([]happening, error) {
	var out struct{ Items []happening }
	err := node.call(ctx, "GET", fmt.Sprintf("/v1/events?after=%d&limit=%d&wait=%t", after, eventsAtOnce, wait), nil, &out)
	return out.Items, err
}

// lastEvent is the number of the newest event.
func lastEvent(ctx context.Context, node *client) (uint64, error) {
	var last uint64
	for {
		list, err := eventsBehind(ctx, node, last, false)
		if err != nil || len(list) == 0 {
			return last, err
		}
		last = list[len(list)-1].Seq
	}
}

// pass prints an event and posts it; taken is false when the program did not take it.
func pass(c *cli.Context, hook *webhook.Hook, e *happening) (taken bool, err error) {
	taken, note := true, ""
	if hook != nil {
		e.Status, err = hook.Post(c.Context, fmt.Sprintf("event-%d", e.Seq), eventOf(e))
		if c.Context.Err() != nil {
			return false, c.Context.Err()
		}
		if taken = err == nil; taken {
			note = fmt.Sprintf("  posted, %d", e.Status)
		} else {
			note = "  not taken: " + err.Error()
		}
	}
	if !c.Bool("json") {
		_, err = fmt.Fprintf(os.Stdout, "%d  %s  %s  %s%s\n", e.Seq, when(e.At), printable(e.Kind), printable(e.Subject), printable(note))
		return taken, err
	}
	b, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	if !taken {
		talk(c, "%d%s", e.Seq, printable(note))
	}
	_, err = fmt.Fprintf(os.Stdout, "%s\n", b)
	return taken, err
}

// eventOf is the event as a connection posts it.
func eventOf(e *happening) webhook.Event {
	at := time.UnixMilli(e.At)
	if strings.HasPrefix(e.Kind, "referral.") {
		return webhook.About(e.Kind, protocol.ReferralID(e.Subject), at)
	}
	return webhook.Event{Type: e.Kind, Timestamp: at.UTC().Format(time.RFC3339), Data: webhook.Data{ID: e.Subject}}
}

// goOn says with what number listening goes on.
func goOn(c *cli.Context, after uint64, err error) error {
	next := fmt.Sprintf("Go on with: referworks webhook listen --after %d", after)
	var coded *exitError
	switch {
	case errors.Is(err, context.Canceled):
		talk(c, "%s", next)
		return err
	case errors.As(err, &coded) && coded.code == exitUnreachable:
		return &exitError{coded.code, err, coded.next + "\n" + next}
	}
	return err
}
