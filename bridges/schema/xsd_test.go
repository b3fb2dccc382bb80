package schema_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"referworks/bridges/record"
	"referworks/bridges/schema"
)

const intakeXSD = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:intake" targetNamespace="urn:intake" elementFormDefault="qualified">
<xs:simpleType name="Zip"><xs:restriction base="xs:string"><xs:pattern value="\d{5}(-\d{4})?"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Code"><xs:restriction base="xs:token"><xs:maxLength value="8"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Need"><xs:restriction base="t:Code"><xs:enumeration value="FOOD"/><xs:enumeration value="HOUSING"/></xs:restriction></xs:simpleType>
<xs:complexType name="Party"><xs:sequence>
  <xs:element name="First" type="xs:string"><xs:annotation><xs:documentation>First name</xs:documentation></xs:annotation></xs:element>
  <xs:element name="Born" type="xs:date" minOccurs="0"/>
  <xs:element name="Zip" type="t:Zip" minOccurs="0"/>
  <xs:element name="Parent" type="t:Party" minOccurs="0"/>
</xs:sequence><xs:attribute name="id" type="xs:int" use="required"/></xs:complexType>
<xs:complexType name="Client"><xs:complexContent><xs:extension base="t:Party"><xs:sequence>
  <xs:element name="Household" minOccurs="0"><xs:simpleType><xs:restriction base="xs:positiveInteger"><xs:maxInclusive value="30"/></xs:restriction></xs:simpleType></xs:element>
</xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Phone"><xs:simpleContent><xs:extension base="xs:string"><xs:attribute name="kind" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType>
<xs:element name="Intake"><xs:complexType><xs:sequence>
  <xs:element name="Client" type="t:Client"/>
  <xs:choice><xs:element name="Phone" type="t:Phone" maxOccurs="3"/><xs:element name="Email" type="xs:string"/></xs:choice>
  <xs:element name="Need" type="t:Need" maxOccurs="unbounded"/>
  <xs:element ref="t:Note" minOccurs="0"/>
</xs:sequence><xs:attribute name="urgent" type="xs:boolean" default="false"/></xs:complexType></xs:element>
<xs:element name="Note" type="xs:string"/>
</xs:schema>`

func TestFieldsOfAnXSD(t *testing.T) {
	s, err := schema.Infer(schema.Sample{Name: "intake.xsd", Bytes: []byte(intakeXSD)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Fields {
		got = append(got, f.Path+" "+f.Kind)
	}
	want := []string{
		`"@urgent" bool`, `Client."@id" number`, "Client.First text", "Client.Born date", "Client.Zip text", `Client.Parent."@id" number`, "Client.Parent.First text",
		"Client.Parent.Born date", "Client.Parent.Zip text", "Client.Household number", `Phone[]."@kind" text`, `Phone[]."#text" text`, "Email text", "Need[] text", "Note text",
	}
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], `"`, "")
	}
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], `"`, "")
	}
	if !s.Schema || s.Format != "xml" || !slices.Equal(got, want) {
		t.Errorf("fields\n%q, want\n%q", got, want)
	}
	if f := field(t, s, "Client.First"); f.Label != "First name" {
		t.Errorf("the label is %q", f.Label)
	}
	if f := field(t, s, "Need[]"); len(f.Values) != 2 || f.Values[1].Text != "HOUSING" {
		t.Errorf("the values are %v", f.Values)
	}
	// Its empty document is the pattern that a mapping fills.
	b, err := record.EncodeXML(record.NewObject(
		record.NewList(record.NewText("FOOD"), record.NewText("HOUSING")).Named("Need"),
		record.NewObject(record.NewText("Ana").Named("First"), record.NewText("7").Named("@id")).Named("Client"),
	), []byte(s.Sample))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); !strings.Contains(text, `xmlns="urn:intake"`) || strings.Index(text, "<First>") > strings.Index(text, "<Need>") {
		t.Errorf("filled:\n%s", text)
	}
}

