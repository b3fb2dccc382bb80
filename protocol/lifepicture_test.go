package protocol_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"referworks/protocol"
)

// box is a place in the picture, in its units.
type box struct{ x, y, w, h int }

var statusBoxes = map[protocol.Status]box{
	protocol.StatusNew: {70, 120, 170, 46}, protocol.StatusInReview: {330, 215, 170, 46}, protocol.StatusWaitlisted: {70, 310, 170, 46},
	protocol.StatusAccepted: {750, 120, 170, 46}, protocol.StatusScheduled: {1080, 120, 170, 46}, protocol.StatusNoShow: {1080, 310, 170, 46}, protocol.StatusInService: {750, 310, 170, 46},
	protocol.StatusDeclined: {70, 630, 170, 46}, protocol.StatusReturned: {270, 630, 170, 46}, protocol.StatusRecalled: {470, 630, 170, 46},
	protocol.StatusClosed: {680, 630, 170, 46}, protocol.StatusConsentEnded: {885, 630, 180, 46}, protocol.StatusError: {1080, 630, 170, 46},
}

var groupBoxes = map[string]box{"Undecided": {40, 60, 500, 330}, "Working": {720, 60, 560, 330}, "Over": {40, 570, 1240, 140}}

// group gives the statuses of a box that stand together, and the two that end everything apart.
func group(name string) []protocol.Status {
	return slices.DeleteFunc(statuses(), func(s protocol.Status) bool {
		switch name {
		case "Undecided":
			return !s.Undecided()
		case "Working":
			return !s.Open() || s.Undecided()
		}
		return s.Open()
	})
}

// arrow is a way to a status that the table gives: from one status, or from all of a group at once.
type arrow struct {
	from string
	to   protocol.Status
	act  protocol.Act
}

func (a arrow) key() string { return a.from + " > " + string(a.to) + ": " + string(a.act.Kind) }

// arrows reads them from the table.
func arrows() []arrow {
	var list []arrow
	for _, a := range protocol.Acts() {
		if a.Kind == protocol.KindRecallAnswer { // with a yes
			list = append(list, arrow{"Working", protocol.StatusRecalled, a})
			continue
		}
		for _, next := range slices.Compact(valuesOf(a.To)) {
			from := map[string]bool{}
			for s, n := range a.To {
				if n == next {
					from[string(s)] = true
				}
			}
			if len(from) > len(group("Undecided"))+len(group("Working")) {
				from = map[string]bool{"any": true}
			}
			for _, name := range []string{"Undecided", "Working"} {
				whole := group(name)
				if slices.ContainsFunc(whole, func(s protocol.Status) bool { return !from[string(s)] }) {
					continue
				}
				for _, s := range whole {
					delete(from, string(s))
				}
				from[name] = true
			}
			for _, f := range slices.Sorted(maps.Keys(from)) {
				list = append(list, arrow{f, next, a})
			}
		}
	}
	return list
}

// route is where an arrow goes and where its words stand.
type route struct{ x1, y1, x2, y2, tx, ty int }

// routes has a place for each arrow of the table; a new one stops the test.
var routes = map[string]route{
	"new > in-review: review":                  {240, 143, 385, 213, 350, 160},
	"waitlisted > in-review: review":           {240, 318, 355, 263, 240, 270},
	"new > waitlisted: waitlist":               {120, 166, 120, 308, 150, 222},
	"in-review > waitlisted: waitlist":         {440, 261, 242, 340, 415, 322},
	"Undecided > accepted: accept":             {540, 133, 748, 133, 630, 124},
	"accepted > in-review: unaccept":           {750, 155, 502, 238, 630, 202},
	"accepted > scheduled: schedule":           {920, 143, 1078, 143, 1000, 134},
	"no-show > scheduled: schedule":            {1205, 310, 1205, 168, 1203, 270},
	"scheduled > no-show: no-show":             {1110, 166, 1110, 308, 1110, 222},
	"accepted > in-service: serve":             {820, 166, 820, 308, 820, 235},
	"scheduled > in-service: serve":            {1080, 162, 905, 308, 985, 262},
	"no-show > in-service: serve":              {1080, 333, 922, 333, 1000, 352},
	"Undecided > declined: decline":            {155, 390, 155, 628, 155, 480},
	"Undecided > returned: return":             {345, 390, 345, 628, 345, 510},
	"Undecided > recalled: recall":             {500, 390, 530, 628, 510, 450},
	"Working > recalled: recall-answer":        {735, 390, 590, 628, 650, 500},
	"Working > closed: close":                  {760, 390, 735, 628, 757, 450},
	"closed > in-service: reopen":              {810, 630, 840, 358, 818, 560},
	"any > consent-ended: consent-ended":       {975, 480, 975, 628, 975, 540},
	"any > entered-in-error: entered-in-error": {1165, 480, 1165, 628, 1165, 540},
}

