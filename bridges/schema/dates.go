package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// dates is what the values of a field tell about the order of day and month.
type dates struct {
	seen     int // values in the form of a date
	iso      int // year first
	dayLed   int // the first number is above 12, so it is the day
	monthLed int // the second number is above 12, so it is the day
	either   int // both are possible, and differ
	open     string
	sign     string // between the numbers
}

// count reads one value; others than dates are not counted.
func (d *dates) count(text string) {
	a, b, sign, ok := parts(text)
	if !ok {
		return
	}
	d.seen++
	switch {
	case a > 999:
		d.iso++
		return
	case a > 12 && b <= 12:
		d.dayLed++
	case b > 12 && a <= 12:
		d.monthLed++
	case a <= 12 && b <= 12 && a != b:
		if d.either++; d.open == "" {
			d.open = text
		}
	}
	d.sign = sign

}

// parts splits a date of three numbers.
func parts(text string) (a, b int, sign string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) < 6 || len(text) > 10 {
		return 0, 0, "", false
	}
	for _, sign = range []string{"/", "-", "."} {
		list := strings.Split(text, sign)
		if len(list) != 3 {
			continue
		}
		var n [3]int
		for i, s := range list {
			v, err := strconv.Atoi(s)
			if err != nil || v < 0 || s[0] == '+' || len(s) > 4 || len(s) == 3 {
				return 0, 0, "", false
			}
			n[i] = v
		}
		if n[0] > 999 {
			return n[0], n[1], sign, n[1] >= 1 && n[1] <= 12 && n[2] >= 1 && n[2] <= 31
		}
		day := n[0] >= 1 && n[1] >= 1 && n[0] <= 31 && n[1] <= 31 && (n[0] <= 12 || n[1] <= 12)
		return n[0], n[1], sign, day && len(list[0]) <= 2 && len(list[1]) <= 2
	}
	return 0, 0, "", false
}

// form is how the field writes dates, and what only a person can say; both empty for a field of something else. Most of
// the values must be dates.
func (d *dates) form(filled int) (form, ask string) {
	switch {
	case d.seen == 0 || d.seen*10 < filled*9:
		return "", ""
	case d.iso == d.seen:
		return "YYYY-MM-DD", ""
	case d.dayLed > 0 && d.monthLed > 0:
		return "", fmt.Sprintf("Some of these dates begin with the day and some with the month, such as %s. Which are which?", d.example())
	case d.dayLed > 0:
		return "DD" + d.sign + "MM" + d.sign + "YYYY", ""
	case d.monthLed > 0:
		return "MM" + d.sign + "DD" + d.sign + "YYYY", ""
	case d.either > 0:
		return "", fmt.Sprintf("Is the first number of these dates the day or the month, as in %s?", d.open)
	}
	return "", ""
}

func (d *dates) example() string {
	if d.open != "" {
		return d.open
	}
	return "those here"
}
