package suggest_test

import (
	"testing"

	"referworks/bridges/suggest"
)

func TestValuesFindCodes(t *testing.T) {
	for _, c := range []struct{ system, ours, code string }{
		{"lsc", "63 Private Landlord/Tenant", "63"},
		{"lsc", "63", "63"},
		{"lsc", "private landlord - tenant", "63"},
		{"lsc", "Housing: Eviction", "63"},
		{"lsc", "PRIVATE LANDLRD/TENANT", "63"},
		{"lsc", "Custody / Visitation", "31"},
		{"lsc", "Custody", "31"},
		{"lsc", "Elder Care", "33"},
		{"lsc", "1 - Bankruptcy", "01"},
		{"lsc", "AFDC", "71"},
		{"lsc", "Desalojo", "63"},
		{"lsc", "Violencia doméstica", "37"},
		{"lsc", "Powers of Attorney", "96"},
		{"lsc", "Fed Subsidized Housing", "61"},
		{"lsc", "SNAP/Food Stamps", "73"},
		{"lsc", "Unemployment Comp", "76"},
		{"sdohcc", "Food Pantry", "food-insecurity"},
		{"sdohcc", "transportation", "transportation-insecurity"},
		{"urgency", "High", "urgent"},
		{"period", "Bi-Weekly", "fortnight"},
		{"period", "Monthly", "month"},
		{"party-role", "Opposing Party", "adverse"},
		{"conflict-check", "No conflict", "clear"},
		{"relationship", "Mother", "parent"},
		{"bcp47", "Mandarin", "zh"},
		{"bcp47", "Español", "es"},
		{"gender", "F", "female"},
		{"marital-status", "Never Married", "single"},
		{"urgency", "Refused", "declined"},
	} {
		got := suggest.Values(suggest.Goal{System: c.system}, []suggest.Word{{Text: c.ours}}, suggest.Options{})[0]
		if len(got.Candidates) == 0 || got.Candidates[0].Code != c.code {
			t.Errorf("%s %q: got %+v, want %s", c.system, c.ours, got.Candidates, c.code)
		}
	}
}

func TestAWrongNumberIsNotChosen(t *testing.T) {
	got := suggest.Values(suggest.Goal{System: "lsc"}, []suggest.Word{{Text: "12 Tractor parts"}}, suggest.Options{})[0]
	if got.Chosen {
		t.Errorf("a number in front alone was believed: %+v", got.Candidates[0])
	}
}

func TestWordsWithoutMeaningGetNothing(t *testing.T) {
	for _, ours := range []string{"", "   ", "zzqx", "🙂", "---"} {
		got := suggest.Values(suggest.Goal{System: "lsc"}, []suggest.Word{{Text: ours}}, suggest.Options{})[0]
		if got.Band != suggest.None || got.Chosen {
			t.Errorf("%q: got %+v", ours, got)
		}
	}
}

func TestARejectedCodeNeverComesBack(t *testing.T) {
	o := suggest.Options{Rejected: []suggest.Rejection{{System: "lsc", Ours: "Eviction", Code: "63"}}}
	for _, c := range suggest.Values(suggest.Goal{System: "lsc"}, []suggest.Word{{Text: "EVICTION"}}, o)[0].Candidates {
		if c.Code == "63" {
			t.Error("a rejected code was offered again")
		}
	}
}

func TestLearntWordsCountForOtherSystemsOnly(t *testing.T) {
	o := suggest.Options{LearntValues: []suggest.AcceptedValue{{System: "a", Codes: "lsc", Ours: "Zorblatt", Code: "37"}}}
	word := []suggest.Word{{Text: "ZORBLATT"}}
	if s := suggest.Values(suggest.Goal{System: "lsc"}, word, o)[0]; !s.Chosen || s.Candidates[0].Code != "37" {
		t.Errorf("what another system accepted was not offered: %+v", s)
	}
	o.WithoutSystem = "a"
	if s := suggest.Values(suggest.Goal{System: "lsc"}, word, o)[0]; len(s.Candidates) != 0 {
		t.Errorf("what was left out was used: %+v", s)
	}
}

func TestANumberWhoseWordsBelongElsewhereIsDoubted(t *testing.T) {
	for _, ours := range []string{"74 Social Security", "78 Workers' Compensation", "83 Prisoners' Rights", "04 Credit Access"} {
		if s := suggest.Values(suggest.Goal{System: "lsc"}, []suggest.Word{{Text: ours}}, suggest.Options{})[0]; s.Chosen {
			t.Errorf("%q: %s is chosen", ours, s.Candidates[0].Code)
		}
	}
}

func TestNeedsFindTheSystemThatTheyAreIn(t *testing.T) {
	goal, ok := suggest.GoalOf("needs[].codes[]")
	if !ok {
		t.Fatal("needs have no codes")
	}
	for want, words := range map[string][]suggest.Word{
		"lsc":    {{Text: "Divorce"}, {Text: "Bankruptcy"}, {Text: "Eviction"}},
		"sdohcc": {{Text: "Food insecurity"}, {Text: "Transportation"}, {Text: "Social connection"}},
	} {
		for _, s := range suggest.Values(goal, words, suggest.Options{}) {
			if len(s.Candidates) == 0 || s.Candidates[0].System != want {
				t.Errorf("%q: %+v, want %s", s.Ours, s.Candidates, want)
			}
		}
	}
}
