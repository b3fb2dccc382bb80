package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
	"referworks/node/connection"
	"referworks/node/spanish"
)

// said are the members of answers that the node says in its own words; who asks for Spanish reads them in Spanish. What
// people wrote, and documents, are never among them.
var said = map[reflect.Type][]string{
	reflect.TypeFor[huma.ErrorModel]():        {"Detail"},
	reflect.TypeFor[huma.ErrorDetail]():       {"Message"},
	reflect.TypeFor[row]():                    {"Words", "StatusWords", "Reason"},
	reflect.TypeFor[mappingMistake]():         {"Sentence"},
	reflect.TypeFor[ran]():                    {"Unchecked"},
	reflect.TypeFor[ranOne]():                 {"Words"},
	reflect.TypeFor[ranBack]():                {"Words"},
	reflect.TypeFor[suggested]():              {"Notes"},
	reflect.TypeFor[drifted]():                {"Notes"},
	reflect.TypeFor[medium]():                 {"Title", "Help", "Vendor"},
	reflect.TypeFor[setting]():                {"Label", "Help"},
	reflect.TypeFor[neighbor]():               {"Alarm"},
	reflect.TypeFor[part]():                   {"Sentence"},
	reflect.TypeFor[opened]():                 {"Sentence"},
	reflect.TypeFor[posted]():                 {"Sentence"},
	reflect.TypeFor[partnerView]():            {"Sentence"},
	reflect.TypeFor[previewed]():              {"Sentence"},
	reflect.TypeFor[standardField]():          {"Help"},
	reflect.TypeFor[Status]():                 {"Warnings", "Store"},
	reflect.TypeFor[connection.Draft]():       {"Notes"},
	reflect.TypeFor[connection.Drift]():       {"Notes"},
	reflect.TypeFor[connection.Rerun]():       {"Sentence"},
	reflect.TypeFor[connection.State]():       {"Sentence"},
	reflect.TypeFor[connection.Trial]():       {"Failed"},
	reflect.TypeFor[connection.Waiting]():     {"Sentence"},
	reflect.TypeFor[mapping.FieldReport]():    {"Reason"},
	reflect.TypeFor[mapping.PlaceReport]():    {"Reason"},
	reflect.TypeFor[mapping.HoldReason]():     {"Sentence"},
	reflect.TypeFor[mapping.Sentence]():       {"Text"},
	reflect.TypeFor[schema.Advice]():          {"Sentence"},
	reflect.TypeFor[schema.Change]():          {"Sentence"},
	reflect.TypeFor[schema.Field]():           {"Ask"},
	reflect.TypeFor[suggest.Candidate]():      {"Reasons"},
	reflect.TypeFor[suggest.ValueCandidate](): {"Reason"},
	reflect.TypeFor[suggest.Line]():           {"Note"},
}

// fieldNames are the members that name a field of the standard.
var fieldNames = map[reflect.Type][]string{
	reflect.TypeFor[standardField]():       {"Group", "Label"},
	reflect.TypeFor[mappingMistake]():      {"Standard"},
	reflect.TypeFor[mapping.FieldReport](): {"Standard"},
	reflect.TypeFor[suggest.Candidate]():   {"Label"},
	reflect.TypeFor[suggest.Line]():        {"Group", "Label"},
}

// inSpanish says an answer's own words in Spanish to who asks for it.
func inSpanish(ctx huma.Context, _ string, v any) (any, error) {
	if v == nil || !spanish.Wanted(ctx.Header("Accept-Language")) {
		return v, nil
	}
	w := wordingOf(reflect.TypeOf(v))
	if w == nil {
		return v, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return w.put(b)
}

// wording is where in the JSON of a type the node's own words stand.
type wording struct {
	say     func(string) string
	members map[string]*wording
	items   *wording
}

var wordings struct {
	sync.Mutex
	of map[reflect.Type]*wording
}

func wordingOf(t reflect.Type) *wording {
	wordings.Lock()
	defer wordings.Unlock()
	if wordings.of == nil {
		wordings.of = map[reflect.Type]*wording{}
	}
	return findWording(t)
}

var ownJSON = reflect.TypeFor[json.Marshaler]()

// findWording looks a type through. Nothing in it says anything: nil.
func findWording(t reflect.Type) *wording {
	if t == reflect.TypeFor[report]() {
		t = reflect.TypeFor[mapping.Report]()
	}
	if w, ok := wordings.of[t]; ok {
		return w
	}
	wordings.of[t] = nil // a type in itself says no more
	var w *wording
	switch {
	case t.Kind() == reflect.Pointer:
		w = findWording(t.Elem())
	case t.Implements(ownJSON), reflect.PointerTo(t).Implements(ownJSON): // its JSON is another than its members'
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Map:
		if items := findWording(t.Elem()); items != nil {
			w = &wording{items: items}
		}
	case t.Kind() == reflect.Struct:
		if members := wordingOfMembers(t); len(members) > 0 {
			w = &wording{members: members}
		}
	}
	wordings.of[t] = w
	return w
}

func wordingOfMembers(t reflect.Type) map[string]*wording {
	members := map[string]*wording{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		w := findWording(f.Type)
		for say, named := range map[*map[reflect.Type][]string]func(string) string{&said: spanish.Say, &fieldNames: spanish.Label} {
			for _, n := range (*say)[t] {
				if n == f.Name {
					w = &wording{say: named}
				}
			}
		}
		switch {
		case w == nil || name == "-":
		case f.Anonymous && name == "":
			for n, inner := range w.members {
				members[n] = inner
			}
		case !f.IsExported():
		case name == "":
			members[f.Name] = w
		default:
			members[name] = w
		}
	}
	return members
}

// put gives a JSON value with its words in Spanish.
func (w *wording) put(b json.RawMessage) (json.RawMessage, error) {
	if len(b) == 0 {
		return b, nil
	}
	switch b[0] {
	case '"':
		var text string
		if w.say == nil {
			return b, nil
		}
		if err := json.Unmarshal(b, &text); err != nil {
			return nil, err
		}
		return json.Marshal(w.say(text))
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(b, &list); err != nil {
			return nil, err
		}
		for i := range list {
			if err := w.of("").into(&list[i]); err != nil {
				return nil, err
			}
		}
		return json.Marshal(list)
	case '{':
		var all map[string]json.RawMessage
		if err := json.Unmarshal(b, &all); err != nil {
			return nil, err
		}
		for name, value := range all {
			if err := w.of(name).into(&value); err != nil {
				return nil, err
			}
			all[name] = value
		}
		return json.Marshal(all)
	}
	return b, nil
}

// of gives the wording of a member or an item; a list of sentences is said sentence by sentence.
func (w *wording) of(name string) *wording {
	switch {
	case w.say != nil:
		return w
	case w.items != nil:
		return w.items
	}
	return w.members[name]
}

func (w *wording) into(b *json.RawMessage) error {
	if w == nil {
		return nil
	}
	said, err := w.put(*b)
	*b = said
	return err
}
