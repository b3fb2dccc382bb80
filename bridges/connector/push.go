package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/bridges/rest"
)

// sinkPart delivers.
type sinkPart struct{ c *connection }

// Once tells that a repeated delivery could make something twice.
func (s sinkPart) Once() bool {
	files := s.c.preset.Files
	return !s.c.repeatable(s.c.preset.Push) || files != nil && s.c.scope().on(files.If) && !s.c.repeatable(&files.Step)
}

// Updates tells that a newer version changes the record that the first one made.
func (s sinkPart) Updates() bool {
	push := s.c.preset.Push
	return s.c.steady(push) && (push.Upsert != nil || s.c.renews(push))
}

// steady tells that a step and its children make nothing twice with a newer version either, whose key is another one.
func (c *connection) steady(st *presets.Step) bool {
	own := st.Upsert != nil || c.finds(st) || len(st.Create.Taken) > 0 || st.Create.Repeatable == "true"
	return own && !slices.ContainsFunc(st.Children, func(child presets.Step) bool { return !c.steady(&child) })
}

// renews tells that a step has an update that counts with these settings.
func (c *connection) renews(st *presets.Step) bool {
	return st.Update != nil && c.scope().on(st.Update.If)
}

// repeatable tells that a step and its children make nothing twice, however often they are done.
func (c *connection) repeatable(st *presets.Step) bool {
	return c.safe(st) && !slices.ContainsFunc(st.Children, func(child presets.Step) bool { return !c.repeatable(&child) })
}

// safe tells the same of the step alone.
func (c *connection) safe(st *presets.Step) bool {
	if st.Upsert != nil {
		return true
	}
	repeatable, _ := presets.Expand(st.Create.Repeatable, c.known, nil)
	return c.finds(st) || len(st.Create.Taken) > 0 || repeatable == "true"
}

func (c *connection) finds(st *presets.Step) bool { return st.Find != nil && c.scope().on(st.Find.If) }

// Deliver makes the referral's records in the system, each once.
func (s sinkPart) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	p, err := s.c.begin(d)
	if err != nil {
		return bridges.Outcome{}, err
	}
	c := s.c
	if d.Update && !s.Updates() {
		return bridges.Outcome{}, hold("%s cannot be told of a newer version of a referral. Enter there by hand what has changed.", c.preset.Title)
	}
	id, err := p.run(ctx, c.preset.Push)
	if err != nil {
		return bridges.Outcome{}, err
	}
	detail := p.detail
	left, err := p.files(ctx, d.Files)
	if err != nil {
		return bridges.Outcome{}, err
	}
	if c.preset.Reference != "" {
		if id, err = p.scope.expand(c.preset.Reference, nil); err != nil {
			return bridges.Outcome{}, hold("The preset cannot be carried out: %v", err)
		}
	}
	return bridges.Outcome{Reference: id, Detail: detail, Left: left}, nil
}

// Rehearse makes the dry run that comes before a push, and nothing else.
func (s sinkPart) Rehearse(ctx context.Context, d bridges.Delivery) error {
	check := s.c.preset.Push.Check
	if check == nil {
		return nil
	}
	p, err := s.c.begin(d)
	if err != nil {
		return err
	}
	a, err := s.c.do(ctx, &check.Request, p.scope, false)
	if err != nil {
		return err
	}
	return s.c.judge(a, check.OK, p.doc)
}

// begin makes a delivery ready for the steps of the preset.
func (c *connection) begin(d bridges.Delivery) (*push, error) {
	if c.preset.Format != "" && d.Document.Format != c.preset.Format {
		return nil, hold("%s takes %s, and the connection's format is another one. Set it to %s.", c.preset.Title, c.preset.Format, c.preset.Format)
	}
	decode := record.DecodeJSON
	if d.Document.Format == "xml" {
		decode = record.DecodeXML
	}
	doc, err := decode(d.Document.Bytes, answers)
	if err != nil {
		return nil, hold("The converted referral cannot be read back: %v. Check the mapping.", err)
	}
	p := &push{c: c, doc: doc, update: d.Update, unknown: d.Unknown, scope: c.scope(), notes: &notes{c: c, key: externalID(string(d.From.ID), d.Key)}}
	p.scope.nodes["document"] = doc
	for name, text := range map[string]string{
		"referral.id": externalID(string(d.From.ID), string(d.Referral)), "referral.reference": d.Reference, "referral.key": d.Key, "referral.practice": practice(d.Practice),
		"from.name": d.From.Name, "to.name": d.To.Name, "document.bytes": string(d.Document.Bytes), "document.type": d.Document.MediaType,
	} {
		p.scope.texts[name] = text
	}
	return p, nil
}

