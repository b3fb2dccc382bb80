// Package handbook is the help of a node: the pages of docs for who uses the screens or runs the node, as plain pages
// that need no JavaScript, with a search. It owns goldmark. Raw HTML in a page is left out, not shown.
package handbook

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"referworks/docs"
)

// names are the pages of the handbook in the order in which they are listed. The others of docs are for who changes the
// program.
var names = []string{"using", "practice", "match-fields", "lifecycle", "mapping", "operate", "hosting", "developers"}

// Book is the handbook, rendered once.
type Book struct{ pages []*page }

type page struct {
	Name, Title string
	Body        template.HTML // of goldmark, from our own text
	sections    []section
}

// section is what stands under one heading, as text.
type section struct{ id, title, text string }

// Open renders all pages. An error is a page of ours that is missing or broken.
func Open() (*Book, error) {
	b := &Book{}
	md := goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)), extension.Strikethrough),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(links{}, 100))),
	)
	for _, name := range names {
		source, err := docs.Files.ReadFile(name + ".md")
		if err != nil {
			return nil, fmt.Errorf("open handbook: %w", err)
		}
		doc := md.Parser().Parse(text.NewReader(source))
		p := &page{Name: name, Title: name}
		var body bytes.Buffer
		if err := md.Renderer().Render(&body, source, doc); err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		p.Body = template.HTML(scrollable(body.String())) //nolint:gosec // goldmark escapes, and the text is ours
		p.sections = sectionsOf(doc, source)
		if len(p.sections) > 0 {
			p.Title = p.sections[0].title
		}
		b.pages = append(b.pages, p)
	}
	return b, nil
}

// scrollable lets wide tables and code be scrolled by keyboard.
func scrollable(html string) string {
	html = strings.ReplaceAll(html, "<table>", `<div class="wide" tabindex="0" role="group"><table>`)
	html = strings.ReplaceAll(html, "</table>", "</table></div>")
	return strings.ReplaceAll(html, "<pre>", `<pre tabindex="0">`)
}

// links leads links between pages to the pages of the handbook. A link to what is not in it becomes text.
type links struct{}

func (links) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var away []*ast.Link
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Link:
			if to, ok := lead(string(n.Destination)); entering && ok {
				n.Destination = []byte(to)
			} else if entering {
				away = append(away, n)
			}
		case *ast.Image:
			if entering {
				n.Destination = []byte("/help/" + strings.TrimPrefix(string(n.Destination), "./"))
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range away {
		for c := n.FirstChild(); c != nil; c = n.FirstChild() {
			n.Parent().InsertBefore(n.Parent(), n, c)
		}
		n.Parent().RemoveChild(n.Parent(), n)
	}
}

func lead(to string) (string, bool) {
	if strings.HasPrefix(to, "#") || strings.HasPrefix(to, "/") {
		return to, true
	}
	file, anchor, _ := strings.Cut(to, "#")
	name, ok := strings.CutSuffix(file, ".md")
	if !ok {
		return "", false
	}
	for _, n := range names {
		if n == name {
			if anchor != "" {
				anchor = "#" + anchor
			}
			return "/help/" + name + anchor, true
		}
	}
	return "", false
}

func sectionsOf(doc ast.Node, source []byte) []section {
	var all []section
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		words := wordsOf(n, source)
		if h, ok := n.(*ast.Heading); ok {
			id, _ := h.AttributeString("id")
			b, _ := id.([]byte)
			all = append(all, section{id: string(b), title: words})
			continue
		}
		if len(all) == 0 {
			all = append(all, section{})
		}
		last := &all[len(all)-1]
		last.text += words + " "
	}
	return all
}

func wordsOf(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			b.WriteByte(' ')
			b.Write(n.Lines().Value(source))
		case *ast.ListItem:
			b.WriteByte(' ')
		}
		if n.Type() == ast.TypeBlock && n.Kind().String() == "TableCell" {
			b.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// Handler serves /help, /help/PAGE, and what they show.
func (b *Book) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /help", func(w http.ResponseWriter, r *http.Request) {
		q := strings.TrimSpace(r.URL.Query().Get("q"))
		if len(q) > maxQuery {
			q = q[:maxQuery]
		}
		b.write(w, view{Title: "Help", Query: strings.ToValidUTF8(q, ""), Hits: b.search(q)})
	})
	mux.HandleFunc("GET /help/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		for _, p := range b.pages {
			if p.Name == name {
				b.write(w, view{Title: p.Title, Page: p})
				return
			}
		}
		if svg, err := docs.Files.ReadFile(name); err == nil && strings.HasSuffix(name, ".svg") {
			w.Header().Set("Content-Type", "image/svg+xml")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
			_, _ = w.Write(svg)
			return
		}
		http.NotFound(w, r)
	})
	mux.HandleFunc("GET /help/help.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(style)
	})
	return mux
}

const maxQuery = 200 // bytes

var (
	//go:embed handbook.html
	source string
	//go:embed handbook.css
	style []byte

	frame = template.Must(template.New("help").Parse(source))
)

type view struct {
	Title, Query string
	Page         *page
	Pages        []*page
	Hits         []hit
}

func (b *Book) write(w http.ResponseWriter, v view) {
	v.Pages = b.pages
	var out bytes.Buffer
	if err := frame.Execute(&out, v); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(out.Bytes())
}
