package mapping

import (
	"maps"
	"slices"
	"strings"

	"referworks/bridges/record"
)

// arrangement is a list of ours whose items are put back into their old order.
type arrangement struct {
	path  record.Path // ends with Each
	made  []*record.Node
	named map[string]*record.Node // by the path that names it
	nth   []*record.Node          // what groups made
	apart map[int]*record.Node    // by where it stood
	stood map[*record.Node]int    // where an item stood, as far as extra facts say so
}

// arrange puts lists into their old order, as the marks of the extra facts tell it, before those come home.
func (out *outgo) arrange() {
	var marked []string
	for i := range out.ref.Extra {
		if path := out.ref.Extra[i].Path.Text(); strings.IndexByte(path, '@') > 0 {
			marked = append(marked, path)
		}
	}
	for _, path := range marked {
		h := out.m.homePath(path)
		if h.way == straight || h.path == nil {
			continue
		}
		a := out.arrangementOf(h)
		at := h.path[h.step].Index
		switch h.way {
		case chosen:
			key := h.path[:h.step+1].String()
			if a.named[key] == nil {
				n := out.rec.First(h.path[:h.step+1])
				if n == nil || !slices.Contains(a.made, n) {
					continue // its rules had nothing to write
				}
				a.named[key] = n
			}
			a.stood[a.named[key]] = h.number
		case apart:
			if a.apart[at] == nil && at <= farthestItem {
				a.apart[at] = &record.Node{}
				a.stood[a.apart[at]] = at
			}
		}
	}
	for _, a := range out.arranged {
		for _, n := range a.made {
			if _, named := a.stood[n]; !named {
				a.nth = append(a.nth, n)
			}
		}
	}
	for _, path := range marked {
		h := out.m.homePath(path)
		if h.way == nth && h.path != nil {
			if a := out.arrangementOf(h); h.number < len(a.nth) {
				a.stood[a.nth[h.number]] = h.path[h.step].Index
			}
		}
	}
	for _, a := range out.arranged {
		out.reorder(a)
	}
}

// farthestItem is the farthest position that an item comes home to.
const farthestItem = 10_000

func (out *outgo) arrangementOf(h home) *arrangement {
	list := slices.Clone(h.path[:h.step+1])
	last := &list[h.step]
	last.Step, last.Index, last.Match = record.Each, 0, nil
	key := list.String()
	if a := out.arranged[key]; a != nil {
		return a
	}
	a := &arrangement{path: list, made: out.rec.Find(list), named: map[string]*record.Node{}, apart: map[int]*record.Node{}, stood: map[*record.Node]int{}}
	if out.arranged == nil {
		out.arranged = map[string]*arrangement{}
	}
	out.arranged[key] = a
	return a
}

// reorder puts the items of a list where they stood; those of which nothing says so fill the places between, in their order.
func (out *outgo) reorder(a *arrangement) {
	at := map[int]*record.Node{}
	last, free := 0, 0
	var floating []*record.Node
	all := slices.Clone(a.made)
	for _, i := range slices.Sorted(maps.Keys(a.apart)) {
		all = append(all, a.apart[i])
	}
	for _, n := range all {
		if i, known := a.stood[n]; known && i <= farthestItem && at[i] == nil {
			at[i] = n
			last = max(last, i)
		} else {
			floating = append(floating, n)
		}
	}
	for _, n := range floating {
		for at[free] != nil {
			free++
		}
		at[free] = n
		last = max(last, free)
	}
	plain := slices.Clone(a.path)
	plain[len(plain)-1].Step = record.Plain
	list := out.rec.First(plain)
	if list == nil || list.Kind != record.List {
		if len(a.made) > 0 || out.rec.Set(plain, &record.Node{Kind: record.List}) != nil {
			return // a single value stands there
		}
		list = out.rec.First(plain)
	}
	list.Children = list.Children[:0]
	for i := 0; i <= last; i++ {
		if at[i] != nil {
			list.Append(at[i])
		}
	}
}

// arrived finds the item of an extra fact in an arranged list, and the way on from it; false when it is not there.
func (out *outgo) arrived(h home) (item *record.Node, rest record.Path, ok bool) {
	a := out.arrangementOf(h)
	rest = h.path[h.step+1:]
	switch h.way {
	case chosen:
		item = a.named[h.path[:h.step+1].String()]
	case nth:
		if h.number < len(a.nth) {
			item = a.nth[h.number]
		}
	case apart:
		item = a.apart[h.path[h.step].Index]
	}
	return item, rest, item != nil
}
