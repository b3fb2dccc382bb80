package presets_test

import (
	"os"
	"strings"
	"testing"

	"referworks/bridges/presets"
)

func TestAllPresetsRead(t *testing.T) {
	all, err := presets.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Errorf("%d presets", len(all))
	}
	for _, p := range all {
		b, err := os.ReadFile("files/" + p.Name + ".json")
		if err != nil {
			t.Errorf("preset %s is not in a file of its name: %v", p.Name, err)
		}
		if _, err := presets.Parse(b); err != nil {
			t.Error(err)
		}
	}
}

// small is the least preset; each mistake below changes one thing of it.
const small = `{"preset": 1, "name": "x", "title": "X", "vendor": ["A key."], "format": "json", "base": "https://{settings.site}.example.org", "settings": [{"name": "site", "label": "Site", "type": "string"}, {"name": "key", "label": "Key", "type": "secret"}], "auth": {"kind": "bearer", "token": "{secrets.key}"}, "push": {"upsert": {"method": "PUT", "path": "/r/{referral.id}", "body": {"...": "{document}"}}}, "mapping": {}}`

func TestEachMistakeIsASentence(t *testing.T) {
	if _, err := presets.Parse([]byte(small)); err != nil {
		t.Fatalf("the smallest preset: %v", err)
	}
	for name, c := range map[string]struct{ old, new, says string }{
		"a wrong name":              {`"push"`, `"psuh"`, "psuh: is not known"},
		"deeper":                    {`"method": "PUT"`, `"methd": "PUT"`, "push.upsert.methd: is not known"},
		"a number":                  {`"title": "X"`, `"title": 7`, "title: must be a text"},
		"twice":                     {`"name": "x"`, `"name": "x", "name": "y"`, "more than once"},
		"version":                   {`"preset": 1`, `"preset": 2`, "preset: must be 1"},
		"no such setting":           {"{settings.site}", "{settings.host}", "{settings.host} is no setting"},
		"a secret in the address":   {"{settings.site}", "{secrets.key}", "{secrets.key} means nothing here"},
		"a secret in a body":        {`"{document}"`, `"{secrets.key}"`, "{secrets.key} means nothing here"},
		"a variable of another job": {"{referral.id}", "{cursor}", "{cursor} means nothing here"},
		"method":                    {`"PUT"`, `"DELETE"`, "push.upsert.method: must be"},
		"no way to make":            {`"upsert"`, `"check"`, "needs create or upsert"},
		"sign-in":                   {`"bearer"`, `"oauth1"`, `"oauth1" is not known`},
		"sign-in without":           {`"token"`, `"user"`, "auth.token: is missing"},
		"type":                      {`"type": "secret"`, `"type": "password"`, "settings[1]: needs a label and a type"},
		"no mapping":                {`, "mapping": {}`, ``, "mapping: is missing"},
		"a time span":               {`"vendor"`, `"limits": {"pause": "soon"}, "vendor"`, "limits.pause: must be a time span"},
		"a status":                  {`"vendor"`, `"status": [{"word": "Open", "status": "open"}], "vendor"`, "status[0]: needs a word"},
		"a path":                    {`"vendor"`, `"errors": [{"path": "a[", "class": "hold"}], "vendor"`, "errors[0].path"},
		"a rule for nothing":        {`"vendor"`, `"errors": [{"class": "hold"}], "vendor"`, "errors[0]: needs a status or a path"},
	} {
		text := strings.Replace(small, c.old, c.new, 1)
		if text == small {
			t.Errorf("%s: the mistake is not made", name)
		}
		if _, err := presets.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want it to say %q", name, err, c.says)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = presets.Parse(b) })
}

func TestExpand(t *testing.T) {
	values := map[string]string{"a": "1 2", "b.c": "x"}
	text, unknown := presets.Expand(`{a}/{b.c}/{d}/{"q":{a}}`, func(name string) (string, bool) { v, ok := values[name]; return v, ok }, func(s string) string { return strings.ReplaceAll(s, " ", "%20") })
	if text != `1%202/x//{"q":1%202}` || len(unknown) != 1 || unknown[0] != "d" {
		t.Errorf("%q, unknown %v", text, unknown)
	}
}
