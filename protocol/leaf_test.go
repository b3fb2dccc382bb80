package protocol_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"referworks/internal/sample"
	"referworks/protocol"
)

func TestSetTakesAndRefuses(t *testing.T) {
	for _, c := range []struct {
		slot       protocol.Slot
		takes, not []string
	}{
		{new(protocol.Text), []string{"a", " ", "Ó Briain", "\u200fعمر", "a\u00a0b"}, []string{"a\nb", "a\tb", "\x00", "a\u007f", "\u0085", "\u202e", "\u2067", "\u2028", "\xc3"}},
		{new(protocol.Long), []string{"a\n\tb", "\u2067عمر\u2069", "a\u2028b"}, []string{"a\r\n", "\x1b[0m", "\xff"}},
		{new(protocol.Token), []string{"n1", "a.b_c-d:e", strings.Repeat("x", 64)}, []string{"a b", "é", strings.Repeat("x", 65)}},
		{new(protocol.Date), []string{"1948", "1948-11", "2024-02-29", "1900-02-28", "2000-02-29"}, []string{"0948", "48", "1948-1", "1948-13", "1948-00", "2023-02-29", "1900-02-29", "2024-04-31", "1948-11-0", "1948/11/02", "1948-11-02T", "１９４８"}},
		{new(protocol.Time), []string{"2026-03-02T09:58:00-05:00", "2026-03-02T09:58:00Z", "2026-03-02T09:58:00.123456789+14:00"}, []string{"2026-03-02", "2026-03-02T09:58:00", "2026-03-02t09:58:00Z", "2026-03-02 09:58:00Z", "2026-02-30T09:58:00Z", "2026-03-02T24:00:00Z", "2026-03-02T9:58:00.0Z", "2026-03-02T09:58:00,5Z", "2026-03-02T09:58:61Z"}},
		{new(protocol.When), []string{"2026", "2026-03-02", "2026-03-02T09:58:00Z"}, []string{"tomorrow", "2026-03-02T09:58"}},
		{new(protocol.Flag), []string{"true", "false"}, []string{"yes", "True", "1"}},
		{new(protocol.Integer), []string{"0", "-1", "9007199254740991", "-9007199254740991"}, []string{"-0", "01", "1.0", "1e3", "9007199254740992", "12345678901234567", "-", "+1"}},
		{new(protocol.Decimal), []string{"0", "1250.00", "-0.5", "123456789012345.123456"}, []string{"1,000", "1.", ".5", "01", "1e3", "1234567890123456", "1.1234567", "$5", "-"}},
		{new(protocol.Language), []string{"es", "zh-Hant", "sgn-ase", "x-plain", "i-navajo", "de-1996"}, []string{"e", "x", "es_MX", "español", "es-", "1s", "es-abcdefghi", strings.Repeat("ab-", 12) + "cd"}},
		{new(protocol.Country), []string{"US"}, []string{"us", "USA", "U1"}},
		{new(protocol.Currency), []string{"USD"}, []string{"usd", "US", "$"}},
		{new(protocol.Phone), []string{"+16175550134", "+4930123456"}, []string{"6175550134", "+0123456", "+1 617", "+12", "+1234567890123456"}},
		{new(protocol.Email), []string{"a@b", "o'brien+x@mail.example", "josé@exämple.example"}, []string{"a", "@b", "a@", "a@b@c", "a b@c", "A <a@b>", "a@b\u202e"}},
		{new(protocol.Digest), []string{protocol.Hash{1}.String()}, []string{"abc", protocol.Hash{1}.String() + "=", strings.Repeat("B", 43)}},
		{new(protocol.ReferralRef), []string{string(sample.ReferralID(5))}, []string{"urn:uuid:1", strings.ToUpper(string(sample.ReferralID(5)))}},
		{new(protocol.OrgRef), []string{string(partner)}, []string{"rw1", string(partner[:58]) + "a"}},
		{new(protocol.Choice[protocol.Mode]), []string{"live", "practice"}, []string{"Live", "x"}},
		{new(protocol.Coded), []string{"Elder Care"}, []string{"a\nb"}},
	} {
		for _, s := range c.takes {
			if err := c.slot.Set(s); err != nil || c.slot.Text() != s || !c.slot.Given() || c.slot.IsZero() {
				t.Errorf("%T refuses %q: %v", c.slot, s, err)
			}
		}
		for _, s := range c.not {
			before := c.slot.Text()
			if err := c.slot.Set(s); err == nil {
				t.Errorf("%T takes %q", c.slot, s)
			} else if c.slot.Text() != before {
				t.Errorf("%T was changed by %q, which it refuses", c.slot, s)
			}
		}
		c.slot.SetAbsent(protocol.Declined)
		if c.slot.Given() || c.slot.IsZero() || c.slot.Absent() != protocol.Declined || c.slot.Text() != "" {
			t.Errorf("%T does not hold a reason", c.slot)
		}
		if err := c.slot.Set(""); err != nil || !c.slot.IsZero() {
			t.Errorf("%T is not cleared by empty text", c.slot)
		}
	}
}

