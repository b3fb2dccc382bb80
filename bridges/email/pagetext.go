package email

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// pageText gives the text of an HTML body as lines, without what is quoted, hidden, or no text.
func pageText(page string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(1 << 20)
	skip, depth := 0, 0 // depth within what is skipped
	var skipped atom.Atom
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.WriteString(strings.Join(strings.Fields(" "+string(z.Text())+" "), " ") + " ")
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch {
			case skip > 0:
				if t.DataAtom == skipped && t.Type == html.StartTagToken {
					depth++
				}
			case leftOut(&t) && t.Type == html.StartTagToken:
				skip, depth, skipped = 1, 1, t.DataAtom
				b.WriteByte('\n')
			case breaks(t.DataAtom):
				b.WriteByte('\n')
			}
			if t.DataAtom == atom.Hr && skip == 0 { // Outlook draws a line above what it quotes
				return b.String()
			}
		case html.EndTagToken:
			t := z.Token()
			if skip > 0 {
				if t.DataAtom == skipped {
					if depth--; depth == 0 {
						skip = 0
					}
				}
			} else if breaks(t.DataAtom) {
				b.WriteByte('\n')
			}
		}
	}
}

func breaks(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.P, atom.Div, atom.Tr, atom.Li, atom.Table, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.Blockquote, atom.Pre:
		return true
	}
	return false
}

func leftOut(t *html.Token) bool {
	switch t.DataAtom {
	case atom.Blockquote, atom.Style, atom.Script, atom.Head, atom.Title:
		return true
	}
	for _, a := range t.Attr {
		v := strings.ToLower(a.Val)
		switch a.Key {
		case "class":
			if strings.Contains(v, "gmail_quote") || strings.Contains(v, "yahoo_quoted") || strings.Contains(v, "moz-cite-prefix") {
				return true
			}
		case "id":
			if v == "divrplyfwdmsg" || strings.HasSuffix(v, "appendonsend") || strings.Contains(v, "mail-editor-reference-message") {
				return true
			}
		case "style":
			if strings.Contains(strings.ReplaceAll(v, " ", ""), "display:none") {
				return true
			}
		}
	}
	return false
}
