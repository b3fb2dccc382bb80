package codes_test

import (
	"strings"
	"testing"

	"referworks/protocol/codes"
)

func TestTablesAreSound(t *testing.T) {
	names := map[string]bool{}
	for _, s := range codes.Systems() {
		if names[s.Name] || s.Title == "" || s.Source == "" {
			t.Errorf("%s stands twice or has no title or source", s.Name)
		}
		names[s.Name] = true
		if s.CodesOnly != (len(s.Entries) == 0) {
			t.Errorf("%s: codes only is %v with %d entries", s.Name, s.CodesOnly, len(s.Entries))
		}
		seen := map[string]bool{}
		for _, e := range s.Entries {
			if seen[e.Code] || e.Code == "" || strings.TrimSpace(e.Label) != e.Label || e.Label == "" {
				t.Errorf("%s %q stands twice or has no clean label", s.Name, e.Code)
			}
			if e.Parent != "" && !seen[e.Parent] {
				t.Errorf("%s %q: the parent %q does not stand before it", s.Name, e.Code, e.Parent)
			}
			seen[e.Code] = true
			if got, ok := codes.Lookup(s.Name, e.Code); ok == e.Heading || ok && got != e {
				t.Errorf("%s %q is found as %+v, %v", s.Name, e.Code, got, ok)
			}
		}
	}
}

func TestKnownCodes(t *testing.T) {
	if e, ok := codes.Lookup(codes.LSC, "33"); !ok || e.Label != "Adult Guardianship/Conserv." {
		t.Errorf("LSC 33 is %+v", e)
	}
	lsc, _ := codes.System(codes.LSC)
	family := 0
	for _, e := range lsc.Below("#30-39") {
		if strings.HasPrefix(e.Code, "3") {
			family++
		}
	}
	if got := len(lsc.Below("")); got != 10 || family != 10 || len(lsc.Entries) != 84 {
		t.Errorf("LSC has %d categories, %d family codes, %d entries", got, family, len(lsc.Entries))
	}
	if e, ok := codes.Lookup(codes.SDOHCC, "elder-abuse"); !ok || e.Label != "Elder Abuse" {
		t.Errorf("elder-abuse is %+v", e)
	}
	if e, ok := codes.Lookup("decline-reason", "not-eligible-area"); !ok || e.Parent != "not-eligible" || e.In("es-MX") != "Vive fuera de nuestra zona" || e.In("fr") != "Lives outside our area" {
		t.Errorf("not-eligible-area is %+v", e)
	}
	for system, list := range map[string]struct{ good, bad string }{
		codes.LIST: {"TO-01-00-00-00", "33"}, codes.OpenEligibility: {"1103", "housing"}, codes.ICD10: {"Z59.0", "Z54"}, codes.LSC: {"01", "1"}, codes.TwoOneOne: {"BH-1800.8500", "x"},
	} {
		if _, ok := codes.Lookup(system, list.good); !ok {
			t.Errorf("%s does not know %s", system, list.good)
		}
		if _, ok := codes.Lookup(system, list.bad); ok {
			t.Errorf("%s knows %s", system, list.bad)
		}
	}
	if _, ok := codes.Lookup("no such", "1"); ok {
		t.Error("an unknown system knows a code")
	}
}

// Labels of systems whose license is not checked are not in the program.
func TestUnlicensedTablesAreNotShipped(t *testing.T) {
	for _, name := range []string{codes.LIST, codes.OpenEligibility, codes.HUD, codes.ICD10, codes.TwoOneOne} {
		if s, ok := codes.System(name); !ok || len(s.Entries) != 0 {
			t.Errorf("%s has entries or is not known", name)
		}
	}
}

func TestOwnListsSpeakSpanish(t *testing.T) {
	for _, s := range codes.Systems() {
		if !strings.HasPrefix(s.Source, "Table: own.tsv") {
			continue
		}
		for _, e := range s.Entries {
			if e.Spanish == "" {
				t.Errorf("%s %s has no Spanish label", s.Name, e.Code)
			}
		}
	}
}
