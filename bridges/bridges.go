// Package bridges says what a connector is: a Sink takes what arrived for an organization into its own medium, a
// Source brings in what the medium gives. The media stand below it; they know the common standard's words and
// nothing of the node.
package bridges

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
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

// Source brings documents and news in. Run blocks until ctx ends and leaves no goroutine behind; an error of the medium
// is waited out and told through Config.Health, not returned. What it accepted and could not tell its medium comes
// again under the same Key.
type Source interface {
	Run(ctx context.Context, accept Accept) error
}

// Receiver is a bridge that documents are pushed to over the node's own HTTP server, below the address of its
// connection (Config.Address): a webhook, a form, a link in an e-mail. The path of the request is what stands below that
// address, at least "/"; cookies were taken away, and a page of another origin gets nowhere. It authenticates each
// request itself and answers in full.
type Receiver interface {
	Serve(w http.ResponseWriter, r *http.Request, accept Accept)
}

// Accept takes in what a source got: a document, or news of a referral that is there already. A nil error means
// durable: only then may the source tell its medium so. An *Error says what to do: Temporary, later again; Permanent,
// never, and the source tells its medium why; anything that a person must look at is no error, it waits there.
type Accept func(ctx context.Context, in Inbound) (Accepted, error)

// Inbound is what a source got: a document, or, with News, word of a referral that is there already.
type Inbound struct {
	Document Document // Format may be empty: the connection's own
	Key      string   // the medium's own id of it: the same again is taken once
	To       []string // partners that the medium itself named, by organization id or name
	Files    []File   // that came along
	// Original is the whole of what came, when Document is only a part of it: a mail whose attachment is the document.
	// It is kept at home with the document and never sent to anybody.
	Original Document
	// Unread says that a machine could not or must not read it, and why, in one sentence without personal data. The
	// original then waits for a person, with what is known of it. With News beside it, the news says what a machine
	// understood, of which referral at least; a person decides, and until then nothing is done with it.
	Unread string
	// Evidence is what the medium knows of who sent it, for people: "DKIM: pass for example.org". It authorizes nothing.
	Evidence []string
	News     *News
}

// Accepted is what became of an inbound document.
type Accepted struct {
	Reference string // short number for people
	Waiting   bool   // it waits for a person
	Again     bool   // it was taken before, under the same key
}

// News is one step in the life of a referral: what a partner did, on its way to a Teller; or what our own system says of
// a referral that it was handed or that came from it, on its way in.
type News struct {
	Referral  protocol.ReferralID  // or, on its way in, empty when only Reference is known
	Reference string               // the medium's own id: what Outcome.Reference or Inbound.Key said
	Kind      protocol.MessageKind // the act: accept, decline, schedule, close ...; or empty, when Word or Transport says it
	Status    protocol.Status      // on its way out: where the referral stands now
	// Word is what the medium calls that. On its way in it may stand for an empty Kind: the connection's status map says
	// what it means. On its way out it is the map's word for Status, if there is one.
	Word string
	// Transport says, on its way out and without a Kind, that the referral will not arrive: undeliverable, turned away. Why is
	// Step.Text.
	Transport protocol.Transport
	Partner   Party
	Step      protocol.Step // its text, reason, times, outcomes
	At        time.Time
	Key       string // the same news again is told, and taken, once
	Attempt   int    // on its way out, from 1
	Unknown   bool   // on its way out: the last attempt ended in an unknown state: look before telling it again
}

// Teller is a sink that can also tell its medium what became of a referral. Its errors are as those of Deliver.
type Teller interface {
	Tell(ctx context.Context, n News) error
}

// Updater is a sink whose medium can change what it took before. It then gets Deliver with Update for each newer version of a
// referral, and for files that came later; it makes nothing twice, however often one is repeated.
type Updater interface {
	Updates() bool
}

// Tester is a bridge that can be tried without sending a referral. The error is one clear sentence.
type Tester interface {
	Test(ctx context.Context) error
}

// Rehearser is a sink whose medium can be asked whether it would take a delivery, without changing anything. A nil error means
// yes, or that it cannot be asked with these settings; otherwise the error is as those of Deliver.
type Rehearser interface {
	Rehearse(ctx context.Context, d Delivery) error
}

// Lister is a bridge that can read from its medium which values a coded field has there.
type Lister interface {
	Lists() []string // names of the lists, sorted
	// Values reads one of them whole. The error is one clear sentence.
	Values(ctx context.Context, list string) ([]Value, error)
}

// Value is one value of a coded field: the word as it is written into a record, and the label that people see.
type Value struct{ Word, Label string }

