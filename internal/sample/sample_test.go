package sample_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"referworks/internal/sample"
	"referworks/protocol"
	"referworks/protocol/codes"
)

func TestSamplesAreValid(t *testing.T) {
	to := sample.Org("Elm Street Elder Services")
	if err := sample.Full().ValidateFor(sample.Now, to); err != nil {
		t.Error(err)
	}
	if err := sample.Minimal().ValidateFor(sample.Now, to); err != nil {
		t.Error(err)
	}
	for seed := range uint64(50) {
		if err := sample.Referral(rand.New(rand.NewPCG(seed, 0))).ValidateFor(sample.Now, to); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

func TestFullSampleIsWhatTheStoriesNeed(t *testing.T) {
	r := sample.Full()
	if got := r.NeedsIn(codes.LSC); !slices.Equal(got, []string{"33"}) {
		t.Errorf("needs in LSC: %v", got)
	}
	if got := r.NeedsIn(codes.SDOHCC); got != nil {
		t.Errorf("needs in SDOHCC: %v", got)
	}
	if r.Needs[0].Codes[0].Coding().Original != "Elder Care" || r.Person.Addresses[0].PostalCode.Text()[0] != '0' || r.People[0].Role.Value() != protocol.RoleAdverse {
		t.Error("the sample lost what makes it hard")
	}
}

// Every list that a field names is a table, and the closed lists of the types are those of the tables.
func TestListsOfTheStandardAreTables(t *testing.T) {
	for _, f := range protocol.Fields() {
		if f.System == "" {
			continue
		}
		table, ok := codes.System(f.System)
		if !ok {
			t.Errorf("%s names the list %s, which is no table", f.Path, f.System)
			continue
		}
		var listed []string
		for _, e := range table.Entries {
			listed = append(listed, e.Code)
		}
		if f.Kind == protocol.LeafChoice && !slices.Equal(listed, f.Values) {
			t.Errorf("%s: the type has %v, the table %v", f.Path, f.Values, listed)
		}
	}
}

func TestCodesOfTheSampleAreKnown(t *testing.T) {
	for _, p := range sample.Full().Leaves() {
		c, ok := p.Leaf.(*protocol.Coded)
		if !ok || c.Coding().Code == "" {
			continue
		}
		if _, ok := codes.System(c.Coding().System); !ok {
			continue // a list of an organization
		}
		if e, ok := codes.Lookup(c.Coding().System, c.Coding().Code); !ok || e.Label != c.Coding().Label {
			t.Errorf("%s is not in its system, or has another label there: %+v", p.Path, e)
		}
	}
}
