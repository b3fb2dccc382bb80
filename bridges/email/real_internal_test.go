package email

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"referworks/internal/lab"
	"referworks/protocol"
)

// realWorld is Debian's own Postfix and Dovecot, on loopback ports and in a temporary folder.
type realWorld struct {
	dir, pin           string
	smtp, imap, listen int
}

// newRealWorld starts both; make test-real installs them. Postfix starts as root only.
func newRealWorld(t *testing.T) *realWorld {
	t.Helper()
	if os.Getenv("REFERWORKS_REAL") == "" {
		t.Skip("runs against real Postfix and Dovecot with make test-real only")
	}
	if os.Getuid() != 0 {
		t.Skip("Postfix starts as root only")
	}
	for _, program := range []string{"postfix", "dovecot"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	dir, err := os.MkdirTemp("", "referworks-real-") // open to the users that the servers run as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &realWorld{dir: dir}
	for _, port := range []*int{&w.smtp, &w.imap, &w.listen} {
		if *port, err = lab.FreePort(); err != nil {
			t.Fatal(err)
		}
	}
	w.certificate(t)
	const boxes = 5000 // the user that mail is stored as; it needs no name
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "mail"), 0o755))
	must(t, os.Chown(filepath.Join(dir, "mail"), boxes, boxes))
	for _, sub := range []string{"data", "dove", "spool"} {
		must(t, os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	postfix, err := user.Lookup("postfix")
	must(t, err)
	uid, err := strconv.Atoi(postfix.Uid)
	must(t, err)
	must(t, os.Chown(filepath.Join(dir, "data"), uid, -1))
	w.write(t, "boxes", "intake@elm.example elm.example/intake/\n")
	w.write(t, "transport", fmt.Sprintf("node.example smtp:[127.0.0.1]:%d\n", w.listen))
	w.write(t, "main.cf", strings.NewReplacer("DIR", dir, "BOXES", fmt.Sprint(boxes)).Replace(`compatibility_level = 3.6
queue_directory = DIR/spool
data_directory = DIR/data
maillog_file = DIR/postfix.log
maillog_file_prefixes = DIR
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.elm.example
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = node.example
virtual_mailbox_domains = elm.example
virtual_mailbox_maps = texthash:DIR/boxes
virtual_mailbox_base = DIR/mail
virtual_uid_maps = static:BOXES
virtual_gid_maps = static:BOXES
transport_maps = texthash:DIR/transport
smtpd_tls_cert_file = DIR/cert.pem
smtpd_tls_key_file = DIR/key.pem
smtpd_tls_security_level = may
smtp_tls_security_level = encrypt
smtp_dns_support_level = disabled
minimal_backoff_time = 1s
queue_run_delay = 1s
`))
	w.write(t, "master.cf", fmt.Sprintf("127.0.0.1:%d inet n - n - - smtpd\n", w.smtp)+`pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`)
	w.write(t, "dovecot.conf", strings.NewReplacer("DIR", dir, "BOXES", fmt.Sprint(boxes), "PORT", fmt.Sprint(w.imap)).Replace(`protocols = imap
listen = 127.0.0.1
base_dir = DIR/dove
state_dir = DIR/dove
log_path = DIR/dovecot.log
ssl = required
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
mail_location = maildir:DIR/mail/%d/%n
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=BOXES gid=BOXES home=DIR/mail
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = PORT
  }
}
`))
	w.run(t, "postfix", "-c", dir, "start-fg")
	t.Cleanup(func() { _ = exec.Command("postfix", "-c", dir, "stop").Run() })
	w.run(t, "dovecot", "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	for _, port := range []int{w.smtp, w.imap} {
		eventually(t, func() bool {
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *realWorld) write(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644))
}

// run starts a server in the foreground and ends it with the test.
func (w *realWorld) run(t *testing.T, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
		if t.Failed() {
			for _, log := range []string{"postfix.log", "dovecot.log"} {
				b, _ := os.ReadFile(filepath.Join(w.dir, log))
				t.Logf("%s:\n%s", log, b[max(0, len(b)-4000):])
			}
		}
	})
}

func (w *realWorld) certificate(t *testing.T) {
	t.Helper()
	cert, err := selfMade("localhost")
	must(t, err)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	must(t, err)
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	w.pin = hex.EncodeToString(sum[:])
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	must(t, err)
	w.write(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})))
	w.write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// settings are of a connection that sends through Postfix, answers coming back through it too.
