package connection

import (
	"fmt"
	"slices"
	"strings"

	"referworks/bridges/record"
	"referworks/protocol"
)

// Rule names partners for referrals that name nobody: when a need has one of the codes and the person lives in one
// of the areas. An empty list matches all; the first rule that matches decides.
type Rule struct {
	Needs []protocol.NeedCode `json:"needs,omitempty"`
	Areas []string            `json:"areas,omitempty"` // beginnings of postal codes
	To    []protocol.OrgID    `json:"to"`
}

// Known is a partner that may be chosen: one with whom the words were confirmed.
type Known struct {
	ID   protocol.OrgID
	Name string // from its card
}

// recipients chooses whom a referral goes to, in the order of docs/design.md: named by the caller, by a mapped
// local field, by the connection's rules. An empty answer means that a person must choose. A name that fits
// nobody, or more than one partner, is an error: sending to fewer than were named would be silent loss.
func recipients(named, local []string, c *Connection, r *protocol.Referral, known []Known) ([]protocol.OrgID, error) {
	for _, names := range [][]string{named, local} {
		if len(names) == 0 {
			continue
		}
		var to []protocol.OrgID
		for _, name := range names {
			id, err := resolve(name, c, known)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(to, id) {
				to = append(to, id)
			}
		}
		return to, nil
	}
	for _, rule := range c.Rules {
		if rule.matches(r) {
			return slices.Clone(rule.To), nil
		}
	}
	return nil, nil
}

// resolve reads one name: an organization id, the connection's local name for a partner, or the partner's own
// name; names are compared without case, spaces and punctuation.
func resolve(name string, c *Connection, known []Known) (protocol.OrgID, error) {
	if id, err := protocol.ParseOrgID(strings.TrimSpace(name)); err == nil {
		return id, nil
	}
	loose := record.Loose(name)
	for local, id := range c.Recipients {
		if record.Loose(local) == loose {
			return id, nil
		}
	}
	var fits []Known
	for _, k := range known {
		if record.Loose(k.Name) == loose {
			fits = append(fits, k)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0].ID, nil
	case 0:
		return "", fmt.Errorf("no partner is called %q here; the partners are: %s", clip(name), partnerNames(known))
	}
	return "", fmt.Errorf("%d partners are called %q; name the one you mean by its organization id", len(fits), clip(name))
}

func (rule *Rule) matches(r *protocol.Referral) bool {
	if len(rule.Needs) > 0 {
		fits := false
		for _, n := range needCodes(r) {
			fits = fits || slices.Contains(rule.Needs, n)
		}
		if !fits {
			return false
		}
	}
	return len(rule.Areas) == 0 || slices.ContainsFunc(postalCodes(r), func(code string) bool {
		return slices.ContainsFunc(rule.Areas, func(area string) bool { return strings.HasPrefix(code, area) })
	})
}

func partnerNames(known []Known) string {
	if len(known) == 0 {
		return "none yet; invite one first"
	}
	var names []string
	for _, k := range known {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// clip shortens a name that came from outside before it is shown.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// needCodes lists the codes of a referral's needs, in all systems.
func needCodes(r *protocol.Referral) []protocol.NeedCode {
	var all []protocol.NeedCode
	for _, n := range r.Needs {
		for _, c := range n.Codes {
			if v := c.Coding(); v.Code != "" {
				all = append(all, protocol.NeedCode{System: v.System, Code: v.Code})
			}
		}
	}
	return all
}

func postalCodes(r *protocol.Referral) []string {
	var all []string
	for _, a := range r.Person.Addresses {
		if a.PostalCode.Given() {
			all = append(all, a.PostalCode.Text())
		}
	}
	return all
}
