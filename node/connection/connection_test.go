package connection_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/node/audit"
	"referworks/node/connection"
	"referworks/protocol"
)

func TestSinkIsOpenedAgainAfterAChange(t *testing.T) {
	inTime(t, func(t *testing.T) {
		m := &medium{}
		a, b := receiver(t, m)
		b.run()
		a.send()
		a.send()
		if len(m.opened) != 2 { // once more to look at its settings when it was set up
			t.Fatalf("the bridge was opened %d times for two deliveries", len(m.opened))
		}
		for _, place := range []string{"there", "elsewhere"} { // twice in one millisecond
			c := out("intake")
			c.Settings = map[string]string{"place": place}
			must(t, b.set.Put(c, map[string]string{"token": "t-" + place}, "test"))
			a.send()
		}
		if n := len(m.opened); n != 6 || m.opened[5].Settings["place"] != "elsewhere" {
			t.Fatalf("the bridge was opened %d times, at last with %v", n, m.opened[n-1].Settings)
		}
		if token, ok := m.opened[5].Secrets("token"); !ok || token != "t-elsewhere" {
			t.Errorf("the bridge got the secret %q", token)
		}
		// What was not given stays.
		must(t, b.set.Put(out("intake"), nil, "test"))
		a.send()
		if token, _ := m.opened[7].Secrets("token"); token != "t-elsewhere" {
			t.Errorf("after a change without secrets the bridge got %q", token)
		}
		if len(m.deliveries()) != 5 {
			t.Errorf("%d deliveries", len(m.deliveries()))
		}
	})
}

func TestSecretsNeverComeBack(t *testing.T) {
	inTime(t, func(t *testing.T) {
		const canary = "Zebulona-7"
		_, b := receiver(t, &medium{})
		must(t, b.set.Put(out("intake"), map[string]string{"token": canary}, "test"))
		one, err := b.set.Connection("intake")
		must(t, err)
		list, err := b.set.List()
		must(t, err)
		events, err := audit.List(b.org, 0, 1000)
		must(t, err)
		shown, err := json.Marshal([]any{one, list, events})
		must(t, err)
		if strings.Contains(string(shown), canary) {
			t.Error("a secret is shown")
		}
		c := out("intake")
		c.Settings = map[string]string{"token": canary}
		if err := b.set.Put(c, nil, "test"); err == nil || !strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), canary) {
			t.Errorf("a secret among the settings: %v", err)
		}
		if err := b.set.Put(out("intake"), map[string]string{"tokn": canary}, "test"); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("a secret that the kind does not have: %v", err)
		}
	})
}

