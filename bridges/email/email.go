// Package email is mail both ways. Out: a letter to an organization's own mailbox in the organization's own field names,
// with the mapped record attached. In: a mail server and the folder of a mailbox, whose mail is read as documents, as
// answers to our letters, or is put before a person, whole; nothing that was taken is dropped.
//
// Three policies say how much a mail may show: notice (a link, nothing else), summary, full. A full letter goes only
// to a server that the administrator declared to be the organization's own, over TLS with a pinned certificate, or to one
// that the mailbox's domain proves by MTA-STS; otherwise a notice goes out and the connection says why. The page behind a
// link opens with a code that is mailed to the same mailbox.
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

// How mail comes in.
const (
	byNone = "none"
	bySMTP = "smtp"
	byIMAP = "imap"
)

// Kind describes the medium.
func Kind() bridges.Kind {
	all := &servers{} // connections of one node share the servers that they listen with
	readers := newWorkers(2)
	return bridges.Kind{
		Name: "email", Title: "E-mail", Letters: true, Group: bridges.Mail, Ways: []string{"both", "in", "out"},
		Help:     "Each referral for you becomes an e-mail in your own mailbox, and what you send by e-mail becomes a referral. You need the names of your mail servers, and user names and passwords for them.",
		Settings: form(), Show: readers.show,
		New: func(cfg bridges.Config) (any, error) { return open(cfg, all) },
	}
}

// comesIn lets a setting count only when mail comes in that way, or in any.
func comesIn(ways ...string) *bridges.When {
	if len(ways) == 0 {
		ways = []string{bySMTP, byIMAP}
	}
	return &bridges.When{Setting: "inbox", Is: ways}
}

