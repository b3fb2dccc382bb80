package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// What the graphical tool needs beside the engine: the standard, codes, drafts, its own notes, the last documents.
func TestWhatTheMappingToolReads(t *testing.T) {
	w := newWorld(t)
	get := func(path string, into any) {
		t.Helper()
		w.must(t, w.public.URL, w.elmAdmin, "", "GET", path, "", into)
	}
	var standard struct {
		Fields []struct {
			Path, Label, Class string
			Coded              bool
		}
		Places []struct{ Place string }
	}
	get("/v1/standard", &standard)
	if len(standard.Fields) < 100 || len(standard.Places) < len(standard.Fields) {
		t.Errorf("%d fields, %d places", len(standard.Fields), len(standard.Places))
	}
	var codes struct {
		System string
		Codes  []struct{ Code, Label string }
	}
	get("/v1/codes?standard=needs%5B%5D.codes%5B%5D", &codes)
	if codes.System != "lsc" || len(codes.Codes) < 20 {
		t.Errorf("%+v", codes)
	}
	if status, body, _ := call(t, w.public.URL+"/v1/codes?standard=person.names%5B%5D.given", "GET", w.elmAdmin, "", ""); status != http.StatusUnprocessableEntity {
		t.Errorf("codes of a name: %d %s", status, body)
	}

	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/fresh/draft", `{"half":"done"}`, nil)
	var drafts struct {
		Items []struct {
			Name     string
			Revision int
			Document json.RawMessage
		}
	}
	get("/v1/drafts", &drafts)
	if len(drafts.Items) != 1 || drafts.Items[0].Name != "fresh" || drafts.Items[0].Revision != 1 || len(drafts.Items[0].Document) > 4 {
		t.Errorf("drafts: %+v", drafts)
	}

	if status, _, _ := call(t, w.public.URL+"/v1/mappings/fresh/work", "GET", w.elmAdmin, "", ""); status != http.StatusNotFound {
		t.Errorf("work that nobody kept: %d", status)
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/fresh/work", `{"rejected":[{"local":"a"}]}`, nil)
	var work struct {
		Work struct{ Rejected []struct{ Local string } }
	}
	get("/v1/mappings/fresh/work", &work)
	if len(work.Work.Rejected) != 1 {
		t.Errorf("work: %+v", work)
	}
	if status, body, _ := call(t, w.public.URL+"/v1/mappings/fresh/work", "PUT", w.elmAdmin, "", `"`+strings.Repeat("x", 600<<10)+`"`); status != http.StatusUnprocessableEntity {
		t.Errorf("too much work: %d %s", status, body)
	}

	var came struct {
		Items []struct{ Format, Text, Connection string }
	}
	get("/v1/mappings/legalserver/samples", &came)
	if len(came.Items) == 0 || came.Items[0].Format != "json" || came.Items[0].Text != example(t, "legalserver-matter.json") {
		t.Errorf("the last documents: %d", len(came.Items))
	}
	var events struct {
		Items []struct{ Kind, Subject string }
	}
	get("/v1/events?after=0", &events)
	if b, _ := json.Marshal(events); !strings.Contains(string(b), "referral.viewed") {
		t.Error("reading the last documents leaves no trace")
	}
}

// A document is tried in both directions at once, and a match made by hand comes into the document that is there.
func TestRunBackAndExtend(t *testing.T) {
	w := newWorld(t)
	var ran struct {
		Results []struct {
			Back struct {
				Document string
				Letter   struct {
					Lines []struct{ Label, Value string }
				}
			}
		}
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:run", `{"back":true,"name":"legalserver","input":`+quoted(example(t, "legalserver-matter.json"))+`}`, &ran)
	if len(ran.Results) != 1 || !strings.Contains(ran.Results[0].Back.Document, "26-0004417") || len(ran.Results[0].Back.Letter.Lines) < 10 {
		t.Errorf("%+v", ran)
	}
	var out struct {
		Never []string
		Draft struct {
			Rules []struct{ ID, Standard string }
		}
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "POST", "/v1/mappings:suggest", `{"mapping":`+example(t, "mappings/harbor-legalserver.json")+`,"fields":[{"path":"how_referred"},{"path":"ssn"}],"accepted":[{"local":"how_referred","standard":"referrer.kind"}]}`, &out)
	last := out.Draft.Rules[len(out.Draft.Rules)-1]
	if len(out.Draft.Rules) < 60 || last.Standard != "referrer.kind" || len(out.Never) != 1 || out.Never[0] != "ssn" {
		t.Errorf("%d rules, the last %+v, never %v", len(out.Draft.Rules), last, out.Never)
	}
}
