package exchange

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"referworks/node/store"
	"referworks/protocol"
)

// Gist is what a list shows of a referral, so that nobody opens ten to find one. It is about the person: it stands in a
// row of its own, sealed with the case, and goes with it.
type Gist struct {
	Initials string // of the person, or of the organization that is referred
	System   string // of Code; empty without one
	Code     string // of the first need, where it has one
	Need     string // the first need in the sender's words, at most maxNeed letters
	Urgency  protocol.UrgencyLevel
}

func (g *Gist) fields(c *coder) {
	text(c, &g.Initials)
	text(c, &g.System)
	text(c, &g.Code)
	text(c, &g.Need)
	text(c, &g.Urgency)
}

const (
	maxNeed     = 80
	maxInitials = 3
)

func gistKey(p protocol.OrgID, id protocol.ReferralID) store.Key {
	return store.K("gist", string(p), string(id))
}

// gistOf writes the gist of a referral.
func gistOf(r *protocol.Referral) []byte {
	g := Gist{Initials: initialsOf(&r.Person), Urgency: r.Urgency.Level.Value()}
	for i := range r.Needs {
		n := &r.Needs[i]
		if codes := n.NeedCodes(); len(codes) > 0 {
			g.System, g.Code = codes[0].System, codes[0].Code
		}
		if g.Need = n.Text.Text(); g.Need == "" && len(n.Codes) > 0 {
			g.Need = n.Codes[0].Text()
		}
		if g.Code != "" || g.Need != "" {
			break
		}
	}
	if cut := []rune(g.Need); len(cut) > maxNeed {
		g.Need = string(cut[:maxNeed-1]) + "…"
	}
	return encode(gistForm, 128, g.fields)
}

// initialsOf gives the first letters of the name that the person likes, else of the first one. To a single word the
// family name of another one is added.
func initialsOf(p *protocol.Person) string {
	if len(p.Names) == 0 {
		return lettersOf(strings.Fields(p.OrganizationName.Text()))
	}
	name := &p.Names[0]
	for i := range p.Names {
		if p.Names[i].Use.Is(protocol.NamePreferred) {
			name = &p.Names[i]
			break
		}
	}
	words := wordsOf(name)
	for i := range p.Names {
		if other := wordsOf(&p.Names[i]); len(words) == 1 && len(other) > 1 {
			words = append(words, other[1])
		}
	}
	return lettersOf(words)
}

// wordsOf gives the first and the family name, as far as they are there; of a name in one piece its first and last word.
func wordsOf(n *protocol.Name) []string {
	words := strings.Fields(n.Full.Text())
	if given, family := n.Given.Text(), n.Family.Text(); given != "" || family != "" {
		words = []string{given, family}
	}
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	return words
}

// lettersOf gives the first letter of each word, with a dot: "M. R."
func lettersOf(words []string) string {
	var all []string
	for _, w := range words {
		if i := strings.IndexFunc(w, unicode.IsLetter); i >= 0 && len(all) < maxInitials {
			r := []rune(w[i:])
			all = append(all, string(unicode.ToUpper(r[0]))+".")
		}
	}
	return strings.Join(all, " ")
}

// readGist gives a referral's gist: the zero one when it was erased, or came before gists were kept.
func readGist(tx *store.Tx, p protocol.OrgID, id protocol.ReferralID) (g Gist, err error) {
	row, err := tx.Get(gistKey(p, id))
	if errors.Is(err, store.ErrNotFound) || err == nil && len(row.Private) == 0 {
		return g, nil
	}
	if err == nil {
		err = decode(row.Private, gistForm, g.fields)
	}
	if err != nil {
		return g, fmt.Errorf("read gist: %w", err)
	}
	return g, nil
}

// keepGist writes the gist of a referral's newest version.
func keepGist(tx *store.Tx, t *thread, all []protocol.Said) error {
	for i := len(all) - 1; i >= 0 && !t.erased; i-- {
		if r := all[i].Step.Referral; r != nil && all[i].Kind == protocol.KindUpdate {
			return tx.Put(gistKey(t.Partner, t.Referral), store.Row{Case: t.held, Private: gistOf(r)})
		}
	}
	return nil
}
