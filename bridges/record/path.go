package record

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Step tells how a Segment goes into a list.
type Step uint8

// The steps. A list in JSON is a List; in XML it is elements of one name beside each other. Each, Item and
// Where treat both alike, and a single value as a list of one.
const (
	Plain Step = iota // a member, the first when several have the name
	Each              // name[]: every item
	Item              // name[2]: one item, from 0
	Where             // name[kind=mobile,resource.type=x]: the items whose members have these texts
)

// Match is one condition of a Where step: the member Name has the text Value. In is the way from the item to the object
// that has the member: names, and lists as [] of which any item will do; empty for a member of the item itself.
type Match struct {
	Name, Value string
	In          Path
}

// Segment is one part of a Path.
type Segment struct {
	Name  string
	Self  bool   // no member is named: the list at hand is entered, the root list or a list in a list
	Space string // namespace URI that an XML element must have; "" for any
	Step  Step
	Index int
	Match []Match
	// Follow goes on at the resource that what was found refers to, as FHIR does: name->
	Follow bool
}

// Path names a place, or places, in a tree. The empty Path is the root.
type Path []Segment

// maxPath bounds what ParsePath reads, in bytes.
const maxPath = 2000

// PathError says what is wrong with a path and where, from 1 in bytes.
type PathError struct {
	Path   string
	At     int
	Reason string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("path %q, character %d: %s", e.Path, e.At, e.Reason)
}

// ParsePath reads the one notation for places:
//
//	a.b                                     a member of a member
//	list[]  list[0]                         all items, one item
//	list[kind=mobile,use=home].value        the items with these members; Set makes the item when it is missing
//	entry[resource.resourceType=Patient]    the same with a member further down
//	identifier[type.coding[].code=MR]       and through a list, of which any item will do
//	@attr  "First Name"                     an attribute, a name with other characters
//	entry[resource.resourceType=Task].resource.for->name[].family
//	                                        -> goes on at the resource that a FHIR reference names
//
// Names and match values with other characters than letters, digits and _ - @ # $ : / + stand in double quotes,
// with \" and \\ inside. "" and "." are the root.
func ParsePath(s string) (Path, error) {
	if s == "" || s == "." {
		return Path{}, nil
	}
	if len(s) > maxPath {
		return nil, &PathError{Path: s[:40] + "…", At: maxPath, Reason: "is too long"}
	}
	if !utf8.ValidString(s) {
		return nil, &PathError{Path: strings.ToValidUTF8(s, "?"), At: 1, Reason: "is not UTF-8 text"}
	}
	p := pathParser{s: s}
	path, reason := p.path()
	if reason != "" {
		return nil, &PathError{Path: s, At: p.i + 1, Reason: reason}
	}
	return path, nil
}

// MustPath is ParsePath for paths written in the program; it panics on a wrong one.
func MustPath(s string) Path {
	p, err := ParsePath(s)
	if err != nil {
		panic(err)
	}
	return p
}

type pathParser struct {
	s string
	i int
}

func (p *pathParser) path() (Path, string) {
	var out Path
	for {
		var seg Segment
		if p.peek() != '[' {
			name, reason := p.word("a name")
			if reason != "" {
				return nil, reason
			}
			seg.Name = name
		} else if len(out) > 0 && p.s[p.i-1] == '.' {
			return nil, "a name is expected after the dot"
		} else {
			seg.Self = true
		}
		if p.peek() == '[' {
			if reason := p.bracket(&seg); reason != "" {
				return nil, reason
			}
		}
		if strings.HasPrefix(p.s[p.i:], "->") {
			p.i += 2
			seg.Follow = true
		}
		out = append(out, seg)
		switch c := p.peek(); {
		case c == 0:
			return out, ""
		case c == '[' || seg.Follow && c != '.':
		case c == '.' && !seg.Follow:
			p.i++
		default:
			return nil, "a dot or a bracket is expected"
		}
	}
}

func (p *pathParser) bracket(seg *Segment) string {
	p.i++
	if p.peek() == ']' {
		p.i++
		seg.Step = Each
		return ""
	}
	if end := strings.IndexByte(p.s[p.i:], ']'); end > 0 {
		if n, err := strconv.Atoi(p.s[p.i : p.i+end]); err == nil && n >= 0 && n <= 1_000_000 && strconv.Itoa(n) == p.s[p.i:p.i+end] {
			p.i += end + 1
			seg.Step, seg.Index = Item, n
			return ""
		}
	}
	seg.Step = Where
	for {
		m, reason := p.condition()
		if reason != "" {
			return reason
		}
		seg.Match = append(seg.Match, m)
		switch p.peek() {
		case ',':
			p.i++
		case ']':
			p.i++
			return ""
		default:
			return "a closing bracket is expected"
		}
	}
}

