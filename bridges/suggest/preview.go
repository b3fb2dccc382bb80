package suggest

import (
	"slices"
	"strconv"
	"strings"

	"referworks/protocol"
)

// Standing says how a value of a referral reaches the partner's worker.
type Standing string

// The standings. Unknown stands for a partner whose card does not say what its mapping keeps.
const (
	AsField    Standing = "field"
	AsText     Standing = "text"
	Withheld   Standing = "withheld"
	NotCarried Standing = "not carried"
	Unknown    Standing = "unknown"
)

// Line is one value of a referral in the preview. It does not repeat the value.
type Line struct {
	Path     string   `json:"path"` // concrete: "person.names[0].given"
	Label    string   `json:"label"`
	Group    string   `json:"group"`
	Standing Standing `json:"standing" enum:"field,text,withheld,not carried,unknown"`
	Note     string   `json:"note,omitempty"`
}

// Preview says, before anything is sent, what a partner's medium will show of a referral: keeps is what its card says of
// its mapping (nil when it says nothing), withheld are the entries that stay behind (see Referral.Withhold). What
// belongs to the nodes themselves, ids and the like, is left out. The referral is not changed.
func Preview(r *protocol.Referral, keeps *protocol.Keeps, withheld []string) []Line {
	whole := r.Clone()
	sent := r.Clone()
	sent.Withhold(withheld)
	stays := map[string]bool{}
	sent.Visit(func(p protocol.Place) bool {
		if p.Leaf.Absent() != protocol.Withheld {
			stays[p.Path] = true
		}
		return true
	})
	gone := len(sent.Attachments) != len(whole.Attachments)
	var lines []Line
	whole.Visit(func(p protocol.Place) bool {
		if p.Leaf.IsZero() || p.Field.Technical || forNodes(p.Field.Path) {
			return true
		}
		l := Line{Path: p.Path, Label: p.Field.Label, Group: p.Field.Group}
		already := p.Leaf.Absent() == protocol.Withheld
		missing := !stays[p.Path]
		if gone && strings.HasPrefix(p.Field.Path, "attachments[]") {
			missing = !keptFile(sent, whole, p.Path)
		}
		switch {
		case already || missing:
			l.Standing = Withheld
		default:
			l.Standing, l.Note = standing(keeps, p)
		}
		lines = append(lines, l)
		return true
	})
	return lines
}

// keptFile reports whether the file that a path speaks of is among those that are sent: positions shift when one is
// left out.
func keptFile(sent, whole *protocol.Referral, path string) bool {
	for i, a := range whole.Attachments {
		if strings.HasPrefix(path, "attachments["+strconv.Itoa(i)+"]") {
			return slices.ContainsFunc(sent.Attachments, func(b protocol.Attachment) bool { return a.ID.Text() == b.ID.Text() })
		}
	}
	return false
}

func standing(keeps *protocol.Keeps, p protocol.Place) (Standing, string) {
	if keeps == nil {
		return Unknown, "the partner's card does not say what its mapping keeps"
	}
	if keeps.Has(p.Field.Path) {
		if c, ok := p.Leaf.(*protocol.Coded); ok && len(keeps.Systems) > 0 {
			if s := c.Coding().System; s != "" && !slices.Contains(keeps.Systems, s) {
				return AsField, "in words: the partner does not use these codes"
			}
		}
		return AsField, ""
	}
	if keeps.Text {
		return AsText, ""
	}
	return NotCarried, "it stays with the referral on the partner's node"
}

// forNodes reports whether a field is for nodes and not for people.
func forNodes(path string) bool {
	for _, p := range []string{"referral.id", "referral.mode", "referral.group", "provenance", "attachments[].sha256"} {
		if path == p || strings.HasPrefix(path, p+".") {
			return true
		}
	}
	return false
}
