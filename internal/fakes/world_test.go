package fakes_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"referworks/bridges"
	"referworks/bridges/connector"
	"referworks/bridges/mapping"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/internal/fakes"
	"referworks/internal/sample"
	"referworks/protocol"
)

// fake is a system that counts what it holds.
type fake interface {
	http.Handler
	Counts() map[string]int
}

// system is one preset with its fake.
type system struct {
	preset   string
	settings map[string]string
	secrets  map[string]string
	fake     func() fake
	// want is what the system holds after n deliveries of the full sample.
	want func(n int) map[string]int
	main string // of the counts: one for each referral
}

// state is a connection's state on a disk that outlives the process.
type state struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (s *state) Load(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rows[name]), nil
}

func (s *state) Save(_ context.Context, name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		s.rows = map[string][]byte{}
	}
	s.rows[name] = slices.Clone(value)
	return nil
}

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// all reads the presets once.
var all = sync.OnceValues(presets.All)

func presetOf(t testing.TB, name string) *presets.Preset {
	t.Helper()
	list, err := all()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("there is no preset %s", name)
	return nil
}

func kindOf(t testing.TB, name string) bridges.Kind {
	t.Helper()
	kinds, err := connector.Kinds([]*presets.Preset{presetOf(t, name)}, map[string]bridges.Kind{"email": {Name: "email"}})
	if err != nil {
		t.Fatal(err)
	}
	return kinds[0]
}

// place is one connection to one fake at a port.
type place struct {
	system
	kind   bridges.Kind
	fake   fake
	server *fakes.Server
	state  *state
	clock  *clock
	config bridges.Config
	got    taken // what it handed in
}

func (p *place) accept(ctx context.Context, in bridges.Inbound) (bridges.Accepted, error) {
	return p.got.accept(ctx, in)
}

func start(t testing.TB, s system) *place {
	t.Helper()
	p := &place{system: s, kind: kindOf(t, s.preset), fake: s.fake(), state: &state{}, clock: &clock{at: time.Now()}}
	p.server = fakes.Start(p.fake)
	t.Cleanup(p.server.Close)
	settings := map[string]string{}
	maps.Copy(settings, s.settings)
	if slices.ContainsFunc(p.kind.Settings, func(x bridges.Setting) bool { return x.Name == "address" }) {
		settings["address"] = p.server.URL
	} else {
		settings["url"] = p.server.URL + settings["url"]
	}
	p.config = bridges.Config{Settings: settings, Secrets: func(name string) (string, bool) { v, ok := s.secrets[name]; return v, ok }, AllowPrivate: true, Now: p.clock.now, State: p.state}
	return p
}

