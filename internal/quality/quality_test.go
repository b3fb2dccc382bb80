package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestProgramMeasuresOwnSamples(t *testing.T) {
	result := filepath.Join(t.TempDir(), "quality.json")
	var out strings.Builder
	if err := run([]string{"-samples", "testdata/samples", "-truth", "testdata/truth", "-out", result, "-misses"}, &out); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	var f figures
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	// One answer in people.json is wrong on purpose, and one word of shelter.json has no meaning.
	if f.Systems != 2 || f.Unread != 1 || f.Fields != 10 || f.FieldsFirst != 0.9 || f.Words != 2 || f.ValuesFirst != 0.5 {
		t.Errorf("got %+v", f)
	}
	if f.ConfidentWrong == 0 || f.ConfidentWrong >= 0.5 {
		t.Errorf("confidentWrong is %v; the wrong answer on purpose is one of few", f.ConfidentWrong)
	}
	if f.Leaves != 17 || f.LeavesAccounted != 1 || f.RoundTrip != 1 || f.HomeSame != 17 {
		t.Errorf("got %+v", f)
	}
	for _, want := range []string{"shelter: 1 leaves have no right answer: phones[].kind", "gone is not measured", `"First Name"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, &out)
		}
	}
}

func TestWithoutSamplesItSaysSo(t *testing.T) {
	t.Setenv("REFERWORKS_SAMPLES", "")
	t.Chdir(t.TempDir())
	var out strings.Builder
	if err := run(nil, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "REFERWORKS_SAMPLES is not set") {
		t.Errorf("said %q", &out)
	}
	if _, err := os.Stat("quality.json"); err == nil {
		t.Error("figures were written that nobody measured")
	}
}

func TestOurRightAnswersAreWellFormed(t *testing.T) {
	folder, err := fs.Sub(ourTruth, "truth")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readTruth(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Errorf("only %d systems", len(all))
	}
}

// TestEveryLeafOfTheSamplesHasAnAnswer keeps the tables whole when samples change.
func TestEveryLeafOfTheSamplesHasAnAnswer(t *testing.T) {
	samples := os.Getenv("REFERWORKS_SAMPLES")
	if samples == "" {
		t.Skip("REFERWORKS_SAMPLES is not set")
	}
	all, err := readTruth(os.DirFS("truth"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		s, err := readSample(samples, &all[i])
		if err != nil {
			t.Errorf("%s: %v", all[i].System, err)
		} else if len(s.unlisted) > 0 {
			t.Errorf("%s: leaves without an answer: %s", all[i].System, strings.Join(s.unlisted, ", "))
		}
	}
}

func TestAnswersMayCarryConditions(t *testing.T) {
	f := fieldTruth{Standard: "person.addresses[use=home].city", Also: []string{""}}
	for place, right := range map[string]bool{
		"person.addresses[].city": true, "person.addresses[use=home].city": true, "person.addresses[use=mailing].city": false,
		"": true, "person.addresses[].region": false,
	} {
		if f.right(place) != right {
			t.Errorf("%q: right is %v", place, !right)
		}
	}
}

func TestWrongTablesAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"the standard has no field": `{"fields": [{"local": "a", "standard": "person.shoes"}]}`,
		"stands twice":              `{"fields": [{"local": "a"}, {"local": "a"}]}`,
		"character":                 `{"fields": [{"local": "a..b"}]}`,
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "x.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readTruth(os.DirFS(folder)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if all := appendOnce([]string{"a"}, "a"); !slices.Equal(all, []string{"a"}) {
		t.Errorf("got %v", all)
	}
}
