package rest

import (
	"bytes"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"referworks/bridges"
	"referworks/bridges/record"
)

// answerLimits bound what is read of an answer.
var answerLimits = record.Limits{Size: maxAnswer, Depth: 32, Nodes: 20_000}

// decode reads an answer in JSON or XML, by its first character: media types in answers are often wrong. Nil means
// that it is neither.
func decode(body []byte) *record.Node { return decodeWithin(body, answerLimits) }

func decodeWithin(body []byte, lim record.Limits) *record.Node {
	start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if len(start) == 0 {
		return nil
	}
	read := record.DecodeJSON
	if start[0] == '<' {
		read = record.DecodeXML
	}
	n, err := read(body, lim)
	if err != nil {
		return nil
	}
	return n
}

// ids returns the distinct ids at a place.
func ids(n *record.Node, p record.Path) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range n.Find(p) {
		if m.Kind != record.Text && m.Kind != record.Number {
			continue
		}
		if id := CleanID(m.Text); id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// ownID finds the system's own id of what it took; "" when it gave none that can be read without doubt.
func (s *sink) ownID(a Answer) string {
	if s.hasID {
		if n := decode(a.Body); n != nil {
			if found := ids(n, s.id); len(found) == 1 {
				return found[0]
			}
		}
		return ""
	}
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return ""
	}
	return CleanID(path.Base(u.Path))
}

// maxID bounds an id, in bytes. What is longer is no id.
const maxID = 100

// CleanID returns an id that can be shown and kept, or "".
func CleanID(id string) string {
	id = strings.TrimSpace(id)
	if len(id) > maxID || !utf8.ValidString(id) {
		return ""
	}
	for _, r := range id {
		if !unicode.IsGraphic(r) {
			return ""
		}
	}
	return id
}

// Decode reads an answer in JSON or XML, by its first character; nil when it is neither, or a web page. lim bounds it.
func Decode(a Answer, lim record.Limits) *record.Node {
	if webPage(a) {
		return nil
	}
	return decodeWithin(a.Body, lim)
}

// IDs returns the distinct ids at a place of an answer, and whether an answer without any says that there is nothing: any
// other answer, like an error inside a 200, says nothing.
func IDs(n *record.Node, p record.Path) (found []string, nothing bool) {
	found = ids(n, p)
	return found, len(found) == 0 && empty(n, p)
}

// RefusedField finds which field of the document sent an answer blames: at the places given, else where answers usually say
// it. Only the name of a member of sent is returned, never what an answer says of its own.
func RefusedField(a Answer, sent *record.Node, places []record.Path) string {
	answered := decode(a.Body)
	if answered == nil || sent == nil {
		return ""
	}
	names := map[string]bool{}
	memberNames(sent, names)
	known := knownIn(names)
	for _, p := range places {
		for _, n := range answered.Find(p) {
			if field := known(n.Text); n.Kind == record.Text && field != "" {
				return field
			}
			if field := known(n.Name); field != "" {
				return field
			}
		}
	}
	if field := saidAsText(answered, known, false); field != "" {
		return field
	}
	return saidAsName(answered, known, false)
}

// refusedField finds which field of our document an error answer blames. Answers often repeat values, even where a
// name belongs: see RefusedField.
func refusedField(a Answer, d bridges.Document) string {
	return RefusedField(a, decode(d.Bytes), nil)
}

// knownIn finds the last part of a place that is one of names.
func knownIn(names map[string]bool) func(place string) string {
	return func(place string) string {
		for _, part := range slices.Backward(fieldParts.Split(place, -1)) {
			if names[part] {
				return part
			}
		}
		return ""
	}
}

// fieldParts splits the ways to write a place: a.b, a[0].b, /a/b.
var fieldParts = regexp.MustCompile(`[./\[\]]+`)

func memberNames(n *record.Node, into map[string]bool) {
	if n.Name != "" && n.Name != record.ContentName {
		into[n.Name] = true
	}
	for _, c := range n.Children {
		memberNames(c, into)
	}
}

// saidAsText looks for a known name in the texts of members that name a field: {"field": "First"}, and lists of
// steps: {"loc": ["body", "First"]}.
func saidAsText(n *record.Node, known func(string) string, names bool) string {
	if n.Name != "" {
		names = namesField[strings.ToLower(strings.TrimPrefix(n.Name, "@"))]
	}
	if n.Kind == record.Text && names {
		return known(n.Text)
	}
	for _, c := range slices.Backward(n.Children) {
		if field := saidAsText(c, known, names); field != "" {
			return field
		}
	}
	return ""
}

// saidAsName looks for a known name among the members below errors and the like: {"errors": {"First": ["missing"]}}.
func saidAsName(n *record.Node, known func(string) string, below bool) string {
	if below && n.Name != "" {
		if field := known(n.Name); field != "" {
			return field
		}
	}
	below = below || namesErrors[strings.ToLower(n.Name)]
	for _, c := range n.Children {
		if field := saidAsName(c, known, below); field != "" {
			return field
		}
	}
	return ""
}

var (
	namesField  = map[string]bool{"field": true, "fieldname": true, "field_name": true, "param": true, "parameter": true, "pointer": true, "path": true, "loc": true, "property": true, "attribute": true, "location": true, "target": true}
	namesErrors = map[string]bool{"errors": true, "invalid_values": true, "invalid_params": true, "fields": true, "field_errors": true, "fielderrors": true, "modelstate": true}
)
