package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// SchemaID names the JSON Schema of the major version.
const SchemaID = "https://referworks.example/schema/referral-1.json"

// Schema gives the common standard as a JSON Schema (draft 2020-12). Unknown members are refused; title is the
// label and description the help of each field; "x-class" is its class, "x-kind" its kind. It says all that a
// schema can: the rules that join fields (one name, one way to reach the person, a live consent) are Validate's.
func Schema() []byte { return bytes.Clone(theSchema()) }

var theSchema = sync.OnceValue(func() []byte {
	root := groupSchema(theStandard().root)
	doc := append(object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", SchemaID},
		{"title", "Referral, version 1"},
		{"description", "A referral from one organization to another. Any value may be replaced by {\"absent\": reason}."},
	}, root...)
	doc = append(doc, member{"$defs", definitions()})
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err) // our own tables cannot be written: a bug
	}
	return append(b, '\n')
})

// object is a JSON object that keeps its order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i, m := range o {
		b.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(&b, "%q:", m.name)
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
	}
	if len(o) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func groupSchema(n *node) object {
	var properties object
	var required []string
	for _, c := range n.children {
		properties = append(properties, member{c.name, placeSchema(c)})
		if c.required != "" {
			required = append(required, c.name)
		}
	}
	o := object{{"type", "object"}, {"additionalProperties", false}}
	if required != nil {
		o = append(o, member{"required", required})
	}
	return append(o, member{"properties", properties})
}

func placeSchema(n *node) object {
	var o object
	switch {
	case n.isLeaf():
		o = leafSchema(n.field, n.required == "value")
	case n.list:
		o = groupSchema(n)
	default:
		return append(object{{"title", n.label}}, groupSchema(n)...)
	}
	if !n.list {
		return o
	}
	list := object{{"title", n.label}, {"type", "array"}, {"maxItems", n.max}}
	if n.required != "" {
		list = append(list, member{"minItems", 1})
	}
	return append(list, member{"items", o})
}

func leafSchema(f *Field, mustHaveValue bool) object {
	value := object{{"$ref", "#/$defs/" + string(f.Kind)}}
	switch {
	case f.Kind == LeafChoice:
		value = object{{"enum", f.Values}}
	case f.Kind == LeafText || f.Kind == LeafLong:
		value = append(value, member{"maxLength", f.Max})
	}
	o := object{{"title", f.Label}, {"description", f.Help}, {"x-class", f.Class}, {"x-kind", f.Kind}}
	if f.System != "" {
		o = append(o, member{"x-system", f.System})
	}
	if mustHaveValue {
		return append(o, value...)
	}
	return append(o, member{"anyOf", []object{value, {{"$ref", "#/$defs/absent"}}}})
}

// Patterns say the shape only; calendar days, check letters and the like are Validate's.
func definitions() object {
	text := func(pattern string, more ...member) object {
		return append(object{{"type", "string"}, {"pattern", pattern}}, more...)
	}
	const (
		date = `\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?`
		day  = `\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)`
		line = `^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+$`
		long = `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]+$`
	)
	coding := object{}
	for _, name := range strings.Fields("system code label original") {
		coding = append(coding, member{name, text(line, member{"maxLength", MaxLine})})
	}
	return object{
		{"absent", object{
			{"description", "Why there is no value. That is not the same as a member that is not there."},
			{"type", "object"}, {"additionalProperties", false}, {"required", []string{"absent"}},
			{"properties", object{{"absent", object{{"enum", []Absent{Unknown, Declined, NotAsked, Withheld}}}}}},
		}},
		{string(LeafText), text(line)},
		{string(LeafLong), text(long)},
		{string(LeafToken), text(`^[A-Za-z0-9._:-]{1,64}$`)},
		{string(LeafDate), text(`^` + date + `$`)},
		{string(LeafTime), text(`^`+day+`$`, member{"format", "date-time"})},
		{string(LeafWhen), text(`^(` + date + `|` + day + `)$`)},
		{string(LeafFlag), object{{"type", "boolean"}}},
		{string(LeafInteger), object{{"type", "integer"}, {"minimum", -(1<<53 - 1)}, {"maximum", 1<<53 - 1}}},
		{string(LeafDecimal), text(`^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$`)},
		{string(LeafLanguage), text(`^([A-Za-z]{2,8}|[xi]-[A-Za-z0-9]{1,8})(-[A-Za-z0-9]{1,8})*$`, member{"maxLength", 35})},
		{string(LeafCountry), text(`^[A-Z]{2}$`)},
		{string(LeafCurrency), text(`^[A-Z]{3}$`)},
		{string(LeafPhone), text(`^\+[1-9]\d{2,14}$`)},
		{string(LeafEmail), text(`^[^@\s<>,;]+@[^@\s<>,;]+$`, member{"maxLength", 320})},
		{string(LeafHash), text(`^[A-Za-z0-9_-]{43}$`)},
		{string(LeafCoded), object{
			{"description", "A value in a code system. original keeps the sender's own word."},
			{"type", "object"}, {"additionalProperties", false}, {"properties", coding},
			{"dependentRequired", object{{"code", []string{"system"}}}},
			{"anyOf", []object{{{"required", []string{"code"}}}, {{"required", []string{"label"}}}, {{"required", []string{"original"}}}}},
		}},
		{string(LeafReferral), text(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)},
		{string(LeafOrg), text(`^rw1[a-z2-7]{56}$`)},
	}
}
