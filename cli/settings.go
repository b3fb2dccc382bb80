package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/node/calendar"
	"referworks/node/exchange"
)

func settingsCommand() *cli.Command {
	return &cli.Command{
		Name: "settings", Usage: "what an organization asks of itself: its working days, and whether it is a victim service",
		Description: "Without a flag it shows the settings. A flag changes one setting and leaves the others.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "victim-service", Usage: "nothing about a person leaves without a written, time-limited release that names the recipient (--victim-service=false takes it back)"},
			&cli.StringFlag{Name: "zone", Usage: "time `ZONE`, for example America/New_York"},
			&cli.StringSliceFlag{Name: "day", Usage: "working day as `DAY=HH:MM-HH:MM`, for example monday=09:00-17:00 (repeat; replaces all)"},
			&cli.StringSliceFlag{Name: "closed", Usage: "day off as `DATE`: YYYY-MM-DD, or MM-DD for every year (repeat; replaces all)"},
		},
		Action: changeSettings,
	}
}

func changeSettings(c *cli.Context) error {
	var s exchange.Rules
	if err := clientOf(c).call(c.Context, "GET", "/v1/settings", nil, &s); err != nil {
		return err
	}
	if c.IsSet("victim-service") {
		s.VictimService = c.Bool("victim-service")
	}
	if c.IsSet("zone") {
		s.Calendar.Zone = c.String("zone")
	}
	if c.IsSet("day") {
		s.Calendar.Days = nil
		for _, d := range c.StringSlice("day") {
			day, hours, ok1 := strings.Cut(d, "=")
			opens, ends, ok2 := strings.Cut(hours, "-")
			if !ok1 || !ok2 {
				return fail(exitUsage, "", "write a working day as monday=09:00-17:00")
			}
			s.Calendar.Days = append(s.Calendar.Days, calendar.Day{Day: day, Opens: opens, Ends: ends})
		}
	}
	if c.IsSet("closed") {
		s.Calendar.Closed = c.StringSlice("closed")
	}
	method, body := "GET", any(nil)
	if c.IsSet("victim-service") || c.IsSet("zone") || c.IsSet("day") || c.IsSet("closed") {
		method, body = "PUT", s
	}
	var raw json.RawMessage
	if err := clientOf(c).call(c.Context, method, "/v1/settings", body, &raw); err != nil {
		return err
	}
	return show(c, raw, func(w io.Writer) error {
		var now exchange.Rules
		if err := json.Unmarshal(raw, &now); err != nil {
			return err
		}
		victim := "no"
		if now.VictimService {
			victim = "yes: nothing about a person leaves without a written release"
		}
		days := "Monday to Friday, 09:00 to 17:00"
		if len(now.Calendar.Days) > 0 {
			var all []string
			for _, d := range now.Calendar.Days {
				all = append(all, fmt.Sprintf("%s %s to %s", d.Day, d.Opens, d.Ends))
			}
			days = strings.Join(all, ", ")
		}
		zone := now.Calendar.Zone
		if zone == "" {
			zone = "UTC"
		}
		_, err := fmt.Fprintf(w, "Victim service: %s\nWorking days:   %s (%s)\nDays off:       %d\n", victim, days, zone, len(now.Calendar.Closed))
		return err
	})
}
