package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
	"referworks/node/connection"
	"referworks/protocol"
)

type checkInput struct {
	RawBody []byte `contentType:"application/json"`
}

// Checked is what is wrong with a document, all at once.
type checked struct {
	OK       bool             `json:"ok"`
	Hash     string           `json:"hash,omitempty" doc:"Of a document without mistakes: what its version would be called."`
	Kept     []string         `json:"kept,omitempty" doc:"Places of the standard that our record has a place for: what partners may know."`
	Problems []mappingMistake `json:"problems"`
}

type mappingMistake struct {
	Index    *int   `json:"index,omitempty" doc:"Of the rule in the list of rules, from 0."`
	Rule     string `json:"rule,omitempty" doc:"Id of the rule."`
	Label    string `json:"label,omitempty" doc:"Our label."`
	Standard string `json:"standard,omitempty" doc:"The standard's label, else its path."`
	At       string `json:"at,omitempty" doc:"Where in the document."`
	Line     int    `json:"line,omitempty"`
	Sentence string `json:"sentence"`
}

type runInput struct {
	Body struct {
		Direction string          `json:"direction,omitempty" enum:"in,out" default:"in" doc:"in: from our document to referrals; out: from a referral to our document."`
		Mapping   json.RawMessage `json:"mapping,omitempty" doc:"A mapping document; without it, what is published under the name."`
		Name      string          `json:"name,omitempty" maxLength:"40" doc:"Name of the mapping, whose connections state how consent is taken."`
		Input     string          `json:"input" maxLength:"4194304" doc:"Our document in the format of the mapping, or a referral in the standard's JSON."`
		Base64    bool            `json:"base64,omitempty" doc:"The input is in base64: for spreadsheets, PDF forms and whatever is no UTF-8."`
		XSD       string          `json:"xsd,omitempty" maxLength:"4194304" doc:"An XML Schema of our documents: then the answer says what it would object to. Nothing that it refers to is fetched."`
		Back      bool            `json:"back,omitempty" doc:"With in: convert each referral back too, as if it came from a partner."`
		Bare      bool            `json:"bare,omitempty" doc:"Without stand-ins for what a connection would state, when none uses the name."`
	}
}

// Ran is what an example came to. Nothing of it is kept.
type ran struct {
	Format  string   `json:"format" doc:"Of our documents."`
	Results []ranOne `json:"results"`
	// Unchecked comes with advice.
	Unchecked []string `json:"unchecked,omitempty" doc:"What the advice does not look at."`
}

type ranOne struct {
	Referral json.RawMessage      `json:"referral,omitempty" doc:"In the common standard; as far as it came when a person would have to look."`
	Document string               `json:"document,omitempty" doc:"Our document; a spreadsheet is in base64."`
	Report   *mapping.Report      `json:"report,omitempty"`
	Words    []string             `json:"words,omitempty" doc:"The report in sentences."`
	Holds    []mapping.HoldReason `json:"holds,omitempty" doc:"Why a person would have to look first."`
	Letter   *shownLetter         `json:"letter,omitempty" doc:"Our document for a person to read."`
	Advice   []schema.Advice      `json:"advice,omitempty" doc:"What the XML Schema that was given would object to in our document. It stops nothing."`
	Back     *ranBack             `json:"back,omitempty" doc:"The referral converted back, when it was asked for."`
}

// shownLetter is our document as people read it.
type shownLetter struct {
	Language string       `json:"language,omitempty"`
	Lines    []letterLine `json:"lines"`
}

// letterLine is a heading, or a labelled value.
type letterLine struct {
	Label   string         `json:"label"`
	Value   string         `json:"value,omitempty"`
	Class   protocol.Class `json:"class,omitempty"`
	Heading bool           `json:"heading,omitempty"`
}

func letterOf(l *mapping.Letter) *shownLetter {
	if l == nil {
		return nil
	}
	out := &shownLetter{Language: l.Language, Lines: []letterLine{}}
	for _, line := range l.Lines {
		out.Lines = append(out.Lines, letterLine(line))
	}
	return out
}

// ranBack is our document of a referral that an example came to.
type ranBack struct {
	Document string               `json:"document,omitempty" doc:"Our document; a spreadsheet is in base64."`
	Report   *mapping.Report      `json:"report,omitempty"`
	Words    []string             `json:"words,omitempty" doc:"The report in sentences."`
	Holds    []mapping.HoldReason `json:"holds,omitempty" doc:"Why a person would have to look first."`
	Letter   *shownLetter         `json:"letter,omitempty" doc:"Our document for a person to read."`
}

