package connection_test

import (
	"strings"
	"testing"

	"referworks/node/connection"
	"referworks/protocol"
)

// Whom a document goes to when it names nobody: the first rule that fits by need and area.
func TestRulesChooseByNeedAndArea(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		a.publish("matter", "harbor-legalserver")
		doc := strings.Replace(string(matter(t)), `"refer_to"`, `"refer_to_none"`, 1)
		c := connection.Connection{ID: "in", Name: "in", Kind: connection.KindAPI, Direction: connection.In, Format: "json", Mapping: "matter", Consent: statement}
		preview := func(rules ...connection.Rule) ([]protocol.OrgID, *protocol.Referral, string) {
			t.Helper()
			c.Rules = rules
			must(t, a.set.Put(c, nil, "test"))
			all, err := a.set.Preview(connection.Submission{Format: "json", Raw: []byte(doc), Actor: "test"})
			must(t, err)
			return all[0].To, all[0].Referral, all[0].Sentence
		}
		to, r, sentence := preview()
		if len(to) != 0 || !strings.Contains(sentence, "no rule of the connection fits") {
			t.Fatalf("without rules it goes to %v: %s", to, sentence)
		}
		var need protocol.NeedCode
		for _, n := range r.Needs {
			for _, code := range n.Codes {
				if v := code.Coding(); v.Code != "" {
					need = protocol.NeedCode{System: v.System, Code: v.Code}
				}
			}
		}
		zip := r.Person.Addresses[0].PostalCode.Text()
		if need.Code == "" || len(zip) < 5 {
			t.Fatalf("the sample has no need %v or no postal code %q", need, zip)
		}
		us, them := a.OrgID(), b.OrgID()
		other := protocol.NeedCode{System: need.System, Code: need.Code + "-other"}
		for name, c := range map[string]struct {
			rules []connection.Rule
			want  protocol.OrgID
		}{
			"need":            {[]connection.Rule{{Needs: []protocol.NeedCode{other}, To: []protocol.OrgID{us}}, {Needs: []protocol.NeedCode{need}, To: []protocol.OrgID{them}}}, them},
			"area":            {[]connection.Rule{{Areas: []string{"99"}, To: []protocol.OrgID{us}}, {Areas: []string{"98", zip[:3]}, To: []protocol.OrgID{them}}}, them},
			"both must fit":   {[]connection.Rule{{Needs: []protocol.NeedCode{need}, Areas: []string{"99"}, To: []protocol.OrgID{us}}}, ""},
			"first that fits": {[]connection.Rule{{To: []protocol.OrgID{them}}, {Needs: []protocol.NeedCode{need}, To: []protocol.OrgID{us}}}, them},
		} {
			to, _, _ := preview(c.rules...)
			if c.want == "" && len(to) != 0 || c.want != "" && (len(to) != 1 || to[0] != c.want) {
				t.Errorf("%s: it goes to %v, want %s", name, to, c.want.Short())
			}
		}
	})
}
