package main

import (
	"slices"
	"strings"
	"testing"
)

func TestFlagsMayStandAnywhere(t *testing.T) {
	for in, want := range map[string]string{
		"referworks org create A --phone 1 --json":                                       "referworks --json org create --phone 1 A",
		"referworks --data d partner list --json":                                        "referworks --data d --json partner list",
		"referworks partner accept - --org x":                                            "referworks --org x partner accept -",
		"referworks referral send f.json --to A --to=B":                                  "referworks referral send --to A --to=B f.json",
		"referworks referral send --preview f.json":                                      "referworks referral send --preview f.json",
		"referworks partner confirm --they-send X --we-send":                             "referworks partner confirm --they-send --we-send X",
		"referworks org create list":                                                     "referworks org create list",
		"referworks org create -- --odd":                                                 "referworks org create -- --odd",
		"referworks partner withdraw --7Xq2mD4vN0aB1cE5fG6hI8jK9lM0nO1pQ2rS3tU4s --json": "referworks --json partner withdraw -- --7Xq2mD4vN0aB1cE5fG6hI8jK9lM0nO1pQ2rS3tU4s",
		"referworks help partner":                                                        "referworks help partner",
		"referworks nonsense --json":                                                     "referworks --json nonsense",
	} {
		if got := strings.Join(arrange(app(), strings.Fields(in)), " "); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	if got := arrange(app(), []string{"referworks"}); !slices.Equal(got, []string{"referworks"}) {
		t.Error("an empty command line changed")
	}
}
