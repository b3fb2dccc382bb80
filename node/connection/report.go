package connection

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"referworks/bridges/mapping"
)

// maxReport is the largest report that is read, in bytes of JSON.
const maxReport = 512 << 10

// Writers of flate are large, so they are used again.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// ShortReport writes a report as it is shown, kept and sent: JSON with the members of mapping.Report. Rules that had
// nothing to convert are left out, and of the others what the mapping's version says anyway (places, rules, the
// standard's own labels).
func ShortReport(r *mapping.Report) (json.RawMessage, error) {
	type field struct {
		Path   string         `json:"path"`
		Label  string         `json:"label"`
		Status mapping.Status `json:"status"`
		Reason string         `json:"reason,omitempty"`
		Times  int            `json:"times,omitempty"`
	}
	short := struct {
		*mapping.Report
		Fields []field `json:"fields"`
	}{r, make([]field, 0, len(r.Fields))}
	for i := range r.Fields {
		if f := &r.Fields[i]; f.Status != mapping.Empty {
			short.Fields = append(short.Fields, field{f.Path, f.Label, f.Status, f.Reason, f.Times})
		}
	}
	b, err := json.Marshal(&short)
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return b, nil
}

// packReport gives a report as it is kept and sent: what ShortReport writes, deflated (RFC 1951).
func packReport(r *mapping.Report) ([]byte, error) {
	b, err := ShortReport(r)
	if err != nil {
		return nil, err
	}
	return deflate(b)
}

func deflate(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return out.Bytes(), nil
}

// OpenReport reads what packReport wrote, here or at a partner, as JSON. No bytes give nil: there is no report yet.
func OpenReport(b []byte) (json.RawMessage, error) {
	if len(b) == 0 {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxReport+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read report: %w", err)
	case len(text) > maxReport:
		return nil, errors.New("read report: it is too large")
	case !json.Valid(text):
		return nil, errors.New("read report: it is not JSON")
	}
	return text, nil
}
