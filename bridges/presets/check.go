package presets

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

// checker says what a preset that could be read does not make sense in.
type checker struct {
	p *Preset
	r *reader
}

var (
	goodName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	// What a template may speak of, beside settings, in each place.
	inPush    = []string{"referral", "document", "made", "item", "items", "from", "to", "time"}
	inFiles   = []string{"referral", "made", "from", "to", "time", "file"}
	inTell    = []string{"news", "made", "time", "referral"}
	inPull    = []string{"cursor", "page", "item", "time"}
	inWebhook = []string{"webhook", "item", "time", "secrets"}
	inAuth    = []string{"secrets", "time"}
)

func (c *checker) preset() {
	p := c.p
	switch {
	case p.V != 1:
		c.r.say("preset", "must be 1, the version of this format")
	case !goodName.MatchString(p.Name):
		c.r.say("name", "must be small letters, digits and hyphens")
	case p.Title == "" || len(p.Vendor) == 0:
		c.r.say("title", "a preset needs a title, and in vendor what an administrator needs from the vendor")
	}
	if p.Mapping == nil {
		c.r.say("mapping", "is missing: a preset brings a mapping to start from")
	}
	c.settings()
	if p.Medium != "" {
		return
	}
	if p.Format != "json" && p.Format != "xml" {
		c.r.say("format", "must be json or xml")
	}
	if p.Base == "" {
		c.r.say("base", "is missing")
	}
	c.template("base", p.Base)
	for name, value := range p.Headers {
		c.template("headers."+name, value, "secrets")
	}
	c.auth()
	for i, e := range p.Errors {
		c.rule(at("errors", i), e)
	}
	if p.Push != nil {
		c.step("push", p.Push, inPush)
	}
	c.template("reference", p.Reference, "made", "referral")
	if p.Files != nil {
		c.files(p.Files)
	}
	if p.Tell != nil {
		c.step("tell", p.Tell, inTell)
	}
	for i := range p.Pull {
		c.feed(at("pull", i), &p.Pull[i])
	}
	if p.Webhook != nil {
		c.webhook(p.Webhook)
	}
	for name, v := range p.Values {
		c.request("values."+name+".list", &v.Request, inPull)
		c.path("values."+name+".items", v.Items, false)
		c.path("values."+name+".word", v.Word, true)
	}
	if p.Test != nil {
		c.request("test", p.Test, inPull)
	}
	c.status()
}

func at(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }

func (c *checker) settings() {
	seen := map[string]bool{}
	for i, s := range c.p.Settings {
		at := at("settings", i)
		if !goodName.MatchString(s.Name) || seen[s.Name] || slices.Contains(OwnSettings, s.Name) {
			c.r.say(at, "its name must be small letters, digits and hyphens, and no other setting's")
		}
		seen[s.Name] = true
		if s.Label == "" || !slices.Contains([]string{"string", "text", "url", "integer", "boolean", "choice", "secret"}, s.Type) {
			c.r.say(at, "needs a label and a type: string, text, url, integer, boolean, choice or secret")
		}
		if s.Type == "choice" && len(s.Choices) == 0 {
			c.r.say(at, "a choice needs choices")
		}
		if _, err := regexp.Compile(s.Pattern); err != nil {
			c.r.say(at+".pattern", "is no regular expression")
		}
	}
}

// OwnSettings are settings that every preset has by itself.
var OwnSettings = []string{"address", "ca", "certificate", "certificate-key", "poll"}

// template checks that a text speaks of nothing unknown.
func (c *checker) template(at, text string, allowed ...string) {
	for _, name := range Variables(text) {
		first, rest, _ := strings.Cut(name, ".")
		switch {
		case first == "settings" || first == "secrets" && slices.Contains(allowed, "secrets"):
			secret := first == "secrets"
			if !slices.ContainsFunc(c.p.Settings, func(s Setting) bool { return s.Name == rest && (s.Type == "secret") == secret }) {
				c.r.say(at, "{%s} is no setting of this preset", name)
			}
		case !slices.Contains(allowed, first):
			c.r.say(at, "{%s} means nothing here", name)
		}
	}
}

func (c *checker) node(at string, n *record.Node, allowed []string) {
	if n == nil {
		return
	}
	if n.Kind == record.Text {
		c.template(at, n.Text, allowed...)
	}
	for _, child := range n.Children {
		c.template(at, child.Name, allowed...)
		c.node(at+"."+child.Name, child, allowed)
	}
}

