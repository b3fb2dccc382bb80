package connection

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

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

// packReport writes a report as it is kept and sent: JSON, deflated (RFC 1951). Rules that had nothing to convert are
// left out, and of the others what the mapping's version says anyway (places, rules, the standard's own labels).
func packReport(r *mapping.Report) ([]byte, error) {
	short := *r
	short.Fields = make([]mapping.FieldReport, 0, len(r.Fields))
	for _, f := range r.Fields {
		if f.Status != mapping.Empty {
			short.Fields = append(short.Fields, mapping.FieldReport{Path: f.Path, Label: f.Label, Status: f.Status, Reason: f.Reason, Times: f.Times})
		}
	}
	b, err := json.Marshal(&short)
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
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
