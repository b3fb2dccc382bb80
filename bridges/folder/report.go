package folder

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// What can become of a record.
const (
	sent       = "sent"
	waiting    = "waiting"
	again      = "again"
	refused    = "refused"
	unreadable = "unreadable"
)

// row is what became of one record. It holds no value of it.
type row struct {
	Record    int    `json:"record"`
	Line      int    `json:"line,omitempty"`
	State     string `json:"state"`
	Reference string `json:"reference,omitempty"`
	Sentence  string `json:"sentence,omitempty"`
}

// totals is the end of a JSON report, and what the report in words is made of.
type totals struct {
	Records    int    `json:"records"`
	Sent       int    `json:"sent"`
	Waiting    int    `json:"waiting"`
	Again      int    `json:"again"`
	Refused    int    `json:"refused"`
	Unreadable int    `json:"unreadable"`
	Trouble    string `json:"trouble,omitempty"` // with the whole file
	Known      string `json:"known,omitempty"`   // when the file is one that was taken before
}

// mostWords is how many records the report in words tells of one by one; the JSON tells of all.
const mostWords = 200

// report is written while the file is read, so that a file of any size has one in constant memory.
type report struct {
	totals
	firstBad *row
	words    bytes.Buffer
	told     int
	left     int
	out      output
	buf      *bufio.Writer
}

// open begins the JSON report in working. Its first member tells whose it is.
func (r *report) open(ctx context.Context, t *taking) error {
	out, err := t.place.create(ctx, r.temp(t))
	if err != nil {
		return err
	}
	r.out, r.buf = out, bufio.NewWriterSize(out, 32<<10)
	file, err := json.Marshal(t.name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.buf, `{"sha256":%q,"file":%s,"at":%q,"rows":[`, t.content.key(), file, t.began.UTC().Format(time.RFC3339))
	return err
}

func (r *report) temp(t *taking) string { return hidden(working + "/" + t.name + ".report.json") }

func (r *report) add(one row) error {
	r.Records++
	one.Record = r.Records
	switch one.State {
	case sent:
		r.Sent++
	case waiting:
		r.Waiting++
	case again:
		r.Again++
	case refused:
		r.Refused++
	case unreadable:
		r.Unreadable++
		if r.firstBad == nil {
			r.firstBad = &one
		}
	}
	r.say(one)
	b, err := json.Marshal(one)
	if err != nil {
		return err
	}
	if r.Records > 1 {
		b = append([]byte{','}, b...)
	}
	if _, err := r.buf.Write(append([]byte{'\n'}, b...)); err != nil {
		return &stopped{told(err, "write a report into "+working)}
	}
	return nil
}

// say adds a line to the report in words.
func (r *report) say(one row) {
	if r.told >= mostWords {
		r.left++
		return
	}
	r.told++
	fmt.Fprintf(&r.words, "Record %d", one.Record)
	if one.Line > 0 {
		fmt.Fprintf(&r.words, " (line %d)", one.Line)
	}
	r.words.WriteString(map[string]string{
		sent: ": sent", waiting: ": it waits for a person in Referworks", again: ": it was taken before and was not sent again",
		refused: ": refused", unreadable: ": it could not be read",
	}[one.State])
	if one.Reference != "" {
		r.words.WriteString(", reference " + one.Reference)
	}
	if one.Sentence != "" {
		r.words.WriteString(". " + strings.TrimRight(one.Sentence, "."))
	}
	r.words.WriteString(".\n")
}

// publish makes both reports durable under their names. The JSON comes last: it tells that they are there.
func (r *report) publish(ctx context.Context, t *taking, dest, name string) error {
	end, err := json.Marshal(r.totals)
	if err != nil {
		return err
	}
	if _, err := r.buf.WriteString("\n],\"totals\":" + string(end) + "}\n"); err != nil {
		return err
	}
	if err := r.buf.Flush(); err != nil {
		return err
	}
	err = r.out.commit()
	r.out = nil
	if err != nil {
		return err
	}
	if err := writeWhole(ctx, t.place, dest+"/"+name+".report.txt", r.text(t, dest)); err != nil {
		return err
	}
	return t.place.move(ctx, r.temp(t), dest+"/"+name+".report.json")
}

// giveUp lets go of a report that is not published; it is begun anew at the next try.
func (r *report) giveUp() {
	if r.out != nil {
		_ = r.out.Close() // nobody reads it
		r.out = nil
	}
}

// text is the report for people.
func (r *report) text(t *taking, dest string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Referworks took the file %s on %s.\n\n", t.name, t.began.UTC().Format("2006-01-02 15:04 UTC"))
	for _, s := range []string{r.Known, r.Trouble} {
		if s != "" {
			b.WriteString(s + "\n\n")
		}
	}
	if r.Known == "" && (r.Records > 0 || r.Trouble == "") {
		fmt.Fprintf(&b, "%s in the file:\n", count(r.Records, "record"))
		for _, l := range []struct {
			n    int
			what string
		}{{r.Sent, "sent"}, {r.Waiting, "waiting for a person in Referworks"}, {r.Again, "taken before and not sent again"}, {r.Refused, "refused"}, {r.Unreadable, "not readable"}} {
			if l.n > 0 {
				fmt.Fprintf(&b, "  %d %s\n", l.n, l.what)
			}
		}
		b.WriteString("\n")
	}
	if dest == failed && r.Sent+r.Waiting+r.Again > 0 {
		b.WriteString("What was taken is not sent again. Correct the others and put only these into the inbox, in a new file.\n\n")
	}
	b.Write(r.words.Bytes())
	if r.left > 0 {
		fmt.Fprintf(&b, "And %d more: the file that ends with .report.json has each of them.\n", r.left)
	}
	return b.Bytes()
}

// free reports whether a name may be used: no file has it, and no report of another file.
func (t *taking) free(ctx context.Context, dest, name string) (bool, error) {
	for _, n := range []string{name, name + ".report.json"} {
		_, err := t.place.stat(ctx, dest+"/"+n)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return false, err
		case n == name || !t.reportIsOurs(ctx, dest, name):
			return false, nil
		}
	}
	return true, nil
}

func (t *taking) there(ctx context.Context, dest, name string) bool {
	_, err := t.place.stat(ctx, dest+"/"+name)
	return err == nil
}

// reportIsOurs reports whether a report is that of the file at hand.
func (t *taking) reportIsOurs(ctx context.Context, dest, name string) bool {
	in, err := t.place.open(ctx, dest+"/"+name+".report.json")
	if err != nil {
		return false
	}
	want := fmt.Sprintf(`{"sha256":%q`, t.content.key())
	start := make([]byte, len(want))
	_, err = io.ReadFull(in, start)
	return errors.Join(err, in.Close()) == nil && string(start) == want
}
