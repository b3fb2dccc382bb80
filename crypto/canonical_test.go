package crypto_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"referworks/crypto"
)

func TestCanonicalizeSamples(t *testing.T) {
	dir := samples(t, "jcs")
	files, err := filepath.Glob(filepath.Join(dir, "input", "*.json"))
	if err != nil || len(files) < 6 {
		t.Fatalf("found %d samples", len(files))
	}
	for _, f := range files {
		name := filepath.Base(f)
		in, want := read(t, f), read(t, dir, "output", name)
		dump := strings.Join(strings.Fields(string(read(t, dir, "outhex", strings.TrimSuffix(name, ".json")+".txt"))), "")
		fromHex, err := hex.DecodeString(dump)
		if err != nil || !bytes.Equal(fromHex, want) {
			t.Errorf("%s: the two outputs of the sample differ", name)
		}
		got, err := crypto.Canonicalize(in)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, want)
		}
		// Only the samples without fractions and exponents are within our profile.
		inProfile := name != "values.json"
		if err := crypto.CheckCanonical(want); (err == nil) != inProfile {
			t.Errorf("%s: check of the output: %v", name, err)
		}
		if err := crypto.CheckCanonical(in); err == nil {
			t.Errorf("%s: the input passed as canonical", name)
		}
	}
}

func TestStrictSuite(t *testing.T) {
	dir := samples(t, "json")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 280 {
		t.Fatalf("found %d samples, %v", len(entries), err)
	}
	for _, e := range entries {
		b := read(t, dir, e.Name())
		var v any
		_, plain := crypto.Canonicalize(b)
		strict := crypto.Unmarshal(b, &v)
		switch e.Name()[0] {
		case 'y':
			// JSONTestSuite calls duplicate names valid; RFC 8785 does not.
			if duplicate := strings.HasPrefix(e.Name(), "y_object_duplicated"); (plain == nil) == duplicate {
				t.Errorf("%s: plain codec: %v", e.Name(), plain)
			}
			if plain != nil && strict == nil {
				t.Errorf("%s: the strict reader takes what the plain one refuses", e.Name())
			}
			if number := strings.Contains(e.Name(), "number") && bytes.ContainsAny(b, ".eE"); number && strict == nil {
				t.Errorf("%s: the strict reader took a number that is not whole", e.Name())
			}
		case 'n':
			if plain == nil || strict == nil {
				t.Errorf("%s: accepted: %v, %v", e.Name(), plain, strict)
			}
		}
	}
}

type small struct {
	Name  string   `json:"name"`
	Count int64    `json:"count,omitempty"`
	More  []string `json:"more,omitempty"`
}

