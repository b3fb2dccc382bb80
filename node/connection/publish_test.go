package connection_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/node/audit"
	"referworks/node/connection"
)

// tested is the small mapping with one test of its own.
func tested(expect string) string {
	doc := strings.Replace(plainMapping("json", ""), "NEED", "service", 1)
	test := `{"name":"first","direction":"in","input":"{\"first\":\"Zebulona\",\"service\":\"Food\"}","expect":{"person.names[0].given":"` + expect + `"}}`
	return strings.TrimSuffix(doc, "}") + `,"tests":[` + test + `]}`
}

func TestPublishRunsTheTestsOfTheDocument(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDesk(t, "Harbor Legal Aid", nil)
		good, err := d.set.Publish("plain", []byte(tested("Zebulona")), connection.Publishing{Actor: "test"})
		if err != nil || good.Tests != 1 || len(good.Failed) != 0 {
			t.Fatalf("%+v %v", good, err)
		}
		var not *connection.NotReady
		_, err = d.set.Publish("plain", []byte(tested("Elsewhere")), connection.Publishing{Actor: "test"})
		if !errors.As(err, &not) || len(not.Failed) != 1 || !strings.Contains(not.Failed[0], `"first"`) || strings.Contains(err.Error(), "Zebulona") {
			t.Fatalf("a version whose test fails: %v", err)
		}
		if now, err := d.set.MappingVersion("plain"); err != nil || now.N != 1 {
			t.Errorf("it stands as version %d: %v", now.N, err)
		}
		forced, err := d.set.Publish("plain", []byte(tested("Elsewhere")), connection.Publishing{Actor: "key 7", Untested: true})
		if err != nil || forced.N != 2 || len(forced.Failed) != 1 {
			t.Fatalf("%+v %v", forced, err)
		}
		events, err := audit.List(d.org, 0, 100)
		must(t, err)
		if !slices.ContainsFunc(events, func(e audit.Entry) bool {
			return e.Kind == "mapping.published" && e.Actor == "key 7" && e.Subject == "plain@"+forced.Hash && strings.Contains(string(e.Details), `"failedTests":1`)
		}) {
			t.Error("the audit log does not say that it was published although a test fails")
		}
	})
}

func TestVersionsAndRollback(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDesk(t, "Harbor Legal Aid", nil)
		publish := func(name, label string) connection.Published {
			t.Helper()
			p, err := d.set.Publish(name, []byte(strings.NewReplacer("NEED", "service", `"Reason"`, `"`+label+`"`).Replace(plainMapping("json", ""))), connection.Publishing{Actor: "test"})
			must(t, err)
			return p
		}
		first, second := publish("plain", "Reason"), publish("plain", "Why")
		publish("plain-2", "Another") // not in the history of plain
		if len(first.Differences) != 0 || len(second.Differences) == 0 || !strings.Contains(fmt.Sprint(second.Differences), "Why") {
			t.Errorf("differences: %v, then %v", first.Differences, second.Differences)
		}
		list, err := d.set.Versions("plain")
		if err != nil || len(list) != 2 || list[0].Hash != second.Hash || list[1].N != 1 || list[1].Document != nil {
			t.Fatalf("%+v %v", list, err)
		}
		back, err := d.set.Rollback("plain", "", "test")
		if err != nil || back.N != 3 || back.Hash != first.Hash || len(back.Differences) == 0 {
			t.Fatalf("rolled back to %+v: %v", back.Version, err)
		}
		again, err := d.set.Rollback("plain", second.Hash, "test")
		if err != nil || again.N != 4 || again.Hash != second.Hash {
			t.Errorf("rolled back to %+v: %v", again.Version, err)
		}
		if now, err := d.set.MappingVersion("plain"); err != nil || now.N != 4 || now.Name != "plain" || len(now.Document) == 0 {
			t.Errorf("%d %v", now.N, err)
		}
		for _, wrong := range [][2]string{{"plain", "nothing"}, {"plain-2", ""}, {"never", ""}} {
			if _, err := d.set.Rollback(wrong[0], wrong[1], "test"); !errors.Is(err, connection.ErrNone) {
				t.Errorf("%v: %v", wrong, err)
			}
		}
		// One document under two names is current under both.
		same := publish("plain-2", "Why")
		if one, err := d.set.MappingVersion("plain"); err != nil || one.Name != "plain" || one.N != 4 || same.Hash != one.Hash {
			t.Errorf("plain is %s %d: %v", one.Name, one.N, err)
		}
	})
}

