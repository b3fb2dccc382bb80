package main

import (
	"strings"
	"testing"

	"referworks/node/spanish"
)

// Names of products and words of a vendor's own, which are the same in Spanish.
var asTheyAre = map[string]bool{
	"Airtable": true, "CiviCRM": true, "Clio Manage": true, "CommCare HQ": true, "DHIS2 tracker": true, "FHIR R4 (SDOHCC: ServiceRequest and Task)": true, "LegalServer": true,
	"Odoo 19": true, "Primero v2 (CPIMS+, GBVIMS+)": true, "Salesforce": true,
}

// The form of every medium and every preset is there in Spanish, with what it asks of the vendor.
func TestEveryFormIsThereInSpanish(t *testing.T) {
	kinds := media(t.TempDir(), config{})
	if len(kinds) < 20 {
		t.Fatalf("only %d kinds", len(kinds))
	}
	for name, k := range kinds {
		texts := append([]string{k.Title, k.Help}, strings.Split(k.Vendor, "\n")...)
		for _, s := range k.Settings {
			texts = append(texts, s.Label, s.Help)
		}
		for _, text := range texts {
			if text != "" && !asTheyAre[text] && spanish.Say(text) == text && !spanish.Has(text) {
				t.Errorf("%s: %q is not in node/spanish/es.json", name, text)
			}
		}
	}
}
