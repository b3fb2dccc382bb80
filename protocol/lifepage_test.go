package protocol_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"referworks/protocol"
)

// lifePage writes docs/lifecycle.md from the table, its words and the crosswalks.
func lifePage() []byte {
	var b bytes.Buffer
	b.WriteString(lifeHead)
	b.WriteString("\n## Where a referral can stand\n\n| status | English | Spanish | group | may follow |\n|---|---|---|---|---|\n")
	for _, name := range []string{"Undecided", "Working", "Over"} {
		for _, s := range group(name) {
			var next []string
			for _, a := range arrows() {
				if a.from == string(s) || a.from == name || a.from == "any" && slices.Contains(a.act.From, s) {
					next = append(next, "`"+string(a.to)+"`")
				}
			}
			slices.Sort(next)
			w := protocol.WordsOfStatus(s)
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", s, w.Label.EN, w.Label.ES, strings.ToLower(name), dash(strings.Join(slices.Compact(next), ", ")))
		}
	}
	b.WriteString(lifeSteps)
	for _, a := range protocol.Acts() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", a.Kind, a.By, fromWords(a), toWords(a), code(a.Needs), code(a.Takes), protocol.WordsOfAct(a.Kind).Told.EN)
	}
	b.WriteString("\n### In words\n\n| kind | English | Spanish |\n|---|---|---|\n")
	for _, a := range protocol.Acts() {
		w := protocol.WordsOfAct(a.Kind)
		fmt.Fprintf(&b, "| `%s` | **%s.** %s | **%s.** %s |\n", a.Kind, w.Button.EN, partnerWords(w.Means.EN), w.Button.ES, partnerWords(w.Means.ES))
	}
	fmt.Fprintf(&b, lifeRules, int(protocol.UnacceptWithin.Hours())/24)
	codes := func(title string, list []string, words func(string) protocol.Words) {
		fmt.Fprintf(&b, "\n### %s\n\n| code | English | Spanish |\n|---|---|---|\n", title)
		for _, c := range list {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c, words(c).EN, words(c).ES)
		}
	}
	b.WriteString("\n## Codes\n")
	codes("Reasons of a decline", protocol.DeclineReasons, protocol.ReasonWords)
	codes("Reasons of a return", protocol.ReturnReasons, protocol.ReasonWords)
	codes("Outcomes, one for each need", protocol.Outcomes, protocol.OutcomeWords)
	b.WriteString(lifeCross)
	for _, c := range protocol.Crosswalks() {
		fmt.Fprintf(&b, "\n### %s\n\n| %s | there | also | back |\n|---|---|---|---|\n", c.Name, c.Of)
		for _, r := range c.Rows {
			back := "exact"
			if r.Narrows {
				back = "narrows"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Ours, dash(r.Theirs), dash(r.Business), back)
		}
	}
	return b.Bytes()
}

// actsTable is the part of docs/protocol.md that another implementation needs.
func actsTable() string {
	var b strings.Builder
	b.WriteString("| kind | by | from | to | needs | may have | only when | rank |\n|---|---|---|---|---|---|---|---|\n")
	for _, a := range protocol.Acts() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s | %d |\n", a.Kind, a.By, fromWords(a), toWords(a), code(a.Needs), code(a.Takes), dash(string(a.When)), a.Rank)
	}
	return b.String()
}

// withTable puts the table between its marks.
func withTable(t *testing.T, page string) []byte {
	t.Helper()
	before, rest, ok := strings.Cut(page, "<!-- acts -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- acts end -->")
	if !ok || !ok2 {
		t.Fatal("docs/protocol.md has no place for the table of acts")
	}
	return []byte(before + "<!-- acts -->\n" + actsTable() + "<!-- acts end -->" + after)
}

// setWords names statuses, by group where all of one are there.
func setWords(set []protocol.Status) string {
	set = slices.Clone(set)
	var names []string
	for _, name := range []string{"Undecided", "Working", "Over"} {
		whole := group(name)
		if slices.ContainsFunc(whole, func(s protocol.Status) bool { return !slices.Contains(set, s) }) {
			continue
		}
		names = append(names, strings.ToLower(name))
		set = slices.DeleteFunc(set, func(s protocol.Status) bool { return slices.Contains(whole, s) })
	}
	for _, s := range set {
		names = append(names, "`"+string(s)+"`")
	}
	if len(names) == 3 && len(set) == 0 {
		return "any"
	}
	return strings.Join(names, ", ")
}

