package connection

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"testing"

	"referworks/bridges/mapping"
)

func TestReportComesBackShort(t *testing.T) {
	r := &mapping.Report{Name: "m", Direction: "in"}
	for range 60 {
		r.Fields = append(r.Fields, mapping.FieldReport{Path: "person.names[].given", Standard: "Referred person - First name", Label: "First", Status: mapping.OK}, mapping.FieldReport{Path: "legal.court", Status: mapping.Empty})
	}
	b, err := packReport(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 1000 {
		t.Errorf("a report of 60 fields has %d bytes", len(b))
	}
	text, err := OpenReport(b)
	if err != nil {
		t.Fatal(err)
	}
	var back mapping.Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Fields) != 60 || back.Fields[0].Label != "First" {
		t.Errorf("%d fields came back", len(back.Fields))
	}
	if none, err := OpenReport(nil); none != nil || err != nil {
		t.Error("no report must be nothing")
	}
}

// A partner's report is its word: it must not cost more than it may, whatever it is.
func FuzzOpenReport(f *testing.F) {
	var bomb bytes.Buffer
	w, err := flate.NewWriter(&bomb, flate.BestCompression)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := w.Write(bytes.Repeat([]byte(" "), 64<<20)); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(bomb.Bytes())
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := OpenReport(b)
		if err == nil && text != nil && (len(text) > maxReport || !json.Valid(text)) {
			t.Errorf("%d bytes of something came out", len(text))
		}
	})
}
