package presets

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"referworks/bridges/record"
)

// fileLimits bound a preset's file.
var fileLimits = record.Limits{Size: 1 << 20, Depth: 32, Nodes: 20_000}

// reader fills the structs of a preset from a tree and collects what is wrong.
type reader struct{ wrong []string }

func (r *reader) say(at, format string, args ...any) {
	r.wrong = append(r.wrong, strings.TrimPrefix(at, ".")+": "+fmt.Sprintf(format, args...))
}

var (
	nodeType     = reflect.TypeFor[*record.Node]()
	durationType = reflect.TypeFor[Duration]()
)

// fill reads n into v. What is not of the right kind, or not known, is told and left out.
func (r *reader) fill(n *record.Node, v reflect.Value, at string) {
	switch {
	case v.Type() == nodeType:
		v.Set(reflect.ValueOf(n))
	case v.Type() == durationType:
		d, err := time.ParseDuration(n.Text)
		if n.Kind != record.Text || err != nil || d <= 0 {
			r.say(at, "must be a time span like 90s, 5m or 336h")
			return
		}
		v.SetInt(int64(d))
	default:
		r.plain(n, v, at)
	}
}

func (r *reader) plain(n *record.Node, v reflect.Value, at string) {
	want := func(k record.Kind, word string) bool {
		if n.Kind != k {
			r.say(at, "must be %s", word)
		}
		return n.Kind == k
	}
	switch v.Kind() {
	case reflect.String:
		if want(record.Text, "a text") {
			v.SetString(n.Text)
		}
	case reflect.Bool:
		if want(record.Bool, "true or false") {
			v.SetBool(n.Text == "true")
		}
	case reflect.Int:
		i, err := strconv.Atoi(n.Text)
		if n.Kind != record.Number || err != nil {
			r.say(at, "must be a whole number")
			return
		}
		v.SetInt(int64(i))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.fill(n, v.Elem(), at)
	case reflect.Slice:
		if want(record.List, "a list") {
			v.Set(reflect.MakeSlice(v.Type(), len(n.Children), len(n.Children)))
			for i, c := range n.Children {
				r.fill(c, v.Index(i), fmt.Sprintf("%s[%d]", at, i))
			}
		}
	case reflect.Map:
		if want(record.Object, "an object") {
			v.Set(reflect.MakeMap(v.Type()))
			for _, c := range n.Children {
				item := reflect.New(v.Type().Elem()).Elem()
				r.fill(c, item, at+"."+c.Name)
				v.SetMapIndex(reflect.ValueOf(c.Name), item)
			}
		}
	case reflect.Struct:
		if want(record.Object, "an object") {
			r.members(n, v, at)
		}
	}
}

func (r *reader) members(n *record.Node, v reflect.Value, at string) {
	fields := map[string]reflect.Value{}
	collect(v, fields)
	for _, c := range n.Children {
		field, ok := fields[c.Name]
		if !ok {
			names := make([]string, 0, len(fields))
			for name := range fields {
				names = append(names, name)
			}
			slices.Sort(names)
			r.say(at+"."+c.Name, "is not known; here may stand %s", strings.Join(names, ", "))
			continue
		}
		r.fill(c, field, at+"."+c.Name)
	}
}

// collect lists the members of a struct by their names in files, those of embedded structs among them.
func collect(v reflect.Value, into map[string]reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			collect(v.Field(i), into)
			continue
		}
		into[f.Tag.Get("json")] = v.Field(i)
	}
}
