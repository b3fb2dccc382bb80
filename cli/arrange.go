package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/protocol"
)

// arrange puts a command line into the order that the library wants: global flags, the command, its flags, what it is
// about. People write flags where they think of them: `org create NAME --phone N`, `partner list --json`.
func arrange(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	var global, path, own, rest []string
	var command *cli.Command
	flags, commands := app.Flags, app.Commands
	for i := 1; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			rest = append(rest, args[i+1:]...)
			i = len(args)
		case len(arg) > 1 && arg[0] == '-' && !isHash(arg):
			name, _, whole := strings.Cut(strings.TrimLeft(arg, "-"), "=")
			to, found := &own, find(commandFlags(command), name)
			if found == nil {
				if found = find(flags, name); found != nil {
					to = &global
				}
			}
			*to = append(*to, arg)
			if found != nil && !whole && takesValue(found) && i+1 < len(args) {
				i++
				*to = append(*to, args[i])
			}
		default:
			j := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(arg) })
			if j < 0 || len(rest) > 0 {
				rest = append(rest, arg)
				continue
			}
			command, commands, path = commands[j], commands[j].Subcommands, append(path, arg)
		}
	}
	out := slices.Concat(args[:1], global, path, own)
	if slices.ContainsFunc(rest, func(s string) bool { return len(s) > 1 && s[0] == '-' }) {
		out = append(out, "--")
	}
	return append(out, rest...)
}

// isHash tells an id that is a hash, and may begin with a hyphen, from a flag.
func isHash(arg string) bool {
	var h protocol.Hash
	return h.UnmarshalText([]byte(arg)) == nil
}

func commandFlags(c *cli.Command) []cli.Flag {
	if c == nil {
		return nil
	}
	return c.Flags
}

func find(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	d, ok := f.(cli.DocGenerationFlag)
	return ok && d.TakesValue()
}
