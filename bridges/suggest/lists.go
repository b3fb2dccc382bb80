package suggest

import (
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Lists that the standard does not ship as code systems: languages and countries come with the language tables, some
// others in tables/lists.tsv.
const (
	languageList = "bcp47"
	countryList  = "country"
)

// ownLists says which list of ours goes with a coded field that has no usual system.
var ownLists = map[string]string{
	"person.gender[]": "gender", "person.sexAtBirth": "sex", "person.maritalStatus": "marital-status",
	"person.raceEthnicity[]": "race-ethnicity", "eligibility.income[].type": "income-type",
	"eligibility.insurance[].type": "insurance-type", "situation.living": "living-situation",
	"person.citizenship": "citizenship",
}

type listed struct{ code, label, spanish string }

var ownTables = sync.OnceValue(func() map[string][]listed {
	all := map[string][]listed{}
	for _, r := range rows("lists.tsv") {
		all[r[0]] = append(all[r[0]], listed{r[1], r[2], r[3]})
	}
	all[languageList] = append(languages(), all[languageList]...)
	all[countryList] = countries()
	return all
})

func localList(system string) []listed { return ownTables()[system] }

// languages gives the languages with a code of two letters; tables/lists.tsv has the others that are often met.
func languages() []listed {
	en, es := display.English.Languages(), display.Spanish.Languages()
	var all []listed
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			base, err := language.ParseBase(string(a) + string(b))
			if err != nil || base.String() != string(a)+string(b) {
				continue
			}
			if name := en.Name(base); name != "" {
				all = append(all, listed{base.String(), name, es.Name(base)})
			}
		}
	}
	return all
}

// tagged gives the language of a language tag, "es" of "es-MX", or "".
func tagged(text string) string {
	if len(text) < 2 || len(text) > 12 {
		return ""
	}
	tag, err := language.Parse(text)
	if err != nil {
		return ""
	}
	base, sure := tag.Base()
	if sure != language.Exact {
		return ""
	}
	return base.String()
}

func countries() []listed {
	en, es := display.English.Regions(), display.Spanish.Regions()
	var all []listed
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string(a) + string(b))
			if err != nil || !r.IsCountry() || r.String() != string(a)+string(b) {
				continue
			}
			if name := en.Name(r); name != "" {
				all = append(all, listed{r.String(), name, es.Name(r)})
			}
		}
	}
	return all
}