// Delivery is one document on its way out. Letter and Document say the same, for people and for machines.
type Delivery struct {
	Referral  protocol.ReferralID // the sender's: unique only together with From
	Update    bool                // a newer version of a referral that was delivered before
	Key       string              // idempotency key: the same at each attempt, without personal data
	Reference string              // short number for people, without personal data
	Attempt   int                 // from 1
	Unknown   bool                // the last attempt ended in an unknown state: look before trying again
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
	ID        string // on its way out: the same at each attempt, another for each file of the referral
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

// Shown is an original as people can read it without danger: plain text without control and direction characters,
// nothing of it drawn, run or fetched. Who it says wrote it is nobody's proof.
type Shown struct {
	From, Subject string
	Sent          time.Time // zero: it does not say
	Text          string
	Files         []File
	Document      Document // what a machine can read of it, which nobody has checked; empty: nothing
	Sentence      string   // what a person must know of it, when it could only be read in part
}

// Outcome is what a medium answered.
type Outcome struct {
	Reference string // the medium's own id, if it gave one
	Blind     bool   // handed over, and nobody confirmed that it arrived
	Left      string // why not all files went along, in one sentence without their names; empty: they did
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
	Help     string // one sentence: what it is for and what it needs
	Group    Group  // where people look for it; empty: Systems
	Settings []Setting
	// Ways are the directions that it can serve: "in", "out", "both"; empty: "out" alone.
	Ways []string
	// Letters says that people read what the medium delivers: then a delivery has a Letter.
	Letters bool
	// Statuses are the words that the medium usually has for where a referral stands. A connection may have its own.
	Statuses []StatusWord
	// Format is the only format of its documents, "json" or "xml"; empty: the connection chooses. Mapping is a mapping
	// document to start from and Sample a record as its system gives it, both in JSON and both perhaps nil. Vendor tells an
	// administrator, in a few lines, what is needed from the system's vendor.
	Format, Vendor  string
	Mapping, Sample []byte
	// Show reads an original that came in this way for people; nil: originals can only be downloaded. It holds against
	// whatever anybody sent.
	Show func(original []byte) (Shown, error)
	// New opens a bridge: a Sink, a Source, or both. It dials nothing.
	New func(Config) (any, error)
}

// StatusWord is a line of a status map: what a medium calls a place in the life of a referral. Of several lines with one
// status the first gives the word on the way out.
type StatusWord struct {
	Word    string          `json:"word"`
	Status  protocol.Status `json:"status"`
	Reason  string          `json:"reason,omitempty"`  // why it is declined or returned: a code of the standard
	Outcome string          `json:"outcome,omitempty"` // what became of the needs when it is closed: a code of the standard
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
	When     *When    // nil: always
}

// Group is where people look for a medium.
type Group string

// The groups.
const (
	Mail     Group = "mail"
	Systems  Group = "systems"
	Files    Group = "files"
	Programs Group = "programs"
)

// When lets a setting count only while another one has one of the values, or, without values, while it is filled in.
type When struct {
	Setting string
	Is      []string
}

// Applies tells whether a setting of the kind counts with these values.
func (k *Kind) Applies(s Setting, values map[string]string) bool {
	if s.When == nil {
		return true
	}
	v := values[s.When.Setting]
	for _, other := range k.Settings {
		if other.Name == s.When.Setting && v == "" {
			v = other.Default
		}
	}
	if len(s.When.Is) == 0 {
		return v != ""
	}
	return slices.Contains(s.When.Is, v)
}

// Wrong is what is wrong with one setting, so that it can be said at its place in the form. Kind.New returns such errors,
// several of them joined.
type Wrong struct {
	Setting string
	Err     error // a sentence with what to do, without the value
}

func (w *Wrong) Error() string { return w.Err.Error() }
func (w *Wrong) Unwrap() error { return w.Err }

// At says which setting an error is about; nil stays nil, and what names one already keeps it.
func At(setting string, err error) error {
	var w *Wrong
	if err == nil || errors.As(err, &w) {
		return err
	}
	return &Wrong{setting, err}
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
	// Organization is whose connection it is, Format how its documents are written: a row of record.Formats.
	Organization protocol.OrgID
	Format       string

	Settings map[string]string
	Secrets  func(name string) (string, bool)
	// Fresh says that a person has just filled the settings in: then what has run out, as a certificate does, is refused too.
	// Of a connection that was set up before, it only stops what depends on it.
	Fresh bool
	// AllowPrivate lets it dial private and loopback addresses: case systems live in local networks, and the
	// node's operator decides.
	AllowPrivate bool
	Log          *slog.Logger
	Now          func() time.Time
	// State keeps what a source must find again after a restart: cursors, ids seen, tokens. It belongs to the connection.
	State State
	// Address is where a Receiver is reached from outside, without a slash at its end; empty when nobody configured one.
	Address string
	// Health tells how the medium is: nil when it works, else one clear sentence for an administrator. It may be told as
	// often as the medium is used.
	Health func(err error)
	// Again makes a delivery anew from what is stored, by its Key: a page behind a link shows what a mail must not. It is
	// an error, in one sentence, when the referral was erased or is not there. Nil when nobody can.
	Again func(ctx context.Context, key string) (Delivery, error)
}

// State is a small durable store of a connection, sealed at rest. nil from Save means durable. A missing name loads as
// nil.
type State interface {
	Load(name string) ([]byte, error)
	Save(ctx context.Context, name string, value []byte) error
}
