package exchange

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"referworks/node/store"
	"referworks/protocol"
)

// A look-alike is a referral of the same person for the same need that came within 30 days, from whomever. It raises a
// banner and nothing else: a machine does not know whether two people are one. What is compared is kept as a keyed hash,
// which says nothing without a secret of the key file and goes when the referral is erased.

const (
	alikeFor    = 30 * 24 * time.Hour
	secretAlike = "look-alike"
	alikeForm   = 1
)

// likeness is what a referral is found again by; false when it says too little about who it is.
func (d *Desk) likeness(r *protocol.Referral) (store.Key, bool) {
	secret, err := d.blind()
	if err != nil {
		d.log.Error("could not read the secret for look-alikes", "error", err)
		return store.Key{}, false
	}
	who := nameOf(r)
	with := r.Person.BirthDate.Value.Text()
	for i := 0; with == "" && i < len(r.Contact.Points); i++ {
		if with = r.Contact.Points[i].E164.Text(); with == "" {
			with = folded(r.Contact.Points[i].Value.Text())
		}
	}
	if who == "" || with == "" {
		return store.Key{}, false
	}
	var needs []string
	for i := range r.Needs {
		codes := r.Needs[i].NeedCodes()
		if len(codes) > 0 {
			needs = append(needs, codes[0].System+" "+codes[0].Code)
		} else {
			needs = append(needs, folded(r.Needs[i].Text.Text()))
		}
	}
	slices.Sort(needs)
	mac := hmac.New(sha256.New, secret)
	for _, part := range append([]string{who, with}, needs...) {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return store.K("alike", base64.RawURLEncoding.EncodeToString(mac.Sum(nil))), true
}

// blind gives the secret, and makes it at the first use.
func (d *Desk) blind() ([]byte, error) {
	d.alike.once.Lock()
	defer d.alike.once.Unlock()
	if d.alike.secret != nil {
		return d.alike.secret, nil
	}
	secret, err := d.org.Keys().Get(secretAlike)
	if errors.Is(err, store.ErrNotFound) {
		secret = make([]byte, 32)
		rand.Read(secret)
		err = d.org.Keys().Set(secretAlike, secret, time.Time{})
	}
	if err == nil {
		d.alike.secret = secret
	}
	return secret, err
}

// nameOf is the first name as its words in any order, without accents, case and titles.
func nameOf(r *protocol.Referral) string {
	if len(r.Person.Names) == 0 {
		return folded(r.Person.OrganizationName.Text())
	}
	n := &r.Person.Names[0]
	if n.Family.Given() && n.Given.Given() {
		return folded(n.Given.Text() + " " + n.Family.Text())
	}
	return folded(n.Full.Text() + " " + n.Given.Text() + " " + n.Family.Text())
}

func folded(s string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(s))
	words := strings.Fields(plain)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// looksLike finds an earlier referral like the one that arrives, and puts this one in its place. It gives the number of
// the earlier one, or "".
func (d *Desk) looksLike(tx *store.Tx, key store.Key, id protocol.ReferralID, now time.Time) (protocol.ReferralID, error) {
	var at int64
	var before protocol.ReferralID
	fields := func(c *coder) { c.number(&at); text(c, &before) }
	row, err := tx.Get(key)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return "", err
	default:
		if err := decode(row.Kept, alikeForm, fields); err != nil {
			return "", err
		}
	}
	found := before
	if before == id || now.Sub(time.UnixMilli(at)) > alikeFor {
		found = ""
	}
	at, before = now.UnixMilli(), id
	return found, tx.Put(key, store.Row{Kept: encode(alikeForm, 64, fields)})
}
