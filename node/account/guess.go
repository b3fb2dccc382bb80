package account

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"unicode"

	"github.com/ccojocar/zxcvbn-go/data"
)

// leastBits is what a password must withstand: ten thousand guesses a second for weeks.
const leastBits = 35

// guessBits estimates how many guesses, as a power of two, find a password when they begin with what people use: words and names by
// how common they are, runs of a letter, of the alphabet or of neighboring keys, and dates. It follows zxcvbn (Wheeler, USENIX
// Security 2016): of all ways to cut the password into such pieces the cheapest counts. Where it is coarser, it says less.
func guessBits(password string, about []string) (float64, error) {
	typed := []rune(password)
	low := []rune(strings.ToLower(password))
	if len(low) != len(typed) { // lower case of other length: compare what was typed
		low = typed
	}
	letters := plainLetters(low)
	words, err := commonWords(append([][]rune{low}, letters...), about)
	if err != nil {
		return 0, err
	}
	each := bitsOfAny(typed)
	best := make([]float64, len(typed)+1) // best[i] is of the first i characters
	for end := 1; end <= len(typed); end++ {
		best[end] = best[end-1] + each
		for begin := range end {
			piece := patternBits(low[begin:end])
			if rank, ok := words[string(low[begin:end])]; ok {
				piece = min(piece, math.Log2(float64(rank))+capitalBits(typed[begin:end]))
			}
			for _, l := range letters {
				if rank, ok := words[string(l[begin:end])]; ok {
					piece = min(piece, math.Log2(float64(rank))+1+capitalBits(typed[begin:end]))
				}
			}
			best[end] = min(best[end], best[begin]+piece)
		}
	}
	return best[len(typed)], nil
}

// plainLetters undoes what stands for letters in p4$$w0rd; a 1 may be an i or an l.
func plainLetters(low []rune) [][]rune {
	const signs, letters = "4@803$5+7!|", "aaboesstt" + "ii"
	var out [][]rune
	for _, one := range "il" {
		plain := strings.Map(func(r rune) rune {
			if r == '1' {
				return one
			}
			if i := strings.IndexRune(signs, r); i >= 0 {
				return rune(letters[i])
			}
			return r
		}, string(low))
		if l := []rune(plain); len(l) == len(low) {
			out = append(out, l)
		}
	}
	return out
}

// commonWords gives the words that stand somewhere in the texts, with their places in the list that has them first. The lists are
// read for each password and then let go: they would take more memory than all else that an idle node keeps.
func commonWords(texts [][]rune, about []string) (map[string]int, error) {
	words := map[string]int{}
	for _, t := range texts {
		for begin := range t {
			for end := begin + 1; end <= len(t); end++ {
				words[string(t[begin:end])] = 0
			}
		}
	}
	rank := func(list []string) {
		for i, w := range list {
			w = strings.ToLower(w)
			if at, ok := words[w]; ok && (at == 0 || at > i+1) {
				words[w] = i + 1
			}
		}
	}
	for _, name := range []string{"Passwords", "English", "FemaleNames", "MaleNames", "Surnames"} {
		b, err := data.Asset("data/" + name + ".json")
		if err != nil {
			return nil, err
		}
		var list struct{ List []string }
		if err := json.Unmarshal(b, &list); err != nil {
			return nil, err
		}
		rank(list.List)
	}
	rank(about)
	for w, at := range words {
		if at == 0 {
			delete(words, w)
		}
	}
	return words, nil
}

// bitsOfAny is one character that nothing is known of, given the kinds that the password has.
func bitsOfAny(typed []rune) float64 {
	n, seen := 0, map[int]bool{}
	for _, r := range typed {
		kind, size := 3, 33
		switch {
		case r > unicode.MaxASCII:
			kind, size = 4, 100
		case unicode.IsLower(r):
			kind, size = 0, 26
		case unicode.IsUpper(r):
			kind, size = 1, 26
		case unicode.IsDigit(r):
			kind, size = 2, 10
		}
		if !seen[kind] {
			seen[kind] = true
			n += size
		}
	}
	return math.Log2(float64(n))
}

// capitalBits is one for a word with capitals where people put them, else one for each.
func capitalBits(word []rune) float64 {
	n := 0
	for _, r := range word {
		if unicode.IsUpper(r) {
			n++
		}
	}
	if n == len(word) || n == 1 && (unicode.IsUpper(word[0]) || unicode.IsUpper(word[len(word)-1])) {
		return float64(min(n, 1))
	}
	return float64(n)
}

// patternBits is the cheapest of the patterns that a piece without words may be; infinite when it is none.
func patternBits(piece []rune) float64 {
	return min(alphabetBits(piece), keyboardBits(piece), dateBits(string(piece)))
}

// alphabetBits is of one letter or digit again and again, or of neighbors in the alphabet.
func alphabetBits(piece []rune) float64 {
	if len(piece) < 3 {
		return math.Inf(1)
	}
	step := piece[1] - piece[0]
	for i := 1; i < len(piece); i++ {
		if piece[i]-piece[i-1] != step || step < -1 || step > 1 {
			return math.Inf(1)
		}
	}
	return 6 + math.Log2(float64(len(piece)))
}

// keyboardBits is of keys each of which touches the one before; each turn counts.
func keyboardBits(piece []rune) float64 {
	if len(piece) < 3 {
		return math.Inf(1)
	}
	turns, dx, dy := -1, 0, 0
	for i := 1; i < len(piece); i++ {
		x, y, ok := toNeighbor(piece[i-1], piece[i])
		if !ok {
			return math.Inf(1)
		}
		if i == 1 || x != dx || y != dy {
			turns++
			dx, dy = x, y
		}
	}
	return 6 + math.Log2(float64(len(piece))) + 2*float64(turns)
}

// keyboard are the rows of keys, each half a key to the right of the one above.
var keyboard = [4]string{"`1234567890-=", " qwertyuiop[]\\", " asdfghjkl;'", " zxcvbnm,./"}

// toNeighbor is the way from a key to one that touches it.
func toNeighbor(from, to rune) (x, y int, ok bool) {
	x1, y1 := keyAt(from)
	x2, y2 := keyAt(to)
	x, y = x2-x1, y2-y1
	return x, y, y1 >= 0 && y2 >= 0 && max(x, -x, y, -y) <= 1 && x*y <= 0
}

func keyAt(r rune) (x, y int) {
	for y, row := range keyboard {
		if x := strings.IndexRune(row, r); x >= 0 && r != ' ' {
			return x, y
		}
	}
	return -1, -1
}

var (
	year = regexp.MustCompile(`^(19|20)\d\d$`)
	day  = regexp.MustCompile(`^(\d{1,2}[-/. _]?\d{1,2}[-/. _]?(19|20)?\d\d|(19|20)\d\d[-/. _]?\d{1,2}[-/. _]?\d{1,2})$`)
)

// dateBits is of a year, or of a day as people write one.
func dateBits(piece string) float64 {
	switch n := len(piece); {
	case n == 4 && year.MatchString(piece):
		return 7
	case n >= 4 && n <= 10 && day.MatchString(piece):
		return 15
	}
	return math.Inf(1)
}
