package email

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"unicode"

	"referworks/bridges"
	"referworks/protocol"
)

// reply makes of an answer to one of our mails what it clearly says: accept, decline, question. Everything else is a
// comment that a person reads; nothing is guessed.
func (m *mailbox) reply(l *letter, raw []byte, t *token, sure proof) bridges.Inbound {
	key := l.key(raw)
	in := bridges.Inbound{Document: original(raw), Key: key, Evidence: sure.labels, News: &bridges.News{
		Reference: t.Reference, Key: key, At: m.now(),
	}}
	kind, text := verdict(ownWords(l))
	in.News.Kind, in.News.Step.Text = kind, text
	wait := func(format string) bridges.Inbound {
		in.Unread = fmt.Sprintf(format, t.Number)
		return in
	}
	switch {
	case isEcho(l, envelope{}):
		in.News.Kind, in.News.Step = "", protocol.Step{}
		return wait("An automatic answer came to the mail about referral %s. Nothing was done with it. Discard it, unless it says something about the referral.")
	case isAutomatic(l, envelope{}):
		return wait("A program answered the mail about referral %s. Nothing was done with it. Look at it and decide.")
	case !m.isOurs(l.from.Address):
		return wait("An answer about referral %s came from another address than your own mailbox's. Look at it and take the step yourself, if it is right.")
	case t.expired:
		return wait("An answer about referral %s came after its reply address had ended. Look at it and take the step yourself.")
	case kind == "":
		in.News.Kind = protocol.KindNote
		return wait("An answer about referral %s does not begin with a clear word (accept, decline, question). Read it and take the step yourself.")
	case !slices.Contains(t.Acts, kind):
		return wait("An answer about referral %s asks for a step that mail may not take. Read it and take the step yourself.")
	case slices.ContainsFunc(l.everyFile(), comesAlong) || len(l.forwarded) > 0:
		return wait("An answer about referral %s has files with it. Read it, take the step yourself, and add the files that the partner may have.")
	}
	in.News.Step = stepOf(kind, text)
	return in
}

// stepOf fills what a step needs and a mail cannot say better.
func stepOf(kind protocol.MessageKind, text string) protocol.Step {
	step := protocol.Step{Text: short(text, 9_000)}
	switch kind {
	case protocol.KindDecline:
		step.Reason = "unable-to-assist"
	case protocol.KindQuestion:
		var id [6]byte
		_, _ = rand.Read(id[:]) // never fails
		step.ID = "q" + hex.EncodeToString(id[:])
	}
	return step
}

// isOurs tells whether an address belongs to the organization: its mailbox, another of the mailbox's domain, or one on the
// list of senders.
func (m *mailbox) isOurs(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	_, own, _ := strings.Cut(strings.ToLower(m.to), "@")
	return domain == own && !freeMail(own) || address == strings.ToLower(m.to) || m.listed(address)
}

// freeMail names the domains where everybody may have a mailbox, so that the domain proves nothing.
func freeMail(domain string) bool {
	return slices.Contains([]string{"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "aol.com", "proton.me", "protonmail.com", "gmx.com", "gmx.net", "mail.com"}, domain)
}

// clearWords are what an answer may begin with, without marks and accents.
var clearWords = []struct {
	kind  protocol.MessageKind
	words []string
}{
	{protocol.KindAccept, []string{"accept", "accepted", "we accept", "i accept", "acepto", "aceptamos", "aceptada", "aceptado", "aceptar", "acepta"}},
	{protocol.KindDecline, []string{"decline", "declined", "we decline", "i decline", "rechazo", "rechazamos", "rechazada", "rechazado", "rechazar", "no aceptamos", "no acepto"}},
	{protocol.KindQuestion, []string{"question", "a question", "we have a question", "i have a question", "pregunta", "una pregunta", "tenemos una pregunta", "tengo una pregunta"}},
}

// verdict reads the word that an answer begins with: alone on its line, or followed by a mark and more text. Two
// different words, or a word within a sentence ("we accept only ..."), are unclear.
func verdict(own string) (kind protocol.MessageKind, text string) {
	first, rest, _ := strings.Cut(strings.TrimSpace(own), "\n")
	head, tail := first, ""
	if i := strings.IndexAny(first, ":.,;!-–—"); i >= 0 {
		_, after, _ := strings.Cut(first[i:], string([]rune(first[i:])[0]))
		head, tail = first[:i], strings.TrimLeft(after, " :.,;!-–—")
	}
	head = plain(head)
	for _, w := range clearWords {
		if slices.Contains(w.words, head) {
			kind = w.kind
		}
	}
	text = strings.TrimSpace(strings.TrimSpace(tail) + "\n" + strings.TrimSpace(rest))
	switch {
	case kind == "":
		return "", strings.TrimSpace(own)
	case kind == protocol.KindQuestion:
		if text == "" {
			return "", strings.TrimSpace(own)
		}
		return kind, text
	}
	for _, line := range strings.Split(text, "\n") {
		said := " " + plain(line) + " "
		for _, w := range clearWords {
			if w.kind == kind {
				continue
			}
			for _, word := range w.words {
				if strings.Contains(said, " "+word+" ") {
					return "", strings.TrimSpace(own)
				}
			}
		}
	}
	if strings.Contains(first+text, "?") { // "Accept?", or a question behind it
		return "", strings.TrimSpace(own)
	}
	return kind, text
}

// plain writes words small, without accents and marks.
func plain(s string) string {
	s, _, _ = transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), strings.ToLower(s))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// ownWords gives what the writer of an answer wrote above what is quoted.
func ownWords(l *letter) string {
	body := l.text
	if strings.TrimSpace(body) == "" {
		body = pageText(l.html)
	}
	var own []string
	for _, line := range strings.Split(visible(body), "\n") {
		line = strings.TrimRight(line, " ")
		if quoteBegins(line) {
			break
		}
		own = append(own, line)
	}
	text := strings.TrimSpace(strings.Join(own, "\n"))
	// "On Monday, 3 May, Node wrote:" may be broken into two lines.
	if i := strings.LastIndex(text, "\n"); i >= 0 && quoteLine.MatchString(strings.ReplaceAll(text[i+1:], "\n", " ")) {
		text = strings.TrimSpace(text[:i])
	}
	return text
}

var (
	quoteLine  = regexp.MustCompile(`(?i)^\s*(on|el|le|am) .{4,200}(wrote|escribi[oó]|a écrit|schrieb)\s*:?\s*$`)
	quoteStart = regexp.MustCompile(`(?i)^\s*(on|el) .{4,120}<[^>]*@[^>]*>?\s*$`)
	quoteHead  = regexp.MustCompile(`(?i)^\s*\*?(from|de|sent|enviado)\*?: `)
	quoteMark  = regexp.MustCompile(`(?i)^\s*(-{2,}.*(original message|mensaje original|forwarded message|mensaje reenviado).*|_{10,}|-- ?|sent from my .*|enviado desde mi .*|get outlook for .*)$`)
)

func quoteBegins(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), ">") || quoteLine.MatchString(line) || quoteStart.MatchString(line) || quoteHead.MatchString(line) || quoteMark.MatchString(line)
}
