package mapping_test

import (
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
)

// people is a mapping of a list in which a condition names the client and a group takes the children; of everybody else
// there are extra facts only.
const peopleMapping = `{"v":1,"id":"people","standard":"referral/1","name":"People","side":{"format":"json","region":"US","zone":"UTC","language":"en"},
 "groups":[{"id":"kids","local":"people[]","standard":"people[role=household]","when":{"local":[{"path":"people[].kind","is":["child"]}]}}],
 "rules":[
  {"id":"first","local":"people[kind=client].name","standard":"person.names[].given"},
  {"id":"kid","local":"people[].name","standard":"people[role=household].names[].given"},
  {"id":"need","local":"need","standard":"needs[].text"}
 ],"unmapped":{"policy":"carry","class":"P2"}}`

// A list comes home in its old order, whoever stands first, and no fact stands beside another person.
func TestListsComeHomeInTheirOrder(t *testing.T) {
	doc, err := mapping.Parse([]byte(peopleMapping))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		rec, list := record.NewObject(), record.NewList()
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"client", "child", "other"}), 1, 6).Draw(t, "kinds")
		clients := 0
		for i, kind := range kinds {
			if kind == "client" {
				if clients++; clients > 1 {
					kind = "other"
				}
			}
			one := record.NewObject()
			one.Add("kind", record.NewText(kind))
			one.Add("name", record.NewText("N"+string(rune('a'+i))))
			if rapid.Bool().Draw(t, "shoe") {
				one.Add("shoe", record.NewText("S"+string(rune('a'+i))))
			}
			list.Append(one)
		}
		rec.Add("people", list)
		ref, _, err := m.ToReferral(rec, harbor())
		if ref == nil {
			t.Fatal(err)
		}
		home, _, err := m.FromReferral(ref, harbor())
		if home == nil {
			t.Fatal(err)
		}
		was, _ := record.EncodeJSON(rec)
		now, _ := record.EncodeJSON(home)
		rec.Leaves(func(p record.Path, leaf *record.Node) {
			if got := home.First(p); got == nil || got.Text != leaf.Text {
				t.Fatalf("%s is another\n%s\n%s", p, was, now)
			}
		})
	})
}

// A referral names the organization that sends it. When the record says another one, the report tells that it stays.
func TestAnotherReferrersNameIsTold(t *testing.T) {
	doc, err := mapping.Parse([]byte(`{"v":1,"id":"x","standard":"referral/1","name":"X","side":{"format":"json","region":"US","zone":"UTC","language":"en"},"rules":[{"id":"by","local":"by","standard":"referrer.organization.name"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]mapping.Status{"Some Shelter": mapping.Narrowed, harbor().OrganizationName: mapping.OK} {
		rec := record.NewObject()
		rec.Add("by", record.NewText(name))
		ref, report, _ := m.ToReferral(rec, harbor())
		if ref.Referrer.Organization.Name.Text() != harbor().OrganizationName || report.Fields[0].Status != want {
			t.Errorf("%s: %s", name, report.Fields[0].Status)
		}
	}
}
