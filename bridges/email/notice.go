package email

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"referworks/bridges"
	"referworks/protocol"
)

//go:embed notice.html
var noticeSource string

var noticePage = template.Must(template.New("notice").Parse(noticeSource))

type noticeView struct {
	*say
	Head     string
	Number   string
	Link     string
	Practice bool
	Lines    []bridges.Line // of a summary
	After    []string
}

func noticeSubject(d bridges.Delivery, words *say) string {
	s := strings.TrimSpace(fmt.Sprintf(words.Subject, inHeader(d.Reference)))
	if d.Practice {
		s = "PRACTICE: " + s
	}
	return s
}

// writeNotice writes a mail that shows no name and no need: a reference and a link. A summary adds who referred and what
// is plain (class P0), as the urgency.
func (m *mailbox) writeNotice(msg *gomail.Msg, d bridges.Delivery, words *say, policy, secret string) error {
	v := noticeView{say: words, Head: words.New, Number: oneLine(d.Reference), Link: m.link + "/" + secret, Practice: d.Practice}
	if policy == Summary {
		if from := oneLine(d.From.Name); from != "" {
			v.Head = fmt.Sprintf(words.NewFrom, short(from, 80))
		}
		for _, l := range d.Letter.Lines {
			if !l.Heading && l.Class == protocol.P0 && strings.TrimSpace(l.Value) != "" {
				v.Lines = append(v.Lines, bridges.Line{Label: oneLine(l.Label), Value: short(oneLine(l.Value), 200)})
			}
		}
	}
	v.After = append(v.After, words.Code, fmt.Sprintf(words.Ends, m.now().Add(tokenLife).Format(time.DateOnly)), words.Forward)
	who := words.Sender
	if policy == Summary {
		who = d.From.Name
	}
	v.After = append(v.After, m.replyLines(who, words)...)
	var b strings.Builder
	if d.Practice {
		b.WriteString(words.PracticeWords + "\n\n")
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", v.Head, v.Number)
	for _, l := range v.Lines {
		fmt.Fprintf(&b, "%s: %s\n", l.Label, l.Value)
	}
	fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", words.Open, v.Link, strings.Join(v.After, "\n"))
	msg.SetBodyString(gomail.TypeTextPlain, b.String())
	var page bytes.Buffer
	if err := noticePage.Execute(&page, v); err != nil {
		return err
	}
	msg.AddAlternativeString(gomail.TypeTextHTML, page.String())
	return nil
}

// replyLines say how to decide by mail, when answers come back here.
func (m *mailbox) replyLines(who string, words *say) []string {
	if m.address == "" || m.incoming.way == byNone {
		return nil
	}
	if who = short(oneLine(who), 80); who == "" {
		who = words.Sender
	}
	return []string{words.Reply, fmt.Sprintf(words.ReplySends, who)}
}

// footerLines stand below a full letter: how to answer, and the page.
func (m *mailbox) footerLines(d bridges.Delivery, words *say, secret string) []string {
	lines := m.replyLines(d.From.Name, words)
	if m.paged() {
		lines = append(lines, words.Open+" "+m.link+"/"+secret)
	}
	return lines
}

// footer is the same as text, behind the mark of a signature: what reads a letter as a form leaves it out.
func (m *mailbox) footer(d bridges.Delivery, words *say, secret string) string {
	lines := m.footerLines(d, words, secret)
	if len(lines) == 0 {
		return ""
	}
	return "\n-- \n" + strings.Join(lines, "\n") + "\n"
}

// paged tells whether there is a page to link to.
func (m *mailbox) paged() bool { return m.link != "" && m.again != nil }
