package mapping

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"referworks/bridges/record"
	"referworks/protocol"
)

// RunTests runs the document's own tests and returns a sentence for each expectation that does not hold. The sentences name
// places and do not repeat values. A conversion that waits for a person fails a test only by what it expects.
func (m *Mapping) RunTests(ctx Context) []string {
	var out []string
	for i := range m.doc.Tests {
		t := &m.doc.Tests[i]
		got, err := m.runTest(t, ctx)
		if err != nil {
			out = append(out, fmt.Sprintf("Test %q: %v.", t.Name, err))
			continue
		}
		for _, path := range sortedKeys(t.Expect) {
			p, err := record.ParsePath(path)
			if err != nil {
				out = append(out, fmt.Sprintf("Test %q: %v.", t.Name, err))
				continue
			}
			if textAt(got, p) != t.Expect[path] {
				out = append(out, fmt.Sprintf("Test %q: %q is not what the test expects.", t.Name, path))
			}
		}
	}
	return out
}

func (m *Mapping) runTest(t *Test, ctx Context) (*record.Node, error) {
	var hold *Hold
	if t.Direction == "out" {
		var ref protocol.Referral
		if err := json.Unmarshal([]byte(t.Input), &ref); err != nil {
			return nil, errors.New("its input is no referral in the standard's JSON")
		}
		rec, _, err := m.FromReferral(&ref, ctx)
		if err != nil && !errors.As(err, &hold) {
			return nil, err
		}
		return rec, nil
	}
	input := []byte(t.Input)
	if side := m.doc.Side.Format; side == "xlsx" || side == "pdf" {
		var err error
		if input, err = base64.StdEncoding.DecodeString(t.Input); err != nil {
			return nil, errors.New("its input is a file that is no text, and must stand there in base64")
		}
	}
	rec, err := m.Decode(input, record.Limits{})
	if err != nil {
		return nil, fmt.Errorf("its input cannot be read: %w", err)
	}
	ref, _, err := m.ToReferral(rec, ctx)
	if err != nil && !errors.As(err, &hold) {
		return nil, err
	}
	b, err := json.Marshal(ref)
	if err != nil {
		return nil, fmt.Errorf("writing the referral: %w", err)
	}
	return record.DecodeJSON(b, record.Limits{})
}

// textAt is the text of a leaf; of a coded value, what is shown of it.
func textAt(n *record.Node, p record.Path) string {
	at := n.First(p)
	if at == nil {
		return ""
	}
	for _, name := range []string{"label", "original", "code", record.ContentName} {
		if at.Kind == record.Object && at.Value(name) != "" {
			return at.Value(name)
		}
	}
	return at.Text
}

// Decode reads a document of ours in the side's format; of CSV and spreadsheets, a file with one row. Letters have no reader.
func (m *Mapping) Decode(b []byte, lim record.Limits) (*record.Node, error) {
	switch m.doc.Side.Format {
	case "json":
		return record.DecodeJSON(b, lim)
	case "xml":
		return record.DecodeXML(b, lim)
	case "csv", "xlsx", "pdf":
		d, err := record.Decode(record.Format(m.doc.Side.Format), b, lim)
		if err != nil {
			return nil, err
		}
		if rows := d.Records(); len(rows) == 1 {
			return rows[0], nil
		}
		return nil, fmt.Errorf("reading a record: the file has %d rows and must have one", len(d.Records()))
	case "mail":
		form, _, err := record.DecodeForm(b, lim)
		return form, err
	}
	return nil, fmt.Errorf("reading a record: the format %q has no reader here", m.doc.Side.Format)
}

// Encode writes a record of ours in the side's format, XML and CSV in the shape of the side's sample.
func (m *Mapping) Encode(n *record.Node) ([]byte, error) {
	switch m.doc.Side.Format {
	case "json", "mail", "letter", "pdf": // people get the letter; the record goes along
		return record.EncodeJSON(n)
	case "xml", "csv", "xlsx":
		return record.Encode(record.Format(m.doc.Side.Format), n, []byte(m.doc.Side.Sample))
	}
	return nil, fmt.Errorf("writing a record: the format %q has no writer here", m.doc.Side.Format)
}
