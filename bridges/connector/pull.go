package connector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"referworks/bridges"
	"referworks/bridges/presets"
	"referworks/bridges/record"
	"referworks/bridges/rest"
	"referworks/protocol"
)

const (
	pollEvery  = 5 * time.Minute
	longestGap = time.Hour // between two looks at a system that does not answer
	maxPages   = 1000      // of one look
	maxSeen    = 20_000    // items that are remembered, so that what is read again is not taken again
)

// Run asks for new documents and news again and again until ctx ends, and keeps webhooks subscribed.
func (c *connection) Run(ctx context.Context, accept bridges.Accept) error {
	if len(c.preset.Pull) == 0 && !c.subscribes() {
		<-ctx.Done()
		return nil
	}
	for failures := 0; ; {
		wait, err := c.look(ctx, accept)
		if ctx.Err() != nil {
			return nil
		}
		c.cfg.Health(err)
		if err != nil {
			failures++
			wait = max(wait, min(pollEvery<<min(failures-1, 4), longestGap))
			var be *bridges.Error
			if c.poll > 0 && !(errors.As(err, &be) && be.Class == bridges.Hold) {
				wait = c.poll
			}
			if errors.As(err, &be) {
				wait = max(wait, be.RetryAfter)
			}
		} else {
			failures = 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// Poll looks once at everything, as Run does again and again.
func (c *connection) Poll(ctx context.Context, accept bridges.Accept) error {
	_, err := c.look(ctx, accept)
	return err
}

// look reads all feeds once and renews what has to be; the wait is until the next look.
func (c *connection) look(ctx context.Context, accept bridges.Accept) (time.Duration, error) {
	wait := pollEvery
	err := c.renewHook(ctx)
	for i := range c.preset.Pull {
		f := &c.preset.Pull[i]
		if !c.scope().on(f.If) {
			continue
		}
		if f.Every > 0 {
			wait = min(wait, time.Duration(f.Every))
		}
		err = errors.Join(err, c.feed(ctx, f, accept))
	}
	if c.poll > 0 {
		wait = c.poll
	}
	return wait, err
}

// place is up to where a feed has been read.
type place struct {
	Cursor string   `json:"cursor,omitempty"`
	Seen   []string `json:"seen,omitempty"` // oldest first
}

// feed reads a list from where it was left, page by page. The place moves on behind what is durable only.
func (c *connection) feed(ctx context.Context, f *presets.Feed, accept bridges.Accept) error {
	var at place
	b, err := c.cfg.State.Load("feed/" + f.Name)
	if err != nil {
		return err
	}
	if len(b) > 0 && json.Unmarshal(b, &at) != nil {
		return hold("It was noted up to where %s had been read, and that cannot be read any more. Delete the connection and set it up again.", c.preset.Title)
	}
	seen := map[string]bool{}
	for _, s := range at.Seen {
		seen[s] = true
	}
	r := &reading{c: c, f: f, at: at, seen: seen, accept: accept, newest: at.Cursor}
	err = r.pages(ctx)
	if r.changed {
		b, merr := json.Marshal(r.at)
		err = errors.Join(err, merr)
		if merr == nil {
			err = errors.Join(err, c.cfg.State.Save(ctx, "feed/"+f.Name, b))
		}
	}
	return err
}

// reading is one look at one feed.
type reading struct {
	c       *connection
	f       *presets.Feed
	at      place
	seen    map[string]bool
	accept  bridges.Accept
	newest  string
	stuck   bool // something was not taken: the cursor stays before it
	changed bool
}

func (r *reading) pages(ctx context.Context) error {
	s := r.c.scope()
	first, err := s.expand(r.f.Cursor.First, nil)
	if err != nil {
		return err
	}
	s.texts["cursor"], s.texts["page"] = since(r.at.Cursor, r.f.Cursor), ""
	if s.texts["cursor"] == "" {
		s.texts["cursor"] = first
	}
	q := r.f.Request
	if r.f.Page.Style == "number" || r.f.Page.Style == "offset" {
		q = withParam(q, r.f.Page.Param)
		s.texts["page"] = strconv.Itoa(r.f.Page.First)
	} else if r.f.Page.Style == "token" {
		q = withParam(q, r.f.Page.Param)
	}
	var problems error
	for n := 0; n < maxPages; n++ {
		a, err := r.c.do(ctx, &q, s, false)
		if err == nil {
			err = r.c.judge(a, q.OK, nil)
		}
		if err != nil {
			return errors.Join(problems, lookingUp(err))
		}
		whole := rest.Decode(a, answers)
		if whole == nil {
			return errors.Join(problems, hold("The list of %s cannot be read: it is no JSON or XML, or larger than %d MiB.", r.c.preset.Title, maxAnswer>>20))
		}
		items := r.c.nodesAt(whole, r.f.Items)
		for _, item := range items {
			if err := r.item(ctx, item); err != nil {
				r.stuck = true
				problems = errors.Join(problems, err)
				if ctx.Err() != nil {
					return problems
				}
			}
		}
		more, err := r.next(&q, s, whole, len(items))
		if err != nil || !more {
			problems = errors.Join(problems, err)
			break
		}
	}
	if !r.stuck && r.newest != r.at.Cursor {
		r.at.Cursor, r.changed = r.newest, true
	}
	return problems
}

// withParam adds the parameter that says which page is asked for.
func withParam(q presets.Request, name string) presets.Request {
	query := map[string]string{name: "{page}"}
	for k, v := range q.Query {
		query[k] = v
	}
	q.Query = query
	return q
}

// next prepares the request for the page after this one.
func (r *reading) next(q *presets.Request, s scope, whole *record.Node, items int) (bool, error) {
	p := r.f.Page
	switch p.Style {
	case "number":
		n, _ := strconv.Atoi(s.texts["page"])
		if p.Total != "" {
			total, err := strconv.Atoi(r.c.textAt(whole, p.Total))
			if err != nil || n-p.First+1 >= total {
				return false, nil
			}
		} else if items < max(p.Size, 1) {
			return false, nil
		}
		s.texts["page"] = strconv.Itoa(n + 1)
	case "offset":
		if items == 0 || p.Size > 0 && items < p.Size {
			return false, nil
		}
		n, _ := strconv.Atoi(s.texts["page"])
		s.texts["page"] = strconv.Itoa(n + items)
	case "token":
		s.texts["page"] = r.c.textAt(whole, p.Next)
		return s.texts["page"] != "", nil
	case "link":
		link := r.c.textAt(whole, p.Next)
		if link == "" {
			return false, nil
		}
		u, err := r.c.base.Parse(link)
		if err != nil || !r.c.mayReach(u) {
			return false, hold("The next page of the list of %s is on another host, and we do not follow.", r.c.preset.Title)
		}
		s.texts["page"] = u.String()
		*q = presets.Request{Method: q.Method, Path: "{page}", Header: q.Header, OK: q.OK}
	default:
		return false, nil
	}
	return true, nil
}

// nodesAt gives what stands at a place, which may be one that an administrator entered: without one, the whole, or its items
// when it is a list.
func (c *connection) nodesAt(n *record.Node, place string) []*record.Node {
	place, err := c.scope().expand(place, nil)
	if err != nil || n == nil {
		return nil
	}
	if place == "" {
		if n.Kind == record.List {
			return n.Children
		}
		return []*record.Node{n}
	}
	at, err := record.ParsePath(place)
	if err != nil {
		return nil
	}
	return n.Find(at)
}

// textAt gives the text at a place, "" when there is none.
func (c *connection) textAt(n *record.Node, place string) string {
	if place == "" {
		return ""
	}
	for _, found := range c.nodesAt(n, place) {
		if found.Kind == record.Object {
			found = found.Member(record.ContentName)
		}
		if found != nil && found.Leaf() && found.Kind != record.Null {
			return strings.TrimSpace(found.Text)
		}
	}
	return ""
}

// item takes one item in, unless it was taken before. An error means that it must come again.
func (r *reading) item(ctx context.Context, item *record.Node) error {
	if r.f.Cursor.At != "" {
		if v := r.c.textAt(item, r.f.Cursor.At); later(v, r.newest) {
			r.newest = v
		}
	}
	if !r.c.holds(item, r.f.Only) {
		return nil
	}
	in, err := r.c.inbound(ctx, item, source{r.f.News, r.f.Key, r.f.Detail, r.f.At, r.f.Reference, r.f.Status, r.f.Text, r.f.Changed}, func(key string) bool { return r.seen[mark(key)] })
	if err != nil || in == nil {
		return err
	}
	if err := r.c.take(ctx, in, r.accept); err != nil {
		return err
	}
	r.seen[mark(in.Key)], r.changed = true, true
	r.at.Seen = append(r.at.Seen, mark(in.Key))
	if len(r.at.Seen) > maxSeen {
		r.at.Seen = r.at.Seen[len(r.at.Seen)-maxSeen:]
	}
	return nil
}

func mark(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// take hands something in. What is refused for good is told to the log and does not come again.
func (c *connection) take(ctx context.Context, in *bridges.Inbound, accept bridges.Accept) error {
	_, err := accept(ctx, *in)
	var be *bridges.Error
	if errors.As(err, &be) && be.Class == bridges.Permanent {
		c.cfg.Log.Warn("could not take something in", "preset", c.preset.Name, "reason", be.Sentence)
		return nil
	}
	return err
}

// source says where an item has what.
type source struct {
	news                             bool
	key                              string
	detail                           *presets.Request
	at, reference, status, text, day string
}

// inbound makes what is handed in of an item; nil when there is nothing to hand in, or it was taken before.
func (c *connection) inbound(ctx context.Context, item *record.Node, src source, taken func(key string) bool) (*bridges.Inbound, error) {
	if src.news {
		in := c.news(item, src)
		if in == nil || taken(in.Key) {
			return nil, nil
		}
		return in, nil
	}
	key := c.textAt(item, src.key)
	if key == "" {
		key = "sha256:" + hex.EncodeToString(hashOf(item))
	}
	if taken(key) {
		return nil, nil
	}
	if src.detail != nil {
		whole, err := c.detail(ctx, item, src)
		if err != nil {
			return nil, err
		}
		item = whole
	}
	doc, err := c.document(item)
	if err != nil {
		return nil, err
	}
	return &bridges.Inbound{Document: doc, Key: key, Evidence: []string{"Read from " + c.preset.Title + " at " + c.base.Host + ", signed in."}}, nil
}

func hashOf(n *record.Node) []byte {
	b, _ := record.EncodeJSON(n) // only names the item; what cannot be written fails later
	sum := sha256.Sum256(b)
	return sum[:]
}

// detail reads the whole of an item.
func (c *connection) detail(ctx context.Context, item *record.Node, src source) (*record.Node, error) {
	a, err := c.do(ctx, src.detail, c.scope().with("item", item), false)
	if err == nil {
		err = c.judge(a, src.detail.OK, nil)
	}
	if err != nil {
		return nil, lookingUp(err)
	}
	whole := rest.Decode(a, answers)
	if whole != nil && src.at != "" {
		found := c.nodesAt(whole, src.at)
		if whole = nil; len(found) == 1 {
			whole = found[0]
		}
	}
	if whole == nil {
		return nil, hold("One item of %s cannot be read whole. Look there.", c.preset.Title)
	}
	return whole, nil
}

func (c *connection) document(item *record.Node) (bridges.Document, error) {
	whole := *item
	if c.preset.Format == "xml" {
		b, err := record.EncodeXML(&whole, nil)
		return bridges.Document{Format: "xml", MediaType: "application/xml", Bytes: b}, err
	}
	b, err := record.EncodeJSON(whole.Named(""))
	return bridges.Document{Format: "json", MediaType: "application/json", Bytes: b}, err
}

// news makes a piece of news of an item; nil when its word says nothing. What the word means, the connection's status map says.
func (c *connection) news(item *record.Node, src source) *bridges.Inbound {
	reference, word, changed := c.textAt(item, src.reference), c.textAt(item, src.status), c.textAt(item, src.day)
	if reference == "" || word == "" || slices.ContainsFunc(c.preset.Status, func(s presets.Status) bool { return s.Word == word && s.Status == string(protocol.StatusNew) }) {
		return nil
	}
	at, err := parseTime(changed)
	if err != nil {
		at = c.cfg.Now()
	}
	key := "news/" + externalID(reference, word, changed)
	return &bridges.Inbound{Key: key, News: &bridges.News{Reference: reference, Word: word, Step: protocol.Step{Text: c.textAt(item, src.text)}, At: at, Key: key}}
}

// holds tells whether an item is one that the feed is about.
func (c *connection) holds(item *record.Node, only []presets.Check) bool {
	for _, o := range only {
		if o.Empty != "" {
			there := slices.ContainsFunc(c.nodesAt(item, o.Path), func(n *record.Node) bool {
				return len(n.Children) > 0 || n.Leaf() && n.Kind != record.Null && strings.TrimSpace(n.Text) != ""
			})
			if there == (o.Empty == "true") {
				return false
			}
			continue
		}
		said := c.textAt(item, o.Path)
		if !slices.ContainsFunc(o.Is, func(is string) bool {
			want, err := c.scope().expand(is, nil)
			return err == nil && (want == said || want == "*")
		}) {
			return false
		}
	}
	return true
}
