package suggest

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold gives letters and digits in small letters without accents; everything else becomes one space.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(unicode.ToLower(r))
		default:
			space = true
		}
	}
	return b.String()
}

// singular takes the usual plural off an English or Spanish word.
func singular(w string) string {
	n := len(w)
	switch {
	case n < 4, strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "ies") && n > 4:
		return w[:n-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"),
		strings.HasSuffix(w, "ciones"), strings.HasSuffix(w, "dades"), strings.HasSuffix(w, "ores"):
		return w[:n-2]
	case strings.HasSuffix(w, "s"):
		return w[:n-1]
	}
	return w
}

// near reports whether two words differ by a slip of the keyboard: one change in five letters, two in nine.
func near(a, b string) bool {
	n := min(len(a), len(b))
	most := 0
	switch {
	case n >= 9:
		most = 2
	case n >= 5:
		most = 1
	}
	if most == 0 || a[0] != b[0] || len(a)-len(b) > most || len(b)-len(a) > most {
		return a == b
	}
	return distance(a, b, most) <= most
}

// distance is the number of letters to insert, take away, change or swap; more than most is most+1.
func distance(a, b string, most int) int {
	var before, last, row [64]int
	if len(b) >= len(row) || len(a) >= len(row) {
		return most + 1
	}
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
		before, last = last, row
	}
	return last[len(b)]
}
