package connection

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"referworks/bridges"
	"referworks/bridges/record"
	"referworks/protocol"
)

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// check says what is wrong with a connection, all at once.
func (s *Set) check(c *Connection, secrets map[string]string) error {
	f := &Flaws{ID: c.ID}
	if !idForm.MatchString(c.ID) {
		f.say("id", "the id may only have a-z, 0-9 and \"-\", up to 40 of them")
	}
	if !slices.Contains([]Direction{In, Out, Both}, c.Direction) {
		f.say("direction", "the direction must be in, out or both")
	}
	if c.Kind != KindInbox && c.Format != "" { // an empty one comes from the mapping, which is asked for below
		if known := formats(c.Direction); !slices.Contains(known, c.Format) {
			f.say("format", "the format must be one of %s", strings.Join(known, ", "))
		}
	}
	s.checkSettings(f, c, secrets)
	if c.Kind != KindInbox && c.Mapping == "" {
		f.say("mapping", "no matched form (mapping) is chosen: choose one that is published, or publish one first")
	}
	for i, w := range c.Statuses {
		if w.Word == "" || protocol.WordsOfStatus(w.Status).Label.EN == "" {
			f.say(fmt.Sprintf("statuses.%d", i), "status %d must have a word of the medium, and for it one of our statuses, like accepted", i+1)
		}
		if w.Reason != "" && !slices.Contains(protocol.DeclineReasons, w.Reason) && !slices.Contains(protocol.ReturnReasons, w.Reason) {
			f.say(fmt.Sprintf("statuses.%d", i), "status %d: the reason is none of the standard", i+1)
		}
		if w.Outcome != "" && !slices.Contains(protocol.Outcomes, w.Outcome) {
			f.say(fmt.Sprintf("statuses.%d", i), "status %d: the outcome is none of the standard", i+1)
		}
	}
	for name, to := range c.Recipients {
		if _, err := protocol.ParseOrgID(string(to)); err != nil {
			f.say("recipients."+name, "the recipient %q: %v", name, err)
		}
	}
	for i, r := range c.Rules {
		if len(r.To) == 0 {
			f.say(fmt.Sprintf("rules.%d", i), "rule %d names no partner to send to", i+1)
		}
		for _, to := range r.To {
			if _, err := protocol.ParseOrgID(string(to)); err != nil {
				f.say(fmt.Sprintf("rules.%d", i), "rule %d: %v", i+1, err)
			}
		}
	}
	if c.Consent != nil && (c.Consent.Days < 1 || c.Consent.Days > maxConsentDays) {
		f.say("consent.days", "say for how many days a consent lasts, from 1 to %d", maxConsentDays)
	}
	return f.orNil()
}

// maxConsentDays is ten years.
const maxConsentDays = 3650

// checkSettings holds settings and secrets against the form of the kind, and when that has nothing to say lets the
// medium itself look at them.
func (s *Set) checkSettings(f *Flaws, c *Connection, secrets map[string]string) {
	kind, medium := s.Kinds[c.Kind]
	if !medium && c.Kind != KindAPI && c.Kind != KindInbox {
		f.say("kind", "the kind %q is not known here", c.Kind)
		return
	}
	had := len(f.List)
	for _, set := range kind.Settings {
		if set.Type != bridges.Secret && kind.Applies(set, c.Settings) {
			checkSetting(f, set, c.Settings[set.Name])
		}
	}
	named := func(name string) int {
		return slices.IndexFunc(kind.Settings, func(set bridges.Setting) bool { return set.Name == name })
	}
	for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
		switch i := named(name); {
		case i < 0:
			f.say("settings."+name, "a connection of kind %q has no setting %q", c.Kind, name)
		case kind.Settings[i].Type == bridges.Secret:
			f.say("settings."+name, "%q is a secret: give it as a secret, not as a setting", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if i := named(name); i < 0 || kind.Settings[i].Type != bridges.Secret {
			f.say("settings."+clip(name), "a connection of kind %q has no secret %q", clip(c.Kind), clip(name))
		}
	}
	if !medium || len(f.List) > had {
		return
	}
	kept, err := s.secrets(c.ID)
	if err != nil {
		f.say("settings", "its secrets could not be read: %v", err)
		return
	}
	_, err = s.openWith(c, merged(kept, secrets), func(error) {}, true)
	f.settings(err)
}

// checkSetting looks at one value by its type.
func checkSetting(f *Flaws, set bridges.Setting, v string) {
	at := "settings." + set.Name
	if v == "" {
		if set.Required && set.Default == "" {
			f.say(at, "%s is missing: fill in the setting %q", set.Label, set.Name)
		}
		return
	}
	switch set.Type {
	case bridges.Integer:
		if _, err := strconv.Atoi(strings.TrimSpace(v)); err != nil {
			f.say(at, "%s must be a whole number", set.Label)
		}
	case bridges.Boolean:
		if v != "true" && v != "false" {
			f.say(at, "%s must be true or false", set.Label)
		}
	case bridges.Choice:
		if !slices.Contains(set.Choices, v) {
			f.say(at, "%s must be one of %s", set.Label, strings.Join(set.Choices, ", "))
		}
	}
}

// formats lists what documents of a direction may be written in.
func formats(d Direction) []string {
	var all []string
	for _, f := range record.Formats() {
		if (d == Out || f.Reads) && (d == In || f.Writes) {
			all = append(all, string(f.Format))
		}
	}
	return all
}

// formatOf gives a connection the format of its mapping. One that takes documents in may have no other.
func (s *Set) formatOf(c *Connection) error {
	if c.Mapping == "" || c.Kind == KindInbox {
		return nil
	}
	m, _, err := s.mapping(c.Mapping)
	if errors.Is(err, ErrNone) {
		return nil // said where it is put
	} else if err != nil {
		return err
	}
	switch side := m.Document().Side.Format; {
	case c.Format == "" && (side == string(record.FormatLetter) || side == string(record.FormatPDF) && c.Direction == Out): // people read the letter; the record goes along
		c.Format = string(record.FormatJSON)
	case c.Format == "":
		c.Format = side
	case c.Format != side && c.Direction != Out:
		return &Flaws{c.ID, []Flaw{{"format", fmt.Sprintf("the format is %s and the mapping %s is for %s", clip(c.Format), c.Mapping, side)}}}
	}
	return nil
}