// Two connections share what arrives by need; a paused one keeps what only it takes, and nothing is lost or goes elsewhere.
func TestSeveralAndPausedConnections(t *testing.T) {
	inTime(t, func(t *testing.T) {
		legal, rest := &medium{}, &medium{}
		a, b := pair(t, map[string]bridges.Kind{"legal": legal.kind("legal"), "rest": rest.kind("rest")})
		b.publish("intake", "court-help-center")
		need := referral().Needs[0].Codes[0].Coding()
		first, second := out("a-legal"), out("b-rest")
		first.Kind, first.Needs = "legal", []protocol.NeedCode{{System: need.System, Code: need.Code}}
		second.Kind, second.Needs = "rest", []protocol.NeedCode{{System: "test", Code: "none"}}
		must(t, b.set.Put(first, nil, "test"))
		must(t, b.set.Put(second, nil, "test"))
		b.run()
		a.send()
		if len(legal.deliveries()) != 1 || len(rest.deliveries()) != 0 {
			t.Fatalf("%d went by need, %d elsewhere", len(legal.deliveries()), len(rest.deliveries()))
		}
		must(t, b.set.Pause("a-legal", true, "test"))
		id := a.send()
		time.Sleep(72 * time.Hour)
		if len(legal.deliveries()) != 1 || len(rest.deliveries()) != 0 || a.thread(id).State != protocol.OnTheirDisk {
			t.Fatalf("while paused: %d and %d, and the sender sees %s", len(legal.deliveries()), len(rest.deliveries()), a.thread(id).State)
		}
		must(t, b.set.Pause("a-legal", false, "test"))
		time.Sleep(6 * time.Minute)
		if got := legal.deliveries(); len(got) != 2 || got[1].Attempt != 1 || got[1].Unknown {
			t.Fatalf("after it was resumed there are %d deliveries, the last as attempt %d", len(got), got[len(got)-1].Attempt)
		}
		// With another one that takes it, nothing waits for the paused one.
		second.Needs = nil
		must(t, b.set.Put(second, nil, "test"))
		must(t, b.set.Pause("a-legal", true, "test"))
		a.send()
		if len(rest.deliveries()) != 1 {
			t.Errorf("%d went through the other connection", len(rest.deliveries()))
		}
		if err := b.set.Pause("none", true, "test"); !errors.Is(err, connection.ErrNone) {
			t.Errorf("pause of none: %v", err)
		}
		if list, err := b.set.List(); err != nil || len(list) != 2 || list[0].ID != "a-legal" {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestWithoutAConnectionItStaysInTheInbox(t *testing.T) {
	inTime(t, func(t *testing.T) {
		a, b := pair(t, nil)
		b.run()
		id := a.send()
		time.Sleep(time.Hour)
		if th := b.thread(id); th.Item != "kept" {
			t.Errorf("the inbox says %q", th.Item)
		}
	})
}

// A list that was read before a change and finished after it must not stay: every post after Put returned sees it.
func TestListIsNeverOlderThanTheLastChange(t *testing.T) {
	inTime(t, func(t *testing.T) {
		_, b := receiver(t, &medium{})
		for i := range 100 { // reading takes a while
			must(t, b.set.Put(out(fmt.Sprintf("other-%d", i)), nil, "test"))
		}
		stop := make(chan struct{})
		var readers [4]chan struct{}
		for i := range readers {
			done := make(chan struct{})
			readers[i] = done
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					default:
						if _, err := b.set.List(); err != nil {
							t.Error(err)
							return
						}
					}
				}
			}()
		}
		for i := range 400 {
			must(t, b.set.Pause("intake", i%2 == 0, "test"))
			if c, err := b.set.Connection("intake"); err != nil || c.Paused != (i%2 == 0) {
				t.Errorf("round %d: paused %t right after it was set: %v", i, c.Paused, err)
				break
			}
		}
		close(stop)
		for _, done := range readers {
			<-done
		}
	})
}

func TestWrongConnectionsAreToldWhole(t *testing.T) {
	inTime(t, func(t *testing.T) {
		_, b := receiver(t, &medium{})
		err := b.set.Put(connection.Connection{
			ID: "No", Direction: "up", Kind: "medium", Format: "letter", Settings: map[string]string{"colour": "x"},
			Recipients: map[string]protocol.OrgID{"them": "x"}, Rules: []connection.Rule{{}, {To: []protocol.OrgID{"y"}}},
		}, nil, "test")
		for _, part := range []string{"the id", "the direction", "the format", `"colour"`, "no matched form", `"them"`, "rule 1 names no partner", "rule 2"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not told: %v", part, err)
			}
		}
		c := out("other")
		c.Mapping, c.Format = "", ""
		var flaws *connection.Flaws // the format comes with the mapping: one thing is missing, not two
		if err := b.set.Put(c, nil, "test"); !errors.As(err, &flaws) || len(flaws.List) != 1 || flaws.List[0].At != "mapping" || strings.Contains(err.Error(), "referworks") {
			t.Errorf("a form that nobody filled in: %v", err)
		}
		c.Mapping = "none"
		if err := b.set.Put(c, nil, "test"); err == nil || !strings.Contains(err.Error(), "publish it first") {
			t.Errorf("a mapping that is not there: %v", err)
		}
	})
}

func TestPublish(t *testing.T) {
	inTime(t, func(t *testing.T) {
		_, b := receiver(t, &medium{})
		v1, err := b.set.MappingVersion("intake")
		must(t, err)
		b.publish("intake", "court-help-center")
		if again, err := b.set.MappingVersion("intake"); err != nil || again.N != 1 || again.Hash != v1.Hash {
			t.Errorf("the same again is version %d: %v", again.N, err)
		}
		b.publish("intake", "elm-street")
		v2, err := b.set.MappingVersion("intake")
		if err != nil || v2.N != 2 || v2.Hash == v1.Hash || v2.By != "test" {
			t.Errorf("another is version %d: %v", v2.N, err)
		}
		if old, err := b.set.MappingVersion(v1.Hash); err != nil || string(old.Document) != string(v1.Document) {
			t.Errorf("the first version is gone: %v", err)
		}
		if list, err := b.set.Mappings(); err != nil || len(list) != 1 || list[0].Hash != v2.Hash || list[0].Document != nil {
			t.Errorf("%d mappings: %v", len(list), err)
		}
		for _, bad := range []string{`{`, `{}`, `{"v":1,"standard":"referral/1","name":"x","rules":[{"id":"x","local":"a","standard":"person.nope"}]}`} {
			if _, err := b.set.Publish("intake", []byte(bad), connection.Publishing{Actor: "test"}); err == nil {
				t.Errorf("%s was published", bad)
			}
		}
		if now, err := b.set.MappingVersion("intake"); err != nil || now.Hash != v2.Hash {
			t.Errorf("a refused one changed what stands: %v", err)
		}
	})
}
