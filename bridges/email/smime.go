package email

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

// Object identifiers of RFC 5652, 3560 and 3565.
var (
	oidData      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEnveloped = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	oidOAEP      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
	oidMGF1      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidSHA256    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidAES256CBC = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidEmail     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

// smimeCertificate reads the certificate of a mailbox in PEM form, as it must be for letters to be encrypted to it. Errors
// are sentences for the form.
func smimeCertificate(text, mailbox string) (*x509.Certificate, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("the S/MIME certificate must be in PEM form, with the lines BEGIN CERTIFICATE and END CERTIFICATE, without a private key")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, errors.New("the S/MIME certificate must stand alone; leave the certificates of its authorities and any key out")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errors.New("the S/MIME certificate cannot be read; export it anew in PEM form")
	}
	key, isRSA := c.PublicKey.(*rsa.PublicKey)
	switch {
	case !isRSA || key.N.BitLen() < 2048:
		return nil, errors.New("the S/MIME certificate must hold an RSA key of 2,048 bits or more; ask for one of that kind")
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageKeyEncipherment == 0:
		return nil, errors.New("the S/MIME certificate is for signing only; take the one for encryption")
	case len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny):
		return nil, errors.New("the S/MIME certificate is not for e-mail; take the one of your mailbox")
	case !slices.ContainsFunc(addressesOf(c), func(a string) bool { return strings.EqualFold(a, mailbox) }):
		return nil, errors.New("the S/MIME certificate is for another mailbox than the one that referrals go to; take the one of that mailbox")
	}
	return c, nil
}

// inForce says why a certificate cannot be used at a time.
func inForce(c *x509.Certificate, now time.Time) error {
	switch {
	case now.After(c.NotAfter):
		return errors.New("the S/MIME certificate of the mailbox has expired; put in the new one")
	case now.Before(c.NotBefore):
		return errors.New("the S/MIME certificate of the mailbox is not valid yet; put in the one that is, or wait")
	}
	return nil
}

// addressesOf gives the mailboxes that a certificate is for.
func addressesOf(c *x509.Certificate) []string {
	all := slices.Clone(c.EmailAddresses)
	for _, n := range c.Subject.Names {
		if s, is := n.Value.(string); is && n.Type.Equal(oidEmail) {
			all = append(all, s)
		}
	}
	return all
}

type recipientInfo struct {
	Version   int
	Issued    issuedBy
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
}

type issuedBy struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type envelopedData struct {
	Version    int
	Recipients []recipientInfo `asn1:"set"`
	Content    struct {
		Type      asn1.ObjectIdentifier
		Algorithm pkix.AlgorithmIdentifier
		Bytes     asn1.RawValue
	}
}

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content any `asn1:"explicit,tag:0"`
}

// enveloped encrypts a part of a mail to a certificate: EnvelopedData of RFC 5652, the content with AES-256-CBC, which
// every program for S/MIME reads, its key with RSAES-OAEP and SHA-256 (RFC 3560).
func enveloped(content []byte, to *x509.Certificate) ([]byte, error) {
	public, is := to.PublicKey.(*rsa.PublicKey)
	if !is {
		return nil, errors.New("the certificate holds no RSA key")
	}
	key, iv := make([]byte, 32), make([]byte, aes.BlockSize)
	_, _ = rand.Read(key) // it never fails
	_, _ = rand.Read(iv)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	pad := aes.BlockSize - len(content)%aes.BlockSize // RFC 5652, section 6.3
	sealed := append(bytes.Clone(content), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, key, nil)
	if err != nil {
		return nil, err
	}
	oaep, err := oaepAlgorithm()
	if err != nil {
		return nil, err
	}
	data := envelopedData{Recipients: []recipientInfo{{
		Issued: issuedBy{asn1.RawValue{FullBytes: to.RawIssuer}, to.SerialNumber}, Algorithm: oaep, Key: wrapped,
	}}}
	data.Content.Type = oidData
	data.Content.Algorithm = pkix.AlgorithmIdentifier{Algorithm: oidAES256CBC, Parameters: asn1.RawValue{Tag: asn1.TagOctetString, Bytes: iv}}
	data.Content.Bytes = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, Bytes: sealed}
	return asn1.Marshal(contentInfo{oidEnveloped, data})
}

// oaepAlgorithm is RSAES-OAEP with SHA-256 for its hash and its mask (RFC 4055, section 4.1).
func oaepAlgorithm() (a pkix.AlgorithmIdentifier, err error) {
	hash := pkix.AlgorithmIdentifier{Algorithm: oidSHA256, Parameters: asn1.NullRawValue}
	h, err := asn1.Marshal(hash)
	if err != nil {
		return a, err
	}
	params, err := asn1.Marshal(struct {
		Hash pkix.AlgorithmIdentifier `asn1:"explicit,tag:0"`
		Mask pkix.AlgorithmIdentifier `asn1:"explicit,tag:1"`
	}{hash, pkix.AlgorithmIdentifier{Algorithm: oidMGF1, Parameters: asn1.RawValue{FullBytes: h}}})
	return pkix.AlgorithmIdentifier{Algorithm: oidOAEP, Parameters: asn1.RawValue{FullBytes: params}}, err
}

// encrypt puts the letter, whole, into msg as an encrypted part (RFC 8551, section 3.3). What stands outside of it is what a
// notice shows.
func (m *mailbox) encrypt(msg *gomail.Msg, d bridges.Delivery, words *say, secret string) error {
	inner := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	if err := m.writeLetter(inner, d, words, secret); err != nil {
		return err
	}
	var raw bytes.Buffer
	if _, err := inner.WriteTo(&raw); err != nil {
		return err
	}
	sealed, err := enveloped(onlyContent(raw.Bytes()), m.smime)
	if err != nil {
		return err
	}
	return msg.AttachReader("smime.p7m", bytes.NewReader(sealed), gomail.WithFileContentType("application/pkcs7-mime; smime-type=enveloped-data"), gomail.WithFileEncoding(gomail.EncodingB64))
}

// onlyContent leaves of the header of a mail what says how its body is to be read.
func onlyContent(raw []byte) []byte {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var out bytes.Buffer
	out.WriteString("MIME-Version: 1.0\r\n")
	keep := false
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) > 0 && line[0] != ' ' && line[0] != '\t' {
			keep = bytes.HasPrefix(bytes.ToLower(line), []byte("content-"))
		}
		if keep {
			out.Write(line)
			out.WriteString("\r\n")
		}
	}
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}
