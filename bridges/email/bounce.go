package email

import (
	"bufio"
	"bytes"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"

	"referworks/bridges"
)

// bounceMark begins the tag of a return path: local+b-SECRET@domain. What comes there is a mail server's report.
const bounceMark = "b-"

// isReport tells a mail server's word about a mail that we sent.
func isReport(l *letter, env envelope) bool {
	media, params, _, _ := parseMedia(l.header.get("Content-Type"))
	if media == "multipart/report" && (params["report-type"] == "delivery-status" || params["report-type"] == "") {
		return true
	}
	if !env.null && l.header.get("Return-Path") != "<>" && !strings.HasPrefix(l.from.Address, "mailer-daemon@") {
		return false
	}
	for _, a := range append(append([]string{}, env.to...), addresses(l.header["Delivered-To"])...) {
		if local, _, _ := strings.Cut(a, "@"); strings.Contains(local, "+"+bounceMark) {
			return true
		}
	}
	return strings.HasPrefix(l.from.Address, "mailer-daemon@")
}

// bounce puts a report beside the referral that the mail was about: a person sees there that nobody has it. A report
// that all is well is known to be one and needs nobody.
func (m *mailbox) bounce(l *letter, raw []byte, env envelope) bridges.Inbound {
	in := bridges.Inbound{Document: original(raw), Key: l.key(raw)}
	action, status := reported(l)
	t := m.bounced(l, env)
	if t == nil {
		in.Unread = "A mail server reported about a mail, and it is not known about which. Look at the report."
		return in
	}
	in.News = &bridges.News{Reference: t.Reference, Key: in.Key, At: m.now()}
	code := ""
	if status != "" {
		code = " (code " + status + ")"
	}
	switch action {
	case "delivered", "relayed", "expanded":
		in.Unread = fmt.Sprintf("A mail server reports that the mail about referral %s arrived%s. Nothing needs to be done.", t.Number, code)
	case "delayed":
		in.Unread = fmt.Sprintf("A mail server reports that the mail about referral %s is late%s and that it goes on trying. Call, if it is urgent.", t.Number, code)
	default:
		in.Unread = fmt.Sprintf("The mail about referral %s came back%s: nobody has it. %s Then send it again, or open the referral here.", t.Number, code, cause(status))
		m.health(fmt.Errorf("the mail about referral %s came back%s; %s", t.Number, code, cause(status)))
	}
	return in
}

// bounced finds which of our mails a report is about: by the address that it came to, else by what it holds of the mail.
func (m *mailbox) bounced(l *letter, env envelope) *token {
	if t := m.tokenOf(l, env); t != nil {
		return t
	}
	for _, inner := range l.forwarded {
		local, _, _ := strings.Cut(inner.id, "@")
		if t := m.lookUp(local); t != nil {
			return t
		}
	}
	for _, f := range l.files {
		if f.media != "text/rfc822-headers" {
			continue
		}
		if h, err := topHeader(f.bytes); err == nil {
			local, _, _ := strings.Cut(messageIDs(h.get("Message-Id")), "@")
			if t := m.lookUp(local); t != nil {
				return t
			}
		}
	}
	// Reports of servers that know no standard quote the mail in their text.
	for _, word := range quotedID.FindAllStringSubmatch(l.text, 20) {
		if t := m.lookUp(word[1]); t != nil {
			return t
		}
	}
	return nil
}

var (
	quotedID     = regexp.MustCompile(`(?i)<([a-z2-7]{26})@`)
	enhancedCode = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
)

// reported reads what a report says (RFC 3464), else the code in its text.
func reported(l *letter) (action, status string) {
	for _, f := range l.files {
		if f.media != "message/delivery-status" && f.media != "message/global-delivery-status" {
			continue
		}
		r := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.TrimLeft(f.bytes, "\r\n"), "\r\n\r\n"...))))
		for range 20 { // the mail's own fields, then those of each recipient
			h, err := r.ReadMIMEHeader()
			if a := strings.ToLower(strings.TrimSpace(h.Get("Action"))); a != "" {
				code := enhancedCode.FindString(h.Get("Status"))
				if action == "" || a == "failed" {
					action, status = a, code
				}
			}
			if err != nil {
				break
			}
		}
	}
	if action == "" {
		status = enhancedCode.FindString(l.text)
		if strings.HasPrefix(status, "4") {
			return "delayed", status
		}
		return "failed", status
	}
	return action, status
}

// cause says in words what a code means (RFC 3463) and what to do.
func cause(status string) string {
	switch {
	case strings.HasPrefix(status, "5.1."), strings.HasPrefix(status, "5.0.0"):
		return "The address is not known there: check the mailbox address in the connection."
	case strings.HasPrefix(status, "5.2.2"), strings.HasPrefix(status, "4.2.2"):
		return "The mailbox is full: ask who reads it to make room."
	case strings.HasPrefix(status, "5.2."):
		return "The mailbox takes no mail: ask who runs it."
	case strings.HasPrefix(status, "5.3."), strings.HasPrefix(status, "5.4."), strings.HasPrefix(status, "4."):
		return "The mail server could not be reached: ask who runs it."
	case strings.HasPrefix(status, "5.7."):
		return "The mail server's rules refuse our mail: ask who runs it to let mail of the sender address in."
	}
	return "Ask who runs the mail server why."
}
