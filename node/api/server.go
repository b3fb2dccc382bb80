package api

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"referworks/node/account"
	"referworks/node/connection"
	"referworks/protocol"
)

// Config is what a Server works with.
type Config struct {
	House   House
	Version string
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	// Page serves everything outside /v1: the embedded web page. Optional.
	Page http.Handler
}

// Server answers the API. Handler is for the network, Control for the owner's socket.
type Server struct {
	Config
	mux  *http.ServeMux
	api  huma.API
	ring keyring
	read readOnce
	ops  []huma.Operation // registered by add
	changing
	ends chan struct{}
	stop sync.Once
}

// New makes a server; it starts nothing.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{Config: cfg, mux: http.NewServeMux(), ends: make(chan struct{})}
	about := huma.DefaultConfig("Referworks", cfg.Version)
	about.Info.Description = "Send and receive referrals in your own system's format. Post a document as your system writes it; " +
		"the answer says what became of it and what the conversion kept, changed and lost."
	about.DocsPath, about.SchemasPath, about.CreateHooks = "", "", nil
	about.OpenAPIPath = "/v1/openapi"
	about.Transformers = append(about.Transformers, withoutValues, inSpanish)
	about.RejectUnknownQueryParameters = true
	about.Components.Schemas = schemas()
	about.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer", Description: "An API key of one organization, made with: referworks apikey create."}}
	about.Security = []map[string][]string{{"key": {}}}
	s.api = humago.New(s.mux, about)
	s.api.UseMiddleware(s.authorize)
	s.referrals()
	s.life()
	s.desk()
	s.files()
	s.forwards()
	s.practice()
	s.waiting()
	s.inbox()
	s.settings()
	s.profiles()
	s.partners()
	s.connections()
	s.drifts()
	s.lookups()
	s.mappings()
	s.events()
	s.keys()
	s.control()
	s.keeping()
	s.sessions()
	s.people()
	s.hosting()
	s.receivers()
	s.activity()
	s.reports()
	s.mux.HandleFunc("GET /v1/health", s.health)
	s.mux.HandleFunc("GET /v1/docs", s.docs)
	if cfg.Page != nil {
		s.mux.Handle("/", cfg.Page)
	}
	return s
}

// schemas names the types of the description: those of the protocol apart from ours, hashes and keys as the text that
// they are written as.
func schemas() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", func(t reflect.Type, hint string) string {
		name := huma.DefaultSchemaNamer(t, hint)
		if strings.HasSuffix(t.PkgPath(), "/protocol") {
			name = "Protocol" + name
		}
		return name
	})
	r.RegisterTypeAlias(reflect.TypeFor[protocol.Hash](), reflect.TypeFor[string]())
	r.RegisterTypeAlias(reflect.TypeFor[protocol.Bytes](), reflect.TypeFor[string]())
	r.RegisterTypeAlias(reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any]())
	return r
}

// Close ends open event streams, so that a server can shut down.
func (s *Server) Close() { s.stop.Do(func() { close(s.ends) }) }

// OpenAPI gives the description of the public operations as YAML.
func (s *Server) OpenAPI() ([]byte, error) { return s.api.OpenAPI().YAML() }

// Caller is who asks.
type caller struct {
	actor   string // for the audit log: a key, the operator or the id of an account, never a name
	org     Organization
	may     []Permission
	socket  bool             // on the control socket
	keyed   bool             // by an API key
	text    string           // of the key
	session *account.Session // of a person, or of nobody yet
	writer  http.ResponseWriter
	request *http.Request

	ifMatch, ifNoneMatch string // of the request
}

type callerKey struct{}

type actorKey struct{}

// WithActor lets what is done in a context be recorded as somebody's.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf is who acts in a context: "operator" unless WithActor said another.
func ActorOf(ctx context.Context) string {
	if a, ok := ctx.Value(actorKey{}).(string); ok {
		return a
	}
	return "operator"
}

func callerOf(ctx context.Context) caller { c, _ := ctx.Value(callerKey{}).(caller); return c }

// OrgHeader names the organization that a call on the control socket is for; without it, the only one.
const OrgHeader = "Referworks-Organization"

