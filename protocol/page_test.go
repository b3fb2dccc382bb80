package protocol_test

import (
	"bytes"
	"fmt"
	"strings"

	"referworks/protocol"
)

// standardPage writes docs/standard.md from the field tree.
func standardPage() []byte {
	var b bytes.Buffer
	b.WriteString(pageHead)
	fmt.Fprintf(&b, `## Limits

- A line of text has at most %d characters, a long text %d, where the table gives no other number. Line breaks and
  tabs stand only in long texts; other control characters nowhere; in lines also no mark that turns the direction of
  writing. A conversion may call protocol.Clean first.
- A list has at most %d entries, where the schema gives no other number (maxItems).
- Dates are YYYY, YYYY-MM or YYYY-MM-DD; times RFC 3339 with offset; whole numbers within ±(2^53-1); amounts decimal
  text with at most 15 digits before the point and 6 after it; phones E.164 beside the number as it was typed.
`, protocol.MaxLine, protocol.MaxLong, protocol.MaxItems)
	group := ""
	for _, f := range protocol.Fields() {
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(&b, "\n## %s\n\n| path | label | class | kind | needed | help |\n|---|---|---|---|---|---|\n", group)
		}
		needed := ""
		switch {
		case f.Required && f.Answer:
			needed = "answer"
		case f.Required:
			needed = "value"
		}
		kind := string(f.Kind)
		switch {
		case f.Kind == protocol.LeafChoice:
			kind += " of `" + f.System + "`: " + strings.Join(f.Values, ", ")
		case f.System != "":
			kind += ", usually `" + f.System + "`"
		case f.Max > 0 && f.Max != protocol.MaxLine && f.Max != protocol.MaxLong:
			kind += fmt.Sprintf(", at most %d", f.Max)
		}
		help := f.Help
		if f.Technical {
			help += " Set by nodes; not mapped, not shown."
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", f.Path, strings.TrimPrefix(f.Label, group+" - "), f.Class, kind, needed, help)
	}
	return b.Bytes()
}

const pageHead = `# The common standard referral/1

Generated from the Go types in protocol/; do not edit. Write it again with
` + "`go test ./protocol -run TestGeneratedFilesAreCurrent -update`" + `. The same source gives
[the JSON Schema](../protocol/schema/referral-1.json).

A referral is a JSON object with the groups below. Unknown members are refused. A value that is not there is not the
same as one that is known to be absent: any value may be replaced by {"absent": "unknown"}, "declined", "not-asked" or
"withheld". A coded value is {"system", "code", "label", "original"}; "original" keeps the sender's own word.

**Needed.** "value": needed where its group is there. "answer": the same, but a reason for absence will do. Over
all, the least valid referral has the group *Referral*; the referrer's organization and a contact with a name, a phone number or
an e-mail address; one name, which may be a pseudonym (or the name of an organization that needs help); one way to
reach the person, or do-not-contact; one need; an urgency; and one consent. When it is sent, a consent must be live and
cover the recipient; a consent without recipients covers only the organization that the referral is addressed to.

**Class.** P0 plain, P1 identifying, P2 sensitive, P3 dangerous if disclosed. All parts of a confidential address are
P3. An extra fact and a file are what their own class says, P2 when they say nothing. Terms and consents may withhold
paths, whole parts, or a class with all that is more sensitive; a phone number or address never travels without the
rules that make it safe.

`
