package practice_test

import (
	"os"
	"strings"
	"testing"

	"referworks/internal/sample"
	"referworks/node/practice"
	"referworks/protocol"
)

// A name decides by a word in it, whatever its case and place.
func TestNames(t *testing.T) {
	for _, b := range practice.Behaviors {
		r := sample.Minimal()
		r.Person.Names = []protocol.Name{{Given: protocol.Of[protocol.Text]("Ana"), Family: protocol.Of[protocol.Text](strings.ToUpper(b.Word))}}
		if got := practice.Of(r); got != b.Key {
			t.Errorf("%q is answered as %s", b.Word, got)
		}
		if b.Shows.EN == "" || b.Shows.ES == "" {
			t.Errorf("%s is not told in both languages", b.Key)
		}
	}
}

// docs/practice.md has the table that the practice partner goes by.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/practice.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range practice.Behaviors {
		word := b.Word
		if word == "" {
			word = "(any other)"
		}
		if row := "| " + word + " | " + b.Shows.EN + " | " + b.Shows.ES + " |\n"; !strings.Contains(string(text), row) {
			t.Errorf("docs/practice.md lacks %s", row)
		}
	}
}