func practice(yes bool) string {
	if yes {
		return "true"
	}
	return ""
}

// push is one delivery, or one piece of news, on its way through the steps of a preset.
type push struct {
	c       *connection
	doc     *record.Node // what is sent; its members are the fields that an error may name
	update  bool
	unknown bool // how the last attempt ended is not known
	scope   scope
	notes   *notes
	detail  string
}

// run does a step and then its children, and returns the id that the step made or found.
func (p *push) run(ctx context.Context, st *presets.Step) (string, error) {
	if p.c.preset.Limits.Serialize {
		one := p.c.shared.host(p.c.base.Host).one
		select {
		case one <- struct{}{}:
			defer func() { <-one }()
		case <-ctx.Done():
			return "", stay(&bridges.Error{Class: bridges.Temporary, Sentence: "Sending was interrupted before anything was sent. It is tried again.", Err: ctx.Err()}, p.unknown)
		}
	}
	return p.step(ctx, st, st.Name)
}

func (p *push) step(ctx context.Context, st *presets.Step, name string) (string, error) {
	id, err := p.items(ctx, st, name)
	if err != nil {
		return "", err
	}
	if st.Name != "" {
		p.scope.texts["made."+st.Name] = id
	}
	for i := range st.Children {
		if _, err := p.step(ctx, &st.Children[i], fmt.Sprintf("%s/%d", name, i)); err != nil {
			return "", err
		}
	}
	return id, nil
}

// items does a step once, or once for each of the items that it names.
func (p *push) items(ctx context.Context, st *presets.Step, name string) (string, error) {
	if st.When != "" && !p.there(st.When) {
		return "", nil
	}
	if st.Each == "" {
		return p.one(ctx, st, p.scope, name)
	}
	at, err := record.ParsePath(st.Each)
	if err != nil {
		return "", hold("The preset cannot be carried out: %v", err)
	}
	items := p.doc.Find(at)
	size := max(st.Batch, 1)
	for i := 0; i < len(items); i += size {
		part := items[i:min(i+size, len(items))]
		s := p.scope.with("item", part[0]).with("items", record.NewList(numbered(part, i)...))
		s.texts["item.number"] = strconv.Itoa(i + 1)
		if _, err := p.one(ctx, st, s, name+"#"+strconv.Itoa(i)); err != nil {
			return "", err
		}
	}
	return "", nil
}

// numbered copies items and gives each its place in the list, from 1, as the member "number#".
func numbered(items []*record.Node, from int) []*record.Node {
	var out []*record.Node
	for i, item := range items {
		n := clone(item).Named("")
		if n.Kind == record.Object {
			n.Add("number@", record.NewText(strconv.Itoa(from+i+1)))
		}
		out = append(out, n)
	}
	return out
}

