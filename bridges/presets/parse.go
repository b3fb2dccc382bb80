package presets

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"referworks/bridges/record"
)

//go:embed files/*.json
var files embed.FS

// Parse reads a preset. The error names every mistake, one sentence a line.
func Parse(b []byte) (*Preset, error) {
	n, err := record.DecodeJSON(b, fileLimits)
	if err != nil {
		return nil, err
	}
	p, r := &Preset{}, &reader{}
	r.fill(n, reflect.ValueOf(p).Elem(), "")
	if len(r.wrong) == 0 {
		(&checker{p, r}).preset()
	}
	if len(r.wrong) > 0 {
		return nil, errors.New(strings.Join(r.wrong, "\n"))
	}
	return p, nil
}

// All returns the presets that the program comes with, by name.
func All() ([]*Preset, error) {
	names, err := fs.Glob(files, "files/*.json")
	if err != nil {
		return nil, err
	}
	var out []*Preset
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		p, err := Parse(b)
		if err != nil {
			return nil, fmt.Errorf("preset %s: %w", strings.TrimPrefix(name, "files/"), err)
		}
		out = append(out, p)
	}
	return out, nil
}
