package connection_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/bridges/record"
	"referworks/node/connection"
	"referworks/node/exchange"
	"referworks/protocol"
)

// plainMapping is a small mapping of a record in any format; more are further members of the document.
func plainMapping(format, more string) string {
	return `{"v":1,"id":"plain","standard":"referral/1","name":"Plain","side":{"format":"` + format + `","region":"US","zone":"UTC","language":"en"},` + more + `
	"rules":[
		{"id":"ask","standard":"contact.initiator","direction":"in","via":[{"fn":"constant","value":"do-not-contact"}]},
		{"id":"ref","label":"Number","local":"number","standard":"referral.senderRef"},
		{"id":"given","label":"First name","local":"first","standard":"person.names[use=legal].given","required":true},
		{"id":"family","label":"Last name","local":"last","standard":"person.names[use=legal].family"},
		{"id":"why","label":"Reason","local":"reason","standard":"narrative.summary"},
		{"id":"worker","label":"Worker","local":"worker","standard":"referrer.contact.name"},
		{"id":"phone","label":"Worker's phone","local":"phone","standard":"referrer.contact.phone"},
		{"id":"need","label":"Service","local":"NEED","standard":"needs[].text","required":true}
	],"unmapped":{"policy":"carry","class":"P2"}}`
}

// intake publishes the small mapping and sets up a connection for it.
func (d *desk) intake(format, need, more string) {
	d.t.Helper()
	_, err := d.set.Publish("plain-"+format, []byte(strings.Replace(plainMapping(format, more), "NEED", need, 1)), connection.Publishing{Actor: "test"})
	must(d.t, err)
	must(d.t, d.set.Put(connection.Connection{ID: "in-" + format, Name: "in", Kind: connection.KindAPI, Direction: connection.In, Mapping: "plain-" + format, Consent: statement}, nil, "test"))
}

const severalNeeds = `"groups":[{"id":"g","local":"services[]","standard":"needs[]","each":"referral"}],"recipients":{"path":"services[].to"},`

// A record that asks for two things is two referrals of one case, each with its own recipient and report; the same post
// is sent once.
func TestOneRecordWithSeveralNeeds(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.intake("json", "services[].name", severalNeeds)
		doc := `{"number":"7","first":"Ana","last":"Torres","worker":"Kim","phone":"+12025550142","services":[{"name":"Housing","to":"` + b.name + `"},{"name":"Food","to":"` + b.name + `","floor":"2"}]}`
		in := connection.Submission{Format: "json", Raw: []byte(doc), Actor: "test", Key: "k"}
		res, err := a.set.Submit(t.Context(), in)
		must(t, err)
		if len(res.Parts) != 2 || res.Group == "" || res.Waiting != "" || len(res.Shorts) != 2 {
			t.Fatalf("%+v", res)
		}
		if res.Parts[0].Nth != 1 || res.Parts[1].Nth != 2 {
			t.Errorf("the parts are %d and %d", res.Parts[0].Nth, res.Parts[1].Nth)
		}
		again, err := a.set.Submit(t.Context(), in)
		if err != nil || again.Parts[1].Referral != res.Parts[1].Referral {
			t.Errorf("posted again it is another referral: %v", err)
		}
		time.Sleep(time.Minute)
		for i, want := range []string{"Housing", "Food"} {
			th := b.thread(res.Parts[i].Referral)
			got, err := b.desk.Body(res.Parts[i].Referral)
			must(t, err)
			if len(got.Needs) != 1 || got.Needs[0].Text.Text() != want || got.Header.Group.ID.Text() != res.Group || th.Group != res.Group {
				t.Errorf("referral %d asks for %d things, %q, in group %q", i+1, len(got.Needs), got.Needs[0].Text.Text(), th.Group)
			}
			report, err := connection.OpenReport(a.thread(res.Parts[i].Referral).OurReport)
			if err != nil || strings.Contains(string(report), "floor") != (want == "Food") {
				t.Errorf("the report of %s: %v %s", want, err, report)
			}
		}
	})
}

