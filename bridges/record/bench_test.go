package record_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"referworks/bridges/record"
)

// BenchmarkCodecs decodes and encodes one record in each format; the document is a middling one of its kind.
func BenchmarkCodecs(b *testing.B) {
	matter, err := os.ReadFile(filepath.Join(samples(b), "legalserver/examples_v1_core_matter.json"))
	if err != nil {
		b.Fatal(err)
	}
	xform, err := os.ReadFile(filepath.Join(samples(b), "commcare/xform_submission.xml"))
	if err != nil {
		b.Fatal(err)
	}
	clients, err := os.ReadFile(filepath.Join(samples(b), "hmis/Client_2024.csv"))
	if err != nil {
		b.Fatal(err)
	}
	fhir, err := os.ReadFile(filepath.Join(samples(b), "bars/validation_request_POST.json"))
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		format record.Format
		doc    []byte
	}{
		{"json", record.FormatJSON, matter}, {"fhir", record.FormatJSON, fhir}, {"xml", record.FormatXML, xform}, {"csv", record.FormatCSV, clients}, {"mail", record.FormatMail, []byte(textForm)},
	} {
		b.Run(fmt.Sprintf("decode/%s-%dKB", c.name, len(c.doc)>>10), func(b *testing.B) {
			b.SetBytes(int64(len(c.doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := record.Decode(c.format, c.doc, record.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		d, err := record.Decode(c.format, c.doc, record.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if c.format == record.FormatMail { // free text in front of a section comes back elsewhere, which is not what is measured
			d.Root.Children = d.Root.Children[1:2]
		}
		b.Run("encode/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := record.Encode(c.format, d.Root, c.doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	p, err := record.ParseXMLPattern(xform)
	if err != nil {
		b.Fatal(err)
	}
	d, err := record.Decode(record.FormatXML, xform, record.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode/xml-pattern", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Encode(d.Root); err != nil {
				b.Fatal(err)
			}
		}
	})
}