// Handler is the API and the page for the network. What changes something is refused when a page of another origin asks
// for it in a person's browser (Sec-Fetch-Site, Origin).
func (s *Server) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuseStream(w, http.StatusForbidden, "Another site asked your browser to do this, so it was not done. Open the node's own page.")
	}))
	return s.common(guard.Handler(s.soap(s.mux)))
}

// Control is the API for a socket that only the node's owner can open: the caller may do everything.
func (s *Server) Control() http.Handler {
	return s.common(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := caller{actor: "operator", may: ofSocket, socket: true}
		if id := r.Header.Get(OrgHeader); id != "" {
			c.org, _ = s.House.Organization(protocol.OrgID(id))
			if c.org == nil {
				c.org = s.byName(id)
			}
		} else if all := s.House.Organizations(); len(all) == 1 {
			c.org = all[0]
		}
		s.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	}))
}

// byName finds an organization by the beginning of its id or by its whole name; nil unless exactly one fits.
func (s *Server) byName(text string) Organization {
	var found []Organization
	for _, o := range s.House.Organizations() {
		if strings.EqualFold(o.Name(), text) || len(text) >= 8 && strings.HasPrefix(string(o.ID()), text) {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// common sets what every answer has and limits every request.
func (s *Server) common(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("X-Request-Id", requestID())
		whole, limit := r.Body, int64(maxBody)
		if isConnection(r) {
			limit = connection.MaxReceived
		}
		r.Body = io.NopCloser(http.MaxBytesReader(w, whole, limit)) // the server closes it, after what follows here
		next.ServeHTTP(w, r)
		if r.ContentLength > limit { // who is still writing would meet a reset connection instead of the answer
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(drainFor))
			_, _ = io.CopyN(io.Discard, whole, maxDrain)
		}
	})
}

// maxBody is the largest request, in bytes.
const maxBody = 8 << 20

// What is read and thrown away of a larger one, so that its answer arrives.
const (
	maxDrain = 32 << 20
	drainFor = 5 * time.Second
)