func TestTypedValues(t *testing.T) {
	if y, m, d, ok := protocol.Of[protocol.Date]("1948-11").Parts(); y != 1948 || m != 11 || d != 0 || !ok {
		t.Error("a partial date has other parts")
	}
	at := time.Date(2026, 3, 2, 9, 58, 0, 5e8, time.FixedZone("", -5*3600))
	if got, ok := protocol.TimeOf(at).Time(); !ok || !got.Equal(at) {
		t.Errorf("time %v", got)
	}
	if got := protocol.Of[protocol.When]("2026-03-19T09:30:00-04:00").Date().Text(); got != "2026-03-19" {
		t.Errorf("date of a hearing %s", got)
	}
	if v, ok := protocol.FlagOf(true).Bool(); !v || !ok {
		t.Error("true is not true")
	}
	if _, ok := protocol.Missing[protocol.Flag](protocol.Unknown).Bool(); ok {
		t.Error("a missing flag has a value")
	}
	if n, ok := protocol.IntegerOf(-7).Int(); n != -7 || !ok {
		t.Error("an integer has another value")
	}
	if c := protocol.Choose(protocol.ModePractice); !c.Is(protocol.ModePractice) || c.Is(protocol.ModeLive) || c.Value() != protocol.ModePractice {
		t.Error("a choice has another value")
	}
}

func TestLeafDecoding(t *testing.T) {
	for _, c := range []struct {
		into any
		good string
		bad  []string
	}{
		{new(protocol.Text), `"a \"b\" \u00e9 \\ \n"`, []string{`""`, `null`, `1`, `true`, `{}`, `[]`, `{"absent":"secret"}`, `{"absent":"unknown","x":"y"}`, `{"absent":1}`, `{"absent":"unknown","absent":"unknown"}`}},
		{new(protocol.Text), `{"absent":"withheld"}`, nil},
		{new(protocol.Text), "{ \"absent\" :\n\"not-asked\" }", nil},
		{new(protocol.Flag), `false`, []string{`"false"`, `0`, `null`, `{}`}},
		{new(protocol.Integer), `-42`, []string{`"42"`, `4.2`, `1e3`, `9007199254740992`, `-0`, `null`}},
		{new(protocol.Coded), `{"system":"lsc","code":"33","label":"x","original":"Elder Care"}`, []string{`"33"`, `{}`, `null`, `{"code":""}`, `{"code":"1","code":"2"}`, `{"code":1}`, `{"kode":"1"}`, `{"absent":"unknown","code":"1"}`, `{"absent":"?"}`, `[]`}},
		{new(protocol.Coded), `{"absent":"declined"}`, nil},
	} {
		if err := json.Unmarshal([]byte(c.good), c.into); err != nil {
			t.Errorf("%T refuses %s: %v", c.into, c.good, err)
		}
		for _, bad := range c.bad {
			if err := json.Unmarshal([]byte(bad), c.into); err == nil {
				t.Errorf("%T takes %s", c.into, bad)
			}
		}
	}
}

