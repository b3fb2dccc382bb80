package main

import (
	"strings"
	"testing"
)

func TestScanner(t *testing.T) {
	if scanner(nil) != nil {
		t.Error("there is a scanner without a command")
	}
	for _, tc := range []struct {
		name    string
		command []string
		content string
		found   bool
		fails   bool
	}{
		{"it finds nothing", []string{"sh", "-c", "! grep -q EICAR"}, "a letter", false, false},
		{"it finds something", []string{"sh", "-c", "! grep -q EICAR"}, "an EICAR letter", true, false},
		{"it breaks", []string{"sh", "-c", "exit 2"}, "a letter", false, true},
		{"it is not there", []string{"no-such-scanner-anywhere"}, "a letter", false, true},
	} {
		found, err := scanner(tc.command)(t.Context(), strings.NewReader(tc.content))
		if found != tc.found || (err != nil) != tc.fails {
			t.Errorf("%s: %v, %v", tc.name, found, err)
		}
	}
}
