package connection_test

import (
	"errors"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/node/connection"
)

// shown is a medium whose originals say a few words, with a form that a machine can read and one file.
func shown(document string) func([]byte) (bridges.Shown, error) {
	return func(b []byte) (bridges.Shown, error) {
		return bridges.Shown{
			From: "intake@elm.example", Subject: "A referral", Text: string(b), Files: []bridges.File{fileOf("letter.txt", "Dear reader")},
			Document: bridges.Document{Format: "mail", MediaType: "text/plain", Bytes: []byte(document)},
		}, nil
	}
}

// An original that a machine must not act on is shown, the form beside it is filled with what can be read, and what the
// person sends goes out once with the original behind it.
func TestWhatWaitsIsReadAndSentByAPerson(t *testing.T) {
	inTime(t, func(t *testing.T) {
		h := &hub{shows: shown("First name: Ana\nLast name: Zebulona\nPhone: 617-555-0123\nDate of birth: 12/25/1950\n")}
		a, b := sender(t, h)
		accept := accepting(t, a, h)
		in := document(t, b, "mail 7")
		in.Document, in.Unread = bridges.Document{Format: "eml", Bytes: []byte("the mail, whole")}, "The sender is not known. Read it, and send it on yourself."
		if got, err := accept(t.Context(), in); err != nil || !got.Waiting {
			t.Fatalf("%+v %v", got, err)
		}
		_, err := a.set.Publish("form", []byte(`{"v":1,"id":"form","standard":"referral/1","name":"Form","side":{"format":"json","locale":"en-US","region":"US","language":"en"},"rules":[
			{"id":"name","label":"Name","local":"name","standard":"person.names[].full"},{"id":"born","label":"Birth date","local":"birth_date","standard":"person.birthDate.value"},
			{"id":"phone","label":"Phone","local":"phone","standard":"contact.points[kind=phone]","via":[{"fn":"phone"}]},
			{"id":"given","label":"Consent","local":"consent_by","standard":"consents[].givenBy"},{"id":"at","label":"Consent at","local":"consent_at","standard":"consents[].obtainedAt"}]}`), connection.Publishing{Actor: "test"})
		must(t, err)
		list := waiting(t, a)
		if len(list) != 1 || !list[0].Shows {
			t.Fatalf("%+v", list)
		}
		w, err := a.set.WaitingItem(list[0].ID)
		must(t, err)
		o, err := a.set.Open(w, "form")
		if err != nil || o.Text != "the mail, whole" || len(o.Files) != 1 {
			t.Fatalf("%+v %v", o, err)
		}
		for _, want := range []string{`"name":"Ana Zebulona"`, `"birth_date":"1950-12-25"`, `0123`} {
			if !strings.Contains(string(o.Filled), want) {
				t.Errorf("the form lacks %s: %s", want, o.Filled)
			}
		}
		if strings.Contains(string(o.Filled), "onsent") {
			t.Errorf("a consent that nobody gave stands in the form: %s", o.Filled)
		}
		sub := connection.Submission{Connection: "hub", Format: "json", Raw: []byte(`{}`), To: []string{string(b.OrgID())}, Actor: "person"}
		if _, err := a.set.SendInstead(w.ID, sub, nil); err == nil || len(waiting(t, a)) != 1 || len(threads(t, a)) != 0 {
			t.Fatalf("an empty form was sent: %v", err)
		}
		sub.Raw = matter(t)
		if _, err := a.set.SendInstead(w.ID, sub, []int{3}); !errors.Is(err, connection.ErrNone) {
			t.Errorf("a file that is not there: %v", err)
		}
		res, err := a.set.SendInstead(w.ID, sub, []int{0})
		if err != nil || len(res.Parts) != 1 {
			t.Fatalf("%+v %v", res, err)
		}
		if left := waiting(t, a); len(left) != 0 {
			t.Errorf("it still waits: %+v", left)
		}
		if files, err := a.desk.Files(res.Parts[0].Referral); err != nil || len(files) != 1 || files[0].Name != "letter.txt" {
			t.Errorf("its file did not go along: %+v %v", files, err)
		}
		if whole, err := a.desk.Whole(res.Parts[0].Referral); err != nil || string(whole) != "the mail, whole" {
			t.Errorf("the original is kept as %q: %v", whole, err)
		}
		if again, err := accept(t.Context(), in); err != nil || !again.Again || again.Waiting || len(threads(t, a)) != 1 {
			t.Errorf("the same mail again: %+v %v", again, err)
		}
	})
}

// Of what came along only those files go out that the person chose, each once; the others do not stay behind.
func TestOnlyChosenFilesGoAlong(t *testing.T) {
	for _, chosen := range [][]int{nil, {0}} {
		inTime(t, func(t *testing.T) {
			h := &hub{shows: shown("")}
			a, b := sender(t, h)
			in := document(t, b, "mail 8")
			in.To, in.Original = []string{"Nobody we know"}, bridges.Document{Format: "eml", Bytes: []byte("the mail, whole")}
			in.Files = []bridges.File{fileOf("letter.txt", "Dear reader")}
			if got, err := accepting(t, a, h)(t.Context(), in); err != nil || !got.Waiting {
				t.Fatalf("%+v %v", got, err)
			}
			w, err := a.set.WaitingItem(waiting(t, a)[0].ID)
			must(t, err)
			if !w.Shows || len(w.Files) != 1 {
				t.Fatalf("%+v", w)
			}
			sub := connection.Submission{Connection: "hub", Format: "json", Raw: matter(t), To: []string{string(b.OrgID())}, Actor: "person"}
			res, err := a.set.SendInstead(w.ID, sub, chosen)
			if err != nil || len(res.Parts) != 1 {
				t.Fatalf("%+v %v", res, err)
			}
			if files, err := a.desk.Files(res.Parts[0].Referral); err != nil || len(files) != len(chosen) {
				t.Errorf("%d files chosen, and these went along: %+v %v", len(chosen), files, err)
			}
			if _, r, err := a.desk.OpenUpload(w.Files[0]); err == nil {
				t.Errorf("what was not sent is still here: %v", r.Close())
			}
		})
	}
}

// What its own medium cannot show, and what was made of a referral, is only downloaded.
func TestWhatCannotBeShown(t *testing.T) {
	set := office(t, false)
	res, err := set.Submit(t.Context(), connection.Submission{Format: "json", Raw: matter(t), Actor: "test"})
	must(t, err)
	w, err := set.WaitingItem(res.Waiting)
	must(t, err)
	if w.Shows {
		t.Error("it says that it can be shown")
	}
	if _, err := set.Open(w, ""); !errors.Is(err, connection.ErrNone) {
		t.Errorf("opened: %v", err)
	}
}
