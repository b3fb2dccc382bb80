package node_test

import (
	"errors"
	"strings"
	"testing"

	"referworks/crypto"
	"referworks/internal/testnet"
	"referworks/node"
	"referworks/node/api"
	"referworks/protocol"
)

// A file of the kit counts as kept when it opens and is of the kit in force; after a recovery the old ones count no more.
func TestKitIsKeptWhenItOpens(t *testing.T) {
	n := testnet.New(t).Node("harbor")
	o, kit, err := n.CreateOrg(ctx, "Harbor Legal Aid", protocol.CardContact{})
	must(t, err)
	other, _, err := n.CreateOrg(ctx, "Elm Street Elder Services", protocol.CardContact{})
	must(t, err)
	wrong := func(o *node.Organization, file []byte, words, at string) {
		t.Helper()
		var amiss *api.Amiss
		if _, err := o.CheckKit(ctx, "ana", file, words); !errors.As(err, &amiss) || amiss.At != at {
			t.Errorf("%v, want a sentence at %s", err, at)
		}
	}
	wrong(o, kit.RootFile, kit.RecoveryPassphrase, "passphrase")
	wrong(o, []byte("a letter"), kit.RootPassphrase, "file")
	wrong(other, kit.RootFile, kit.RootPassphrase, "file")
	if len(o.Kit()) != 0 {
		t.Fatalf("something is kept already: %+v", o.Kit())
	}
	m, err := o.CheckKit(ctx, "ana", kit.RootFile, " "+strings.ToUpper(kit.RootPassphrase))
	must(t, err)
	if m.File != string(crypto.RootFile) || !m.Checked || m.By != "ana" || len(o.Kit()) != 1 {
		t.Errorf("%+v", m)
	}
	must(t, o.KeepKit(ctx, "ana"))
	if k := o.Kit(); len(k) != 2 || k[0].Checked {
		t.Errorf("%+v", k)
	}
	fresh, err := n.Recover(ctx, o.ID(), kit.RecoveryFile, kit.RecoveryPassphrase)
	must(t, err)
	if k := o.Kit(); len(k) != 0 {
		t.Errorf("of the new kit nothing can be kept yet: %+v", k)
	}
	wrong(o, kit.RootFile, kit.RootPassphrase, "file")
	_, err = o.CheckKit(ctx, "ana", fresh.RecoveryFile, fresh.RecoveryPassphrase)
	must(t, err)
}

// What an organization says of itself is tidied, and what cannot be is said at its place.
func TestDescriptionsAreTidiedOrRefused(t *testing.T) {
	n := testnet.New(t).Node("harbor")
	o, _, err := n.CreateOrg(t.Context(), "Harbor Legal Aid", protocol.CardContact{})
	must(t, err)
	housing := protocol.CardService{ID: "a", Name: " Housing ", Needs: []protocol.NeedCode{{System: "lsc", Code: "63"}}, Area: "02139"}
	must(t, o.Describe(t.Context(), "ana", api.Description{Name: " Harbor ", Contact: protocol.CardContact{Phone: "(617) 555-0100", Email: "intake@harbor.test", Web: "https://harbor.test"}, Services: []protocol.CardService{housing}}))
	if c := o.Contact(); o.Name() != "Harbor" || c.Phone != "+16175550100" {
		t.Errorf("%q %+v", o.Name(), c)
	}
	for at, d := range map[string]api.Description{
		"name":            {Name: " "},
		"contact.phone":   {Name: "x", Contact: protocol.CardContact{Phone: "in the morning"}},
		"contact.email":   {Name: "x", Contact: protocol.CardContact{Email: "Ana <a@harbor.test>"}},
		"contact.web":     {Name: "x", Contact: protocol.CardContact{Web: "javascript:alert(1)"}},
		"services.1.id":   {Name: "x", Services: []protocol.CardService{housing, housing}},
		"services.0.name": {Name: "x", Services: []protocol.CardService{{ID: "a"}}},
	} {
		var amiss *api.Amiss
		if err := o.Describe(t.Context(), "ana", d); !errors.As(err, &amiss) || amiss.At != at {
			t.Errorf("%s: %v", at, err)
		}
	}
	if err := o.Describe(t.Context(), "ana", api.Description{Name: "Harbor\u202egnirts"}); err == nil {
		t.Error("a name that turns what is read was taken")
	}
}
