package connector

import (
	"context"
	"fmt"
	"slices"

	"referworks/bridges"
	"referworks/bridges/rest"
)

// Lists names the lists of values that the preset can read.
func (c *connection) Lists() []string {
	var out []string
	for name := range c.preset.Values {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Values reads one list whole.
func (c *connection) Values(ctx context.Context, list string) ([]bridges.Value, error) {
	v, ok := c.preset.Values[list]
	if !ok {
		return nil, fmt.Errorf("%s has no list %q", c.preset.Title, list)
	}
	a, err := c.do(ctx, &v.Request, c.scope(), false)
	if err == nil {
		err = c.judge(a, v.Request.OK, nil)
	}
	if err != nil {
		return nil, err
	}
	whole := rest.Decode(a, answers)
	if whole == nil {
		return nil, fmt.Errorf("the list %s of %s cannot be read", list, c.preset.Title)
	}
	items := c.nodesAt(whole, v.Items)
	var out []bridges.Value
	for _, item := range items {
		value := bridges.Value{Word: c.textAt(item, v.Word), Label: c.textAt(item, v.Label)}
		if value.Word == "" {
			continue
		}
		if value.Label == "" {
			value.Label = value.Word
		}
		out = append(out, value)
	}
	return out, nil
}