func lifePicture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(pictureHead)
	text := func(x, y int, class, s string) {
		fmt.Fprintf(&b, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(s))
	}
	for _, name := range []string{"Undecided", "Working", "Over"} {
		g := groupBoxes[name]
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="14" class="group"/>`+"\n", g.x, g.y, g.w, g.h)
		text(g.x+16, g.y+26, "title", name)
	}
	used := map[string]bool{}
	for _, a := range arrows() {
		r, ok := routes[a.key()]
		if !ok {
			t.Errorf("the picture has no place for the arrow %q", a.key())
		}
		used[a.key()] = true
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" class="%s" marker-end="url(#%s)"/>`+"\n", r.x1, r.y1, r.x2, r.y2, a.act.By, a.act.By)
	}
	for _, s := range statuses() {
		p, ok := statusBoxes[s]
		if !ok {
			t.Errorf("the picture has no place for %s", s)
		}
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" class="status"/>`+"\n", p.x, p.y, p.w, p.h)
		text(p.x+p.w/2, p.y+28, "name", protocol.WordsOfStatus(s).Label.EN)
	}
	for _, a := range arrows() {
		r, words := routes[a.key()], protocol.WordsOfAct(a.act.Kind).Button.EN
		if a.act.Kind == protocol.KindRecallAnswer {
			words = "Agree to stop"
		}
		text(r.tx, r.ty, "label", words)
	}
	for key := range routes {
		if !used[key] {
			t.Errorf("the table has no arrow %q any more", key)
		}
	}
	text(1070, 452, "label", "from every status but these two:")
	b.WriteString(pictureLegend)
	return b.Bytes()
}

const pictureHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1320 760" role="img" aria-labelledby="t" font-family="system-ui, sans-serif">
<title id="t">The life of a referral: its statuses and the steps between them</title>
<style>
svg { --paper: #ffffff; --ink: #1d2530; --soft: #f1f4f8; --edge: #b6c0cc; --recipient: #1f6f5c; --sender: #a5401f; --either: #5b4aa8; }
@media (prefers-color-scheme: dark) {
svg { --paper: #12161c; --ink: #e8edf3; --soft: #1c232c; --edge: #566373; --recipient: #6fd0b5; --sender: #f2a283; --either: #b9adf5; }
}
.paper { fill: var(--paper); }
.group { fill: var(--soft); stroke: var(--edge); }
.status { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5; }
.title { fill: var(--ink); font-size: 17px; font-weight: 600; }
.name { fill: var(--ink); font-size: 15px; text-anchor: middle; }
.label { fill: var(--ink); font-size: 13px; text-anchor: middle; paint-order: stroke; stroke: var(--soft); stroke-width: 5px; stroke-linejoin: round; }
.legend { fill: var(--ink); font-size: 14px; }
line { stroke-width: 2; fill: none; }
.recipient { stroke: var(--recipient); }
.sender { stroke: var(--sender); stroke-dasharray: 9 5; }
.either { stroke: var(--either); stroke-dasharray: 2 4; }
.mrecipient { fill: var(--recipient); } .msender { fill: var(--sender); } .meither { fill: var(--either); }
</style>
<defs>
<marker id="recipient" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" class="mrecipient"/></marker>
<marker id="sender" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" class="msender"/></marker>
<marker id="either" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" class="meither"/></marker>
</defs>
<rect width="1320" height="760" class="paper"/>
`

const pictureLegend = `<line x1="60" y1="738" x2="110" y2="738" class="recipient"/><text x="120" y="743" class="legend">the recipient's step</text>
<line x1="320" y1="738" x2="370" y2="738" class="sender"/><text x="380" y="743" class="legend">the sender's step</text>
<line x1="570" y1="738" x2="620" y2="738" class="either"/><text x="630" y="743" class="legend">either side's step</text>
<text x="830" y="743" class="legend">an arrow from a group: from each status in it</text>
</svg>
`