type suggestInput struct {
	Body struct {
		Name     string              `json:"name,omitempty" maxLength:"200" doc:"For people: what the draft is called."`
		ID       string              `json:"id,omitempty" maxLength:"40" doc:"Of the draft."`
		About    string              `json:"about,omitempty" maxLength:"200" doc:"Name of the schema or table, such as adverse party: whom fields speak of that do not say it themselves."`
		Format   string              `json:"format,omitempty" doc:"Of our documents; json when empty."`
		Sample   string              `json:"sample,omitempty" maxLength:"4194304" doc:"A document of the partner's, in whose shape XML is written."`
		Fields   []ourField          `json:"fields" maxItems:"5000"`
		Rejected []suggest.Rejection `json:"rejected,omitempty" doc:"What was turned down before; it is not offered again."`
		Accepted []suggest.Match     `json:"accepted,omitempty" doc:"Make the draft of these; without it, of what is chosen beforehand."`
		Mapping  json.RawMessage     `json:"mapping,omitempty" doc:"A mapping document without mistakes: the draft is this with rules for what is accepted."`
	}
}

type ourField struct {
	Path     string         `json:"path" doc:"As mapping documents write it."`
	Label    string         `json:"label,omitempty"`
	Kind     string         `json:"kind,omitempty" doc:"text, number, bool, date or datetime."`
	Examples []string       `json:"examples,omitempty" maxItems:"50"`
	Values   []suggest.Word `json:"values,omitempty" maxItems:"500" doc:"All values, when there are few."`
}

type suggested struct {
	Suggestions []suggest.Suggestion                 `json:"suggestions"`
	Values      map[string][]suggest.ValueSuggestion `json:"values,omitempty" doc:"Of fields with few values whose best candidate is a coded field: by our path, what each word could mean."`
	Draft       json.RawMessage                      `json:"draft,omitempty" doc:"A mapping document; docs/mapping.md describes it."`
	Carried     []string                             `json:"carried,omitempty" doc:"Our fields without a rule: they travel as extra facts."`
	Notes       []string                             `json:"notes,omitempty" doc:"What a person should look at."`
	Never       []string                             `json:"never,omitempty" doc:"Our fields that are government numbers: they stay behind unless a mapping allows them."`
}

func (s *Server) mappingTools() {
	add(s, http.MethodPost, "/v1/mappings:check", "check-mapping", "Say everything that is wrong with a mapping document", check)
	add(s, http.MethodPost, "/v1/mappings:run", "run-mapping", "Convert an example with a mapping; nothing is kept", run)
	add(s, http.MethodPost, "/v1/mappings:suggest", "suggest-mapping", "Propose how our fields join the standard, with a draft", suggestions)
}

func check(_ context.Context, _ caller, in *checkInput) (checked, error) {
	out := checked{Problems: []mappingMistake{}}
	doc, err := mapping.Parse(in.RawBody)
	var m *mapping.Mapping
	if err == nil {
		m, err = mapping.Compile(doc)
	}
	var problems *mapping.Problems
	var syntax *record.SyntaxError
	switch {
	case err == nil:
		out.OK, out.Hash, out.Kept = true, m.Hash().String(), m.Kept()
	case errors.As(err, &problems):
		for _, p := range problems.All {
			one := mappingMistake{Rule: p.Rule, Label: p.Label, Standard: p.Standard, At: p.At, Line: p.Line, Sentence: p.Sentence}
			var index int
			if n, _ := fmt.Sscanf(p.At, "rules[%d]", &index); n == 1 {
				one.Index = &index
			}
			out.Problems = append(out.Problems, one)
		}
	case errors.As(err, &syntax):
		out.Problems = append(out.Problems, mappingMistake{Line: syntax.Line, Sentence: syntax.Error()})
	default:
		return out, err
	}
	return out, nil
}

// shown is a document of ours as it stands in JSON.
func shown(format string, b []byte) string {
	if format == string(record.FormatXLSX) {
		return base64.StdEncoding.EncodeToString(b)
	}
	return string(b)
}

