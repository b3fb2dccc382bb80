package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/urfave/cli/v2"
)

// config is referworks.toml. A value is taken from the command line, else from REFERWORKS_…, else from the file,
// else its default.
type config struct {
	Listen       []string `toml:"listen"`        // multiaddresses of the network side
	Announce     []string `toml:"announce"`      // what partners dial, when it differs
	API          string   `toml:"api"`           // address of API and page
	URL          string   `toml:"url"`           // where people open the page
	AllowPrivate bool     `toml:"allow_private"` // bridges may dial private and loopback addresses
	Scan         []string `toml:"scan"`          // command that looks through each file that comes in
	Keys         keys     `toml:"keys"`
	Folders      folders  `toml:"folders"`
	Log          string   `toml:"log"` // debug, info, warn, error

	demo bool // everybody on the node is invented
}

// keys says how the key file is sealed. Secrets come from files, never from flags or this file.
type keys struct {
	PassphraseFile string `toml:"passphrase_file"`
	CredentialFile string `toml:"credential_file"`
}

// folders says where connections may exchange files, beside each organization's own folder in the data.
type folders struct {
	Roots []string `toml:"roots"`
}

func defaults() config {
	return config{
		Listen: []string{"/ip4/0.0.0.0/tcp/7401", "/ip4/0.0.0.0/udp/7401/quic-v1"},
		API:    "127.0.0.1:7480",
		Log:    "info",
	}
}

const configName = "referworks.toml"

// loadConfig reads the configuration; an unknown key is an error, so that a typing error is not silence.
func loadConfig(c *cli.Context) (config, error) {
	cfg := defaults()
	path := c.String("config")
	if path == "" {
		path = filepath.Join(c.String("data"), configName)
	}
	meta, err := toml.DecodeFile(path, &cfg)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !c.IsSet("config"):
		return cfg, fail(exitNotInit, "Make a node first with: referworks init", "there is no node in %s", c.String("data"))
	case err != nil:
		return cfg, fail(exitError1, "Correct the file and try again.", "read %s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return cfg, fail(exitError1, "See docs/operate.md for the settings there are.", "read %s: the setting %q is not known", path, unknown[0])
	}
	for name, set := range map[string]func(string){
		"REFERWORKS_API":             func(v string) { cfg.API = v },
		"REFERWORKS_URL":             func(v string) { cfg.URL = v },
		"REFERWORKS_DEMO":            func(v string) { cfg.demo = v == "true" },
		"REFERWORKS_LISTEN":          func(v string) { cfg.Listen = strings.Fields(v) },
		"REFERWORKS_ANNOUNCE":        func(v string) { cfg.Announce = strings.Fields(v) },
		"REFERWORKS_LOG":             func(v string) { cfg.Log = v },
		"REFERWORKS_SCAN":            func(v string) { cfg.Scan = strings.Fields(v) },
		"REFERWORKS_FOLDERS":         func(v string) { cfg.Folders.Roots = filepath.SplitList(v) },
		"REFERWORKS_ALLOW_PRIVATE":   func(v string) { cfg.AllowPrivate = v == "true" },
		"REFERWORKS_PASSPHRASE_FILE": func(v string) { cfg.Keys.PassphraseFile = v },
		"REFERWORKS_CREDENTIAL_FILE": func(v string) { cfg.Keys.CredentialFile = v },
	} {
		if v, ok := os.LookupEnv(name); ok {
			set(v)
		}
	}
	return cfg, nil
}

// writeConfig writes a fresh configuration with a word on each setting.
func writeConfig(path string, cfg config) error {
	quote := func(list []string) string {
		q := make([]string, len(list))
		for i, s := range list {
			q[i] = fmt.Sprintf("%q", s)
		}
		return "[" + strings.Join(q, ", ") + "]"
	}
	text := fmt.Sprintf(`# Referworks node. docs/operate.md explains each setting.

# Where other nodes reach this one (multiaddresses). Open this port, TCP and UDP, in your firewall.
listen = %s

# What partners are told to dial, when it differs from the above (behind a router, or a name).
announce = %s

# API and page. Keep it on loopback and put a reverse proxy with TLS in front of it for others.
api = %q

# Where people open the page, as a browser shows it, for example "https://referrals.example.org". Sessions and passkeys
# are bound to it. Empty: at the address above.
url = %q

# May bridges dial private and loopback addresses? Case systems in your own network need it.
allow_private = %t

# A command that looks through each file that comes in, given as its standard input: 0 it is clean, 1 it is not. For
# example ["clamdscan", "--no-summary", "-"]. Empty: nobody looks beyond what kind of file it is.
scan = %s

log = %q

[keys]
# How the key file is sealed: a passphrase, or a credential (for example from systemd), in a file. With neither,
# only the file's mode protects it: good for trying out, not for real people's data.
passphrase_file = %q
credential_file = %q

[folders]
# Folders of this machine in which connections may exchange files, beside the one that each organization has in
# folders/ in the data. Whoever sets up connections can read and write there; {organization} in a path stands for the
# organization's id, so that each has its own.
roots = %s
`, quote(cfg.Listen), quote(cfg.Announce), cfg.API, cfg.URL, cfg.AllowPrivate, quote(cfg.Scan), cfg.Log, cfg.Keys.PassphraseFile, cfg.Keys.CredentialFile, quote(cfg.Folders.Roots))
	return os.WriteFile(path, []byte(text), 0o600)
}
