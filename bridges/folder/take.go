package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"referworks/bridges"
	"referworks/bridges/record"
)

// taking is one file on its way through.
type taking struct {
	*source
	name    string // in working
	began   time.Time
	content content
	report  report
}

// most is the largest document that is handed on, in bytes: a node takes no larger one.
const most = 4 << 20

// mostOriginal is how much of a file that cannot be read goes along for a person to look at, in bytes.
const mostOriginal = 32 << 20

// run hands the records of the file on. Each is durable with its receiver before the next is read, under a key made of
// the file's content and the record's place: whatever stops us, all of it can be done again and counts once.
func (t *taking) run(ctx context.Context) error {
	was, err := t.known()
	if err != nil {
		return &stopped{told(err, "look up whether a file was taken before")}
	}
	if was != nil {
		return t.repeated(ctx, was)
	}
	if err := t.report.open(ctx, t); err != nil {
		return told(err, "write a report into "+working)
	}
	defer t.report.giveUp()
	err = t.records(ctx)
	var syntax *record.SyntaxError
	switch {
	case errors.Is(err, errChanged) && t.report.Records == 0:
		delete(t.seen, working+"/"+t.name)
		return nil
	case errors.Is(err, errChanged):
		t.report.Trouble = fmt.Sprintf("The file was changed while it was read. Its first %s were taken as the rows say; what followed was not. Put the others into a new file.", count(t.report.Records, "record"))
	case errors.As(err, &syntax):
		t.report.Trouble = "The file could not be read" + after(t.report.Records) + ": " + plain(syntax.Error()) + "."
	case err != nil:
		return err
	case t.report.Records == 0 && t.elsewhere(ctx):
		t.report.Trouble = fmt.Sprintf("The file has no record at %s, but something else. Look whether the place of the records in the connection is the right one.", t.settings.records)
	}
	if err := t.unread(ctx); err != nil {
		return err
	}
	dest := processed
	if t.report.Trouble != "" || t.report.Refused+t.report.Unreadable > 0 {
		dest = failed
	}
	return t.finish(ctx, dest)
}