func run(_ context.Context, c caller, in *runInput) (ran, error) {
	input, err := bytesOf(in.Body.Input, in.Body.Base64)
	if err != nil {
		return ran{}, err
	}
	all, format, err := c.org.Connections().Convert(connection.Example{
		Mapping: in.Body.Mapping, Name: in.Body.Name, Out: in.Body.Direction == "out", Input: input, Back: in.Body.Back, BareStated: in.Body.Bare,
	})
	if err != nil {
		return ran{}, err
	}
	out := ran{Format: format, Results: []ranOne{}}
	for _, o := range all {
		one := ranOne{Document: shown(format, o.Document), Report: o.Report, Words: o.Report.Sentences(), Holds: o.Holds, Letter: letterOf(o.Letter)}
		if b := o.Back; b != nil {
			one.Back = &ranBack{shown(format, b.Document), b.Report, b.Report.Sentences(), b.Holds, letterOf(b.Letter)}
		}
		if o.Referral != nil {
			if one.Referral, err = json.Marshal(o.Referral); err != nil {
				return ran{}, err
			}
		}
		out.Results = append(out.Results, one)
	}
	return out, advise(&out, in, input)
}

// advise says what an XML Schema would object to: in the documents that came of a referral, or in the one that was given.
func advise(out *ran, in *runInput, input []byte) error {
	if in.Body.XSD == "" || out.Format != string(record.FormatXML) {
		return nil
	}
	x, err := schema.ReadXSD([]byte(in.Body.XSD), "", nil)
	if err != nil {
		return huma.Error422UnprocessableEntity("The XML Schema could not be read: " + err.Error() + ".")
	}
	out.Unchecked = x.Unchecked()
	for i := range out.Results {
		b := input
		if in.Body.Direction == "out" {
			b = []byte(out.Results[i].Document)
		}
		n, err := record.DecodeXML(b, record.Limits{})
		if err != nil {
			return nil // without a document there is nothing to say; the results say why there is none
		}
		out.Results[i].Advice = x.Check(n)
	}
	return nil
}

func suggestions(_ context.Context, _ caller, in *suggestInput) (suggested, error) {
	fields := make([]suggest.Field, 0, len(in.Body.Fields))
	for _, f := range in.Body.Fields {
		fields = append(fields, suggest.Field(f))
	}
	o := suggest.Options{About: in.Body.About, Rejected: in.Body.Rejected}
	out := suggested{Suggestions: suggest.Fields(fields, o), Values: map[string][]suggest.ValueSuggestion{}}
	accepted := in.Body.Accepted
	if accepted == nil {
		accepted = slices.DeleteFunc(suggest.Chosen(out.Suggestions), func(m suggest.Match) bool { return mapping.GovernmentNumber(m.Local) })
	}
	to := map[string]string{}
	for _, m := range accepted {
		to[m.Local] = m.Standard
	}
	for i, f := range fields {
		standard := to[f.Path]
		if found := out.Suggestions[i].Candidates; standard == "" && len(found) > 0 {
			standard = found[0].Standard
		}
		if goal, coded := suggest.GoalOf(standard); coded && len(f.Values) > 0 {
			out.Values[f.Path] = suggest.Values(goal, f.Values, o)
		}
	}
	for _, f := range fields {
		if mapping.GovernmentNumber(f.Path) {
			out.Never = append(out.Never, f.Path)
		}
	}
	drafted, err := drafted(in, fields, accepted, o)
	if err != nil {
		return suggested{}, err
	}
	out.Carried, out.Notes = drafted.Carried, drafted.Notes
	out.Draft, err = json.Marshal(drafted.Document)
	return out, err
}

// drafted is a new draft of what is accepted, or the document that is there with it.
func drafted(in *suggestInput, fields []suggest.Field, accepted []suggest.Match, o suggest.Options) (*suggest.Drafted, error) {
	if len(in.Body.Mapping) > 0 {
		doc, err := mapping.Parse(in.Body.Mapping)
		if err != nil {
			return nil, err
		}
		return suggest.Extend(doc, fields, accepted, o)
	}
	head := suggest.Head{ID: in.Body.ID, Name: in.Body.Name, Side: mapping.Side{Format: in.Body.Format, Language: "en"}}
	if in.Body.Format == string(record.FormatXML) {
		head.Side.Sample = in.Body.Sample
	}
	return suggest.Draft(head, fields, accepted, o)
}
