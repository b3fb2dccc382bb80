package mapping_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"referworks/bridges/mapping"
	"referworks/bridges/record"
)

// large returns a document with 150 rules, phones and dates among them, and a record of about 8 KB for it.
func large(t testing.TB) (*mapping.Mapping, []byte) {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(example(t, "mappings/harbor-legalserver.json"), &d); err != nil {
		t.Fatal(err)
	}
	var rec map[string]any
	if err := json.Unmarshal(example(t, "legalserver-matter.json"), &rec); err != nil {
		t.Fatal(err)
	}
	rules := d["rules"].([]any)
	add := func(id, local, standard string, value any, via ...any) {
		rules = append(rules, map[string]any{"id": id, "local": local, "standard": standard, "via": append([]any{}, via...)})
		rec[local] = value
	}
	for i := 0; len(rules) < 150; i++ {
		list := fmt.Sprintf("label=line %d", i)
		if i < 12 {
			add(fmt.Sprintf("p%d", i), fmt.Sprintf("phone_line_%d", i), `contact.points[kind=phone,"label"="`+list+`"]`, fmt.Sprintf("(617) 555-01%02d", i),
				map[string]any{"fn": "phone"})

			add(fmt.Sprintf("d%d", i), fmt.Sprintf("screened_on_%d", i), fmt.Sprintf(`eligibility.determinations["program"="p%d"].date`, i), "03/0"+fmt.Sprint(i%9+1)+"/2026",
				map[string]any{"fn": "date", "formats": []string{"MM/DD/YYYY", "YYYY-MM-DD"}})
		}
		add(fmt.Sprintf("t%d", i), fmt.Sprintf("benefit_kind_%d", i), fmt.Sprintf(`eligibility.benefits["person"="b%d"].type`, i), "A benefit with a name of usual length")
		add(fmt.Sprintf("a%d", i), fmt.Sprintf("benefit_amount_%d", i), fmt.Sprintf(`eligibility.benefits["person"="b%d"].amount`, i), fmt.Sprint(100+i))
	}
	d["rules"] = rules[:150]
	doc, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		b, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) >= 8<<10 {
			return compile(t, doc), b
		}
		rec[fmt.Sprintf("custom_field_%d", i)] = "A value that no rule speaks of, of usual length"
	}
}

func BenchmarkToReferral(b *testing.B) {
	m, doc := large(b)
	rec := decodeJSON(b, doc)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := m.ToReferral(rec, harbor()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFromReferral(b *testing.B) {
	m, doc := large(b)
	ref, _, err := m.ToReferral(decodeJSON(b, doc), harbor())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := m.FromReferral(ref, harbor()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEncode(b *testing.B) {
	_, doc := large(b)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		n, err := record.DecodeJSON(doc, record.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := record.EncodeJSON(n); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	doc := example(b, "mappings/harbor-legalserver.json")
	for b.Loop() {
		compile(b, doc)
	}
}
