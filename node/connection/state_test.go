package connection_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/node/connection"
)

// What is wrong with a connection is said at its place: by the form of the kind first, then by the medium itself.
func TestFlawsNameTheirPlace(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{}
		kind := m.kind("rest")
		kind.Settings = []bridges.Setting{
			{Name: "host", Label: "Server", Type: bridges.String, Required: true}, {Name: "port", Label: "Port", Type: bridges.Integer, Default: "25"},
			{Name: "auth", Label: "Sign-in", Type: bridges.Choice, Choices: []string{"none", "basic"}, Default: "none"},
			{Name: "user", Label: "User", Type: bridges.String, Required: true, When: &bridges.When{Setting: "auth", Is: []string{"basic"}}},
			{Name: "token", Label: "Token", Type: bridges.Secret},
		}
		open := kind.New
		kind.New = func(cfg bridges.Config) (any, error) {
			var token error
			if v, _ := cfg.Secrets("token"); v == "bad" {
				token = bridges.At("auth", bridges.At("token", errors.New("the token is too short")))
			}
			if err := errors.Join(token, bridges.At("host", hostError(cfg.Settings["host"]))); err != nil {
				return nil, err
			}
			return open(cfg)
		}
		_, b := pair(t, map[string]bridges.Kind{"rest": kind})
		b.publish("intake", "court-help-center")
		put := func(settings map[string]string, secrets map[string]string) []string {
			c := out("intake")
			c.Kind, c.Settings = "rest", settings
			var f *connection.Flaws
			err := b.set.Put(c, secrets, "test")
			if err == nil {
				return nil
			}
			if !errors.As(err, &f) {
				t.Fatalf("%v", err)
			}
			var at []string
			for _, one := range f.List {
				at = append(at, one.At)
			}
			return at
		}
		for _, c := range []struct {
			settings map[string]string
			secrets  map[string]string
			want     string
		}{
			{nil, nil, "settings.host"},
			{map[string]string{"port": "x", "auth": "odd", "color": "red"}, nil, "settings.host settings.port settings.auth settings.color"},
			{map[string]string{"host": "a", "auth": "basic"}, nil, "settings.user"},
			{map[string]string{"host": "a b"}, map[string]string{"token": "bad"}, "settings.token settings.host"},
			{map[string]string{"host": "a"}, map[string]string{"token": "good"}, ""},
		} {
			if got := strings.Join(put(c.settings, c.secrets), " "); got != c.want {
				t.Errorf("%v: %q, want %q", c.settings, got, c.want)
			}
		}
		c, err := b.set.Connection("intake")
		must(t, err)
		if st, err := b.set.State(c); err != nil || st.Condition != connection.Untried || !slices.Equal(st.Secrets, []string{"token"}) {
			t.Errorf("%+v %v", st, err)
		}
		if put(map[string]string{"host": "a"}, map[string]string{"token": ""}) != nil {
			t.Error("a secret cannot be taken away")
		}
		if st, _ := b.set.State(c); len(st.Secrets) != 0 {
			t.Errorf("after it was taken away: %+v", st)
		}
	})
}

func hostError(host string) error {
	if strings.Contains(host, " ") {
		return errors.New("the server's name has a space")
	}
	return nil
}

// The last word of a medium is what its connection shows.
func TestStateFollowsTheMedium(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{answer: func(n int, _ bridges.Delivery) (bridges.Outcome, error) {
			if n == 1 {
				return bridges.Outcome{}, &bridges.Error{Class: bridges.Temporary, Sentence: "the mail server is away"}
			}
			return bridges.Outcome{Reference: "1"}, nil
		}}
		a, b := receiver(t, m)
		b.run()
		state := func() connection.State {
			c, err := b.set.Connection("intake")
			must(t, err)
			st, err := b.set.State(c)
			must(t, err)
			return st
		}
		a.send()
		time.Sleep(time.Second)
		if st := state(); st.Condition != connection.Trouble || st.Sentence != "the mail server is away" || st.At == 0 {
			t.Errorf("%+v", st)
		}
		time.Sleep(time.Minute)
		if st := state(); st.Condition != connection.Works {
			t.Errorf("%+v", st)
		}
		must(t, b.set.Pause("intake", true, "test"))
		if st := state(); st.Condition != connection.Resting {
			t.Errorf("%+v", st)
		}
		must(t, b.set.Remove("intake", "test"))
		if _, err := b.set.Connection("intake"); !errors.Is(err, connection.ErrNone) {
			t.Errorf("%v", err)
		}
		if err := b.set.Remove("intake", "test"); !errors.Is(err, connection.ErrNone) {
			t.Errorf("%v", err)
		}
	})
}
