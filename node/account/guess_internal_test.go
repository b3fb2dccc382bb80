package account

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ccojocar/zxcvbn-go"
)

func guesses(t *testing.T, password string, about ...string) float64 {
	t.Helper()
	bits, err := guessBits(password, about)
	if err != nil {
		t.Fatal(err)
	}
	return bits
}

func TestWhatPeopleUseIsGuessed(t *testing.T) {
	for _, p := range []string{"passwordpassword1", "P4$$w0rd-P4$$w0rd", "qwertyuiopasdfgh", "QWERTYUIOPASDFGHJKL", "aaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnop", "98765432109876543",
		"Jennifer12031985", "Sunshine2024Monkey", "1qaz2wsx3edc4rfv", "letmeinletmeinletmein"} {
		if bits := guesses(t, p); bits >= leastBits {
			t.Errorf("%q is taken: %.0f bits", p, bits)
		}
	}
	for _, p := range []string{"correct horse battery staple", "gray tulips under the bridge", "zHk27-qWv0x-Tr9mL", "la luna cae sobre el tejado viejo", "ответ лежит под камнем"} {
		if bits := guesses(t, p); bits < leastBits {
			t.Errorf("%q is refused: %.0f bits", p, bits)
		}
	}
	if with, without := guesses(t, "Quillfeather House 24", "Quillfeather House"), guesses(t, "Quillfeather House 24"); with >= leastBits || without < leastBits {
		t.Errorf("a name of one's own: %.0f bits with it known, %.0f without", with, without)
	}
}

// The library's own estimate is the measure: ours is coarser, by less than ten bits where the library refuses.
func TestGuessesFollowZxcvbn(t *testing.T) {
	words := strings.Fields("password dragon monkey jennifer the about people mustang 123456 love secret garcia trustno1 summer qwerty 2019 1985 !! 1 99 shadow winter zxcvbn 0412 abc")
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 60 {
		var p strings.Builder
		for p.Len() < LeastPassword {
			w := words[r.IntN(len(words))]
			switch r.IntN(4) {
			case 0:
				w = strings.ToUpper(w[:1]) + w[1:]
			case 1:
				w = strings.NewReplacer("a", "@", "o", "0", "e", "3", "s", "$").Replace(w)
			}
			fmt.Fprint(&p, w)
		}
		theirs := zxcvbn.PasswordStrength(p.String(), nil)
		if theirs.Score >= 3 {
			continue
		}
		refused++
		if bits := guesses(t, p.String()); bits > theirs.Entropy+10 {
			t.Errorf("%q: %.0f bits, and %.0f by zxcvbn", p.String(), bits, theirs.Entropy)
		}
	}
	if refused < 20 {
		t.Fatalf("zxcvbn refused only %d of the samples: they test nothing", refused)
	}
}
