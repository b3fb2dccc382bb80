package mapping

import (
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"referworks/protocol"
)

// builder makes a Referral whose lists grow while rules write into them. Items live apart until finish puts them
// into their lists, so that pointers to them stay good.
type builder struct {
	ref    *protocol.Referral
	lists  map[uintptr]*listBuild
	inTurn []*listBuild
}

type listBuild struct {
	field reflect.Value // the slice
	items []reflect.Value
	keys  []string
	index map[string]int // of long lists
}

const shortList = 8

func (l *listBuild) find(key string) int {
	if l.index != nil {
		if i, found := l.index[key]; found {
			return i
		}
		return -1
	}
	return slices.Index(l.keys, key)
}

func (l *listBuild) add(key string, item reflect.Value) {
	l.items, l.keys = append(l.items, item), append(l.keys, key)
	if l.index == nil && len(l.keys) > shortList {
		l.index = make(map[string]int, 4*shortList)
		for i, k := range l.keys {
			l.index[k] = i
		}
	}
	if l.index != nil {
		l.index[key] = len(l.keys) - 1
	}
}

func newBuilder() *builder {
	return &builder{ref: &protocol.Referral{}, lists: map[uintptr]*listBuild{}}
}

// item returns the list's item of that key; it makes it when create is set, and otherwise returns the zero Value.
func (b *builder) item(parent reflect.Value, s *stdStep, key string, create bool) reflect.Value {
	field := parent.Field(s.index)
	at := field.Addr().Pointer()
	l := b.lists[at]
	if l == nil {
		if !create {
			return reflect.Value{}
		}
		l = &listBuild{field: field}
		b.lists[at] = l
		b.inTurn = append(b.inTurn, l)
	}
	if i := l.find(key); i >= 0 {
		return l.items[i]
	}
	if !create {
		return reflect.Value{}
	}
	item := reflect.New(s.typ).Elem()
	for _, m := range s.match {
		item.Field(m.index).Set(m.leaf)
	}
	l.add(key, item)
	return item
}

// walk follows steps from a struct and returns where they lead; the zero Value when an item is not there.
func (b *builder) walk(from reflect.Value, steps []stdStep, create bool) reflect.Value {
	for i := range steps {
		s := &steps[i]
		if !s.list {
			from = from.Field(s.index)
			continue
		}
		// A single value may always begin its list; a group of fields only with a field of its own.
		if from = b.item(from, s, s.key, create || s.typ.Implements(leafType)); !from.IsValid() {
			return from
		}
	}
	return from
}

// finish puts the items into their lists, the inner ones first.
func (b *builder) finish() *protocol.Referral {
	for i := len(b.inTurn) - 1; i >= 0; i-- {
		l := b.inTurn[i]
		s := reflect.MakeSlice(l.field.Type(), 0, len(l.items))
		for _, item := range l.items {
			if !item.IsZero() {
				s = reflect.Append(s, item)
			}
		}
		if s.Len() > 0 {
			l.field.Set(s)
		}
	}
	return b.ref
}

// put writes a text to a leaf, cleaned of what the standard refuses. It returns a sentence when it does not fit.
func put(c *call, slot protocol.Slot, limit int, text string) string {
	long := slot.Kind() == protocol.LeafLong
	if long || slot.Kind() == protocol.LeafText {
		clean, changed := protocol.Clean(text, long)
		if changed {
			c.note(Normalized, "characters that no one types were removed")
		}
		text = clean
	}
	if limit > 0 && len(text) > limit {
		if n := utf8.RuneCountInString(text); n > limit {
			return "it has " + strconv.Itoa(n) + " characters and may have " + strconv.Itoa(limit)
		}
	}
	if err := slot.Set(text); err != nil {
		return "it " + err.Error()
	}
	return ""
}

// putCoded writes a coding to a Coded, or its code to a leaf of another kind.
func putCoded(c *call, slot protocol.Slot, limit int, coding protocol.Coding) string {
	leaf, ok := slot.(*protocol.Coded)
	if !ok {
		text := coding.Code
		if text == "" {
			text = coding.Original
		}
		return put(c, slot, limit, text)
	}
	coding.Original, _ = protocol.Clean(coding.Original, false)
	if limit > 0 && utf8.RuneCountInString(coding.Original) > limit {
		return "it has more than " + strconv.Itoa(limit) + " characters"
	}
	*leaf = protocol.CodedAs(coding)
	return ""
}
