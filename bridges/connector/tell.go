package connector

import (
	"context"
	"slices"
	"time"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/protocol"
)

// tellerPart tells the system what became of a referral that came from it.
type tellerPart struct{ c *connection }

// Tell writes one step into the record that the referral came from. A status without a word of theirs is told in the words of
// the standard.
func (t tellerPart) Tell(ctx context.Context, n bridges.News) error {
	c := t.c
	word := n.Word
	if i := slices.IndexFunc(c.preset.Status, func(s presets.Status) bool { return s.Status == string(n.Status) }); word == "" && i >= 0 {
		word = c.preset.Status[i].Word
	}
	if word == "" {
		word = string(n.Transport)
	}
	if word == "" {
		word = string(n.Status)
	}
	doc := record.NewObject()
	p := &push{c: c, doc: doc, unknown: true, scope: c.scope(), notes: &notes{c: c, key: externalID("news", n.Key)}}
	for name, text := range map[string]string{
		"news.reference": n.Reference, "news.status": string(n.Status), "news.word": word, "news.label": label(n), "news.kind": string(n.Kind), "news.text": n.Step.Text, "news.reason": n.Step.Reason,
		"news.partner": n.Partner.Name, "news.id": externalID("news", n.Key), "news.short": externalID("news", n.Key)[:8], "news.at": n.At.UTC().Format(time.RFC3339), "news.day": n.At.UTC().Format(time.DateOnly),
		"referral.reference": n.Referral.Reference(),
	} {
		p.scope.texts[name] = text
	}
	if n.Reference == "" {
		return hold("This news is about a referral whose record in %s is not known. Enter it there by hand.", c.preset.Title)
	}
	p.unknown = p.notes.begun()
	_, err := p.run(ctx, c.preset.Tell)
	return err
}

// label is what people call where a referral stands.
func label(n bridges.News) string {
	if n.Status == "" {
		return string(n.Transport)
	}
	return protocol.WordsOfStatus(n.Status).Label.EN
}
