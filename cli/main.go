// Command referworks is the node and the way to talk to it: one file a command. It wires everything: the only room
// of the house that knows all media.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // organizations name time zones; not every system has them

	"github.com/urfave/cli/v2"
)

// version is set by the build.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args)
	stop()
	os.Exit(code)
}

// run runs one command line and gives its exit code.
func run(ctx context.Context, args []string) int {
	app := app()
	err := app.RunContext(ctx, arrange(app, args))
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitInterrupted
	}
	fmt.Fprintln(os.Stderr, "referworks:", printable(err.Error()))
	var coded *exitError
	if errors.As(err, &coded) {
		if coded.next != "" {
			fmt.Fprintln(os.Stderr, coded.next)
		}
		return coded.code
	}
	return exitError1
}

func app() *cli.App {
	a := &cli.App{
		Name:                 "referworks",
		Usage:                "hand people over warm: referrals between organizations with different systems",
		Version:              version,
		HideVersion:          true,
		Suggest:              true,
		EnableBashCompletion: true,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Usage: "configuration `FILE` (default: referworks.toml in the data folder)", EnvVars: []string{"REFERWORKS_CONFIG"}},
			&cli.StringFlag{Name: "data", Usage: "data `FOLDER` of the node", EnvVars: []string{"REFERWORKS_DATA"}, Value: "referworks-data"},
			&cli.StringFlag{Name: "org", Usage: "`NAME` or id of the organization, when the node hosts several", EnvVars: []string{"REFERWORKS_ORG"}},
			&cli.BoolFlag{Name: "json", Usage: "print data as JSON"},
			&cli.BoolFlag{Name: "quiet", Usage: "print nothing but data and errors"},
			&cli.BoolFlag{Name: "verbose", Usage: "say more"},
			&cli.BoolFlag{Name: "no-color", Usage: "print without color", EnvVars: []string{"NO_COLOR"}},
			&cli.BoolFlag{Name: "yes", Usage: "answer every question with yes"},
			&cli.DurationFlag{Name: "timeout", Usage: "how long to wait for the node", Value: time.Minute},
		},
		Commands: []*cli.Command{
			initCommand(), serveCommand(), statusCommand(), orgCommand(), partnerCommand(), connectionCommand(),
			mappingCommand(), referralCommand(), waitingCommand(), practiceCommand(), apikeyCommand(), webhookCommand(), userCommand(), verifyCommand(), openapiCommand(), demoCommand(), versionCommand(),
		},
		OnUsageError: usageError,
		CommandNotFound: func(c *cli.Context, name string) {
			fmt.Fprintf(os.Stderr, "referworks: there is no command %q\nList them with: referworks help\n", printable(name))
			os.Exit(exitUsage)
		},
		ExitErrHandler: func(*cli.Context, error) {}, // run prints errors and gives the code
	}
	judgeUsage(a.Commands)
	return a
}

// judgeUsage makes a wrong flag the same error at every command.
func judgeUsage(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = usageError
		judgeUsage(c.Subcommands)
	}
}

// The exit codes, documented in docs/operate.md. They are never renumbered.
const (
	exitOK          = 0
	exitError1      = 1
	exitUsage       = 2
	exitPartly      = 3
	exitNotFound    = 4
	exitNotAllowed  = 5
	exitUnreachable = 6
	exitIntegrity   = 7
	exitNotInit     = 10
	exitRunning     = 11
	exitPassphrase  = 12
	exitInterrupted = 130
)

// exitError is an error with an exit code and the next thing to do.
type exitError struct {
	code int
	err  error
	next string
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func fail(code int, next, format string, args ...any) error {
	return &exitError{code, fmt.Errorf(format, args...), next}
}

func usageError(c *cli.Context, err error, _ bool) error {
	return fail(exitUsage, "See: "+c.App.Name+" "+c.Command.FullName()+" --help", "%w", err)
}

// needArgs checks the number of arguments of a command.
func needArgs(c *cli.Context, n int, what string) error {
	if c.Args().Len() != n {
		return fail(exitUsage, "See: referworks "+c.Command.FullName()+" --help", "%s takes %s", c.Command.FullName(), what)
	}
	return nil
}
