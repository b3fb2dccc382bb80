package mapping_test

import (
	"strings"
	"testing"
	"time"

	"referworks/bridges/mapping"
)

func TestExpressionIsTheWayOut(t *testing.T) {
	rule := func(code string) string {
		return `{"id":"r","local":"x","standard":"person.pronouns","direction":"in","via":[{"fn":"expr","code":"` + code + `"}]}`
	}
	for _, c := range []struct{ code, value, want string }{
		{`upper(value) + '!'`, "they", "THEY!"},
		{`len(value) > 3 ? 'long' : 'short'`, "they", "long"},
		{`digits(value)`, "a1b02", "102"},
		{`join(split(value, ' '), '-')`, "a b c", "a-b-c"},
		{`text(number(value) * 2)`, "21", "42"},
		{`value matches '^[0-9]+$' ? value : 'none'`, "x", "none"},
		{`number(value)`, "no number", ""}, // fails, and travels as an extra fact
		{`replace(value, '', value)`, strings.Repeat("a", 5000), ""},
	} {
		in, _, status, err := through(t, rule(c.code), c.value, "person.pronouns")
		if in != c.want || err != nil || c.want == "" && status != mapping.Flagged {
			t.Errorf("%s of %.20q: %q, %s, %v; want %q", c.code, c.value, in, status, err, c.want)
		}
	}
}

func TestExpressionsThatCouldRunAwayAreRefused(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`let a = value + value; a + a`, "let"},
		{`all(values, # == value)`, "may not loop"},
		{`map(1..1000000, #)`, "expression"},
		{`len(value) in 1..9`, "operator .."},
		{`9 ** 9`, "operator **"},
		{`env('HOME')`, "cannot be understood"},
		{strings.Repeat("value + ", 240) + "value", "cannot be understood"},
		{strings.Repeat("(", 3000), "bytes"},
		{`at('x')`, "cannot be understood"},
	} {
		wantProblem(t, document(t, `{"id":"a","local":"x","standard":"person.pronouns","direction":"in","via":[{"fn":"expr","code":"`+c.code+`"}]}`), c.want)
	}
	wantProblem(t, document(t, `{"id":"a","local":"x","standard":"person.pronouns","via":[{"fn":"expr","code":"value"}]}`), "has no way back")
}

func TestConditionByExpression(t *testing.T) {
	rule := `{"id":"r","local":"x","standard":"person.pronouns","direction":"in","when":{"expr":"at(\"x\") != \"\" && at(\"_n\") == \"Org\""}}`
	if in, _, _, err := through(t, rule, "they", "person.pronouns"); in != "they" || err != nil {
		t.Errorf("%q, %v", in, err)
	}
	if in, _, _, err := through(t, strings.Replace(rule, `\"Org\"`, `\"Other\"`, 1), "they", "person.pronouns"); in != "" || err != nil {
		t.Errorf("a condition that does not hold let %q through, %v", in, err)
	}
	wantProblem(t, document(t, `{"id":"a","local":"x","standard":"person.pronouns","direction":"in","when":{"expr":"at(value) == 1"}}`), "expression")
}

func wantProblem(t testing.TB, doc []byte, want string) {
	t.Helper()
	d, err := mapping.Parse(doc)
	if err == nil {
		_, err = mapping.Compile(d)
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("want a sentence with %q, got %v", want, err)
	}
}

// FuzzExpression: whatever is written compiles or is refused, runs or fails, and always soon.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{`value`, `upper(value)[0:3]`, `split(value,",")[1]`, `value | trim() | lower()`, `{"a":values}`, `[value,value]`, `values[99]`, `"a" in values`, `1/0`, `nil`, `-"x"`, `{`, `value.x`} {
		f.Add(s, "a, b")
	}
	f.Fuzz(func(t *testing.T, code, value string) {
		d := mapping.Document{V: 1, ID: "f", Name: "f", Standard: mapping.Standard, Side: mapping.Side{Format: "json"},
			Rules: []mapping.Rule{{ID: "r", Local: mapping.Paths{"x"}, Standard: "person.pronouns", Direction: "in", Via: []mapping.Step{expression(code)}}}}
		m, err := mapping.Compile(&d)
		if err != nil {
			return
		}
		began := time.Now()
		_, _, _ = m.ToReferral(recordOf("x", value), harbor())
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
