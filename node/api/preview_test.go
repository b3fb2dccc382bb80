package api_test

import (
	"strings"
	"testing"

	"referworks/internal/testnet"
	"referworks/node/partner"
)

// A preview tells how each value reaches the worker at the partner's, by what the partner's card says of its media,
// and by what its terms and the consent keep back.
func TestPreviewAsThePartner(t *testing.T) {
	w := newWorld(t)
	type line struct{ Path, Label, Standing string }
	type view struct {
		Name, Sentence string
		Lines          []line
	}
	var seen struct{ Partners []view }
	look := func() view {
		t.Helper()
		seen.Partners = nil
		w.must(t, w.public.URL, w.elmReferrals, "", "POST", "/v1/referrals:preview?to="+string(w.partner.ID()), example(t, "legalserver-matter.json"), &seen)
		if len(seen.Partners) != 1 || seen.Partners[0].Name != "harbor" || len(seen.Partners[0].Lines) == 0 && seen.Partners[0].Sentence == "" {
			t.Fatalf("%+v", seen)
		}
		return seen.Partners[0]
	}
	standings := func() map[string]int {
		all := map[string]int{}
		for _, l := range look().Lines {
			all[l.Standing]++
		}
		return all
	}
	testnet.Eventually(t, "the partner reads everything in its inbox", func() bool {
		all := standings()
		return all["field"] > 20 && len(all) == 1
	})
	if err := w.partner.Book().Permit(t.Context(), "test", w.elm.ID(), partner.Allow{TheySend: true, Withheld: []string{"person.birthDate"}}); err != nil {
		t.Fatal(err)
	}
	testnet.Eventually(t, "what the partner's terms keep back stays here", func() bool {
		if err := w.elm.Book().Permit(t.Context(), "test", w.partner.ID(), partner.Allow{WeSend: true}); err != nil { // once they arrived
			t.Fatal(err)
		}
		all := standings()
		return all["withheld"] > 0 && all["withheld"] < 5 && all["field"] > 20
	})
	for _, l := range look().Lines {
		if (l.Standing == "withheld") != strings.HasPrefix(l.Path, "person.birthDate") {
			t.Errorf("%s is %s", l.Path, l.Standing)
		}
	}
}