// records hands each record on and writes down what became of it.
func (t *taking) records(ctx context.Context) error {
	in, err := t.place.open(ctx, working+"/"+t.name)
	if err != nil {
		return told(err, "read a file in "+working)
	}
	defer func() { _ = in.Close() }() // it was only read
	format := t.formatOf()
	file := t.content.again(in)
	for one, err := range record.Documents(format, file, t.settings.records, record.Limits{Size: t.limit(format), Record: most, Sheet: t.sheet}) {
		var bad *record.RecordError
		switch {
		case ctx.Err() != nil:
			return &stopped{ctx.Err()}
		case errors.As(err, &bad):
			err = t.report.add(row{State: unreadable, Line: bad.Line, Sentence: plain(bad.Reason)})
		case err != nil:
			return err
		default:
			err = t.hand(ctx, format, one)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// elsewhere reports whether an XML file without records holds something all the same: an empty batch is nothing to worry
// about, a wrong place of the records is.
func (t *taking) elsewhere(ctx context.Context) bool {
	if t.formatOf() != record.FormatXML || len(t.settings.records) == 0 {
		return false
	}
	whole, err := t.whole(ctx)
	if err != nil || t.content.size > most {
		return true
	}
	root, err := record.DecodeXML(whole, record.Limits{})
	return err != nil || slices.ContainsFunc(root.Children, func(n *record.Node) bool { return !strings.HasPrefix(n.Name, "@") })
}

// limit is how many bytes of a format may be read whole: a document, or a batch that cannot be read in pieces.
func (t *taking) limit(format record.Format) int {
	if format == record.FormatJSON {
		return 16 << 20
	}
	return most
}

// formatOf is the connection's, else what the ending of the name says.
func (t *taking) formatOf() record.Format {
	if t.format != "" {
		return t.format
	}
	ext := strings.ToLower(path.Ext(t.name))
	for _, f := range record.Formats() {
		if f.Suffix == ext && f.Reads {
			return f.Format
		}
	}
	return record.FormatMail
}

// hand gives one record to the node. Only an error that the next record would have too is returned.
func (t *taking) hand(ctx context.Context, format record.Format, one []byte) error {
	got, err := t.accept(ctx, bridges.Inbound{
		Document: bridges.Document{Format: string(format), MediaType: mediaType(format), Bytes: one},
		Key:      fmt.Sprintf("%s#%d", t.content.key(), t.report.Records+1),
		Evidence: t.evidence(),
	})
	var be *bridges.Error
	switch {
	case errors.As(err, &be) && be.Class == bridges.Permanent:
		return t.report.add(row{State: refused, Sentence: be.Sentence})
	case err != nil:
		return &stopped{told(err, "hand a record on to the node")}
	}
	state := sent
	switch {
	case got.Waiting:
		state = waiting
	case got.Again:
		state = again
	}
	return t.report.add(row{State: state, Reference: got.Reference})
}

func (t *taking) evidence() []string {
	return []string{fmt.Sprintf("File %s, taken from the folder on %s", t.name, t.began.UTC().Format("2006-01-02 15:04 UTC"))}
}

// unread makes an item for a person of what no machine could read: the file stays in failed, and nobody looks there by
// himself.
func (t *taking) unread(ctx context.Context) error {
	r := &t.report
	why := r.Trouble
	if why == "" && r.Unreadable > 0 {
		why = fmt.Sprintf("%s of a file could not be read, the first in line %d: %s.", count(r.Unreadable, "record"), r.firstBad.Line, r.firstBad.Sentence)
	}
	if why == "" {
		return nil
	}
	format := t.formatOf()
	in := bridges.Inbound{
		Document: bridges.Document{Format: string(format), MediaType: mediaType(format)}, Key: t.content.key() + "#unread", Evidence: t.evidence(),
		Unread: why + " The file lies in the folder failed, with a report on each record beside it.",
	}
	if t.content.size <= mostOriginal {
		whole, err := t.whole(ctx)
		if err != nil {
			return told(err, "read a file in "+working)
		}
		in.Document.Bytes = whole
	}
	_, err := t.accept(ctx, in)
	var be *bridges.Error
	if errors.As(err, &be) && be.Class == bridges.Permanent {
		t.log.Warn("an unreadable file got no waiting item", "key", in.Key[:8])
		return nil // the report beside the file says all of it
	}
	if err != nil {
		return &stopped{told(err, "hand a file on to the node")}
	}
	return nil
}

func (t *taking) whole(ctx context.Context) ([]byte, error) {
	in, err := t.place.open(ctx, working+"/"+t.name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = b.ReadFrom(io.LimitReader(in, mostOriginal))
	return b.Bytes(), errors.Join(err, in.Close())
}

// past is what is kept of a file that was taken whole.
type past struct {
	At   time.Time `json:"at"`
	Name string    `json:"to"` // where it went, in processed
	Took int       `json:"records"`
}

func (t *taking) stateName() string { return "file/" + t.content.key() }

func (t *taking) known() (*past, error) {
	b, err := t.state.Load(t.stateName())
	if err != nil || b == nil {
		return nil, err
	}
	var p past
	return &p, json.Unmarshal(b, &p)
}

// repeated finishes with a file that was taken whole before: either we were stopped before it had moved, or somebody put
// it there again.
func (t *taking) repeated(ctx context.Context, was *past) error {
	if t.reportIsOurs(ctx, processed, was.Name) && !t.there(ctx, processed, was.Name) {
		return t.away(ctx, processed, was.Name)
	}
	t.report.Again = was.Took
	t.report.Records = was.Took
	t.report.Known = fmt.Sprintf("A file with the same content was taken on %s. Nothing was sent again.", was.At.UTC().Format("2006-01-02 15:04 UTC"))
	if err := t.report.open(ctx, t); err != nil {
		return told(err, "write a report into "+working)
	}
	defer t.report.giveUp()
	return t.finish(ctx, processed)
}

// putAside moves a file away that is not read at all, with the reason beside it.
func (t *taking) putAside(ctx context.Context, why string) error {
	t.report.Trouble = why
	if err := t.report.open(ctx, t); err != nil {
		return told(err, "write a report into "+working)
	}
	defer t.report.giveUp()
	return t.finish(ctx, failed)
}

// finish writes the reports, remembers the file when all of it was taken, and moves it, in this order: until the last
// step it lies in working, and whoever comes back does all of it again.
func (t *taking) finish(ctx context.Context, dest string) error {
	name, err := t.target(ctx, dest)
	if err != nil {
		return told(err, "look into the folder "+dest)
	}
	if err := t.report.publish(ctx, t, dest, name); err != nil {
		return told(err, "write a report into "+dest)
	}
	if dest == processed && t.report.Known == "" {
		b, err := json.Marshal(past{At: t.began, Name: name, Took: t.report.Records})
		if err != nil {
			return err
		}
		if err := t.state.Save(ctx, t.stateName(), b); err != nil {
			return &stopped{told(err, "note that a file was taken")}
		}
	}
	t.log.Info("took a file", "to", dest, "records", t.report.Records, "sent", t.report.Sent, "waiting", t.report.Waiting, "again", t.report.Again, "refused", t.report.Refused, "unreadable", t.report.Unreadable)
	return t.away(ctx, dest, name)
}

func (t *taking) away(ctx context.Context, dest, name string) error {
	if err := t.place.move(ctx, working+"/"+t.name, dest+"/"+name); err != nil {
		return told(err, "move a file from "+working+" to "+dest)
	}
	delete(t.seen, working+"/"+t.name)
	return nil
}

// target finds a name in a folder that no other file has, the same after each stop: the file's own, else with a part of
// the sum of its content, else with a number.
func (t *taking) target(ctx context.Context, dest string) (string, error) {
	name := t.name
	for n := 1; n < 1000; n++ {
		free, err := t.free(ctx, dest, name)
		if free || err != nil {
			return name, err
		}
		mark := short(t.content.sum[:])
		if n > 1 {
			mark += fmt.Sprintf("-%d", n)
		}
		name = marked(t.name, mark)
	}
	return "", fmt.Errorf("%s has a thousand files of one name: %w", dest, errors.ErrUnsupported)
}

func mediaType(format record.Format) string {
	for _, f := range record.Formats() {
		if f.Format == format {
			return f.MediaType
		}
	}
	return ""
}

func after(records int) string {
	if records == 0 {
		return ""
	}
	return " after " + count(records, "record")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func plain(s string) string { return strings.TrimRight(strings.TrimPrefix(s, "reading "), ".") }
