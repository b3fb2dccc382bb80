package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"referworks/internal/sample"
	"referworks/protocol"
)

// Under a JSON handler a person inside a struct is written out whole, whatever its type says of itself: so the root
// handler drops structured values. Without it the canary comes through, which shows that this test can fail.
func TestLogHoldsNoPerson(t *testing.T) {
	type nested struct{ Referral *protocol.Referral }
	r := sample.Full()
	r.Person.Names[0].Given = protocol.Of[protocol.Text](canary)
	plain := struct{ Name map[string]string }{map[string]string{"given": canary}}
	write := func(replace func([]string, slog.Attr) slog.Attr) string {
		var b bytes.Buffer
		log := slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{ReplaceAttr: replace}))
		log.Info("a referral was looked at", "referral", nested{r}, "plain", plain, "list", []any{plain}, slog.Group("group", "inner", plain))
		log.With("with", plain).Info("again", "id", "rw1x", "error", errors.New("no such thing"))
		return b.String()
	}
	if !strings.Contains(write(nil), canary) {
		t.Fatal("the control does not show the name: this test could not fail")
	}
	got := write(plainOnly)
	if strings.Contains(got, canary) {
		t.Errorf("the log holds a person: %s", got)
	}
	if !strings.Contains(got, "no such thing") || !strings.Contains(got, "rw1x") {
		t.Errorf("the log lost what it is for: %s", got)
	}
}
