package crypto

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what the strict reader takes.
type Limits struct {
	Bytes  int // of the whole text
	Depth  int // of nested objects and arrays
	Values int // members of objects, entries of arrays, objects and arrays, all together
}

// DefaultLimits fit every object and frame of the protocol.
var DefaultLimits = Limits{Bytes: 512 << 10, Depth: 32, Values: 64 << 10}

var unmarshalOptions = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.MatchCaseInsensitiveNames(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.AllowInvalidUTF8(false),
)

// Unmarshal reads JSON strictly within DefaultLimits: one value with nothing after it, UTF-8 without BOM or lone
// surrogates, no duplicate and no unknown member, names exactly as declared, whole numbers within ±(2^53-1) without
// fraction, exponent or minus zero. It does not ask for the canonical form.
func Unmarshal(b []byte, v any) error { return UnmarshalLimited(b, v, DefaultLimits) }

// UnmarshalLimited is Unmarshal within other limits.
func UnmarshalLimited(b []byte, v any, lim Limits) error {
	if err := scan(b, lim); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if err := json.Unmarshal(b, v, unmarshalOptions); err != nil {
		return fmt.Errorf("read JSON: %w: %w", ErrForm, withoutValues(err))
	}
	return nil
}

// scan checks the limits and the numbers in one pass, before anything is built from b. It leaves syntax to the
// decoder that follows: on text that is no JSON its answer only has to be safe.
func scan(b []byte, lim Limits) error {
	if len(b) > lim.Bytes {
		return fmt.Errorf("%w: it has %d bytes and %d are allowed", ErrForm, len(b), lim.Bytes)
	}
	depth, values := 0, 0
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '"':
			i = skipString(b, i+1)
			continue
		case c == '{' || c == '[':
			if depth++; depth > lim.Depth {
				return fmt.Errorf("%w: it is nested deeper than %d", ErrForm, lim.Depth)
			}
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		case c == '-' || '0' <= c && c <= '9':
			end := i + 1
			for end < len(b) && isNumber[b[end]] {
				end++
			}
			if !wholeNumber(b[i:end]) {
				return fmt.Errorf("%w: a number is not whole or not within ±(2^53-1)", ErrForm)
			}
			i = end
			continue
		}
		i++
	}
	if values > lim.Values {
		return fmt.Errorf("%w: it has %d values and %d are allowed", ErrForm, values, lim.Values)
	}
	return nil
}

// skipString gives the index after the string whose first byte is at i.
func skipString(b []byte, i int) int {
	for ; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

var isNumber = [256]bool{'+': true, '-': true, '.': true, 'e': true, 'E': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true}

const largest = "9007199254740991" // 2^53-1

func wholeNumber(b []byte) bool {
	if b[0] == '-' {
		if b = b[1:]; len(b) == 0 || b[0] == '0' {
			return false
		}
	}
	if b[0] == '0' && len(b) > 1 || len(b) > len(largest) {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) < len(largest) || string(b) <= largest
}