func (p *push) there(path string) bool {
	at, err := record.ParsePath(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(p.doc.Find(at), func(n *record.Node) bool { return n.Kind != record.Null && (!n.Leaf() || n.Text != "") })
}

// one makes one record, unless it is there.
func (p *push) one(ctx context.Context, st *presets.Step, s scope, name string) (string, error) {
	if p.c.finds(st) {
		id, found, err := p.find(ctx, st.Find, s)
		if err != nil {
			return "", stay(err, p.unknown)
		}
		if found {
			p.detail = "it was there already"
			return id, p.renew(ctx, st, s, id)
		}
	}
	if st.Check != nil && !p.update {
		a, err := p.c.do(ctx, &st.Check.Request, s, false)
		if err == nil {
			err = p.c.judge(a, st.Check.OK, p.doc)
		}
		if err != nil {
			return "", stay(err, p.unknown)
		}
	}
	e := st.Create
	switch {
	case st.Upsert != nil && p.update && p.c.renews(st):
		e = st.Update
	case st.Upsert != nil:
		e = st.Upsert
	}
	if p.c.safe(st) {
		id, err := p.effect(ctx, e, s)
		if err == nil && st.Create != nil && !p.c.finds(st) { // it may have been there, as it was
			err = p.renew(ctx, st, s, id)
		}
		return id, stay(err, p.unknown)
	}
	return p.notes.once(ctx, name, p.unknown, func() (string, error) { return p.effect(ctx, e, s) })
}

// renew changes a record that is there to what a newer version says.
func (p *push) renew(ctx context.Context, st *presets.Step, s scope, id string) error {
	if !p.update || !p.c.renews(st) {
		return nil
	}
	s.texts["made."+st.Name] = id
	_, err := p.effect(ctx, st.Update, s)
	p.detail = "brought up to date"
	return stay(err, p.unknown)
}

// find looks for a record before it is made. What it cannot tell without doubt waits for a person.
func (p *push) find(ctx context.Context, f *presets.Find, s scope) (string, bool, error) {
	a, err := p.c.do(ctx, &f.Request, s, false)
	if err != nil {
		return "", false, err
	}
	none := f.None
	if none == nil {
		none = []int{http.StatusNotFound}
	}
	if slices.Contains(none, a.Status) {
		return "", false, nil
	}
	if err := p.c.judge(a, f.OK, nil); err != nil {
		return "", false, lookingUp(err)
	}
	place, err := s.expand(f.Found, quoted)
	if err != nil {
		return "", false, hold("The preset cannot be carried out: %v", err)
	}
	at, err := record.ParsePath(place)
	if err != nil {
		return "", false, hold("The preset cannot be carried out: %v", err)
	}
	n := rest.Decode(a, answers)
	if n == nil {
		return "", false, hold(unclear)
	}
	found, nothing := rest.IDs(n, at)
	switch {
	case len(found) == 1:
		return found[0], true, nil
	case len(found) > 1:
		return "", false, hold("%s has several records of this referral. Look there which is right; nothing was sent.", p.c.preset.Title)
	case !nothing, f.Only && others(n, at):
		return "", false, hold(unclear)
	}
	return "", false, nil
}

// others tells whether the list that a place chooses from has items, though none that it asks for.
func others(n *record.Node, at record.Path) bool {
	for i, seg := range at {
		if seg.Step == record.Where {
			list := append(slices.Clone(at[:i]), record.Segment{Name: seg.Name, Self: seg.Self, Step: record.Each})
			return len(n.Find(list)) > 0
		}
	}
	return false
}

const unclear = "The answer to our look-up cannot be understood, so we do not know whether the system has the referral. Nothing was sent. Look there for the reference number, and ask who runs it what has changed."

// quoted makes a text safe between the quotation marks of a path.
func quoted(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }

// lookingUp turns an error of a look-up into one about the look-up: nothing was sent, and nothing is wrong with the referral.
func lookingUp(err error) error {
	e, ok := err.(*bridges.Error)
	if !ok {
		return err
	}
	told := *e
	switch told.Class {
	case bridges.Permanent:
		told.Class = bridges.Hold
	case bridges.Unknown: // asking changes nothing: it is asked again
		told.Class = bridges.Temporary
		told.Sentence = "The system did not answer in time (504). It is tried again."
	}
	told.Field, told.Sentence = "", "Looking it up: "+told.Sentence
	return &told
}

// effect makes a request that changes something, and returns the id of what it made.
func (p *push) effect(ctx context.Context, e *presets.Effect, s scope) (string, error) {
	a, err := p.c.do(ctx, &e.Request, s, true)
	if err != nil {
		return "", err
	}
	known, err := s.expand(e.Known, nil)
	if err != nil {
		return "", hold("The preset cannot be carried out: %v", err)
	}
	if slices.Contains(e.Taken, a.Status) {
		p.detail = "it was there already"
		return known, nil
	}
	if err := p.c.judge(a, e.OK, p.doc); err != nil {
		var be *bridges.Error
		if errors.As(err, &be) && be.Class == bridges.Temporary && a.Status/100 == 5 && a.Status != http.StatusServiceUnavailable {
			be.Err = &brokeInside{a.Status}
		}
		return "", err
	}
	p.detail = "status " + strconv.Itoa(a.Status)
	if known != "" {
		return known, nil
	}
	place, err := s.expand(e.ID, quoted)
	if err != nil {
		return "", hold("The preset cannot be carried out: %v", err)
	}
	id := ownID(a, place)
	if id == "" && e.Sure {
		return "", hold("%s answered as if it had taken the referral, and gave no number of it. Look there for the reference number before you send it again.", p.c.preset.Title)
	}
	return id, nil
}

// ownID finds the system's own id of what it took; "" when it gave none that can be read without doubt.
func ownID(a rest.Answer, place string) string {
	if place == "" {
		u, err := url.Parse(a.Header.Get("Location"))
		if err != nil || strings.Trim(u.Path, "/") == "" {
			return ""
		}
		return rest.CleanID(path.Base(u.Path))
	}
	at, err := record.ParsePath(place)
	n := rest.Decode(a, answers)
	if err != nil || n == nil {
		return ""
	}
	if found, _ := rest.IDs(n, at); len(found) == 1 {
		return found[0]
	}
	return ""
}
