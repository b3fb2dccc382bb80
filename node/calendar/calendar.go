// Package calendar knows when an organization works: which days of the week, from when to when, and when it is closed.
// Deadlines of a referral are counted in working days of the organization that must act.
package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Calendar is an organization's own. The zero value is Default: Monday to Friday, nine to five, UTC.
type Calendar struct {
	Zone   string   `json:"zone,omitempty"`   // IANA name, for example America/New_York; empty: UTC
	Days   []Day    `json:"days,omitempty"`   // working days; empty: Monday to Friday, nine to five
	Closed []string `json:"closed,omitempty"` // days off: YYYY-MM-DD, or MM-DD for every year
}

// Day is one day of the week that is worked.
type Day struct {
	Day   string `json:"day"`   // monday to sunday
	Opens string `json:"opens"` // HH:MM
	Ends  string `json:"ends"`  // HH:MM, after Opens; 24:00 is midnight
}

// maxClosed is how many days off a calendar may list.
const maxClosed = 1000

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

var usual = func() (days []Day) {
	for _, d := range weekdays[1:6] {
		days = append(days, Day{d, "09:00", "17:00"})
	}
	return days
}()

// Plan is a calendar that was checked, ready to count.
type Plan struct {
	zone   *time.Location
	days   [7]hours
	closed map[string]bool
}

// hours are minutes after midnight; none when both are zero.
type hours struct{ opens, ends int }

func (h hours) worked() bool { return h.ends > 0 }

// Plan checks a calendar. The error names every mistake, each as a sentence with what to do.
func (c Calendar) Plan() (*Plan, error) {
	p := &Plan{zone: time.UTC, closed: map[string]bool{}}
	var wrong []error
	if c.Zone != "" {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil || c.Zone == "Local" {
			wrong = append(wrong, errors.New("the time zone is not known here; use a name like America/New_York"))
		} else {
			p.zone = zone
		}
	}
	days := c.Days
	if len(days) == 0 {
		days = usual
	}
	for i, d := range days {
		n := slices.Index(weekdays, strings.ToLower(d.Day))
		opens, err1 := minutes(d.Opens)
		ends, err2 := minutes(d.Ends)
		switch {
		case n < 0:
			wrong = append(wrong, fmt.Errorf("working day %d: the day must be monday to sunday", i+1))
		case p.days[n].worked():
			wrong = append(wrong, fmt.Errorf("%s stands there twice; give it one opening and one closing time", weekdays[n]))
		case err1 != nil || err2 != nil || opens >= ends:
			wrong = append(wrong, fmt.Errorf("%s: give the times as HH:MM, the closing time after the opening time", weekdays[n]))
		default:
			p.days[n] = hours{opens, ends}
		}
	}
	if len(c.Closed) > maxClosed {
		wrong = append(wrong, fmt.Errorf("there are %d days off and %d are allowed", len(c.Closed), maxClosed))
	}
	for i, d := range c.Closed {
		_, err := time.Parse(time.DateOnly, d)
		if err != nil && len(d) == 5 {
			_, err = time.Parse(time.DateOnly, "2000-"+d) // a leap year
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("day off %d: write it as YYYY-MM-DD, or as MM-DD for every year", i+1))
			continue
		}
		p.closed[d] = true
	}
	if len(wrong) == 0 && !p.everOpen() {
		wrong = append(wrong, errors.New("no working day is left in the coming year; take some days off away"))
	}
	return p, errors.Join(wrong...)
}

func minutes(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err
}

// everOpen looks through the days of a year by their dates alone.
func (p *Plan) everOpen() bool {
	day := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
	for range 366 {
		if p.days[day.Weekday()].worked() && !p.closed[day.Format("01-02")] {
			return true
		}
		day = day.AddDate(0, 0, 1)
	}
	return false
}

// hours gives the opening and closing time of the day that t falls on, and whether it is worked.
func (p *Plan) hours(t time.Time) (opens, ends time.Time, worked bool) {
	t = t.In(p.zone)
	h := p.days[t.Weekday()]
	if !h.worked() || p.closed[t.Format(time.DateOnly)] || p.closed[t.Format("01-02")] {
		return t, t, false
	}
	at := func(minutes int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, minutes, 0, 0, p.zone) // wall clock: right when the clocks change
	}
	return at(h.opens), at(h.ends), true
}

// Open tells whether somebody works at t.
func (p *Plan) Open(t time.Time) bool {
	opens, ends, worked := p.hours(t)
	return worked && !t.Before(opens) && t.Before(ends)
}

// horizon ends a search among days off, in days.
const horizon = 10 * 366

// After gives the closing time of the n-th working day after the one that t belongs to: what comes while nobody works
// belongs to the next working day. n is at least 0; 0 is the closing time of that day itself.
func (p *Plan) After(t time.Time, n int) time.Time {
	_, ends, worked := p.hours(t)
	if !worked || !t.Before(ends) {
		n++ // it is taken up on the next working day
	}
	if worked && n == 0 {
		return ends
	}
	noon := t.In(p.zone)
	noon = time.Date(noon.Year(), noon.Month(), noon.Day(), 12, 0, 0, 0, p.zone)
	for range horizon {
		noon = noon.AddDate(0, 0, 1)
		if _, ends, worked = p.hours(noon); worked {
			if n--; n <= 0 {
				return ends
			}
		}
	}
	return noon // ten years of days off: somebody will look before
}

// Begin gives t when somebody works then, else the next opening time: what falls outside of working hours is due when
// somebody is there to see it.
func (p *Plan) Begin(t time.Time) time.Time {
	opens, ends, worked := p.hours(t)
	switch {
	case worked && t.Before(opens):
		return opens
	case worked && t.Before(ends):
		return t
	}
	noon := t.In(p.zone)
	noon = time.Date(noon.Year(), noon.Month(), noon.Day(), 12, 0, 0, 0, p.zone)
	for range horizon {
		noon = noon.AddDate(0, 0, 1)
		if opens, _, worked = p.hours(noon); worked {
			return opens
		}
	}
	return noon
}
