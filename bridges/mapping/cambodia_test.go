package mapping_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

// primeroToOSCaR reads a sample of the bridge that runs between the two systems.
func primeroToOSCaR(t *testing.T, name string) *record.Node {
	t.Helper()
	dir := os.Getenv("REFERWORKS_SAMPLES")
	if dir == "" {
		t.Skip("REFERWORKS_SAMPLES names no folder with samples")
	}
	b, err := os.ReadFile(filepath.Join(dir, "cambodia", name))
	if err != nil {
		t.Fatal(err)
	}
	return decodeJSON(t, b)
}

func cambodia(t *testing.T) *mapping.Mapping {
	t.Helper()
	b, err := os.ReadFile("testdata/primero-oscar.json")
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, b)
}

// leaves are the texts of a record by their places; null and "" are told apart.
func leaves(n *record.Node) map[string]string {
	out := map[string]string{}
	n.Leaves(func(p record.Path, leaf *record.Node) { out[p.String()] = leaf.Kind.String() + " " + leaf.Text })
	return out
}

func sameLeaves(t *testing.T, what string, got, want *record.Node) {
	t.Helper()
	have, need := leaves(got), leaves(want)
	for path, text := range need {
		if have[path] != text {
			t.Errorf("%s: %s is %q, want %q", what, path, have[path], text)
		}
		delete(have, path)
	}
	for path := range have {
		t.Errorf("%s: %s should not be there", what, path)
	}
}

// The split that a production bridge makes of a child with two services, by our mapping alone, and back.
func TestPrimeroToOSCaR(t *testing.T) {
	m := cambodia(t)
	child := primeroToOSCaR(t, "primero_2referrals_input.json").Children[0]
	want := primeroToOSCaR(t, "primero_2referrals_output.json").Children
	refs, report, err := m.ToReferrals(child, harbor())
	if err != nil {
		t.Fatal(err)
	}
	if len(refs) != len(want) {
		t.Fatalf("%d referrals, want %d", len(refs), len(want))
	}
	for i, ref := range refs {
		home, _, err := m.FromReferral(overTheWire(t, ref), harbor())
		if err != nil {
			t.Fatal(err)
		}
		sameLeaves(t, "split", home, want[i])
	}
	whole, _, err := m.FromReferrals(refs, harbor())
	if err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, "joined again", whole, child)

	// Another organization reads the same fields, but not what only the sender knows a place for.
	away, _, err := m.FromReferral(refs[0], elsewhere())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"external_id", "mosvy_number", "given_name", "location_current_village_code", "is_referred", "services[0].name", "services[0].uuid", "date_of_referral"} {
		if got, expect := leaves(away)[path], leaves(want[0])[path]; got != expect {
			t.Errorf("elsewhere: %s is %q, want %q", path, got, expect)
		}
	}
	for _, p := range report.Carried {
		t.Logf("carried: %s", p.Local)
	}
}

// What stands in OSCaR's own referrals: null and "" apart, four services, a code that begins with a zero.
func TestOSCaRReferralIsReadAndComesHome(t *testing.T) {
	m := cambodia(t)
	child := primeroToOSCaR(t, "oscar_new_referral.json").First(record.MustPath("data.data[0]"))
	refs, _, err := m.ToReferrals(child, harbor())
	if err != nil || len(refs) != 4 {
		t.Fatalf("%d referrals, %v", len(refs), err)
	}
	if code := refs[2].Person.Addresses[0].AdminCodes[0].Text(); code != "02020202" {
		t.Errorf("the village is %q, and its zero must stay", code)
	}
	back, _, err := m.FromReferrals(refs, harbor())
	if err != nil {
		t.Fatal(err)
	}
	have := leaves(back)
	for path, text := range leaves(child) {
		if have[path] != text && text != "text " && text != "null " {
			t.Errorf("%s is %q after the way there and back, want %q", path, have[path], text)
		}
	}
	if have["mosvy_number"] != "text " {
		t.Errorf("an empty text must stay one, and is %q", have["mosvy_number"])
	}
	// Where nobody is named, the organization's own statement says whom to ask; without a statement it would wait.
	if have["external_case_worker_name"] != "text Intake desk" {
		t.Errorf("the case worker is %q", have["external_case_worker_name"])
	}
}

// overTheWire writes a referral and reads it again.
func overTheWire(t *testing.T, ref *protocol.Referral) *protocol.Referral {
	t.Helper()
	b, err := json.Marshal(ref)
	if err != nil {
		t.Fatal(err)
	}
	var out protocol.Referral
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}
