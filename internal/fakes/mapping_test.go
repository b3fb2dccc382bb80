package fakes_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/examples"
	"referworks/internal/sample"
	"referworks/protocol"
)

// referrals are those of the examples, and the samples.
func referrals(t *testing.T) map[string]*protocol.Referral {
	t.Helper()
	out := map[string]*protocol.Referral{"full": sample.Full(), "minimal": sample.Minimal()}
	for file, name := range map[string]string{"legalserver-matter": "harbor-legalserver", "county-housing": "harbor-county-housing", "child-protection": "harbor-child-protection"} {
		doc, err := examples.Files.ReadFile(file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		m, err := examples.Files.ReadFile("mappings/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := compiled(t, m).ToReferral(read(t, doc), harbor())
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[file] = r
	}
	return out
}

func harbor() mapping.Context {
	return mapping.Context{
		Now: time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC), Organization: sender, OrganizationName: "Harbor Legal Aid", NewID: func() protocol.ReferralID { return sample.ReferralID(9) },
		Consent: &mapping.ConsentStatement{Basis: "consent", Method: "verbal", Capacity: "self", Days: 180, Purposes: []string{"referral"}},
		Contact: &mapping.ContactStatement{Name: "Intake desk", Phone: "+16175550100"},
	}
}

// Every preset's own mapping compiles, writes every referral of the examples, with the person's last name and the need in it,
// and reads its own sample.
func TestEachMappingWorks(t *testing.T) {
	list, err := all()
	if err != nil {
		t.Fatal(err)
	}
	rs := referrals(t)
	for _, p := range list {
		t.Run(p.Name, func(t *testing.T) {
			k := kindOf(t, p.Name)
			m := compiled(t, k.Mapping)
			for name, r := range rs {
				rec, _, err := m.FromReferral(r, harbor())
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				b, err := m.Encode(rec)
				if err != nil {
					t.Errorf("%s cannot be written: %v", name, err)
				}
				if family := map[string]string{"full": "de la Cruz", "legalserver-matter": "de la Cruz Obando", "county-housing": "Trần", "child-protection": "Sok"}[name]; !bytes.Contains(b, []byte(family)) {
					t.Errorf("%s has no last name: %s", name, b)
				}
				if name == "legalserver-matter" && !bytes.Contains(b, []byte("Adult Guardianship/Conserv.")) {
					t.Errorf("%s does not say what is needed: %s", name, b)
				}
			}
			if k.Sample == nil || !strings.Contains(strings.Join(k.Ways, " "), "in") {
				return
			}
			rec, err := record.DecodeJSON(k.Sample, record.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			r, _, err := m.ToReferral(rec, harbor())
			if err != nil {
				t.Fatalf("its sample: %v", err)
			}
			if got := r.Person.Names; len(got) == 0 {
				t.Error("its sample gives no name")
			}
		})
	}
}
