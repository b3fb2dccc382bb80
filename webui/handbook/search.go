package handbook

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// hit is a place of the handbook that has all words of a search.
type hit struct {
	Page, Title string
	URL         string
	Language    string
	Excerpt     string
	weight      int
}

const maxHits = 20

// search finds the sections that have all words, those with a word in the heading first.
func (e *edition) search(query string) []hit {
	words := strings.Fields(strings.ToLower(query))
	if len(words) == 0 {
		return nil
	}
	var hits []hit
	for _, p := range e.pages() {
		for _, s := range p.sections {
			title, body := strings.ToLower(s.title), strings.ToLower(s.text)
			h := hit{Page: p.Title, Title: s.title, Language: p.Language, URL: e.Root + "/" + p.Name}
			if s.id != "" {
				h.URL += "#" + s.id
			}
			all := true
			for _, w := range words {
				switch {
				case strings.Contains(title, w):
					h.weight += 10
				case strings.Contains(body, w):
					h.weight++
				default:
					all = false
				}
			}
			if all {
				h.Excerpt = excerpt(s.text, words[0])
				hits = append(hits, h)
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.weight - a.weight })
	return hits[:min(len(hits), maxHits)]
}

// excerpt is the text around a word, cut between words.
func excerpt(s, word string) string {
	const around = 120
	at := max(strings.Index(strings.ToLower(s), word), 0)
	from, to := max(at-around, 0), min(at+around, len(s))
	for from > 0 && s[from] != ' ' {
		from--
	}
	for to < len(s) && s[to] != ' ' {
		to++
	}
	cut := strings.TrimSpace(s[min(from, len(s)):to])
	if !utf8.ValidString(cut) {
		cut = strings.ToValidUTF8(cut, "")
	}
	if to < len(s) {
		cut += " …"
	}
	return cut
}
