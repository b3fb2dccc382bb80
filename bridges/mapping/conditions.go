package mapping

import (
	"reflect"

	"referworks/protocol"
)

func reflectOf(ref *protocol.Referral) reflect.Value { return reflect.ValueOf(ref).Elem() }

// markConditions marks, in every item that the steps choose by a condition, the members that the condition is about, when
// anything else of the item was consumed.
func (out *outgo) markConditions(v reflect.Value, steps []stdStep) {
	for i := range steps {
		s := &steps[i]
		field := v.Field(s.index)
		if !s.list {
			v = field
			continue
		}
		for j := range field.Len() {
			item := field.Index(j)
			if !s.accepts(item) || i == len(steps)-1 && item.Type().Implements(leafType) {
				continue
			}
			if len(s.match) > 0 && out.anyUsed(item) {
				for _, m := range s.match {
					out.used[slotOf(item.Field(m.index))] = true
				}
			}
			out.markConditions(item, steps[i+1:])
		}
		return
	}
}

// anyUsed reports whether a leaf inside v was consumed.
func (out *outgo) anyUsed(v reflect.Value) bool {
	switch {
	case v.Type().Implements(leafType):
		return out.used[slotOf(v)]
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			if out.anyUsed(v.Index(i)) {
				return true
			}
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && out.anyUsed(v.Field(i)) {
				return true
			}
		}
	}
	return false
}
