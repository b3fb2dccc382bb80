package spanish_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// spoken is a sentence of the source, or a part of one, with {} where a value goes, and where it stands.
type spoken struct{ text, at string }

var (
	verb  = regexp.MustCompile(`%[-+# 0]*\d*(?:\.\d+)?[a-zA-Z]`)
	words = regexp.MustCompile(`[A-Za-z][a-z']+[^A-Za-z]+[A-Za-z]?[a-z']*`)
)

// sentences reads what the program of a folder may say: each text that is written out in it, put together with the values
// that stand between its parts. Logs, tags and descriptions for developers are not said to people.
func sentences(t *testing.T, dir string) []spoken {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	var all []spoken
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var look func(n ast.Node) bool
		look = func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				n.Tag = nil
			case *ast.CallExpr:
				return !silent(n)
			case *ast.KeyValueExpr:
				return !described(n)
			case *ast.BinaryExpr:
				if text, ok := joined(n); ok {
					all = append(all, spoken{text, set.Position(n.Pos()).String()})
					for _, part := range between(n) {
						ast.Inspect(part, look)
					}
					return false
				}
			case *ast.BasicLit:
				if text, ok := joined(n); ok {
					all = append(all, spoken{text, set.Position(n.Pos()).String()})
				}
			}
			return true
		}
		ast.Inspect(file, look)
	}
	return all
}

// silent tells calls whose texts nobody reads on a screen: logs, and descriptions of the API.
func silent(c *ast.CallExpr) bool {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		switch f.Sel.Name {
		case "Debug", "Info", "Warn", "Error", "LogAttrs", "DebugContext", "InfoContext", "WarnContext", "ErrorContext", "MustCompile", "Fields":
			return len(c.Args) > 0
		}
	case *ast.Ident:
		return f.Name == "add" || f.Name == "panic"
	}
	return false
}

func described(kv *ast.KeyValueExpr) bool {
	k, ok := kv.Key.(*ast.Ident)
	return ok && (k.Name == "Summary" || k.Name == "Description")
}

// joined puts a text together that is written in parts.
func joined(e ast.Expr) (string, bool) {
	written := false
	var put func(ast.Expr) string
	put = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.ParenExpr:
			return put(e.X)
		case *ast.BinaryExpr:
			if e.Op == token.ADD {
				return put(e.X) + put(e.Y)
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(e.Value); e.Kind == token.STRING && err == nil {
				written = true
				return verb.ReplaceAllString(text, "{}")
			}
		}
		return "{}"
	}
	text := put(e)
	return text, written && words.MatchString(text)
}

// between are the values of a text that is written in parts: they may be texts of their own.
func between(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return between(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return append(between(e.X), between(e.Y)...)
		}
	case *ast.BasicLit:
		return nil
	}
	return []ast.Expr{e}
}
