package schema

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/record"
)

// isOpenAPI reports whether a document describes an API.
func isOpenAPI(n *record.Node) bool { return strings.HasPrefix(n.Value("openapi"), "3.") }

// looksLikeOpenAPI is a cheap look before a document is read.
func looksLikeOpenAPI(b []byte) bool { return bytes.Contains(b, []byte("openapi")) }

// operationFields lists the fields of what an operation takes, in the order of its description (OpenAPI 3.0 and 3.1).
// An operation is named "POST /intakes" or by its operationId; empty, when only one takes a body.
func operationFields(doc *record.Node, operation string) ([]Field, string, error) {
	var found *record.Node
	var all []string
	for _, path := range members(doc.Member("paths")) {
		for _, op := range members(path) {
			name := strings.ToUpper(op.Name) + " " + path.Name
			if op.Member("requestBody") == nil {
				continue
			}
			all = append(all, name)
			if operation == "" || strings.EqualFold(name, strings.Join(strings.Fields(operation), " ")) || op.Value("operationId") == operation {
				found = op
			}
		}
	}
	if found == nil || operation == "" && len(all) != 1 {
		return nil, "", noOperation(operation, all)
	}
	s := &schemaWalk{root: doc, request: true}
	body := found.Member("requestBody")
	if ref := body.Value("$ref"); ref != "" {
		body = s.at(ref)
	}
	media, format := bodyOf(body.Member("content"))
	if media == nil {
		return nil, "", errors.New("the operation takes neither JSON, a form nor XML")
	}
	top := media.Member("schema")
	for range deepestSchema { // a list of records: its items
		if ref := top.Value("$ref"); ref != "" {
			top = s.at(ref)
		} else if items := top.Member("items"); items != nil {
			top = items
		} else {
			break
		}
	}
	s.visit(nil, top, 0)
	if len(s.fields) == 0 {
		return nil, "", errors.New("the operation takes a body, but its description names no fields")
	}
	return s.fields, format, nil
}

func members(n *record.Node) []*record.Node {
	if n == nil || n.Kind != record.Object {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Children), func(c *record.Node) bool { return c.Kind != record.Object })
}

func noOperation(operation string, all []string) error {
	if len(all) == 0 {
		return errors.New("it describes no operation that takes a body")
	}
	what := "it describes several operations that take a body"
	if operation != "" {
		what = "it describes no operation of that name that takes a body"
	}
	more := ""
	if len(all) > 30 {
		more = fmt.Sprintf(" and %d more", len(all)-30)
	}
	return fmt.Errorf("%s; name one of: %s%s", what, strings.Join(all[:min(len(all), 30)], ", "), more)
}

// bodyOf chooses among the media of a body: JSON, then forms, then XML.
func bodyOf(content *record.Node) (media *record.Node, format string) {
	for _, kind := range []struct{ part, format string }{{"json", "json"}, {"form", "json"}, {"xml", "xml"}} {
		for _, m := range members(content) {
			if strings.Contains(strings.ToLower(m.Name), kind.part) {
				return m, kind.format
			}
		}
	}
	return nil, ""
}
