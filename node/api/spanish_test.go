package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Who asks for Spanish reads what the node says in Spanish, also what it refuses; a document stays as it is.
func TestTheNodeSpeaksSpanish(t *testing.T) {
	w := newWorld(t)
	ask := func(language, method, path, body string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, w.public.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+w.elmAdmin)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept-Language", language)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	broken := `{"v":1,"standard":"referworks/1","id":"x","name":"First name","side":{"format":"json"},"rules":[{"id":"a","local":["x"],"standard":"person.naem"}]}`
	for _, c := range []struct{ method, path, body, english, spanish string }{
		{"GET", "/v1/standard", "", `"label":"Referred person - First name"`, `"label":"Persona derivada - Nombre de pila"`},
		{"GET", "/v1/waiting/" + w.waiting, "", "the partners are: harbor, quincy", "las que hay son: harbor, quincy"},
		{"GET", "/v1/mappings/none-of-it", "", "there is none of that name", "no hay ninguna con ese nombre"},
		{"POST", "/v1/mappings:check", broken, "the standard has no place", "el estándar no tiene ningún lugar"},
		{"GET", "/v1/mappings/legalserver", "", `"name":"`, `"name":"`},
	} {
		if got := ask("en-US,es;q=0.5", c.method, c.path, c.body); !strings.Contains(got, c.english) {
			t.Errorf("%s %s: %q is not in %.600s", c.method, c.path, c.english, got)
		}
		if got := ask("es-MX,es;q=0.9,en;q=0.5", c.method, c.path, c.body); !strings.Contains(got, c.spanish) {
			t.Errorf("%s %s: %q is not in %.600s", c.method, c.path, c.spanish, got)
		}
	}
	if en, es := ask("en", "GET", "/v1/mappings/legalserver", ""), ask("es", "GET", "/v1/mappings/legalserver", ""); en != es {
		t.Error("a mapping document is another one in Spanish")
	}
}
