package connector

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"referworks/bridges/presets"
	"referworks/bridges/record"
)

// scope is what the templates of a request may speak of.
type scope struct {
	c     *connection
	texts map[string]string
	nodes map[string]*record.Node // document, item, items
}

func (c *connection) scope() scope {
	return scope{c: c, texts: map[string]string{}, nodes: map[string]*record.Node{}}
}

// with returns a scope that knows one thing more.
func (s scope) with(name string, n *record.Node) scope {
	out := scope{s.c, s.texts, map[string]*record.Node{name: n}}
	for k, v := range s.nodes {
		if k != name {
			out.nodes[k] = v
		}
	}
	return out
}

// known gives the value of a setting or a secret.
func (c *connection) known(name string) (string, bool) {
	if rest, ok := strings.CutPrefix(name, "settings."); ok {
		return c.setting(rest)
	}
	if rest, ok := strings.CutPrefix(name, "secrets."); ok {
		return c.secret(rest)
	}
	return "", false
}

// value gives the text of a variable.
func (s scope) value(name string) (string, bool) {
	if v, ok := s.c.known(name); ok {
		return v, true
	}
	if v, ok := s.texts[name]; ok {
		return v, true
	}
	first, rest, _ := strings.Cut(name, ".")
	switch first {
	case "referral":
		if label, ok := strings.CutPrefix(rest, "uid."); ok {
			return uid(s.texts["referral.id"], label), true
		}
	case "time":
		d, err := time.ParseDuration(rest)
		return s.c.cfg.Now().Add(d).UTC().Format(time.RFC3339), err == nil
	case "made":
		return "", true // the step had nothing to do
	}
	if n := s.node(name); n != nil && n.Leaf() {
		return n.Text, true
	}
	_, ok := s.nodes[first]
	return "", ok // of a place where nothing stands
}

// node gives what a variable like document.client or item stands for; nil when nothing is there.
func (s scope) node(name string) *record.Node {
	first, rest, deeper := strings.Cut(name, ".")
	n := s.nodes[first]
	if n == nil || !deeper {
		return n
	}
	p, err := record.ParsePath(rest)
	if err != nil {
		return nil
	}
	return n.First(p)
}

func (s scope) expand(template string, escape func(string) string) (string, error) {
	text, unknown := presets.Expand(template, s.value, escape)
	if len(unknown) > 0 {
		return "", fmt.Errorf("the preset speaks of {%s}, which is not known here", unknown[0])
	}
	return text, nil
}

// on tells whether a template that switches something on says so: it is missing, or not empty.
func (s scope) on(template string) bool {
	if template == "" {
		return true
	}
	v, err := s.expand(template, nil)
	return err == nil && v != "" && v != "false" && v != "none"
}

// escape makes a text safe in a query, and in a path too after its + became %20.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// fill makes the body of a request from its template. A text that is one variable and names a part of a document becomes that
// part; a member called "..." gives its own members to the object that it stands in, and one called "-name" takes that name away again; a text that begins with "number:" becomes a number; what is not there is left out.
func (s scope) fill(t *record.Node) (*record.Node, error) {
	switch t.Kind {
	case record.Text:
		if name := presets.Whole(t.Text); name != "" {
			first, _, _ := strings.Cut(name, ".")
			if _, ok := s.nodes[first]; ok {
				return clone(s.node(name)), nil
			}
		}
		text, err := s.expand(t.Text, nil)
		if err != nil {
			return nil, err
		}
		if text == "" && t.Text != "" {
			return nil, nil
		}
		if number, ok := strings.CutPrefix(text, "number:"); ok && strings.HasPrefix(t.Text, "number:") {
			if _, err := strconv.ParseInt(number, 10, 64); err != nil {
				return nil, errors.New("something that must be a number is none")
			}
			return record.NewNumber(number), nil
		}
		return record.NewText(text), nil
	case record.Object:
		return s.fillObject(t)
	case record.List:
		out := record.NewList()
		for _, c := range t.Children {
			n, err := s.fill(c)
			if err != nil {
				return nil, err
			}
			if n != nil {
				out.Children = append(out.Children, n.Named(""))
			}
		}
		if len(out.Children) == 0 && len(t.Children) > 0 {
			return nil, nil
		}
		return out, nil
	}
	return clone(t), nil
}

func (s scope) fillObject(t *record.Node) (*record.Node, error) {
	out := record.NewObject()
	for _, c := range t.Children {
		if name, ok := strings.CutPrefix(c.Name, "each:"); ok { // {"each:document.people": {...}}: a list, one for each of these
			list, err := s.fillEach(name, c)
			if err != nil {
				return nil, err
			}
			return list, nil
		}
		if name, ok := strings.CutPrefix(c.Name, "-"); ok {
			out.Children = slices.DeleteFunc(out.Children, func(m *record.Node) bool { return m.Name == name })
			continue
		}
		name, err := s.expand(c.Name, nil)
		if err != nil {
			return nil, err
		}
		n, err := s.fill(c)
		if err != nil {
			return nil, err
		}
		switch {
		case n == nil || name == "":
		case name != "...":
			set(out, name, n)
		case n.Kind == record.Object:
			for _, m := range n.Children {
				set(out, m.Name, m)
			}
		}
	}
	if len(out.Children) == 0 && len(t.Children) > 0 {
		return nil, nil
	}
	return out, nil
}

func (s scope) fillEach(name string, t *record.Node) (*record.Node, error) {
	out := record.NewList()
	from := s.node(name)
	if from == nil {
		return nil, nil
	}
	items := from.Children
	if from.Kind != record.List {
		items = []*record.Node{from}
	}
	for _, item := range items {
		n, err := s.with("item", item).fill(t)
		if err != nil {
			return nil, err
		}
		if n != nil {
			out.Children = append(out.Children, n.Named(""))
		}
	}
	return out, nil
}

// set puts a member into an object, in the place of one with its name. Objects under one name are joined.
func set(object *record.Node, name string, n *record.Node) {
	for i, c := range object.Children {
		if c.Name != name {
			continue
		}
		if c.Kind == record.Object && n.Kind == record.Object {
			for _, m := range n.Children {
				set(c, m.Name, m)
			}
			return
		}
		object.Children[i] = n.Named(name)
		return
	}
	object.Add(name, n)
}

func clone(n *record.Node) *record.Node {
	if n == nil {
		return nil
	}
	out := *n
	out.Children = make([]*record.Node, len(n.Children))
	for i, c := range n.Children {
		out.Children[i] = clone(c)
	}
	return &out
}

// asText turns all values of a body into texts, for systems that know nothing else.
func asText(n *record.Node) {
	if n.Kind == record.Number || n.Kind == record.Bool {
		n.Kind = record.Text
	}
	for _, c := range n.Children {
		asText(c)
	}
}

// externalID names a referral in other systems: a UUID (RFC 9562, version 8) made of who sent it and its number there. The
// sender is in it because partners choose their own numbers: none can name another's record.
func externalID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// uid is an identifier as DHIS2 makes them: a letter and ten letters or digits.
func uid(id, label string) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	sum := sha256.Sum256([]byte(id + "\n" + label))
	out := []byte{letters[int(sum[0])%52]}
	for _, b := range sum[1:11] {
		out = append(out, letters[int(b)%len(letters)])
	}
	return string(out)
}
