package record_test

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"referworks/bridges/record"
)

const textForm = `A new referral was sent from the web form.

CLIENT INFORMATION
First Name: Ana
Last name = de la Cruz
Date of birth ....... 2/3/50
ZIP:	02139
Phone: 555-0100
PHONE: 555-0101
E-mail:
Middle Name:
Address: 12 Main St
  Apt 4: rear
  Springfield
Website: https://example.org/x
Needs:
- Elder care
- Housing, soon
Notes: She lives alone.
Her son visits at 10:30 each day.

Opposing party
--------------
Name: B. Example
Contact:
   Phone: 555-0199
   Best time: evening

[Consent]
* Given: yes
* Date: 2026-03-02

Thank you.

--
The intake team
Phone: 555-0000
`

func TestTextForm(t *testing.T) {
	checkForm(t, textForm, `{"#text":"A new referral was sent from the web form.",
		"CLIENT INFORMATION":{"First Name":"Ana","Last name":"de la Cruz","Date of birth":"2/3/50","ZIP":"02139","Phone":["555-0100","555-0101"],
			"E-mail":"","Middle Name":"","Address":"12 Main St\nApt 4: rear\nSpringfield","Website":"https://example.org/x","Needs":["Elder care","Housing, soon"],
			"Notes":"She lives alone.\nHer son visits at 10:30 each day."},
		"Opposing party":{"Name":"B. Example","Contact":{"Phone":"555-0199","Best time":"evening"}},
		"Consent":{"Given":"yes","Date":"2026-03-02","#text":"Thank you."}}`, "35-37 signature")
	n, _, err := record.DecodeForm([]byte(textForm), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		`"client information"."first name"`: "Ana", `"FIRST_NAME"`: "Ana", `"e-Mail:"`: "", "DateOfBirth": "2/3/50", "needs[]": "Elder care Housing, soon", "phone[1]": "555-0101",
		"phone[]": "555-0100 555-0101", `Contact."best time"`: "evening", "given": "yes", `"Middle-Name"`: "", "OpposingParty.Contact.Phone": "555-0199",
	} {
		if got := texts(n, path); got != want {
			t.Errorf("%s found %q, want %q", path, got, want)
		}
	}
	if found := n.Find(record.MustPath("Date")); len(found) != 1 {
		t.Errorf("a label in one section alone was found %d times", len(found))
	}
	if found := n.Find(record.MustPath("Fax")); len(found) != 0 {
		t.Error("a label that is not there was found")
	}
	n, _, err = record.DecodeForm([]byte("First  name * : Ana\n*Zip* = 1\n"), record.Limits{})
	if err != nil || n.Value("First name") != "Ana" || n.Member("First name").Label != "First  name *" || n.Member("Zip") == nil {
		t.Errorf("a label with a mark of duty: %+v, %v", n.Member("First name"), err)
	}
	n, _, err = record.DecodeForm([]byte(textForm), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	phone := n.First(record.MustPath("phone[1]"))
	if phone.Label != "PHONE" || phone.Line != 9 || phone.Column != 1 {
		t.Errorf("the second phone is labeled %q in line %d, column %d", phone.Label, phone.Line, phone.Column)
	}
}

// checkForm compares what a form is read as, members alike as one list, and its notes.
func checkForm(t *testing.T, in, want, notes string) {
	t.Helper()
	n, left, err := record.DecodeForm([]byte(in), record.Limits{})
	if err != nil {
		t.Error(err)
		return
	}
	got, err := record.EncodeJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := record.EncodeJSON(decode(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(expected) {
		t.Errorf("%.60q\ngot  %s\nwant %s", in, got, expected)
	}
	var said []string
	for _, n := range left {
		said = append(said, fmt.Sprintf("%d-%d %s", n.From, n.To, n.What))
	}
	if s := strings.Join(said, ", "); s != notes {
		t.Errorf("%.60q: noted %q, want %q", in, s, notes)
	}
}

func TestMailAroundTheForm(t *testing.T) {
	form := "First name: Ana\nLast name: Example\n"
	want := `{"First name":"Ana","Last name":"Example"}`
	for _, c := range []struct{ in, want, notes string }{
		{form + "\nOn Mon, Mar 2, 2026 at 9:00 AM A. Worker wrote:\n> Phone: 1\n> old\n", want, "4-4 quoted reply, 5-6 quoted reply"},
		{"Please see below.\n\n-----Original Message-----\nFrom: Web <web@example.org>\nSent: Monday\nTo: intake@example.org\nSubject: New referral\n\n" + form,
			`{"#text":"Please see below.","First name":"Ana","Last name":"Example"}`, "3-7 forwarded header"},
		{form + "\nFrom: A\nSent: Monday\nTo: B\nSubject: x\n\nPhone: 3\n", want, "4-9 quoted reply"},
		{"FYI\n\n> First name: Ana\n> Last name: Example\n", `{"#text":"FYI","First name":"Ana","Last name":"Example"}`, ""},
		{form + "\nSent from my phone\n", want, "4-4 signature"},
		{form + "\nCONFIDENTIALITY NOTICE: This e-mail may be confidential.\nIf you are not the intended recipient, delete it.\n", want, "4-5 disclaimer"},
		{form + "\nThis message and its attachments are confidential and meant for the addressee. If you received this in error, tell us and delete it.\n", want, "4-4 disclaimer"},
		{"\uFEFFNombre: Jos\u00e9\r\nTel\u00e9fono:\r\n555\r\n", `{"Nombre":"José","Teléfono":"555"}`, ""},
		{"Nombre: Jos\xe9\n", `{"Nombre":"José"}`, ""},
		{"*First name*\nAna\n\n*Needs*\n- a\n- b\n", `{"First name":"Ana","Needs":["a","b"]}`, ""},
		{"Household:\n- Ana: mother\n- Bo: son\n", `{"Household":{"Ana":"mother","Bo":"son"}}`, ""},
		{"# x\n## Client ##\nName: A\n=== Other ===\nName: B\n", `{"#text":"# x","Client":{"Name":"A"},"Other":{"Name":"B"}}`, ""},
		{"Form\n====\n\nName: A\n", `{"Form":{"Name":"A"}}`, ""},
		{"Needs:\n[x] Housing\n[ ] Food\n[x] Rent: late\nKinds: [ ] A [x] B  [X] C\nOther: [ ]\nNotes: first\n1. one\n2. two",
			`{"Needs":["Housing","Rent: late"],"Kinds":["B","C"],"Other":"","Notes":"first\n1. one\n2. two"}`, "3-3 empty box, 5-5 empty box, 6-6 empty box"},
		{"1. Name: Ana\n2) Zip: 02139\nDo you feel safe at home? Not sure\n", `{"Name":"Ana","Zip":"02139","Do you feel safe at home?":"Not sure"}`, ""},
		{"From: Elm clinic\nTo: Harbor\nDate: 3/2/26\nSubject: referral\n", `{"From":"Elm clinic","To":"Harbor","Date":"3/2/26","Subject":"referral"}`, ""},
		{"First Name     Ana\nZip            02139\nPhone __________ 555-0100\n", `{"First Name":"Ana","Zip":"02139","Phone":"555-0100"}`, ""},
		{"Solicitud\n\nNombre: María\n\nEnviado desde mi teléfono", `{"#text":"Solicitud","Nombre":"María"}`, "5-5 signature"},
		{"Just a letter.\n\nWithout any form.", `{"#text":["Just a letter.","Without any form."]}`, ""},
		{"", `{}`, ""},
	} {
		checkForm(t, c.in, c.want, c.notes)
	}
}

func TestHTMLForms(t *testing.T) {
	for _, c := range []struct{ in, want, notes string }{
		{`<table><tr><th>First Name:</th><td>Ana &amp; Bo</td></tr><tr><td><b>Needs</b><td><ul><li>Elder care<li>Housing</ul><tr><td>Note</td><td>one<br>two</td></tr></table>`,
			`{"First Name":"Ana & Bo","Needs":["Elder care","Housing"],"Note":"one\ntwo"}`, ""},
		{`<html><head><title>x: y</title><style>a: b</style></head><body><table><tr><td><table>
			<tr><td colspan="2"><strong>First name</strong></td></tr><tr><td width="20">&nbsp;</td><td>Ana</td></tr>
			<tr><td colspan="2"><strong>Zip</strong></td></tr><tr><td>&nbsp;</td><td>02139</td></tr></table></td></tr></table></body></html>`,
			`{"First name":"Ana","Zip":"02139"}`, ""},
		{`<h2>Client</h2><dl><dt>Name<dd>Ana<dt>Phones</dt><dd><ul><li>1<li>2</ul></dd></dl><h2>Court</h2><p><b>Judge:</b> B. Example</p><p><strong>Case number</strong><br>24-001</p>`,
			`{"Client":{"Name":"Ana","Phones":["1","2"]},"Court":{"Judge":"B. Example","Case number":"24-001"}}`, ""},
		{`<p>Household</p><table><tr><th>Name</th><th>Born</th><th>Relation</th></tr><tr><td>Ana</td><td>1950</td><td>self</td></tr><tr><td>Bo</td><td>1980</td><td></td></tr></table>`,
			`{"Household":[{"Name":"Ana","Born":"1950","Relation":"self"},{"Name":"Bo","Born":"1980","Relation":""}]}`, ""},
		{`<table><tr><th>Question</th><th>Answer</th></tr><tr><td>Are you safe?</td><td>Yes</td></tr></table>`, `{"Are you safe?":"Yes"}`, ""},
		{`<table><tr><td>First:</td><td>Ana</td><td>Last:</td><td>Example</td></tr></table>`, `{"First":"Ana","Last":"Example"}`, ""},
		{"<div>Name: Ana</div><div>Phone: 1</div><div style=\"display: none\">Name: Eve</div>\n<div class=\"gmail_signature\">Tel: 9</div><blockquote>Old: x</blockquote>",
			`{"Name":"Ana","Phone":"1"}`, "1-1 hidden text, 2-2 signature, 2-2 quoted reply"},
		{"<div><p><b>What is your need? *</b></p><p>Elder care</p><p><b>Phone</b></p><p>555-0100</p></div>", `{"What is your need?":"Elder care","Phone":"555-0100"}`, ""},
		{"<table><tr><td colspan='2'><b>CLIENT</b></td></tr><tr><td>Name</td><td>Ana</td></tr><tr><td colspan='2'><b>OPPOSING PARTY</b></td></tr><tr><td>Name</td><td>Bo</td></tr></table>",
			`{"CLIENT":{"Name":"Ana"},"OPPOSING PARTY":{"Name":"Bo"}}`, ""},
		{"<ul><li>Name: Ana</li><li>Zip: 02139</li></ul>", `{"Name":"Ana","Zip":"02139"}`, ""},
		{"<pre>Name: Ana\nZip: 1\n</pre>", `{"Name":"Ana","Zip":"1"}`, ""},
		{"<table><tr><td>unclosed</td><td>x", `{"unclosed":"x"}`, ""},
		{"<p>Dear team,</p><p>Name: A<br>Zip: 2</p><p>Bye</p>", `{"#text":"Dear team,","Name":"A","Zip":"2","#text":"Bye"}`, ""},
	} {
		checkForm2(t, c.in, c.want, c.notes)
	}
	n, _, err := record.DecodeForm([]byte("<table>\n<tr><td>Name</td>\n<td>Ana</td></tr></table>"), record.Limits{})
	if err != nil || n.Member("Name").Line != 2 {
		t.Errorf("the line of a cell: %+v, %v", n, err)
	}
}

// A value of one line is no list, whatever it begins with: text, a cell and a definition read it alike, and whole. Only
// boxes are read for what they mean.
func TestValuesLikeBullets(t *testing.T) {
	for value, want := range map[string]string{
		"- 家i1家": "- 家i1家", "* a": "* a", "• a": "• a", "– a": "– a", "1. a": "1. a", "1) a": "1) a", "(1) a": "(1) a", "o a": "o a", "*a*": "*a*", "-": "-", "-- a": "-- a",
		"== a ==": "== a ==", "[a]": "[a]", "# a": "# a", "- a: b": "- a: b", "\"a\" <b": "\"a\" <b", "a <p": "a <p", "a > b": "a > b", "<p> a": "<p> a", "<b>a</b>": "<b>a</b>",
		"[x] Yes": "Yes", "[ ] Yes": "", "☑ Yes ☐ No": "Yes",
	} {
		shown := html.EscapeString(value)
		for _, body := range []string{
			"Referral\nFirst: a  <p\nIt: " + value + "\nLast: b > c\n\nBye\n",
			"<table><tr><th>First</th><td>a</td></tr><tr><th>It</th><td>" + shown + "</td></tr></table>",
			"<table><tr><td>It:</td><td>\n <p>" + shown + "</p>\n</td></tr></table>",
			"<dl><dt>It<dd>" + shown + "<dt>First<dd>a</dl>",
			"<p>x</p><table><tr><th>It</th><th>That</th></tr><tr><td>" + shown + "</td><td>b</td></tr></table>",
		} {
			n, _, err := record.DecodeForm([]byte(body), record.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(body, "That") && strings.Contains(value, "es") {
				continue // a cell of a table with a heading row is kept as it is
			}
			if got := texts(n, "It"); got != want {
				t.Errorf("%q is read as %q, want %q, in\n%s", value, got, want, body)
			}
		}
	}
	for _, c := range []struct{ in, want, notes string }{
		{"<table><tr><td>Needs:</td><td>- a<br>- b</td></tr></table>", `{"Needs":["a","b"]}`, ""},
		{"<table><tr><td>Needs:</td><td><ul><li>a</ul></td></tr></table>", `{"Needs":"a"}`, ""},
		{"<table><tr><td>Needs:</td><td>- a<br>and b</td></tr></table>", `{"Needs":"- a\nand b"}`, ""},
		{"<table><tr><td>Needs:</td><td>[x] a<br>[ ] b<br>[x] c</td></tr></table>", `{"Needs":["a","c"]}`, "1-1 empty box"},
		{"<table><tr><td>Needs:</td><td>[ ] a [x] b</td></tr></table>", `{"Needs":"b"}`, "1-1 empty box"},
		{"Hello,<br>Name: Ana<br>Zip: 1", `{"#text":"Hello,","Name":"Ana","Zip":"1"}`, ""},
	} {
		checkForm(t, c.in, c.want, c.notes)
	}
}

// checkForm2 is checkForm for expectations that may repeat a name.
func checkForm2(t *testing.T, in, want, notes string) {
	t.Helper()
	n, err := record.DecodeJSON([]byte(want), record.Limits{KeepDuplicates: true})
	if err != nil {
		t.Fatal(err)
	}
	merged, err := record.EncodeJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	checkForm(t, in, string(merged), notes)
}

func TestFormLimits(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		lim  record.Limits
		want string
	}{
		"size":  {"Name: Ana", record.Limits{Size: 5}, "larger than 5 bytes"},
		"nodes": {"A: 1\nB: 2\nC: 3", record.Limits{Nodes: 3}, "line 3, column 1: the mail has more than 3 labels"},
		"depth": {strings.Repeat("<div>", 600), record.Limits{}, "deeper than 512 levels"},
		"bytes": {"a\x00b", record.Limits{}, "zero bytes"},
		"rows":  {"== A ==\nB: 1", record.Limits{Depth: 1}, "deeper than 1 level"},
	} {
		if _, _, err := record.DecodeForm([]byte(c.in), c.lim); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestEncodeForm(t *testing.T) {
	n := decode(t, `{"First Name":"Ana","Zip":"02139","Notes":"one\n\n> two\n--\n=x","Needs":["a","b"],"Court":{"Judge":"B","Case":"7"},"Empty":""}`)
	out, err := record.EncodeForm(n)
	want := "First Name: Ana\nZip: 02139\nNotes: one\n    \n    > two\n    --\n    =x\nNeeds:\n  - a\n  - b\nEmpty:\n\n== Court ==\nJudge: B\nCase: 7\n"
	if err != nil || string(out) != want {
		t.Errorf("got %s (%v)", out, err)
	}
	back, _, err := record.DecodeForm(out, record.Limits{})
	if err != nil || back.Value("Notes") != n.Value("Notes") {
		t.Errorf("the notes came back as %q (%v)", back.Value("Notes"), err)
	}
	for _, in := range []string{`[1]`, `{"a":{"b":{"c":{"d":1}}}}`, `{"a: b":1}`, `{"":1}`, `{"Needs":[["a"]]}`, `{"Needs":["a",{"b":"c"}]}`, `{"x\ny":1}`} {
		if out, err := record.EncodeForm(decode(t, in)); err == nil {
			t.Errorf("%s was written: %s", in, out)
		}
	}
}

// A list of records is a section for each, or in a section a label with indented labels for each.
func TestEncodeFormLists(t *testing.T) {
	n := decode(t, `{"Client":"Ana","Household":[{"Name":"Bo","Born":"1980","Needs":["a: b","c"]},{"Name":"Cy","Phones":["1","2"]}],"Case":{"Court":"Dover","Dates":[{"What":"Hearing","When":"12/2"},{"What":"Answer","Note":"one\n\ntwo"}]}}`)
	out, err := record.EncodeForm(n)
	want := "Client: Ana\n\n== Household ==\nName: Bo\nBorn: 1980\nNeeds: a: b\nNeeds: c\n\n== Household ==\nName: Cy\nPhones:\n  - 1\n  - 2\n\n" +
		"== Case ==\nCourt: Dover\nDates:\n    What: Hearing\n    When: 12/2\nDates:\n    What: Answer\n    Note: one\n        \n        two\n"
	if err != nil || string(out) != want {
		t.Errorf("got\n%s\nwant\n%s(%v)", out, want, err)
	}
	back, _, err := record.DecodeForm(out, record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.EncodeJSON(back)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := record.EncodeJSON(n); err != nil || string(got) != string(all) {
		t.Errorf("came back as\n%s\nwant\n%s", got, all)
	}
}

func TestFormRoundTrip(t *testing.T) {
	label := rapid.StringMatching(`[A-Z][a-z]{1,8}( [a-z]{1,8}){0,2}`)
	value := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9 ,:=@/-]{0,20}[a-z](\n{1,2}[a-z]{2,9}){0,2}`)
	rapid.Check(t, func(t *rapid.T) {
		labels := func(what string, most int) []string {
			return rapid.SliceOfNDistinct(label, 1, most, record.Loose).Draw(t, what)
		}
		// fill fills an object, and want as it comes back: the items of a list are members with its name.
		fill := func(to, want *record.Node, names []string) {
			for _, name := range names {
				if rapid.IntRange(0, 3).Draw(t, "list") > 0 {
					v := value.Draw(t, "value")
					to.Add(name, record.NewText(v))
					want.Add(name, record.NewText(v))
					continue
				}
				list := to.Add(name, record.NewList())
				for _, v := range rapid.SliceOfN(value, 1, 3).Draw(t, "values") {
					list.Children = append(list.Children, record.NewText(v))
					want.Add(name, record.NewText(v))
				}
			}
		}
		// several gives the objects to fill under a name: one, or those of a list.
		several := func(to, want *record.Node, name string) (all [][2]*record.Node) {
			n := rapid.IntRange(0, 3).Draw(t, "objects")
			if n == 0 {
				return [][2]*record.Node{{to.Add(name, record.NewObject()), want.Add(name, record.NewObject())}}
			}
			list := to.Add(name, record.NewList())
			for range n {
				item := record.NewObject()
				list.Children = append(list.Children, item)
				all = append(all, [2]*record.Node{item, want.Add(name, record.NewObject())})
			}
			return all
		}
		n, want := record.NewObject(), record.NewObject()
		fill(n, want, labels("labels", 5))
		for _, title := range rapid.SliceOfNDistinct(rapid.StringMatching(`Section [0-9]{1,3}`), 0, 2, rapid.ID[string]).Draw(t, "sections") {
			for _, section := range several(n, want, title) {
				names := labels("labels of a section", 5)
				cut := rapid.IntRange(0, len(names)-1).Draw(t, "values of it")
				fill(section[0], section[1], names[:cut])
				for _, name := range names[cut:] {
					for _, block := range several(section[0], section[1], name) {
						fill(block[0], block[1], labels("labels of a block", 3))
					}
				}
			}
		}
		out, err := record.EncodeForm(n)
		if err != nil {
			t.Fatal(err)
		}
		back, notes, err := record.DecodeForm(out, record.Limits{})
		if err != nil || len(notes) > 0 || !back.Equal(want) {
			got, _ := record.EncodeJSON(back)
			t.Fatalf("%s\ncame back as %s (%v, %v)", out, got, err, notes)
		}
	})
}

// No mail of the hostile collection, read as it stands or as HTML, takes long or breaks the reader.
func TestHostileMailBodies(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples(t), "hostile/mail/*/*"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for _, body := range []string{string(b), "<div>" + string(b), strings.ReplaceAll(string(b), "\n", "\n> ")} {
			if n, _, err := record.DecodeForm([]byte(body), record.Limits{}); err == nil && n.Kind != record.Object {
				t.Errorf("%s is no object", filepath.Base(file))
			}
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s took %v", filepath.Base(file), took)
		}
	}
}

// Bodies made to be slow are read in linear time: twice the size takes about twice the time, and four times as long if
// it were quadratic. What is compared is the best of several, on whatever machine.
func TestSlowForms(t *testing.T) {
	for name, part := range map[string]string{
		"continuation": "x\n", "headers": "From: a\nTo: b\nSubject: c\n", "labels": "Label: x\n", "colons": ":::::::", "quotes": "> a: b\nx\n", "bullets": "- x\n", "rules": "a\n---\n",
		"cells": "<table><tr><td>", "rows": "<tr><td>a<td>b", "bold": "*x*\n\n", "wrote": "On a b c d e f wrote:\n", "dots": "a .. . .", "marks": "== x ==\n", "dashes": "--\n",
		"items": "<li>", "unclosed": "<p <p ", "entities": "&amp;", "gap": "a   ", "deep": "<div></span>",
	} {
		read := func(size int) time.Duration {
			body := []byte("A: 1\n" + strings.Repeat(part, size/len(part)))
			start := time.Now()
			_, _, _ = record.DecodeForm(body, record.Limits{}) // some are refused for what they are
			return time.Since(start)
		}
		if err := linear(read, 128<<10); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// linear gives an error when twice the size takes more than 3.5 times as long, by the best of seven turns. What takes less
// than a few milliseconds says nothing and is tried with more.
func linear(read func(size int) time.Duration, size int) error {
	for read(size) < 5*time.Millisecond && size < 2<<20 {
		size *= 2
	}
	one, two := time.Hour, time.Hour
	for range 7 {
		one, two = min(one, read(size)), min(two, read(2*size))
		if two < 3*one {
			return nil
		}
	}
	if float64(two) > 3.5*float64(one) {
		return fmt.Errorf("%d bytes take %v and twice as many %v", size, one, two)
	}
	return nil
}

func TestLinearTellsQuadratic(t *testing.T) {
	if err := linear(func(size int) time.Duration { return time.Duration(size * size) }, 1<<10); err == nil {
		t.Error("what takes four times as long for twice the size was taken for linear")
	}
	if err := linear(func(size int) time.Duration { return time.Duration(size) * time.Microsecond }, 1<<10); err != nil {
		t.Error(err)
	}
}

// FuzzDecodeForm: no panic, and what is read of a form that we can write comes back.
func FuzzDecodeForm(f *testing.F) {
	for _, s := range []string{textForm, "<table><tr><th>A</th><td>b</td></tr></table>", "<dl><dt>a<dd>b<table><td>x<dt>", "> a: b\n--\nx", "A:\n- b: c\n  d: e\n", "== A ==\nB:\n    C: d\nB:\n    C: e\n\n== A ==\nF: g\n", "<table><tr><td>A:</td><td>- b</td></tr></table>", "A: [ ] b [x] c\n", "<li><td><table></li></td>",
		"Label \xe9 .... x", "\xff\xfea\x00:\x00b\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, notes, err := record.DecodeForm(b, record.Limits{})
		if err != nil {
			return
		}
		for _, note := range notes {
			if note.From < 1 || note.To < note.From || note.What == "" {
				t.Fatalf("note %+v", note)
			}
		}
		n.Leaves(func(p record.Path, leaf *record.Node) {
			if leaf.Kind != record.Text || leaf.Line < 1 {
				t.Fatalf("%s is %+v", p, leaf)
			}
			if found := n.Find(p); len(found) != 1 || found[0] != leaf {
				t.Fatalf("%s finds %d nodes", p, len(found))
			}
		})
		if _, err := record.EncodeJSON(n); err != nil {
			t.Fatal(err)
		}
		if text, err := record.TextOfHTML(b, record.Limits{}); err == nil && !utf8.ValidString(text) {
			t.Fatalf("the text for people is not UTF-8: %q", text)
		}
		if out, err := record.EncodeForm(n); err == nil { // what a form said can be written, and read again
			if _, _, err := record.DecodeForm(out, record.Limits{}); err != nil {
				t.Fatalf("%v in %q", err, out)
			}
		}
	})
}

func BenchmarkDecodeForm(b *testing.B) {
	b.SetBytes(int64(len(textForm)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := record.DecodeForm([]byte(textForm), record.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
