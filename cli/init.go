package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fmt"

	"github.com/urfave/cli/v2"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "make a node: its folder, its configuration, its keys",
		Description: "Nothing runs afterwards; start the node with: referworks serve",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "listen", Usage: "`MULTIADDRESS` where other nodes reach this one (repeat; default: port 7401, TCP and UDP, everywhere)"},
			&cli.StringFlag{Name: "api", Usage: "`ADDRESS` of API and page", Value: "127.0.0.1:7480"},
			&cli.BoolFlag{Name: "allow-private", Usage: "bridges may dial private and loopback addresses"},
			&cli.StringFlag{Name: "passphrase-file", Usage: "`FILE` with the passphrase that seals the key file"},
			&cli.StringFlag{Name: "credential-file", Usage: "`FILE` with a credential that seals the key file"},
		},
		Action: initNode,
	}
}

func initNode(c *cli.Context) error {
	data := c.String("data")
	path := filepath.Join(data, configName)
	if _, err := os.Stat(path); err == nil {
		return fail(exitError1, "Start it with: referworks serve --data "+data, "there is a node in %s already", data)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cfg := defaults()
	if l := c.StringSlice("listen"); len(l) > 0 {
		cfg.Listen = l
	}
	cfg.API, cfg.AllowPrivate = c.String("api"), c.Bool("allow-private")
	for flag, set := range map[string]*string{"passphrase-file": &cfg.Keys.PassphraseFile, "credential-file": &cfg.Keys.CredentialFile} {
		if v := c.String(flag); v != "" {
			abs, err := filepath.Abs(v)
			if err != nil {
				return err
			}
			*set = abs
		}
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	peer, err := prepare(c.Context, data, cfg)
	if err != nil {
		return err
	}
	// The configuration comes last: a folder with it is a whole node.
	if err := writeConfig(path, cfg); err != nil {
		return err
	}
	if cfg.Keys == (keys{}) {
		talk(c, "The key file is protected by its file mode only. That is good for trying out. For real people's data,\nseal it: see docs/operate.md, \"Keys\".")
	}
	return show(c, mustJSON(map[string]any{"data": data, "peer": peer, "config": path}), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "The node is made in %s.\nNext: referworks serve --data %s\nThen: referworks org create \"Your organization\"\n", data, data)
		return err
	})
}