// When one of the needs cannot go, none goes: the record waits whole.
func TestOneNeedThatCannotGoHoldsTheRecord(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.intake("json", "services[].name", severalNeeds)
		doc := `{"first":"Ana","worker":"Kim","phone":"+12025550142","services":[{"name":"Housing","to":"` + b.name + `"},{"name":"Food","to":"Nobody"}]}`
		res, err := a.set.Submit(t.Context(), connection.Submission{Format: "json", Raw: []byte(doc), Actor: "test"})
		must(t, err)
		if res.Waiting == "" || len(res.Parts) != 0 || !strings.Contains(res.Sentence, "Nobody") {
			t.Fatalf("%+v", res)
		}
		sent, err := a.set.Resend(res.Waiting, []string{b.name}, "test", nil)
		if err != nil || len(sent.Parts) != 2 {
			t.Errorf("resent it is %d referrals: %v", len(sent.Parts), err)
		}
	})
}

// The rows of a CSV file are different people: each its own case, with nothing of the others beside it.
func TestRowsOfAFile(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.intake("csv", "service", `"recipients":{"path":"to"},`)
		file := "number;first;last;worker;phone;service;to\r\n1;Ana;Torres;Kim;+12025550142;Housing;" + b.name + "\r\n2;Bola;Adeyemi;Kim;+12025550142;Food;Nobody\r\n3;Luis;Prado;Kim;+12025550142;Legal;" + b.name + "\r\n"
		in := connection.Submission{Format: "csv", Raw: []byte(file), Actor: "test", Key: "export-1"}
		res, err := a.set.Submit(t.Context(), in)
		must(t, err)
		if len(res.Rows) != 3 || len(res.Parts) != 2 || res.Waiting == "" || res.Waiting != res.Rows[1].Waiting || !strings.Contains(res.Sentence, "2 of 3") {
			t.Fatalf("%+v", res)
		}
		w, err := a.set.WaitingItem(res.Waiting)
		must(t, err)
		if got := string(w.Original); !strings.Contains(got, "Adeyemi") || strings.Contains(got, "Torres") || strings.Contains(got, "Prado") {
			t.Errorf("the row that waits is kept as %q", got)
		}
		again, err := a.set.Submit(t.Context(), in)
		if err != nil || len(again.Parts) != 2 || again.Parts[1].Referral != res.Parts[1].Referral || again.Waiting != res.Waiting {
			t.Errorf("posted again: %+v %v", again, err)
		}
		in.Raw = []byte(strings.Replace(file, "Ana", "Eva", 1))
		if _, err := a.set.Submit(t.Context(), in); !errors.Is(err, exchange.ErrKeyReused) {
			t.Errorf("another file under the same key: %v", err)
		}
		for _, bad := range []string{"number;first\r\n", "number,first\r\n" + strings.Repeat("1,Ana\r\n", 501)} {
			var unreadable *connection.Unreadable
			if _, err := a.set.Submit(t.Context(), connection.Submission{Format: "csv", Raw: []byte(bad), Actor: "test"}); !errors.As(err, &unreadable) {
				t.Errorf("%.20q: %v", bad, err)
			}
		}
	})
}

// workbook is a spreadsheet with the cells of a CSV file.
func workbook(t *testing.T, csv string) string {
	t.Helper()
	rows, err := record.DecodeCSV([]byte(csv), record.Limits{})
	must(t, err)
	b, err := record.EncodeXLSX(rows, nil)
	must(t, err)
	return string(b)
}

// The rows of a spreadsheet as well: what waits is a sheet with one row.
func TestRowsOfASpreadsheet(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.intake("xlsx", "service", `"recipients":{"path":"to"},`)
		file := workbook(t, "first,last,worker,phone,service,to\nAna,Torres,Kim,+12025550142,Housing,"+b.name+"\nBola,Adeyemi,Kim,+12025550142,Food,Nobody\n")
		in := connection.Submission{Format: "xlsx", Raw: []byte(file), Actor: "test", Key: "export-1"}
		res, err := a.set.Submit(t.Context(), in)
		must(t, err)
		if len(res.Rows) != 2 || len(res.Parts) != 1 || res.Waiting == "" {
			t.Fatalf("%+v", res)
		}
		w, err := a.set.WaitingItem(res.Waiting)
		must(t, err)
		kept, err := record.DecodeXLSX(w.Original, record.Limits{})
		must(t, err)
		if len(kept.Children) != 1 || kept.Children[0].Value("first") != "Bola" {
			t.Errorf("the row that waits is kept as %v", kept)
		}
		if again, err := a.set.Submit(t.Context(), in); err != nil || len(again.Parts) != 1 || again.Waiting != res.Waiting {
			t.Errorf("posted again: %+v %v", again, err)
		}
	})
}

