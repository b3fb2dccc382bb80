// Package handbook is the help of a node: the pages of docs for who uses the screens or runs the node, as plain pages
// that need no JavaScript, with a search. It owns goldmark. Raw HTML in a page is left out, not shown.
package handbook

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

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
var names = []string{"using", "set-up", "practice", "match-fields", "lifecycle", "mapping", "operate", "hosting", "developers"}

// media are the pages about what connections can use, listed apart; they are in the folder bridges of docs.
var media = []string{
	"email", "files", "api", "xml", "legalserver", "civicrm", "salesforce", "clio", "primero", "commcare", "dhis2", "fhir", "airtable", "kobo", "odoo",
	"generic-rest", "generic-xml", "generic-webhook", "generic-mail",
}

// Book is the handbook in each language. What is not written in Spanish stands there in English, and says so.
type Book struct{ languages []*edition }

// edition is the handbook in one language. It is rendered when somebody asks for it: few nodes are asked on a day.
type edition struct {
	words
	pages func() []*page
}

type page struct {
	Name, Title string
	Language    string        // of the body
	Medium      bool          // listed apart
	Body        template.HTML // of goldmark, from our own text
	sections    []section
}

// section is what stands under one heading, as text.
type section struct{ id, title, text string }

// New makes the handbook; it renders nothing yet.
func New() *Book {
	b := &Book{}
	for _, w := range []words{english, spanish} {
		b.languages = append(b.languages, &edition{w, sync.OnceValue(w.renderAll)})
	}
	return b
}

func (w words) renderAll() []*page {
	var all []*page
	for i, name := range append(slices.Clone(names), media...) {
		p, err := w.render(name, i >= len(names))
		if err != nil {
			panic(err) // the pages are part of the program, and a test reads each
		}
		all = append(all, p)
	}
	return all
}

func (w words) render(name string, medium bool) (*page, error) {
	md := goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)), extension.Strikethrough),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithHeadingAttribute(), parser.WithASTTransformers(util.Prioritized(links{w.Root}, 100))),
	)
	p := &page{Name: name, Title: name, Language: w.Language, Medium: medium}
	source, err := docs.Files.ReadFile(w.Language + "/" + name + ".md")
	if err != nil { // only English has every page
		p.Language = english.Language
		source, err = docs.Files.ReadFile(map[bool]string{true: "bridges/"}[medium] + name + ".md")
	}
	if err != nil {
		return nil, fmt.Errorf("open handbook: %w", err)
	}
	doc := md.Parser().Parse(text.NewReader(source))
	var body bytes.Buffer
	if err := md.Renderer().Render(&body, source, doc); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	p.Body = template.HTML(scrollable(body.String())) //nolint:gosec // goldmark escapes, and the text is ours
	p.sections = sectionsOf(doc, source)
	if len(p.sections) > 0 {
		p.Title = p.sections[0].title
	}
	return p, nil
}

// scrollable lets wide tables and code be scrolled by keyboard.
func scrollable(html string) string {
	html = strings.ReplaceAll(html, "<table>", `<div class="wide" tabindex="0" role="group"><table>`)
	html = strings.ReplaceAll(html, "</table>", "</table></div>")
	return strings.ReplaceAll(html, "<pre>", `<pre tabindex="0">`)
}

// links leads links between pages to the pages of the handbook. A link to what is not in it becomes text.
type links struct{ root string }

func (l links) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var away []*ast.Link
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Link:
			if to, ok := l.lead(string(n.Destination)); entering && ok {
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

func (l links) lead(to string) (string, bool) {
	if strings.HasPrefix(to, "#") || strings.HasPrefix(to, "/") {
		return to, true
	}
	file, anchor, _ := strings.Cut(to, "#")
	name, ok := strings.CutSuffix(path.Base(file), ".md")
	if !ok || !slices.Contains(names, name) && !slices.Contains(media, name) {
		return "", false
	}
	if anchor != "" {
		anchor = "#" + anchor
	}
	return l.root + "/" + name + anchor, true
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

// Handler serves /help, /help/PAGE, the same in Spanish under /help/es, and what they show.
func (b *Book) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, e := range b.languages {
		mux.HandleFunc("GET "+e.Root, func(w http.ResponseWriter, r *http.Request) {
			q := strings.TrimSpace(r.URL.Query().Get("q"))
			if len(q) > maxQuery {
				q = q[:maxQuery]
			}
			e.write(w, view{Title: e.Help, Query: strings.ToValidUTF8(q, ""), Hits: e.search(q)})
		})
		mux.HandleFunc("GET "+e.Root+"/{name}", func(w http.ResponseWriter, r *http.Request) {
			name := r.PathValue("name")
			for _, p := range e.pages() {
				if p.Name == name {
					e.write(w, view{Title: p.Title, Page: p})
					return
				}
			}
			picture(w, r, name)
		})
	}
	mux.HandleFunc("GET /help/help.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(style)
	})
	return mux
}

func picture(w http.ResponseWriter, r *http.Request, name string) {
	svg, err := docs.Files.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".svg") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = w.Write(svg)
}

const maxQuery = 200 // bytes

var (
	//go:embed handbook.html
	source string
	//go:embed handbook.css
	style []byte

	frame = template.Must(template.New("help").Funcs(template.FuncMap{"entry": entryOf}).Parse(source))
)

// entry is a line of the list of pages.
type entry struct {
	*page
	Root    string
	Current bool
}

func entryOf(v view, p *page) entry {
	return entry{p, v.Words.Root, v.Page != nil && v.Page.Name == p.Name}
}

type view struct {
	Words       words
	Title       string
	Query       string
	Other       string // the same in the other language
	Page        *page
	Pages       []*page
	Hits        []hit
	OnlyEnglish bool
}

func (e *edition) write(w http.ResponseWriter, v view) {
	v.Words, v.Pages, v.Other = e.words, e.pages(), e.OtherRoot
	if v.Page != nil {
		v.Other += "/" + v.Page.Name
		v.OnlyEnglish = v.Page.Language != e.Language
	}
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
