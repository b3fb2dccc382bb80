package connection

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"referworks/bridges"
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
	if c.Kind != KindInbox && c.Format != "json" && c.Format != "xml" {
		say("the format must be json or xml")
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
