package protocol_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
	"referworks/internal/sample"
	"referworks/protocol"
)

// schema is as much of a JSON Schema validator as our schema needs; an unknown keyword stops the test.
type schema struct{ defs map[string]any }

func (s schema) check(rule map[string]any, v any, path string) error {
	for _, keyword := range slices.Sorted(maps.Keys(rule)) {
		arg := rule[keyword]
		bad := fmt.Errorf("%s: %s", path, keyword)
		switch keyword {
		case "title", "description", "$schema", "$id", "$defs", "x-class", "x-kind", "x-system", "format":
		case "$ref":
			def, ok := s.defs[strings.TrimPrefix(arg.(string), "#/$defs/")].(map[string]any)
			if !ok {
				return fmt.Errorf("%s: no definition %v", path, arg)
			}
			if err := s.check(def, v, path); err != nil {
				return err
			}
		case "anyOf":
			if !slices.ContainsFunc(arg.([]any), func(one any) bool { return s.check(one.(map[string]any), v, path) == nil }) {
				return bad
			}
		case "enum":
			if !slices.Contains(arg.([]any), v) {
				return bad
			}
		case "type":
			if !isType(arg.(string), v) {
				return bad
			}
		case "pattern":
			if t, ok := v.(string); ok && !regexp.MustCompile(arg.(string)).MatchString(t) {
				return bad
			}
		case "maxLength":
			if t, ok := v.(string); ok && utf8.RuneCountInString(t) > int(arg.(float64)) {
				return bad
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < arg.(float64) {
				return bad
			}
		case "maximum":
			if n, ok := v.(float64); ok && n > arg.(float64) {
				return bad
			}
		case "minItems":
			if l, ok := v.([]any); ok && len(l) < int(arg.(float64)) {
				return bad
			}
		case "maxItems":
			if l, ok := v.([]any); ok && len(l) > int(arg.(float64)) {
				return bad
			}
		case "items":
			l, _ := v.([]any)
			for i, e := range l {
				if err := s.check(arg.(map[string]any), e, fmt.Sprintf("%s[%d]", path, i)); err != nil {
					return err
				}
			}
		case "required":
			o, _ := v.(map[string]any)
			for _, name := range arg.([]any) {
				if _, ok := o[name.(string)]; o != nil && !ok {
					return fmt.Errorf("%s: %v is required", path, name)
				}
			}
		case "dependentRequired":
			o, _ := v.(map[string]any)
			for name, needs := range arg.(map[string]any) {
				if _, ok := o[name]; ok && o[needs.([]any)[0].(string)] == nil {
					return bad
				}
			}
		case "properties":
			o, _ := v.(map[string]any)
			for name, e := range o {
				below, ok := arg.(map[string]any)[name].(map[string]any)
				if !ok {
					continue // judged by additionalProperties
				}
				if err := s.check(below, e, path+"."+name); err != nil {
					return err
				}
			}
		case "additionalProperties":
			o, _ := v.(map[string]any)
			for name := range o {
				if rule["properties"].(map[string]any)[name] == nil {
					return fmt.Errorf("%s: unknown member %s", path, name)
				}
			}
		default:
			return fmt.Errorf("%s: the test does not know the keyword %s", path, keyword)
		}
	}
	return nil
}

func isType(kind string, v any) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "integer" && v == math.Trunc(v)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

func checkSchema(t interface{ Fatal(...any) }, document []byte) error {
	var rule map[string]any
	// Go's regexp writes \x{0000} for \u0000.
	text := regexp.MustCompile(`\\\\u([0-9a-f]{4})`).ReplaceAllString(string(protocol.Schema()), `\\x{$1}`)
	if err := json.Unmarshal([]byte(text), &rule); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	return schema{rule["$defs"].(map[string]any)}.check(rule, v, "")
}

func TestSchemaTakesWhatValidateTakes(t *testing.T) {
	for _, r := range []*protocol.Referral{sample.Full(), sample.Minimal()} {
		if err := checkSchema(t, encode(t, r)); err != nil {
			t.Error(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := checkSchema(t, encode(t, random(t))); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSchemaRefuses(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"unknown member":         func(r map[string]any) { r["surprise"] = 1.0 },
		"unknown member inside":  func(r map[string]any) { r["person"].(map[string]any)["surprise"] = "x" },
		"missing group":          func(r map[string]any) { delete(r, "needs") },
		"missing leaf":           func(r map[string]any) { delete(r["referral"].(map[string]any), "id") },
		"unknown choice":         func(r map[string]any) { r["referral"].(map[string]any)["mode"] = "rehearsal" },
		"reason for a mode":      func(r map[string]any) { r["referral"].(map[string]any)["mode"] = map[string]any{"absent": "unknown"} },
		"unknown reason":         func(r map[string]any) { r["person"].(map[string]any)["ageBand"] = map[string]any{"absent": "secret"} },
		"date without month":     func(r map[string]any) { r["person"].(map[string]any)["birthDate"] = map[string]any{"value": "1948-13"} },
		"number for a flag":      func(r map[string]any) { r["person"].(map[string]any)["veteran"] = 1.0 },
		"control character":      func(r map[string]any) { r["person"].(map[string]any)["ageBand"] = "a\u0007" },
		"empty list of needs":    func(r map[string]any) { r["needs"] = []any{} },
		"code without a system":  func(r map[string]any) { r["person"].(map[string]any)["sexAtBirth"] = map[string]any{"code": "F"} },
		"system without a value": func(r map[string]any) { r["person"].(map[string]any)["sexAtBirth"] = map[string]any{"system": "x"} },
	} {
		var r map[string]any
		if err := json.Unmarshal(encode(t, sample.Full()), &r); err != nil {
			t.Fatal(err)
		}
		change(r)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if checkSchema(t, b) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}
