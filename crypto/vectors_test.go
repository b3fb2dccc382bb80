package crypto_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

// The vectors are what another implementation is held to, and what holds ours: a released one never changes.
var (
	updateVectors = flag.Bool("update-vectors", false, "write vectors that do not exist yet")
	forceVectors  = flag.Bool("force-vectors", false, "with -update-vectors: write over those that exist; never after a release")
)

const vectorFolder = "../protocol/testdata/v1"

// vector is one file: an object, or a frame, or a computation.
type vector struct {
	About string             `json:"about"`
	Frame protocol.FrameKind `json:"frame,omitempty"`
	Given map[string]any     `json:"given,omitempty"` // what a reader needs: chains, keys, values
	Good  []good             `json:"good"`
	Bad   []bad              `json:"bad,omitempty"`
}

// good is one example. Object is Canonical again, to read.
type good struct {
	Name      string          `json:"name"`
	Object    json.RawMessage `json:"object,omitempty"`
	Canonical string          `json:"canonical,omitempty"`
	Hash      string          `json:"hash,omitempty"`  // SHA-256 of Canonical
	Token     string          `json:"token,omitempty"` // JWS over Canonical
	Bytes     protocol.Bytes  `json:"bytes,omitempty"` // as it stands on a stream or in a file
	Expect    map[string]any  `json:"expect,omitempty"`
}

// bad is one example that must be refused, and why: form, signature, key, charter, organization or open.
type bad struct {
	Name    string         `json:"name"`
	Text    string         `json:"text,omitempty"` // a token, or the text of an unsigned object
	Bytes   protocol.Bytes `json:"bytes,omitempty"`
	Refusal string         `json:"refusal"`
}

func refusal(err error) string {
	for name, e := range map[string]error{
		"signature": crypto.ErrSignature, "key": crypto.ErrKey, "charter": crypto.ErrCharter, "organization": crypto.ErrWrongOrg, "open": crypto.ErrOpen, "form": crypto.ErrForm,
	} {
		if errors.Is(err, e) {
			return name
		}
	}
	if err == nil {
		return "none"
	}
	return "form" // package protocol's own checks of form
}

func (v *vector) write(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readVector(t testing.TB, name string) *vector {
	t.Helper()
	var v vector
	d := json.NewDecoder(bytes.NewReader(read(t, vectorFolder, name+".json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return &v
}

// What we make today is what stands in the files. -update-vectors writes files that are missing.
func TestVectorsAreFrozen(t *testing.T) {
	made := makeVectors(t)
	for _, name := range slices.Sorted(maps.Keys(made)) {
		path := filepath.Join(vectorFolder, name+".json")
		text := made[name].write(t)
		old, err := os.ReadFile(path)
		switch {
		case *updateVectors && (errors.Is(err, os.ErrNotExist) || *forceVectors):
			if err := os.MkdirAll(vectorFolder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s was written", path)
		case err != nil:
			t.Errorf("%s: %v; -update-vectors writes it", name, err)
		case !bytes.Equal(old, text):
			t.Errorf("%s has changed: a released vector never does. If it was never released, use -update-vectors -force-vectors", path)
		}
	}
	files, err := filepath.Glob(filepath.Join(vectorFolder, "*.json"))
	files = slices.DeleteFunc(files, func(f string) bool { return filepath.Base(f) == "life.json" }) // package protocol makes and reads it
	if err != nil || len(files) != len(made) {
		t.Errorf("%d files for %d vectors, %v", len(files), len(made), err)
	}
}

// The files alone, read as another implementation would read them.
func TestVectorsRead(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(makeVectors(t))) {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			if len(v.Good) == 0 {
				t.Fatal("no example")
			}
			check := checkerOf(t, name, v)
			for _, g := range v.Good {
				if g.Canonical != "" {
					if err := crypto.CheckCanonical([]byte(g.Canonical)); err != nil {
						t.Errorf("%s: %v", g.Name, err)
					}
					if c, err := crypto.Canonicalize(g.Object); err != nil || string(c) != g.Canonical {
						t.Errorf("%s: the object is %s, %v", g.Name, c, err)
					}
					if sum := sha256.Sum256([]byte(g.Canonical)); g.Hash != "" && protocol.Hash(sum).String() != g.Hash {
						t.Errorf("%s: hash %s", g.Name, protocol.Hash(sum))
					}
				}
				if err := check.good(g); err != nil {
					t.Errorf("%s: %v", g.Name, err)
				}
			}
			for _, b := range v.Bad {
				if got := refusal(check.bad(b)); got != b.Refusal {
					t.Errorf("%s: refused for %s, want %s", b.Name, got, b.Refusal)
				}
			}
		})
	}
}

// given decodes one of the values that a vector's reader needs.
func given[T any](t testing.TB, v *vector, name string) T {
	t.Helper()
	var x T
	b, err := json.Marshal(v.Given[name])
	if err == nil {
		err = crypto.Unmarshal(b, &x)
	}
	if err != nil || v.Given[name] == nil {
		t.Fatalf("the vector's %s: %v", name, err)
	}
	return x
}

func givenChain(t testing.TB, v *vector, name string) *crypto.Chain {
	t.Helper()
	c, err := crypto.VerifyChain(given[protocol.Chain](t, v, name))
	if err != nil {
		t.Fatalf("the vector's %s: %v", name, err)
	}
	return c
}

// checker reads the examples of one file.
type checker struct {
	good func(good) error
	bad  func(bad) error
}

func checkerOf(t *testing.T, name string, v *vector) checker {
	switch {
	case strings.HasPrefix(name, "frame-") && name != "frame-envelope":
		return frameChecker(v)
	case name == "keys" || name == "pairing" || name == "hashes":
		return computed(name)
	}
	return map[string]func(*testing.T, *vector) checker{
		"inception": inceptionChecker, "charter": charterChecker, "rotation": charterChecker, "card": cardChecker, "terms": termsChecker,
		"standing": standingChecker, "manifest": manifestChecker, "receipt": receiptChecker, "head": headChecker, "invitation": invitationChecker,
		"envelope": envelopeChecker, "frame-envelope": envelopeChecker, "later": laterChecker, "file": fileChecker,
	}[name](t, v)
}

// expect compares what was found with what the vector says.
func expect(g good, found map[string]any) error {
	want, err1 := crypto.Marshal(g.Expect)
	got, err2 := crypto.Marshal(found)
	if err1 != nil || err2 != nil || !bytes.Equal(want, got) {
		return errors.New("found " + string(got) + ", want " + string(want))
	}
	return nil
}