// condition reads member=value, where the member may stand further down: a.b[].c=value.
func (p *pathParser) condition() (Match, string) {
	var m Match
	for {
		name, reason := p.word("a number, or a condition like kind=mobile,")
		if reason != "" {
			return m, reason
		}
		step := Plain
		if strings.HasPrefix(p.s[p.i:], "[]") {
			p.i += 2
			step = Each
		}
		switch c := p.peek(); {
		case c == '.':
			p.i++
			m.In = append(m.In, Segment{Name: name, Step: step})
			continue
		case c == ']' && step == Plain && len(m.In) == 0:
			return m, "a number, or a condition with an equals sign like kind=mobile, is expected in the brackets"
		case c != '=' || step != Plain:
			return m, "an equals sign is expected in the brackets"
		}
		p.i++
		m.Name = name
		m.Value, reason = p.word("a value")
		return m, reason
	}
}

func (p *pathParser) word(what string) (string, string) {
	if p.peek() == '"' {
		return p.quoted()
	}
	start := p.i
	for p.i < len(p.s) {
		r, size := utf8.DecodeRuneInString(p.s[p.i:])
		if !bareRune(r) || r == '-' && strings.HasPrefix(p.s[p.i:], "->") {
			break
		}
		p.i += size
	}
	if p.i == start {
		return "", what + " is expected"
	}
	return p.s[start:p.i], ""
}

func (p *pathParser) quoted() (string, string) {
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case '"':
			p.i++
			return b.String(), ""
		case '\\':
			p.i++
			if next := p.peek(); next != '"' && next != '\\' {
				return "", `after a backslash only " or \ may stand`
			}
			b.WriteByte(p.s[p.i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "the closing quotation mark is missing"
}

func (p *pathParser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func bareRune(r rune) bool {
	return isWordRune(r) || r < 0x80 && strings.IndexByte("_-@#$:/+", byte(r)) >= 0
}

func isWordRune(r rune) bool {
	return r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') ||
		r >= 0x80 && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// String writes the path in the notation that ParsePath reads; equal paths have equal strings.
func (p Path) String() string {
	if len(p) == 0 {
		return "."
	}
	if len(p) == 1 && p[0].Step == Plain && !p[0].Self && !p[0].Follow && bare(p[0].Name) {
		return p[0].Name
	}
	var b strings.Builder
	for i, seg := range p {
		if i > 0 && !seg.Self && !p[i-1].Follow {
			b.WriteByte('.')
		}
		if !seg.Self {
			writeWord(&b, seg.Name)
		}
		switch seg.Step {
		case Each:
			b.WriteString("[]")
		case Item:
			b.WriteString("[" + strconv.Itoa(seg.Index) + "]")
		case Where:
			for j, m := range seg.Match {
				b.WriteByte("[,"[min(j, 1)])
				if len(m.In) > 0 {
					b.WriteString(m.In.String())
					b.WriteByte('.')
				}
				writeWord(&b, m.Name)
				b.WriteByte('=')
				writeWord(&b, m.Value)
			}
			b.WriteByte(']')
		}
		if seg.Follow {
			b.WriteString("->")
		}
	}
	return b.String()
}

func writeWord(b *strings.Builder, s string) {
	if bare(s) {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s))
	b.WriteByte('"')
}

// bare reports whether a word may stand without quotation marks.
func bare(s string) bool {
	for _, r := range s {
		if !bareRune(r) {
			return false
		}
	}
	return s != ""
}

// Bind resolves the prefixes of names like ref:Client through namespaces (prefix to URI) and returns the
// bound path; names with a prefix that is not listed stay whole.
func (p Path) Bind(namespaces map[string]string) Path {
	out := make(Path, len(p))
	copy(out, p)
	for i := range out {
		out[i].Name, out[i].Space = bindName(out[i].Name, out[i].Space, namespaces)
		if len(out[i].Match) == 0 {
			continue
		}
		bound := make([]Match, len(out[i].Match))
		for j, m := range out[i].Match {
			m.Name, _ = bindName(m.Name, "", namespaces)
			m.In = m.In.Bind(namespaces)
			bound[j] = m
		}
		out[i].Match = bound
	}
	return out
}

func bindName(name, space string, namespaces map[string]string) (string, string) {
	mark := ""
	if strings.HasPrefix(name, "@") {
		mark, name = "@", name[1:]
	}
	prefix, local, found := strings.Cut(name, ":")
	if uri, known := namespaces[prefix]; found && known && local != "" {
		return mark + local, uri
	}
	return mark + name, space
}

// Lists reports how many segments enter a list.
func (p Path) Lists() int {
	n := 0
	for _, seg := range p {
		if seg.Step != Plain {
			n++
		}
	}
	return n
}
