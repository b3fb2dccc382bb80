package connector

import (
	"errors"
	"strconv"
	"time"

	"referworks/bridges/presets"
)

// since gives the value of {cursor}: a little before what was read last.
func since(cursor string, c presets.Cursor) string {
	if cursor == "" {
		return ""
	}
	t, err := parseTime(cursor)
	if err != nil {
		return cursor // an id that grows
	}
	t = t.Add(-time.Duration(c.Overlap)).UTC()
	switch c.Format {
	case "date":
		return t.Format(time.DateOnly)
	case "datetime":
		return t.Format(time.DateTime)
	case "unix":
		return strconv.FormatInt(t.Unix(), 10)
	case "millis":
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return t.Format(time.RFC3339)
}

// later tells whether a is after b: as times, as numbers, else as texts.
func later(a, b string) bool {
	if a == "" || b == "" {
		return b == "" && a != ""
	}
	at, err1 := parseTime(a)
	bt, err2 := parseTime(b)
	if err1 == nil && err2 == nil {
		return at.After(bt)
	}
	an, err1 := strconv.ParseInt(a, 10, 64)
	bn, err2 := strconv.ParseInt(b, 10, 64)
	if err1 == nil && err2 == nil {
		return an > bn
	}
	return a > b
}

var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999-0700", "2006-01-02 15:04:05", time.DateOnly}

func parseTime(s string) (time.Time, error) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("it is no time")
}
