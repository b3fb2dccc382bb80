package record_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"referworks/bridges/record"
)

func texts(n *record.Node, path string) string {
	var out []string
	for _, found := range n.Find(record.MustPath(path)) {
		out = append(out, found.Text)
	}
	return strings.Join(out, " ")
}

const bundle = `{"resourceType":"Bundle","entry":[
	{"fullUrl":"urn:uuid:1","resource":{"resourceType":"ServiceRequest","id":"s","subject":{"reference":"urn:uuid:2"},"requester":{"reference":"#who"},
		"contained":[{"resourceType":"Practitioner","id":"who","name":[{"family":"Reyes"}]}],"performer":[{"reference":"Organization/o"},{"reference":"Organization/none"}]}},
	{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","id":"p","name":[{"family":"Example","given":["Ana","Maria"]}],
		"identifier":[{"type":{"coding":[{"code":"SS"}]},"value":"1"},{"type":{"coding":[{"code":"X"},{"code":"MR"}]},"value":"2"}],
		"managingOrganization":{"reference":"https://fhir.example.org/Organization/o/_history/3"}}},
	{"fullUrl":"https://fhir.example.org/Organization/o","resource":{"resourceType":"Organization","id":"o","name":"Elm Street"}}]}`

func TestBundlePaths(t *testing.T) {
	n := decode(t, bundle)
	for path, want := range map[string]string{
		"entry[resource.resourceType=Patient].resource.name[].family":                                        "Example",
		"entry[resource.resourceType=Patient].resource.identifier[type.coding[].code=MR].value":              "2",
		"entry[resource.resourceType=ServiceRequest].resource.subject->name[].given[]":                       "Ana Maria",
		"entry[resource.resourceType=ServiceRequest].resource.subject->managingOrganization->name":           "Elm Street",
		"entry[resource.resourceType=ServiceRequest].resource.requester->name[].family":                      "Reyes",
		"entry[resource.resourceType=ServiceRequest].resource.performer[]->name":                             "Elm Street",
		"entry[resource.resourceType=ServiceRequest].resource.performer[reference=\"Organization/o\"]->name": "Elm Street",
		"entry[resource.resourceType=Device].resource.id":                                                    "",
		"entry[].resource.id->x": "",
	} {
		if got := texts(n, path); got != want {
			t.Errorf("%s found %q, want %q", path, got, want)
		}
	}
	// From the middle of the tree, where the bundle is out of sight.
	request := n.First(record.MustPath("entry[0].resource"))
	if got := texts(request, "subject->managingOrganization->name"); got != "Elm Street" {
		t.Errorf("followed to %q", got)
	}
}

// A bundle is built on the way out: resources by their type, then a reference, which can then be followed.
func TestBundleIsBuilt(t *testing.T) {
	n := record.NewObject()
	if err := n.Set(record.MustPath("entry[resource.resourceType=Task].resource.for->name"), record.NewText("x")); err == nil {
		t.Error("a reference to nothing was followed")
	}
	n = record.NewObject()
	for _, c := range [][2]string{
		{"resourceType", "Bundle"},
		{"entry[resource.resourceType=Patient].resource.id", "p"},
		{"entry[resource.resourceType=Patient].resource.name[].family", "Example"},
		{"entry[resource.resourceType=Task].resource.for.reference", "Patient/p"},
		{"entry[resource.resourceType=Task].resource.for->birthDate", "1950"},
	} {
		if err := n.Set(record.MustPath(c[0]), record.NewText(c[1])); err != nil {
			t.Fatal(err)
		}
	}
	out, err := record.EncodeJSON(n)
	want := `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p","name":[{"family":"Example"}],"birthDate":"1950"}},` +
		`{"resource":{"resourceType":"Task","for":{"reference":"Patient/p"}}}]}`
	if err != nil || string(out) != want {
		t.Errorf("got  %s\nwant %s (%v)", out, want, err)
	}
	if got := texts(decode(t, string(out)), "entry[resource.resourceType=Task].resource.for->name[].family"); got != "Example" {
		t.Errorf("read again and followed to %q", got)
	}
}

// A copy and a changed reference lead to where they say now.
func TestReferencesFollowChanges(t *testing.T) {
	n := decode(t, bundle)
	copied := n.Clone()
	name := record.MustPath("entry[0].resource.subject->name[].family")
	if err := copied.Set(name, record.NewText("Changed")); err != nil {
		t.Fatal(err)
	}
	if n.First(name).Text != "Example" || copied.First(name).Text != "Changed" {
		t.Errorf("the original says %s, the copy %s", n.First(name).Text, copied.First(name).Text)
	}
	if err := n.Set(record.MustPath("entry[0].resource.subject.reference"), record.NewText("Organization/o")); err != nil {
		t.Fatal(err)
	}
	if got := texts(n, "entry[0].resource.subject->resourceType"); got != "Organization" {
		t.Errorf("the changed reference leads to %q", got)
	}
}

func TestBaRSBundle(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(samples(t), "bars/validation_request_POST.json"))
	if err != nil {
		t.Fatal(err)
	}
	n := decode(t, string(b))
	subject := texts(n, "entry[resource.resourceType=ServiceRequest].resource.subject->resourceType")
	family := texts(n, "entry[resource.resourceType=ServiceRequest].resource.subject->name[].family")
	if subject != "Patient" || family == "" || family != texts(n, "entry[resource.resourceType=Patient].resource.name[].family") {
		t.Errorf("the service request's subject is a %q called %q", subject, family)
	}
}