func fromWords(a protocol.Act) string { return setWords(a.From) }

// toWords says where an act leads, and from where when it does not from everywhere.
func toWords(a protocol.Act) string {
	if a.Kind == protocol.KindRecallAnswer {
		return "`recalled`, with a yes"
	}
	var parts []string
	for _, next := range slices.Compact(valuesOf(a.To)) {
		var from []protocol.Status
		for _, s := range a.From {
			if a.To[s] == next {
				from = append(from, s)
			}
		}
		part := "`" + string(next) + "`"
		if len(from) < len(a.From) {
			part += " (from " + setWords(from) + ")"
		}
		parts = append(parts, part)
	}
	return dash(strings.Join(parts, ", "))
}

func code(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return "`" + strings.Join(list, "`, `") + "`"
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func partnerWords(s string) string { return strings.ReplaceAll(s, "{partner}", "*partner*") }

const lifeHead = `# The life of a referral

Generated from the table in protocol/life.go; do not edit. Write it again with
` + "`go test ./protocol -run TestGeneratedFilesAreCurrent -update`" + `. The same table makes the checks at both ends, the words of the
screens and the refusals. [protocol.md](protocol.md) section 6 says the same for other implementations, with frozen
conversations in protocol/testdata/v1/life.json.

A referral is a thread of signed messages between a sender and a recipient. Both hold the same messages, and the status is what
these come to. No clock is read for it, and it does not matter in which order the messages arrived.

![The statuses and the steps between them](lifecycle.svg)
`

const lifeSteps = `
## The steps

Each row is one kind of message. A step without "to" leaves the status as it is. Only the statuses of "from" allow it; elsewhere it
is refused with a sentence that says why and what can be done instead. The message ` + "`referral`" + ` opens the thread as ` + "`new`" + `.

| kind | by | from | to | needs | may have | who is told |
|---|---|---|---|---|---|---|
`

const lifeRules = `
## Rules beside the table

**Conditions.** ` + "`recall-answer`" + ` needs a request to stop that is open, ` + "`answer`" + ` an open question of the other side, ` + "`propose-answer`" + ` an
open proposal, ` + "`purged`" + ` a request to destroy that is open. A question with an id that is still open and a second request to stop
are refused. An acceptance can be taken back for %d days; only the node of who takes it back holds to that, because the fold
reads no clock.

**Recall.** Before an acceptance it is over at once. Afterwards it is a request to stop, which the recipient answers; a yes ends the
referral, and so does taking the acceptance back. After a no the sender may ask again.

**Consent.** When the consent ends, or the referral was sent by mistake, nothing passes any more in either direction except the
answer to the request to destroy; open questions and proposals are dropped.

**Destroying.** A recall that took effect, the end of the consent and a mistake ask the recipient to destroy what it holds about the
person. The recipient answers with ` + "`purged`" + `: ` + "`agreed`" + ` true says that it cannot be read any more, false that it is kept, with the reason in
the text. After a no a further ending asks again. What the fold needs (ids and yes or no) is not about the person and stays, so that both sides still
come to the same.

**Crossing.** Two messages cross when neither author had seen the other's. Both are kept. The one with the lower rank is taken first, of
equal ranks the sender's; a message that then finds a status that does not allow it changes nothing, and is shown so.

| when these cross | then |
|---|---|
| a recall and an acceptance | the acceptance stands, and the recall becomes a request to stop |
| a recall and a review, a waiting list, a decline or a return | it is recalled |
| a recall and the outcome | it stays closed |
| a request to stop and the acceptance taken back | it is recalled |
| the end of the consent and anything but a mistake | the consent has ended |
| a mistake and anything else | it was sent by mistake |
| a question or a new version and an ending | they are taken first |

**Whose turn it is**, the first that applies: the recipient's, to answer a request to destroy; who was asked the newest open question;
the recipient's, to answer a request to stop; the sender's, to answer a proposal; the recipient's while the referral is open; otherwise nobody's.
`

const lifeCross = `
## In the words of other standards

"Narrows" means that the other standard's word says less than ours: several of ours go to it, and the first one of them comes
back. FHIR's businessStatus ("also") carries our word, so that between two readers that know it nothing is lost. HUD has a result
only where something was decided: a decline or a return is 2 when the person did not want it, could not be reached or withdrew consent,
otherwise 3; the end of the consent is 2; of several needs the best outcome counts.
`