// open opens the connection, as a process does that begins.
func (p *place) open(t testing.TB) any {
	t.Helper()
	b, err := p.kind.New(p.config)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compiled(t testing.TB, doc []byte) *mapping.Mapping {
	t.Helper()
	d, err := mapping.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var sender = sample.Org("harbor")

// delivery is the n-th referral as the preset's own mapping writes it.
func delivery(t testing.TB, k bridges.Kind, r *protocol.Referral, n uint64) bridges.Delivery {
	t.Helper()
	m := compiled(t, k.Mapping)
	rec, _, err := m.FromReferral(r, mapping.Context{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Encode(rec)
	if err != nil {
		t.Fatal(err)
	}
	id := sample.ReferralID(n)
	media := "application/json"
	if k.Format == "xml" {
		media = "application/xml"
	}
	return bridges.Delivery{
		Referral: id, Key: sender.Short() + "/" + string(id) + "/1", Reference: id.Reference(), Attempt: 1, From: bridges.Party{ID: sender, Name: "Harbor Legal Aid"}, To: bridges.Party{Name: "Elm Street"},
		Document: bridges.Document{Format: k.Format, MediaType: media, Bytes: b},
	}
}

// read gives a record of a document of ours.
func read(t testing.TB, b []byte) *record.Node {
	t.Helper()
	n, err := record.DecodeJSON(b, record.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// taken collects what a source hands in.
type taken struct {
	mu   sync.Mutex
	keys map[string]bridges.Inbound
	all  []bridges.Inbound
	fail error // what accept says instead
}

func (x *taken) accept(_ context.Context, in bridges.Inbound) (bridges.Accepted, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.fail != nil {
		return bridges.Accepted{}, x.fail
	}
	if x.keys == nil {
		x.keys = map[string]bridges.Inbound{}
	}
	_, again := x.keys[in.Key]
	x.keys[in.Key] = in
	x.all = append(x.all, in)
	return bridges.Accepted{Again: again}, nil
}

// poll looks once.
func poll(t testing.TB, b any, x *taken) error {
	t.Helper()
	p, ok := b.(interface {
		Poll(context.Context, bridges.Accept) error
	})
	if !ok {
		t.Fatal("it is no source")
	}
	return p.Poll(t.Context(), x.accept)
}

func systems() []system {
	one := func(names ...string) func(int) map[string]int {
		return func(n int) map[string]int {
			out := map[string]int{}
			for _, name := range names {
				out[name] += n
			}
			return out
		}
	}
	return []system{
		{
			preset: "legalserver", settings: map[string]string{"site": "demo"}, secrets: map[string]string{"token": "t"}, main: "matters",
			fake: func() fake { return &fakes.LegalServer{Token: "t", Problems: lscWords()} },
			want: one("matters", "parties", "notes"),
		},
		{
			preset: "civicrm", secrets: map[string]string{"key": "k"}, main: "Contact",
			fake: func() fake { return &fakes.CiviCRM{Key: "k"} },
			want: one("Contact", "Address", "Phone", "Phone", "Activity"),
		},
		{
			preset: "salesforce", settings: map[string]string{"domain": "demo", "client": "c"}, secrets: map[string]string{"secret": "s"}, main: "records",
			fake: func() fake { return &fakes.Salesforce{Client: "c", Secret: "s"} }, want: one("records"),
		},
		{
			preset: "primero", settings: map[string]string{"user": "u", "refer-to": "case_worker"}, secrets: map[string]string{"password": "p"}, main: "cases",
			fake: func() fake { return &fakes.Primero{User: "u", Password: "p"} }, want: one("cases", "referrals"),
		},
		{
			preset: "commcare", settings: map[string]string{"domain": "demo", "user": "u", "owner": "o"}, secrets: map[string]string{"key": "k"}, main: "cases",
			fake: func() fake { return &fakes.CommCare{User: "u", Key: "k"} }, want: one("cases"),
		},
		{
			preset: "fhir", secrets: map[string]string{"secret": "t"}, main: "Task",
			fake: func() fake { return &fakes.FHIR{Token: "t"} }, want: one("Patient", "ServiceRequest", "Task"),
		},
		{
			preset: "dhis2", settings: map[string]string{"program": "REFERRALS", "entity-type": "PERSON", "unit": "OU_1"}, secrets: map[string]string{"token": "t"}, main: "entities",
			fake: func() fake { return &fakes.DHIS2{Token: "t", Attributes: dhisCodes} }, want: one("entities", "enrollments"),
		},
		{
			preset: "clio", settings: map[string]string{"client": "c"}, secrets: map[string]string{"secret": "s", "refresh": "r"}, main: "matters",
			fake: func() fake { return &fakes.Clio{Client: "c", Secret: "s", Refresh: "r"} }, want: one("contacts", "matters"),
		},
		{
			preset: "odoo", settings: map[string]string{"database": "demo"}, secrets: map[string]string{"key": "k"}, main: "leads",
			fake: func() fake { return &fakes.Odoo{Key: "k", Database: "demo"} }, want: one("leads"),
		},
		{
			preset: "airtable", settings: map[string]string{"base": "app123", "files-field": "Files"}, secrets: map[string]string{"token": "t"}, main: "Referrals",
			fake: func() fake { return &fakes.Airtable{Token: "t"} }, want: one("Referrals", "People", "People"),
		},
		{
			preset: "generic-xml", settings: map[string]string{"auth": "none", "find-path": "/?external_id={referral.id}", "id-path": "Id", "update-path": "/intakes/{made.referral}"}, main: "intakes",
			fake: func() fake { return &fakes.XML{} }, want: one("intakes"),
		},
		{
			preset: "generic-rest", settings: map[string]string{"id-field": "external_id", "find-path": "/intakes?external_id={referral.id}", "update-path": "/intakes/{made.referral}"}, secrets: map[string]string{"secret": "t"}, main: "intakes",
			fake: func() fake { return &fakes.REST{Token: "t"} }, want: one("intakes"),
		},
		{ // with nothing but a POST: what got lost waits for a person
			preset: "generic-rest", secrets: map[string]string{"secret": "t"}, main: "intakes",
			fake: func() fake { return &fakes.REST{Token: "t"} }, want: one("intakes"),
		},
		{
			preset: "generic-rest", settings: map[string]string{"idempotent": "true", "files-path": "/intakes/{made.referral}/files"}, secrets: map[string]string{"secret": "t"}, main: "intakes",
			fake: func() fake { return &fakes.REST{Token: "t", Keyed: true} }, want: one("intakes"),
		},
	}
}

// dhisCodes are the attributes of the program, as the preset's own mapping has them.
var dhisCodes = []string{"GEN_GIVEN_NAME", "GEN_FAM_NAME", "GEN_BIRTH_DATE", "GEN_SEX", "GEN_PHONE", "GEN_ADDRESS", "REF_NEED", "REF_DESCRIPTION", "REF_FROM", "REF_CASE"}

// lscWords are the legal problem codes in the words of the preset's own table.
func lscWords() []string {
	list, err := all()
	if err != nil {
		panic(err)
	}
	for _, p := range list {
		if p.Name != "legalserver" {
			continue
		}
		var out []string
		for _, n := range p.Mapping.Find(record.MustPath("valueTables.needs.rows[].ours")) {
			out = append(out, n.Text)
		}
		return out
	}
	return nil
}

func name(s system) string {
	out := s.preset
	for _, k := range slices.Sorted(maps.Keys(s.settings)) {
		if strings.HasPrefix(k, "find") || k == "idempotent" {
			out += " " + k
		}
	}
	return out
}
