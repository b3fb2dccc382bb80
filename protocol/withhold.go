package protocol

import (
	"slices"
	"strconv"
	"strings"
)

// Entries of a list of withheld things are general paths of the standard, of a leaf or of a whole part
// ("person.birthDate", "legal", "needs[].description"), or a class: "P2" withholds P2 and all that is more
// sensitive.

// KnownWithheld tells whether an entry is a path of the standard or a class.
func KnownWithheld(entry string) bool {
	return slices.Contains(classes, entry) || theStandard().byPath[entry] != nil
}

// Withhold puts {absent: withheld} in place of every value that the entries keep back, and takes such
// attachments out altogether. It gives the general paths of what was kept back, each once, in the order of the
// standard. Two things are not left to the entries:
//
//   - what machines need stays: ids, times, mode, level and the like (Required without Answer); so do the consents,
//     which say why anything travels at all, and who contacts whom, because it may say that nobody may;
//   - a contact point never travels without the rules that make it safe: when one of them is kept back, so is the
//     number or address.
//
// Unknown entries are skipped; check them with KnownWithheld where they are written. The referral is changed in
// place, with the lists that it shares with plain copies: see Clone.
func (r *Referral) Withhold(entries []string) []string {
	if len(entries) == 0 {
		return nil
	}
	w := newWithholding(entries)
	var paths []string
	seen := map[string]bool{}
	note := func(path string) {
		if !seen[path] {
			seen[path] = true
			paths = append(paths, path)
		}
	}
	r.Attachments = slices.DeleteFunc(r.Attachments, func(a Attachment) bool {
		gone := w.attachment(&a)
		if gone {
			note("attachments")
		}
		return gone
	})
	unsafe := map[string]bool{} // contact points, or "" for all, that lost a rule
	r.Visit(func(p Place) bool {
		if !p.Leaf.Given() || !w.keepsBack(p) {
			return true
		}
		p.Leaf.SetAbsent(Withheld)
		note(p.Field.Path)
		if p.Field.Path == "contact.instruction" {
			unsafe[""] = true
		} else if point, ok := strings.CutPrefix(p.Path, "contact.points["); ok && p.Field.Class == P3 {
			unsafe[point[:strings.IndexByte(point, ']')]] = true
		}
		return true
	})
	for i := range r.Contact.Points {
		if c := &r.Contact.Points[i]; unsafe[""] || unsafe[strconv.Itoa(i)] {
			for _, l := range []Slot{&c.Value, &c.E164, &c.Extension} {
				if l.Given() {
					l.SetAbsent(Withheld)
				}
			}
			note("contact.points[].value")
		}
	}
	return paths
}

// Beyond lists the concrete paths of the values that are there although the entries keep them back. Empty means
// that the referral is within them.
func (r *Referral) Beyond(entries []string) []string {
	if len(entries) == 0 {
		return nil
	}
	w := newWithholding(entries)
	var paths []string
	for i := range r.Attachments {
		if w.attachment(&r.Attachments[i]) {
			paths = append(paths, at("attachments", i))
		}
	}
	r.walk(func(t trail, p Place) bool {
		if p.Leaf.Given() && w.keepsBack(p) {
			paths = append(paths, t.path())
		}
		return true
	})
	return paths
}

type withholding struct {
	least Class // "" for no class
	parts []string
}

func newWithholding(entries []string) withholding {
	var w withholding
	for _, e := range entries {
		if slices.Contains(classes, e) {
			if w.least == "" || Class(e) < w.least {
				w.least = Class(e)
			}
		} else if n := theStandard().byPath[e]; n != nil {
			w.parts = append(w.parts, n.path)
		}
	}
	return w
}

func (w withholding) keepsBack(p Place) bool {
	f := p.Field
	if f.Required && !f.Answer || f.Technical || f.Path == "contact.initiator" || strings.HasPrefix(f.Path, "consents[]") {
		return false
	}
	if strings.HasPrefix(f.Path, "attachments[]") { // by class they go as a whole
		return w.part(f.Path)
	}
	return w.least != "" && p.Class >= w.least || w.part(f.Path)
}

func (w withholding) part(path string) bool {
	return slices.ContainsFunc(w.parts, func(part string) bool {
		return path == part || strings.HasPrefix(path, part) && path[len(part)] == '.'
	})
}

func (w withholding) attachment(a *Attachment) bool {
	return w.least != "" && a.sensitivity(P2) >= w.least || slices.Contains(w.parts, "attachments[]")
}
