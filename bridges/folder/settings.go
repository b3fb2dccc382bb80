package folder

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"referworks/bridges"
	"referworks/bridges/record"
)

// The folders beside inbox and outbox.
const (
	working   = "working"
	processed = "processed"
	failed    = "failed"
)

func form() []bridges.Setting {
	return []bridges.Setting{
		{Name: "inbox", Label: "Inbox", Help: "The folder inside it that your system writes files into.", Type: bridges.String, Default: "inbox"},
		{Name: "outbox", Label: "Outbox", Help: "The folder inside it that your system reads files from.", Type: bridges.String, Default: "outbox"},
		{Name: "every", Label: "Look every", Help: "Seconds between two looks into the inbox.", Type: bridges.Integer, Default: "15"},
		{Name: "settle", Label: "Settle", Help: "A file is taken when it has not changed for this many seconds. 0, when your system writes under another name and renames the file when it is complete.", Type: bridges.Integer, Default: "10"},
		{Name: "largest", Label: "Largest file", Help: "In megabytes. A larger file is put aside unread.", Type: bridges.Integer, Default: "256"},
		{Name: "records", Label: "Place of the records", Help: "Of XML files with several records: where they stand below the outermost element, for example Referral[] or Body.Referral[]. Empty: the file is one record.", Type: bridges.String},
		{Name: "sheet", Label: "Sheet", Help: "Of spreadsheets: the name of the sheet. Empty: the first one.", Type: bridges.String},
		{Name: "people", Label: "People open the files", Help: "Yes makes CSV safe to open in a spreadsheet: what would run as a formula gets an apostrophe. Say no only when a program reads the files.", Type: bridges.Boolean, Default: "true"},
	}
}

// settings are a connection's settings once they make sense.
type settings struct {
	format  record.Format // of the documents; empty: by the ending of the name
	inbox   string
	outbox  string
	every   time.Duration
	settle  time.Duration
	largest int64 // bytes
	records record.Path
	sheet   string
	people  bool
	state   bridges.State
	health  func(error)
	log     *slog.Logger
	now     func() time.Time
}

// setting reads a value of a form, or its default.
func setting(cfg bridges.Config, form []bridges.Setting, name string) string {
	if v := strings.TrimSpace(cfg.Settings[name]); v != "" {
		return v
	}
	i := slices.IndexFunc(form, func(f bridges.Setting) bool { return f.Name == name })
	return form[i].Default
}

// number reads a whole number within bounds.
func number(cfg bridges.Config, form []bridges.Setting, name string, least, most int) (int, error) {
	i := slices.IndexFunc(form, func(f bridges.Setting) bool { return f.Name == name })
	n, err := strconv.Atoi(setting(cfg, form, name))
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q must be a number from %d to %d", form[i].Label, least, most)
	}
	return n, nil
}

// parse reads what both media have, and says everything that is wrong with it at once.
func parse(cfg bridges.Config, form []bridges.Setting) (*settings, error) {
	s := &settings{
		format: record.Format(cfg.Format), inbox: setting(cfg, form, "inbox"), outbox: setting(cfg, form, "outbox"), sheet: setting(cfg, form, "sheet"),
		state: cfg.State, health: cfg.Health, log: cfg.Log, now: cfg.Now,
	}
	if s.health == nil {
		s.health = func(error) {}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.state == nil {
		s.state = forgetful{}
	}
	var problems []error
	for _, dir := range []string{s.inbox, s.outbox} {
		if !plainName(dir) || slices.Contains([]string{working, processed, failed}, dir) || strings.HasPrefix(dir, ".") {
			problems = append(problems, errors.New("inbox and outbox must be plain names of folders, and not working, processed or failed"))
		}
	}
	if s.inbox == s.outbox {
		problems = append(problems, errors.New("inbox and outbox must be two folders: else what is written would be taken in again"))
	}
	for _, n := range []struct {
		name        string
		least, most int
		to          func(int)
	}{
		{"every", 1, 86_400, func(n int) { s.every = time.Duration(n) * time.Second }},
		{"settle", 0, 3_600, func(n int) { s.settle = time.Duration(n) * time.Second }},
		{"largest", 1, 4_096, func(n int) { s.largest = int64(n) << 20 }},
	} {
		v, err := number(cfg, form, n.name, n.least, n.most)
		if err != nil {
			problems = append(problems, err)
		}
		n.to(v)
	}
	if at := setting(cfg, form, "records"); at != "" {
		var err error
		if s.records, err = record.ParsePath(at); err != nil {
			problems = append(problems, fmt.Errorf("the place of the records cannot be read: %w", err))
		}
	}
	switch v := setting(cfg, form, "people"); v {
	case "true", "false":
		s.people = v == "true"
	default:
		problems = append(problems, errors.New("people open the files must be true or false"))
	}
	return s, errors.Join(problems...)
}