func TestAdviceOfAnXSD(t *testing.T) {
	x, err := schema.ReadXSD([]byte(intakeXSD), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	const client = `<Client id="1"><First>Ana</First></Client>`
	for doc, want := range map[string][]string{
		`<Intake>` + client + `<Phone kind="m">1</Phone><Phone>2</Phone><Need>FOOD</Need><Need>HOUSING</Need><Note/></Intake>`:                                                          nil,
		`<Intake urgent="1"><Client id="1"><First>Ana</First><Born>1990-02-28</Born><Zip>02139-1234</Zip><Household>3</Household></Client><Email>a</Email><Need> FOOD </Need></Intake>`: nil,
		`<Other/>`: {"begins with Other and must begin with Intake"},
		`<Intake>` + client + `<Email>a</Email></Intake>`:                                     {"Need is missing in Intake"},
		`<Intake>` + client + `<Need>FOOD</Need></Intake>`:                                    {"One of Phone, Email is missing in Intake"},
		`<Intake><Email>a</Email>` + client + `<Need>FOOD</Need></Intake>`:                    {"stands at another place"},
		`<Intake>` + client + `<Email>a</Email><Need>CLOTHES</Need></Intake>`:                 {"not one of FOOD, HOUSING"},
		`<Intake>` + client + `<Email>a</Email><Need>FOOD</Need><Extra>x</Extra></Intake>`:    {"knows no Extra in Intake"},
		`<Intake x="1">` + client + `<Email>a</Email><Need>FOOD</Need></Intake>`:              {"knows no attribute x"},
		`<Intake><Client><First>A</First></Client><Email>a</Email><Need>FOOD</Need></Intake>`: {"attribute id of Client is missing"},
		`<Intake><Client id="x"><First>A</First><Born>28.2.1990</Born><Zip>2139</Zip><Household>31</Household></Client><Email>a</Email><Need>FOOD</Need></Intake>`: {
			"must be a whole number", "must be a date", "does not have the form", "outside of the bounds"},
		`<Intake>` + client + `<Phone>1</Phone><Phone>1</Phone><Phone>1</Phone><Phone>1</Phone><Need>FOOD</Need></Intake>`: {"Phone stands at another place in Intake than the schema says, or too often"},
		`<Intake>text` + client + `<Email><b/></Email><Need>FOOD</Need></Intake>`:                                          {"Intake holds a text of its own", "Email holds other elements"},
	} {
		n, err := record.DecodeXML([]byte(doc), record.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got := x.Check(n)
		all := fmt.Sprint(got)
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s\nadvice %s lacks %q", doc, all, w)
			}
		}
		if want == nil && len(got) > 0 {
			t.Errorf("%s\nis right; advice %s", doc, all)
		}
		for _, secret := range []string{"CLOTHES", "28.2.1990", "Ana"} {
			if strings.Contains(all, secret) {
				t.Errorf("the advice repeats a value: %s", all)
			}
		}
	}
	if all := strings.Join(x.Unchecked(), "; "); !strings.Contains(all, "namespaces") {
		t.Errorf("unchecked: %s", all)
	}
}

const api = `openapi: 3.0.3
info: {title: Intake, version: "1"}
paths:
  /intakes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {}}
    put:
      operationId: replaceIntake
      requestBody: {$ref: '#/components/requestBodies/Intake'}
  /batches:
    post:
      requestBody:
        content:
          application/json:
            schema: {type: array, items: {$ref: '#/components/schemas/Intake'}}
components:
  requestBodies:
    Intake:
      content:
        application/json: {schema: {$ref: '#/components/schemas/Intake'}}
  schemas:
    Intake:
      allOf:
        - type: object
          properties:
            id: {type: integer, readOnly: true}
            client: &person
              type: object
              properties:
                first_name: {type: string, title: First name, example: Ana}
                born: {type: string, format: date}
            other_party: *person
        - type: object
          properties:
            needs: {type: array, items: {type: string, enum: [FOOD, HOUSING]}}
            household: {type: [integer, "null"]}
`

