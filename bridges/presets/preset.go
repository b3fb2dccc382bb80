// Package presets holds ready connections to case management systems and the like: what to call, in which order, how to
// sign in, what an answer means. Each is one file in JSON and no code; docs/bridges/presets.md describes the format.
//
// Parse reads a file strictly and names every mistake in a sentence. Package connector carries a preset out.
package presets

import (
	"time"

	"referworks/bridges/record"
)

// Preset is one file.
type Preset struct {
	V         int               `json:"preset"` // version of the format: 1
	Name      string            `json:"name"`   // kind of the connection
	Title     string            `json:"title"`
	Help      string            `json:"help"`   // one sentence: what it is for
	Docs      string            `json:"docs"`   // address of the vendor's own documentation
	Vendor    []string          `json:"vendor"` // what an administrator needs from the vendor, line by line
	Medium    string            `json:"medium"` // the kind that carries it out; empty: HTTP as described here
	Format    string            `json:"format"` // of its documents: json or xml
	Settings  []Setting         `json:"settings"`
	Base      string            `json:"base"`  // template of the address that paths are added to
	Hosts     []string          `json:"hosts"` // which hosts may be reached; *.example.org is any below it. Empty: the base's
	Auth      Auth              `json:"auth"`
	Headers   map[string]string `json:"headers"` // of every request; templates
	Limits    Limits            `json:"limits"`
	Errors    []Rule            `json:"errors"`    // in order, before the general rules about statuses
	Push      *Step             `json:"push"`      // what a delivery does
	Reference string            `json:"reference"` // template of the number that a delivery is known by; empty: what push made first
	Files     *Files            `json:"files"`     // what each file that came along does after push
	Tell      *Step             `json:"tell"`      // what news of a referral that came from there does
	Pull      []Feed            `json:"pull"`
	Webhook   *Webhook          `json:"webhook"`
	Values    map[string]Values `json:"values"`
	Sample    *record.Node      `json:"sample"` // a record as the system has it, of an invented person
	Status    []Status          `json:"status"`
	Test      *Request          `json:"test"`
	Mapping   *record.Node      `json:"mapping"` // a mapping document to start from
	Notes     map[string]string `json:"notes"`   // for who reads the file
}

// Setting is one line of the form.
type Setting struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Help     string   `json:"help"`
	Type     string   `json:"type"` // string, text, url, integer, boolean, choice or secret
	Required bool     `json:"required"`
	Default  string   `json:"default"`
	Choices  []string `json:"choices"`
	Pattern  string   `json:"pattern"` // regular expression for the whole value
	When     *When    `json:"when"`    // it counts only then
}

// When lets a setting count only while another has one of the values, or, without values, while it is filled in.
type When struct {
	Setting string   `json:"setting"`
	Is      []string `json:"is"`
}

// Auth is how requests are signed in. All texts are templates.
type Auth struct {
	Kind    string            `json:"kind"` // one of Kinds, or a setting that chooses one
	Token   string            `json:"token"`
	User    string            `json:"user"`
	Secret  string            `json:"secret"` // password, client secret, private key in PEM form, HMAC secret
	Header  string            `json:"header"`
	Value   string            `json:"value"`   // of the header
	URL     string            `json:"url"`     // where tokens are got: a path of the base, or a whole address
	Client  string            `json:"client"`  // client id; issuer of a JWT
	Refresh string            `json:"refresh"` // the first refresh token
	Form    map[string]string `json:"form"`    // more members of the token request, or claims of a JWT
	Body    *record.Node      `json:"body"`    // of a login request
	At      string            `json:"at"`      // where its answer has the token
	Minutes int               `json:"minutes"` // how long a token is good that does not say so itself
}

// The kinds of Auth.
var authKinds = map[string][]string{ // and which members each needs
	"none":               {},
	"mtls":               {}, // with a certificate of ours, for which every preset has settings
	"bearer":             {"token"},
	"basic":              {"user", "secret"},
	"header":             {"header", "value"},
	"client-credentials": {"url", "client", "secret"},
	"refresh-token":      {"url", "client", "refresh"},
	"jwt-bearer":         {"url", "client", "secret"},
	"login":              {"url", "body", "at"},
	"hmac":               {"header", "secret"},
}