func TestStrictRefusals(t *testing.T) {
	for _, good := range []string{`{"name":"a"}`, ` {"count":9007199254740991 , "name":"\u00e9"} `, `{"count":-9007199254740991,"name":""}`, `{"name":"\ud83d\ude02"}`} {
		var s small
		if err := crypto.Unmarshal([]byte(good), &s); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	bad := map[string]string{
		"duplicate":           `{"name":"a","name":"b"}`,
		"duplicate escaped":   `{"name":"a","n\u0061me":"b"}`,
		"case":                `{"Name":"a"}`,
		"case, long s":        "{\"name\":\"a\",\"mor\u017f\":[]}",
		"unknown":             `{"name":"a","other":1}`,
		"trailing object":     `{"name":"a"}{}`,
		"trailing letter":     `{"name":"a"}x`,
		"byte order mark":     "\ufeff" + `{"name":"a"}`,
		"invalid UTF-8":       "{\"name\":\"\xff\"}",
		"overlong UTF-8":      "{\"name\":\"\xc0\xaf\"}",
		"raw surrogate":       "{\"name\":\"\xed\xa0\x80\"}",
		"lone high surrogate": `{"name":"\ud800"}`,
		"lone low surrogate":  `{"name":"\udc00 "}`,
		"swapped surrogates":  `{"name":"\ude02\ud83d"}`,
		"fraction":            `{"name":"a","count":1.0}`,
		"exponent":            `{"name":"a","count":1e3}`,
		"minus zero":          `{"name":"a","count":-0}`,
		"leading zero":        `{"name":"a","count":01}`,
		"2^53":                `{"name":"a","count":9007199254740992}`,
		"-2^53":               `{"name":"a","count":-9007199254740992}`,
		"1e21":                `{"name":"a","count":1000000000000000000000}`,
		"5e-324":              `{"name":"a","count":5e-324}`,
		"number for text":     `{"name":1}`,
		"empty":               ``,
		"control":             "{\"name\":\"a\x01\"}",
		"comment":             `{"name":"a"}//`,
	}
	for name, text := range bad {
		var s small
		if err := crypto.Unmarshal([]byte(text), &s); !errors.Is(err, crypto.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
		if err := crypto.CheckCanonical([]byte(text)); err == nil && name != "case" && name != "case, long s" && name != "unknown" && name != "number for text" {
			t.Errorf("%s: passed as canonical", name)
		}
	}
	for name, text := range map[string]string{
		"order": `{"name":"a","count":1}`, "space": `{"name": "a"}`, "escape": `{"name":"\u0061"}`, "slash": `{"name":"\/"}`, "upper hex": `{"name":"\u001F"}`,
	} {
		if err := crypto.CheckCanonical([]byte(text)); !errors.Is(err, crypto.ErrForm) {
			t.Errorf("%s: passed as canonical: %v", name, err)
		}
	}
}

func TestStrictErrorsHoldNoValues(t *testing.T) {
	const canary = "Zebulon Quartermain"
	for _, text := range []string{
		`{"name":"` + canary + `","name":1}`, `{"` + canary + `":1}`, `{"count":"` + canary + `"}`, `{"name":"` + canary + `"x}`,
		`{"name":"` + canary + `","more":["` + canary + `",1]}`, `{"name":{"` + canary + `":1}}`,
	} {
		var s small
		err := crypto.Unmarshal([]byte(text), &s)
		if err == nil || strings.Contains(err.Error(), "Zebulon") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestStrictLimits(t *testing.T) {
	lim := crypto.Limits{Bytes: 100, Depth: 3, Values: 5}
	for text, ok := range map[string]bool{
		`[[[]]]`: true, `[[[[]]]]`: false,
		`[1,2,3,4,5]`: true, `[1,2,3,4,5,6]`: false,
		`["` + strings.Repeat("a", 96) + `"]`: true, `["` + strings.Repeat("a", 97) + `"]`: false,
		`["[[[[[[,,,,,,"]`:   true,
		`["\"[[[[[[,,,,,,"]`: true,
	} {
		var v any
		if err := crypto.UnmarshalLimited([]byte(text), &v, lim); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	deep := strings.Repeat("[", 100_000)
	var v any
	if err := crypto.Unmarshal([]byte(deep), &v); err == nil {
		t.Error("100,000 arrays were read")
	}
}

func TestMarshalRefuses(t *testing.T) {
	for name, v := range map[string]any{"float": 1.5, "large": int64(1) << 53, "not UTF-8": "\xff"} {
		if b, err := crypto.Marshal(v); err == nil {
			t.Errorf("%s: written as %s", name, b)
		}
	}
}

// anyJSON draws values of our profile, with names and texts that escape and sort oddly.
func anyJSON(depth int) *rapid.Generator[any] {
	text := rapid.Custom(func(t *rapid.T) string {
		return rapid.StringOfN(rapid.RuneFrom([]rune{'a', 'b', 'Z', '"', '\\', '/', 0, 1, 8, 10, 31, 0x7f, 0x80, 0xf6, 0x2028, 0xd7ff, 0xe000, 0xfb33, 0xffff, 0x10000, 0x1f602, 0x10ffff}), 0, 6, -1).Draw(t, "text")
	})
	leaves := []*rapid.Generator[any]{
		rapid.Map(rapid.Int64Range(-1<<53+1, 1<<53-1), func(i int64) any { return i }),
		rapid.Map(text, func(s string) any { return s }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	below := anyJSON(depth - 1)
	return rapid.OneOf(append(leaves,
		rapid.Map(rapid.SliceOfN(below, 0, 4), func(s []any) any { return s }),
		rapid.Map(rapid.MapOfN(text, below, 0, 5), func(m map[string]any) any { return m }),
	)...)
}

func TestCanonicalProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyJSON(3).Draw(t, "value")
		b, err := crypto.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := crypto.CheckCanonical(b); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		again, err := crypto.Canonicalize(b)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("not idempotent: %q and %q, %v", b, again, err)
		}
		oracle, err := jcs.Transform(b)
		if _, scalar := v.(map[string]any); !scalar {
			if _, list := v.([]any); !list {
				return // the other implementation takes only objects and arrays
			}
		}
		if err != nil || !bytes.Equal(oracle, b) {
			t.Fatalf("the other implementation has %q, %v; we have %q", oracle, err, b)
		}
		var back any
		if err := crypto.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzStrict(f *testing.F) {
	for _, s := range []string{`{"name":"a","count":1}`, `{"name":"\ud83d\ude02"}`, `[1,-1,"\\\""]`, `{"a":{"b":[{}]}}`, "\ufeff{}", `-0`, `1e5`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		err := crypto.Unmarshal(b, &v)
		c, plain := crypto.Canonicalize(b)
		if err == nil && plain != nil {
			t.Fatalf("the strict reader takes what the plain one refuses: %v", plain)
		}
		if err == nil {
			if err := crypto.CheckCanonical(c); err != nil {
				t.Fatalf("its canonical form %q does not pass: %v", c, err)
			}
			if oracle, err := jcs.Transform(b); (b[0] == '{' || b[0] == '[') && (err != nil || !bytes.Equal(oracle, c)) {
				t.Fatalf("the other implementation has %q, %v; we have %q", oracle, err, c)
			}
		}
		var s small
		_ = crypto.Unmarshal(b, &s)
	})
}