// One referral in every format that is read; the connection takes the format of its mapping.
func TestEveryFormatIsTakenIn(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		for format, doc := range map[string]string{
			"json": `{"first":"Ana","last":"Torres","worker":"Kim","phone":"+12025550142","service":"Housing"}`,
			"xml":  `<r><first>Ana</first><last>Torres</last><worker>Kim</worker><phone>+12025550142</phone><service>Housing</service></r>`,
			"csv":  "first,last,worker,phone,service\nAna,Torres,Kim,+12025550142,Housing\n",
			"xlsx": workbook(t, "first,last,worker,phone,service\nAna,Torres,Kim,+12025550142,Housing\n"),
			"pdf": "%PDF-1.7\n1 0 obj<</AcroForm<</Fields[<</FT/Tx/T(first)/V(Ana)>><</FT/Tx/T(last)/V(Torres)>><</FT/Tx/T(worker)/V(Kim)>>" +
				"<</FT/Tx/T(phone)/V(+12025550142)>><</FT/Tx/T(service)/V(Housing)>>]>>>>endobj trailer<</Root 1 0 R>>",
			"mail": "First: Ana\nLast: Torres\nWorker: Kim\nPhone: +12025550142\nService: Housing\n",
		} {
			a.intake(format, "service", "")
			in := connection.Submission{Format: format, Raw: []byte(doc), To: []string{b.name}, Actor: "test"}
			res, err := a.set.Submit(t.Context(), in)
			if err != nil || len(res.Parts) != 1 || res.Parts[0].Referral == "" {
				t.Errorf("%s: %+v %v", format, res, err)
				continue
			}
			time.Sleep(time.Minute)
			got, err := b.desk.Body(res.Parts[0].Referral)
			must(t, err)
			if got.Person.Names[0].Given.Text() != "Ana" || got.Needs[0].Text.Text() != "Housing" {
				t.Errorf("%s: something else arrived", format)
			}
			other := connection.Connection{ID: "x", Name: "x", Kind: connection.KindAPI, Direction: connection.In, Format: "json", Mapping: "plain-" + format}
			if err := a.set.Put(other, nil, "test"); (err == nil) != (format == "json") {
				t.Errorf("a connection of another format than its mapping %s: %v", format, err)
			}
			must(t, a.set.Pause("in-"+format, true, "test"))
			if format == "json" {
				must(t, a.set.Pause("x", true, "test"))
			}
		}
		list, err := a.set.List()
		must(t, err)
		if !slices.ContainsFunc(list, func(c connection.Connection) bool { return c.Format == "mail" }) {
			t.Error("the connection did not take the format of its mapping")
		}
	})
}

// Several needs, and each for whoever accepts first, is more than one group can say.
func TestFirstAcceptedOfSeveralNeedsWaits(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		doc := strings.Replace(plainMapping("json", severalNeeds), `"rules":[`, `"rules":[{"id":"group","direction":"in","standard":"referral.group.id","via":[{"fn":"constant","value":"urn:uuid:01a20a59-616b-776a-bd9a-16bb45a3acfb"}]},{"id":"rule","direction":"in","standard":"referral.group.rule","via":[{"fn":"constant","value":"first-accepted"}]},`, 1)
		_, err := a.set.Publish("first", []byte(strings.Replace(doc, "NEED", "services[].name", 1)), connection.Publishing{Actor: "test"})
		must(t, err)
		must(t, a.set.Put(connection.Connection{ID: "in", Name: "in", Kind: connection.KindAPI, Direction: connection.In, Mapping: "first", Consent: statement}, nil, "test"))
		raw := `{"first":"Ana","worker":"Kim","phone":"+12025550142","services":[{"name":"Housing"},{"name":"Food"}]}`
		for to, waits := range map[string]bool{b.name: false, b.name + "," + string(a.OrgID()): true} {
			all, err := a.set.Preview(connection.Submission{Format: "json", Raw: []byte(raw), To: strings.Split(to, ","), Actor: "test"})
			if err != nil || len(all) != 2 {
				t.Fatalf("%d referrals: %v", len(all), err)
			}
			if got := all[0].Sentence; strings.Contains(got, "accepts first") != waits {
				t.Errorf("to %d partners: %q", strings.Count(to, ",")+1, got)
			}
			if !all[0].Referral.Header.Group.Rule.Is(protocol.GroupFirstAccepted) {
				t.Error("the sample does not ask for it")
			}
		}
	})
}