// Limits are what a system asks of its clients. Zero fields have defaults.
type Limits struct {
	Remaining string   `json:"remaining"` // header: requests left
	Reset     string   `json:"reset"`     // header: when there are more again, in seconds from now or since 1970
	Together  int      `json:"together"`  // requests at the same time; default 8
	Serialize bool     `json:"serialize"` // one push at a time
	Pause     Duration `json:"pause"`     // after a 429 that does not say for how long; default 30s
	Timeout   Duration `json:"timeout"`   // of one request; default 30s
}

// Rule says what an answer means, beside what its status says.
type Rule struct {
	Status []int    `json:"status"` // of the answer; empty: any, also success
	Path   string   `json:"path"`   // something stands there ...
	Is     []string `json:"is"`     // ... and is one of these
	Class  string   `json:"class"`  // temporary, hold or permanent
	Says   string   `json:"says"`   // a sentence for people; empty: the general one
	Field  []string `json:"field"`  // where the answer names the field that is wrong
	Place  string   `json:"place"`  // of the field in our document, with $1 for what Match found there as a value
	Match  string   `json:"match"`  // regular expression over the text at Path; its first group is the field
}

// Request is one request. Path, Query, Header and Body are templates.
type Request struct {
	Method string            `json:"method"`
	Path   string            `json:"path"` // added to the base, or a whole address
	Query  map[string]string `json:"query"`
	Header map[string]string `json:"header"`
	Body   *record.Node      `json:"body"`
	As     string            `json:"as"`    // json (default), document (the bytes of the mapping), form, file (multipart, the file in Field)
	Field  string            `json:"field"` // of a form: the member that has the body as JSON; empty: each member is one
	Text   bool              `json:"text"`  // all values as text
	OK     []int             `json:"ok"`    // statuses that mean done; default 200, 201, 202, 204
}

// Step makes one record there, once.
type Step struct {
	Name     string  `json:"name"`  // for the ids that later steps use: {made.NAME}
	Each     string  `json:"each"`  // for each of these of our document: {item...}
	Batch    int     `json:"batch"` // so many of them in one request: {items}
	When     string  `json:"when"`  // only when our document has something there
	Check    *Effect `json:"check"` // a dry run before anything is changed
	Find     *Find   `json:"find"`
	Create   *Effect `json:"create"`
	Update   *Effect `json:"update"` // with a newer version: of what was found or made, or in the place of the upsert
	Upsert   *Effect `json:"upsert"` // makes or changes: may be repeated
	Children []Step  `json:"children"`
}

// Files says how a file gets to the record that push made.
type Files struct {
	Step
	If     string            `json:"if"`     // template: only when this is not empty
	Limit  int               `json:"limit"`  // bytes of one file
	Types  []string          `json:"types"`  // media types that the system takes; empty: all
	Places map[string]string `json:"places"` // {file.place} by the kind of a file: document, image, audio
}

// Find looks for a record before it is made.
type Find struct {
	Request
	If    string `json:"if"`    // template: only when this is not empty
	Found string `json:"found"` // place of the id; a template
	Only  bool   `json:"only"`  // the system answers with what was asked for and nothing else: anything else is not understood
	None  []int  `json:"none"`  // statuses that mean: nothing there; default 404
}

// Effect is a request that changes something.
type Effect struct {
	Request
	If         string `json:"if"`         // of an update: template, only when this is not empty
	ID         string `json:"id"`         // place of the new record's id; empty: the end of the Location header
	Known      string `json:"known"`      // template of the id when we ourselves give it
	Taken      []int  `json:"taken"`      // statuses that mean: it is there already, from an earlier attempt
	Sure       bool   `json:"sure"`       // an answer without the id is not understood, and a person looks
	Repeatable string `json:"repeatable"` // template: "true" when the same request again makes nothing new
}