func TestCleanMakesTextFit(t *testing.T) {
	for _, c := range []struct {
		in, out string
		long    bool
	}{
		{"plain", "plain", false}, {"a\r\nb", "a b", false}, {"a\r\nb", "a\nb", true}, {"a\tb\x00", "a b", false},
		{"a\u202eb", "ab", false}, {"\u2067عمر", "\u2067عمر", true}, {"\xff", "\uFFFD", false}, {"a\rb", "a\nb", true},
	} {
		got, changed := protocol.Clean(c.in, c.long)
		if got != c.out || changed != (c.in != c.out) {
			t.Errorf("Clean(%q, %v) = %q, %v", c.in, c.long, got, changed)
		}
	}
}

// Whatever a leaf decodes, it writes a form that decodes to the same, and nothing stops it.
func FuzzLeaf(f *testing.F) {
	for _, s := range []string{`"a"`, `"\u00e9\n\ud83d\ude00"`, `true`, `42`, `{"absent":"unknown"}`, `{"system":"lsc","code":"33"}`, `{"original":"x\"","label":"y"}`, `{"a`, `"\`, `{"absent":"unknown",}`, "\"\xff\"", `{"code":"1"}x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, make := range []func() protocol.Slot{
			func() protocol.Slot { return new(protocol.Text) }, func() protocol.Slot { return new(protocol.Flag) }, func() protocol.Slot { return new(protocol.Integer) },
			func() protocol.Slot { return new(protocol.Coded) }, func() protocol.Slot { return new(protocol.Choice[protocol.Mode]) },
		} {
			first := make()
			if first.(json.Unmarshaler).UnmarshalJSON(b) != nil {
				continue
			}
			if first.IsZero() {
				t.Fatalf("%T decodes %q to nothing", first, b)
			}
			text, err := json.Marshal(first)
			if err != nil {
				t.Fatalf("%T decodes %q and cannot write it: %v", first, b, err)
			}
			again := make()
			if err := json.Unmarshal(text, again); err != nil || !reflect.DeepEqual(first, again) {
				t.Fatalf("%T decodes %q, writes %s, which is another value: %v", first, b, text, err)
			}
		}
	})
}

// Whatever text comes, Set and Clean do not stop, and what Clean made is taken.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "1948-11-02", "2026-03-02T09:58:00-05:00", "a\r\nb", "\u202e", "\xff", "-", "+1", "x-a", "9007199254740992"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, slot := range []protocol.Slot{new(protocol.Date), new(protocol.Time), new(protocol.When), new(protocol.Integer), new(protocol.Decimal), new(protocol.Language), new(protocol.Email), new(protocol.Digest), new(protocol.OrgRef), new(protocol.ReferralRef)} {
			if slot.Set(s) == nil && slot.Text() != s {
				t.Fatalf("%T takes %q as %q", slot, s, slot.Text())
			}
		}
		line, _ := protocol.Clean(s, false)
		if err := new(protocol.Text).Set(line); err != nil {
			t.Fatalf("cleaned %q is %q: %v", s, line, err)
		}
		long, _ := protocol.Clean(s, true)
		if err := new(protocol.Long).Set(long); err != nil {
			t.Fatalf("cleaned %q is %q: %v", s, long, err)
		}
	})
}

// Whatever bytes come, a referral decodes or not; if it does, it can be judged, walked and written.
func FuzzReferral(f *testing.F) {
	for _, r := range []*protocol.Referral{sample.Minimal(), sample.Full()} {
		b, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"people":[{}],"needs":[{"codes":[{"code":"1"}]}],"extra":[{"label":"x"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &protocol.Referral{}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if d.Decode(r) != nil {
			return
		}
		valid := r.ValidateFor(sample.Now, partner) == nil
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("decoded, but cannot be written: %v", err)
		}
		again := &protocol.Referral{}
		if err := json.Unmarshal(text, again); err != nil {
			t.Fatal(err)
		}
		if (again.ValidateFor(sample.Now, partner) == nil) != valid {
			t.Fatal("valid is another after a round trip")
		}
		r.Withhold([]string{"P2", "legal"})
		if left := r.Beyond([]string{"P2", "legal"}); left != nil {
			t.Fatalf("left %v", left)
		}
	})
}
