package sample

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"referworks/protocol"
)

// Referral makes a valid referral with values in places that rng chooses: any field may be there, hold a reason,
// or stand twice in a list. The same rng state gives the same referral.
func Referral(rng *rand.Rand) *protocol.Referral {
	r := Minimal()
	share := rng.Float64()
	for _, f := range protocol.Fields() {
		if rng.Float64() > share || skipped(f.Path) {
			continue
		}
		fill(r, f, strings.ReplaceAll(f.Path, "[]", "[0]"), rng)
		if f.Repeats && rng.IntN(3) == 0 {
			fill(r, f, strings.ReplaceAll(f.Path, "[]", "[1]"), rng)
		}
	}
	for range 10 { // what was begun at random lacks required fields
		var problems *protocol.Problems
		if err := r.Validate(); !errors.As(err, &problems) {
			return r
		}
		for _, p := range problems.List {
			f, ok := protocol.FieldAt(p.Path)
			if !ok {
				panic("make random referral: " + p.String())
			}
			if strings.HasSuffix(f.Path, "[]") && !strings.HasSuffix(p.Path, "]") {
				p.Path += "[0]"
			}
			fill(r, f, p.Path, rng)
		}
	}
	panic("make random referral: it does not become valid: " + r.Validate().Error())
}

// skipped tells fields whose values must fit other fields.
func skipped(path string) bool {
	return strings.HasPrefix(path, "consents[]") || strings.HasPrefix(path, "provenance.chain") || path == "referrer.organization.id"
}

func fill(r *protocol.Referral, f protocol.Field, path string, rng *rand.Rand) {
	slot, err := r.At(path)
	if err != nil || slot.Given() {
		return // a list that is shorter than the position
	}
	if (!f.Required || f.Answer) && rng.IntN(8) == 0 {
		slot.SetAbsent([]protocol.Absent{protocol.Unknown, protocol.Declined, protocol.NotAsked, protocol.Withheld}[rng.IntN(4)])
		return
	}
	if c, ok := slot.(*protocol.Coded); ok && rng.IntN(2) == 0 {
		*c = code(fmt.Sprint("list", rng.IntN(3)), fmt.Sprint(rng.IntN(99)), line(rng), line(rng))
		return
	}
	if err := slot.Set(value(f, rng)); err != nil {
		panic("make random referral: " + path + " " + err.Error())
	}
}

func value(f protocol.Field, rng *rand.Rand) string {
	n := rng.IntN(1_000_000) + 1
	switch f.Kind {
	case protocol.LeafLong:
		return line(rng) + "\n\t" + line(rng)
	case protocol.LeafToken:
		return fmt.Sprint("id-", rng.Uint32())
	case protocol.LeafDate:
		return fmt.Sprintf("%d-%02d-%02d", 1900+n%130, 1+n%12, 1+n%28)[:[]int{4, 7, 10}[n%3]]
	case protocol.LeafTime, protocol.LeafWhen:
		return fmt.Sprintf("20%02d-%02d-%02dT%02d:%02d:00%+03d:30", n%90, 1+n%12, 1+n%28, n%24, n%60, n%23-11)
	case protocol.LeafFlag:
		return fmt.Sprint(n%2 == 0)
	case protocol.LeafInteger:
		return fmt.Sprint(n)
	case protocol.LeafDecimal:
		return fmt.Sprintf("%d.%02d", n, n%100)
	case protocol.LeafLanguage:
		return []string{"es", "zh-Hant", "pt-BR", "i-navajo"}[n%4]
	case protocol.LeafCountry:
		return []string{"US", "MX", "KH"}[n%3]
	case protocol.LeafCurrency:
		return []string{"USD", "EUR"}[n%2]
	case protocol.LeafPhone:
		return fmt.Sprintf("+1617555%04d", n%10000)
	case protocol.LeafEmail:
		return fmt.Sprintf("someone.%d@mail.example", n)
	case protocol.LeafHash:
		return digest(fmt.Sprint(n))
	case protocol.LeafChoice:
		return f.Values[n%len(f.Values)]
	case protocol.LeafReferral:
		return string(ReferralID(uint64(n)))
	case protocol.LeafOrg:
		return string(Org(fmt.Sprint(n)))
	}
	s := []rune(line(rng))
	return string(s[:min(len(s), f.Max)])
}

var words = []string{"Tidewater", "Ó Briain", "رحيم", "\"so-called\"", "C:\\forms", "苗栗", "<b>", "007", "naïve", "𝒳", "of", "the"}

func line(rng *rand.Rand) string {
	all := make([]string, 1+rng.IntN(4))
	for i := range all {
		all[i] = words[rng.IntN(len(words))]
	}
	return strings.Join(all, " ")
}
