package folder

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"referworks/bridges"
	"referworks/bridges/record"
)

// Deliver writes the files that came along and then the document, each whole or not at all. Names are made of the
// reference number and the key, so that the same delivery has the same name at each attempt. Nobody confirms that a file
// was read.
//
// A reader may take a file away at once, so a missing file does not mean that none was written. Before the document gets
// its name, that is noted: a later attempt that finds the note, but neither the file nor its unfinished form, knows that
// the reader has it.
func (m *medium) Deliver(ctx context.Context, d bridges.Delivery) (bridges.Outcome, error) {
	name, err := m.nameOf(d)
	if err != nil {
		return bridges.Outcome{}, err
	}
	done := bridges.Outcome{Reference: name, Blind: true}
	began, err := m.state.Load("written/" + name)
	if err != nil {
		return bridges.Outcome{}, told(err, "look up whether a file was written before")
	}
	if began != nil {
		there, err := m.anyOf(ctx, name, hidden(m.outbox+"/"+name))
		if err != nil {
			return bridges.Outcome{}, told(err, "look into the folder "+m.outbox)
		}
		if there != hidden(m.outbox+"/"+name) {
			return done, nil
		}
	} else if err := m.place.mkdir(ctx, m.outbox); err != nil {
		return bridges.Outcome{}, told(err, "make the folder "+m.outbox)
	}
	if err := m.write(ctx, d, name); err != nil {
		return bridges.Outcome{}, told(err, "write a file into "+m.outbox)
	}
	return done, nil
}

// anyOf tells which of a document and its unfinished form is there.
func (m *medium) anyOf(ctx context.Context, name, unfinished string) (string, error) {
	for _, n := range []string{m.outbox + "/" + name, unfinished} {
		_, err := m.place.stat(ctx, n)
		if err == nil {
			return n, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", nil
}

func (m *medium) write(ctx context.Context, d bridges.Delivery, name string) error {
	stem, _ := cut(name)
	for i, f := range d.Files {
		if err := m.file(ctx, fmt.Sprintf("%s/%s.file-%d%s", m.outbox, stem, i+1, fileEnding(f.Name)), f); err != nil {
			return err
		}
	}
	content, err := m.content(d.Document)
	if err != nil {
		return err
	}
	temp := hidden(m.outbox + "/" + name)
	if err := writeOut(ctx, m.place, temp, content); err != nil {
		return err
	}
	if err := m.state.Save(ctx, "written/"+name, []byte("1")); err != nil {
		return err
	}
	return m.place.move(ctx, temp, m.outbox+"/"+name)
}

// content is the document as it is written: CSV that people open is made safe to open.
func (m *medium) content(d bridges.Document) ([]byte, error) {
	if !m.people || record.Format(d.Format) != record.FormatCSV {
		return d.Bytes, nil
	}
	b, err := record.GuardCSV(d.Bytes)
	if err != nil {
		return nil, &bridges.Error{Class: bridges.Hold, Sentence: "The CSV could not be made safe to open in a spreadsheet. Look at the mapping's sample, or say in the connection that no people open the files.", Err: err}
	}
	return b, nil
}

func (m *medium) file(ctx context.Context, name string, f bridges.File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it is only read
	out, err := m.place.create(ctx, hidden(name))
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(err, out.Close())
	}
	if err := out.commit(); err != nil {
		return err
	}
	return m.place.move(ctx, hidden(name), name)
}

// nameOf makes the name of a document: no more than the reference number, what tells several documents of one referral
// apart, and the ending of the format.
func (m *medium) nameOf(d bridges.Delivery) (string, error) {
	suffix := ""
	for _, f := range record.Formats() {
		if string(f.Format) == d.Document.Format {
			suffix = f.Suffix
		}
	}
	if d.Key == "" || suffix == "" {
		return "", &bridges.Error{Class: bridges.Hold, Sentence: "The document has no key or no known format, so no file can be named for it. Check the format of the connection."}
	}
	sum := sha256.Sum256([]byte(d.Key))
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, d.Reference)
	if d.Practice {
		name = "practice-" + name
	}
	return name + "-" + short(sum[:]) + suffix, nil
}

// fileEnding is the ending of a file's name, and nothing else of it: a name says something about the person.
func fileEnding(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if len(ext) < 2 || len(ext) > 6 || strings.Trim(ext[1:], "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return ext
}
