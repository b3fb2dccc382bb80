package email

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
)

func hold(sentence string) *bridges.Error {
	return &bridges.Error{Class: bridges.Hold, Sentence: sentence}
}

// classify turns what went wrong into what to do. Only a connection that breaks after the last line of the mail went
// out leaves it open whether the server took it. What the server wrote is not kept: it may repeat addresses.
func classify(err error) *bridges.Error {
	var (
		send    *gomail.SendError
		reply   *textproto.Error
		verify  *tls.CertificateVerificationError
		header  tls.RecordHeaderError
		address *bridges.AddressError
	)
	code, status, step := 0, "", "connecting"
	if errors.As(err, &send) {
		code, status, step = send.ErrorCode(), send.EnhancedStatusCode(), send.Reason.String()
	}
	if code == 0 && errors.As(err, &reply) {
		code = reply.Code
	}
	e := &bridges.Error{Err: fmt.Errorf("%s: code %d %s", step, code, status)}
	set := func(class bridges.Class, format string, args ...any) *bridges.Error {
		e.Class, e.Sentence = class, fmt.Sprintf(format, args...)
		return e
	}
	switch {
	case errors.As(err, &address):
		return set(bridges.Hold, "The mail server's address leads where this node may not go: it is %s. Nothing was sent.", address.Reason)
	case errors.Is(err, errPin), errors.As(err, &verify), errors.As(err, &header), send == nil && strings.Contains(err.Error(), "tls: "):
		return set(bridges.Hold, "The mail server did not prove who it is: its certificate is not the one that was set up. Nothing was sent. Ask who runs the server before you change the pin.")
	case isNoTLS(err):
		return set(bridges.Hold, "The mail server offers no encryption, so nothing was sent. Ask who runs it to turn STARTTLS on.")
	case code == 530, code == 534, code == 535, code == 538, isNoAuth(err):
		return set(bridges.Hold, "The mail server did not accept the user name and password. Check them in the connection.")
	case code == 552, status == "5.3.4", status == "5.2.3":
		return set(bridges.Permanent, "The letter is too large for the mail server or the mailbox (code %d).", code)
	case code/100 == 5 && strings.HasPrefix(status, "5.7."):
		return set(bridges.Hold, "The mail server's rules refuse our mail (code %d). Ask who runs it to let mail of this sender address in.", code)
	case code/100 == 5 && send != nil && send.Reason == gomail.ErrSMTPMailFrom:
		return set(bridges.Hold, "The mail server does not take mail from the sender address (code %d). Check it in the connection.", code)
	case code/100 == 5 && send != nil && (send.Reason == gomail.ErrSMTPRcptTo || strings.HasPrefix(status, "5.1.")):
		return set(bridges.Hold, "The mail server does not take mail for this mailbox (code %d). Check the mailbox address in the connection.", code)
	case code/100 == 5:
		return set(bridges.Permanent, "The mail server refused the letter (code %d). Ask who runs it why.", code)
	case code/100 == 4:
		return set(bridges.Temporary, "The mail server asked to try later (code %d).", code)
	}
	if send == nil {
		e.Err = err // the network's own words: an address and a reason
	}
	switch {
	case send != nil && send.Reason == gomail.ErrSMTPDataClose:
		return set(bridges.Unknown, "The connection to the mail server broke after it got the letter and before it answered, so it is not known whether it took it. It is sent again with the same message number.")
	case send != nil:
		return set(bridges.Temporary, "The connection to the mail server broke before it had the letter. It is tried again.")
	}
	return set(bridges.Temporary, "The mail server cannot be reached now. It is tried again.")
}

// isNoTLS tells the library's word for a server without STARTTLS; it has no error value for it.
func isNoTLS(err error) bool { return strings.Contains(err.Error(), "does not support STARTTLS") }

// isNoAuth tells its words for a server with no way to sign in that we know.
func isNoAuth(err error) bool {
	return errors.Is(err, gomail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "does not support SMTP AUTH")
}
