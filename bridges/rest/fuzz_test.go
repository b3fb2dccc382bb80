package rest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"referworks/bridges/rest"
)

func FuzzAnswer(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"results":[{"id":1},{"id":"b"}]}`, "results[].id"}, {`[{"id":1}]`, "[].id"}, {`<a><r id="1"/><r/></a>`, "r[].@id"},
		{`{"a":{"b":null}}`, "a.b.c"}, {"\xef\xbb\xbf{\"id\":\"\\u202e\"}", "id"}, {`{"errors":{"First":[]}}`, ""}, {`{"id":`, "id"}, {strings.Repeat("[", 100), "[0]"},
		{`{"errors":[{"pointer":"/Address/Postcode"}]}`, "x[a=b].c"}, {`<!DOCTYPE a><a/>`, "a"},
	} {
		f.Add([]byte(seed[0]), seed[1])
	}
	document := delivery().Document
	f.Fuzz(func(t *testing.T, body []byte, place string) {
		found, _ := rest.ReadIDs(body, place)
		for i, id := range found {
			if id == "" || len(id) > 100 || strings.IndexFunc(id, func(r rune) bool { return !unicode.IsGraphic(r) }) >= 0 {
				t.Errorf("id %q", id)
			}
			for _, other := range found[:i] {
				if other == id {
					t.Errorf("%q twice", id)
				}
			}
		}
		switch field := rest.Blamed(body, document); field {
		case "", "First", "Address", "Postcode":
		default:
			t.Errorf("field %q is none of the document's", field)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "120", "-1", "99999999999999999999", "1e9", " 7 ", "Mon, 23 Nov 2026 12:00:30 GMT", "Mon, 23 Nov 9999 12:00:30 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := rest.RetryAfter(value, now); d < 0 || d > 24*time.Hour {
			t.Errorf("%q gives %s", value, d)
		}
	})
}

// Whatever stands in a key or reference, the look-up stays at its host and place.
func FuzzLookup(f *testing.F) {
	for _, s := range []string{"RW-7K3F-19", "../../admin", "a/b?c=d#e", "%2e%2e", "{key}", "@evil.example", "\r\nX: y"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, reference, key string) {
		u, err := url.Parse(rest.Expand("https://cases.example.org/find/x{key}?r={reference}&z=1", reference, key))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Host != "cases.example.org" || u.User != nil || strings.Count(u.EscapedPath(), "/") != 2 || u.Path != "/find/x"+key || len(q) != 2 || q.Get("r") != reference || u.Fragment != "" {
			t.Errorf("%q, %q: %s", reference, key, u)
		}
	})
}
