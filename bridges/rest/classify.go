package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"referworks/bridges"
)

func hold(sentence string) *bridges.Error {
	return &bridges.Error{Class: bridges.Hold, Sentence: sentence}
}

// broken says what to do about a request without an answer. sent is whether it may have reached the system.
func broken(err error, sent bool) *bridges.Error {
	var whole *url.Error
	if errors.As(err, &whole) {
		err = whole.Err // the address may hold what does not belong in a log
	}
	var (
		e       = &bridges.Error{Err: err}
		address *bridges.AddressError
		unknown *net.DNSError
	)
	switch {
	case unproved(err):
		e.Class, e.Sentence = bridges.Hold, "The system did not accept who we are: it asks for a certificate of ours, or does not know the one that it got. Nothing was sent. Enter the certificate and its private key in the connection, or ask who runs the system which one it wants."
	case strings.Contains(err.Error(), "remote error: tls: handshake failure"):
		e.Class, e.Sentence = bridges.Hold, "The system and this node did not agree on how to encrypt: it asks for a certificate of ours (mutual TLS), or speaks no encryption that we accept (TLS 1.2 or newer). Nothing was sent. Ask who runs it which of the two it is."
	case sent:
		e.Class, e.Sentence = bridges.Unknown, "The system got the referral, but its answer got lost. We do not know whether it took it."
	case errors.As(err, &address):
		e.Class, e.Sentence = bridges.Hold, "The address of the system leads where this node may not go: it is "+address.Reason+". Nothing was sent."
	case untrusted(err):
		e.Class, e.Sentence = bridges.Hold, "The system did not prove who it is, or does not speak encryption that we accept (TLS 1.2 or newer). Nothing was sent. Check the address and the certificate with who runs it."
	case errors.As(err, &unknown):
		e.Class, e.Sentence = bridges.Temporary, "The name of the system was not found. It is tried again; check the address."
	case errors.Is(err, context.Canceled):
		e.Class, e.Sentence = bridges.Temporary, "Sending was interrupted before anything was sent. It is tried again."
	default:
		e.Class, e.Sentence = bridges.Temporary, "The system cannot be reached now. It is tried again."
	}
	return e
}

// untrusted reports whether TLS ended the attempt. An alert of the other side has no type that the standard library
// shows, only its word.
func untrusted(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		record    tls.RecordHeaderError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch) || strings.Contains(err.Error(), "tls: ")
}

// judge says what an answer to a posted document means.
func (s *sink) judge(a Answer, d bridges.Delivery) (bridges.Outcome, error) {
	if !slices.Contains(s.success, a.Status) {
		e := Refusal(a, s.now())
		if a.Status == http.StatusBadRequest || a.Status == http.StatusUnprocessableEntity {
			if e.Field = refusedField(a, d.Document); e.Field != "" {
				e.Sentence = fmt.Sprintf("The system refused the referral because of its field %q (%d). Correct the mapping or the value and send it again.", e.Field, a.Status)
			}
		}
		return bridges.Outcome{}, e
	}
	if webPage(a) {
		return bridges.Outcome{}, hold("The system answered with a web page instead of data, as sign-in pages do. Check the address, and look there whether the referral arrived.")
	}
	out := bridges.Outcome{Reference: s.ownID(a), Detail: "status " + strconv.Itoa(a.Status)}
	if a.Body == nil {
		out.Detail += ", and the rest of the answer could not be read"
	}
	return out, nil
}

// Refusal says what an answer whose status is no success means, and how long to wait before the next attempt.
func Refusal(a Answer, now time.Time) *bridges.Error {
	e := refusal(a)
	e.RetryAfter = retryAfter(a.Header, now)
	return e
}

// refusal says what a status that is no success means.
func refusal(a Answer) *bridges.Error {
	e := &bridges.Error{Class: bridges.Permanent}
	switch code := a.Status; {
	case code == http.StatusGatewayTimeout:
		// The system behind the gateway may have taken it: the same as our own time-out.
		e.Class, e.Sentence = bridges.Unknown, "A gateway before the system waited in vain for its answer (504). We do not know whether it took the referral."
	case code == http.StatusNotImplemented, code == http.StatusHTTPVersionNotSupported, code == http.StatusNetworkAuthenticationRequired:
		e.Class, e.Sentence = bridges.Hold, fmt.Sprintf("The system cannot take documents at this address (%d). Check the address with who runs it.", code)
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests:
		e.Class, e.Sentence = bridges.Temporary, fmt.Sprintf("The system asked to try later (%d).", code)
	case code/100 == 3:
		e.Class, e.Sentence = bridges.Hold, fmt.Sprintf("The system sent us on to another address (%d), and we do not follow, so that nothing goes astray. Ask who runs it for the right address and enter that.", code)
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		e.Class, e.Sentence = bridges.Hold, fmt.Sprintf("The system did not accept our sign-in (%d). Check it in the connection.", code)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code == http.StatusNotAcceptable, code == http.StatusGone, code == http.StatusUnsupportedMediaType:
		e.Class, e.Sentence = bridges.Hold, fmt.Sprintf("The system takes nothing of this kind at this address (%d). Check the address and the format.", code)
	case code == http.StatusConflict:
		e.Class, e.Sentence = bridges.Hold, "The system says that it has such a record already (409). Look there for the reference number before you send again."
	case code == http.StatusRequestEntityTooLarge:
		e.Sentence = "The document is too large for the system (413)."
	case code/100 == 4:
		e.Sentence = fmt.Sprintf("The system refused the referral (%d). Correct the mapping or the values and send it again.", code)
	default:
		e.Class, e.Sentence = bridges.Hold, fmt.Sprintf("The system answered with a status that the connection does not know as success (%d). Look there whether the referral arrived.", code)
	}
	return e
}

// longestWait is the most that a system may ask for.
const longestWait = 24 * time.Hour

// retryAfter reads the header Retry-After: seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longestWait)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestWait)
}

func webPage(a Answer) bool {
	media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return media == "text/html" || media == "application/xhtml+xml"
}
