package mapping

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"referworks/bridges/record"
)

// maxDocument bounds a mapping document, in bytes.
const maxDocument = 4 << 20

// Parse reads a document. The reader is strict: an unknown or doubled member, or a value of the wrong kind, is
// refused. Errors are *record.SyntaxError, when the bytes are no JSON, or *Problems. Whether the
// document makes sense is for Compile to say.
func Parse(b []byte) (*Document, error) {
	n, err := record.DecodeJSON(b, record.Limits{Size: maxDocument})
	if err != nil {
		return nil, fmt.Errorf("mapping document: %w", err)
	}
	var d Document
	var p Problems
	read(n, reflect.ValueOf(&d).Elem(), "", &p)
	if err := p.orNil(); err != nil {
		return nil, err
	}
	return &d, nil
}

var (
	typePaths = reflect.TypeFor[Paths]()
	typeStep  = reflect.TypeFor[Step]()
)

// read fills v from n and notes what does not fit. It knows the kinds that Document is made of.
func read(n *record.Node, v reflect.Value, at string, p *Problems) {
	switch {
	case v.Type() == typePaths && n.Kind == record.Text:
		v.Set(reflect.ValueOf(Paths{n.Text}))
	case v.Type() == typeStep:
		readStep(n, v, at, p)
	case v.Kind() == reflect.Pointer:
		if n.Kind == record.Null {
			p.add(at, int(n.Line), "%s is null; leave it out when it has no value.", place(at))
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		read(n, v.Elem(), at, p)
	case v.Kind() == reflect.String && n.Kind == record.Text:
		v.SetString(n.Text)
	case v.Kind() == reflect.Bool && n.Kind == record.Bool:
		v.SetBool(n.Text == "true")
	case v.Kind() == reflect.Int && n.Kind == record.Number:
		i, err := strconv.Atoi(n.Text)
		if err != nil {
			p.add(at, int(n.Line), "%s must be a whole number.", place(at))
		}
		v.SetInt(int64(i))
	case v.Kind() == reflect.Slice && n.Kind == record.List:
		v.Set(reflect.MakeSlice(v.Type(), len(n.Children), len(n.Children)))
		for i, c := range n.Children {
			read(c, v.Index(i), at+"["+strconv.Itoa(i)+"]", p)
		}
	case v.Kind() == reflect.Map && n.Kind == record.Object:
		v.Set(reflect.MakeMap(v.Type()))
		for _, c := range n.Children {
			item := reflect.New(v.Type().Elem()).Elem()
			read(c, item, at+"."+c.Name, p)
			v.SetMapIndex(reflect.ValueOf(c.Name), item)
		}
	case v.Kind() == reflect.Struct && n.Kind == record.Object:
		readStruct(n, v, at, p)
	default:
		p.add(at, int(n.Line), "%s must be %s, but is %s.", place(at), wanted(v), article(n.Kind.String()))
	}
}

func readStruct(n *record.Node, v reflect.Value, at string, p *Problems) {
	fields := members(v.Type())
	for _, c := range n.Children {
		i := slices.Index(fields, c.Name)
		if i < 0 {
			p.add(at, int(c.Line), "%s has a member %q that is not known%s.", place(at), c.Name, nearestHint(c.Name, fields))
			continue
		}
		read(c, v.Field(i), strings.TrimPrefix(at+"."+c.Name, "."), p)
	}
}

func readStep(n *record.Node, v reflect.Value, at string, p *Problems) {
	fn := n.Member("fn")
	if n.Kind != record.Object || fn == nil || fn.Kind != record.Text {
		p.add(at, int(n.Line), `%s must be an object that names its function, like {"fn": "text"}.`, place(at))
		return
	}
	args := record.NewObject()
	args.Line = n.Line
	for _, c := range n.Children {
		if c != fn {
			args.Children = append(args.Children, c)
		}
	}
	v.Set(reflect.ValueOf(Step{Fn: fn.Text, Args: args}))
}

// members lists the JSON names of a struct's fields, by index.
func members(t reflect.Type) []string {
	out := make([]string, t.NumField())
	for i := range out {
		out[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return out
}

func place(at string) string {
	if at == "" {
		return "The document"
	}
	return at
}

func wanted(v reflect.Value) string {
	switch {
	case v.Type() == typePaths:
		return "a text or a list of texts"
	case v.Kind() == reflect.String:
		return "a text in quotation marks"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.Kind() == reflect.Int:
		return "a whole number"
	case v.Kind() == reflect.Slice:
		return "a list"
	}
	return "an object"
}

func article(noun string) string {
	if noun == "null" {
		return noun
	}
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
