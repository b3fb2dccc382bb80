package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"referworks/bridges/mapping"
	"referworks/bridges/schema"
	"referworks/bridges/suggest"
)

// sample is a document to learn the shape of documents from.
type sample struct {
	Name      string `json:"name,omitempty" maxLength:"200" doc:"Of the file, whose ending tells the format."`
	Format    string `json:"format,omitempty" enum:"json,xml,csv,xlsx,pdf,mail," doc:"Without it, by the name or by how the text begins."`
	Sheet     string `json:"sheet,omitempty" maxLength:"200" doc:"Of a spreadsheet, the name of the sheet; without it, the first."`
	Text      string `json:"text" minLength:"1" maxLength:"4194304" doc:"The document, or a description of it: a JSON Schema, an XML Schema, or an OpenAPI description (JSON or YAML)."`
	Operation string `json:"operation,omitempty" maxLength:"200" doc:"Of an OpenAPI description: POST /intakes, or its operationId; without it, the only one that takes a body."`
	Element   string `json:"element,omitempty" maxLength:"200" doc:"Of an XML Schema: what documents begin with; without it, the first element that no other refers to."`
	Base64    bool   `json:"base64,omitempty" doc:"The text is the document in base64: for spreadsheets, PDF forms and whatever is no UTF-8."`
}

type inferInput struct {
	Body struct {
		Samples []sample `json:"samples" minItems:"1" maxItems:"50"`
		Masked  bool     `json:"masked,omitempty" doc:"Show the form of examples and not what they say."`
	}
}

type driftInput struct {
	Body struct {
		Shape   *schema.Shape   `json:"shape,omitempty" doc:"What documents looked like, as :infer told; or before."`
		Before  []sample        `json:"before,omitempty" maxItems:"50" doc:"Documents as they were."`
		Now     []sample        `json:"now" minItems:"1" maxItems:"50" doc:"Documents as they are."`
		Mapping json.RawMessage `json:"mapping,omitempty" doc:"The mapping document that was made for them; then a draft is prepared."`
	}
}

type drifted struct {
	Same        bool                 `json:"same"`
	Changes     []schema.Change      `json:"changes"`
	Draft       json.RawMessage      `json:"draft,omitempty" doc:"The mapping with a rule for what is sure. Nothing is published by itself."`
	Notes       []string             `json:"notes,omitempty" doc:"What a person has to decide."`
	Suggestions []suggest.Suggestion `json:"suggestions,omitempty" doc:"Of the new fields."`
}

func (s *Server) mappingSchema() {
	add(s, http.MethodPost, "/v1/mappings:infer", "infer-schema", "List the fields of sample documents; nothing is kept", func(_ context.Context, _ caller, in *inferInput) (*schema.Shape, error) {
		shape, err := inferred(in.Body.Samples)
		if err == nil && in.Body.Masked {
			shape.Mask()
		}
		return shape, err
	})
	add(s, http.MethodPost, "/v1/mappings:drift", "compare-schemas", "Say what is different in newer documents, and prepare a draft for it; nothing is kept", drift)
}

func inferred(list []sample) (*schema.Shape, error) {
	all := make([]schema.Sample, len(list))
	for i, one := range list {
		b, err := bytesOf(one.Text, one.Base64)
		if err != nil {
			return nil, err
		}
		all[i] = schema.Sample{Name: one.Name, Format: one.Format, Sheet: one.Sheet, Operation: one.Operation, Element: one.Element, Bytes: b}
	}
	shape, err := schema.Infer(all...)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("A sample could not be read: " + err.Error() + ".")
	}
	return shape, nil
}

// bytesOf is a document that stands in JSON: as text, or in base64.
func bytesOf(text string, packed bool) ([]byte, error) {
	if !packed {
		return []byte(text), nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("The document is said to be in base64, and is not.")
	}
	return b, nil
}

func drift(_ context.Context, _ caller, in *driftInput) (drifted, error) {
	was := in.Body.Shape
	var err error
	if was == nil {
		if len(in.Body.Before) == 0 {
			return drifted{}, huma.Error422UnprocessableEntity("Say what documents looked like: in shape, or by samples in before.")
		}
		if was, err = inferred(in.Body.Before); err != nil {
			return drifted{}, err
		}
	}
	now, err := inferred(in.Body.Now)
	if err != nil {
		return drifted{}, err
	}
	out := drifted{Changes: schema.Compare(was, now)}
	if out.Same = len(out.Changes) == 0; len(in.Body.Mapping) == 0 {
		return out, nil
	}
	doc, err := mapping.Parse(in.Body.Mapping)
	if err != nil {
		return out, err
	}
	drafted, found, err := suggest.Redraft(doc, suggest.FieldsOf(now), suggest.ChangesOf(out.Changes), suggest.Options{})
	if err != nil {
		return out, err
	}
	out.Notes, out.Suggestions = drafted.Notes, found
	out.Draft, err = json.Marshal(drafted.Document)
	return out, err
}
