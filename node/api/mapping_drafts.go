package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"referworks/bridges/mapping"
	"referworks/node/connection"
)

type draftInput struct {
	ID       string `path:"id" maxLength:"40" doc:"The mapping's name."`
	Revision int    `query:"revision" minimum:"0" doc:"The revision that was changed; 0 for a new draft. When it is another by now, the answer is 409."`
	RawBody  []byte `contentType:"application/json"`
}

type trialInput struct {
	ID      string `path:"id" maxLength:"40" doc:"The mapping's name."`
	RawBody []byte `contentType:"application/json" required:"false"`
}

type releaseInput struct {
	ID       string `path:"id" maxLength:"40" doc:"The mapping's name."`
	Revision int    `query:"revision" minimum:"0" doc:"The revision of the draft that is meant; 0 for whichever it is."`
	Untested bool   `query:"untested" doc:"Publish although tests of the document fail. The audit log keeps it."`
}

type rollbackInput struct {
	ID   string `path:"id" maxLength:"40" doc:"The mapping's name."`
	Body struct {
		Hash string `json:"hash,omitempty" maxLength:"60" doc:"The version to go back to; without it, the one before the current."`
	}
}

type diffInput struct {
	ID   string `path:"id" maxLength:"40" doc:"The mapping's name."`
	From string `query:"from" maxLength:"60" doc:"Hash of a version; without it, the current one."`
	To   string `query:"to" maxLength:"60" doc:"Hash of a version; without it, the draft."`
}

type differences struct {
	Differences []mapping.Sentence `json:"differences"`
}

func (s *Server) mappingDrafts() {
	now := func(c caller, id string) (state, error) {
		d, err := c.org.Connections().Draft(id)
		return same(d), err
	}
	addRead(s, "/v1/mappings/{id}/draft", "show-draft", "Show the draft of a mapping", func(_ context.Context, c caller, in *idInput) (connection.Draft, state, error) {
		d, err := c.org.Connections().Draft(in.ID)
		return d, same(d), err
	})
	addChange(s, http.MethodPut, "/v1/mappings/{id}/draft", "save-draft", "Save the draft of a mapping, with mistakes or without", func(c caller, in *draftInput) (state, error) { return now(c, in.ID) }, func(_ context.Context, c caller, in *draftInput) (connection.Draft, error) {
		return c.org.Connections().PutDraft(in.ID, in.RawBody, in.Revision, c.actor)
	})
	addChange(s, http.MethodDelete, "/v1/mappings/{id}/draft", "drop-draft", "Give up the draft of a mapping", func(c caller, in *idInput) (state, error) { return now(c, in.ID) }, func(_ context.Context, c caller, in *idInput) (done, error) {
		return done{true}, c.org.Connections().DropDraft(in.ID)
	})
	add(s, http.MethodPost, "/v1/mappings/{id}/test", "test-mapping", "Run a mapping's tests and the last documents through it: the document posted, else the draft, else the current version", func(_ context.Context, c caller, in *trialInput) (connection.Trial, error) {
		doc, err := meant(c, in.ID, in.RawBody)
		if err != nil {
			return connection.Trial{}, err
		}
		return c.org.Connections().Try(in.ID, doc)
	})
	add(s, http.MethodGet, "/v1/mappings/{id}/diff", "compare-mapping", "Say in sentences what is different between two versions, or a version and the draft", diff)
	add(s, http.MethodPost, "/v1/mappings/{id}/publish", "publish-draft", "Publish the draft of a mapping", func(_ context.Context, c caller, in *releaseInput) (connection.Published, error) {
		set := c.org.Connections()
		d, err := set.Draft(in.ID)
		if err != nil {
			return connection.Published{}, err
		}
		if in.Revision != 0 && in.Revision != d.Revision {
			return connection.Published{}, &connection.StaleDraft{Name: in.ID, Now: d.Revision}
		}
		return set.Publish(in.ID, d.Document, connection.Publishing{Actor: c.actor, Untested: in.Untested})
	})
	add(s, http.MethodPost, "/v1/mappings/{id}/rollback", "roll-back-mapping", "Make an earlier version the current one again", func(_ context.Context, c caller, in *rollbackInput) (connection.Published, error) {
		return c.org.Connections().Rollback(in.ID, in.Body.Hash, c.actor)
	})
	add(s, http.MethodGet, "/v1/mappings/{id}/versions", "list-mapping-versions", "List what was ever current under a name, the newest first", func(_ context.Context, c caller, in *idInput) (page[connection.Version], error) {
		list, err := c.org.Connections().Versions(in.ID)
		return page[connection.Version]{Items: list}, err
	})
}

// meant is the document that a caller means: the posted one, else the draft, else the current version.
func meant(c caller, name string, posted []byte) (json.RawMessage, error) {
	if len(posted) > 0 {
		return posted, nil
	}
	d, err := c.org.Connections().Draft(name)
	if err == nil {
		return d.Document, nil
	}
	if !errors.Is(err, connection.ErrNone) {
		return nil, err
	}
	v, err := c.org.Connections().MappingVersion(name)
	return v.Document, err
}

func diff(_ context.Context, c caller, in *diffInput) (differences, error) {
	set := c.org.Connections()
	of := func(hash string) (*mapping.Document, error) {
		v, err := set.MappingVersion(hash)
		if err != nil {
			return nil, err
		}
		return mapping.Parse(v.Document)
	}
	from := in.From
	if from == "" {
		from = in.ID
	}
	old, err := of(from)
	if err != nil {
		return differences{}, err
	}
	var now *mapping.Document
	if in.To != "" {
		now, err = of(in.To)
	} else {
		var d connection.Draft
		if d, err = set.Draft(in.ID); err == nil {
			now, err = mapping.Parse(d.Document)
		}
	}
	if err != nil {
		return differences{}, err
	}
	return differences{append([]mapping.Sentence{}, mapping.Diff(old, now)...)}, nil
}
