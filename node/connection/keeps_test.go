package connection_test

import (
	"slices"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/node/connection"
	"referworks/protocol"
)

// What a card says of an organization's media is what all of those in use keep; without one, its inbox keeps all.
func TestKeeps(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{}
		letters := m.kind("letters")
		letters.Letters = true
		_, b := pair(t, map[string]bridges.Kind{"medium": m.kind("medium"), "letters": letters})
		keeps := func() *protocol.Keeps {
			t.Helper()
			k, err := b.set.Keeps()
			must(t, err)
			return k
		}
		if k := keeps(); !k.Has("person.names[].given") || !k.Has("anything") {
			t.Errorf("the inbox keeps %v", k)
		}
		b.publish("letter", "elm-street")
		mail := out("mail")
		mail.Kind, mail.Mapping = "letters", "letter"
		must(t, b.set.Put(mail, nil, "test"))
		letter := keeps()
		if !letter.Has("person.names[].given") || letter.Has("situation.living") || !letter.Text {
			t.Errorf("a letter keeps %d fields, and text: %v", len(letter.Fields), letter.Text)
		}
		_, err := b.set.Publish("intake", []byte(strings.Replace(plainMapping("json", ""), "NEED", "need", 1)), connection.Publishing{Actor: "test"})
		must(t, err)
		must(t, b.set.Put(out("api"), nil, "test"))
		both := keeps()
		if len(both.Fields) == 0 || len(both.Fields) >= len(letter.Fields) || slices.ContainsFunc(both.Fields, func(f string) bool { return !letter.Has(f) }) || both.Text {
			t.Errorf("two media keep %d fields, and text: %v", len(both.Fields), both.Text)
		}
		must(t, b.set.Pause("api", true, "test"))
		if now := keeps(); !now.Text || len(now.Fields) != len(letter.Fields) {
			t.Errorf("with one paused they keep %d fields, and text: %v", len(now.Fields), now.Text)
		}
	})
}
