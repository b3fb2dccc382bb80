package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"referworks/node/exchange"
)

// scanTime is how long a scanner may take for one file.
const scanTime = 5 * time.Minute

// scanner runs a command for each file that comes in, with the file as its standard input and without a shell. It follows
// the virus scanners' custom: 0 nothing was found, 1 something was, anything else means that nobody looked.
func scanner(command []string) exchange.Scanner {
	if len(command) == 0 {
		return nil
	}
	return func(ctx context.Context, content io.Reader) (found bool, err error) {
		ctx, cancel := context.WithTimeout(ctx, scanTime)
		defer cancel()
		run := exec.CommandContext(ctx, command[0], command[1:]...)
		run.Stdin = content
		err = run.Run()
		var ended *exec.ExitError
		switch {
		case err == nil:
			return false, nil
		case errors.As(err, &ended) && ended.ExitCode() == 1:
			return true, nil
		}
		return false, fmt.Errorf("the scanner %s did not look: %w", command[0], err)
	}
}
