package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// A resource that can be changed has an entity tag (RFC 9110, 8.8.3), so that nobody takes back what another changed
// meanwhile: GET gives it, and If-Match beside a change says which state it is meant for. The tag has two parts: what can be
// changed, which If-Match is held against, and everything that is shown, for If-None-Match. So a connection may lose its line
// without a change of its settings being refused.

// state is a resource as it stands.
type state struct {
	set   any // what can be changed
	shown any // the whole of it
}

// same is the state of a resource that can be changed in all that it shows.
func same(v any) state { return state{v, v} }

func (st state) tag() (string, error) {
	set, err := partOfTag(st.set)
	if err != nil {
		return "", err
	}
	shown, err := partOfTag(st.shown)
	return `"` + set + "." + shown + `"`, err
}

func partOfTag(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("tag a resource: %w", err)
	}
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12]), nil
}

// settable is the part of a tag that If-Match is held against.
func settable(tag string) string {
	set, _, _ := strings.Cut(strings.Trim(tag, `"`), ".")
	return set
}

type tagged[T any] struct {
	ETag string `header:"ETag" doc:"Of the resource as it stands now. Send it as If-Match beside a change, or as If-None-Match to be told only what is new."`
	Body T
}

// addRead registers an operation that shows a resource: with its tag, and 304 when the caller has it.
func addRead[I, O any](s *Server, path, id, summary string, f func(ctx context.Context, c caller, in *I) (O, state, error)) {
	op := operation[I](http.MethodGet, path, id, summary)
	op.Parameters = []*huma.Param{ifNoneMatch}
	op.Responses = map[string]*huma.Response{"304": {Description: "It is as the caller has it."}}
	s.ops = append(s.ops, op)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*tagged[O], error) {
		c := callerOf(ctx)
		out, st, err := f(WithActor(ctx, c.actor), c, in)
		if err != nil {
			return nil, s.problem(err)
		}
		tag, err := st.tag()
		if err != nil {
			return nil, s.problem(err)
		}
		if list := tagsOf(c.ifNoneMatch); slices.Contains(list, tag) || slices.Contains(list, "*") {
			return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {tag}})
		}
		return &tagged[O]{tag, out}, nil
	})
}

// addChange registers an operation that changes a resource, whose state now gives; ErrNone of the house when there is none.
// The answer has the new tag; after a removal it has none.
func addChange[I, O any](s *Server, method, path, id, summary string, now func(c caller, in *I) (state, error), f func(ctx context.Context, c caller, in *I) (O, error)) {
	op := operation[I](method, path, id, summary)
	op.Parameters = []*huma.Param{ifMatch}
	if method == http.MethodPut {
		op.Parameters = append(op.Parameters, ifNone)
	}
	op.Errors = append(op.Errors, http.StatusPreconditionFailed)
	s.ops = append(s.ops, op)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*tagged[O], error) {
		c := callerOf(ctx)
		defer s.changing.lock(c, path)()
		if err := s.matches(c, func() (state, error) { return now(c, in) }); err != nil {
			return nil, err
		}
		out, err := f(WithActor(ctx, c.actor), c, in)
		if err != nil {
			return nil, s.problem(err)
		}
		answer := &tagged[O]{Body: out}
		if st, err := now(c, in); err == nil {
			answer.ETag, _ = st.tag() // the change is made: without a tag they read it anew
		}
		return answer, nil
	})
}

// matches holds what the caller has read against what is there.
func (s *Server) matches(c caller, now func() (state, error)) error {
	if c.ifMatch == "" && c.ifNoneMatch == "" {
		return nil
	}
	st, err := now()
	there := err == nil
	if problem := s.problem(err); err != nil && !isStatus(problem, http.StatusNotFound) {
		return problem
	}
	if c.ifNoneMatch != "" && there && slices.Contains(tagsOf(c.ifNoneMatch), "*") {
		return huma.Error412PreconditionFailed("This is here already, so nothing was made. Read it, and change it with the ETag that it has.")
	}
	if c.ifMatch == "" {
		return nil
	}
	if !there {
		return huma.Error412PreconditionFailed("What you want to change is not here any more, so nothing was changed. Leave If-Match out to make it anew.")
	}
	tag, err := st.tag()
	if err != nil {
		return s.problem(err)
	}
	if !slices.ContainsFunc(tagsOf(c.ifMatch), func(t string) bool { return t == "*" || settable(t) == settable(tag) }) {
		return huma.ErrorWithHeaders(huma.Error412PreconditionFailed("Somebody changed this since you read it, so nothing was changed now. Read it again, put your change into what is there, and send it with the new ETag."), http.Header{"Etag": {tag}})
	}
	return nil
}

func isStatus(err error, status int) bool {
	var se huma.StatusError
	return errors.As(err, &se) && se.GetStatus() == status
}

// tagsOf reads a list of tags. A weak one counts as what it is weak of: ours are never weak.
func tagsOf(header string) (all []string) {
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t != "" {
			all = append(all, t)
		}
	}
	return all
}

// changing lets one change of a resource at a time look at its tag and be made.
type changing struct {
	once  sync.Once
	seed  maphash.Seed
	locks [64]sync.Mutex
}

// lock takes all resources of one sort and organization: /v1/connections/{id} and /v1/connections/{id}/paused are one.
func (l *changing) lock(c caller, path string) (unlock func()) {
	l.once.Do(func() { l.seed = maphash.MakeSeed() })
	sort, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
	m := &l.locks[maphash.String(l.seed, string(c.org.ID())+sort)%uint64(len(l.locks))]
	m.Lock()
	return m.Unlock
}

var (
	text        = &huma.Schema{Type: huma.TypeString}
	ifNoneMatch = &huma.Param{Name: "If-None-Match", In: "header", Schema: text, Description: "An ETag that you have: the answer is 304 without a body when it still stands."}
	ifMatch     = &huma.Param{Name: "If-Match", In: "header", Schema: text, Description: "The ETag of what you read: when it was changed since, nothing is changed and the answer is 412."}
	ifNone      = &huma.Param{Name: "If-None-Match", In: "header", Schema: text, Description: "With *: only when there is none yet; else the answer is 412."}
)
