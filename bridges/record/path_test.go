package record_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"referworks/bridges/record"
)

func decode(t testing.TB, s string) *record.Node {
	t.Helper()
	n, err := record.DecodeJSON([]byte(s), record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestParsePath(t *testing.T) {
	for _, s := range []string{".", "a.b", "list[]", "list[0].x", "list[kind=mobile].value", "@attr", "a.@b",
		`"First Name"`, `"a.b"."say \"hi\" \\"`, `phones[kind=mobile,use="at home"].value`, "[].a", "a[][].b", "größe.#text", "ref:Client", `""`, `a."".b`, `""[0]`,
		"entry[resource.resourceType=Patient].resource.name[].family", "x[type.coding[].code=MR,use=official]", `x["a.b".c="d e"]`,
		"a.subject->name[].family", "focus[]->", "a-->b", "a->[0]", "a->b->c"} {
		p, err := record.ParsePath(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if p.String() != s {
			t.Errorf("%s is written %s", s, p)
		}
	}
	for s, want := range map[string]string{
		"a.": "a name is expected", "a..b": "a name is expected", ".a": "a name is expected", "a[": "is expected", "a[x": "equals sign",
		"a[1": "bracket", "a[x=": "a value is expected", "a[x=1": "closing bracket", `"a`: "closing quotation mark", `"a\n"`: "backslash",
		"a b": "a dot or a bracket", "a[-1]": "number", "a[01]": "number", "a]": "a dot or a bracket", "a.[]": "a name is expected after the dot",
		"a[x.]": "is expected", "a[x[]=1]": "equals sign", "a[x[0].y=1]": "equals sign", "a->.b": "a dot or a bracket", "->a": "a name is expected", "a->->": "a name is expected",
		strings.Repeat("a.", 1500) + "a": "too long", "\xff": "UTF-8",
	} {
		if p, err := record.ParsePath(s); err == nil {
			t.Errorf("%q was read as %s", s, p)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", s, err, want)
		}
	}
}

func TestFind(t *testing.T) {
	n := decode(t, `{"a":{"b":1},"list":[{"kind":"home","v":1},{"kind":"mobile","v":2},{"kind":"mobile","v":3}],
		"one":{"v":4},"none":null,"First Name":"x","deep":[[5,6],[7]]}`)
	for path, want := range map[string]string{
		"a.b": "1", "list[].v": "1 2 3", "list[1].v": "2", "list[9].v": "", "list[kind=mobile].v": "2 3", "list[kind=none].v": "",
		"one[].v": "4", "none[].v": "", `"First Name"`: "x", "deep[][]": "5 6 7", "list.v": "", "missing.a[].b": "", "one[0].v": "4",
	} {
		var got []string
		for _, found := range n.Find(record.MustPath(path)) {
			got = append(got, found.Text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s found %q, want %q", path, s, want)
		}
	}
}

func TestSetBuildsTheWay(t *testing.T) {
	n := record.NewObject()
	for _, c := range []struct{ path, value string }{
		{"a.b", "1"}, {"list[kind=mobile].v", "2"}, {"list[kind=mobile].w", "3"}, {"list[kind=home].v", "4"}, {"x[1]", "5"}, {"y[].z", "6"}, {"a.b", "7"},
		{"e[r.type=P].r.name", "8"}, {"e[r.type=Q].r.name", "9"}, {"e[r.type=P].r.id", "10"}, {"i[t.c[].code=MR,t.c[].s=x].v", "11"}, {"i[t.c[].code=MR].w", "12"},
	} {
		if err := n.Set(record.MustPath(c.path), record.NewText(c.value)); err != nil {
			t.Fatal(err)
		}
	}
	out, err := record.EncodeJSON(n)
	want := `{"a":{"b":"7"},"list":[{"kind":"mobile","v":"2","w":"3"},{"kind":"home","v":"4"}],"x":[null,"5"],"y":[{"z":"6"}],` +
		`"e":[{"r":{"type":"P","name":"8","id":"10"}},{"r":{"type":"Q","name":"9"}}],"i":[{"t":{"c":[{"code":"MR","s":"x"}]},"v":"11","w":"12"}]}`
	if err != nil || string(out) != want {
		t.Errorf("got  %s\nwant %s (%v)", out, want, err)
	}
	for _, path := range []string{"a.b.c", "a[].x", "x[99999999].a"} {
		p, err := record.ParsePath(path)
		if err == nil {
			err = n.Set(p, record.NewText("x"))
		}
		if err == nil {
			t.Errorf("%s was set through a value", path)
		}
	}
}

// Every leaf's path finds that leaf again, and nothing else.
func TestLeavesAreFoundByTheirPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNode(4).Draw(t, "tree")
		n.Leaves(func(p record.Path, leaf *record.Node) {
			back, err := record.ParsePath(p.String())
			if err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			if found := n.Find(back); len(found) != 1 || found[0] != leaf {
				t.Fatalf("%s found %d nodes", p, len(found))
			}
		})
	})
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"a.b", "list[kind=mobile].value", `"First \"Name"`, "[][0].@x", "a[x=1,y=2]", "a[", "a[b.c[].d=1]->e", "x-->"} {
		f.Add(s)
	}
	n := decode(f, `{"a":{"b":1},"list":[{"kind":"mobile","value":"1"}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := record.ParsePath(s)
		if err != nil {
			return
		}
		again, err := record.ParsePath(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q is written %q, which reads as %q, %v", s, p, again, err)
		}
		n.Find(p)
		if len(p) < 100 {
			_ = n.Clone().Set(p, record.NewText("x"))
		}
	})
}
