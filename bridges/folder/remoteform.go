package folder

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/net/idna"

	"referworks/bridges"
)

func remoteForm() []bridges.Setting {
	return []bridges.Setting{
		{Name: "host", Label: "Server", Help: "Its name, for example files.example.org.", Type: bridges.String, Required: true},
		{Name: "port", Label: "Port", Type: bridges.Integer, Default: "22"},
		{Name: "user", Label: "User name", Type: bridges.String, Required: true},
		{Name: "password", Label: "Password", Help: "Or a key.", Type: bridges.Secret},
		{Name: "key", Label: "Private key", Help: "In PEM or OpenSSH form; its public half is known to the server.", Type: bridges.Secret},
		{Name: "passphrase", Label: "Passphrase of the key", Help: "When the key has one.", Type: bridges.Secret},
		{Name: "fingerprint", Label: "Fingerprint of the server", Help: "Beginning with SHA256:. Leave it empty and test the connection: the test shows it. Compare it with whoever runs the server, then enter it; before that nothing is exchanged. Two, with a comma between, while the server changes its key.", Type: bridges.String},
		{Name: "folder", Label: "Folder", Help: "On the server, for example /exchange/referworks. Empty: where the server puts us.", Type: bridges.String},
		{Name: "timeout", Label: "Time-out", Help: "Seconds to wait for the server at each step.", Type: bridges.Integer, Default: "60"},
	}
}

// remoteSettings say how a server is reached.
type remoteSettings struct {
	address string
	client  ssh.ClientConfig
	pins    []string
	folder  string
	timeout time.Duration
	guard   bridges.Guard
	log     *slog.Logger
}

func parseRemote(cfg bridges.Config) (*remoteSettings, error) {
	form := remoteForm()
	get := func(name string) string { return setting(cfg, form, name) }
	s := &remoteSettings{folder: get("folder"), guard: bridges.Guard{AllowPrivate: cfg.AllowPrivate}, log: cfg.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var problems []error
	host, err := idna.Lookup.ToASCII(get("host"))
	if err != nil || host == "" || strings.ContainsAny(host, "/:@ ") {
		problems = append(problems, errors.New("the server must be a host name like files.example.org, without port or path"))
	}
	port, err := number(cfg, form, "port", 1, 65_535)
	problems = append(problems, err)
	s.address = net.JoinHostPort(host, strconv.Itoa(port))
	seconds, err := number(cfg, form, "timeout", 1, 300)
	problems = append(problems, err)
	s.timeout = time.Duration(seconds) * time.Second
	if strings.ContainsAny(s.folder, "\x00\r\n") || s.folder != "" && path.Clean(s.folder) != strings.TrimRight(s.folder, "/") && s.folder != "/" {
		problems = append(problems, errors.New("the folder must be a plain path like /exchange/referworks"))
	}
	for _, pin := range strings.FieldsFunc(get("fingerprint"), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
		if !strings.HasPrefix(pin, "SHA256:") || len(pin) != len("SHA256:")+43 {
			problems = append(problems, errors.New("the fingerprint must begin with SHA256: and have 43 characters after it, as the test shows it and as ssh-keygen -l prints it"))
			break
		}
		s.pins = append(s.pins, pin)
	}
	auth, err := signIn(cfg)
	problems = append(problems, err)
	if get("user") == "" {
		problems = append(problems, errors.New("the user name is missing"))
	}
	s.client = ssh.ClientConfig{User: get("user"), Auth: auth, Timeout: s.timeout, ClientVersion: "SSH-2.0-Referworks"}
	return s, errors.Join(problems...)
}

// signIn gives the ways to sign in: the key, then the password, which a server may also ask for as a question.
func signIn(cfg bridges.Config) ([]ssh.AuthMethod, error) {
	secret := func(name string) string {
		if cfg.Secrets == nil {
			return ""
		}
		if v, ok := cfg.Secrets(name); ok {
			return v
		}
		return ""
	}
	var all []ssh.AuthMethod
	if key := secret("key"); key != "" {
		var signer ssh.Signer
		var err error
		if phrase := secret("passphrase"); phrase != "" {
			signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(key), []byte(phrase))
		} else {
			signer, err = ssh.ParsePrivateKey([]byte(key))
		}
		var locked *ssh.PassphraseMissingError
		switch {
		case errors.As(err, &locked):
			return nil, errors.New("the private key has a passphrase: enter it too")
		case err != nil:
			return nil, errors.New("the private key cannot be read: it must be a whole key in PEM or OpenSSH form, and the passphrase must be the right one")
		}
		all = append(all, ssh.PublicKeys(signer))
	}
	if password := secret("password"); password != "" {
		all = append(all, ssh.Password(password), ssh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
			if len(questions) == 0 {
				return nil, nil
			}
			if len(questions) != 1 || echos[0] {
				return nil, fmt.Errorf("the server asks %d questions and not for a password", len(questions))
			}
			return []string{password}, nil
		}))
	}
	if len(all) == 0 {
		return nil, errors.New("a password or a private key is missing")
	}
	return all, nil
}