func requestID() string {
	var b [10]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// authorize lets a caller in who has what the operation asks for in the table of permissions.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	asked, known := permissions[ctx.Operation().OperationID]
	c := callerOf(ctx.Context())
	if !c.socket {
		var err error
		if c, err = s.callerOf(ctx); err != nil {
			s.Log.Error("could not read a session", "error", err)
			s.refuse(ctx, http.StatusServiceUnavailable, "The node could not look up who you are. Try again.")
			return
		}
	}
	switch {
	case !known:
		s.refuse(ctx, http.StatusForbidden, "Nobody may do this.")
	case !slices.Contains(c.may, asked.need):
		status, sentence := c.why(asked.need)
		s.refuse(ctx, status, sentence)
	case c.org == nil && !asked.need.forNode() && c.socket:
		s.refuse(ctx, http.StatusUnprocessableEntity, "This node hosts several organizations or none of that name. Say which one is meant: --org NAME.")
	case c.org == nil && !asked.need.forNode():
		s.refuse(ctx, http.StatusForbidden, "You do not belong to an organization on this node yet. Ask an admin there to invite you.")
	case asked.fresh && c.session != nil && !c.session.Fresh():
		s.refuseAs(ctx, http.StatusForbidden, "step-up", "Confirm that it is you: this changes who is trusted.")
	default:
		c.ifMatch, c.ifNoneMatch = ctx.Header("If-Match"), ctx.Header("If-None-Match")
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// callerOf finds who asks over the network: a key, else a person's session, else nobody.
func (s *Server) callerOf(ctx huma.Context) (caller, error) {
	r, w := humago.Unwrap(ctx)
	c, err := s.fromNetwork(r)
	c.writer, c.request = w, r
	return c, err
}

func (s *Server) fromNetwork(r *http.Request) (caller, error) {
	if r.Header.Get("Authorization") != "" {
		s.readKeys()
		c := caller{actor: "nobody", keyed: true, text: bearer(r.Header.Get("Authorization"))}
		key, ok := s.ring.find(c.text)
		if org, hosted := s.House.Organization(key.org); ok && hosted {
			c.actor, c.org, c.may = "key "+key.ID, org, ofScopes[key.Scope]
		}
		return c, nil
	}
	people := s.House.Accounts()
	if people == nil {
		return caller{actor: "nobody"}, nil
	}
	session, err := people.Session(r)
	if err != nil {
		return caller{}, err
	}
	c := caller{actor: "nobody", session: session, may: ofPerson(session)}
	if session.Account != nil {
		c.actor = session.Account.Actor()
		c.org, _ = s.House.Organization(session.Org)
		if err := session.Touch(); err != nil {
			return caller{}, err
		}
	}
	return c, nil
}

// why tells a caller what they lack.
func (c *caller) why(need Permission) (int, string) {
	switch {
	case c.keyed && len(c.may) == 0:
		return http.StatusUnauthorized, "This API key opens nothing. It may be mistyped or revoked."
	case c.keyed && need.public():
		return http.StatusForbidden, "This API key may post and read referrals only. Use one with the scope admin."
	case c.keyed:
		return http.StatusForbidden, "An API key may not do this. A person does it, signed in to the page, or who runs the node, with the command line."
	case c.session == nil || c.session.Account == nil:
		return http.StatusUnauthorized, "Sign in first, or send an API key: Authorization: Bearer rw_live_…"
	case !c.session.Secured:
		return http.StatusForbidden, "Protect your account first: add a passkey or an authenticator app."
	}
	return http.StatusForbidden, "Your role does not allow this. Ask an admin of your organization."
}

// refuseAs refuses with a code that the page knows.
func (s *Server) refuseAs(ctx huma.Context, status int, code, sentence string) {
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(coded(status, code, sentence))
}

// coded is a problem whose type the page knows.
func coded(status int, code, sentence string) *huma.ErrorModel {
	return &huma.ErrorModel{Type: "https://referworks.org/problems/" + code, Title: http.StatusText(status), Status: status, Detail: sentence}
}

func (s *Server) refuse(ctx huma.Context, status int, sentence string) {
	if err := huma.WriteErr(s.api, ctx, status, sentence); err != nil {
		s.Log.Warn("could not write an answer", "error", err)
	}
}

// readOnce knows the organizations whose keys were read. Its mutex is held while they are read: who comes at the same
// time must not find a key missing.
type readOnce struct {
	mu   sync.Mutex
	orgs map[protocol.OrgID]bool
}

// readKeys reads the keys of organizations that were not read yet.
func (s *Server) readKeys() {
	s.read.mu.Lock()
	defer s.read.mu.Unlock()
	for _, o := range s.House.Organizations() {
		if s.read.orgs[o.ID()] {
			continue
		}
		if err := s.ring.load(o.Store(), o.ID()); err != nil {
			s.Log.Error("could not read API keys", "organization", o.ID().Short(), "error", err)
			continue
		}
		if s.read.orgs == nil {
			s.read.orgs = map[protocol.OrgID]bool{}
		}
		s.read.orgs[o.ID()] = true
	}
}

// health says whether the process works, for a supervisor: nothing else is in the answer.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !s.House.Status().Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"ready":false}` + "\n"))
		return
	}
	_, _ = w.Write([]byte(`{"ready":true}` + "\n"))
}

// add registers an operation that answers 200 with a JSON body.
func add[I, O any](s *Server, method, path, id, summary string, f func(ctx context.Context, c caller, in *I) (O, error)) {
	op := operation[I](method, path, id, summary)
	s.ops = append(s.ops, op)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*answer[O], error) {
		c := callerOf(ctx)
		out, err := f(WithActor(ctx, c.actor), c, in)
		if err != nil {
			return nil, s.problem(err)
		}
		return &answer[O]{Body: out}, nil
	})
}

// operation describes one that takes I.
func operation[I any](method, path, id, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Hidden: !permissions[id].need.public(), Errors: []int{401, 403, 404, 409, 422, 503}, MaxBodyBytes: maxBody}
	// A raw body is the caller's own document; its own reader judges it.
	_, op.SkipValidateBody = reflect.TypeFor[I]().FieldByName("RawBody")
	if _, body := reflect.TypeFor[I]().FieldByName("Body"); body || op.SkipValidateBody {
		op.Errors = append(op.Errors, bodyErrors...)
	}
	return op
}

// bodyErrors are what a request with a body may be answered on top: it cannot be read, is too large, or is of a type that
// the operation does not take.
var bodyErrors = []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}

type answer[T any] struct{ Body T }

type none struct{}

type done struct {
	OK bool `json:"ok"`
}
