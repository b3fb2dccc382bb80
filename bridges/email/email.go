// Package email hands documents to an organization's own mailbox: a letter in the organization's own field names,
// with the mapped record attached. Mail coming in, and the page behind a notice, belong to a later version.
//
// Three policies say how much a mail may show: notice (a link, nothing else), summary, full. A full letter goes only
// to a server that the administrator declared to be the organization's own, over TLS with a pinned certificate; a
// connection whose policy cannot be honored sends nothing and says why.
//
// A mail server's answer means that the mail was handed over, not that anybody has it. When the answer got lost the
// mail goes out again with the same Message-ID: for a person, twice is better than never.
package email

import "referworks/bridges"

// The content policies. Their names are final.
const (
	Notice  = "notice"
	Summary = "summary"
	Full    = "full"
)

const (
	startTLS = "starttls"
	implicit = "implicit"
)

// Kind describes the medium.
func Kind() bridges.Kind {
	return bridges.Kind{
		Name: "email", Title: "E-mail to your own mailbox", Letters: true, Settings: form(),
		New: func(cfg bridges.Config) (any, error) { return open(cfg) },
	}
}

func form() []bridges.Setting {
	return []bridges.Setting{
		{Name: "host", Label: "Mail server", Help: "The server that takes mail for you, for example mail.example.org.", Type: bridges.String, Required: true},
		{Name: "port", Label: "Port", Help: "587 with STARTTLS, 465 with TLS from the start.", Type: bridges.Integer, Default: "587"},
		{Name: "tls", Label: "Encryption", Help: "How the connection is encrypted. It always is.", Type: bridges.Choice, Choices: []string{startTLS, implicit}, Default: startTLS},
		{Name: "from", Label: "Sender address", Help: "An address that your server lets this node send from.", Type: bridges.String, Required: true},
		{Name: "to", Label: "Your mailbox", Help: "Referrals for you arrive here.", Type: bridges.String, Required: true},
		{Name: "user", Label: "User name", Help: "Empty when your server asks for none.", Type: bridges.String},
		{Name: "password", Label: "Password", Type: bridges.Secret},
		{Name: "policy", Label: "What the mail may show", Help: "full: the whole letter, only to your own server.", Type: bridges.Choice, Choices: []string{Notice, Summary, Full}, Default: Notice},
		{Name: "own-server", Label: "This mail server is ours", Help: "Say yes only when your organization runs the server and the mailbox stays on it.", Type: bridges.Boolean, Default: "false"},
		{Name: "pin", Label: "Certificate pin", Help: "SHA-256 of the server's public key or of its certificate, in base64 or hexadecimal. Full letters need it, or the certificate authority below.", Type: bridges.String},
		{Name: "ca", Label: "Certificate authority", Help: "The certificate, in PEM form, of your own authority that signed the server's certificate. No other is trusted then.", Type: bridges.Text},
		{Name: "timeout", Label: "Time-out", Help: "Seconds to wait for the server, at most 300.", Type: bridges.Integer, Default: "60"},
	}
}
