package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"referworks/bridges/record"
)

// soap posts an envelope, as SOAP software does.
func (w *world) soap(t *testing.T, key, version, body string) (int, *record.Node, http.Header) {
	t.Helper()
	req, err := http.NewRequest("POST", w.public.URL+"/v1/referrals?to="+string(w.partner.ID()), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if version == "1.2" {
		req.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="SendReferral"`)
	} else {
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
		req.Header.Set("SOAPAction", `"SendReferral"`)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	e, err := record.Unwrap(b, record.Limits{})
	if err != nil || e.Version != version {
		t.Fatalf("SOAP %s: %d %s (%v)", version, resp.StatusCode, b, err)
	}
	n, err := record.DecodeXML(e.Document, record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, n, resp.Header
}

// takesXML sets up a connection that takes a small XML document.
func (w *world) takesXML(t *testing.T) {
	t.Helper()
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/mappings/plain-xml", `{"v":1,"id":"plain","standard":"referral/1","name":"Plain","side":{"format":"xml","region":"US","zone":"UTC","language":"en"},
	"rules":[
		{"id":"ask","standard":"contact.initiator","direction":"in","via":[{"fn":"constant","value":"do-not-contact"}]},
		{"id":"given","label":"First name","local":"first","standard":"person.names[use=legal].given","required":true},
		{"id":"family","label":"Last name","local":"last","standard":"person.names[use=legal].family"},
		{"id":"worker","label":"Worker","local":"worker","standard":"referrer.contact.name"},
		{"id":"phone","label":"Worker's phone","local":"phone","standard":"referrer.contact.phone"},
		{"id":"need","label":"Service","local":"service","standard":"needs[].text","required":true}
	],"unmapped":{"policy":"carry","class":"P2"}}`, nil)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/connections/by-xml", `{"id":"by-xml","name":"in","kind":"api","direction":"in","format":"xml","mapping":"plain-xml",`+consent+`}`, nil)
}

func envelope(version, id, body string) string {
	space := map[string]string{"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}[version]
	return `<?xml version="1.0"?><s:Envelope xmlns:s="` + space + `"><s:Header><a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing">` + id + `</a:MessageID></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

func TestReferralsBySOAP(t *testing.T) {
	w := newWorld(t)
	w.takesXML(t)
	const doc = `<t:Intake xmlns:t="urn:t"><t:first>Ana</t:first><t:last>Torres</t:last><t:worker>Kim</t:worker><t:phone>+12025550142</t:phone><t:service>Housing</t:service></t:Intake>`
	for _, version := range []string{"1.1", "1.2"} {
		before := w.sent(t)
		status, n, head := w.soap(t, w.elmReferrals, version, envelope(version, "urn:uuid:"+version, doc))
		if status != http.StatusOK || n.Name != "SendReferralResponse" || n.Value("Status") != "sent" || n.Member("Referral").Value("Reference") == "" {
			t.Fatalf("SOAP %s: %d %s", version, status, n.Value("faultstring"))
		}
		if media := head.Get("Content-Type"); !strings.HasPrefix(media, map[string]string{"1.1": "text/xml", "1.2": "application/soap+xml"}[version]) {
			t.Errorf("the answer is %s", media)
		}
		first := n.Member("Referral").Value("Id")
		if _, again, _ := w.soap(t, w.elmReferrals, version, envelope(version, "urn:uuid:"+version, doc)); again.Member("Referral").Value("Id") != first || w.sent(t) != before+1 {
			t.Errorf("the same message again is another referral")
		}
		for name, c := range map[string]struct {
			key, body, code string
			status          int
		}{
			"a wrong key":    {"rw_wrong", envelope(version, "x", doc), "Client", http.StatusUnauthorized},
			"a bad document": {w.elmReferrals, envelope(version, "x", "<a/><b/>"), "Client", http.StatusBadRequest},
			"a DOCTYPE":      {w.elmReferrals, strings.Replace(envelope(version, "x", doc), "<s:Env", `<!DOCTYPE x [<!ENTITY e "x">]><s:Env`, 1), "Client", http.StatusBadRequest},
			"no envelope":    {w.elmReferrals, doc, "VersionMismatch", http.StatusInternalServerError},
			"security":       {w.elmReferrals, strings.Replace(envelope(version, "x", doc), "<a:Mess", `<x:Security xmlns:x="urn:x" s:mustUnderstand="1"/><a:Mess`, 1), "MustUnderstand", http.StatusInternalServerError},
		} {
			status, n, _ := w.soap(t, c.key, version, c.body)
			code, want := n.Value("faultcode"), "soap:"+c.code
			if version == "1.2" {
				code = n.Member("Code").Value("Value")
				want = strings.Replace(want, "Client", "Sender", 1)
			} else if c.status == http.StatusBadRequest {
				c.status = http.StatusInternalServerError
			}
			if n.Name != "Fault" || code != want || status != c.status {
				t.Errorf("SOAP %s, %s: %d %s, want %d %s", version, name, status, code, c.status, want)
			}
		}
	}
	// The same document plain has a plain answer.
	if status, body, head := w.post(t, "plain", "application/xml", doc); status != http.StatusCreated || head.Get("Content-Type") != "application/json" {
		t.Errorf("plain: %d %s", status, body)
	}
}
