package suggest

import (
	"fmt"
	"maps"

	"referworks/bridges/mapping"
)

// Extend adds rules for accepted matches to a document, as Draft makes them: with functions, value tables and the groups
// that pair lists. Rules that are there stay as they are. The document is not changed; one with mistakes is refused.
func Extend(doc *mapping.Document, fields []Field, accepted []Match, o Options) (*Drafted, error) {
	d, err := redrafter(doc, fields, o)
	if err != nil {
		return nil, fmt.Errorf("extend a mapping: %w", err)
	}
	before := maps.Clone(d.ruled)
	d.all(accepted)
	for path := range before {
		d.ruled[path] = d.ruled[path] || before[path]
	}
	return d.finish(fields)
}