func TestFieldsOfAnOperation(t *testing.T) {
	for _, operation := range []string{"PUT /intakes/{id}", "replaceIntake", "post  /batches"} {
		s, err := schema.Infer(schema.Sample{Name: "api.yaml", Operation: operation, Bytes: []byte(api)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range s.Fields {
			got = append(got, f.Path+" "+f.Kind)
		}
		want := "client.first_name text, client.born date, other_party.first_name text, other_party.born date, needs[] text, household number"
		if strings.Join(got, ", ") != want || !s.Schema || s.Format != "json" {
			t.Errorf("%s: %q", operation, got)
		}
	}
	for _, operation := range []string{"", "GET /intakes/{id}", "POST /nothing"} {
		_, err := schema.Infer(schema.Sample{Name: "api.yaml", Operation: operation, Bytes: []byte(api)})
		if err == nil || !strings.Contains(err.Error(), "PUT /intakes/{id}, POST /batches") {
			t.Errorf("%q: %v", operation, err)
		}
	}
	const json = `{"openapi":"3.1.0","paths":{"/a":{"post":{"requestBody":{"content":{"application/x-www-form-urlencoded":{"schema":{"properties":{"name":{"type":"string"}}}}}}}}}}`
	if s, err := schema.Infer(schema.Sample{Name: "api.json", Bytes: []byte(json)}); err != nil || len(s.Fields) != 1 {
		t.Errorf("%v %v", s, err)
	}
}

// TestYAMLBomb refuses a document of a few lines that stands for a billion values.
func TestYAMLBomb(t *testing.T) {
	bomb := "openapi: 3.0.0\nx0: &a0 [1,1,1,1,1,1,1,1,1]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("x%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	for _, doc := range []string{bomb, "openapi: 3.0.0\na: &a [*a]\n", "openapi: " + strings.Repeat("[", 20_000), "openapi: \x00"} {
		if s, err := schema.Infer(schema.Sample{Name: "api.yaml", Bytes: []byte(doc)}); err == nil {
			t.Errorf("read %v", s)
		}
	}
}

// What a schema includes and lies beside it is a part of it, through several files and around in a circle; what does not,
// or is of another namespace, is said to be unchecked.
func TestIncludedXSD(t *testing.T) {
	const head = `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a" elementFormDefault="qualified">`
	files := map[string]string{
		"types.xsd": head + `<include schemaLocation="codes.xsd"/><complexType name="Person"><sequence><element name="First" type="string"/><element name="Need" type="Need"/></sequence></complexType></schema>`,
		"codes.xsd": `<schema xmlns="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"><include schemaLocation="../x/types.xsd"/><simpleType name="Need"><restriction base="string"><enumeration value="FOOD"/></restriction></simpleType></schema>`,
		"other.xsd": `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:b" elementFormDefault="qualified"><element name="Other"/></schema>`,
	}
	read := func(includes string) *schema.XSD {
		t.Helper()
		x, err := schema.ReadXSD([]byte(head+includes+`<element name="Intake" type="Person"/></schema>`), "", func(name string) ([]byte, error) {
			if b, there := files[name]; there {
				return []byte(b), nil
			}
			return nil, os.ErrNotExist
		})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := read(`<include schemaLocation="http://example.org/parts/types.xsd"/>`)
	n, err := record.DecodeXML([]byte(`<Intake xmlns="urn:a"><First>Ana</First><Need>SHOES</Need></Intake>`), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(x.Check(n)); !strings.Contains(got, "FOOD") || strings.Contains(got, "First") || strings.Contains(fmt.Sprint(x.Unchecked()), "other schema files") {
		t.Errorf("advice %s, unchecked %v", got, x.Unchecked())
	}
	if example, err := x.Example(); err != nil || !strings.Contains(example, "First") {
		t.Errorf("the example is %s, %v", example, err)
	}
	for _, includes := range []string{`<include schemaLocation="gone.xsd"/>`, `<include schemaLocation="other.xsd"/>`, `<import schemaLocation="other.xsd"/>`} {
		if x := read(includes); !strings.Contains(fmt.Sprint(x.Unchecked()), "other schema files") {
			t.Errorf("%s: unchecked %v", includes, x.Unchecked())
		}
	}
	reads := 0
	_, err = schema.ReadXSD([]byte(head+strings.Repeat(`<include schemaLocation="other.xsd"/>`, 100)+`<element name="A"/></schema>`), "", func(string) ([]byte, error) {
		reads++
		return []byte(files["other.xsd"]), nil
	})
	if err != nil || reads != 1 {
		t.Errorf("one file was read %d times, %v", reads, err)
	}
}

func FuzzReadXSD(f *testing.F) {
	f.Add([]byte(`<schema xmlns="http://www.w3.org/2001/XMLSchema"><include schemaLocation="a.xsd"/><include schemaLocation="b.xsd"/><element name="a" type="string"/></schema>`), []byte(`<a><b/></a>`))
	f.Add([]byte(intakeXSD), []byte(`<Intake urgent="1"><Client id="1"><First>Ana</First></Client><Email>a</Email><Need>FOOD</Need></Intake>`))
	f.Add([]byte(`<schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="a" type="t"/><complexType name="t"><group ref="g"/></complexType><group name="g"><sequence minOccurs="0" maxOccurs="unbounded"><group ref="g"/></sequence></group></schema>`), []byte(`<a><b/></a>`))
	f.Fuzz(func(t *testing.T, xsd, doc []byte) {
		x, err := schema.ReadXSD(xsd, "", func(string) ([]byte, error) { return xsd, nil }) // whatever it includes is itself
		if err != nil {
			return
		}
		x.Fields()
		_, _ = x.Example()
		if n, err := record.DecodeXML(doc, record.Limits{}); err == nil {
			x.Check(n)
		}
	})
}

func FuzzOpenAPI(f *testing.F) {
	f.Add([]byte(api), "replaceIntake")
	f.Add([]byte("openapi: 3.0.0\npaths: {/a: {post: {requestBody: {$ref: '#/x'}}}}\nx: {$ref: '#/x'}"), "")
	f.Fuzz(func(t *testing.T, doc []byte, operation string) {
		_, _ = schema.Infer(schema.Sample{Name: "api.yaml", Operation: operation, Bytes: doc})
	})
}