func (w *realWorld) settings(more map[string]string) map[string]string {
	all := map[string]string{
		"host": "127.0.0.1", "port": fmt.Sprint(w.smtp), "pin": w.pin, "own-server": "true", "policy": Full, "from": "node@node.example", "to": "intake@elm.example",
		"listen": fmt.Sprintf("127.0.0.1:%d", w.listen), "tls-only": "true", "provider": "mx.provider.example",
	}
	for k, v := range more {
		all[k] = v
	}
	return all
}

func (w *realWorld) send(t *testing.T, from, to, mail string) {
	t.Helper()
	c, err := smtp.Dial(fmt.Sprintf("127.0.0.1:%d", w.smtp))
	must(t, err)
	defer func() { _ = c.Close() }()
	must(t, errors.Join(c.Mail(from), c.Rcpt(to)))
	data, err := c.Data()
	must(t, err)
	_, err = data.Write([]byte(mail))
	must(t, errors.Join(err, data.Close()))
}

// A letter through Postfix lies in Dovecot's mailbox; the answer comes back through Postfix to the node.
func TestRealLetterAndAnswer(t *testing.T) {
	w := newRealWorld(t)
	m, n := boxOf(t, w.settings(nil)), newNode()
	m.dns = names{}
	run(t, m, n.accept)
	out, err := m.Deliver(t.Context(), sample())
	must(t, err)
	var files []string
	eventually(t, func() bool {
		files, _ = filepath.Glob(filepath.Join(w.dir, "mail/elm.example/intake/new/*"))
		return len(files) == 1
	})
	raw, err := os.ReadFile(files[0])
	must(t, err)
	l, err := m.readers.read(raw)
	must(t, err)
	if in := l.inbound(raw, readAll); in.Document.Format != "json" || !strings.Contains(string(in.Document.Bytes), canary) {
		t.Errorf("the letter reads back as %s, %s", in.Document.Format, in.Unread)
	}
	answer := addresses(l.header["Reply-To"])[0]
	w.send(t, "worker@elm.example", answer, "From: worker@elm.example\r\nTo: "+answer+"\r\nSubject: Re: referral\r\n\r\nAccept: we call on Monday\r\n\r\nOn Monday, Node wrote:\r\n> decline\r\n")
	n.wait(t)
	in := n.one(t)
	if in.Unread != "" || in.News == nil || in.News.Kind != protocol.KindAccept || in.News.Reference != out.Reference || in.News.Step.Text != "we call on Monday" {
		t.Errorf("unread %q, news %+v", in.Unread, in.News)
	}
}

// A letter for a mailbox that is not there comes back from Postfix as a report, beside its referral.
func TestRealBounce(t *testing.T) {
	w := newRealWorld(t)
	m, n := boxOf(t, w.settings(map[string]string{"to": "nobody@node.example"})), newNode()
	m.dns = names{}
	run(t, m, n.accept)
	out, err := m.Deliver(t.Context(), sample())
	must(t, err)
	n.wait(t)
	in := n.one(t)
	if in.News == nil || in.News.Reference != out.Reference || !strings.Contains(in.Unread, "came back (code 5.1.1)") {
		t.Errorf("unread %q, news %+v", in.Unread, in.News)
	}
}

// Mail in Dovecot's mailbox is taken once, told by IDLE, and put away.
func TestRealIMAP(t *testing.T) {
	w := newRealWorld(t)
	m, n := boxOf(t, w.settings(map[string]string{"inbox": "imap", "imap-host": "127.0.0.1", "imap-port": fmt.Sprint(w.imap), "imap-user": "intake@elm.example", "imap-pin": w.pin, "imap-processed": "Referworks", "imap-seconds": "3600"})), newNode()
	m.dns = names{}
	stop := startSource(t, m, n.accept)
	for i := range 3 { // the second and third find a source that waits
		w.send(t, "intake@harbor.example", "intake@elm.example", byProvider(fmt.Sprint(i)))
		n.wait(t)
	}
	eventually(t, func() bool {
		done, _ := filepath.Glob(filepath.Join(w.dir, "mail/elm.example/intake/.Referworks/*/*.*"))
		return len(done) >= 3
	})
	stop()
	for _, in := range n.all() {
		if in.Unread != "" || in.Document.Format != "json" {
			t.Errorf("unread %q, %s", in.Unread, in.Document.Format)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := m.Test(ctx); err != nil {
		t.Errorf("the connection's test: %v", err)
	}
}
