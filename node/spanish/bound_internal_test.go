package spanish

import (
	"strings"
	"testing"
)

// A partner chooses texts that are said in Spanish, and makes them of what is looked up most: each is given up after some looks.
func TestTextsMadeToBeSlowAreGivenUp(t *testing.T) {
	slow := 0
	for _, part := range []string{"a: it b.. ", "pair: a. ", "New: a.. ", "row a: b. ", "a ext. b. ", "a. b: c, d; e\n"} {
		deep := newDepth()
		theBook().say(strings.Repeat(part, longest/len(part)), false, deep)
		if *deep.left < 0 {
			t.Errorf("%q was looked up %d times, at most %d were wanted", part, most-*deep.left, most)
		}
		if *deep.left <= 0 {
			slow++
		}
	}
	if slow < 3 {
		t.Errorf("only %d of these texts are slow: take others", slow)
	}
}
