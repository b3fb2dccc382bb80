package protocol

// NamesFirst is the part of a referral by which an organization that gives legal help finds out whether it may help: who
// the parties are, and what kind of help is asked for. It lists what travels, so that a new field of the standard stays
// behind until somebody adds it here. Nobody may contact the person on the strength of it.
func (r *Referral) NamesFirst() *Referral {
	r = r.Clone()
	out := &Referral{
		Header: r.Header, Referrer: r.Referrer, Target: r.Target, Consents: r.Consents,
		Contact: Contact{Initiator: Choose(DoNotContact)},
		Urgency: Urgency{Level: r.Urgency.Level, RespondBy: r.Urgency.RespondBy},
		Legal:   Legal{Jurisdiction: r.Legal.Jurisdiction, CountyOfDispute: r.Legal.CountyOfDispute, OpposingCounsel: r.Legal.OpposingCounsel, ConflictCheck: Choose(ConflictNotRun)},
	}
	out.Person.Names, out.Person.OrganizationName, out.Person.BirthDate = r.Person.Names, r.Person.OrganizationName, r.Person.BirthDate
	for _, p := range r.People {
		out.People = append(out.People, Party{
			Ref: p.Ref, Role: p.Role, Relationship: p.Relationship, Names: p.Names, BirthDate: p.BirthDate, OrganizationName: p.OrganizationName,
			PotentialConflict: p.PotentialConflict,
		})
	}
	for _, n := range r.Needs {
		kept := Need{ID: n.ID, Text: Missing[Text](Withheld)}
		for _, c := range n.Codes {
			if v := c.Coding(); v.Code != "" { // without the sender's own words
				kept.Codes = append(kept.Codes, CodedAs(Coding{System: v.System, Code: v.Code, Label: v.Label}))
			}
		}
		if len(kept.Codes) == 0 {
			kept.Codes = []Coded{Missing[Coded](Withheld)}
		}
		out.Needs = append(out.Needs, kept)
	}
	for i := range out.Consents {
		out.Consents[i].Form = Token{} // the paper stays behind too
	}
	out.Provenance.Chain = r.Provenance.Chain
	return out
}
