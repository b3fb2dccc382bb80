package rest

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"referworks/bridges"
)

// The secrets with which we prove to a system who we are when the connection begins (mutual TLS), beside any sign-in or in
// the place of one.
const (
	CertificateSetting = "certificate"
	KeySetting         = "certificate-key"
)

// CertificateForm is their part of a form.
func CertificateForm() []bridges.Setting {
	return []bridges.Setting{
		{Name: CertificateSetting, Label: "Our certificate", Help: "PEM, with those between it and its authority below it: only when your system asks for a certificate of ours (mutual TLS).", Type: bridges.Secret},
		{Name: KeySetting, Label: "Private key of our certificate", Help: "PEM, without a passphrase. It stays on this node.", Type: bridges.Secret},
	}
}

// Certificates reads what a connection proves itself with; none when nothing was entered. An error says at which setting, in a
// sentence, and holds nothing of either.
func Certificates(secrets func(string) (string, bool), now time.Time) ([]tls.Certificate, error) {
	if secrets == nil {
		return nil, nil
	}
	certificate, _ := secrets(CertificateSetting)
	key, _ := secrets(KeySetting)
	certificate, key = strings.TrimSpace(certificate), strings.TrimSpace(key)
	switch {
	case certificate == "" && key == "":
		return nil, nil
	case certificate == "":
		return nil, bridges.At(CertificateSetting, errors.New("there is a private key and no certificate of ours: enter both"))
	case key == "":
		return nil, bridges.At(KeySetting, errors.New("there is a certificate of ours and no private key: enter both"))
	}
	if !holds(certificate, "CERTIFICATE") {
		return nil, bridges.At(CertificateSetting, errors.New("our certificate is not in PEM form: it begins with -----BEGIN CERTIFICATE-----"))
	}
	if !holds(key, "PRIVATE KEY") {
		return nil, bridges.At(KeySetting, errors.New("the private key of our certificate is not in PEM form: it begins with -----BEGIN PRIVATE KEY-----"))
	}
	if holds(key, "ENCRYPTED") || strings.Contains(key, "Proc-Type: 4,ENCRYPTED") {
		return nil, bridges.At(KeySetting, errors.New("the private key of our certificate has a passphrase: take it off first, for example with openssl pkey"))
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		return nil, bridges.At(KeySetting, errors.New("our certificate and the private key do not belong together, or one of them is damaged"))
	}
	if pair.Leaf != nil && now.After(pair.Leaf.NotAfter) {
		return nil, bridges.At(CertificateSetting, fmt.Errorf("our certificate ended on %s: get a new one from who gave it", pair.Leaf.NotAfter.UTC().Format(time.DateOnly)))
	}
	return []tls.Certificate{pair}, nil
}

// holds tells whether a text has a PEM block of a sort.
func holds(text, sort string) bool {
	for rest := []byte(text); ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return false
		}
		if strings.Contains(b.Type, sort) {
			return true
		}
	}
}

// unproved reports whether the system ended the attempt because of our certificate. That comes as an alert, in TLS 1.3 only
// after we have written: the system has read nothing of it.
func unproved(err error) bool {
	_, alert, remote := strings.Cut(err.Error(), "remote error: tls: ")
	if !remote {
		return false
	}
	for _, about := range []string{"certificate required", "bad certificate", "unknown certificate", "unsupported certificate", "expired certificate", "revoked certificate", "access denied"} {
		if strings.HasPrefix(alert, about) {
			return true
		}
	}
	return false
}