// Feed is one list that is read again and again.
type Feed struct {
	Name    string   `json:"name"`
	News    bool     `json:"news"` // what became of referrals, instead of referrals
	Request Request  `json:"list"`
	If      string   `json:"if"` // template: only when this is not empty
	Items   string   `json:"items"`
	Only    []Check  `json:"only"`
	Page    Page     `json:"page"`
	Cursor  Cursor   `json:"cursor"`
	Detail  *Request `json:"detail"` // the whole of one item
	At      string   `json:"at"`     // where its answer has it
	Key     string   `json:"key"`    // place in the item of what is unique
	Every   Duration `json:"every"`
	// Of news: the id of the record, its status and a text about it.
	Reference string `json:"reference"`
	Status    string `json:"status"`
	Text      string `json:"text"`
	Changed   string `json:"changed"` // time of it
}

// Check is a condition on an item.
type Check struct {
	Path  string   `json:"path"`
	Is    []string `json:"is"`    // templates
	Empty string   `json:"empty"` // "true" or "false"
}

// Page is how a list goes on.
type Page struct {
	Style string `json:"style"` // none (default), number, offset, link, token
	Param string `json:"param"`
	First int    `json:"first"`
	Size  int    `json:"size"`  // items of a whole page; a smaller page is the last
	Next  string `json:"next"`  // place of the next page's address or token
	Total string `json:"total"` // place of the number of pages
}

// Cursor is up to where a list has been read.
type Cursor struct {
	At      string   `json:"at"`      // place in an item: a time, or an id that grows
	Overlap Duration `json:"overlap"` // read again from so much earlier
	Format  string   `json:"format"`  // rfc3339 (default), date, datetime (2026-03-01 09:30:00, UTC), unix, millis
	First   string   `json:"first"`   // template of {cursor} at the first time
}

// Webhook is what the system posts to us.
type Webhook struct {
	Verify    Verify    `json:"verify"`
	Handshake Handshake `json:"handshake"`
	News      bool      `json:"news"`
	Items     string    `json:"items"`
	Key       string    `json:"key"`
	Only      []Check   `json:"only"`
	Detail    *Request  `json:"detail"`
	At        string    `json:"at"`
	Reference string    `json:"reference"`
	Status    string    `json:"status"`
	Text      string    `json:"text"`
	Changed   string    `json:"changed"`
	Subscribe *Effect   `json:"subscribe"` // asks the system to post to {webhook.address}
	Renew     *Effect   `json:"renew"`     // keeps that going; {webhook.id}
	Every     Duration  `json:"every"`     // how often it is renewed
	If        string    `json:"if"`        // of subscribing: template, only when this is not empty
}

// Verify is how a post proves that it is from the system.
type Verify struct {
	Kind     string `json:"kind"` // standard (Standard Webhooks), hmac, token, none; or a setting that chooses one
	Header   string `json:"header"`
	Secret   string `json:"secret"`   // template
	Prefix   string `json:"prefix"`   // before the signature or the token
	Encoding string `json:"encoding"` // of the signature: hex (default) or base64
}

// Handshake is what a system asks for once before it posts.
type Handshake struct {
	Header string `json:"header"` // is sent back, and is the secret from then on
	Query  string `json:"query"`  // is sent back as the body of a GET
}

// Values is a list of words that the system knows, for the Values step of the mapping tool.
type Values struct {
	Request Request `json:"list"`
	Items   string  `json:"items"`
	Word    string  `json:"word"`
	Label   string  `json:"label"`
}

// Status is a line of the status map: what the system calls a place in the life of a referral. Of several lines with one status
// the first gives the word on the way out. A word for the status new says nothing on the way in.
type Status struct {
	Word    string `json:"word"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`  // of what is declined or returned
	Outcome string `json:"outcome"` // of what is closed, for every need
}

// Duration is a time span; a file has a text like 90s, 5m or 336h.
type Duration time.Duration
