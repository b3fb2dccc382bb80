package connection

import (
	"encoding/json"
	"errors"
	"fmt"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/protocol"
)

// Example is a document to be converted for the person who works at a mapping. Nothing of it is kept.
type Example struct {
	Mapping    []byte // a mapping document; empty: what is published under Name
	Name       string // whose connections state the consent; may be empty with a Mapping
	Out        bool   // Input is a referral in the standard's JSON, else a document of ours in the format of the mapping
	Input      []byte
	Back       bool // the referrals of Input are converted back too, as if they came from a partner
	BareStated bool // without what a connection would state (contact, consent) when none uses the name
}

// Outcome is one referral that an example came to, or the document of ours.
type Outcome struct {
	Referral *protocol.Referral // in
	Document []byte             // out
	Report   *mapping.Report
	Holds    []mapping.HoldReason // why a person would have to look
	Letter   *mapping.Letter      // out: the same for a person to read
	Back     *Outcome             // of Referral, when it was asked for
}

// Convert converts an example as a connection would: the referrals of a document, or the document of a referral. The
// format is that of the documents of ours.
func (s *Set) Convert(in Example) (all []Outcome, format string, err error) {
	m, err := s.mappingOf(in)
	if err != nil {
		return nil, "", err
	}
	format = m.Document().Side.Format
	about, err := s.exampleContext(in)
	if err != nil {
		return nil, "", err
	}
	if in.Out {
		one, err := convertOut(m, in.Input, about)
		return []Outcome{one}, format, err
	}
	doc, err := record.Decode(record.Format(format), in.Input, record.Limits{Size: maxDocument})
	if err != nil {
		return nil, "", &Unreadable{err}
	}
	records := doc.Records()
	if len(records) > maxRows {
		return nil, "", &Unreadable{fmt.Errorf("the file has %d rows; try it with at most %d", len(records), maxRows)}
	}
	for _, rec := range records {
		for _, need := range m.Split(rec, about) {
			var one Outcome
			if one.Referral, one.Report, err = m.ToReferral(need, about); err != nil {
				if one.Holds, err = holdsOf(err); err != nil {
					return nil, "", err
				}
			}
			if in.Back && one.Referral != nil {
				back, err := back(m, one.Referral, about)
				if err != nil {
					return nil, "", err
				}
				one.Back = &back
			}
			all = append(all, one)
		}
	}
	return all, format, nil
}

func (s *Set) mappingOf(in Example) (*mapping.Mapping, error) {
	if len(in.Mapping) > 0 {
		doc, err := mapping.Parse(in.Mapping)
		if err != nil {
			return nil, err
		}
		return mapping.Compile(doc) // not among the plans: each keystroke is another document
	}
	m, _, err := s.mapping(in.Name)
	return m, err
}

// exampleContext is what the first connection with the name states, else a stand-in that the report lists as stated.
func (s *Set) exampleContext(in Example) (mapping.Context, error) {
	about := mapping.Context{Now: s.Now(), Organization: s.Self, OrganizationName: s.Name(), Contact: s.statedContact(), Medium: KindAPI}
	list, err := s.List()
	if err != nil {
		return about, err
	}
	for i := range list {
		if c := &list[i]; c.Mapping == in.Name && c.Direction != Out {
			about.Consent, about.Medium = c.Consent, c.Kind
			return about, nil
		}
	}
	if !in.BareStated {
		about.Consent = &mapping.ConsentStatement{Basis: protocol.BasisConsent, Method: protocol.MethodVerbal, Capacity: protocol.CapacitySelf, Days: 180}
		if about.Contact == nil {
			about.Contact = &mapping.ContactStatement{Name: s.Name()}
		}
	}
	return about, nil
}

func convertOut(m *mapping.Mapping, input []byte, about mapping.Context) (one Outcome, err error) {
	var ref protocol.Referral
	if err := json.Unmarshal(input, &ref); err != nil {
		return one, &Unreadable{errors.New("it is no referral in the standard's JSON")}
	}
	return back(m, &ref, about)
}

// back converts a referral into a document and a letter of ours.
func back(m *mapping.Mapping, ref *protocol.Referral, about mapping.Context) (one Outcome, err error) {
	if one.Letter, _, err = m.Letter(ref, about); err != nil {
		if _, err = holdsOf(err); err != nil {
			return one, err
		}
	}
	rec, report, err := m.FromReferral(ref, about)
	one.Report = report
	if err != nil {
		if one.Holds, err = holdsOf(err); err != nil {
			return one, err
		}
	}
	if m.Document().Side.Format == string(record.FormatMail) {
		one.Document, err = record.EncodeForm(rec)
	} else {
		one.Document, err = m.Encode(rec)
	}
	return one, err
}

// holdsOf gives the reasons of a conversion that waits for a person, and any other error as it is.
func holdsOf(err error) ([]mapping.HoldReason, error) {
	var held *mapping.Hold
	if errors.As(err, &held) {
		return held.Reasons, nil
	}
	return nil, err
}
