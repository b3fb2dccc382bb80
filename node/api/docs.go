package api

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsSource string

var docsPage = template.Must(template.New("docs").Parse(docsSource))

type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Params                                 []docsParam
	Answers                                []docsAnswer
}

type docsParam struct {
	Name, In, Help string
	Required       bool
}

type docsAnswer struct{ Status, Help string }

// docs renders the OpenAPI description as one page: no script, no other host.
func (s *Server) docs(w http.ResponseWriter, _ *http.Request) {
	var all []docsOperation
	open := s.api.OpenAPI()
	for path, item := range open.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete} {
			if op != nil && !op.Hidden {
				all = append(all, docsOf(method, path, op))
			}
		}
	}
	slices.SortFunc(all, func(a, b docsOperation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	var b bytes.Buffer
	if err := docsPage.Execute(&b, map[string]any{"About": open.Info.Description, "Version": s.Version, "Operations": all}); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(b.Bytes())
}

func docsOf(method, path string, op *huma.Operation) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		help := p.Description
		if help == "" && p.Schema != nil {
			help = p.Schema.Description
		}
		d.Params = append(d.Params, docsParam{p.Name, p.In, help, p.Required})
	}
	for status, r := range op.Responses {
		d.Answers = append(d.Answers, docsAnswer{status, r.Description})
	}
	slices.SortFunc(d.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Status, b.Status) })
	return d
}