func (c *checker) path(at, path string, needed bool) {
	if path == "" {
		if needed {
			c.r.say(at, "is missing")
		}
		return
	}
	filled, _ := Expand(path, func(string) (string, bool) { return "x", true }, nil)
	if _, err := record.ParsePath(filled); err != nil {
		c.r.say(at, "%v", err)
	}
}

func (c *checker) auth() {
	a := c.p.Auth
	kinds := []string{a.Kind}
	if name, ok := strings.CutPrefix(Whole(a.Kind), "settings."); ok {
		i := slices.IndexFunc(c.p.Settings, func(s Setting) bool { return s.Name == name && s.Type == "choice" })
		if i < 0 {
			c.r.say("auth.kind", "must be a kind, or a setting of the type choice")
			return
		}
		kinds = c.p.Settings[i].Choices
	}
	has := map[string]bool{"token": a.Token != "", "user": a.User != "", "secret": a.Secret != "", "header": a.Header != "", "value": a.Value != "", "url": a.URL != "", "client": a.Client != "", "refresh": a.Refresh != "", "body": a.Body != nil, "at": a.At != ""}
	for _, kind := range kinds {
		needs, ok := authKinds[kind]
		if !ok {
			c.r.say("auth.kind", "%q is not known", kind)
		}
		for _, n := range needs {
			if !has[n] {
				c.r.say("auth."+n, "is missing for the kind %s", kind)
			}
		}
	}
	for _, text := range []string{a.Token, a.User, a.Secret, a.Header, a.Value, a.URL, a.Client, a.Refresh} {
		c.template("auth", text, inAuth...)
	}
	for name, text := range a.Form {
		c.template("auth.form."+name, text, inAuth...)
	}
	c.node("auth.body", a.Body, inAuth)
	c.path("auth.at", a.At, false)
}

func (c *checker) rule(at string, e Rule) {
	if !slices.Contains([]string{"temporary", "hold", "permanent"}, e.Class) {
		c.r.say(at+".class", "must be temporary, hold or permanent")
	}
	if len(e.Status) == 0 && e.Path == "" {
		c.r.say(at, "needs a status or a path")
	}
	c.path(at+".path", e.Path, e.Match != "" || len(e.Is) > 0)
	for _, f := range e.Field {
		c.path(at+".field", f, true)
	}
	if _, err := regexp.Compile(e.Match); err != nil {
		c.r.say(at+".match", "is no regular expression")
	}
}

func (c *checker) request(at string, q *Request, allowed []string) {
	if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch}, q.Method) {
		c.r.say(at+".method", "must be GET, HEAD, POST, PUT or PATCH")
	}
	if q.Path == "" {
		c.r.say(at+".path", "is missing")
	}
	if !slices.Contains([]string{"", "json", "document", "form", "file"}, q.As) {
		c.r.say(at+".as", "must be json, document, form or file")
	}
	if q.As == "file" && q.Field == "" {
		c.r.say(at+".field", "is missing: in which part of the form the file goes")
	}
	c.template(at+".path", q.Path, allowed...)
	for _, m := range []map[string]string{q.Query, q.Header} {
		for name, value := range m {
			c.template(at+"."+name, value, allowed...)
		}
	}
	c.node(at+".body", q.Body, allowed)
}

func (c *checker) effect(at string, e *Effect, allowed []string) {
	if e == nil {
		return
	}
	c.request(at, &e.Request, allowed)
	c.path(at+".id", e.ID, false)
	c.template(at+".known", e.Known, allowed...)
	c.template(at+".repeatable", e.Repeatable)
	c.template(at+".if", e.If)
}

func (c *checker) files(f *Files) {
	c.step("files", &f.Step, inFiles)
	c.template("files.if", f.If)
	for kind := range f.Places {
		if kind != "document" && kind != "image" && kind != "audio" {
			c.r.say("files.places", "has document, image and audio")
		}
	}
	if f.Limit <= 0 {
		c.r.say("files.limit", "is missing: how many bytes a file may have")
	}
	if c.p.Push == nil {
		c.r.say("files", "go to a record that push makes, and there is no push")
	}
}