func form() []bridges.Setting {
	return []bridges.Setting{
		{Name: "host", Label: "Mail server", Help: "The server that takes mail for you, for example mail.example.org.", Type: bridges.String, Required: true},
		{Name: "port", Label: "Port", Help: "587 with STARTTLS, 465 with TLS from the start.", Type: bridges.Integer, Default: "587"},
		{Name: "tls", Label: "Encryption", Help: "How the connection is encrypted. It always is.", Type: bridges.Choice, Choices: []string{startTLS, implicit}, Default: startTLS},
		{Name: "from", Label: "Sender address", Help: "An address that your server lets this node send from.", Type: bridges.String, Required: true},
		{Name: "to", Label: "Your mailbox", Help: "Referrals for you arrive here.", Type: bridges.String, Required: true},
		{Name: "user", Label: "User name", Help: "Empty when your server asks for none.", Type: bridges.String},
		{Name: "password", Label: "Password", Help: "Empty with OAuth, below.", Type: bridges.Secret, When: &bridges.When{Setting: "user"}},
		{Name: "policy", Label: "What the mail may show", Help: "notice: a link, no name and no need. summary: who referred and what is plain besides. full: the whole letter, only to your own server, or where the mailbox's domain proves encryption (MTA-STS), or encrypted to the certificate below; else a notice goes out.", Type: bridges.Choice, Choices: []string{Notice, Summary, Full}, Default: Notice},
		{Name: "smime", Label: "S/MIME certificate of your mailbox", Help: "In PEM form, with an RSA key. Full letters are then encrypted to it, whatever servers they pass; only who has its private key can read them.", Type: bridges.Text, When: &bridges.When{Setting: "policy", Is: []string{Full}}},
		{Name: "own-server", Label: "This mail server is ours", Help: "Say yes only when your organization runs the server and the mailbox stays on it.", Type: bridges.Boolean, Default: "false"},
		{Name: "pin", Label: "Certificate pin", Help: "SHA-256 of the server's public key or of its certificate, in base64 or hexadecimal. Full letters need it, or the certificate authority below.", Type: bridges.String},
		{Name: "ca", Label: "Certificate authority", Help: "The certificate, in PEM form, of your own authority that signed the server's certificate. No other is trusted then.", Type: bridges.Text},
		{Name: "timeout", Label: "Time-out", Help: "Seconds to wait for the server, at most 300.", Type: bridges.Integer, Default: "60"},
		{Name: "language", Label: "Language of short mails", Help: "Letters have the language of their mapping.", Type: bridges.Choice, Choices: []string{"en", "es"}, Default: "en"},
		{Name: "verp", Label: "Own return path for each mail", Help: "Reports of mail that cannot be delivered find their referral. Needs an address for incoming mail in the domain of the sender address; no, when your server sends only from the sender address itself.", Type: bridges.Boolean, Default: "true", When: comesIn()},
		{Name: "dkim-selector", Label: "DKIM selector", Help: "Empty when your mail server signs by itself, as most do.", Type: bridges.String},
		{Name: "dkim-key", Label: "DKIM private key", Help: "In PEM form; its public half stands in DNS below the selector.", Type: bridges.Secret, When: &bridges.When{Setting: "dkim-selector"}},
		{Name: "inbox", Label: "How mail comes in", Help: "none: no mail comes in. smtp: this node is the mail server of an address. imap: mail is fetched from a mailbox.", Type: bridges.Choice, Choices: []string{byNone, bySMTP, byIMAP}, Default: byNone},
		{Name: "address", Label: "Address for incoming mail", Help: "Mail for this address is read here, with anything behind a plus sign too: refer+anything@example.org. Answers to our letters go there.", Type: bridges.String, When: comesIn()},
		{Name: "senders", Label: "Whose mail may be read by itself", Help: "One a line: an address, or @example.org for a whole domain. It must also be proven (SPF or DKIM). All other mail waits for a person.", Type: bridges.Text, When: comesIn()},
		{Name: "read", Label: "What is read", Help: "A file in JSON, XML or CSV, else lines and tables with labels; or only one of the two.", Type: bridges.Choice, Choices: []string{readAll, readFile, readText}, Default: readAll, When: comesIn()},
		{Name: "per-hour", Label: "Mails of one sender in an hour", Help: "More are asked to come later.", Type: bridges.Integer, Default: "600", When: comesIn()},
		{Name: "provider", Label: "Name of your provider in Authentication-Results", Help: "The first word of that header line in a mail that you got, for example mx.google.com. What it found then counts. Leave it empty when you do not know.", Type: bridges.String, When: comesIn()},
		{Name: "listen", Label: "The node's mail server listens at", Help: "For smtp: address and port. Connections with the same one share it.", Type: bridges.String, Default: "0.0.0.0:2525", When: comesIn(bySMTP)},
		{Name: "tls-only", Label: "Refuse mail without encryption", Type: bridges.Boolean, Default: "true", When: comesIn(bySMTP)},
		{Name: "certificate", Label: "The mail server's certificate", Help: "With its chain, in PEM form. Empty: one that the node makes for itself, which other mail servers take.", Type: bridges.Text, When: comesIn(bySMTP)},
		{Name: "certificate-key", Label: "The key of that certificate", Type: bridges.Secret, When: comesIn(bySMTP)},
		{Name: "imap-host", Label: "Mailbox server", Help: "For imap: for example outlook.office365.com or imap.gmail.com.", Type: bridges.String, When: comesIn(byIMAP)},
		{Name: "imap-port", Label: "Port of the mailbox server", Type: bridges.Integer, Default: "993", When: comesIn(byIMAP)},
		{Name: "imap-tls", Label: "Encryption of the mailbox server", Type: bridges.Choice, Choices: []string{startTLS, implicit}, Default: implicit, When: comesIn(byIMAP)},
		{Name: "imap-pin", Label: "Certificate pin of the mailbox server", Help: "As above; empty for a certificate that browsers would take.", Type: bridges.String, When: comesIn(byIMAP)},
		{Name: "imap-user", Label: "User name of the mailbox", Type: bridges.String, When: comesIn(byIMAP)},
		{Name: "imap-password", Label: "Password of the mailbox", Help: "Empty with OAuth.", Type: bridges.Secret, When: comesIn(byIMAP)},
		{Name: "imap-folder", Label: "Folder that is read", Type: bridges.String, Default: "INBOX", When: comesIn(byIMAP)},
		{Name: "imap-processed", Label: "Folder for what was taken", Help: "Mail is moved there after it is safe here. Empty: it stays and is marked as read.", Type: bridges.String, When: comesIn(byIMAP)},
		{Name: "imap-seconds", Label: "Look for new mail every", Help: "Seconds, at least 5. Servers that tell by themselves are faster.", Type: bridges.Integer, Default: "300", When: comesIn(byIMAP)},
		{Name: "oauth-url", Label: "OAuth token address", Help: "Where Microsoft 365 or Google gives access instead of a password: https://login.microsoftonline.com/TENANT/oauth2/v2.0/token or https://oauth2.googleapis.com/token.", Type: bridges.URL},
		{Name: "oauth-client", Label: "OAuth client id", Type: bridges.String, When: &bridges.When{Setting: "oauth-url"}},
		{Name: "oauth-scope", Label: "OAuth scope", Help: "Microsoft 365: https://outlook.office365.com/.default. Google: leave it empty.", Type: bridges.String, When: &bridges.When{Setting: "oauth-url"}},
		{Name: "oauth-secret", Label: "OAuth client secret", Type: bridges.Secret, When: &bridges.When{Setting: "oauth-url"}},
		{Name: "oauth-refresh", Label: "OAuth refresh token", Help: "Empty: the client signs in for itself.", Type: bridges.Secret, When: &bridges.When{Setting: "oauth-url"}},
	}
}
