package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
	gomail "github.com/wneessen/go-mail"
)

// dkimKey reads a private key in PEM form: Ed25519, or RSA of 2,048 bits or more.
func dkimKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, err
		}
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return key, nil
	case *rsa.PrivateKey:
		if key.N.BitLen() >= 2048 {
			return key, nil
		}
	}
	return nil, errors.New("neither Ed25519 nor RSA of 2,048 bits")
}

// sign adds a DKIM signature (RFC 6376) of the sender's domain. The mail is written twice, which gives the same bytes:
// once to sign, once to send.
func (m *mailbox) sign(msg *gomail.Msg) error {
	if m.dkimSigner == nil {
		return nil
	}
	var raw, signed bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return err
	}
	_, domain, _ := strings.Cut(m.from, "@")
	err := dkim.Sign(&signed, bytes.NewReader(raw.Bytes()), &dkim.SignOptions{
		Domain: domain, Selector: m.dkimSelector, Signer: m.dkimSigner, HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Mime-Version", "Content-Type", "Auto-Submitted"},
	})
	if err != nil {
		return err
	}
	head, _, _ := strings.Cut(signed.String(), "\r\n"+firstLine(raw.String()))
	_, value, _ := strings.Cut(head, ":")
	msg.SetGenHeaderPreformatted("DKIM-Signature", strings.TrimSpace(value))
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\r\n")
	return line
}
