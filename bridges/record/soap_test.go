package record_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"referworks/bridges/record"
)

const soapDoc = `<s:Envelope xmlns:s="SPACE" xmlns:t="urn:t"><s:Header><a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing" s:mustUnderstand="1"> urn:uuid:1 </a:MessageID>HEAD</s:Header><s:Body t:id="b"><t:Referral kind="x"><t:First>Ana</t:First></t:Referral></s:Body></s:Envelope>`

func TestEnvelopes(t *testing.T) {
	for version, space := range map[string]string{"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"} {
		doc := strings.ReplaceAll(soapDoc, "SPACE", space)
		e, err := record.Unwrap([]byte(strings.Replace(doc, "HEAD", "", 1)), record.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if e.Version != version || e.MessageID != "urn:uuid:1" || len(e.NotUnderstood) != 0 {
			t.Errorf("%+v", e)
		}
		n, err := record.DecodeXML(e.Document, record.Limits{})
		if err != nil || n.Name != "Referral" || n.Space != "urn:t" || n.Value("First") != "Ana" || n.Value("@kind") != "x" {
			t.Errorf("the document is %s (%v)", e.Document, err)
		}
		e, err = record.Unwrap([]byte(strings.Replace(doc, "HEAD", `<x:Security xmlns:x="urn:x" s:mustUnderstand="1"/><x:Trace xmlns:x="urn:x"/>`, 1)), record.Limits{})
		if err != nil || len(e.NotUnderstood) != 1 || e.NotUnderstood[0] != "Security" {
			t.Errorf("%+v %v", e, err)
		}
		answer := record.NewObject(record.NewText("R7").Named("Reference")).Named("Sent")
		answer.Space = record.AnswerSpace
		b, err := record.Wrap(version, answer)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := record.Unwrap(b, record.Limits{}); err != nil || back.Version != version || !strings.Contains(string(back.Document), "<Reference") {
			t.Errorf("the answer is %s (%v)", b, err)
		}
		b, err = record.WrapFault(version, record.Fault{Code: "Client", Sentence: "No <b> here & now.", Status: 422})
		if err != nil {
			t.Fatal(err)
		}
		code := map[string]string{"1.1": "soap:Client", "1.2": "soap:Sender"}[version]
		if back, err := record.Unwrap(b, record.Limits{}); err != nil || !strings.Contains(string(b), ">"+code+"<") || !strings.Contains(string(back.Document), "No &lt;b&gt; here &amp; now.") {
			t.Errorf("the fault is %s (%v)", b, err)
		}
	}
}

func TestEnvelopesThatAreRefused(t *testing.T) {
	const space = "http://schemas.xmlsoap.org/soap/envelope/"
	for name, doc := range map[string]string{
		"a DOCTYPE":       `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><s:Envelope xmlns:s="` + space + `"><s:Body><x>&b;</x></s:Body></s:Envelope>`,
		"an external one": `<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x"><s:Envelope xmlns:s="` + space + `"><s:Body><x/></s:Body></s:Envelope>`,
		"two documents":   `<s:Envelope xmlns:s="` + space + `"><s:Body><x/><y/></s:Body></s:Envelope>`,
		"two bodies":      `<s:Envelope xmlns:s="` + space + `"><s:Body><x/></s:Body><s:Body><x/></s:Body></s:Envelope>`,
		"no document":     `<s:Envelope xmlns:s="` + space + `"><s:Body>text</s:Body></s:Envelope>`,
		"no body":         `<s:Envelope xmlns:s="` + space + `"/>`,
		"a deep body":     `<s:Envelope xmlns:s="` + space + `"><s:Body>` + strings.Repeat("<a>", 100_000),
		"a wide body":     `<s:Envelope xmlns:s="` + space + `"><s:Body><x>` + strings.Repeat("<a/>", 200_000) + `</x></s:Body></s:Envelope>`,
		"many attributes": `<s:Envelope xmlns:s="` + space + `"><s:Body><x ` + strings.Repeat(`a="1" `, 1000) + `/></s:Body></s:Envelope>`,
	} {
		began := time.Now()
		if e, err := record.Unwrap([]byte(doc), record.Limits{}); err == nil || errors.Is(err, record.ErrNoEnvelope) {
			t.Errorf("%s: %v %v", name, e, err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	for _, doc := range []string{`<Envelope><Body><x/></Body></Envelope>`, `<Referral/>`, `<s:Envelope xmlns:s="http://example.org/"><s:Body><x/></s:Body></s:Envelope>`} {
		if _, err := record.Unwrap([]byte(doc), record.Limits{}); !errors.Is(err, record.ErrNoEnvelope) {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	f.Add([]byte(strings.ReplaceAll(soapDoc, "SPACE", "http://schemas.xmlsoap.org/soap/envelope/")))
	f.Add([]byte(strings.ReplaceAll(soapDoc, "SPACE", "http://www.w3.org/2003/05/soap-envelope")))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := record.Unwrap(b, record.Limits{})
		if err != nil {
			return
		}
		if _, err := record.DecodeXML(e.Document, record.Limits{}); err != nil {
			t.Fatal(err)
		}
	})
}
