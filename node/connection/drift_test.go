package connection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/schema"
	"referworks/node/audit"
	"referworks/node/connection"
	"referworks/node/store"
)

// The documents of a connection are watched: a field that nobody knew, one that is gone, and one of another kind are
// told with a draft, until a person says that they are right; a restart forgets nothing, and no value is kept.
func TestDocumentsThatChangeAreTold(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.intake("json", "service", "")
		post := func(n int, more string) {
			t.Helper()
			doc := fmt.Sprintf(`{"number":"%d","first":"Ana","last":"Torres","worker":"Kim","phone":"+12025550142","service":"Food","to":%q%s}`, n, b.name, more)
			_, err := a.set.Submit(t.Context(), connection.Submission{Format: "json", Raw: []byte(doc), To: []string{b.name}, Actor: "test", Key: fmt.Sprint(n)})
			must(t, err)
		}
		drift := func() (d connection.Drift, kinds []string) {
			t.Helper()
			d, err := a.set.Drift("in-json")
			must(t, err)
			for _, c := range d.Changes {
				kinds = append(kinds, string(c.Kind)+" "+c.Field.Path)
			}
			return d, kinds
		}
		if d, _ := drift(); d.Records != 0 || d.Since != 0 {
			t.Errorf("before the first record %+v", d)
		}
		n := 0
		for range 20 {
			n++
			post(n, `,"room":12,"desk":"7"`)
		}
		if d, kinds := drift(); len(kinds) != 0 || d.Records != 20 {
			t.Errorf("after twenty alike %v, %d records", kinds, d.Records)
		}
		for range 20 {
			n++
			post(n, `,"room":"Blue","date_of_birth":"1950-02-13"`)
		}
		d, kinds := drift()
		slices.Sort(kinds)
		want := []string{string(schema.Changed) + " room", string(schema.Gone) + " desk", string(schema.New) + " date_of_birth"}
		slices.Sort(want)
		if !slices.Equal(kinds, want) {
			t.Fatalf("%q, want %q", kinds, want)
		}
		doc, problems := mapping.Parse(d.Draft)
		if problems != nil || !slices.ContainsFunc(doc.Rules, func(r mapping.Rule) bool { return slices.Contains(r.Local, "date_of_birth") }) {
			t.Errorf("the draft: %v %s", problems, d.Draft)
		}
		told, err := json.Marshal(d)
		must(t, err)
		for _, value := range []string{"Torres", "1950-02-13", "Blue", "12025550142"} {
			if strings.Contains(string(told), value) {
				t.Errorf("it tells %q", value)
			}
		}

		must(t, a.org.Update(context.Background(), func(tx *store.Tx) error { return nil })) // what was kept in the background is there
		synctest.Wait()
		a.open(nil)
		if _, again := drift(); len(again) != 3 {
			t.Errorf("after a restart %v", again)
		}
		events := 0
		all, err := audit.List(a.org, 0, 1000)
		must(t, err)
		for _, e := range all {
			if e.Kind == "connection.drift" && e.Subject == "in-json" {
				events++
			}
		}
		if events == 0 {
			t.Error("no event tells it")
		}

		// What a rule reads is new no more; what comes again is not gone.
		m := strings.Replace(plainMapping("json", ""), "NEED", "service", 1)
		m = strings.Replace(m, `"rules":[`, `"rules":[{"id":"born","label":"Born","local":"date_of_birth","standard":"person.birthDate.value"},`, 1)
		if _, err := a.set.Publish("plain-json", []byte(m), connection.Publishing{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		n++
		post(n, `,"room":"Blue","desk":"7"`)
		if _, kinds := drift(); !slices.Equal(kinds, []string{string(schema.Changed) + " room"}) {
			t.Errorf("after the rule %v", kinds)
		}
		must(t, a.set.AcceptDrift("in-json", "test"))
		n++
		post(n, `,"room":"Blue"`)
		if _, kinds := drift(); len(kinds) != 0 {
			t.Errorf("after it was accepted %v", kinds)
		}
		a.open(nil)
		if _, kinds := drift(); len(kinds) != 0 {
			t.Errorf("accepted, and a restart %v", kinds)
		}
		if _, err := a.set.Drift("none"); !errors.Is(err, connection.ErrNone) {
			t.Errorf("of no connection: %v", err)
		}
		if err := a.set.AcceptDrift("none", "test"); !errors.Is(err, connection.ErrNone) {
			t.Errorf("accepted of no connection: %v", err)
		}
		time.Sleep(time.Minute)
	})
}
