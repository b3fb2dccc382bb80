package email

import (
	_ "embed"
	"html/template"
	"strings"
	"unicode"

	"referworks/bridges"
)

//go:embed letter.html
var letterSource string

var letterPage = template.Must(template.New("letter").Parse(letterSource))

// text writes the letter for people and for readers of form mail. After the subject come groups: a heading with a
// line of dashes below it, then `Label: value` lines. A value of several lines goes on, each indented by four spaces.
func text(d bridges.Delivery) string {
	var b strings.Builder
	b.WriteString(subject(d) + "\n")
	for _, l := range d.Letter.Lines {
		label := oneLine(l.Label)
		if l.Heading {
			b.WriteString("\n" + label + "\n" + strings.Repeat("-", max(len([]rune(label)), 3)) + "\n")
			continue
		}
		value := strings.ReplaceAll(visible(l.Value), "\n", "\n    ")
		b.WriteString(strings.TrimRight(label+": "+value, " \n") + "\n")
	}
	return b.String()
}

type letterView struct {
	Subject, Language, Reference, From string
	Groups                             []letterGroup
	Practice                           bool
	Footer                             []string
}

type letterGroup struct {
	Title string
	Lines []bridges.Line
}

func view(d bridges.Delivery) letterView {
	v := letterView{Subject: subject(d), Language: d.Letter.Language, Reference: oneLine(d.Reference), From: oneLine(d.From.Name), Practice: d.Practice}
	if v.Language == "" {
		v.Language = "en"
	}
	for _, l := range d.Letter.Lines {
		if l.Heading || len(v.Groups) == 0 {
			v.Groups = append(v.Groups, letterGroup{})
		}
		g := &v.Groups[len(v.Groups)-1]
		if l.Heading {
			g.Title = oneLine(l.Label)
			continue
		}
		g.Lines = append(g.Lines, bridges.Line{Label: oneLine(l.Label), Value: visible(l.Value)})
	}
	return v
}

// inHeader makes text fit for a header: one line that no reader takes for an encoded word (RFC 2047), because what such
// a word holds would be decoded after all our checks, a line break with a header behind it too.
func inHeader(s string) string { return strings.ReplaceAll(oneLine(s), "=?", "= ?") }

// oneLine makes text fit for a heading or a label: one line, without what visible takes out.
func oneLine(s string) string { return strings.Join(strings.Fields(visible(s)), " ") }

// visible takes control and direction characters out of a value and writes every kind of line break as one.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			return '\n'
		case r == '\t':
			return ' '
		case hidden(r):
			return -1
		}
		return r
	}, strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
}

// hidden reports what a reader cannot see, and what turns the direction of text, a trick to hide what stands there.
// The joiners of Persian, the languages of India and emoji stay.
func hidden(r rune) bool {
	switch {
	case r == 0x200c, r == 0x200d:
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
}

// short cuts text to n characters.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}
