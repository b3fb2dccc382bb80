package connection

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"referworks/bridges"
	"referworks/bridges/record"
	"referworks/protocol"
)

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// check says what is wrong with a connection, all at once.
func (s *Set) check(c *Connection) error {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !idForm.MatchString(c.ID) {
		say("the id may only have a-z, 0-9 and \"-\", up to 40 of them")
	}
	if !slices.Contains([]Direction{In, Out, Both}, c.Direction) {
		say("the direction must be in, out or both")
	}
	if c.Kind != KindInbox {
		if known := formats(c.Direction); !slices.Contains(known, c.Format) {
			say("the format must be one of %s", strings.Join(known, ", "))
		}
	}
	kind, medium := s.Kinds[c.Kind]
	switch {
	case medium:
		for _, set := range kind.Settings {
			if set.Required && set.Type != bridges.Secret && c.Settings[set.Name] == "" && set.Default == "" {
				say("the setting %q (%s) is missing", set.Name, set.Label)
			}
		}
		for name := range c.Settings {
			i := slices.IndexFunc(kind.Settings, func(set bridges.Setting) bool { return set.Name == name })
			switch {
			case i < 0:
				say("a connection of kind %q has no setting %q", c.Kind, name)
			case kind.Settings[i].Type == bridges.Secret:
				say("%q is a secret: give it as a secret, not as a setting", name)
			}
		}
	case c.Kind != KindAPI && c.Kind != KindInbox:
		say("the kind %q is not known here", c.Kind)
	}
	if c.Kind != KindInbox && c.Mapping == "" {
		say("it names no mapping; publish one first with: referworks mapping publish")
	}
	for name, to := range c.Recipients {
		if _, err := protocol.ParseOrgID(string(to)); err != nil {
			say("the recipient %q: %v", name, err)
		}
	}
	for i, r := range c.Rules {
		if len(r.To) == 0 {
			say("rule %d names no partner to send to", i+1)
		}
		for _, to := range r.To {
			if _, err := protocol.ParseOrgID(string(to)); err != nil {
				say("rule %d: %v", i+1, err)
			}
		}
	}
	return errors.Join(problems...)
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
	case c.Format == "" && side == string(record.FormatLetter): // people read the letter; the record goes along
		c.Format = string(record.FormatJSON)
	case c.Format == "":
		c.Format = side
	case c.Format != side && c.Direction != Out:
		return fmt.Errorf("the format is %s and the mapping %s is for %s", clip(c.Format), c.Mapping, side)
	}
	return nil
}

// checkSecrets says which secrets the kind does not have.
func (s *Set) checkSecrets(kind string, secrets map[string]string) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if !slices.ContainsFunc(s.Kinds[kind].Settings, func(set bridges.Setting) bool { return set.Name == name && set.Type == bridges.Secret }) {
			problems = append(problems, fmt.Errorf("a connection of kind %q has no secret %q", clip(kind), clip(name)))
		}
	}
	return errors.Join(problems...)
}
