package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/mail"
	"strings"

	"referworks/crypto"
	"referworks/node/exchange"
	"referworks/protocol"
)

// reportLine says in one line what a conversion did.
func reportLine(report json.RawMessage) string {
	var rep struct {
		Fields           []struct{ Status string }
		Carried, Dropped []struct{}
		Stated           []string
	}
	if json.Unmarshal(report, &rep) != nil {
		return "no report"
	}
	filled := 0
	for _, f := range rep.Fields {
		if f.Status != "empty" && f.Status != "" {
			filled++
		}
	}
	line := fmt.Sprintf("%s matched, %d carried as extra facts, %d left behind on purpose", counted(filled, "field"), len(rep.Carried), len(rep.Dropped))
	if len(rep.Stated) > 0 {
		line += ", stated by the organization: " + strings.Join(rep.Stated, ", ")
	}
	return line
}

// arrivals shows what the three media captured.
func (s *story) arrivals(ctx context.Context, r *storyResult, n int) error {
	mails, err := s.world.mail.Wait(ctx, n)
	if err != nil {
		return err
	}
	text, err := mailText(mails[n-1].Data)
	if err != nil {
		return err
	}
	s.say("%s (B) got an e-mail, with its own field names:", s.b.name)
	s.excerpt(text, "Client First Name", "Client Last Name", "Type of Help", "Zip Code")
	r.Arrived = append(r.Arrived, storyArrival{At: s.b.name, Medium: "e-mail", Document: text, Raw: string(mails[n-1].Data)})
	post, err := s.world.posts.wait(ctx, n)
	if err != nil {
		return err
	}
	s.say("%s (C) got a POST to its API:", s.c.name)
	s.excerpt(pretty(post), `"First"`, `"Last"`, `"Kind"`, `"Zip"`)
	r.Arrived = append(r.Arrived, storyArrival{At: s.c.name, Medium: "POST", Document: pretty(post)})
	doc, err := s.world.xml.wait(ctx, n)
	if err != nil {
		return err
	}
	s.say("%s (D) got XML in the shape of its own sample:", s.d.name)
	s.excerpt(string(doc), "FirstName", "LastName", "Help>", "Zip>")
	r.Arrived = append(r.Arrived, storyArrival{At: s.d.name, Medium: "XML", Document: string(doc)})
	return nil
}

// excerpt shows the lines that hold one of the words, each word once.
func (s *story) excerpt(text string, words ...string) {
	lines := strings.Split(text, "\n")
	for _, w := range words {
		for _, l := range lines {
			if strings.Contains(l, w) {
				s.note("    %s", strings.TrimSpace(l))
				break
			}
		}
	}
}

func pretty(b []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, b, "", "  ") != nil {
		return string(b)
	}
	return out.String()
}

// receipts waits until a referral was delivered and verifies every receipt in its proof.
func (s *story) receipts(ctx context.Context, r *storyResult, p sentPart) error {
	var row referralRow
	err := until(ctx, "delivery to "+p.to.name, func() (bool, string, error) {
		err := s.a.client().call(ctx, "GET", "/v1/referrals/"+segment(string(p.id)), nil, &row)
		return row.State == string(protocol.InTheirMedium) || row.State == string(protocol.HandedBlind), row.State + " " + row.Reason, err
	})
	if err != nil {
		return err
	}
	var proof exchange.Proof
	if err := s.a.client().call(ctx, "GET", "/v1/referrals/"+segment(string(p.id))+"/proof", nil, &proof); err != nil {
		return err
	}
	theirs, err := crypto.VerifyChain(proof.Chains[p.to.id])
	if err != nil {
		return fmt.Errorf("verify the chain of %s: %w", p.to.name, err)
	}
	out := storyReceipt{Referral: p.id, Reference: p.id.Reference(), To: p.to.name, Verified: len(proof.Receipts) > 0, Theirs: row.TheirReference, Report: row.TheirReport}
	for i := range proof.Receipts {
		if err := crypto.VerifyReceipt(&proof.Receipts[i], theirs); err != nil {
			return fmt.Errorf("verify a receipt of %s: %w", p.to.name, err)
		}
		out.Levels = append(out.Levels, proof.Receipts[i].Receipt.Level)
	}
	r.Receipts = append(r.Receipts, out)
	line := fmt.Sprintf("%s %-28s %-15s %s verified", out.Reference, out.To, row.State, counted(len(proof.Receipts), "receipt"))
	if out.Theirs != "" {
		line += ", their number " + out.Theirs
	}
	s.note("%s", line)
	s.note("        their report: %s", reportLine(row.TheirReport))
	return nil
}

// mailText gives the text part of a captured mail.
func mailText(raw []byte) (string, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return "", err
	}
	text, err := firstText(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	return "Subject: " + subject + "\n\n" + text, err
}
