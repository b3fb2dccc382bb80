package protocol_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"referworks/internal/sample"
	"referworks/protocol"
)

func random(t *rapid.T) *protocol.Referral {
	return sample.Referral(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
}

func encode(t interface{ Fatal(...any) }, r *protocol.Referral) []byte {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t interface{ Fatal(...any) }, b []byte) *protocol.Referral {
	r := &protocol.Referral{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReferralRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random(t)
		first := encode(t, r)
		again := decode(t, first)
		if !reflect.DeepEqual(r, again) {
			t.Fatalf("the decoded referral differs; it was %s", first)
		}
		if second := encode(t, again); !bytes.Equal(first, second) {
			t.Fatalf("first %s\nthen  %s", first, second)
		}
	})
}

func TestVisitFindsWhatAtFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random(t)
		for _, p := range r.Leaves() {
			slot, err := r.At(p.Path)
			if err != nil || slot != p.Leaf {
				t.Fatalf("%s: At gives another leaf than Visit: %v", p.Path, err)
			}
			if f, ok := protocol.FieldAt(p.Path); !ok || f.Path != p.Field.Path {
				t.Fatalf("%s: FieldAt gives %q", p.Path, f.Path)
			}
			if p.Leaf.Given() {
				if err := slot.Set(p.Leaf.Text()); err != nil {
					t.Fatalf("%s refuses its own text: %v", p.Path, err)
				}
			}
		}
	})
}

func TestAtRefuses(t *testing.T) {
	r := sample.Minimal()
	for _, path := range []string{"", "person", "person.names", "person.names[0]", "person.names[7].given", "person.names[-1].given", "person.names[00].given",
		"person.names[0.given", "person.names.given", "person.nam.given", "person.birthDate.value.x", "needs[0].codes", "needs[20].id", ".", "person..names"} {
		if _, err := r.At(path); err == nil {
			t.Errorf("At(%q) found something", path)
		}
	}
	if len(r.Person.Names) != 1 {
		t.Error("a refused path changed the referral")
	}
}

// No way of printing shows a value, wherever the value is buried.
func TestNothingPrintsValues(t *testing.T) {
	r := sample.Full()
	type buried struct {
		name protocol.Text
		code protocol.Coded
		flag protocol.Flag
	}
	values := []any{r, *r, r.Person, &r.Person, r.Person.Names, r.Person.Names[0], r.Person.Names[0].Given, &r.Person.Names[0].Given, r.Contact,
		r.Contact.Points, r.People, r.Needs[0], r.Needs[0].Codes[0], r.Needs[0].Codes[0].Coding(), r.Person.BirthDate.Value, r.Eligibility.Income[0].Amount,
		r.Consents[0].Capacity, r.Household.Size, r.Header.ID, map[string]any{"x": r.Person}, []any{r.Narrative},
		buried{r.Person.Names[0].Given, r.Needs[0].Codes[0], r.Person.Veteran}, &buried{name: r.Person.Names[0].Given}, fmt.Errorf("%v", r.Person)}
	var texts []string
	for _, p := range r.Leaves() {
		if p.Leaf.Given() && len(p.Leaf.Text()) > 3 {
			texts = append(texts, p.Leaf.Text())
		}
	}
	for _, v := range values {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("looked", "it", v)
		printed := log.String()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			printed += "\n" + fmt.Sprintf(verb, v)
		}
		for _, text := range texts {
			if strings.Contains(printed, text) || strings.Contains(printed, fmt.Sprintf("%x", text)) {
				t.Fatalf("%T shows %q: %s", v, text, printed)
			}
		}
	}
	if got := fmt.Sprint(r.Person.Names[0].Given); got != "[redacted]" {
		t.Errorf("a leaf prints as %q", got)
	}
}

// The guard of TestNothingPrintsValues can fail: what it looks for is found in a type without the guard.
func TestPlainTypesPrintValues(t *testing.T) {
	type plain struct{ text string }
	if !strings.Contains(fmt.Sprintf("%v", plain{sample.Full().Person.Names[0].Given.Text()}), "María José") {
		t.Error("the control does not print its value")
	}
}

func TestCloneSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random(t)
		before := encode(t, r)
		c := r.Clone()
		if !reflect.DeepEqual(r, c) {
			t.Fatal("the clone is another referral")
		}
		for _, p := range c.Leaves() {
			p.Leaf.SetAbsent(protocol.Withheld)
		}
		c.Withhold([]string{"P0", "attachments"})
		if !bytes.Equal(encode(t, r), before) {
			t.Fatal("a change of the clone changed the referral")
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	r := sample.Full()
	b.ReportAllocs()
	for b.Loop() {
		if err := r.ValidateFor(sample.Now, partner); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBeyond(b *testing.B) {
	r := sample.Full()
	b.ReportAllocs()
	for b.Loop() {
		if r.Beyond([]string{"P3"}) == nil {
			b.Fatal("the sample has nothing dangerous")
		}
	}
}
