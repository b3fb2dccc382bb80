package calendar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"referworks/node/calendar"
)

func plan(t testing.TB, c calendar.Calendar) *calendar.Plan {
	t.Helper()
	p, err := c.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func at(t testing.TB, zone, s string) time.Time {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("2006-01-02 15:04", s, l)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWorkingDays(t *testing.T) {
	const zone = "America/New_York"
	c := calendar.Calendar{Zone: zone, Closed: []string{"2026-11-26", "12-25"}}
	p := plan(t, c)
	for name, c := range map[string]struct {
		from string
		n    int
		want string
	}{
		"same day":                  {"2026-11-23 10:00", 0, "2026-11-23 17:00"},
		"two days":                  {"2026-11-23 10:00", 2, "2026-11-25 17:00"},
		"over a day off":            {"2026-11-24 10:00", 2, "2026-11-27 17:00"},
		"over the weekend":          {"2026-11-20 16:59", 1, "2026-11-23 17:00"},
		"after closing":             {"2026-11-20 17:00", 0, "2026-11-23 17:00"},
		"after closing, two days":   {"2026-11-20 17:01", 2, "2026-11-25 17:00"},
		"before opening":            {"2026-11-23 03:00", 1, "2026-11-24 17:00"},
		"on a Saturday":             {"2026-11-21 12:00", 0, "2026-11-23 17:00"},
		"every year's day off":      {"2027-12-24 12:00", 1, "2027-12-27 17:00"},
		"the clocks go back":        {"2026-10-30 16:00", 1, "2026-11-02 17:00"},
		"the clocks go forward":     {"2026-03-06 16:00", 1, "2026-03-09 17:00"},
		"more than a year of days":  {"2026-01-02 10:00", 260, "2027-01-05 17:00"},
		"the evening of a day off":  {"2026-11-26 23:00", 0, "2026-11-27 17:00"},
		"midnight of a working day": {"2026-11-24 00:00", 0, "2026-11-24 17:00"},
	} {
		if got, want := p.After(at(t, zone, c.from), c.n), at(t, zone, c.want); !got.Equal(want) {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	for from, want := range map[string]string{"2026-11-23 10:00": "2026-11-23 10:00", "2026-11-23 08:00": "2026-11-23 09:00", "2026-11-25 18:00": "2026-11-27 09:00"} {
		if got := p.Begin(at(t, zone, from)); !got.Equal(at(t, zone, want)) {
			t.Errorf("begin of %s: %s, want %s", from, got, want)
		}
	}
	if !p.Open(at(t, zone, "2026-11-23 16:59")) || p.Open(at(t, zone, "2026-11-23 17:00")) || p.Open(at(t, zone, "2026-11-26 12:00")) {
		t.Error("it is open when it is closed, or closed when it is open")
	}
}

// TestMistakes: each is named, all at once, and none of what was typed stands in the sentence.
func TestMistakes(t *testing.T) {
	_, err := calendar.Calendar{
		Zone: "Atlantis/Canary", Closed: []string{"2026-13-01", "02-30", "canary"},
		Days: []calendar.Day{{"canary", "09:00", "17:00"}, {"monday", "17:00", "09:00"}, {"tuesday", "9", "17:00"}, {"friday", "09:00", "24:00"}, {"Friday", "09:00", "10:00"}},
	}.Plan()
	if err == nil {
		t.Fatal("taken")
	}
	text := err.Error()
	for _, want := range []string{"time zone", "day off 1", "day off 2", "day off 3", "working day 1", "monday", "tuesday", "friday stands there twice"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing about %s in:\n%s", want, text)
		}
	}
	if strings.Contains(strings.ToLower(text), "canary") {
		t.Error("it repeats what was typed")
	}
	never := calendar.Calendar{Days: []calendar.Day{{"monday", "09:00", "17:00"}}}
	for m, days := range []int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31} {
		for d := range days {
			never.Closed = append(never.Closed, time.Date(2000, time.Month(m+1), d+1, 0, 0, 0, 0, time.UTC).Format("01-02"))
		}
	}
	if _, err := never.Plan(); err == nil || !strings.Contains(err.Error(), "no working day is left") {
		t.Errorf("a calendar that is always closed: %v", err)
	}
}

// TestOrder: a deadline is in the future, at a closing time, and more days are never earlier.
func TestOrder(t *testing.T) {
	zones := []string{"", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"}
	rapid.Check(t, func(t *rapid.T) {
		c := calendar.Calendar{Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
		for _, d := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"monday", "wednesday", "saturday", "sunday"}), 1, 4, rapid.ID).Draw(t, "days") {
			c.Days = append(c.Days, calendar.Day{Day: d, Opens: "00:30", Ends: rapid.SampledFrom([]string{"02:30", "24:00"}).Draw(t, "ends")})
		}
		p, err := c.Plan()
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1_700_000_000, 2_000_000_000).Draw(t, "from"), 0)
		n := rapid.IntRange(0, 20).Draw(t, "n")
		end := p.After(from, n)
		if !end.After(from) || p.Open(end) || !p.Open(end.Add(-time.Second)) || p.After(from, n+1).Before(end) {
			t.Fatalf("%d working days after %s: %s", n, from, end)
		}
		if begin := p.Begin(from); begin.Before(from) || !p.Open(begin) {
			t.Fatalf("begin of %s: %s", from, begin)
		}
	})
}

// FuzzPlan: any calendar is a plan or an error, and counting ends.
func FuzzPlan(f *testing.F) {
	f.Add([]byte(`{}`), int64(0))
	f.Add([]byte(`{"zone":"America/New_York","days":[{"day":"monday","opens":"09:00","ends":"24:00"}],"closed":["12-25","2026-11-26"]}`), int64(1_700_000_000))
	f.Fuzz(func(t *testing.T, b []byte, from int64) {
		var c calendar.Calendar
		if json.Unmarshal(b, &c) != nil {
			return
		}
		p, err := c.Plan()
		if err != nil {
			return
		}
		at := time.Unix(from%(1<<36), 0)
		if p.After(at, 1).Before(at) || p.Begin(at).Before(at) {
			t.Error("back in time")
		}
	})
}
