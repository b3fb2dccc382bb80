package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// withTest is an example's mapping with a test that fails.
func withTest(t *testing.T, name string) string {
	t.Helper()
	doc := map[string]any{}
	if err := json.Unmarshal([]byte(example(t, name)), &doc); err != nil {
		t.Fatal(err)
	}
	doc["tests"] = []any{map[string]any{"name": "never", "direction": "in", "input": `{"first":"Zebulona"}`, "expect": map[string]string{"person.names[0].given": "somebody else"}}}
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // a text always is JSON
	return string(b)
}

// Work at a mapping as a person does it: save, be told what is wrong, publish, go back.
func TestWorkAtAMapping(t *testing.T) {
	w := newWorld(t)
	at := "/v1/mappings/legalserver"
	put := func(revision, body string, want int) string {
		t.Helper()
		status, got, _ := call(t, w.public.URL+at+"/draft?revision="+revision, "PUT", w.elmAdmin, "", body)
		if status != want {
			t.Fatalf("save over revision %s: %d %s", revision, status, got)
		}
		return got
	}
	put("0", withTest(t, "mappings/harbor-legalserver.json"), http.StatusOK)
	if got := put("0", "{}", http.StatusConflict); !strings.Contains(got, "somebody else saved it") {
		t.Errorf("a stale draft: %s", got)
	}
	status, got, _ := call(t, w.public.URL+at+"/publish", "POST", w.elmAdmin, "", "")
	if status != http.StatusUnprocessableEntity || !strings.Contains(got, `"never\"`) || strings.Contains(got, "Zebulona") || strings.Contains(got, "somebody else") {
		t.Errorf("publish with a failing test: %d %s", status, got)
	}
	// What changes is said in sentences, and the last document is tried.
	put("1", strings.Replace(example(t, "mappings/harbor-legalserver.json"), `"First name"`, `"Given name"`, 1), http.StatusOK)
	var diff struct{ Differences []struct{ Text string } }
	w.must(t, w.public.URL, w.elmAdmin, "", "GET", at+"/diff", "", &diff)
	if len(diff.Differences) == 0 {
		t.Error("no difference is told")
	}
	var now struct {
		N     int
		Hash  string
		Rerun struct {
			Works    int
			Sentence string
		}
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", at+"/publish?revision=2", "", &now)
	if now.N != 2 || now.Rerun.Works != 1 || !strings.Contains(now.Rerun.Sentence, "1 of the last referrals would still work") {
		t.Errorf("published: %+v", now)
	}
	var versions struct{ Items []struct{ Hash string } }
	w.must(t, w.public.URL, w.elmAdmin, "", "GET", at+"/versions", "", &versions)
	if len(versions.Items) != 2 || versions.Items[0].Hash != now.Hash {
		t.Errorf("versions: %+v", versions)
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", at+"/rollback", "{}", &now)
	if now.N != 3 || now.Hash != versions.Items[1].Hash {
		t.Errorf("went back to %+v", now)
	}
}

// What is wrong with a document is told all at once, with the place of each; an example shows what is kept of it.
func TestCheckAndRun(t *testing.T) {
	w := newWorld(t)
	var told struct {
		OK       bool
		Problems []struct {
			Index           *int
			Rule, Label, At string
		}
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:check", `{"v":1,"id":"x","name":"x","standard":"referral/1","side":{"format":"json"},"rules":[
		{"id":"good","local":"a","standard":"narrative.summary"},{"id":"one","label":"Ours","local":"b","standard":"person.nope"},{"id":"two","local":"c[","standard":"person.names[].given"}]}`, &told)
	if told.OK || len(told.Problems) < 2 {
		t.Fatalf("%+v", told)
	}
	seen := map[int]string{}
	for _, p := range told.Problems {
		if p.Index != nil {
			seen[*p.Index] = p.Rule + "/" + p.Label
		}
	}
	if seen[1] != "one/Ours" || !strings.HasPrefix(seen[2], "two/") || seen[0] != "" {
		t.Errorf("problems by rule: %v", seen)
	}
	var ran struct {
		Results []struct {
			Referral map[string]any
			Words    []string
			Holds    []struct{ Sentence string }
			Document string
		}
	}
	before := w.sent(t)
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:run", `{"name":"legalserver","input":`+quoted(example(t, "legalserver-matter.json"))+`}`, &ran)
	if len(ran.Results) != 1 || ran.Results[0].Referral["needs"] == nil || len(ran.Results[0].Words) == 0 || len(ran.Results[0].Holds) != 0 {
		t.Fatalf("%+v", ran)
	}
	back, err := json.Marshal(ran.Results[0].Referral)
	if err != nil {
		t.Fatal(err)
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:run", `{"direction":"out","name":"legalserver","input":`+quoted(string(back))+`}`, &ran)
	if len(ran.Results) != 1 || !json.Valid([]byte(ran.Results[0].Document)) {
		t.Errorf("back it is %+v", ran)
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:run", `{"bare":true,"mapping":`+example(t, "mappings/harbor-legalserver.json")+`,"input":"{}"}`, &ran)
	if len(ran.Results) != 1 || len(ran.Results[0].Holds) == 0 {
		t.Errorf("an empty document: %+v", ran)
	}
	if w.sent(t) != before {
		t.Error("an example was sent")
	}
}

// Suggestions come with a draft that compiles.
func TestSuggestAndDraft(t *testing.T) {
	w := newWorld(t)
	var out struct {
		Suggestions []struct {
			Local  string
			Chosen bool
		}
		Values map[string][]struct {
			Ours       string
			Candidates []struct{ Code string }
		}
		Draft json.RawMessage
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:suggest", `{"id":"ours","name":"Ours","fields":[{"path":"first_name","label":"First name","examples":["Ana"]},{"path":"gender","label":"Gender","values":[{"text":"Female","count":3},{"text":"Male"}]},{"path":"qzx","label":"Qzx"}]}`, &out)
	if len(out.Suggestions) != 3 || !out.Suggestions[0].Chosen || out.Suggestions[2].Chosen {
		t.Errorf("%+v", out.Suggestions)
	}
	if v := out.Values["gender"]; len(v) != 2 || len(v[0].Candidates) == 0 || v[0].Candidates[0].Code != "female" {
		t.Errorf("%+v", out.Values)
	}
	var told struct{ OK bool }
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:check", string(out.Draft), &told)
	if !told.OK {
		t.Errorf("the draft has mistakes: %s", out.Draft)
	}
}
