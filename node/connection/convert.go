package connection

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
	"referworks/node/exchange"
	"referworks/protocol"
)

// source is a document that was read: the connection that takes it, the mapping, and its records.
type source struct {
	connection Connection
	mapping    *mapping.Mapping
	version    Version
	records    []*record.Node // one, or the rows of a CSV file or spreadsheet
}

// conversion is a record on its way: either ready to be sent, or with the sentence why a person must look.
type conversion struct {
	needs  []need
	report *mapping.Report // of all
	hold   string
}

// need is one referral of a record; a record that asks for several things may be several.
type need struct {
	referral *protocol.Referral
	to       []protocol.OrgID
	report   *mapping.Report
	short    []byte // the report as it is shown, kept and sent
}

// to lists all recipients, each once.
func (c *conversion) to() (all []protocol.OrgID) {
	for _, n := range c.needs {
		for _, id := range n.to {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// maxDocument is the largest document taken in, in bytes; what it becomes must fit a message.
const maxDocument = 4 << 20

// open finds who takes a document, and reads it in the format of that connection's mapping.
func (s *Set) open(in Submission) (*source, error) {
	c, err := s.taker(in)
	if err != nil {
		return nil, err
	}
	doc, err := record.Decode(record.Format(in.Format), in.Raw, record.Limits{Size: maxDocument})
	if err != nil {
		return nil, &Unreadable{err}
	}
	src := &source{connection: c, records: doc.Records()}
	switch n := len(src.records); {
	case n == 0:
		return nil, &Unreadable{errors.New("the file has column names and no row below them")}
	case n > maxRows:
		return nil, &Unreadable{fmt.Errorf("the file has %d rows; post at most %d at once", n, maxRows)}
	}
	src.mapping, src.version, err = s.mapping(c.Mapping)
	return src, err
}

// convert makes of one record what is to be sent, or says why a person must look.
func (s *Set) convert(in Submission, src *source, rec *record.Node) (conversion, error) {
	var conv conversion
	c := &src.connection
	consent := c.Consent
	if consent == nil && in.Override != nil { // the word of a person takes its place; see consented
		consent = &mapping.ConsentStatement{Basis: in.Override.Basis, Method: protocol.MethodElectronic, Capacity: protocol.CapacitySelf, Days: 1}
	}
	about := mapping.Context{
		Now: s.Now(), Organization: s.Self, OrganizationName: s.Name(), Consent: consent, Contact: s.statedContact(),
		Practice: in.Practice, Medium: c.Kind,
	}
	if in.Override != nil {
		if err := in.Override.Check(); err != nil {
			return conv, err
		}
	}
	records := src.mapping.Split(rec, about)
	var holds reasons
	for _, one := range records {
		n, hold, err := s.need(in, src, one, about)
		if err != nil {
			return conv, err
		}
		holds.add(hold)
		conv.needs = append(conv.needs, n)
	}
	if conv.report = conv.needs[0].report; len(conv.needs) > 1 {
		conv.report = nil
		for _, n := range conv.needs {
			conv.report = mapping.Merge(conv.report, n.report)
			if n.referral != nil && n.referral.Header.Group.Rule.Is(protocol.GroupFirstAccepted) && len(n.to) > 1 {
				holds.add("This record asks for several things, and each for the partner that accepts first. Send each of them by itself.")
			}
		}
	}
	conv.hold = holds.String()
	return conv, nil
}

// need converts one referral of a record and finds whom it goes to. hold says why it must wait.
func (s *Set) need(in Submission, src *source, rec *record.Node, about mapping.Context) (n need, hold string, err error) {
	n.referral, n.report, err = src.mapping.ToReferral(rec, about)
	var held *mapping.Hold
	switch {
	case errors.As(err, &held):
		return n, held.Error(), nil
	case err != nil:
		return n, "", err
	}
	if n.short, err = ShortReport(n.report); err != nil {
		return n, "", err
	}
	n.to, err = recipients(in.To, src.mapping.Recipients(rec), &src.connection, n.referral, s.known())
	switch {
	case err != nil && len(in.To) > 0:
		return n, "", err // the caller named them and can name them again
	case err != nil:
		return n, err.Error(), nil
	case len(n.to) == 0:
		return n, "No recipient is named and no rule of the connection fits. Choose whom to send it to.", nil
	}
	if in.Rule != "" && len(n.to) > 1 {
		n.referral.Header.Group.Rule = protocol.Choose(in.Rule)
	}
	return n, s.consented(&src.connection, &n, in.Override), nil
}

// consented tells why no consent lets a referral go to one of its recipients, unless a person overrides that.
func (s *Set) consented(c *Connection, n *need, override *exchange.Override) string {
	if override != nil && c.Consent == nil { // nobody stated one
		n.referral.Consents = slices.DeleteFunc(n.referral.Consents, func(c protocol.Consent) bool {
			stated, _ := c.StatedByOrganization.Bool()
			return stated
		})
	}
	var gaps reasons
	for _, to := range n.to {
		err := s.Desk.Consented(n.referral, to)
		var no *exchange.NoConsent
		switch {
		case errors.As(err, &no) && no.Override && override != nil:
			now := s.Now()
			n.referral.Consents = append(n.referral.Consents, protocol.Override(override.Basis, override.Reason, to, now, now.Add(overrideLasts)))
		case err != nil:
			gaps.add(err.Error())
		}
	}
	return gaps.String()
}

// overrideLasts is how long a person's word stands for a consent: as long as it may take to arrive.
const overrideLasts = 30 * 24 * time.Hour

// reasons are sentences, each once.
type reasons []string

func (r *reasons) add(sentence string) {
	if sentence != "" && !slices.Contains(*r, sentence) {
		*r = append(*r, sentence)
	}
}

func (r reasons) String() string { return strings.Join(r, " ") }

// Preview is what a document would become: one referral, or several.
type Preview struct {
	Referral *protocol.Referral
	To       []protocol.OrgID
	Report   *mapping.Report
	Sentence string // why it would wait for a person
}

// Preview converts a document as Submit would and keeps nothing: the referrals, whom they would go to, the reports.
func (s *Set) Preview(in Submission) ([]Preview, error) {
	src, err := s.open(in)
	if err != nil {
		return nil, err
	}
	var all []Preview
	for _, rec := range src.records {
		conv, err := s.convert(in, src, rec)
		if err != nil {
			return nil, err
		}
		for _, n := range conv.needs {
			all = append(all, Preview{Referral: n.referral, To: n.to, Report: n.report, Sentence: conv.hold})
		}
	}
	return all, nil
}
