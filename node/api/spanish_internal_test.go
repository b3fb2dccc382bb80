package api

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"referworks/bridges/mapping"
	"referworks/node/spanish"
	"referworks/protocol"
)

// Members that have such a name and say nothing of the node's own: what somebody wrote, codes, and what is in the asker's
// language already.
var notSaid = map[string]string{
	"conversation.Words": "in the asker's language already", "spoken.Because": "in the asker's language already", "neighbor.Words": "four words to compare",
	"spoken.Reason": "a code", "row.Alarm": "a code", "StatusWord.Reason": "a code", "Hosting.Reason": "who runs the node wrote it", "Override.Reason": "a person wrote it",
	"setting.Name": "a name", "ValueReport.Label": "ours", "Task.Word": "of a medium",
}

// Every member of an answer that sounds like a sentence is said in Spanish, or is known not to be one.
func TestNoSentenceOfAnAnswerIsForgotten(t *testing.T) {
	sounds := regexp.MustCompile(`^(Sentences?|Reasons?|Words|Notes?|Help|Warnings?|Ask|Failed|Message|Detail|Because|Alarm|Problem|Unchecked|Error|Title|Vendor)$`)
	s := New(Config{})
	schemas := s.api.OpenAPI().Components.Schemas
	found := 0
	for name := range schemas.Map() {
		typ := schemas.TypeFromRef("#/components/schemas/" + name)
		if typ == nil || typ.Name() == "" { // what is asked, not answered
			continue
		}
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			continue
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			of := f.Type
			if of.Kind() == reflect.Slice {
				of = of.Elem()
			}
			if of.Kind() != reflect.String || !sounds.MatchString(f.Name) {
				continue
			}
			found++
			if _, ok := notSaid[typ.Name()+"."+f.Name]; !ok && !slices.Contains(said[typ], f.Name) && typ.Name() != "ErrorModel" {
				t.Errorf("%s.%s is neither in said (spanish.go) nor known to be no sentence", typ, f.Name)
			}
		}
	}
	if found < 25 {
		t.Errorf("only %d members were found", found)
	}
}

func TestWhatIsSaidIsThere(t *testing.T) {
	for _, list := range []map[reflect.Type][]string{said, fieldNames} {
		for typ, names := range list {
			for _, name := range names {
				f, ok := typ.FieldByName(name)
				if !ok || f.Type.Kind() != reflect.String && f.Type != reflect.TypeFor[[]string]() {
					t.Errorf("%s has no text %s", typ, name)
				}
			}
		}
	}
}

func TestAnAnswerInSpanish(t *testing.T) {
	kept, err := json.Marshal(mapping.Report{Fields: []mapping.FieldReport{{Label: "Need", Standard: "Need", Reason: "it is no date"}}})
	if err != nil {
		t.Fatal(err)
	}
	answer := page[row]{Items: []row{{Reason: "The other side is busy. We try again.", PartnerName: "Nobody may do this.", OurReport: kept}}}
	b, err := json.Marshal(&answer)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wordingOf(reflect.TypeOf(&answer)).put(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"La otra parte está ocupada. Lo intentamos de nuevo."`, `"partnerName":"Nobody may do this."`, `"label":"Need"`, `"standard":"Necesidad"`, `"no es una fecha"`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// The fields of the standard have Spanish names and help.
func TestEveryFieldOfTheStandardIsThereInSpanish(t *testing.T) {
	fields := 0
	for _, f := range protocol.Fields() {
		if f.Technical {
			continue
		}
		fields++
		for _, text := range []string{f.Group, f.Label, f.Help} {
			if text != "" && !spanish.Has(text) {
				t.Errorf("%s: %q is not in node/spanish/es.json", f.Path, text)
			}
		}
	}
	if fields < 200 {
		t.Errorf("only %d fields", fields)
	}
}
