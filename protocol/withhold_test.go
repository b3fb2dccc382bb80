package protocol_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"referworks/internal/sample"
	"referworks/protocol"
)

func TestWithholdByClass(t *testing.T) {
	r := sample.Full()
	if got := r.Beyond([]string{"P3"}); len(got) == 0 {
		t.Fatal("the full sample has nothing dangerous")
	}
	kept := r.Withhold([]string{"P3"})
	if !slices.Contains(kept, "contact.instruction") || !slices.Contains(kept, "people[].names[].given") {
		t.Errorf("kept back %v", kept)
	}
	if got := r.Beyond([]string{"P3"}); got != nil {
		t.Errorf("still there: %v", got)
	}
	if r.Contact.Instruction.Absent() != protocol.Withheld || !r.Person.Names[0].Given.Given() {
		t.Error("the wrong values were kept back")
	}
	if r.Contact.Points[1].Value.Given() || r.Contact.Points[1].E164.Given() {
		t.Error("a phone number travels without the rules that make it safe")
	}
	if !r.Person.Addresses[0].City.Given() {
		t.Error("an address that is not confidential was kept back")
	}
}

func TestWithholdKeepsPhonesWithTheirRules(t *testing.T) {
	r := sample.Full()
	r.Withhold([]string{"contact.points[].note"})
	if r.Contact.Points[0].Value.Given() {
		t.Error("the unsafe phone travels without its note")
	}
	if !r.Contact.Points[1].Value.Given() {
		t.Error("a phone that lost no rule was kept back")
	}
}

func TestConfidentialAddressIsDangerous(t *testing.T) {
	r := sample.Full()
	r.Person.Addresses[0].Confidential = protocol.FlagOf(true)
	r.Withhold([]string{"P3"})
	for _, p := range r.Leaves() {
		if strings.HasPrefix(p.Path, "person.addresses") && p.Leaf.Given() {
			t.Errorf("%s travels", p.Path)
		}
	}
}

func TestWithholdByPath(t *testing.T) {
	r := sample.Full()
	kept := r.Withhold([]string{"legal", "person.birthDate", "needs[].description", "attachments"})
	for _, p := range r.Leaves() {
		gone := strings.HasPrefix(p.Path, "legal.") || strings.HasPrefix(p.Path, "person.birthDate.") || strings.HasSuffix(p.Path, "].description")
		if p.Leaf.Given() == gone && p.Leaf.Absent() != protocol.NotAsked && p.Leaf.Absent() != protocol.Declined && p.Leaf.Absent() != protocol.Unknown {
			t.Errorf("%s: given is %v", p.Path, p.Leaf.Given())
		}
	}
	if len(r.Attachments) != 0 || !slices.Contains(kept, "attachments") || !slices.Contains(kept, "legal.caseNumbers[]") {
		t.Errorf("kept back %v", kept)
	}
}

func TestWithholdLeavesWhatMachinesNeed(t *testing.T) {
	r := sample.Full()
	r.Consents[0].Form = protocol.Token{}
	r.Contact.Initiator = protocol.Choose(protocol.DoNotContact)
	r.Withhold([]string{"P0"})
	for _, p := range problems(t, r.ValidateFor(sample.Now, partner)) {
		if p.Path != "person.names" && p.Path != "referrer.contact" {
			t.Errorf("after withholding everything: %v", p)
		}
	}
}

// Whatever is kept back, nothing of it is left, values elsewhere stay, and the receiver would agree.
func TestWithholdAndBeyondAgree(t *testing.T) {
	var entries []string
	for _, f := range protocol.Fields() {
		entries = append(entries, f.Path, strings.Split(f.Path, ".")[0])
	}
	entries = append(entries, "P1", "P2", "P3", "person.names", "person.addresses[]")
	rapid.Check(t, func(t *rapid.T) {
		r, same := random(t), 0
		withheld := rapid.SliceOfN(rapid.SampledFrom(entries), 1, 5).Draw(t, "withheld")
		before := len(r.Leaves())
		beyond := len(r.Beyond(withheld))
		kept := r.Withhold(withheld)
		if (beyond == 0) != (len(kept) == 0) {
			t.Fatalf("%d values were beyond, kept back %v", beyond, kept)
		}
		if left := r.Beyond(withheld); left != nil {
			t.Fatalf("left %v", left)
		}
		for _, f := range kept {
			if f != "attachments" && !protocol.KnownWithheld(f) {
				t.Fatalf("%s is no field", f)
			}
		}
		if same = len(r.Leaves()); same > before {
			t.Fatalf("%d leaves became %d", before, same)
		}
		if again := r.Withhold(withheld); again != nil {
			t.Fatalf("a second time keeps back %v", again)
		}
	})
}
