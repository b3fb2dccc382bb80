package rest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/rest"
)

// authority signs certificates for clients.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plan := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Sample authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, plan, plan, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{c, key}
}

// client gives a certificate with its key, in PEM form.
func (a *authority) client(t *testing.T, until time.Time) (certificate, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plan := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "elm"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, plan, a.certificate, k.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

// demanding is a server that talks to nobody without a certificate of an authority.
func demanding(t *testing.T, a *authority, version uint16) (s *httptest.Server, asked *int) {
	t.Helper()
	asked = new(int)
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		if len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != "elm" {
			http.Error(w, "who?", http.StatusTeapot)
			return
		}
		w.Header().Set("Location", "/cases/4711")
		w.WriteHeader(http.StatusCreated)
	}))
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: version}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, asked
}

// A system that asks for a certificate gets ours; one that it does not want, or none, is a sentence that says so and no
// unknown state, and nothing was taken there.
func TestMutualTLS(t *testing.T) {
	good := newAuthority(t)
	certificate, key := good.client(t, time.Now().Add(time.Hour))
	strange, strangeKey := newAuthority(t).client(t, time.Now().Add(time.Hour))
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		s, asked := demanding(t, good, version)
		ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
		deliver := func(auth string, secrets map[string]string) (bridges.Outcome, error) {
			b, err := rest.Kind().New(bridges.Config{Settings: map[string]string{"url": s.URL, "auth": auth, "ca": ca}, AllowPrivate: true, Secrets: func(n string) (string, bool) { v, ok := secrets[n]; return v, ok }})
			if err != nil {
				t.Fatalf("TLS %s: %v", name, err)
			}
			return b.(bridges.Sink).Deliver(t.Context(), bridges.Delivery{Key: "k", Reference: "RW-1", Attempt: 1, Document: bridges.Document{Format: "json", MediaType: "application/json", Bytes: []byte(`{}`)}})
		}
		out, err := deliver("mtls", map[string]string{"certificate": certificate, "certificate-key": key})
		if err != nil || out.Reference != "4711" || *asked != 1 {
			t.Errorf("TLS %s: %v, %+v, %d asked", name, err, out, *asked)
		}
		for what, secrets := range map[string]map[string]string{"another authority's": {"certificate": strange, "certificate-key": strangeKey}, "none": nil} {
			_, err := deliver("none", secrets)
			var be *bridges.Error
			if !errors.As(err, &be) || be.Class != bridges.Hold || !strings.Contains(be.Sentence, "certificate of ours") || *asked != 1 {
				t.Errorf("TLS %s, %s: %v (%v), %d asked", name, what, err, errors.Unwrap(err), *asked)
			}
		}
	}
}

// What is wrong with a certificate is said at its place in the form, and nothing of it stands in the sentence.
func TestCertificatesAreChecked(t *testing.T) {
	a := newAuthority(t)
	certificate, key := a.client(t, time.Now().Add(time.Hour))
	_, other := a.client(t, time.Now().Add(time.Hour))
	ended, endedKey := a.client(t, time.Now().Add(-time.Hour))
	encrypted := "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
	for name, c := range map[string]struct{ certificate, key, at, says string }{
		"no key":         {certificate, "", "certificate-key", "no private key"},
		"no certificate": {"", key, "certificate", "no certificate"},
		"no PEM":         {"s3cret", key, "certificate", "-----BEGIN CERTIFICATE-----"},
		"the wrong way":  {key, certificate, "certificate", "-----BEGIN CERTIFICATE-----"},
		"key no PEM":     {certificate, "s3cret", "certificate-key", "-----BEGIN PRIVATE KEY-----"},
		"passphrase":     {certificate, encrypted, "certificate-key", "passphrase"},
		"another key":    {certificate, other, "certificate-key", "do not belong together"},
		"ended":          {ended, endedKey, "certificate", "ended on"},
		"mtls alone":     {"", "", "certificate", "needs a certificate"},
	} {
		secrets := map[string]string{"certificate": c.certificate, "certificate-key": c.key}
		_, err := rest.Kind().New(bridges.Config{Settings: map[string]string{"url": "https://cases.example.org", "auth": "mtls"}, Secrets: func(n string) (string, bool) { v, ok := secrets[n]; return v, ok }})
		var wrong *bridges.Wrong
		if !errors.As(err, &wrong) || wrong.Setting != c.at || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
