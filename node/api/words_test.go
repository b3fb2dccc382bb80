package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	sentence = regexp.MustCompile(`^[A-Z][^\n]* [^\n]*[.?]$`)
	banned   = regexp.MustCompile(`(?i)\b(invalid|failed|peers?|payloads?|gossip|failure)\b`)
)

// What the node says to people, on a screen or in an error, has words that people have.
func TestSentencesHaveWordsForPeople(t *testing.T) {
	said := 0
	for _, dir := range []string{".", "../exchange", "../connection", "../partner", "../account", "../../protocol"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, src, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Field: // tags: descriptions for developers
					n.Tag = nil
				case *ast.BasicLit:
					text, err := strconv.Unquote(n.Value)
					if n.Kind != token.STRING || err != nil || !sentence.MatchString(text) {
						return true
					}
					said++
					if word := banned.FindString(text); word != "" {
						t.Errorf("%s says %q in %q", set.Position(n.Pos()), word, text)
					}
				}
				return true
			})
		}
	}
	if said < 100 {
		t.Errorf("only %d sentences were found", said)
	}
}
