package mapping

import "strings"

// nearestHint is `; did you mean "…"?` without its end, when one of the candidates is close, else "".
func nearestHint(word string, candidates []string) string {
	if best := nearest(word, candidates); best != "" {
		return "; did you mean \"" + best + "\"?"
	}
	return ""
}

// nearest returns the candidate most like word, or "" when none is like it. Likeness is counted in edits, and a
// candidate that ends in the word's last part counts as close: family for lastName is not found, given for
// person.given is.
func nearest(word string, candidates []string) string {
	best, bestCost := "", len(word)/2+2
	tail := word[strings.LastIndexByte(word, '.')+1:]
	for _, c := range candidates {
		if c == "" {
			continue
		}
		cost := distance(strings.ToLower(word), strings.ToLower(c), bestCost)
		if len(tail) > 2 && strings.HasSuffix(c, "."+tail) {
			cost = min(cost, 2+distance(word, c, 200)/8)
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// distance is the number of edits between a and b, or limit when it is at least that.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}
