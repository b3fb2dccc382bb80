package protocol

import "slices"

// Need is one thing that the person needs help with.
type Need struct {
	redact `json:"-"`

	ID          Token             `json:"id,omitzero" label:"Short id" class:"P0" required:"value" help:"A short id, so that an answer can say which need it is about."`
	Codes       []Coded           `json:"codes,omitempty" label:"Codes" class:"P2" required:"answer" max:"20" help:"What help is needed, as codes from one or more lists."`
	Text        Text              `json:"text,omitzero" label:"In short" class:"P2" required:"answer" max:"300" help:"What help is needed, in a few words."`
	Description Long              `json:"description,omitzero" label:"Description" class:"P2" help:"What help is needed, in more words."`
	Requested   Choice[Requested] `json:"requested,omitzero" label:"Kind of help" class:"P1" help:"What kind of help is asked for, for example advice or goods."`
}

// Urgency is how soon help is needed.
type Urgency struct {
	redact `json:"-"`

	Level     Choice[UrgencyLevel] `json:"level,omitzero" label:"Level" class:"P1" required:"value" help:"How fast help is needed."`
	Deadlines []Deadline           `json:"deadlines,omitempty" label:"Deadlines" prefix:"Deadline" max:"20"`
	RespondBy Time                 `json:"respondBy,omitzero" label:"Answer by" class:"P0" help:"The day and time by which the sender hopes for an answer."`
}

// Deadline is a date that matters.
type Deadline struct {
	redact `json:"-"`

	Date    When                 `json:"date,omitzero" label:"Date" class:"P1" required:"answer" help:"The date, with the time if there is one."`
	Kind    Choice[DeadlineKind] `json:"kind,omitzero" label:"Kind" class:"P1" required:"answer" help:"What happens on that date, for example a court hearing."`
	Forum   Text                 `json:"forum,omitzero" label:"Place" class:"P1" max:"300" help:"The court or office where it happens."`
	Certain Flag                 `json:"certain,omitzero" label:"Is certain" class:"P1" help:"Yes if the date is sure."`
	Note    Text                 `json:"note,omitzero" label:"Note" class:"P2" max:"500" help:"Anything else about this date."`
}

// Risk is a danger to someone.
type Risk struct {
	redact `json:"-"`

	Kind    Coded `json:"kind,omitzero" label:"Kind" class:"P3" required:"answer" system:"risk-kind" help:"What the danger is, for example violence or no place to sleep tonight."`
	Current Flag  `json:"current,omitzero" label:"Is there now" class:"P3" help:"Yes if the danger is there now."`
	Note    Long  `json:"note,omitzero" label:"Note" class:"P3" max:"4000" help:"More about the danger, and what to look out for."`
}

// NeedCodes gives the codes of the need, to be held against Terms.Allows: an organization's word without a code is
// none.
func (n *Need) NeedCodes() []NeedCode {
	var all []NeedCode
	for _, c := range n.Codes {
		if v := c.Coding(); v.Code != "" {
			all = append(all, NeedCode{System: v.System, Code: v.Code})
		}
	}
	return all
}

// NeedsIn lists the codes of all needs in a code system, each once, in their order.
func (r *Referral) NeedsIn(system string) []string {
	var all []string
	for i := range r.Needs {
		for _, c := range r.Needs[i].NeedCodes() {
			if c.System == system && !slices.Contains(all, c.Code) {
				all = append(all, c.Code)
			}
		}
	}
	return all
}
