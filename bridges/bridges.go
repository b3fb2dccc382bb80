// Package bridges says what a connector is: a Sink takes what arrived for an organization into its own medium, a
// Source brings in what the medium gives. The media stand below it; they know the common standard's words and
// nothing of the node.
package bridges

import (
	"context"
	"io"
	"log/slog"
	"time"

	"referworks/protocol"
)

// Sink hands documents to a medium.
type Sink interface {
	// Deliver hands over one document. A nil error means that the medium took it; otherwise the error is an *Error
	// whose class says what to do. It may be called at the same time for several deliveries.
	Deliver(ctx context.Context, d Delivery) (Outcome, error)
}

// Once is a sink that can say whether its medium would take a repeated delivery as a second one, and cannot be asked.
// The node then notes each attempt before it begins, so that one that a crash cut off comes back as Unknown.
type Once interface {
	Once() bool
}

// Source brings documents in until ctx ends.
type Source interface {
	Run(ctx context.Context, accept Accept) error
}

// Accept takes a document in. A nil error means durable: only then may the source tell its medium so.
type Accept func(ctx context.Context, in Inbound) (Accepted, error)

// Inbound is one document as a source got it.
type Inbound struct {
	Document Document
	Key      string // the medium's own id of the document: the same document again is taken once
}

// Accepted is what became of an inbound document.
type Accepted struct {
	Reference string // short number for people
	Waiting   bool   // it waits for a person
}

// Tester is a bridge that can be tried without sending a referral. The error is one clear sentence.
type Tester interface {
	Test(ctx context.Context) error
}

// Delivery is one document on its way out. Letter and Document say the same, for people and for machines.
type Delivery struct {
	Key       string // idempotency key: the same at each attempt, without personal data
	Reference string // short number for people, without personal data
	Attempt   int    // from 1
	Unknown   bool   // the last attempt ended in an unknown state: look before trying again
	From      Party
	To        Party
	Document  Document
	Letter    Letter // empty unless the Kind says Letters
	Files     []File // that came along and are here
	Practice  bool
}

// File is a file that came along with a referral. Its name says something about the person: it may stand where the
// referral itself does, and nowhere else.
type File struct {
	Name      string
	MediaType string
	Size      int64
	Open      func() (io.ReadCloser, error)
}

// Party is an organization as a delivery names it.
type Party struct {
	ID   protocol.OrgID
	Name string
}

// Document is a mapped record in the organization's own format.
type Document struct {
	Format    string // "json" or "xml"
	MediaType string
	Bytes     []byte
}

// Letter is the referral for people, in the organization's own field names.
type Letter struct {
	Language string // BCP 47
	Lines    []Line
}

// Line is one line of a letter. A heading has no value.
type Line struct {
	Label   string
	Value   string
	Class   protocol.Class
	Heading bool
}

// Outcome is what a medium answered.
type Outcome struct {
	Reference string // the medium's own id, if it gave one
	Blind     bool   // handed over, and nobody confirmed that it arrived
	Detail    string // a word for the log, without personal data
}

// Class says what to do about an Error.
type Class string

// The classes of errors.
const (
	Temporary Class = "temporary" // again by itself
	Hold      Class = "hold"      // a person must look
	Permanent Class = "permanent" // never again with this content
	Unknown   Class = "unknown"   // whether it took effect is not known
)

// Error is why a medium did not take a document.
type Error struct {
	Class      Class
	Sentence   string        // what happened, to what, what to do next; no personal data
	RetryAfter time.Duration // what the medium asked for; 0: nothing
	Field      string        // the medium's own name of the field that it refused, if it said so
	Err        error         // for our own log
}

func (e *Error) Error() string { return e.Sentence }
func (e *Error) Unwrap() error { return e.Err }

// Kind is a medium as an administrator meets it: its name, its settings, and how to open it.
type Kind struct {
	Name     string // "email", "rest"
	Title    string
	Settings []Setting
	// Letters says that people read what the medium delivers: then a delivery has a Letter.
	Letters bool
	// New opens a bridge: a Sink, a Source, or both. It dials nothing.
	New func(Config) (any, error)
}

// Setting is one line of a medium's form.
type Setting struct {
	Name     string
	Label    string
	Help     string
	Type     SettingType
	Required bool
	Default  string
	Choices  []string // of a Choice
}

// SettingType is the form of a setting's value.
type SettingType string

// The types of settings. Secrets are kept apart from the others and never come back.
const (
	String  SettingType = "string"
	Text    SettingType = "text" // of several lines
	URL     SettingType = "url"
	Integer SettingType = "integer"
	Boolean SettingType = "boolean" // "true" or "false"
	Choice  SettingType = "choice"
	Secret  SettingType = "secret"
)

// Config is what a bridge is opened with.
type Config struct {
	Settings map[string]string
	Secrets  func(name string) (string, bool)
	// AllowPrivate lets it dial private and loopback addresses: case systems live in local networks, and the
	// node's operator decides.
	AllowPrivate bool
	Log          *slog.Logger
	Now          func() time.Time
}
