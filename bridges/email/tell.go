package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
	"referworks/protocol"
)

var _ bridges.Teller = (*mailbox)(nil)

// Tell mails what became of a referral. Only a full connection says what; any other says that there is something to
// read. The Message-ID is the same at each attempt.
func (m *mailbox) Tell(ctx context.Context, n bridges.News) error {
	words := inLanguage(m.language)
	number := n.Referral.Reference()
	full := m.policy == Full && m.fullAllowed(ctx) == nil
	msg, err := m.blank("")
	if err != nil {
		return badSettings(err)
	}
	sum := sha256.Sum256([]byte("referworks mail news 1\x00" + n.Key))
	_, domain, _ := strings.Cut(m.from, "@")
	msg.SetMessageIDWithValue("news-" + hex.EncodeToString(sum[:16]) + "@" + domain)
	msg.SetGenHeader("X-Referworks-Reference", inHeader(number))
	msg.Subject(fmt.Sprintf(words.TellSubject, inHeader(number)))
	text := fmt.Sprintf(words.TellText, number) + "\n"
	if full {
		text += m.newsText(&n)
	} else {
		text += words.TellPage + "\n"
	}
	msg.SetBodyString(gomail.TypeTextPlain, text)
	if err := m.sign(msg); err != nil {
		return badSettings(err)
	}
	_, err = m.send(ctx, msg)
	return err
}

// newsText says what happened, in lines that a form reader can read too.
func (m *mailbox) newsText(n *bridges.News) string {
	var b strings.Builder
	line := func(label, value string) {
		if value = visible(value); strings.TrimSpace(value) != "" {
			b.WriteString(label + ": " + strings.TrimRight(strings.ReplaceAll(value, "\n", "\n    "), " \n") + "\n")
		}
	}
	es := inLanguage(m.language).Lang == "es"
	pick := func(w protocol.Words) string { return w.In(m.language) }
	label := func(en, spanish string) string {
		if es {
			return spanish
		}
		return en
	}
	line(label("Organization", "Organización"), oneLine(n.Partner.Name))
	if n.Status != "" {
		line(label("Status", "Estado"), pick(protocol.WordsOfStatus(n.Status).Label))
	}
	if n.Step.Reason != "" {
		line(label("Reason", "Motivo"), pick(protocol.ReasonWords(n.Step.Reason)))
	}
	for _, o := range n.Step.Outcomes {
		line(label("Outcome", "Resultado"), pick(protocol.OutcomeWords(o.Result)))
	}
	line(label("When", "Cuándo"), n.Step.At)
	line(label("Place", "Lugar"), n.Step.Place)
	line(label("Message", "Mensaje"), n.Step.Text)
	return b.String()
}

// sendCode mails the code that the page behind a link asks for.
func (m *mailbox) sendCode(ctx context.Context, words *say, code string, practice bool) error {
	msg, err := m.blank("")
	if err != nil {
		return badSettings(err)
	}
	msg.SetMessageID()
	subject, text := words.CodeSubject, fmt.Sprintf(words.CodeText, code)+"\n"
	if practice {
		subject, text = "PRACTICE: "+subject, words.PracticeWords+"\n\n"+text
	}
	msg.Subject(subject)
	msg.SetBodyString(gomail.TypeTextPlain, text)
	if err := m.sign(msg); err != nil {
		return badSettings(err)
	}
	_, err = m.send(ctx, msg)
	return err
}

func badSettings(err error) *bridges.Error {
	return &bridges.Error{Class: bridges.Hold, Sentence: "The mail could not be written. Check the sender address and the mailbox of the connection.", Err: err}
}
