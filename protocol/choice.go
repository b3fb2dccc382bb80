package protocol

import "slices"

// closed is a named type whose values are a closed list.
type closed interface {
	~string
	// list gives the name of the list, as protocol/codes has it, and its values in the order to show them.
	list() (name string, values []string)
}

// Choice is a leaf that holds one value of the closed list V.
type Choice[V closed] struct{ leaf }

// Choose makes a Choice that holds v.
func Choose[V closed](v V) Choice[V] { return Of[Choice[V]](string(v)) }

// Is tells whether the leaf holds v.
func (c Choice[V]) Is(v V) bool { return v != "" && c.Text() == string(v) }

// Value gives the value, or "".
func (c Choice[V]) Value() V { return V(c.Text()) }

// Kind is LeafChoice.
func (Choice[V]) Kind() LeafKind { return LeafChoice }

// Set takes one of the values.
func (c *Choice[V]) Set(text string) error {
	if text != "" && !slices.Contains(c.values(), text) {
		return errChoice
	}
	c.put(text)
	return nil
}

// UnmarshalJSON reads a text or a reason. A known value is not copied: choices are the most frequent leaves.
func (c *Choice[V]) UnmarshalJSON(b []byte) error {
	if len(b) > 2 && b[0] == '"' {
		all := c.values()
		for i := range all {
			if string(b[1:len(b)-1]) == all[i] && b[len(b)-1] == '"' {
				c.held = &all[i]
				return nil
			}
		}
	}
	return c.leaf.UnmarshalJSON(b)
}

func (Choice[V]) values() []string { var v V; _, all := v.list(); return all }

func (Choice[V]) system() string { var v V; name, _ := v.list(); return name }