func (c *checker) step(at string, s *Step, allowed []string) {
	if (s.Create == nil) == (s.Upsert == nil) {
		c.r.say(at, "needs create or upsert, and not both")
	}
	if s.Batch < 0 || s.Batch > 0 && s.Each == "" {
		c.r.say(at+".batch", "goes with each")
	}
	c.path(at+".each", s.Each, false)
	c.path(at+".when", s.When, false)
	for name, e := range map[string]*Effect{"check": s.Check, "create": s.Create, "update": s.Update, "upsert": s.Upsert} {
		c.effect(at+"."+name, e, allowed)
	}
	if s.Create != nil && s.Update != nil && s.Name == "" {
		c.r.say(at+".name", "is missing: update changes {made.NAME}")
	}
	if s.Find != nil {
		c.request(at+".find", &s.Find.Request, allowed)
		c.path(at+".find.found", s.Find.Found, true)
		c.template(at+".find.found", s.Find.Found, allowed...)
		c.template(at+".find.if", s.Find.If)
	}
	for i := range s.Children {
		c.step(fmt.Sprintf("%s.children[%d]", at, i), &s.Children[i], allowed)
	}
}

func (c *checker) feed(at string, f *Feed) {
	c.request(at+".list", &f.Request, inPull)
	if !goodName.MatchString(f.Name) {
		c.r.say(at+".name", "must be small letters, digits and hyphens")
	}
	if f.Detail != nil {
		c.request(at+".detail", f.Detail, inPull)
	}
	if !slices.Contains([]string{"", "none", "number", "offset", "link", "token"}, f.Page.Style) {
		c.r.say(at+".page.style", "must be none, number, offset, link or token")
	}
	if !slices.Contains([]string{"", "rfc3339", "date", "datetime", "unix", "millis"}, f.Cursor.Format) {
		c.r.say(at+".cursor.format", "must be rfc3339, date, datetime, unix or millis")
	}
	c.template(at+".if", f.If)
	c.template(at+".cursor.first", f.Cursor.First, "time")
	for _, path := range []string{f.Items, f.At, f.Cursor.At, f.Page.Next, f.Page.Total, f.Text, f.Changed} {
		c.path(at, path, false)
	}
	c.path(at+".key", f.Key, !f.News)
	c.path(at+".reference", f.Reference, f.News)
	c.path(at+".status", f.Status, f.News)
	c.checks(at, f.Only)
}

func (c *checker) checks(at string, only []Check) {
	for _, o := range only {
		c.path(at+".only", o.Path, true)
		for _, is := range o.Is {
			c.template(at+".only.is", is)
		}
		if (len(o.Is) == 0) == (o.Empty != "true" && o.Empty != "false") {
			c.r.say(at+".only", "needs is, or empty with true or false")
		}
	}
}

func (c *checker) webhook(w *Webhook) {
	kinds := []string{w.Verify.Kind}
	if name, ok := strings.CutPrefix(Whole(w.Verify.Kind), "settings."); ok {
		if i := slices.IndexFunc(c.p.Settings, func(s Setting) bool { return s.Name == name && s.Type == "choice" }); i >= 0 {
			kinds = c.p.Settings[i].Choices
		}
	}
	for _, k := range kinds {
		if !slices.Contains([]string{"standard", "hmac", "token", "none"}, k) {
			c.r.say("webhook.verify.kind", "must be standard, hmac, token or none")
		}
		if (k == "hmac" || k == "token") && w.Verify.Header == "" {
			c.r.say("webhook.verify.header", "is missing")
		}
		if k != "none" && w.Verify.Secret == "" && w.Handshake.Header == "" {
			c.r.say("webhook.verify.secret", "is missing")
		}
	}
	c.template("webhook.verify.header", w.Verify.Header)
	c.template("webhook.verify.secret", w.Verify.Secret, "secrets")
	c.template("webhook.if", w.If)
	for name, e := range map[string]*Effect{"subscribe": w.Subscribe, "renew": w.Renew} {
		c.effect("webhook."+name, e, inWebhook)
	}
	if w.Detail != nil {
		c.request("webhook.detail", w.Detail, inWebhook)
	}
	for _, path := range []string{w.Items, w.Key, w.At, w.Reference, w.Status, w.Text, w.Changed} {
		c.path("webhook", path, false)
	}
	c.checks("webhook", w.Only)
}

func (c *checker) status() {
	for i, w := range c.p.Status {
		if w.Word == "" || !slices.Contains(statuses, protocol.Status(w.Status)) {
			c.r.say(at("status", i), "needs a word of theirs and a status of a referral")
		}
	}
}

var statuses = []protocol.Status{
	protocol.StatusNew, protocol.StatusInReview, protocol.StatusWaitlisted, protocol.StatusAccepted, protocol.StatusScheduled, protocol.StatusNoShow, protocol.StatusInService,
	protocol.StatusClosed, protocol.StatusDeclined, protocol.StatusReturned, protocol.StatusRecalled, protocol.StatusConsentEnded, protocol.StatusError,
}
