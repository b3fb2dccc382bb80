package mapping

import (
	"slices"
	"strconv"
	"strings"

	"referworks/bridges/record"
)

// On the way home, rules make the items of a list of ours again: first those that conditions name, in the order of the
// rules, then those of groups, in their order; extra facts then find their items by position. Where that is not the order
// in which the items stood, a mark behind the path of an extra fact says how its item is made, and where it stood; so the
// list comes home in its old order, and no fact beside another item's values.

// way is how the item of an extra fact comes home. The mark is "!", the way, "@", the position in the path of the step into
// the list, "." and a number.
type way string

const (
	straight way = ""
	apart    way = "apart" // no rule makes it; its position is in the path
	nth      way = "nth"   // the number-th that a group makes; its position is in the path
	chosen   way = "named" // a condition in the path names it; the number is its position
	moved    way = "moved" // it cannot be found again
)

// ordered is a list of ours in which rules make items, as the document names it.
type ordered struct {
	list  record.Path   // ends with Each
	named []record.Path // places of rules up to the items that conditions name, in the order of the rules
	alone bool          // in no other list: a record has one of it
}

// orders finds the lists in which the order of items matters on the way home.
func (k *compiler) orders() {
	at := map[string]int{}
	add := func(p record.Path, n int) *ordered {
		list := slices.Clone(p[:n])
		for i := range list {
			if list[i].Step == record.Where || i == n-1 {
				list[i].Step, list[i].Match = record.Each, nil
			}
		}
		key := list.String()
		i, known := at[key]
		if !known {
			i = len(k.m.ordered)
			at[key] = i
			k.m.ordered = append(k.m.ordered, ordered{list: list, alone: len(eachSteps(list)) == 1})
		}
		return &k.m.ordered[i]
	}
	for _, r := range k.m.rules {
		for _, p := range r.whole {
			for i := range p {
				switch p[i].Step {
				case record.Where:
					o := add(p, i+1)
					if named := p[:i+1]; !slices.ContainsFunc(o.named, func(q record.Path) bool { return q.String() == named.String() }) {
						o.named = append(o.named, named)
					}
				case record.Each:
					add(p, i+1)
				}
			}
		}
	}
}

// homes is where the items of one list of one record come home to.
type homes struct {
	still bool // every item that rules make stands where it stood
	items map[*record.Node]origin
}

type origin struct {
	way    way
	number int
	path   record.Path // of chosen, up to the item
}

// homeward gives the path under which an extra fact travels, with its mark. p is concrete.
func (in *intake) homeward(p record.Path) string {
	marked := ""
	if in.single == nil {
		in.single = make([]*homes, len(in.m.ordered))
	}
	for i := range p {
		if p[i].Step != record.Item {
			continue
		}
		for j := range in.m.ordered {
			o := &in.m.ordered[j]
			if len(o.list) != i+1 || !covers(o.list, p[:i+1]) {
				continue
			}
			h := in.single[j]
			if h == nil {
				if h = in.homesOf(o, p[:i+1]); o.alone {
					in.single[j] = h
				}
			}
			if h.still {
				continue
			}
			from := h.items[in.rec.First(p[:i+1])]
			if marked != "" || from.way == moved || from.way == chosen && len(from.path) != i+1 {
				return p.String() + "!" + string(moved) + "@0.0" // it moved in two lists at once
			}
			q := p
			if from.way == chosen {
				q = slices.Clone(p)
				copy(q, from.path)
			}
			marked = q.String() + "!" + string(from.way) + "@" + itoa(i) + "." + itoa(from.number)
		}
	}
	if marked != "" {
		return marked
	}
	return p.String()
}

// homesOf works out one list, once for each record.
func (in *intake) homesOf(o *ordered, item record.Path) *homes {
	list := slices.Clone(item)
	last := &list[len(list)-1]
	last.Step, last.Index = record.Each, 0
	key := list.String()
	if h := in.homes[key]; h != nil {
		return h
	}
	h := &homes{still: true, items: map[*record.Node]origin{}}
	items := in.rec.Find(list)
	made := 0
	put := func(i int, from origin) {
		h.items[items[i]] = from
		h.still = h.still && made == i
		made++
	}
	for _, path := range o.named {
		if n := in.rec.First(path); n != nil {
			if i := slices.Index(items, n); i >= 0 && h.items[n].way == straight {
				put(i, origin{chosen, i, path})
			}
		}
	}
	grouped := 0
	for i, n := range items {
		switch {
		case h.items[n].way != straight:
		case !in.touched(n):
			h.items[n] = origin{way: apart}
		case slices.ContainsFunc(o.named, func(path record.Path) bool { return slices.Contains(in.rec.Find(path), n) }):
			h.items[n], h.still = origin{way: apart}, false // a condition names several, and rules make one
		default:
			put(i, origin{way: nth, number: grouped})
			grouped++
		}
	}
	if in.homes == nil {
		in.homes = map[string]*homes{}
	}
	in.homes[key] = h
	return h
}

// touched reports whether a rule took anything of an item.
func (in *intake) touched(n *record.Node) bool {
	if n.Leaf() {
		return in.used[n]
	}
	return slices.ContainsFunc(n.Children, in.touched)
}

// home is where an extra fact comes home to.
type home struct {
	path   record.Path // nil when it cannot be found
	kind   record.Kind
	way    way
	step   int // into the list, in the path
	number int
}

// readHome reads the path of an extra fact with the marks behind it: how its item comes home, and the kind of its value.
func readHome(marked string) (h home) {
	h.kind = record.Text
	text := marked
	for k, mark := range kindMarks {
		if bare, found := strings.CutSuffix(text, mark); found {
			text, h.kind = bare, k
		}
	}
	if at := strings.LastIndexByte(text, '!'); at >= 0 {
		mark, where, _ := strings.Cut(text[at+1:], "@")
		step, number, ok := strings.Cut(where, ".")
		var bad, worse error
		h.step, bad = strconv.Atoi(step)
		h.number, worse = strconv.Atoi(number)
		switch h.way = way(mark); {
		case !ok || bad != nil || worse != nil:
			h.way = straight // an exclamation mark of the record's own
		case h.way == moved:
			return h
		case h.way == apart || h.way == nth || h.way == chosen:
			text = text[:at]
		default:
			h.way = straight
		}
	}
	path, err := record.ParsePath(text)
	if err != nil || h.way != straight && (h.step < 0 || h.step >= len(path) || h.number < 0) {
		return home{kind: h.kind}
	}
	h.path = path
	return h
}

// bareHome is the place of an extra fact in our record, without marks.
func bareHome(marked string) string {
	h := readHome(marked)
	if h.way == moved || h.path == nil {
		bare, _, _ := strings.Cut(marked, "!")
		return bare
	}
	if h.way == chosen {
		h.path[h.step] = record.Segment{Name: h.path[h.step].Name, Space: h.path[h.step].Space, Step: record.Item, Index: h.number}
	}
	return h.path.String()
}
