package spanish_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"referworks/node/spanish"
)

// What people read of each package. Of the first, parts of sentences too: their sentences are put together.
var (
	inParts = []string{"bridges/record", "bridges/rest", "bridges/folder", "bridges/webhook", "bridges/mapping", "bridges/suggest", "bridges/schema", "bridges/connector", "protocol", "node/exchange", "node/connection", "node/partner", "node/account", "node/calendar", "node"}
	inWhole = []string{"bridges/email", "node/api"}
)

// Files whose texts nobody reads on a screen, or that say both languages themselves.
var aside = regexp.MustCompile(`/(lifewords|words|pagetext|letter|bulletin|crosswalk|vocabulary|openapi|xsd[a-z]*|yaml|coded|leafjson|leaf|leaftypes)\.go|protocol/schema\.go`)

var (
	sentence = regexp.MustCompile(`^[A-Z{][^\n]* [^\n]*[.?]$`)
	ownWords = regexp.MustCompile(`[áéíóúñ¿«»]| que | una | su | del | la |para `)
	noWords  = regexp.MustCompile(`[<>\x00]|\n$|^[a-z]+(-[a-z]+)+ |^[A-Z]{3,}\b|: \{\}$|^[{} ]*$`)
)

// Texts that are no sentences: times, lists of words, and what stays with programs. Each by its beginning.
var noSentences = []string{
	"Monday, January 2", "Mon 2 Jan 2006", "{} {} de {}", "confirm {} {}", "pair {} {}", "FHIR R4 Task.status", "ours, learnt back ", "The original.", "The file.",
	"Send and receive referrals in your own system's format.", "application/xml, text/xml", "remote error: tls: ", "application/json, application/problem", "ssn socialsecurity ", "every 2 weeks", "cada dos semanas", "jr sr ii ", "need needed ", "true false yes no ", "jan feb mar ",
}

func TestEverySentenceOfTheNodeIsThereInSpanish(t *testing.T) {
	looked := 0
	look := func(dir string, whole bool) {
		missing := map[string]bool{}
		for _, s := range sentences(t, "../../"+dir) {
			isSentence := sentence.MatchString(s.text)
			switch {
			case aside.MatchString(s.at), ownWords.MatchString(s.text), noWords.MatchString(s.text), slices.ContainsFunc(noSentences, func(no string) bool { return strings.HasPrefix(s.text, no) }), missing[s.text]:
			case !isSentence && (whole || strings.Count(strings.TrimSpace(s.text), " ") < 2):
			default:
				looked++
				if !spanish.Has(s.text) {
					missing[s.text] = true
					t.Errorf("%s: %q is not in node/spanish/es.json", s.at, s.text)
				}
			}
		}
	}
	for _, dir := range inParts {
		look(dir, false)
	}
	for _, dir := range inWhole {
		look(dir, true)
	}
	if looked < 1100 {
		t.Errorf("only %d texts were found", looked)
	}
}

// The list itself: as many values in Spanish as in English, usted, and no English left standing.
func TestTheListIsWhole(t *testing.T) {
	b, err := os.ReadFile("es.json")
	if err != nil {
		t.Fatal(err)
	}
	var parts map[string]map[string]string
	if err := json.Unmarshal(b, &parts); err != nil {
		t.Fatal(err)
	}
	hole := regexp.MustCompile(`\{[n0-9]?\}`)
	familiar := regexp.MustCompile(`(?i)\b(tú|tu|tus|contigo|inválid[oa]s?|fallid[oa]s?)\b`)
	seen := map[string]string{}
	for part, texts := range parts {
		for english, said := range texts {
			if strings.TrimSpace(said) == "" {
				t.Errorf("%q says nothing", english)
			}
			if len(hole.FindAllString(english, -1)) != len(hole.FindAllString(said, -1)) {
				t.Errorf("%q and %q have not the same values", english, said)
			}
			if w := familiar.FindString(said); w != "" {
				t.Errorf("%q says %q", said, w)
			}
			if other, ok := seen[english]; ok && part != "labels" && other != "labels" {
				t.Errorf("%q stands in %s and in %s", english, part, other)
			}
			seen[english] = part
		}
	}
}

func TestSay(t *testing.T) {
	for english, want := range map[string]string{
		"":                                      "",
		"Somebody's own text":                   "Somebody's own text",
		"The other side is busy. We try again.": "La otra parte está ocupada. Lo intentamos de nuevo.",
		"Harbor Legal Aid is not a partner. Invite them first.":                                                    "Harbor Legal Aid no es una organización asociada. Invítela primero.",
		"Harbor has suspended this. It waits until they resume.":                                                   "Harbor lo suspendió. Espera hasta que lo reanude.",
		"Referred person - First name: it is required and is empty.":                                               "Persona derivada - Nombre de pila: es obligatorio y está vacío.",
		"Birthday: it is no date in one of the declared formats.":                                                  "Birthday: no es una fecha en uno de los formatos indicados.",
		"12 fields were converted, 3 filled in by the mapping.":                                                    "12 campos con conversión, 3 con un valor que puso la relación de campos.",
		"2 fields travel as extra facts: Pets, Car.":                                                               "2 campos viajan como datos adicionales: Pets, Car.",
		"the function \"fist\" is not known here; did you mean \"list\"?":                                          "aquí no se conoce la función \"fist\"; ¿quiso decir «list»?",
		"the standard has no place \"person.naem\"; did you mean \"person.names\"?":                                "el estándar no tiene ningún lugar \"person.naem\"; ¿quiso decir «person.names»?",
		"\"x\" is already written by the rule r1; two rules cannot write one place":                                "la regla r1 ya escribe \"x\"; dos reglas no pueden escribir un mismo lugar",
		"publish mapping m: 1 of its 2 tests fail, so it was not published:\n- Test 1":                             "al publicar la relación de campos m: 1 de sus 2 pruebas no salen bien, así que no se publicó:\n- Test 1",
		"connection \"intake\": no such thing":                                                                     "conexión \"intake\": no such thing",
		"4 of 5 values are dates before 2020":                                                                      "4 de 5 valores son fechas anteriores a 2020",
		"The document is too large for the system (413). In the mapping this is \"a\", and \"b\" of the standard.": "El documento es demasiado grande para el sistema (413). En la relación de campos esto es \"a\", y \"b\" en el estándar.",
		"The connection \"to be true or false\" is paused.":                                                        "La conexión \"to be true or false\" está en pausa.",
	} {
		if got := spanish.Say(english); got != want {
			t.Errorf("%q\n got %q\nwant %q", english, got, want)
		}
	}
}

func TestWanted(t *testing.T) {
	for header, want := range map[string]bool{"": false, "en": false, "es": true, "es-US,es;q=0.9,en;q=0.8": true, "en-US,es;q=0.5": false, "ES": true} {
		if spanish.Wanted(header) != want {
			t.Errorf("%q: %v", header, !want)
		}
	}
}

// A partner's report is shown too: whatever stands in it, it is answered at once and never breaks anything.
func FuzzSay(f *testing.F) {
	for _, s := range []string{"a", "it is no date. it is no date.", strings.Repeat("a. ", 200), strings.Repeat("row 1: ", 200), strings.Repeat("x; ", 300), "{}", "\n- \n- "} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) { spanish.Say(text) })
}
