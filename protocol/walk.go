package protocol

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Place is one leaf of a referral that is there, with a value or with a reason.
type Place struct {
	Path  string // concrete: "person.names[0].given"
	Field *Field // shared and never changed
	Class Class  // of this value: the field's, or more where the referral says so (a confidential address)
	Leaf  Slot   // points into the referral
}

// Visit calls f for every leaf that is there, in the order of the standard. It stops when f returns false. f may
// change the leaf; it must not change lists.
func (r *Referral) Visit(f func(Place) bool) {
	r.walk(func(t trail, p Place) bool {
		p.Path = t.path()
		return f(p)
	})
}

// Leaves gives every leaf that is there, in the order of the standard.
func (r *Referral) Leaves() []Place {
	var all []Place
	r.Visit(func(p Place) bool { all = append(all, p); return true })
	return all
}

// walk is Visit without the cost of writing paths: the trail is only good during the call.
func (r *Referral) walk(f func(trail, Place) bool) {
	w := walker{visit: f, trail: make(trail, 0, 8)}
	w.group(theStandard().root, reflect.ValueOf(r).Elem(), nil)
}

type walker struct {
	visit func(trail, Place) bool
	trail trail
}

func (w *walker) group(n *node, v reflect.Value, raise sensitivity) bool {
	if n.sensitive {
		raise = v.Addr().Interface().(sensitivity)
	}
	for _, c := range n.children {
		f := v.Field(c.index)
		if f.IsZero() {
			continue
		}
		w.trail = append(w.trail, step{c, -1})
		if !c.list {
			if !w.one(c, f, raise) {
				return false
			}
		} else {
			for i := range f.Len() {
				w.trail[len(w.trail)-1].position = i
				if !w.one(c, f.Index(i), raise) {
					return false
				}
			}
		}
		w.trail = w.trail[:len(w.trail)-1]
	}
	return true
}

func (w *walker) one(n *node, v reflect.Value, raise sensitivity) bool {
	if !n.isLeaf() {
		return w.group(n, v, raise)
	}
	slot := v.Addr().Interface().(Slot)
	if slot.IsZero() {
		return true
	}
	class := n.field.Class
	if raise != nil {
		class = raise.sensitivity(class)
	}
	return w.visit(w.trail, Place{Field: n.field, Class: class, Leaf: slot})
}

// At gives the leaf at a concrete path ("person.names[0].given") to read or write. Lists grow by one when the path
// names the position after their last. An unknown path, a position further on and a list that is full are errors.
func (r *Referral) At(path string) (Slot, error) {
	v, n := reflect.ValueOf(r).Elem(), theStandard().root
	for rest := path; ; {
		part, after, more := strings.Cut(rest, ".")
		name, position, err := splitPosition(part)
		if err != nil {
			return nil, fmt.Errorf("find field %s: %w", generalPath(path), err)
		}
		if n = childOf(n, name); n == nil || n.list != (position >= 0) || more == n.isLeaf() {
			return nil, fmt.Errorf("find field %s: the standard has no such field", generalPath(path))
		}
		v = v.Field(n.index)
		if n.list {
			if position > v.Len() || position >= n.max {
				return nil, fmt.Errorf("find field %s: the list has %d entries, position %d is too far; it may have %d", generalPath(path), v.Len(), position, n.max)
			}
			if position == v.Len() {
				v.Set(reflect.Append(v, reflect.Zero(n.typ)))
			}
			v = v.Index(position)
		}
		if n.isLeaf() {
			return v.Addr().Interface().(Slot), nil
		}
		rest = after
	}
}

func childOf(n *node, name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// splitPosition splits "names[2]"; without brackets the position is -1.
func splitPosition(part string) (name string, position int, err error) {
	name, rest, ok := strings.Cut(part, "[")
	if !ok {
		return part, -1, nil
	}
	digits, ok := strings.CutSuffix(rest, "]")
	if n, err := strconv.Atoi(digits); ok && err == nil && n >= 0 && strconv.Itoa(n) == digits {
		return name, n, nil
	}
	return "", 0, errors.New("a position in a list is not a number in brackets")
}

// Clone gives a copy that shares no list with r, so that one document can be changed for each of its recipients.
func (r *Referral) Clone() *Referral {
	c := *r
	cloneLists(theStandard().root, reflect.ValueOf(&c).Elem())
	return &c
}

func cloneLists(n *node, v reflect.Value) {
	for _, c := range n.children {
		f := v.Field(c.index)
		switch {
		case !c.list:
			if !c.isLeaf() {
				cloneLists(c, f)
			}
		case !f.IsNil():
			own := reflect.MakeSlice(f.Type(), f.Len(), f.Len())
			reflect.Copy(own, f)
			f.Set(own)
			for i := range own.Len() {
				if !c.isLeaf() {
					cloneLists(c, own.Index(i))
				}
			}
		}
	}
}
