package email

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
)

// person is the certificate of a mailbox with its key, as PEM.
func person(t *testing.T, key crypto.Signer, change func(*x509.Certificate)) (cert, private string) {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "Intake"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, EmailAddresses: []string{"Intake@elm.example"},
	}
	if change != nil {
		change(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kept}))
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	if bits < 2048 {
		t.Setenv("GODEBUG", "rsa1024min=0")
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// decrypted decrypts a mail as a program for S/MIME does: OpenSSL.
func decrypted(t *testing.T, raw []byte, cert, key string) ([]byte, error) {
	t.Helper()
	dir := t.TempDir()
	for name, b := range map[string][]byte{"mail": raw, "cert.pem": []byte(cert), "key.pem": []byte(key)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("openssl", "cms", "-decrypt", "-in", "mail", "-recip", "cert.pem", "-inkey", "key.pem")
	c.Dir = dir
	return c.Output()
}

// A full letter is encrypted to the certificate of the mailbox, whatever server takes it: what the server sees shows
// nothing, and OpenSSL reads with the key what our own parser then reads as the letter.
func TestSMIME(t *testing.T) {
	cert, key := person(t, rsaKey(t, 2048), nil)
	s := startSMTP(t)
	m := outBox(t, s, map[string]string{"policy": Full, "smime": cert}) // neither declared ours nor proven
	var told error
	m.health = func(err error) { told = err }
	_, raw, out := deliver(t, m, s, sample())
	if told != nil || !strings.Contains(out.Detail, "as a full") {
		t.Errorf("%+v, %v", out, told)
	}
	for _, not := range []string{canary, "Guardianship", "Harbor", "referral.json"} {
		if bytes.Contains(raw.Data, []byte(not)) {
			t.Errorf("%q is in the clear in\n%s", not, raw.Data)
		}
	}
	if !bytes.Contains(raw.Data, []byte("application/pkcs7-mime; smime-type=enveloped-data")) || bytes.Contains(raw.Data, []byte("multipart/")) {
		t.Errorf("not what RFC 8551 says:\n%s", raw.Data)
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not here: nothing else than our own code has read the letter")
	}
	inner, err := decrypted(t, raw.Data, cert, key)
	if err != nil {
		t.Fatalf("openssl cannot read it: %v", err)
	}
	l, err := m.readers.read(append([]byte("From: node@node.example\r\n"), inner...))
	if err != nil {
		t.Fatal(err)
	}
	if d, unread := l.document(readAll); unread != "" || !bytes.Equal(d.Bytes, sample().Document.Bytes) || !strings.Contains(l.text, "Guardianship <b>") || !strings.Contains(l.html, canary) {
		t.Errorf("the letter is %q, %s, %s", unread, d.Bytes, l.text)
	}
	other, otherKey := person(t, rsaKey(t, 2048), nil)
	if inner, err := decrypted(t, raw.Data, other, otherKey); err == nil && bytes.Contains(inner, []byte(canary)) {
		t.Error("another key reads it")
	}
	if _, again, _ := deliver(t, m, s, sample()); bytes.Contains(again.Data, raw.Data[len(raw.Data)/2:]) {
		t.Error("two letters are encrypted alike")
	}
}

// Contents of every length around a block come back.
func TestEnvelopedLengths(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not here: nothing else than our own code has read contents of these lengths")
	}
	cert, key := person(t, rsaKey(t, 2048), nil)
	c, err := smimeCertificate(cert, "intake@elm.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 15, 16, 17, 100_000} {
		want := bytes.Repeat([]byte("x"), n)
		der, err := enveloped(want, c)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for name, b := range map[string][]byte{"der": der, "cert.pem": []byte(cert), "key.pem": []byte(key)} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.Command("openssl", "cms", "-decrypt", "-inform", "DER", "-in", "der", "-recip", "cert.pem", "-inkey", "key.pem", "-binary")
		run.Dir = dir
		if got, err := run.Output(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d: %v", n, len(got), err)
		}
	}
}

// A certificate that would not do is refused at its place in the form, with what to do.
func TestSMIMECertificates(t *testing.T) {
	key := rsaKey(t, 2048)
	good, private := person(t, key, nil)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := func(key crypto.Signer, change func(*x509.Certificate)) string {
		c, _ := person(t, key, change)
		return c
	}
	for name, c := range map[string]struct{ pem, want string }{
		"good": {good, ""},
		"in subject": {of(key, func(c *x509.Certificate) {
			c.EmailAddresses = nil
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: oidEmail, Value: "intake@elm.example"}}
		}), ""},
		"no PEM":         {"MIIC", "PEM form"},
		"a key":          {private, "PEM form"},
		"with its key":   {good + private, "stand alone"},
		"damaged":        {strings.Replace(good, "MII", "AAA", 1), "cannot be read"},
		"expired":        {of(key, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "expired"},
		"not yet":        {of(key, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), "not valid yet"},
		"another's":      {of(key, func(c *x509.Certificate) { c.EmailAddresses = []string{"other@elm.example"} }), "another mailbox"},
		"nobody's":       {of(key, func(c *x509.Certificate) { c.EmailAddresses = nil }), "another mailbox"},
		"signing only":   {of(key, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), "signing only"},
		"a web server's": {of(key, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), "not for e-mail"},
		"a curve":        {of(curve, nil), "RSA key"},
		"short":          {of(rsaKey(t, 1024), nil), "2,048 bits"},
	} {
		err := freshly(map[string]string{"policy": Full, "smime": c.pem})
		var wrong *bridges.Wrong
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.As(err, &wrong) || wrong.Setting != "smime" || !strings.Contains(wrong.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func freshly(more map[string]string) error {
	all := map[string]string{"host": "mail.elm.example", "from": "node@elm.example", "to": "intake@elm.example"}
	for k, v := range more {
		all[k] = v
	}
	_, err := open(bridges.Config{Settings: all, Fresh: true}, &servers{})
	return err
}

// One that expires later stops nothing but full letters: a notice goes out, and the connection says why.
func TestSMIMEExpiresLater(t *testing.T) {
	cert, _ := person(t, rsaKey(t, 2048), nil)
	s := startSMTP(t)
	host, port, _ := net.SplitHostPort(s.Addr())
	m, err := open(bridges.Config{
		Settings:     map[string]string{"host": host, "port": port, "pin": s.Pin(), "from": "node@node.example", "to": "intake@elm.example", "policy": Full, "own-server": "true", "smime": cert},
		Again:        func(context.Context, string) (bridges.Delivery, error) { return sample(), nil },
		AllowPrivate: true, Address: "https://node.example/c/x", Now: func() time.Time { return time.Now().Add(48 * time.Hour) },
	}, &servers{})
	if err != nil {
		t.Fatalf("a connection of yesterday does not open: %v", err)
	}
	var told error
	m.health = func(err error) { told = err }
	l, raw, _ := deliver(t, m, s, sample())
	if told == nil || !strings.Contains(told.Error(), "expired") {
		t.Errorf("the connection says %v", told)
	}
	if bytes.Contains(raw.Data, []byte(canary)) || !strings.Contains(l.text, "https://node.example/c/x/") {
		t.Errorf("what left is\n%s", raw.Data)
	}
}
