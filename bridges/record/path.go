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
	Where             // name[kind=mobile,use=home]: the items whose members have these texts
)

// Match is one condition of a Where step.
type Match struct{ Name, Value string }

// Segment is one part of a Path.
type Segment struct {
	Name  string
	Self  bool   // no member is named: the list at hand is entered, the root list or a list in a list
	Space string // namespace URI that an XML element must have; "" for any
	Step  Step
	Index int
	Match []Match
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

// ParsePath reads the one notation for places: a.b, list[], list[0], list[kind=mobile].value, @attr,
// "First Name". Names and match values with other characters than letters, digits and _ - @ # $ : / + stand in
// double quotes, with \" and \\ inside. "" and "." are the root.
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
		out = append(out, seg)
		switch p.peek() {
		case 0:
			return out, ""
		case '.':
			p.i++
		case '[':
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
	seg.Step = Where
	for {
		name, reason := p.word("a number, or a condition like kind=mobile,")
		if reason != "" {
			return reason
		}
		if p.peek() == ']' && len(seg.Match) == 0 {
			n, err := strconv.Atoi(name)
			if err != nil || n < 0 || n > 1_000_000 || strconv.Itoa(n) != name {
				return "a number, or a condition like kind=mobile, is expected in the brackets"
			}
			p.i++
			seg.Step, seg.Index = Item, n
			return ""
		}
		if p.peek() != '=' {
			return "an equals sign is expected in the brackets"
		}
		p.i++
		value, reason := p.word("a value")
		if reason != "" {
			return reason
		}
		seg.Match = append(seg.Match, Match{name, value})
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

func (p *pathParser) word(what string) (string, string) {
	if p.peek() == '"' {
		return p.quoted()
	}
	start := p.i
	for p.i < len(p.s) {
		r, size := utf8.DecodeRuneInString(p.s[p.i:])
		if !bareRune(r) {
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
	if len(p) == 1 && p[0].Step == Plain && !p[0].Self && bare(p[0].Name) {
		return p[0].Name
	}
	var b strings.Builder
	for i, seg := range p {
		if i > 0 && !seg.Self {
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
				writeWord(&b, m.Name)
				b.WriteByte('=')
				writeWord(&b, m.Value)
			}
			b.WriteByte(']')
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
		mark := ""
		name := out[i].Name
		if strings.HasPrefix(name, "@") {
			mark, name = "@", name[1:]
		}
		prefix, local, found := strings.Cut(name, ":")
		if uri, known := namespaces[prefix]; found && known && local != "" {
			out[i].Name, out[i].Space = mark+local, uri
		}
	}
	return out
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