// The last documents go through a new version before it is published; what it says of them are fields and reasons.
func TestRerunOfTheLastDocuments(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.intake("json", "service", "")
		for i := range 23 {
			need := "Housing"
			if i == 22 {
				need = "Zebulona"
			}
			_, err := a.set.Submit(t.Context(), connection.Submission{Format: "json", Raw: []byte(`{"first":"Ana","worker":"Kim","phone":"+12025550142","service":"` + need + `"}`), To: []string{b.name}, Actor: "test"})
			must(t, err)
			time.Sleep(time.Minute)
		}
		closed := strings.Replace(plainMapping("json", `"valueTables":{"needs":{"unknown":{"in":{"policy":"hold"}},"rows":[{"ours":"Housing","code":"BH"}]}},`), `"NEED","standard":"needs[].text","required":true`, `"service","standard":"needs[].text","required":true,"via":[{"fn":"value","table":"needs"}]`, 1)
		trial, err := a.set.Try("plain-json", []byte(closed))
		must(t, err)
		if r := trial.Rerun; r == nil || r.Works != 19 || len(r.Fails) != 1 || !strings.Contains(r.Sentence, "19 of the last referrals would still work, 1 would fail") || len(r.Fails[0].Reasons) == 0 || r.Fails[0].Reasons[0].Label != "Service" {
			t.Fatalf("%+v", trial.Rerun)
		}
		if strings.Contains(fmt.Sprint(trial), "Zebulona") {
			t.Error("the rerun repeats a value")
		}
		if now, err := a.set.MappingVersion("plain-json"); err != nil || now.N != 1 {
			t.Errorf("trying published something: %v", err)
		}
	})
}

// What arrived is tried again through the version that our own system would get it by.
func TestRerunOfWhatArrived(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := receiver(t, &medium{})
		b.run()
		a.send()
		time.Sleep(time.Minute)
		now, err := b.set.MappingVersion("intake")
		must(t, err)
		trial, err := b.set.Try("intake", now.Document)
		if err != nil || trial.Rerun == nil || trial.Rerun.Works != 1 || len(trial.Differences) != 0 {
			t.Errorf("the same version: %+v %v", trial, err)
		}
	})
}

func TestDrafts(t *testing.T) {
	inTime(t, func(t *testing.T) {
		d := newDesk(t, "Harbor Legal Aid", nil)
		one, err := d.set.PutDraft("plain", []byte(`{"half":"made"}`), 0, "key 1")
		if err != nil || one.Revision != 1 || one.By != "key 1" || one.Base != "" {
			t.Fatalf("%+v %v", one, err)
		}
		two, err := d.set.PutDraft("plain", []byte(tested("Zebulona")), 1, "key 2")
		if err != nil || two.Revision != 2 {
			t.Fatalf("%+v %v", two, err)
		}
		var stale *connection.StaleDraft
		for _, revision := range []int{0, 1, 3} {
			if _, err := d.set.PutDraft("plain", []byte(`{}`), revision, "key 1"); !errors.As(err, &stale) || stale.Now != 2 {
				t.Errorf("saved over revision %d: %v", revision, err)
			}
		}
		if got, err := d.set.Draft("plain"); err != nil || got.Revision != 2 || !strings.Contains(string(got.Document), "Zebulona") {
			t.Errorf("%+v %v", got, err)
		}
		// What is published is no draft any more; another document leaves it alone.
		_, err = d.set.Publish("plain", []byte(strings.Replace(plainMapping("json", ""), "NEED", "service", 1)), connection.Publishing{Actor: "test"})
		must(t, err)
		if _, err := d.set.Draft("plain"); err != nil {
			t.Errorf("another document was published and the draft is gone: %v", err)
		}
		v, err := d.set.Publish("plain", []byte(tested("Zebulona")), connection.Publishing{Actor: "test"})
		must(t, err)
		if _, err := d.set.Draft("plain"); !errors.Is(err, connection.ErrNone) {
			t.Errorf("it was published and the draft is there: %v", err)
		}
		if _, err := d.set.PutDraft("plain", []byte(`{}`), 2, "key 2"); !errors.As(err, &stale) || stale.Now != 0 {
			t.Errorf("saved after it was published: %v", err)
		}
		next, err := d.set.PutDraft("plain", []byte(`{}`), 0, "key 2")
		if err != nil || next.Base != v.Hash {
			t.Errorf("a draft on %q: %v", next.Base, err)
		}
		must(t, d.set.DropDraft("plain"))
		if err := d.set.DropDraft("plain"); !errors.Is(err, connection.ErrNone) {
			t.Errorf("dropped twice: %v", err)
		}
		for name, doc := range map[string]string{"No": `{}`, "plain": `{`, "large": `"` + strings.Repeat("x", 1<<20) + `"`} {
			if _, err := d.set.PutDraft(name, []byte(doc), 0, "test"); err == nil {
				t.Errorf("%s was saved", name)
			}
		}
	})
}

// A name does not change its format under a connection that uses it.
func TestPublishKeepsTheFormatOfItsConnections(t *testing.T) {
	inTime(t, func(t *testing.T) {
		_, b := pair(t, map[string]bridges.Kind{})
		b.intake("json", "service", "")
		_, err := b.set.Publish("plain-json", []byte(strings.Replace(plainMapping("xml", ""), "NEED", "service", 1)), connection.Publishing{Actor: "test"})
		if err == nil || !strings.Contains(err.Error(), "in-json") {
			t.Errorf("%v", err)
		}
	})
}
